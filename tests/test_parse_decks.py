"""Which deck a card goes to, and when the YAML of the frontmatter is an error."""

import time

import pytest

from ankisync.config import Settings
from ankisync.diagnostics import errors
from ankisync.model import DeckName
from tests.support import document

CARD = "Q: a\nA: b\n"
ID = "<!--ID: 1702818043968-->"


def decks(text: str, settings: Settings | None = None, path: str = "note.md") -> list[str]:
    return [block.deck for block in document(text, settings, path).blocks]


def told(text: str, settings: Settings | None = None) -> list[tuple[str, int]]:
    """(code, line) of what is told."""
    return [(each.code, each.location.line) for each in document(text, settings).diagnostics]


@pytest.mark.parametrize(
    ("line", "deck"),
    [
        ("TARGET DECK: A::B", "A::B"),
        ("TARGET DECK:A::B", "A::B"),
        ("TARGET DECK\nA::B", "A::B"),
        ("TARGET DECK:\nA::B", "A::B"),
        ("TARGET DECK: \nA", "A"),
        ("TARGET DECK\n\nA\n", "A"),
        ("TARGET DECK:\n\n\n\nA\n", "A"),
        ("TARGET DECK\n \t\nA\n", "A"),
        ("TARGET DECK \nA", "A"),
        ("TARGET DECK \t\n  A  ", "A"),
        ("TARGET DECK: A  ", "A"),
        ("TARGET DECK:\tA\t", "A"),
        ("TARGET DECK:    A", "A"),
        ("TARGET DECK: A :: B::C ", "A::B::C"),
        ("TARGET DECK: A b: c", "A b: c"),
        ("TARGET DECK: Übung::日本語", "Übung::日本語"),
        ("TARGET DECK: 2024", "2024"),
        ("TARGET DECK: null", "null"),
        ("TARGET DECK: #1", "#1"),
        ("TARGET DECK\r\nA\r\n\r", "A"),
        ("TARGET DECK\rA\r\r", "A"),
        ("TARGET DECK: Q: a", "Q: a"),
    ],
)
def test_a_deck_line_names_the_deck(line: str, deck: str) -> None:
    assert decks(f"{line}\n{CARD}") == [deck]
    assert told(f"{line}\n{CARD}") == []


@pytest.mark.parametrize("text", ["TARGET DECK: A\n", "text\n\nTARGET DECK: A", "TARGET DECK\nA"])
def test_a_lone_deck_line_holds_wherever_it_stands(text: str) -> None:
    assert decks(f"{CARD}\n{text}") == ["A"]
    assert decks(f"{text}\n{CARD}") == ["A"]


@pytest.mark.parametrize(
    "line",
    [
        " TARGET DECK: A",
        "> TARGET DECK: A",
        "- TARGET DECK: A",
        "# TARGET DECK: A",
        "target deck: A",
        "Target Deck: A",
        "TARGET DECKS: A",
        "TARGET DECK is A",
        "TARGET  DECK: A",
        "MY TARGET DECK: A",
        "**TARGET DECK**: A",
    ],
)
def test_what_only_looks_like_a_deck_line_is_text(line: str) -> None:
    assert decks(f"{line}\n\n{CARD}") == ["Default"]
    nearly = line.casefold().startswith("target deck:")
    assert told(f"{line}\n\n{CARD}") == [("A306", 1)] * nearly


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "\n\n",
        "\nQ: x\nA: y",
        "\n- Q: x\n- A: y",
        "\nA: y",
        "\nTARGET DECK: Other",
        "\nFILE TAGS: x",
        "\n# Heading",
        "\n###### Heading",
        "\n---",
        "\n***",
        f"\n{ID}",
        f"\n> {ID}",
        "\nID: 1702818043968",
        "\n<!-- comment -->",
        "\n\n<!-- comment\n-->",
        "\nSTART\nBasic\nx\nEND",
        "\nSTARTI [Basic] x ENDI",
        f"\nDELETE\n{ID}",
    ],
)
@pytest.mark.parametrize("keyword", ["TARGET DECK:", "TARGET DECK"])
def test_a_deck_line_without_a_name_is_an_error(keyword: str, value: str) -> None:
    text = f"Q: first\nA: card\n\n{keyword}{value}\n"
    read = document(text)
    assert ("A301", 4) in told(text)
    assert errors(read.diagnostics)
    assert not any(block.location.line == 1 for block in read.blocks)


@pytest.mark.parametrize("name", ["A::", "::A", "A::::B", "A:: ::B", "::", "A:: : "])
def test_an_empty_part_of_a_deck_name_is_an_error(name: str) -> None:
    assert decks(f"TARGET DECK: {name}\n{CARD}") == []
    assert told(f"TARGET DECK: {name}\n{CARD}") == [("A302", 1)]


def test_a_deck_line_holds_until_the_next() -> None:
    parts = [CARD, "TARGET DECK: A\n", CARD, CARD, "TARGET DECK\nB\n", CARD, "TARGET DECK: A::C\n", CARD]
    assert decks("\n".join(parts)) == ["A", "A", "A", "B", "A::C"]


