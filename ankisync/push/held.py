"""What an Anki holds, as values, and what every way to an Anki can do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from ankisync.model import NoteId
from ankisync.values import dataclass


class Unreached(Exception):
    """Anki cannot be reached, or does not do what it is asked; the text is the reason."""


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card in Anki: its id and the name of its deck (the home deck where it is in a filtered one)."""

    id: int
    ord: int
    deck: str


@dataclass(frozen=True, slots=True)
class HeldNote:
    """A note in Anki. `fields` are (name, HTML) in the order of the notetype, `mod` is in seconds."""

    id: NoteId
    notetype: str
    fields: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    mod: int
    cards: tuple[HeldCard, ...]


class Anki(Protocol):
    """An Anki that can be pushed to. Every method raises `Unreached` (push/held.py) with a reason where it cannot."""

    def name(self) -> str:
        """What is told: the profile, or the file."""
        ...

    def notes(self, ids: Sequence[NoteId]) -> Mapping[NoteId, HeldNote]:
        """Those that are there."""
        ...

    def take(self, package: Path) -> None:
        """Import; newer wins, by whole seconds."""
        ...

    def move(self, cards: Sequence[int], deck: str) -> None:
        """Makes the deck where it is not."""
        ...

    def delete(self, notes: Sequence[NoteId]) -> None:
        """Notes with their cards."""
        ...

    def refresh(self) -> None:
        """What is open in Anki's windows shows what is there."""
        ...

    def close(self) -> None:
        """Ends the session: saves, uploads, merges undo steps."""
        ...


@runtime_checkable
class Dated(Protocol):
    """An Anki that tells of many notes, faster than what they hold, when each last changed."""

    def mods(self, ids: Sequence[NoteId]) -> Mapping[NoteId, int]:
        """The `mod` of those that are there, in seconds."""
        ...


def mods_of(anki: Anki, ids: Sequence[NoteId]) -> Mapping[NoteId, int]:
    """The `mod` of those of these notes that are there, in seconds. Raises `Unreached`."""
    if isinstance(anki, Dated):
        return anki.mods(ids)
    return {note_id: note.mod for note_id, note in anki.notes(ids).items()}
