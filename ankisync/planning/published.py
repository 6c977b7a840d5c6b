"""What is told of the packages that readers have."""

from ankisync.diagnostics import diagnose, whole
from ankisync.lock import NAME
from ankisync.model import Diagnostic, Ledger
from ankisync.plan import Plan
from ankisync.request import Request


def about_published(request: Request, plan: Plan, ahead: Plan, published: Ledger) -> tuple[Diagnostic, ...]:
    """Of notes whose `mod` had to go past that of a package that readers have: `plan` is without, `ahead` with it."""
    if published.keys().isdisjoint(note.id for note in ahead.notes):
        return (diagnose("A707", whole(request.shown(request.previous[0]))),)
    before = {note.id: note.mod for note in plan.notes}
    raised = [note for note in ahead.notes if note.mod > before.get(note.id, note.mod)]
    return (diagnose("A708", whole(NAME), count=len(raised)),) if raised else ()
