"""`ankisync push`: build, bring Anki in line with the notes, tell. Questions are asked here."""

import json
import sys
from collections.abc import Sequence

import click

from ankisync import cache, report
from ankisync.anki.collection import NotInstalled
from ankisync.build import Result, keeper_of
from ankisync.diagnostics import diagnose, in_order, whole
from ankisync.keeping import Keeper
from ankisync.lock import NAME
from ankisync.model import Diagnostic
from ankisync.planning import plan_vault
from ankisync.push import telling, words
from ankisync.push.compare import PushPlan
from ankisync.push.held import Anki, Unreached
from ankisync.pushing.reach import Way
from ankisync.pushing.session import Approve, Asked, Pushed, Session
from ankisync.pushing.target import keep_target, read_target
from ankisync.say import say
from ankisync.shell import OK, Shell, refuse, status, sure
from ankisync.values import dataclass

PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for: whether retired notes are to be deleted, whether questions are answered already, whether the
    Markdown wins over edits in Anki, whether all is only to be shown.
    """

    delete: bool = False
    yes: bool = False
    force: bool = False
    dry_run: bool = False


def push(shell: Shell, way: Way, wishes: Wishes) -> int:
    """Build and push, tell, and return the exit status."""
    keeper = keeper_of(shell.request)
    result = _planned(shell, keeper) if wishes.dry_run else shell.built(keeper)
    failed = NAME not in result.written and result.plan.lock_changed and not wishes.dry_run
    # Without its lock, the next build gives other cards the IDs of what was sent, or other times.
    pushed = None if failed else _push(shell, keeper, result, way, wishes)
    found = pushed.diagnostics if isinstance(pushed, Pushed) else (pushed,) if pushed else ()
    told = in_order((*result.diagnostics, *found))
    _tell(shell, result, pushed if isinstance(pushed, Pushed) else None, told, wishes)
    return status(told, OK)


def _planned(shell: Shell, keeper: Keeper) -> Result:
    planned = sure(plan_vault(shell.request, memory=keeper.recall()))
    return Result(planned, planned.plan, (), planned.diagnostics)


def _push(shell: Shell, keeper: Keeper, result: Result, way: Way, wishes: Wishes) -> Pushed | Diagnostic:
    try:
        if wishes.dry_run:
            return _reach(shell, keeper, result, way, wishes)
        with cache.hold(shell.request.root.folder, shell.request.holder, pushes=True):
            return _reach(shell, keeper, result, way, wishes)
    except NotInstalled as error:
        refuse(str(error))
    except Unreached as unreached:
        return diagnose("A801", whole(NAME), reason=unreached)
    except cache.Busy as busy:
        return diagnose("A606", whole(cache.FOLDER), holder=str(busy))
    except cache.CannotHold as error:
        return diagnose("A602", whole(cache.FOLDER), reason=str(error))


def _reach(shell: Shell, keeper: Keeper, result: Result, way: Way, wishes: Wishes) -> Pushed | Diagnostic:
    anki = way.open(shell.request.root.folder, PATIENCE)
    try:
        root, name = shell.request.root.folder, anki.name()
        last = read_target(root)
        another = last.name is not None and last.name != name
        if another and not wishes.dry_run and not _may_change(last.name or "", name, shell, wishes):
            return diagnose("A811", whole(NAME), before=last.name, name=name)
        asked = Asked(last, wishes.force, wishes.dry_run, another)
        pushed = Session(result, keeper, anki, asked).run(_approve(shell, anki, wishes))
        if not wishes.dry_run:
            keep_target(root, last, pushed.target)
        return pushed
    finally:
        anki.close()


def _may_ask(shell: Shell) -> bool:
    return shell.form == "text" and sys.stdin.isatty()


def _may_change(before: str, name: str, shell: Shell, wishes: Wishes) -> bool:
    if wishes.yes:
        return True
    question = f"The last push went to {report.printable(before)}. Push to {report.printable(name)}?"
    return _may_ask(shell) and click.confirm(question, err=True)


def _approve(shell: Shell, anki: Anki, wishes: Wishes) -> Approve:
    """What decides about deleting."""

    def approve(plan: PushPlan) -> bool | Diagnostic:
        if not wishes.delete:
            return False
        if plan.too_many_gone:
            return telling.refusal(plan)
        if wishes.yes or wishes.dry_run:
            return True
        if not _may_ask(shell):
            return diagnose("A813", whole(NAME), count=len(plan.gone))
        for gone in plan.gone:
            say(words.gone_line(gone, shell.show), err=True)
        what = "this note" if len(plan.gone) == 1 else f"these {len(plan.gone)} notes"
        return click.confirm(f"Delete {what} in {report.printable(anki.name())}?", err=True)

    return approve


def _tell(shell: Shell, result: Result, pushed: Pushed | None, told: Sequence[Diagnostic], wishes: Wishes) -> None:
    written = None if wishes.dry_run else result.written
    shown = words.Told(pushed.name, pushed.plan, pushed.deleted, wishes.dry_run) if pushed else None
    if shell.form == "json":
        built = json.loads(report.result_json(result.plan, written, told))
        say(json.dumps({**built, "push": words.row(shown) if shown else None}, ensure_ascii=False, indent=2))
        return
    shell.tell_diagnostics(told)
    if not shell.quiet:
        say(report.summary(result.plan, written, shell.show, pushed=True))
        if shown:
            say(words.summary(shown, shell.show))
