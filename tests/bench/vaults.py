"""Vaults of made-up notes, in our form and in that of ankdown: the same cards, seeded."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from tests.bench.texts import REAL, STUDY, Card, texts

SEED = 7
CARDS_A_FILE = 20
FILES_A_FOLDER = 25
NOTES = "notes"
_FIRST_ID = 1_700_000_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What a vault holds. Without a number of `decks`, each folder (500 cards) is one. Each is a package of its own,
    but for `one`, which puts them below one top deck. `highlight`: fences name a language and are coloured.
    """

    cards: int
    real: bool = False
    highlight: bool = False
    one: bool = False
    decks: int | None = None

    @property
    def name(self) -> str:
        """A folder's name for it."""
        words = ["real" if self.real else "study", str(self.cards)]
        words += ["highlight"] * self.highlight + [f"{self.decks}decks"] * bool(self.decks) + ["one"] * self.one
        return "-".join(words)

    def deck(self, card: int) -> str:
        """The deck of a card, by its place in the vault."""
        number = card * self.decks // self.cards if self.decks else card // (CARDS_A_FILE * FILES_A_FOLDER)
        return f"All::Study {number:04}" if self.one else f"Study {number:04}"


def write_vault(shape: Shape, folder: Path) -> None:
    """The vault with its config; every card has an ID, there is no lock."""
    folder.mkdir(parents=True)
    settings = f'notes = ["{NOTES}"]\nanswer = "section"\nhighlight = {str(shape.highlight).lower()}\n'
    (folder / "ankisync.toml").write_bytes(settings.encode())
    ids = _ids()
    for number, cards in enumerate(_files(shape)):
        first = number * CARDS_A_FILE
        _write(folder / NOTES, number, cards, _markdown(shape, number, first, cards, ids))


def write_ankdown(shape: Shape, folder: Path) -> None:
    r"""The same cards for ankdown, which parts fields by `%` and cards by `---`, takes the folder's name as the deck,
    and renders `\(…\)`; its setting for `$…$` needs a PyYAML from before version 6.
    """
    for number, cards in enumerate(_files(shape)):
        parts = (f"{_brackets(card.front)}\n\n%\n\n{_brackets(card.back)}\n" for card in cards)
        _write(folder, number, cards, "\n---\n\n".join(parts))


def _files(shape: Shape) -> Iterator[tuple[Card, ...]]:
    rates = REAL if shape.real else STUDY
    cards = texts(shape.cards, rates, SEED, languages=shape.highlight)
    while some := tuple(islice(cards, CARDS_A_FILE)):
        yield some


def _write(folder: Path, number: int, cards: tuple[Card, ...], text: str) -> None:
    inside = folder / f"f{number // FILES_A_FOLDER:03}"
    media = inside / "media"
    media.mkdir(parents=True, exist_ok=True)
    (inside / f"n{number:04}.md").write_bytes(text.encode())
    for card in cards:
        if card.picture:
            (media / card.picture).write_bytes(_png(Random(card.picture)))


def _markdown(shape: Shape, number: int, first: int, cards: tuple[Card, ...], ids: Iterator[int]) -> str:
    deck = ""
    parts = [f"# Topic {number}\n"]
    for place, card in enumerate(cards, first):
        if shape.deck(place) != deck:
            deck = shape.deck(place)
            parts.append(f"TARGET DECK: {deck}\n")
        parts.append(f"Q: {card.front}\nA: {card.back}\n<!--ID: {next(ids)}-->\n")
    return "\n".join(parts)


def _ids() -> Iterator[int]:
    random, last = Random(SEED), _FIRST_ID
    while True:
        last += random.randrange(1, 60_000)
        yield last


def _brackets(field: str) -> str:
    return re.sub(r"\$([^$]+)\$", lambda match: rf"\({match[1]}\)", field)


def _png(random: Random) -> bytes:
    """A picture of 16 by 16 grey points."""
    rows = b"".join(b"\0" + random.randbytes(16) for _ in range(16))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
