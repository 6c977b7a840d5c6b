"""The quick way to read cards: what it takes, it reads as the slow way does, and it takes most of what people write."""

import time
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ankisync import parse as parsing
from ankisync.config import Settings
from ankisync.model import Document
from ankisync.parse import parse
from ankisync.parse.quick import Quick, no_cards, quick_cards
from ankisync.parse.regions import Regions
from ankisync.parse.syntax import Syntax
from ankisync.source import Source, read_source
from tests.bench.vaults import Shape, write_vault
from tests.fragments import choices, documents, read_choice, tables, thorough
from tests.support import CORPUS, needs_corpus, syntax

_TEXT_LINES = (
    "plain~Word two~Area~In all~Queue~Tell~For~First~# head~## Q: head~---~***~- item~- [ ] item~* item~1. item~12) x"
    "~  indented~    code~\ttab~> quote~| a | b |~![](a.png)~![[a.png]]~[a]: b~[[a]]~%%a%%~<b>x</b>~<br>~$x$~$$x$$~$$"
    "~```~```py~`c`~a $$ b~a ``` b~é漢~\u2028~a\u2028b~\x0b~\x01~\u00a0~==~===~..."
    # Each of these is a letter or two away from what no rule looks at.
    "~Q:~Q: x~Q:x~Q:: x~A:~A: x~A:: x~A~Q~ Q: x~- Q: x~- A: x~> A: x~1. A: x~    A: x~FAQ: x~B: x~a Q: x~a A: x"
    "~ID: 1702818043968~ID: 42~ID: 42 x~ID:~ID~IDs~a ID: 1702818043968~- ID: 1702818043968~ ID: 1702818043968"
    "~<!--ID: 1702818043968-->~<!--ID: 1702818043969--> x~a <!--ID: 1702818043970-->~> <!--ID: 1702818043971-->"
    "~<!--ID:1702818043968-->~<!-- ID: 1702818043968 -->~<!--ID: 170-->~<!--ID: 0702818043968-->"
    "~<!--ID: 17028180439681234-->"
    "~<!--id: 1702818043968-->~<!--ID 1702818043968-->~  <!--ID: 1702818043968-->~<!-- x -->~a <!-- x --> b~<!--~-->"
    "~<!-- x~x -->~a <!-- b~Tags: a~Tags:~a Tags: b~Tags : a~#tag~a #tag~a#tag~TARGET DECK: D~TARGET DECK~TARGET DEC"
    "~FILE TAGS: t~FILE TAGS~FILE TAG~ TARGET DECK: D"
)
_RARE_LINES = "START~END~STARTI [Basic] x ENDI~DELETE~FROZEN - Basic:~{c}~a :: b~==h==~a #flashcard~> [!anki] x~|---|"
_BREAKS = ("\n", "\n", "\n", "\n", "\n", "\n\n", "\n\n", "\n\n\n", "\n \n", "\n\t\n", " \n", "  \n", "\t\n")
_HEAD_TEXTS = (
    "---\nankisync-answer: section\n---\n~---\nankisync-answer: paragraph\n---\n~---\ndeck: F\n---\n~---\n~# Head\n"
    "~TARGET DECK: A\n~TARGET DECK\n~FILE TAGS: t\n\n~```\n~<!--\n~$$\n~---\ndeck: [\n---\n~- item\n~TARGET DECK:\n"
)
SETTINGS: tuple[dict[str, object], ...] = (
    {},
    {},
    {"answer": "section"},
    {"answer": "section"},
    {"styles": ["q-a"]},
    {"inline_tags": True},
    {"answer": "section", "highlight": False, "line_breaks": False, "id_comments": False},
    {"answer": "section", "styles": ["q-a", "start-end", "heading"]},
    {"styles": ["q-a", "start-end", "flashcard-tag", "callout", "ruled", "table", "double-colon"]},
    {"fences": ["anki", "py", ""]},
    {"style": {"q-a": {"notetype": "Basic (optional reversed card)"}}, "tags": ["x"]},
    {"style": {"q-a": {"notetype": "Cloze"}}},
    {"keywords": {"target_deck": "plain", "start": "Word two"}},
    {"custom": [{"notetype": "Basic", "pattern": "^(plain)\\n(plain)"}]},
)
_ANY = st.sampled_from([*_TEXT_LINES.split("~"), "~~~"])
_PLAIN = st.sampled_from(("plain", "Word two", "- item", "é", "a `b` c", "| a | b |", "$x$"))
_BITING = st.sampled_from(("# head", "---", "* * *", "$$", "a $$", "```", "<!-- x", "x -->", " ## head", "  "))
_TEXTS: st.SearchStrategy[list[str]] = st.one_of(
    st.just([]),
    st.lists(_PLAIN, max_size=3),
    st.lists(_PLAIN | _ANY, max_size=4),
    st.lists(_PLAIN | _BITING, max_size=4),
)
_MARKERS = st.sampled_from((": ", ": ", ": ", ": ", ":", ":\n", ": \n", ":\t", "::", ":\n\n"))
_IDS = st.sampled_from(
    ["<!--ID: 16000000000%02d-->"] * 6
    + ["", "", "", "<!--ID: 1600000000001-->", "ID: 16000000000%02d", "<!--ID: 16000000000%02d--> "]
)