def test_a_deck_line_right_below_an_answer_holds_from_there() -> None:
    assert decks(f"TARGET DECK: A\n{CARD}TARGET DECK: B\n{CARD}") == ["A", "B"]


def test_a_broken_deck_line_leaves_out_only_its_own_cards() -> None:
    text = f"TARGET DECK: A\n\n{CARD}\nTARGET DECK: B::\n\n{CARD}{ID}\n\nTARGET DECK: C\n\n{CARD}"
    assert decks(text) == ["A", "C"]
    assert told(text) == [("A302", 6)]
    assert "1702818043968" in document(text).digits


def test_the_cards_above_a_broken_first_deck_line_are_left_out_too() -> None:
    text = f"{CARD}\nTARGET DECK:\n\n# Heading\n\n{CARD}\nTARGET DECK: B\n\n{CARD}"
    assert decks(text) == ["B"]
    assert told(text) == [("A301", 4)]


def test_an_id_below_a_broken_deck_line_is_not_called_unclaimed() -> None:
    assert document(f"TARGET DECK: A::\n{CARD}{ID}\n").unclaimed == ()


@pytest.mark.parametrize(
    ("text", "deck"),
    [
        ("```\nTARGET DECK: X\n```\n", "Default"),
        ("~~~\nTARGET DECK: X\n~~~\nTARGET DECK: A\n", "A"),
        ("<!--\nTARGET DECK: X\n-->\n", "Default"),
        ("$$\nTARGET DECK: X\n$$\n", "Default"),
        ("START\nNone\nTARGET DECK: X\nEND\n", "Default"),
    ],
)
def test_a_hidden_deck_line_is_not_read(text: str, deck: str) -> None:
    assert decks(text + CARD) == [deck]


@pytest.mark.parametrize(
    ("lines", "deck"),
    [
        ("TARGET DECK: A::B", "A::B"),
        ("TARGET DECK\nA::B", "A::B"),
        ("title: t\nTARGET DECK:\nA", "A"),
        ("title: [\nTARGET DECK: A", "A"),
        ("title: a: b\n\t- {{\nTARGET DECK: A", "A"),
        ("deck: X\nTARGET DECK: A", "A"),
        ("deck: [\nTARGET DECK: A", "A"),
        ("deck: A::B", "A::B"),
        ("deck: ' A :: B '", "A::B"),
        ('deck: "A"', "A"),
        ("deck : A", "A"),
        ("'deck': A", "A"),
        ("deck: 1", "1"),
        ("deck: yes", "yes"),
        ("deck: 2024-01-01", "2024-01-01"),
        ("deck: A b # comment", "A b"),
        ("deck: &name A", "A"),
        ("deck: >\n  A\n  b", "A b"),
        ("Deck: A", "Default"),
        ("nested:\n  deck: A", "Default"),
        ("decks: A", "Default"),
    ],
)
def test_the_frontmatter_may_name_the_deck(lines: str, deck: str) -> None:
    text = f"---\n{lines}\n---\n{CARD}"
    assert decks(text) == [deck]
    assert told(text) == []


@pytest.mark.parametrize("end", ["---", "..."])
def test_a_keyword_at_the_frontmatters_end_has_no_name(end: str) -> None:
    text = f"---\ntitle: t\nTARGET DECK\n{end}\n{CARD}"
    assert decks(text) == []
    assert told(text) == [("A301", 3)]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("deck:", "A301"),
        ("deck: ''", "A301"),
        ("deck: null", "A301"),
        ("deck: ~", "A301"),
        ("deck: 'A::'", "A302"),
        ("deck: '::'", "A302"),
        ("deck: [A]", "A304"),
        ("deck: {A: B}", "A304"),
        ("deck: A: B", "A207"),
        ("deck: [A", "A207"),
        ("deck: '", "A207"),
        ("deck: *none", "A207"),
        ("deck: @A", "A207"),
        ("- deck: A", "A208"),
        ("TARGET DECK:", "A301"),
        ("TARGET DECK: A::", "A302"),
    ],
)
def test_a_broken_deck_in_the_frontmatter_leaves_the_cards_out(lines: str, code: str) -> None:
    text = f"---\ntitle: t\n---\n{CARD}".replace("title: t", lines)
    read = document(f"{text}{ID}\n")
    assert read.blocks == ()
    assert [each.code for each in read.diagnostics] == [code]
    assert errors(read.diagnostics)
    assert "1702818043968" in read.digits


FOLDERS = Settings(folder_decks=(("a", DeckName("Outer")), ("a/b", DeckName("Inner"))), default_deck=DeckName("Mine"))


@pytest.mark.parametrize(
    ("text", "path", "deck"),
    [
        ("", "n.md", "Mine"),
        ("", "x/n.md", "Mine"),
        ("", "a/n.md", "Outer"),
        ("", "a/b/n.md", "Inner"),
        ("", "a/b/c/n.md", "Inner"),
        ("---\ndeck: F\n---\n", "a/b/n.md", "F"),
        ("---\ndeck: F\n---\nTARGET DECK: L\n", "a/b/n.md", "L"),
        ("---\ndeck: F\nTARGET DECK: L\n---\n", "a/b/n.md", "L"),
        ("TARGET DECK: L\n", "a/b/n.md", "L"),
    ],
)
def test_line_before_frontmatter_before_folder_before_default(text: str, path: str, deck: str) -> None:
    assert decks(text + CARD, FOLDERS, path) == [deck]


