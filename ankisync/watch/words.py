"""The line that a build gets while `watch` runs. Pure."""

import json
from collections.abc import Sequence

from ankisync import report
from ankisync.lock import NAME as LOCK_NAME
from ankisync.model import Diagnostic, Severity, Status
from ankisync.plan import Plan
from ankisync.watch.news import Standing

_NAMED = 3


def line(plan: Plan, written: Sequence[str], restless: frozenset[str], show: report.Show) -> str:
    """What a build did, in one line: notes by what became of them, then the files written. Empty where it did nothing.

    Cards that wait for their ID are counted, but are nothing that was done.
    """
    parts = _done(plan, restless)
    if not parts and not written:
        return ""
    parts += [f"{plan.waiting} waiting for an ID"] if plan.waiting else []
    return "; ".join([*([", ".join(parts)] if parts else []), *_wrote(written, show)])


def _done(plan: Plan, restless: frozenset[str]) -> list[str]:
    counts = {
        "new": len(plan.with_status(Status.NEW)),
        "changed": len(plan.with_status(Status.CHANGED)),
        "moved": len(plan.moved),
        "of another type": len(plan.retyped),
        "retired": len({*plan.retired, *(each.id for each in plan.deletions if each.location.path not in restless)}),
    }
    return [f"{count} {what}" for what, count in counts.items() if count]


def _wrote(written: Sequence[str], show: report.Show) -> list[str]:
    names = [name for name in written if name != LOCK_NAME] or list(written)
    if not names:
        return []
    named = ", ".join(report.printable(show(name)) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return [f"wrote {named}{f' and {more} more' if more > 0 else ''}"]


def wrong(standing: Standing) -> str:
    """How many errors and warnings stand; empty where all is well."""
    found = [(standing.count(severity), severity.value) for severity in (Severity.ERROR, Severity.WARNING)]
    return ", ".join(f"{count} {what}" if count == 1 else f"{count} {what}s" for count, what in found if count)


def beyond(plan: Plan, show: report.Show) -> list[str]:
    """What an import cannot do of this build, with a search to paste into Anki's browser for each."""
    return report.summary(plan, (), show).split("\n")[1:]


def json_line(plan: Plan, written: Sequence[str], standing: Sequence[Diagnostic]) -> str:
    """The object of `build --format json`, on one line."""
    return json.dumps(json.loads(report.result_json(plan, written, standing)), ensure_ascii=False)