@st.composite
def _nearly_plain(draw: st.DrawFn) -> str:
    """A card that the quick way takes, or nearly."""
    parts = []
    for letter in "QA":
        first = draw(st.sampled_from(("plain", "Word", "x", "**b**", "$x$", "`c`", "1")) | _BITING | _ANY)
        marker = draw(_MARKERS)
        parts.append(letter + marker + draw(st.sampled_from(_BREAKS)).join([first, *draw(_TEXTS)]))
    found = draw(_IDS)
    parts += [found.replace("%02d", f"{draw(st.integers(0, 99)):02}")] if found else []
    joint = draw(st.sampled_from(_BREAKS)) if draw(st.integers(0, 9)) == 0 else "\n"
    return joint.join(parts)


@st.composite
def plain_documents(draw: st.DrawFn) -> bytes:
    """Notes of such cards, with other lines between them."""
    head = draw(st.sampled_from(("", "", "", *_HEAD_TEXTS.split("~"))))
    parts = draw(st.lists(_nearly_plain() | _nearly_plain() | _nearly_plain() | _ANY, min_size=1, max_size=5))
    rare = draw(st.sampled_from(("",) * 12 + tuple(_RARE_LINES.split("~"))))
    text: str = head + "".join([part + draw(st.sampled_from(("\n\n", *_BREAKS))) for part in [*parts, rare]])
    text = text.rstrip("\n") if draw(st.booleans()) else text
    place = draw(st.integers(0, len(text)))
    noise = draw(st.sampled_from(("",) * 8 + ("\n", " ", "\r", ">", ":", "Q:", "-")))
    return f"{text[:place]}{noise}{text[place:]}".encode()


def read(data: bytes) -> Source:
    source = read_source("note.md", data)
    assert isinstance(source, Source)
    return source


def slowly(source: Source, known: Syntax) -> Document:
    """The file by the reference."""
    with mock.patch.object(parsing, "quick_cards", lambda source, *_, section: no_cards(source, section=section)):
        return parse(source, known)


def taken(source: Source, known: Syntax) -> int:
    """The number of cards that the quick way takes."""
    found: list[int] = []

    def counted(*arguments: object, **options: object) -> Quick:
        quick = quick_cards(*arguments, **options)  # type: ignore[arg-type]
        found.append(len(quick.cards))
        return quick

    with mock.patch.object(parsing, "quick_cards", counted):
        parse(source, known)
    return found[-1] if found else 0


@given(plain_documents(), st.sampled_from(SETTINGS) | tables())
@thorough(500)
@example(b"Q: a\nA: b\n\n# c\n", {"answer": "section"})
@example(b"Q: a\nA: $$\nb\n\n$$\n<!--ID: 1600000000001-->\n", {})
@example(b"Q: a $$\nA: b $$\nA: c\n", {})
@example(b"Q: a\nA: ```\n", {"id_comments": False})
@example(b"Q: a\nA: b\n- ```\n  c\nd\n<!--ID: 1600000000001-->\n", {"id_comments": False})
@example(b"Q: a\nA: `` #b`\n", {"inline_tags": True, "highlight": False})
@example(
    b"Q: a\nA: b\n\nQ: c\nA: ~~~~ d\n\nQ: e\nA: [[f]]\n",
    {"highlight": False, "line_breaks": False, "wikilinks": "text"},
)
@example(b"Q: a\nA: {b}\n", {"curly_cloze": True, "style": {"q-a": {"notetype": "Cloze"}}})
@example(b"# a :: b\nc\n\nQ: a\nA: b\n", {"styles": ["q-a", "heading", "double-colon"]})
def test_a_note_reads_the_quick_way_as_the_slow_way(data: bytes, table: dict[str, object]) -> None:
    source, known = read(data), syntax(read_choice(table))
    assert repr(parse(source, known)) == repr(slowly(source, known))


@given(documents(), choices())
@thorough(200)
def test_so_does_any_other_note(data: bytes, settings: Settings) -> None:
    source = read_source("note.md", data)
    if isinstance(source, Source):
        assert repr(parse(source, syntax(settings))) == repr(slowly(source, syntax(settings)))


