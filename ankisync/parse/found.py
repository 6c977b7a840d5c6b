"""What a recogniser finds: cards as lines of a file, before decks and tags of the file are put to them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ankisync.config import StyleName
from ankisync.model import Diagnostic, Fields, IdMark, Location
from ankisync.parse.marks import Scan
from ankisync.shapes import Shape
from ankisync.values import dataclass, field


class Card(NamedTuple):
    """A sound card. Lines count from 0. A new ID goes below line `last` behind `prefix`, or into that line at column
    `inside`.
    """

    kind: str
    shape: Shape
    fields: Fields
    tags: tuple[str, ...]
    ids: tuple[IdMark, ...]
    location: Location
    first: int
    last: int
    prefix: str = ""
    inside: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The cards of one syntax in one file. `claimed` are the lines of IDs that belong to a card, sound or broken;
    `covered` the lines (first, and the one behind the last) in which no other syntax finds a card.
    """

    cards: tuple[Card, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    claimed: frozenset[int] = frozenset()
    covered: tuple[tuple[int, int], ...] = ()


Recogniser = Callable[[Scan, bytes], Found]
"""From a file, and which of its lines are taken (1) by the syntaxes before it."""


def take(taken: bytes, found: Found) -> bytes:
    """The lines that are taken once a syntax has been read."""
    lines = bytearray(taken)
    for first, end in found.covered:
        lines[first:end] = b"\1" * (end - first)
    for line in found.claimed:
        lines[line] = 1
    return bytes(lines)


def style_shape(scan: Scan, name: StyleName) -> Shape:
    """The notetype of the cards of a style that is on. Which ones there are was checked with the configuration."""
    style = scan.syntax.style(name)
    shape = scan.syntax.notetypes.find(style.notetype) if style else None
    if shape is None:
        raise LookupError(f"the style {name} is off, or its notetype is unknown")
    return shape


def by_place(shape: Shape, texts: Sequence[str]) -> Fields:
    """The fields of a notetype filled by place; those for which there is no text are empty, texts over are dropped (as
    in Obsidian_to_Anki).
    """
    places = shape.places
    if len(places) == 2 == len(texts):  # nearly all cards
        return (places[0], texts[0]), (places[1], texts[1])
    padded = [*texts, *[""] * len(places)]
    return tuple(zip(places, padded, strict=False))


@dataclass(slots=True)
class Findings:
    """What a recogniser has found so far in one file."""

    cards: list[Card] = field(default_factory=list)
    told: list[Diagnostic] = field(default_factory=list)
    claimed: set[int] = field(default_factory=set)
    covered: list[tuple[int, int]] = field(default_factory=list)

    def found(self) -> Found:
        """The same, done."""
        return Found(tuple(self.cards), tuple(self.told), frozenset(self.claimed), tuple(self.covered))