@pytest.mark.parametrize("text", ["TARGET DECK: A::\n", "---\ndeck: []\n---\n", "---\ndeck: [\n---\n"])
def test_a_broken_deck_never_falls_back_to_another(text: str) -> None:
    assert decks(text + CARD, FOLDERS, "a/n.md") == []


@pytest.mark.parametrize(
    "text",
    [
        "TARGET DECKS are a thing.\n",
        "TARGET DECK names are below.\n",
        "```\nTARGET DECK: X\n```\n",
        "<!--\nTARGET DECK: X\n-->\n",
        "START\nNone\nTARGET DECK: X\nEND\n",
    ],
)
def test_text_about_deck_lines_does_not_hide_the_frontmatters_deck(text: str) -> None:
    assert decks(f"---\ndeck: F\n---\n{text}\n{CARD}") == ["F"]


@pytest.mark.parametrize(
    "lines",
    [
        "title: a: b",
        "title: [",
        "title: {{date}}",
        "\tindented: x",
        "title: 'x",
        "title: *none",
        "title: @x\naliases: [a, b",
        "title: " + "x" * 20_000,
        "x: &a [y]\ntitle: [" + "*a, " * 50,
    ],
)
def test_yaml_that_is_not_needed_may_be_broken(lines: str) -> None:
    text = f"---\n{lines}\n---\n{CARD}"
    assert decks(text) == ["Default"]
    assert told(text) == []


def test_broken_yaml_with_tags_is_an_error_where_they_are_wanted() -> None:
    text = f"---\ntitle: a: b\ntags: x\n---\n{CARD}"
    assert decks(text) == []
    assert told(text) == [("A207", 2)]
    assert decks(text, Settings(frontmatter_tags=False)) == ["Default"]
    assert told(text, Settings(frontmatter_tags=False)) == []


@pytest.mark.parametrize("key", ["deck: A", "tags: x", "ankisync-answer: section"])
@pytest.mark.parametrize(
    "lines",
    [
        "a: &a [x]\nb: [" + ", ".join(["*a"] * 60) + "]",
        "a: " + "[" * 5_000,
        "a: " + "[" * 5_000 + "]" * 5_000,
        "a: " + "{b: " * 3_000,
        "a:\n" + "\n".join(" " * depth + "- a:" for depth in range(1, 150)) + "\n" + "[" * 2_000,
        "a: " + "x" * 20_000,
    ],
    ids=["aliases", "open lists", "lists", "mappings", "indented", "size"],
)
def test_a_yaml_bomb_is_an_error_and_soon(key: str, lines: str) -> None:
    started = time.process_time()
    text = f"---\n{key}\n{lines}\n---\n{CARD}"
    assert decks(text) == []
    assert [code for code, _ in told(text)] == ["A207"]
    assert time.process_time() - started < 3


def test_few_aliases_are_no_bomb() -> None:
    text = f"---\nx: &a [y]\nz: [*a, *a]\ndeck: A\ntags: *a\n---\n{CARD}"
    [block] = document(text).blocks
    assert (block.deck, block.tags) == ("A", ("y",))


def test_what_is_told_of_a_value_is_short() -> None:
    lines = ["a0: &a0 [" + "x" * 9_000 + "]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 10))]
    text = "---\n{}\nankisync-answer: *a9\n---\n{}".format("\n".join(lines), CARD)
    assert all(len(each.message) < 1_000 for each in document(text).diagnostics)


def test_yaml_is_read_as_plain_text() -> None:
    text = f"---\ndeck: !!python/object/apply:os.getcwd []\n---\n{CARD}"
    assert decks(text) == []
    assert len(told(text)) == 1


@pytest.mark.parametrize(
    "line", ["Target deck: A::B", "target Deck:A", "TARGET DECK A::B", "TARGET DECK : A", "Target Deck  : A"]
)
def test_nearly_a_deck_line_is_told(line: str) -> None:
    read = document(f"{line}\n\nQ: x\nA: y\n")
    told = [(each.code, each.location.line) for each in read.diagnostics]
    expected = [] if read.blocks[0].deck != "Default" else [("A306", 1)]
    assert told == expected


@pytest.mark.parametrize(
    "text",
    [
        "TARGET DECK: A\n\nQ: x\nA: y\n",
        "TARGET DECK\nA\n\nQ: x\nA: y\n",
        "Our target deck: cards\n\nQ: x\nA: y\n",
        "TARGET DECK is a keyword\n\nQ: x\nA: y\n",
        "target decks are: many\n\nQ: x\nA: y\n",
        "```\nTarget deck: A\n```\n\nQ: x\nA: y\n",
    ],
)
def test_what_only_looks_like_a_deck_line_is_not(text: str) -> None:
    assert document(text).diagnostics == ()
