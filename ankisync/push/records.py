"""What came of a push, and what the lock is to know of it. Pure."""

from collections.abc import Iterable, Mapping

from ankisync.identity import MAX_MOD
from ankisync.lock import Entry, packed_since
from ankisync.model import NoteId
from ankisync.push.compare import HELD_BACK, KEPT, SENT, Judged, Verdict
from ankisync.push.held import HeldNote
from ankisync.push.wanted import digest, unchanged
from ankisync.values import dataclass, replace


def second_try(lost: Iterable[Judged], after: Mapping[NoteId, HeldNote], now: int) -> tuple[Judged, ...]:
    """What did not arrive, though nobody edited it meanwhile: Anki had raised its `mod`, as it does where a notetype
    grew. It is sent once more, above that.
    """
    found = []
    for each in lost:
        there = after.get(each.wanted.note.id)
        if there and each.held and unchanged(each.held, there):
            found.append(replace(each, held=there, mod=min(max(now, there.mod + 1, each.mod), MAX_MOD)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Record:
    """What the lock is to know of a note after a push: the entry's `mod` that was `seen`, and the one that it is to
    have at least; what Anki has, as `Entry.pushed` tells it; whether its cards were put where its deck is.
    """

    seen: int
    mod: int
    pushed: tuple[int, ...]
    placed: bool

    def entry(self, before: Entry) -> Entry:
        """The entry with that, made from the one that the lock has by now: what was built meanwhile is above what Anki
        has.
        """
        deck = None if self.placed else before.pushed_deck
        above = self.mod if before.mod == self.seen else max([self.mod, *(each + 1 for each in self.pushed)])
        return before._replace(mod=min(max(before.mod, above), MAX_MOD), pushed=self.pushed, pushed_deck=deck)


def record_of(judged: Judged, entry: Entry, mod: int | None, *, placed: bool) -> Record | None:
    """What is to be known of a note for which Anki has this `mod` now; None where that is nothing. What was sent has
    arrived.
    """
    if judged.verdict in HELD_BACK or mod is None:
        return None
    if judged.verdict in KEPT:
        # What was there before the edit is not known if nothing was ever pushed: no later than what the lock has.
        return Record(entry.mod, 0, entry.pushed or (entry.mod,), placed)
    # What was sent under more than the lock had is in the lock by now (`before_sending`).
    least = judged.mod if judged.verdict in SENT else 0
    return Record(max(entry.mod, least), least, (mod,), placed)


def before_sending(sent: Iterable[Judged], entries: Mapping[NoteId, Entry]) -> dict[NoteId, Record]:
    """What the lock is to know before notes are sent under a greater `mod` than it has: should the push break off, it
    is known that nobody edited them.
    """
    records = {}
    for each in sent:
        entry = entries[each.wanted.note.id]
        if each.mod > entry.mod:
            pushed = packed_since(entry.pushed, entry.mod, each.mod) if entry.pushed else ()
            records[entry.id] = Record(entry.mod, each.mod, pushed, placed=False)
    return records


def said_by(judged: Judged) -> bytes | None:
    """The digest of what a note says in Anki after a push; None where that is not ours. What was sent has arrived."""
    if judged.verdict in HELD_BACK | KEPT:
        return None
    return digest(judged.wanted, judged.held if judged.verdict is Verdict.RIDING else None)


def deleted(entry: Entry) -> Record:
    """What is to be known of a note that a push deleted: nothing of it is in Anki any more."""
    return Record(entry.mod, 0, (), placed=True)
