"""What a recogniser finds: cards as lines of a file, before decks and tags of the file are put to them."""

from collections.abc import Callable
from dataclasses import dataclass

from ankisync.model import Diagnostic, Fields, IdMark, Location
from ankisync.parse.marks import Scan


@dataclass(frozen=True, slots=True)
class Card:
    """A sound card. Lines count from 0; a new ID goes below line `last`, behind `prefix`."""

    kind: str
    notetype: str
    fields: Fields
    tags: tuple[str, ...]
    ids: tuple[IdMark, ...]
    location: Location
    first: int
    last: int
    prefix: str


@dataclass(frozen=True, slots=True)
class Found:
    """The cards of one syntax in one file. `claimed` are the lines of IDs that belong to a card, sound or broken."""

    cards: tuple[Card, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    claimed: frozenset[int] = frozenset()


Recogniser = Callable[[Scan, str], Found]
