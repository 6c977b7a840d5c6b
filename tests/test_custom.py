"""A user's own patterns, run as the Obsidian_to_Anki plugin runs them."""

import pytest

from ankisync.model import Block
from tests.fragments import read_choice, written
from tests.support import Vault, document

ID = 1702818043968
TAIL = r"(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))*"
QA = rf"^Q: ((?:.+\n)*)\n*A: (.+{TAIL})"
COLONS = r"^(.*[^\n:]{1}):{2}([^\n:]{1}.*)"
HEADER = r"^#+(.+)\n*((?:\n(?:^[^\n#].{0,2}$|^[^\n#].{3}(?<!<!--).*))+)"
RULED = r"((?:[^\n][\n]?)+\n)-{3,}((?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))*)"
TAGGED = r"((?:[^\n][\n]?)+) #flashcard ?\n*((?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))+)"
TABLE = r"\|([^\n|]+)\|\n\|(?:[^\n|]+)\|\n\|([^\n|]+)\|\n?"
CLOZES = rf"((?:.+\n)*(?:.*{{.*){TAIL})"
HIGHLIGHTS = rf"((?:.+\n)*(?:.*==.*){TAIL})"
CALLOUT = rf"(?:\> \[!anki\]-) ([^\n]+)\n(.+{TAIL})"


def table(*patterns: str, notetype: str = "Basic", styles: tuple[str, ...] = ("start-end",)) -> dict[str, object]:
    return {
        "styles": list(styles),
        "custom": [{"notetype": notetype, "pattern": pattern} for pattern in patterns],
        "curly_cloze": True,
        "highlight_cloze": True,
    }


def read(
    text: str, *patterns: str, notetype: str = "Basic", styles: tuple[str, ...] = ("start-end",)
) -> tuple[Block, ...]:
    return document(text, read_choice(table(*patterns, notetype=notetype, styles=styles))).blocks


def texts(block: Block) -> tuple[str, ...]:
    found = [text for _, text in block.fields]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


WIKI = [
    (QA, "Basic", "Q: a\nmore\n\nA: b\nmore\n", ("a\nmore", "b\nmore")),
    (COLONS, "Basic", "- a::b\n", ("- a", "b")),
    (HEADER, "Basic", "## a\n\nb\nc\n", ("a", "b\nc")),
    (RULED, "Basic", "a\nb\n---\nc\n", ("a\nb", "c")),
    (TAGGED, "Basic", "a #flashcard\nb\n", ("a", "b")),
    (TABLE, "Basic", "|a|\n|-|\n|b|\n", ("a", "b")),
    (CLOZES, "Cloze", "a {b}\nc\n", ("a {b}\nc",)),
    (HIGHLIGHTS, "Cloze", "a ==b==\nc\n", ("a ==b==\nc",)),
    (CALLOUT, "Basic", "> [!anki]- a\n> b\n", ("a", "> b")),
]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("pattern", "notetype", "text", "fields"), WIKI)
def test_the_expressions_of_the_wiki(
    pattern: str, notetype: str, text: str, fields: tuple[str, ...], ending: str
) -> None:
    """In a file with CRLF an expression that names `\\n` finds nothing, as in the plugin."""
    settings = table(pattern, notetype=notetype)
    (card,) = read(text, pattern, notetype=notetype)
    assert (card.kind, card.notetype, texts(card), card.ids) == ("custom", notetype, fields, ())
    after = text + "<!--ID: NEW-->\n"
    assert written(text, settings) == after
    (known,) = read(after.replace("NEW", str(ID)), pattern, notetype=notetype)
    assert ([mark.id for mark in known.ids], texts(known), known.hash) == ([ID], fields, card.hash)
    written(text.replace("\n", ending), settings)


@pytest.mark.parametrize(("pattern", "notetype", "text", "fields"), WIKI)
def test_without_a_pattern_these_are_no_cards(pattern: str, notetype: str, text: str, fields: tuple[str, ...]) -> None:
    assert read(text) == ()
    assert len(read(text, pattern, notetype=notetype)) == 1
    assert fields


@pytest.mark.parametrize(
    ("tail", "tags", "ids"),
    [
        (f" Tags: t u\n<!--ID: {ID}-->", ("t", "u"), [ID]),
        (f" Tags: t u\nID: {ID}", ("t", "u"), [ID]),
        (f"\n<!--ID: {ID}-->", (), [ID]),
        (f" ID: {ID}", (), [ID]),
        (" Tags: t u", ("t", "u"), []),
        ("", (), []),
    ],
)
def test_the_four_passes(tail: str, tags: tuple[str, ...], ids: list[int]) -> None:
    text = f"Q: a\nA: b{tail}\n"
    (card,) = read(text, QA)
    assert (texts(card), card.tags, [mark.id for mark in card.ids]) == (("a", "b"), tags, ids)
    assert (written(text, table(QA)) == text) == bool(ids)


def test_a_match_with_an_id_comes_before_one_without() -> None:
    text = f"a::b\n\nc::d\n<!--ID: {ID}-->\n"
    assert [[mark.id for mark in card.ids] for card in read(text, COLONS)] == [[], [ID]]


def test_groups_fill_the_fields_by_place() -> None:
    (card,) = read("x 1 2 3\n", r"^x (1) (2) (3)$")
    assert card.fields == (("Front", "1"), ("Back", "2"))
    (card,) = read("x 1 2 3\n", r"^x (\d)(?: (9))?", notetype="Basic (optional reversed card)")
    assert texts(card) == ("1",)


