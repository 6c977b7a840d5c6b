"""What is not searched for cards: frontmatter, fenced code, comments, math."""

import pytest

from ankisync.config import Settings
from ankisync.diagnostics import errors
from tests.support import document

CARD = "Q: a\nA: b\n"
ID = "<!--ID: 1702818043968-->"
ANKI = Settings(fences=("anki",))


def questions(text: str, settings: Settings | None = None) -> list[str]:
    """The first field of each card."""
    return [block.fields[0][1] for block in document(text, settings).blocks]


def answers(text: str, settings: Settings | None = None) -> list[str]:
    return [block.fields[1][1] for block in document(text, settings).blocks]


def codes(text: str, settings: Settings | None = None) -> list[str]:
    return [each.code for each in document(text, settings).diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: t\nQ: x\nA: y\n---\n",
        "---\ntitle: t\nQ: x\nA: y\n...\n",
        "---\ntitle: t\n> Q: x\n> A: y\n---\n",
        "---\n\nother: t\n\nQ: x\nA: y\n---\n",
        "---  \ntitle: t\nQ: x\nA: y\n--- \t\n",
        "---\n- key: t\nQ: x\nA: y\n---\n",
        "---\nTARGET DECK: X\nQ: x\nA: y\n---\n",
        "---\r\ntitle: t\r\nQ: x\r\nA: y\r\n---\r\n",
        "\ufeff---\ntitle: t\nQ: x\nA: y\n---\n",
        "---\ntitle: t\n```\n---\n",
        "---\ntitle: t\n<!--\n---\n",
        "---\ntitle: $$\n---\n",
    ],
)
def test_no_card_starts_in_the_frontmatter(text: str) -> None:
    assert questions(text + CARD) == ["a"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\nQ: x\nA: y\n---\n\n", ["x"]),
        ("---\nQ: x\nA: y\n\n---\n", ["x"]),
        ("---\n\nsome text\nQ: x\nA: y\n\n---\n", ["x"]),
        ("---\n> Q: x\n> A: y\n\n---\n", ["x"]),
        ("---\n- Q: x\n- A: y\n\n---\n", ["x"]),
        ("---\nQ: x\nA: y\nID: 1702818043968\n---\n", ["x"]),
        ("\n---\ntitle: t\nQ: x\nA: y\n\n---\n", ["x"]),
        ("text\n---\ntitle: t\nQ: x\nA: y\n\n---\n", ["x"]),
        ("----\ntitle: t\nQ: x\nA: y\n\n---\n", ["x"]),
        ("---\ntitle: t\nQ: x\nA: y\n\n", ["x"]),
        ("---\ntitle: t\nQ: x\nA: y\n\n----\n", ["x"]),
        (" ---\ntitle: t\nQ: x\nA: y\n\n---\n", ["x"]),
    ],
)
def test_what_is_no_frontmatter_is_searched(text: str, found: list[str]) -> None:
    assert questions(text + CARD) == [*found, "a"]


def test_a_list_between_two_rules_is_told() -> None:
    text = f"---\n- one\n- two\n---\n{CARD}"
    assert questions(text) == ["a"]
    assert codes(text) == ["A213"]


@pytest.mark.parametrize(
    "text",
    [
        "```\nQ: x\nA: y\n```\n",
        "~~~\nQ: x\nA: y\n~~~\n",
        "```py\nQ: x\nA: y\n```\n",
        "``` {.py .x}\nQ: x\nA: y\n```\n",
        "````\n```\nQ: x\nA: y\n````\n",
        "```\n~~~\nQ: x\nA: y\n```\n",
        "```\nQ: x\nA: y\n``` x\nQ: z\nA: w\n```\n",
        "```\nQ: x\nA: y\n``````\n",
        "```\nQ: x\nA: y\n```  \n",
        "   ```\nQ: x\nA: y\n   ```\n",
        "```\nQ: x\nA: y\n   ```\n",
        "```\nQ: x\nA: y\n    ```\nQ: z\nA: w\n```\n",
        "~~~a`b\nQ: x\nA: y\n~~~\n",
        "> ```\n> Q: x\n> A: y\n> ```\n",
        "> > ```\n> > Q: x\n> > A: y\n> > ```\n",
        "- ```\n  Q: x\n  A: y\n  ```\n",
        "1. ```\n   Q: x\n   A: y\n   ```\n",
        "- x\n  ```\n  Q: x\n  A: y\n  ```\n",
        "- x\n    ```\n    Q: x\n    A: y\n    ```\n",
        "> - ```\n>   Q: x\n>   A: y\n>   ```\n",
        "```\nSTART\nBasic\nx\nEND\n```\n",
        "```\nTARGET DECK: X\n```\n",
        f"```\n{ID}\n```\n",
    ],
)
def test_fenced_code_is_not_searched(text: str) -> None:
    read = document(text + CARD)
    assert [block.fields[0][1] for block in read.blocks] == ["a"]
    assert [(block.deck, block.ids) for block in read.blocks] == [("Default", ())]
    assert (read.diagnostics, read.unclaimed) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "```py x```\n",
        "```a`b\n",
        "``\n",
        "~~\n",
        "text ```\n",
        "    ```\n",
        "\t```\n",
        "`` ` ``\n",
        "````` ` `````\n",
    ],
)
def test_what_is_no_fence_hides_nothing(text: str) -> None:
    assert questions(text + CARD) == ["a"]
    assert codes(text + CARD) == []