ID = "<!--ID: 1600000000001-->"
TAKEN = (
    "Q: a\nA: b\n",
    f"Q: a\nA: b\n{ID}\n",
    f"Q: a\nA: b\n{ID}",
    f"Q: a\nA: b\n\n{ID}\n\n---\n",
    f"Q:\n- a\n\nb\nA:\n1. c\n  - d\n{ID}\n",
    f"Q: FAQ: a\nA: **b** <br> B: #c\n{ID}\n> d\n",
    f"Q: a\nA:\n```\nQ\n# b\n```\n{ID}\n",
    f"Q: $$\na\n$$\nA: b <!-- c\nd --> e\n{ID}\nQ: half\n",
    f"# a\n\nTARGET DECK: b\n\nFILE TAGS: c\n\nQ: a\nA: b\n{ID}\n",
    "---\nankisync-answer: section\n---\nQ: a\nA: b\n\nc\n\nQ: half\n",
)
LEFT = (
    "Q: a\nA: b\nQ:: c\n",
    "Q:: a\nA: b\n",
    "Q: a\nA:: b\n",
    " Q: a\nA: b\n",
    "> Q: a\n> A: b\n",
    "Q: a\nb\n A: b\n",
    "Q: a\n- Q: b\n  A: c\n",
    "Q: a\nA: b\nA: c\n",
    f"Q: a\nA: b\n{ID}\n{ID}\n",
    f"Q: a\nA: b\n{ID}\n\n> ID: 1600000000002\n",
    f"Q: a\nA: b\n{ID} c\n",
    "Q: a\nA: b\nID: 1600000000001\n",
    "Q: a\nA: b\n<!--ID: 160-->\n",
    f"Q: a {ID}\nA: b\n",
    f"Q: a\nA: b {ID}\n",
    "Q: a\nA: b Tags: c\n",
    "Q: a\nA: b\n<!-- c -->\n",
    "Q: a\nA: <!-- b -->\n",
    "Q: a\nA: b\nTARGET DECK: c\n",
    "Q: a\nA: b\n\n- c\n",
    "Q: a\nA: b\n \nc\n",
    "Q: a $$\nA: b $$ c\n",
    "<!--\nQ: a\nA: b\n-->\n",
    "```\nQ: a\nA: b\n",
    "Q: a\r\nA: b\r\n",
    "START\n\nQ: a\nA: b\n",
    "DELETE\n\nQ: a\nA: b\n",
    "FROZEN - Basic:\nb\n\nQ: a\nA: b\n",
)


@pytest.mark.parametrize("text", TAKEN)
def test_a_plain_card_goes_the_quick_way(text: str) -> None:
    assert taken(read(text.encode()), syntax(Settings())) == 1


@pytest.mark.parametrize("text", LEFT)
def test_what_is_nearly_plain_is_left_to_the_slow_way(text: str) -> None:
    assert taken(read(text.encode()), syntax(Settings())) == 0


@pytest.mark.parametrize(
    ("table", "count"),
    [
        ({"answer": "section"}, 1),
        ({"styles": ["q-a", "double-colon", "callout"]}, 1),
        ({"styles": ["q-a", "heading"]}, 0),
        ({"styles": ["start-end"]}, 0),
        ({"inline_tags": True}, 1),
        ({"fences": ["anki"]}, 0),
        ({"keywords": {"delete": "GONE"}}, 0),
        ({"custom": [{"notetype": "Basic", "pattern": "(z)"}]}, 0),
        ({"style": {"q-a": {"notetype": "Cloze"}}}, 1),
    ],
)
def test_settings_under_which_other_rules_have_a_say_turn_it_off(table: dict[str, object], count: int) -> None:
    assert taken(read(b"# Head\n\nQ: a\nA: b #c\n"), syntax(read_choice(table))) == count


@pytest.mark.parametrize("answer", ["paragraph", "section"])
@pytest.mark.parametrize("real", [True, False])
def test_most_cards_of_the_measured_vaults_go_the_quick_way(real: bool, answer: str, tmp_path: Path) -> None:
    write_vault(Shape(400, real=real), tmp_path / "vault")
    known = syntax(read_choice({"answer": answer}))
    sources = [read(path.read_bytes()) for path in (tmp_path / "vault").rglob("*.md")]
    cards = sum(len(parse(source, known).blocks) for source in sources)
    least = 0.95 if answer == "section" else 0.6  # a blank line in an answer ends it, and what follows looks like more
    assert sum(taken(source, known) for source in sources) >= least * cards >= least * 400


@needs_corpus
@pytest.mark.parametrize("table", [{}, {"answer": "section"}])
def test_most_cards_of_real_notes_go_the_quick_way(table: dict[str, object]) -> None:
    known = syntax(read_choice(table))
    sources = [read_source("note.md", path.read_bytes()) for path in sorted(CORPUS.rglob("*.md"))]
    texts = [source for source in sources if isinstance(source, Source) and "Q:" in source.text]
    asked = [block for source in texts for block in parse(source, known).blocks if block.kind == "q-a"]
    assert sum(taken(source, known) for source in texts) >= 0.9 * len(asked) > 400


_PARTS = ("Q: x\n", "Q: x\n\n\n", "Q: x\nA: y\n", "Q: x\nA: y\n\n\n", "Q: x\nA: y\n- \n", "\n", "x\n", "> ", "A: y\n")


@pytest.mark.parametrize("part", _PARTS)
def test_it_takes_linear_time(part: str) -> None:
    def seconds(count: int) -> float:
        source, known = read(("Q: x\nA: y\n" + part * count).encode()), syntax(Settings())
        regions = Regions((), bytes(len(source.lines)), {}, frozenset())
        start = time.process_time()
        quick_cards(source, 0, regions, known, section=True)
        return time.process_time() - start

    # Eight times as much may take 24 times as long on a busy machine, but not 64 times.
    assert min(seconds(24_000) for _ in range(3)) < 24 * min(seconds(3_000) for _ in range(3)) + 0.2
