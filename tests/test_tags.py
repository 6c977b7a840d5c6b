"""Where tags come from: FILE TAGS, the frontmatter, folders, the config, a card's own `Tags:`, words in its text."""

import pytest

from ankisync.config import Settings
from tests.support import document

CARD = "Q: a\nA: b\n"
ID = "<!--ID: 1702818043968-->"


def tags(text: str, settings: Settings | None = None, path: str = "note.md") -> list[str]:
    """The tags of the only card."""
    [block] = document(text, settings, path).blocks
    return list(block.tags)


def back(text: str, settings: Settings | None = None) -> str:
    """The answer of the only card."""
    [block] = document(text, settings).blocks
    return dict(block.fields)["Back"]


def codes(text: str) -> list[str]:
    return [each.code for each in document(text).diagnostics]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FILE TAGS: x y", ["x", "y"]),
        ("FILE TAGS:x", ["x"]),
        ("FILE TAGS\nx y", ["x", "y"]),
        ("FILE TAGS:\nx y", ["x", "y"]),
        ("FILE TAGS \nx", ["x"]),
        ("FILE TAGS: \nx", ["x"]),
        ("FILE TAGS\n\nx\n", ["x"]),
        ("FILE TAGS: #x #y", ["x", "y"]),
        ("FILE TAGS: #x,#y, z  w", ["w", "x", "y", "z"]),
        ("FILE TAGS: x::y z/w", ["x::y", "z/w"]),
        ("FILE TAGS:   x   ", ["x"]),
        ("FILE TAGS: Übung 日本", ["Übung", "日本"]),
    ],
)
def test_file_tags_are_read_in_the_forms_of_a_deck_line(line: str, expected: list[str]) -> None:
    assert tags(f"{line}\n{CARD}") == expected
    assert codes(f"{line}\n{CARD}") == []


@pytest.mark.parametrize(
    "line", ["FILE TAGS:", "FILE TAGS", "FILE TAGS: ", "FILE TAGS: #", "FILE TAGS:\n# heading", "FILE TAGS:\n---"]
)
def test_empty_file_tags_are_nothing(line: str) -> None:
    assert tags(f"{line}\n{CARD}") == []
    assert codes(f"{line}\n{CARD}") == []


@pytest.mark.parametrize(
    "line", [" FILE TAGS: x", "> FILE TAGS: x", "- FILE TAGS: x", "file tags: x", "FILE TAGSX: x", "FILE TAGS x"]
)
def test_what_only_looks_like_file_tags_is_text(line: str) -> None:
    assert tags(f"{line}\n\n{CARD}") == []


@pytest.mark.parametrize("text", ["```\nFILE TAGS: x\n```\n", "<!--\nFILE TAGS: x\n-->\n", "$$\nFILE TAGS: x\n$$\n"])
def test_hidden_file_tags_are_not_read(text: str) -> None:
    assert tags(text + CARD) == []


def test_file_tags_hold_for_the_whole_file_wherever_they_stand() -> None:
    blocks = document(f"{CARD}\nFILE TAGS: x\n\n{CARD}").blocks
    assert [block.tags for block in blocks] == [("x",), ("x",)]


def test_the_first_file_tags_count_and_later_ones_are_told() -> None:
    text = f"FILE TAGS: x\n\n{CARD}\nFILE TAGS: y\n\nFILE TAGS: z\n"
    assert tags(text) == ["x"]
    told = document(text).diagnostics
    assert [(each.code, each.location.line) for each in told] == [("A303", 6), ("A303", 8)]


def test_file_tags_in_the_frontmatter_come_first() -> None:
    text = f"---\ntitle: t\nFILE TAGS: x y\n---\nFILE TAGS: z\n{CARD}"
    assert tags(text) == ["x", "y"]
    assert codes(text) == ["A303"]