@pytest.mark.parametrize(
    "text",
    [
        "> ```\n> code\n\n",
        "> ```\n> code\ntext\n",
        "- ```\n  code\n\ntext\n\n",
        "- ```\n  code\n- x\n\n",
        "> > ```\n> x\n\n",
    ],
)
def test_a_fence_ends_with_its_container(text: str) -> None:
    assert questions(text + CARD) == ["a"]
    assert codes(text + CARD) == []


@pytest.mark.parametrize("marker", ["Q: x\nA: y", "- Q: x\n- A: y", "START\nBasic\nx\nEND", "STARTI [Basic] x ENDI"])
@pytest.mark.parametrize("fence", ["```", "~~~~", "   ```py"])
def test_an_unclosed_fence_over_a_card_is_told(marker: str, fence: str) -> None:
    text = f"{CARD}\ntext\n\n{fence}\n{marker}\n"
    assert questions(text) == ["a"]
    [told] = document(text).diagnostics
    assert (told.code, told.location.line) == ("A205", 6)
    assert errors([told])


@pytest.mark.parametrize("line", ["TARGET DECK: X", "FILE TAGS: x"])
def test_an_unclosed_fence_over_a_deck_line_is_told(line: str) -> None:
    text = f"{CARD}\ntext\n\n~~~\ncode\n\n{line}\n"
    assert codes(text) == ["A205"]


@pytest.mark.parametrize(
    "text", ["> ```\n> Q: x\n> A: y\n\n", "- ```\n  Q: x\n  A: y\n\ntext\n\n", "> > ~~~\n> > Q: x\n> > A: y\n\n"]
)
def test_an_unclosed_fence_in_a_container_over_a_card_is_told(text: str) -> None:
    assert questions(text + CARD) == ["a"]
    assert codes(text + CARD) == ["A205"]


@pytest.mark.parametrize("text", ["```\ncode\n", "~~~\n", "```\ncode\n\n\n", "- ```\n  code"])
def test_an_unclosed_fence_over_no_card_is_nothing_to_tell(text: str) -> None:
    assert questions(f"{CARD}\ntext\n\n{text}") == ["a"]
    assert codes(f"{CARD}\ntext\n\n{text}") == []


def test_an_unclosed_fence_in_an_answer_runs_to_the_end() -> None:
    text = "Q: a\nA: ```\nx\n\ny\n"
    assert answers(text) == ["```\nx\n\ny"]
    assert codes(text) == []


def test_a_card_whose_unclosed_fence_holds_the_next_one_is_left_out() -> None:
    text = f"{CARD}\nQ: c\nA: ```\nx\n\nQ: d\nA: e\n"
    assert questions(text) == ["a"]
    [told] = document(text).diagnostics
    assert (told.code, told.location.line) == ("A205", 5)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```anki\nQ: x\nA: y\n```\n", ["x"]),
        ("~~~anki\nQ: x\nA: y\n~~~\n", ["x"]),
        ("``` anki\nQ: x\nA: y\n```\n", ["x"]),
        ("```anki extra\nQ: x\nA: y\n```\n", ["x"]),
        ("```anki\nQ: x\nA: y\n\nQ: z\nA: w\n```\n", ["x", "z"]),
        ("> ```anki\n> Q: x\n> A: y\n> ```\n", ["x"]),
        ("- ```anki\n  Q: x\n  A: y\n  ```\n", ["x"]),
        ("````anki\nQ: x\nA: y\n```\nQ: z\nA: w\n```\n````\n", ["x"]),
        ("```anki\nQ: x\n```\nA: y\n\n", []),
        ("```ankisync\nQ: x\nA: y\n```\n", []),
        ("```Anki\nQ: x\nA: y\n```\n", []),
        ("```py anki\nQ: x\nA: y\n```\n", []),
        ("```\nQ: x\nA: y\n```\n", []),
    ],
)
def test_named_fences_are_searched(text: str, found: list[str]) -> None:
    assert questions(f"{text}\n{CARD}", ANKI) == [*found, "a"]


def test_a_card_in_a_searched_fence_ends_with_it() -> None:
    text = f"```anki\nQ: x\nA: y\n```\n\n{ID}\n"
    [block] = document(text, ANKI).blocks
    assert block.fields == (("Front", "x"), ("Back", "y"))
    assert block.ids == ()
    assert block.insertion is not None
    assert block.insertion.at == len("```anki\nQ: x\nA: y")


def test_a_searched_fence_is_searched_for_decks_and_ids_too() -> None:
    [block] = document(f"```anki\nTARGET DECK: X\nQ: x\nA: y\n{ID}\n```\n", ANKI).blocks
    assert block.deck == "X"
    assert [mark.id for mark in block.ids] == [1702818043968]


