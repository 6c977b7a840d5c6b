"""What is told of a push as diagnostics, each at its card. Pure."""

from collections.abc import Iterable

from ankisync.diagnostics import diagnose, whole
from ankisync.lock import NAME
from ankisync.model import Diagnostic
from ankisync.push.compare import Judged, PushPlan, Stray, Verdict, own_field
from ankisync.push.wanted import Wanted

_SEARCHED = 20
_AT_THE_CARD = {Verdict.EDITED: "A802", Verdict.BOTH: "A803", Verdict.RETURNING: "A808"}


def told_of(plan: PushPlan) -> tuple[Diagnostic, ...]:
    """What there is to tell of a plan, whether it is carried out or not; but for what is retired."""
    plain = [
        diagnose(code, each.wanted.note.location, id=each.wanted.note.id)
        for verdict, code in _AT_THE_CARD.items()
        for each in plan.of((verdict,))
    ]
    return (
        *plain,
        *(_retyped(each) for each in plan.of((Verdict.RETYPED,))),
        *_reshaped(plan.of((Verdict.RESHAPED,))),
        *(_extended(each) for each in plan.of((Verdict.EXTENDED,))),
        *_strange(plan.of((Verdict.STRANGE,))),
        *(_stray(each) for each in plan.strays),
    )


def told_of_gone(plan: PushPlan) -> tuple[Diagnostic, ...]:
    """What is told of retired notes in Anki where nobody wants them deleted."""
    return (diagnose("A809", whole(NAME), count=len(plan.gone), search=_search(plan)),) if plan.gone else ()


def refusal(plan: PushPlan) -> Diagnostic:
    """Why none of so many notes is deleted."""
    return diagnose("A810", whole(NAME), count=len(plan.gone), total=plan.total, search=_search(plan))


def lost(wanted: Wanted, what: str) -> Diagnostic:
    """What was asked of Anki for a note, and did not come about."""
    return diagnose("A804", wanted.note.location, id=wanted.note.id, what=what)


def _search(plan: PushPlan) -> str:
    ids = [str(each.id) for each in plan.gone]
    return f"nid:{','.join(ids[:_SEARCHED])}{',…' if len(ids) > _SEARCHED else ''}"


def _retyped(each: Judged) -> Diagnostic:
    note = each.wanted.note
    held = each.held.notetype if each.held else ""
    return diagnose("A805", note.location, id=note.id, held=held, wanted=note.notetype.name)


def _reshaped(found: Iterable[Judged]) -> list[Diagnostic]:
    """One for each field that a notetype lacks."""
    first: dict[tuple[str, str], Judged] = {}
    for each in found:
        there = dict(each.held.fields) if each.held else {}
        for name in each.wanted.note.notetype.names:
            if name not in there:
                first.setdefault((each.wanted.note.notetype.name, name), each)
    return [
        diagnose("A806", each.wanted.note.location, notetype=notetype, field=field)
        for (notetype, field), each in first.items()
    ]


def _extended(each: Judged) -> Diagnostic:
    note = each.wanted.note
    field = own_field(each.wanted, each.held) if each.held else ""
    return diagnose("A814", note.location, id=note.id, field=field)


def _strange(found: tuple[Judged, ...]) -> list[Diagnostic]:
    return [diagnose("A807", found[0].wanted.note.location, count=len(found))] if found else []


def _stray(stray: Stray) -> Diagnostic:
    note = stray.wanted.note
    return diagnose("A812", note.location, id=note.id, deck=stray.deck, wanted=note.deck)
