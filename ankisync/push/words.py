"""What a push says: its summary, its plan line by line, its JSON. Pure: values to text."""

import html
import json
import re
from collections.abc import Iterable

from ankisync.model import Diagnostic
from ankisync.push.compare import HELD_BACK, KEPT, SENT, Gone, Judged, PushPlan, Verdict
from ankisync.push.held import HeldNote
from ankisync.push.wanted import Wanted
from ankisync.question import shortened
from ankisync.report import Show, diagnostic_row, printable
from ankisync.values import dataclass

_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Told:
    """A push to tell of: the Anki's name, the plan as far as it was carried out, or is meant to be; whether it
    `deletes` what is gone, and was only `planned`.
    """

    name: str
    plan: PushPlan
    deletes: bool
    planned: bool


def counts(told: Told) -> str:
    """The plan in one line; empty where nothing was, or is to be, done in Anki."""
    plan = told.plan
    numbers = {
        "new": len(plan.of((Verdict.NEW,))),
        "returning": len(plan.of((Verdict.RETURNING,))),
        "changed": len(plan.of((Verdict.CHANGED, Verdict.FORCED))),
        "moved": len(plan.moves),
        "deleted": len(plan.gone) if told.deletes else 0,
        "restyled": len(plan.carriers),
    }
    return ", ".join(f"{count} {what}" for what, count in numbers.items() if count)


def summary(told: Told, show: Show) -> str:
    """The summary; of a push that was only planned, with all that it would do."""
    plan = told.plan
    rest = {
        "edited in Anki and kept": len(plan.of(KEPT)),
        "not sent": len(plan.of(HELD_BACK)),
        "as in Anki": plan.there,
    }
    parts = [counts(told) or "nothing to send", *(f"{count} {what}" for what, count in rest.items() if count)]
    head = f"{'would push' if told.planned else 'pushed'} to {printable(told.name)}: {', '.join(parts)}"
    return "\n".join([head, *(_lines(told, show) if told.planned else [])])


def _lines(told: Told, show: Show) -> list[str]:
    plan = told.plan
    lines = [
        _line(str(verdict), each.wanted, show) for verdict in Verdict for each in plan.of((verdict,)) if _named(each)
    ]
    lines += [_line(f"moved from {move.source}", move.wanted, show) for move in plan.moves]
    what = "deleted" if told.deletes else "retired"
    return lines + [gone_line(each, show, what) for each in plan.gone]


def _named(each: Judged) -> bool:
    return each.verdict in SENT | KEPT | HELD_BACK


def _line(what: str, wanted: Wanted, show: Show) -> str:
    place = wanted.note.location
    return printable(f"    {what}: {show(place.path)}:{place.line}: {shortened(wanted.question)}")


def gone_line(gone: Gone, show: Show, what: str = "") -> str:
    """A retired note: the file in which it stood, its ID, its first field in Anki."""
    edited = " (edited in Anki)" if gone.edited else ""
    head = f"{what}: " if what else ""
    return printable(f"    {head}{show(gone.entry.file)}: nid:{gone.id} {shortened(gone.question)}{edited}")


def first_field(held: HeldNote | None) -> str:
    """The first field of a note in Anki, as one line without markup."""
    return " ".join(html.unescape(_TAG.sub(" ", held.fields[0][1])).split()) if held and held.fields else ""


def json_line(told: Told, diagnostics: Iterable[Diagnostic]) -> str:
    """A push and what was told of it, as an object on one line."""
    value = {"push": row(told), "diagnostics": [diagnostic_row(each) for each in diagnostics]}
    return json.dumps(value, ensure_ascii=False)


def row(told: Told) -> dict[str, object]:
    """A push for JSON."""
    plan = told.plan
    groups = {
        "new": plan.of((Verdict.NEW,)),
        "returning": plan.of((Verdict.RETURNING,)),
        "changed": plan.of((Verdict.CHANGED, Verdict.FORCED)),
        "kept": plan.of(KEPT),
        "not_sent": plan.of(HELD_BACK),
    }
    gone = [
        {"id": each.id, "path": each.entry.file, "question": each.question, "edited": each.edited} for each in plan.gone
    ]
    return {
        "anki": told.name,
        **{
            name: [{**_place(told, each.wanted), "is": str(each.verdict)} for each in found]
            for name, found in groups.items()
        },
        "moved": [{**_place(told, move.wanted), "from": move.source} for move in plan.moves],
        "deleted": gone if told.deletes else [],
        "retired": [] if told.deletes else gone,
        "restyled": [each.note.notetype.name for each in plan.carriers],
        "unchanged": plan.there,
    }


def _place(told: Told, wanted: Wanted) -> dict[str, object]:
    """A note; an ID that is not written yet is none."""
    note = wanted.note
    place = {"deck": note.deck, "path": note.location.path, "line": note.line}
    return {"id": None if told.planned and note.insertion else note.id, **place, "question": wanted.question}
