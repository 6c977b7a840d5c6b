"""What a build changes for those who study from its packages. Pure."""

from collections.abc import Mapping

from ankisync.identity import fold_deck
from ankisync.model import DeckName, Ledger, Location, Note, NoteId, Status
from ankisync.plan import Plan
from ankisync.question import question_of, shortened
from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One note that changed: its question, its deck, where it stands (not, where it stands nowhere any more), and the
    deck that it was in, where that was another one.
    """

    question: str
    deck: DeckName
    place: Location | None
    before: DeckName | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """The notes that changed, by how. One that moved may be among the changed ones, too."""

    new: tuple[Change, ...]
    changed: tuple[Change, ...]
    moved: tuple[Change, ...]
    retired: tuple[Change, ...]


def changes_to_lock(plan: Plan) -> Changes:
    """What changed since the last build. Of notes that retire, only the ID is known."""
    return Changes(
        tuple(map(_change, plan.with_status(Status.NEW))),
        tuple(map(_change, plan.with_status(Status.CHANGED))),
        tuple(_change(note, note.moved_from) for note in plan.moved),
        tuple(_gone(plan, note_id, {}) for note_id in plan.leaving),
    )


def changes_since(published: Ledger, plan: Plan, questions: Mapping[NoteId, str]) -> Changes:
    """What changed since packages that hold `published`, in which notes have these `questions`. A card that is left
    out because it is broken is not among those that are retired.
    """
    new, changed, moved = [], [], []
    for note in plan.notes:
        before = published.get(note.id)
        if before is None:
            new.append(_change(note))
            continue
        if before.hash != note.hash:
            changed.append(_change(note))
        if fold_deck(before.deck) != fold_deck(note.deck):
            moved.append(_change(note, before.deck))
    entries = plan.lock.entries
    retired = (each for each in published if each in entries and entries[each].retired is not None)
    gone = tuple(_gone(plan, note_id, questions) for note_id in sorted(retired))
    return Changes(tuple(new), tuple(changed), tuple(moved), gone)


def _change(note: Note, before: DeckName | None = None) -> Change:
    return Change(shortened(question_of(note.fields)), note.deck, note.location, before)


def _gone(plan: Plan, note_id: NoteId, questions: Mapping[NoteId, str]) -> Change:
    question = shortened(questions.get(note_id, "")) or f"note {note_id}"
    return Change(question, plan.lock.entries[note_id].deck, None)
