"""What a build that may not write tells of a lock that is behind its notes."""

from collections.abc import Iterator

from ankisync.diagnostics import diagnose, whole
from ankisync.lock import NAME
from ankisync.model import Diagnostic, Fields, Location, Note, Status
from ankisync.planning.planned import Planned
from ankisync.question import question_of, shortened

_MOST = 20
_WHY = {Status.NEW: "is not in the lock", Status.CHANGED: "has another text in the lock"}


def behind(planned: Planned) -> tuple[Diagnostic, ...]:
    """One warning for each card for which a build would write a note or the lock, up to a limit, and one for the rest;
    one for the lock as a whole where no card tells.
    """
    if not planned.plan.writes:
        return ()
    found = sorted({(place, why, shortened(question_of(fields))) for place, fields, why in _cards(planned)})
    told = [diagnose("A706", place, card=card, why=why) for place, why, card in found[:_MOST]]
    rest = len(found) - len(told)
    if rest or not found:
        told.append(diagnose("A709", whole(NAME), cards=f"{rest} more cards are" if rest else "it is"))
    return tuple(told)


def _cards(planned: Planned) -> Iterator[tuple[Location, Fields, str]]:
    known = {note.location: note for note in planned.plan.notes}
    for document in planned.inputs.vault.documents:
        for block in document.blocks:
            if not block.ids and block.location not in known:
                yield block.location, block.fields, "has no ID yet"
    for note in known.values():
        why = _WHY.get(note.status) or _otherwise(planned, note)
        if why:
            yield note.location, note.fields, why


def _otherwise(planned: Planned, note: Note) -> str:
    entry, then = planned.inputs.lock.entries.get(note.id), planned.plan.lock.entries.get(note.id)
    if entry is None or then is None or entry == then or not planned.plan.lock_changed:
        return ""
    if note.moved_from is not None:
        return f"is in the deck {note.moved_from} in the lock"
    return "is otherwise in the lock"