@pytest.mark.parametrize(
    "text",
    [
        "`a::b`\n",
        "`x a::b x`\n",
        "$a::b$\n",
        "```\na::b\n```\n",
        "$$\na::b\n$$\n",
        "<!-- a::b -->\n",
        "---\ndeck: A::B\n---\n",
        "START\nBasic\na::b\nEND\n",
    ],
)
def test_a_match_in_what_is_hidden_or_read_is_none(text: str) -> None:
    assert [card for card in read(text, r"(a)::(b)", COLONS.replace("^", "(?:^x)?")) if card.kind == "custom"] == []
    assert written(text, table(r"(a)::(b)")).replace("<!--ID: NEW-->\n", "") == text


def test_a_match_that_holds_code_is_a_card() -> None:
    (card,) = read("a `x` :: b `y::`\n", r"^(.*) :: (.*)")
    assert texts(card) == ("a `x`", "b `y::`")


def test_a_match_ends_before_a_card_of_another_style() -> None:
    """The plugin makes one note of both here, and overwrites the second."""
    text = "a\nb\nQ: x\nA: y\n\nc\n"
    settings = table(r"((?:.+\n)+)", styles=("q-a",))
    found = document(text, read_choice(settings)).blocks
    assert [(card.kind, texts(card)) for card in found] == [
        ("custom", ("a\nb",)),
        ("q-a", ("x", "y")),
        ("custom", ("c",)),
    ]
    assert written(text, settings) == ("a\nb\n<!--ID: NEW-->\nQ: x\nA: y\n<!--ID: NEW-->\n\nc\n<!--ID: NEW-->\n")


def test_of_two_patterns_the_first_reads() -> None:
    first, second = r"^(a)::(.*)", r"^(.*)::(b)"
    assert [texts(card) for card in read("a::b\n", first, second)] == [("a", "b")]
    assert [texts(card) for card in read("a::b\n\nc::b\n", first, second)] == [("a", "b"), ("c", "b")]


def test_a_cloze_type_takes_matches_with_a_cloze_only() -> None:
    assert read("a {} b\n", r"^(.+)$", notetype="Cloze") == ()
    assert len(read("a {x} b\n", r"^(.+)$", notetype="Cloze")) == 1


def test_the_dialect_is_that_of_javascript() -> None:
    assert [texts(card) for card in read("x \u0663\nx 3\n", r"^x (\d)")] == [("3",)]
    assert [texts(card) for card in read("x a\u2028b\n", r"x (.+)")] == [("a",)]
    assert [texts(card) for card in read("x a\r\n", r"x (.+)")] == [("a",)]


def test_an_empty_first_group_is_told() -> None:
    settings = read_choice(table(r"^x( *) (.*)"))
    done = document("x  b\n", settings)
    assert (done.blocks, [each.code for each in done.diagnostics]) == ((), ["A221"])


def test_half_of_a_comment_is_no_text() -> None:
    """A pattern whose last group runs over the ID's line: the plugin takes the half of it into the field."""
    pattern = r"^@ (.+)\n@@ ((?:.+\n?)+)"
    text = f"@ a\n@@ b\nc\n<!--ID: {ID}-->\n"
    (card,) = read(text, pattern)
    assert (texts(card), [mark.id for mark in card.ids]) == (("a", "b\nc"), [ID])
    assert written("@ a\n@@ b\nc\n", table(pattern)) == "@ a\n@@ b\nc\n<!--ID: NEW-->\n"


def test_a_match_around_an_inline_note_is_none() -> None:
    text = "a STARTI [Basic] x ENDI::b\n\nc::d\n"
    assert [(card.kind, texts(card)) for card in read(text, COLONS)] == [("inline", ("x",)), ("custom", ("c", "d"))]


def test_a_pattern_that_backtracks_without_end_is_stopped_and_named_and_the_rest_is_built(vault: Vault) -> None:
    vault.write(
        "ankisync.toml",
        "[[custom]]\nnotetype = 'Basic'\npattern = '((?:[^\\n][\\n]?)+) #end'\n\n"
        "[[custom]]\nnotetype = 'Basic'\npattern = '^(x)::(y)'\n",
    )
    vault.write("slow.md", ("a" * 80 + "\n") * 900 + "\n\n #end\n\nQ: x\nA: y\n\nx::y\n")
    vault.write("sound.md", "Q: z\nA: y\n")
    run = vault.build()
    assert (run.status, run.codes) == (1, ["A227"])
    assert "slow.md:1:1: error[A227]" in run.err
    assert "#end` ran for" in run.err
    assert len(vault.ids()) == 3
    state = vault.state()
    vault.build(seed=2)
    assert vault.state() == state


def test_a_pattern_that_is_invalid_is_named_and_the_rest_is_built(vault: Vault) -> None:
    vault.write(
        "ankisync.toml",
        "[[custom]]\nnotetype = 'Basic'\npattern = '(x'\n\n[[custom]]\nnotetype = 'Basic'\npattern = '^(x)::(y)'\n",
    )
    vault.write("note.md", "Q: x\nA: y\n\nx::y\n")
    run = vault.build()
    assert run.status == 1
    assert "`(x`" in run.err
    assert len(vault.ids()) == 2


def test_a_pattern_runs_only_where_its_literal_stands() -> None:
    """Else this would take a second each time."""
    done = document("a" * 60 + "\n", read_choice(table(r"^(a+)+ (c)")))
    assert (done.blocks, done.diagnostics) == ((), ())
