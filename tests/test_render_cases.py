"""Fields as data: `tests/render/*.md` holds pairs of Markdown and HTML, each shown by Anki itself.

A pair begins with `@@@` and its name; `@@` parts Markdown and HTML. Words in brackets before the name choose: `[cloze]`
for a cloze notetype, `[strict]` without line breaks, `[plain]` without colours, `[vault]` in a vault with a name,
`[textlinks]` with links to notes as text.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import anki.collection  # noqa: F401 - before `anki.decks`, which cannot be imported first
import pytest
from anki.decks import DeckId

from ankisync.fields import Rendering
from ankisync.identity import guid_of
from ankisync.model import DeckName, Location, Note, NoteHash, NoteId, Status
from ankisync.render import DEFAULT, Options, render_field
from tests.anki_support import Anki, open_anki
from tests.package_support import write_notes
from tests.support import BASIC

FOLDER = Path(__file__).parent / "render"
CHOICES = {
    "[strict]": Options(line_breaks=False),
    "[plain]": Options(highlight=False),
    "[vault]": Options(vault="My vault"),
    "[textlinks]": Options(vault="My vault", wikilinks="text"),
}


def html_of(name: str, markdown: str) -> str:
    """The HTML of a case, by the choices before its name."""
    options = next((options for word, options in CHOICES.items() if word in name), DEFAULT)
    return render_field(markdown, options, cloze="[cloze]" in name)


def cases() -> Iterator[tuple[str, str, str]]:
    for path in sorted(FOLDER.glob("*.md")):
        for part in ("\n" + path.read_text(encoding="utf-8")).split("\n@@@ ")[1:]:
            head, _, text = part.partition("\n")
            markdown, _, expected = text.partition("\n@@\n")
            yield f"{path.stem}: {head}", markdown, expected.rstrip("\n")


CASES = list(cases())
EXPECTED = {name: html for name, _, html in CASES}
NAMES = [name for name, *_ in CASES]


def of_package(name: str) -> bool:
    """Whether a package renders the case by itself."""
    return not any(word in name for word in (*CHOICES, "[cloze]"))


@pytest.mark.parametrize(("name", "markdown", "expected"), CASES, ids=NAMES)
def test_markdown_becomes_this_html(name: str, markdown: str, expected: str) -> None:
    assert html_of(name, markdown) == expected


def test_cases_have_names_of_their_own() -> None:
    assert len(set(NAMES)) == len(NAMES) > 300


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, str]]]:
    """Field and answer of each case, from a package that was imported into a collection."""
    folder = tmp_path_factory.mktemp("cases")
    first = 1_700_000_000_000
    ids = {name: NoteId(first + place) for place, name in enumerate(filter(of_package, NAMES))}
    notes = [
        Note(
            id=ids[name],
            guid=guid_of(ids[name]),
            notetype=BASIC,
            fields=(("Front", f"case {name}"), ("Back", markdown)),
            tags=(),
            deck=DeckName("Cases"),
            hash=NoteHash(str(ids[name])),
            mod=1_700_000_000,
            location=Location("a.md", 1, 1),
            status=Status.NEW,
        )
        for name, markdown, _ in CASES
        if name in ids
    ]
    package = folder / "cases.apkg"
    with package.open("wb") as file:
        write_notes(file, notes, "cases", Rendering(), folder)
    with open_anki(folder / "anki") as opened:
        assert len(opened.take(package).new) == len(notes)
        yield {name: (opened.back(note_id), opened.answer_of(note_id)) for name, note_id in ids.items()}


@pytest.mark.parametrize("name", [name for name in NAMES if of_package(name)])
def test_anki_takes_and_shows_it(shown: dict[str, tuple[str, str]], name: str) -> None:
    expected = EXPECTED[name]
    field, answer = shown[name]
    assert field == expected
    assert answer == re.sub(r"\[sound:[^]]*\]", "[anki:play:a:0]", expected).strip()


@pytest.fixture(scope="module")
def anki_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anki]:
    with open_anki(tmp_path_factory.mktemp("clozes") / "anki") as opened:
        yield opened


@pytest.mark.parametrize("name", [name for name in NAMES if "[cloze]" in name])
def test_anki_hides_and_reveals_the_clozes(anki_: Anki, name: str) -> None:
    expected = EXPECTED[name]
    numbers = {int(each) for group in re.findall(r"\{\{c([0-9,]+)::", expected) for each in group.split(",")}
    model = anki_.col.models.by_name("Cloze")
    assert model is not None
    note = anki_.col.new_note(model)
    note.fields[0] = expected
    anki_.col.add_note(note, DeckId(1))
    cards = note.cards()
    assert {card.ord + 1 for card in cards} == (numbers or {1})
    for card in cards if numbers else ():
        answer, question = (side.split("</style>")[1].strip() for side in (card.answer(), card.question()))
        assert without_spans(answer).removesuffix("<br>").strip() == without_spans(revealed(expected)).strip()
        assert "[" in question, question


def revealed(text: str) -> str:
    """A field with its clozes open, read in the plainest way: the innermost first, the first `::` parts the hint."""
    innermost = re.compile(r"\{\{c[0-9,]+::((?:(?!\{\{c[0-9]|\}\}).)*)\}\}", re.DOTALL)
    while match := innermost.search(text):
        text = text[: match.start()] + match[1].partition("::")[0] + text[match.end() :]
    return text


def without_spans(text: str) -> str:
    return re.sub(r"</?span[^>]*>", "", text)
