"""Pictures of cards as Anki shows them, to be looked at: `python -m tests.pictures FOLDER`.

The HTML and the CSS come out of Anki's backend; headless Chromium (`apt-get update && apt-get install -y chromium`)
makes sheets of all cards, light, night, and as wide as a phone. Anki brings its own MathJax, which is not in the `anki`
package: where npm is at hand, that of the npm package `mathjax` is taken into a temporary folder; without it, formulas
stay as their delimiters. Not a test by itself; `test_pictures.py` measures the same pages.
"""

import html
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ankisync.fields import Rendering
from ankisync.identity import guid_of
from ankisync.model import DeckName, Location, Note, NoteHash, NoteId, Status
from ankisync.notetypes import BASIC, CLOZE, TYPED, stock
from ankisync.render import Options
from tests.anki_support import Anki, open_anki
from tests.package_support import write_notes

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--allow-file-access-from-files", "--virtual-time-budget=20000"),
)
_OPTIONS = Options(vault="Notes")
_CARDS = Path(__file__).parent / "cards.md"


@dataclass(frozen=True)
class Shown:
    """A card with both its sides as Anki renders them."""

    name: str
    question: str
    answer: str
    css: str


def cards() -> Iterator[tuple[str, str, str, str]]:
    """The cards of `cards.md`: notetype, name, front and back as Markdown."""
    for part in _CARDS.read_text(encoding="utf-8").split("\n@@@ ")[1:]:
        head, _, text = part.partition("\n")
        kind, _, name = head.partition(" ")
        front, _, back = text.partition("\n@@\n")
        yield kind, name, front.strip("\n"), back.strip("\n")


def shown(folder: Path) -> list[Shown]:
    """All cards, in one of our packages, imported into a collection and rendered by it."""
    read = list(cards())
    notes = [_note(place, kind, front, back) for place, (kind, _, front, back) in enumerate(read)]
    package = folder / "pictures.apkg"
    with package.open("wb") as file:
        write_notes(file, notes, "pictures", Rendering(_OPTIONS, source="obsidian://search?query={id}"), folder)
    with open_anki(folder / "anki") as opened:
        assert len(opened.take(package).new) == len(notes)
        return [_show(opened, note.id, name, back) for note, (_, name, _, back) in zip(notes, read, strict=True)]


def _note(place: int, kind: str, front: str, back: str) -> Note:
    notetype = stock()[{"basic": BASIC, "cloze": CLOZE, "typed": TYPED}[kind]]
    note_id = NoteId(1_700_000_000_000 + place)
    return Note(
        id=note_id,
        guid=guid_of(note_id),
        notetype=notetype,
        fields=tuple(zip(notetype.places, (front, back), strict=False)),
        tags=(),
        deck=DeckName("Pictures"),
        hash=NoteHash(str(note_id)),
        mod=1_700_000_000,
        location=Location("Study/Notes on cards.md", 1, 1),
        status=Status.NEW,
        context=("Study", "Cards worth looking at"),
    )


def _show(opened: Anki, note_id: NoteId, name: str, back: str) -> Shown:
    col = opened.col
    card = col.get_card(min(opened.find(f"nid:{note_id}")))
    question, answer = card.question(), card.answer()
    typed = col.compare_answer(back, back.replace("e", "", 1))
    question = question.replace("[[type:Back]]", '<input type="text" id="typeans" />')
    return Shown(name, question, answer.replace("[[type:Back]]", typed), card.render_output().css)


def sides(card: Shown) -> tuple[bool, ...]:
    """Which sides are worth a picture, the answer last: most answers hold their question."""
    return (False, True) if card.name in ("type in", "cloze") else (True,)


def page(card: Shown, *, answer: bool, night: bool, mathjax: Path | None) -> str:
    """The document in which Anki's reviewer shows a side, with the colours that it has behind our own."""
    script = ""
    if mathjax:
        script = f'<script src="{mathjax.as_uri()}" async></script>'
    colours = "background:#2c2c2c;color:#fcfcfc" if night else "background:#fcfcfc;color:#020202"
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><style>html{{{colours}}}body{{margin:20px}}</style>'
        f'{script}</head><body class="card card1 {"nightMode" if night else ""}"><style>{card.css}</style>'
        f'<div id="qa">{card.answer if answer else card.question}</div></body></html>'
    )


def sheet(pages: Sequence[tuple[str, str]], width: int, height: int, columns: int) -> str:
    """Many pages side by side, each with its name above it."""
    frames = "".join(
        f'<figure style="margin:6px"><figcaption style="font:14px sans-serif">{html.escape(name)}</figcaption>'
        f'<iframe style="border:1px solid #888;width:{width}px;height:{height}px" srcdoc="{html.escape(text)}">'
        "</iframe></figure>"
        for name, text in pages
    )
    return (
        '<!doctype html><meta charset="utf-8"><body style="margin:0;background:#ccc">'
        f'<div style="display:grid;grid-template-columns:repeat({columns},max-content)">{frames}</div></body>'
    )


def chromium(folder: Path, document: str, *arguments: str) -> str:
    """Let Chromium open a document; what it prints."""
    assert CHROMIUM is not None
    path = folder / "page.html"
    path.write_text(document, encoding="utf-8")
    with tempfile.TemporaryDirectory() as profile:
        command = [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", *arguments, path.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=180).stdout


def fetch_mathjax(folder: Path) -> Path | None:
    """MathJax as npm has it, or None."""
    try:
        subprocess.run(["npm", "pack", "--silent", "mathjax@3"], cwd=folder, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    shutil.unpack_archive(next(folder.glob("mathjax-*.tgz")), folder)
    return folder / "package" / "es5" / "tex-chtml-full.js"


_LOOKS: Mapping[str, tuple[bool, int, int, int]] = {
    "light": (False, 700, 640, 3),
    "night": (True, 700, 640, 3),
    "phone": (False, 375, 640, 5),
    "phone-night": (True, 375, 640, 5),
}


def main(target: Path) -> None:
    """Make all sheets."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mathjax = fetch_mathjax(folder)
        sys.stdout.write(f"MathJax: {mathjax or 'not here, formulas stay as their delimiters'}\n")
        all_cards = shown(folder)
        for look, (night, width, height, columns) in _LOOKS.items():
            pages = [
                (card.name, page(card, answer=answer, night=night, mathjax=mathjax))
                for card in all_cards
                for answer in sides(card)
            ]
            for number, start in enumerate(range(0, len(pages), 2 * columns), 1):
                part = pages[start : start + 2 * columns]
                picture = target / f"{look}-{number}.png"
                size = f"--window-size={columns * (width + 16)},{2 * (height + 40)}"
                chromium(folder, sheet(part, width, height, columns), f"--screenshot={picture}", size)
                sys.stdout.write(f"{picture}\n")


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("There is no chromium: apt-get update && apt-get install -y chromium")
    main(Path(sys.argv[1]))
