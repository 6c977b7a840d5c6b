"""What the lock holds of a note, and what two lines for one note come to."""

from collections.abc import Iterable
from typing import NamedTuple

from ankisync.identity import MAX_MOD, guid_of
from ankisync.model import DeckName, Guid, NoteHash, NoteId
from ankisync.notetypes import NotetypeId

# Of the packages that were built since a push one was imported, if any: that one of the last few.
_MOST_MODS = 12


class Entry(NamedTuple):
    """What the lock holds of a note.

    `mod` is in seconds; `file` is relative to the root, with `/`, NFC, and empty where it is not known; `guid` is None
    unless it was adopted; `notetype` is the one under which it is delivered, None for our Basic; of a note under an
    adopted one, `type` is what its card names, `cards` are (ord, card id); `retired` is the time in seconds since which
    the note stands in no file; `foreign` tells that its ID stood in the notes before we knew it (another tool made it);
    `extra` are keys of other versions.

    `pushed`, of a note that was pushed, are the `mod` that Anki had for it after that, and those under which packages
    have held it since, in their order: a note in Anki with any other one was edited there. `pushed_deck` is the deck
    under which it was pushed, where `deck` may be another one by now.
    """

    id: NoteId
    hash: NoteHash
    mod: int
    deck: DeckName
    file: str
    guid: Guid | None = None
    retired: int | None = None
    foreign: bool = False
    extra: tuple[tuple[str, str], ...] = ()
    notetype: NotetypeId | None = None
    cards: tuple[tuple[int, int], ...] = ()
    type: str | None = None
    pushed: tuple[int, ...] = ()
    pushed_deck: DeckName | None = None

    @property
    def was_pushed(self) -> bool:
        """Whether the note was ever pushed, whatever happened to it since."""
        return bool(self.pushed) or self.pushed_deck is not None

    @property
    def guid_in_anki(self) -> Guid:
        """The guid by which Anki finds the note."""
        return self.guid or guid_of(self.id)


def packed_since(pushed: Iterable[int], *mods: int) -> tuple[int, ...]:
    """What `Entry.pushed` becomes when packages have held a pushed note under these `mod`s too."""
    return tuple(sorted({*pushed, *mods})[-_MOST_MODS:])


def merge(one: Entry, other: Entry) -> Entry:
    """Two lines for one ID: the greater `mod` counts; what is adopted, or known to be ours, on either side stays so,
    and so does what Anki may hold. A text that Anki may not have gets a `mod` that is greater than what was pushed.
    """
    newer, older = sorted((one, other), key=lambda entry: (entry.mod, entry.hash), reverse=True)
    pushed = packed_since({*newer.pushed, *older.pushed}, older.mod) if newer.pushed or older.pushed else ()
    return newer._replace(
        mod=newer.mod if newer.hash == older.hash else _above(newer, pushed),
        pushed=pushed,
        pushed_deck=newer.pushed_deck or older.pushed_deck,
        guid=newer.guid or older.guid,
        notetype=newer.notetype if newer.guid or not older.guid else older.notetype,
        cards=newer.cards or older.cards,
        foreign=newer.foreign and older.foreign,
        extra=tuple({**dict(older.extra), **dict(newer.extra)}.items()),
    )


def _above(entry: Entry, pushed: Iterable[int]) -> int:
    """The `mod` of an entry, above what was pushed of other texts."""
    own = entry.mod if entry.mod in entry.pushed else None
    return min(max([entry.mod, *(each + 1 for each in pushed if each != own)]), MAX_MOD)