def test_file_tags_need_no_yaml() -> None:
    text = f"---\ntitle: a: b\n  - [\nFILE TAGS: x y\n---\n{CARD}"
    assert tags(text) == ["x", "y"]
    assert codes(text) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("tags: x", ["x"]),
        ("tags: x y", ["x", "y"]),
        ("tags: x, y", ["x", "y"]),
        ("tags: [x, y]", ["x", "y"]),
        ("tags:\n  - x\n  - y", ["x", "y"]),
        ("tags:\n- x\n- y", ["x", "y"]),
        ("tags: ['#x', '#y']", ["x", "y"]),
        ("tags: '#x'", ["x"]),
        ("tags: [x y]", ["x", "y"]),
        ("tags: [1, yes, 2024-01-01]", ["1", "2024-01-01", "yes"]),
        ("tags: 2024", ["2024"]),
        ("'tags': [x]", ["x"]),
        ("tags:", []),
        ("tags: []", []),
        ("tags: null", []),
        ("tags: ''", []),
        ("Tags: x", []),
        ("other: x\nnested:\n  tags: x", []),
    ],
)
def test_frontmatter_tags_are_read(lines: str, expected: list[str]) -> None:
    text = f"---\n{lines}\n---\n{CARD}"
    assert tags(text) == expected
    assert codes(text) == []


@pytest.mark.parametrize("value", ["{x: y}", "[[x]]", "[{x: y}]"])
def test_frontmatter_tags_that_are_no_words_are_told(value: str) -> None:
    text = f"---\ntitle: t\ntags: {value}\n---\nFILE TAGS: y\n{CARD}"
    assert tags(text) == ["y"]
    [told] = document(text).diagnostics
    assert (told.code, told.location.line) == ("A305", 3)


def test_frontmatter_tags_may_be_switched_off() -> None:
    off = Settings(frontmatter_tags=False)
    assert tags(f"---\ntags: [x]\n---\n{CARD}", off) == []
    assert tags(f"---\ntags: [x]\nFILE TAGS: y\n---\n{CARD}", off) == ["y"]


def test_frontmatter_tags_and_file_tags_add_up() -> None:
    assert tags(f"---\ntags: [x]\n---\nFILE TAGS: y\n{CARD}") == ["x", "y"]


FOLDERS = Settings(folder_tags=(("a", ("one",)), ("a/b", ("two",)), ("c", ("no",))), tags=("all",))


@pytest.mark.parametrize(
    ("path", "expected"),
    [("n.md", ["all"]), ("a/n.md", ["all", "one"]), ("a/b/n.md", ["all", "one", "two"]), ("ab/n.md", ["all"])],
)
def test_tags_of_all_folders_above_and_of_the_config_count(path: str, expected: list[str]) -> None:
    assert tags(CARD, FOLDERS, path) == expected


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("A: b\nTags: x y", "b", ["x", "y"]),
        ("A: b\nTags:x", "b", ["x"]),
        ("A: b\nTags: #x, #y", "b", ["x", "y"]),
        ("A: b\nTags:", "b", []),
        ("A: b\n  Tags: x", "b", ["x"]),
        ("A: b\nTags: x  ", "b", ["x"]),
        ("A: b\nc\nTags: x", "b\nc", ["x"]),
        ("A: b Tags: x y", "b", ["x", "y"]),
        ("A: b Tags:x", "b", ["x"]),
        ("A: b\nc Tags: x", "b\nc", ["x"]),
        ("A: 1. b\n2. c Tags: x", "1. b\n2. c", ["x"]),
        ("A: 1. b\n2. c\nTags: x", "1. b\n2. c", ["x"]),
        ("A: ```\nb\n```\nTags: x", "```\nb\n```", ["x"]),
        ("A: $$\nb\n$$\nTags: x", "$$\nb\n$$", ["x"]),
        ("A:\nb\nTags: x", "b", ["x"]),
        (f"A: b\nTags: x\n{ID}", "b", ["x"]),
        (f"A: b\nTags: x {ID}", "b", ["x"]),
        (f"A: b Tags: x {ID}", "b", ["x"]),
        (f"A: b Tags: x\n\n{ID}", "b", ["x"]),
        (f"A: b\nTags: x\n \n{ID}", "b", ["x"]),
        ("A: b\nTags: x\n\nmore", "b", ["x"]),
    ],
)
def test_a_cards_own_tags_are_taken_out_of_its_text(text: str, answer: str, expected: list[str]) -> None:
    assert tags(f"Q: a\n{text}\n") == expected
    assert back(f"Q: a\n{text}\n") == answer


@pytest.mark.parametrize(
    "answer",
    [
        "b\nTags: x\nmore",
        "b Tags: x\nmore",
        "b\ntags: x",
        "b\n**Tags:** x",
        "b\nmyTags: x",
        "b `Tags: x`",
        "```\nTags: x\n```",
        "$$\nTags: x\n$$",
    ],
)
def test_tags_elsewhere_in_a_card_are_text(answer: str) -> None:
    assert tags(f"Q: a\nA: {answer}\n") == []
    assert back(f"Q: a\nA: {answer}\n") == answer


