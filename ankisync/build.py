"""Carrying a plan out: the notes, the lock and the packages are written, and what is stale goes."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ankisync import apply, cache, shelf
from ankisync.apply import Output
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, errors, in_order, whole
from ankisync.discover import LEFTOVERS
from ankisync.keeping import Keeper
from ankisync.lock import NAME
from ankisync.locklines import LockText
from ankisync.memory import Memory
from ankisync.model import Diagnostic
from ankisync.package import Mould
from ankisync.packing import Packer
from ankisync.plan import Plan, after_writing, without
from ankisync.planning import Planned, plan_vault
from ankisync.planning.behind import behind
from ankisync.planning.glancing import sight_of
from ankisync.planning.remembering import lock_after, remember
from ankisync.progress import Tell, nobody
from ankisync.request import Request
from ankisync.values import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Result:
    """What a build did: the plan as far as it was carried out, and the names of the files written."""

    planned: Planned
    plan: Plan
    written: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def build(request: Request, keeper: Keeper | None = None, tell: Tell = nobody) -> Result | ConfigProblem:
    """Plan and carry out, as the only ankisync at work on this vault. `keeper` is that of earlier builds in this
    process; `tell` is told how far the work is.
    """
    keeper = keeper or keeper_of(request)
    try:
        with cache.hold(request.root.folder, request.holder):
            return _published(_build(request, keeper, tell))
    except cache.Busy as busy:
        return _refused(request, diagnose("A606", whole(cache.FOLDER), holder=str(busy)))
    except cache.CannotHold as error:
        if request.locked:
            return _published(_build(request, Keeper(None), tell))
        return _refused(request, diagnose("A602", whole(cache.FOLDER), reason=str(error)))


def _published(result: Result | ConfigProblem) -> Result | ConfigProblem:
    """The result, with the files that tell of it written."""
    if isinstance(result, ConfigProblem) or not result.planned.request.publishes:
        return result
    from ankisync.publishing import publish

    done = publish(result.planned, result.plan, result.diagnostics)
    return replace(
        result,
        written=(*result.written, *done.written),
        diagnostics=(*result.diagnostics, *in_order(done.diagnostics)),
    )


def keeper_of(request: Request) -> Keeper:
    """What keeps between the builds that a request is one of."""
    return Keeper(request.root.folder if request.cached else None)


def _refused(request: Request, why: Diagnostic) -> Result | ConfigProblem:
    planned = plan_vault(request)
    if isinstance(planned, ConfigProblem):
        return planned
    return Result(planned, planned.plan, (), in_order((*planned.diagnostics, why)))


def _build(request: Request, keeper: Keeper, tell: Tell) -> Result | ConfigProblem:
    with closing(keeper.blocks()) as blocks:
        planned = plan_vault(request, memory=keeper.recall(), store=blocks, tell=tell)
    if isinstance(planned, ConfigProblem):
        return planned
    if request.strict and errors(planned.diagnostics):
        stopped = diagnose("A608", whole(NAME))
        return Result(planned, planned.plan, (), (*planned.diagnostics, stopped))
    swept = () if request.locked else apply.sweep_leftovers(_leftovers(planned))
    return _carry_out(planned, swept, keeper, tell)


def _leftovers(planned: Planned) -> list[tuple[Path, str]]:
    """What killed runs left beside the notes, the lock and the packages."""
    request = planned.request
    root = request.root.folder
    found = {root / name for name in planned.reading.files.leftovers}
    for folder in (root, request.folder):
        found.update(path for suffix in LEFTOVERS for path in folder.glob(f".*{suffix}"))
    return [(path, request.shown(path)) for path in sorted(found)]


def _carry_out(planned: Planned, swept: tuple[Diagnostic, ...], keeper: Keeper, tell: Tell) -> Result:
    request = planned.request
    blocked: list[Diagnostic] = []
    try:
        lock_then = lock_after(planned, planned.plan)
    except OSError:
        return Result(planned, planned.plan, (), in_order((*planned.diagnostics, *swept, _moved_on())))

    def outputs(skipped: frozenset[str]) -> list[Output]:
        nonlocal lock_then
        done = _without(planned, skipped)
        lock_then = lock_after(planned, done) if skipped else lock_then
        lock = [] if request.locked else _lock_output(planned, done, lock_then)
        packages, blocked[:] = Packer(planned, done, keeper, html, mould, tell).outputs()
        return [*lock, *packages]

    with closing(keeper.html(planned.rules.engine.name)) as html, closing(Mould()) as mould:
        applied = apply.apply(request.root.folder, planned.plan.files, outputs)
    done = _without(planned, frozenset(applied.skipped))
    removed = _remove_stale(planned, done) if not errors(applied.diagnostics) else []
    late = behind(planned) if request.locked else ()
    written = [file for file in planned.plan.files if file.path in applied.written]
    before = after_writing(planned.diagnostics, written, planned.reading.documents)
    told = in_order((*before, *swept, *applied.diagnostics, *blocked, *removed, *late))
    quiet = not (applied.written or swept or applied.diagnostics or removed)
    _keep(
        keeper, planned, done, remember(planned, done, lock_then, applied.written), told if quiet and not late else None
    )
    return Result(planned, done, tuple(applied.written), told)


def _moved_on() -> Diagnostic:
    return diagnose("A601", whole(NAME))


def _without(planned: Planned, skipped: frozenset[str]) -> Plan:
    return without(planned.inputs, planned.plan, skipped) if skipped else planned.plan


def _lock_output(planned: Planned, plan: Plan, lock_then: bytes | LockText) -> list[Output]:
    if not plan.lock_changed:
        return []
    before = None if planned.lock_file is None else planned.lock_file.before(planned.request.now_ms)
    path = planned.request.root.folder / NAME
    pieces = lock_then.pieces() if isinstance(lock_then, LockText) else (lock_then,)
    return [Output(path, NAME, lambda file: file.writelines(pieces), before)]


def _keep(
    keeper: Keeper, planned: Planned, plan: Plan, memory: Memory | None, told: Sequence[Diagnostic] | None
) -> None:
    """Let the next build know; `told` is what one told that did nothing."""
    if memory is not None:
        keeper.remember(memory)
    if told is None:
        keeper.see(None)
    elif memory is not None and (sight := sight_of(planned, plan, memory, told)) is not None:
        keeper.see(sight)


def _remove_stale(planned: Planned, plan: Plan) -> list[Diagnostic]:
    """Packages whose decks are gone, after a build of the whole vault that saw everything; only where each of their
    notes is in another package now, or retired.
    """
    request = planned.request
    if request.paths or request.one or request.locked or plan.doubted or not planned.inputs.vault.complete:
        return []
    if planned.kept.memory is not None:  # no package is to go: else all files would have been read
        return []
    known = {note.id for note in plan.notes}
    known |= {entry.id for entry in plan.lock.entries.values() if entry.retired is not None}
    unwanted = shelf.unwanted(request, plan.packages, frozenset(known))
    return [apply.remove(path, request.shown(path)) for path in unwanted]