def test_fences_are_not_searched_unless_named() -> None:
    assert questions("```anki\nQ: x\nA: y\n```\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "<!--\nQ: x\nA: y\n-->\n",
        "<!-- c\nQ: x\nA: y\n--> rest\n",
        "text <!--\nQ: x\nA: y\n-->\n",
        "<!-- a --> <!--\nQ: x\nA: y\n-->\n",
        "<!--\n```\nQ: x\n-->\n",
        "<!--\nTARGET DECK: X\n-->\n",
        "<!--\n$$\n-->\n",
        "$$\nQ x\n```\n$$\n",
        "$$\n<!--\n$$\n",
        "x $$ y\nA: z\n$$ w\n",
        "$$x$$ $$\nA: y\n$$\n",
    ],
)
def test_comments_and_math_are_not_searched(text: str) -> None:
    [block] = document(text + CARD).blocks
    assert (block.fields[0][1], block.deck) == ("a", "Default")
    assert codes(text + CARD) == []


def test_a_deck_line_in_math_is_not_read() -> None:
    [block] = document(f"$$\nTARGET DECK: X\n$$\n{CARD}").blocks
    assert (block.fields[0][1], block.deck) == ("a", "Default")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<!-- one line -->\n", []),
        ("Q: x <!-- c -->\nA: y\n\n", ["x <!-- c -->"]),
        ("Q: x $$y$$\nA: z\n\n", ["x $$y$$"]),
        ("$$ x\nA: no\n$$ A: no\nQ: x\nA: y\n\n", ["x"]),
        ("Q: a $$\nx\n$$ b\nA: y\n\n", ["a $$\nx\n$$ b"]),
        ("<!-- c\nd -->\nQ: x\nA: y\n\n", ["x"]),
        ("$$\nx\n$$ #flashcard\nQ: x\nA: y\n\n", ["x"]),
    ],
)
def test_the_rest_of_the_lines_around_a_hidden_text_is_read(text: str, found: list[str]) -> None:
    assert questions(text + CARD) == [*found, "a"]


@pytest.mark.parametrize(
    "text",
    [
        "cost `$$`\n",
        "cost ``$$ ` ``\n",
        "cost \\$$\n",
        "cost \\$\\$\n",
        "cost $\n",
        "`<!--`\n",
        "\\<!-- x\n",
        "<!-- not closed\n",
        "<!- x\n",
    ],
)
def test_what_opens_no_comment_and_no_math_hides_nothing(text: str) -> None:
    twice = f"{text}Q: x\nA: y\n\n{text}{CARD}"
    assert questions(twice) == ["x", "a"]
    assert codes(twice) == []


@pytest.mark.parametrize(
    "line", [ID, "ID: 1702818043968", f"> {ID}", f"- {ID}", f"1. {ID}", f"> - {ID}", f"- > {ID}", f"  {ID}"]
)
@pytest.mark.parametrize(("opening", "closing"), [("$$", "$$"), ("<!-- c", "-->")])
def test_no_comment_and_no_math_crosses_an_id_line(line: str, opening: str, closing: str) -> None:
    text = f"Q: x\nA: y\n\n{opening}\n{CARD}{line}\n{closing}\n"
    assert [[mark.id for mark in block.ids] for block in document(text).blocks] == [[], [1702818043968]]


@pytest.mark.parametrize("line", ["START", "END", "  START ", "END  "])
@pytest.mark.parametrize(("opening", "closing"), [("$$", "$$"), ("<!-- c", "-->")])
def test_no_comment_and_no_math_crosses_a_start_or_end_line(line: str, opening: str, closing: str) -> None:
    assert questions(f"{opening}\n{CARD}{line}\n\n{closing}\n") == ["a"]


def test_a_comment_crosses_no_other_comment() -> None:
    assert questions(f"<!-- one\n{CARD}<!-- two -->\n") == ["a"]


def test_a_stray_math_sign_over_a_card_is_told() -> None:
    text = f"$$\nQ: x\nA: y\n$$\n{CARD}"
    assert questions(text) == ["a"]
    [told] = document(text).diagnostics
    assert (told.code, told.location.line, told.location.column) == ("A211", 1, 1)


def test_a_card_that_is_left_out_for_a_stray_math_sign_is_an_error() -> None:
    read = document("Q: a\nA: costs $$\n\nQ: c\nA: costs $$\n")
    assert len(read.blocks) == 2 or errors(read.diagnostics)


def test_math_and_comments_in_an_answer_are_whole() -> None:
    assert answers("Q: a\nA: b $$\nx\n\ny\n$$ c\n\nd\n") == ["b $$\nx\n\ny\n$$ c"]
    assert answers("Q: a\nA: b <!-- x\n\ny --> c\n\nd\n") == ["b <!-- x\n\ny --> c"]


@pytest.mark.parametrize("line", [f"text {ID}", "`" + ID + "`", "see ID: 1702818043968", f"\\{ID}"])
def test_an_id_in_the_middle_of_a_line_is_no_id_line(line: str) -> None:
    (block,) = document(f"{line}\n{CARD}").blocks
    assert block.ids == ()