def test_tags_in_the_question_are_text() -> None:
    [block] = document("Q: a\nTags: x\nA: b\n").blocks
    assert block.tags == ()
    assert dict(block.fields)["Front"] == "a\nTags: x"


@pytest.mark.parametrize(
    "text", ["> Q: a\n> A: b\n> Tags: x\n", "- Q: a\n  A: b\n  Tags: x\n", "- Q: a\n- A: b\n  Tags: x\n"]
)
def test_tags_are_read_in_containers(text: str) -> None:
    assert tags(text) == ["x"]
    assert back(text) == "b"


@pytest.mark.parametrize(
    "text",
    [
        "A: b\n\nc\nTags: x\n",
        "A: b\n\nTags: x\n",
        "A: b\n\nTags: x\n\n",
        "A: b\n\nTags: x\n\n# H\n",
        "A: b\nTags: x\n\n---\n",
    ],
)
def test_a_long_answers_last_line_may_be_its_tags(text: str) -> None:
    section = Settings(answer="section")
    assert tags(f"Q: a\n{text}", section) == ["x"]
    assert "Tags" not in back(f"Q: a\n{text}", section)


def test_tags_of_a_card_are_its_own() -> None:
    blocks = document("Q: a\nA: b\nTags: x\nQ: c\nA: d\n").blocks
    assert [block.tags for block in blocks] == [("x",), ()]


def test_tags_that_differ_in_case_are_one() -> None:
    text = "---\ntags: [TWO]\n---\nFILE TAGS: One two\nQ: a\nA: b Tags: one three\n"
    assert tags(text, Settings(tags=("ONE",))) == ["One", "three", "two"]


INLINE = Settings(inline_tags=True)


@pytest.mark.parametrize(
    ("answer", "rest", "expected"),
    [
        ("b #x", "b", ["x"]),
        ("b #x more", "b more", ["x"]),
        ("b #x #y", "b", ["x", "y"]),
        ("#x b", "b", ["x"]),
        ("b #x/y/z", "b", ["x::y::z"]),
        ("b #über #日本", "b", ["über", "日本"]),
        ("b #x-y_z #a1", "b", ["a1", "x-y_z"]),
        ("b\n#x", "b", ["x"]),
        ("b #X #x", "b", ["X"]),
        ("costs $5 #x or $6", "costs $5 or $6", ["x"]),
    ],
)
def test_inline_tags_are_taken_out_of_the_text(answer: str, rest: str, expected: list[str]) -> None:
    assert tags(f"Q: a\nA: {answer}\n", INLINE) == expected
    assert back(f"Q: a\nA: {answer}\n", INLINE) == rest


@pytest.mark.parametrize(
    "answer",
    [
        "`#x` b",
        "``a ` #x`` b",
        "```\n#x\n```",
        "~~~\n#x\n~~~",
        "$#x$ b",
        "$$\n#x\n$$",
        "[b](http://h/#x)",
        "[b #x](http://h/)",
        "[[p#x]] b",
        "[[p #x]] b",
        "![b #x](p.png)",
        "http://h/#x b",
        "<http://h/#x> b",
        "C# b",
        "b#x",
        "# Heading",
        "#1 b",
        "&#39; b",
        "\\#x b",
    ],
)
def test_what_is_no_inline_tag_stays(answer: str) -> None:
    assert tags(f"Q: a\nA: {answer}\n", INLINE) == []
    assert back(f"Q: a\nA: {answer}\n", INLINE) == answer


def test_inline_tags_of_the_question_count_too() -> None:
    [block] = document("Q: a #x\nA: b #y\n", INLINE).blocks
    assert block.fields == (("Front", "a"), ("Back", "b"))
    assert block.tags == ("x", "y")


def test_inline_tags_are_off_unless_asked_for() -> None:
    assert tags("Q: a\nA: b #x\n") == []
    assert back("Q: a\nA: b #x\n") == "b #x"


@pytest.mark.parametrize("text", ["Q: a\nA: #x\n", "Q: #x\nA: b\n"])
def test_no_card_is_built_with_a_side_that_was_only_a_tag(text: str) -> None:
    assert all(field for block in document(text, INLINE).blocks for _, field in block.fields)
