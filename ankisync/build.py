"""Carrying a plan out: the notes, the lock and the packages are written, and what is stale goes."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from ankisync import apply, cache, shelf
from ankisync.apply import Output, Unready
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, errors, in_order, whole
from ankisync.discover import LEFTOVERS
from ankisync.fields import rendering
from ankisync.lock import NAME, write_lock
from ankisync.model import Diagnostic
from ankisync.package import MediaChanged, read_mark, write_package
from ankisync.packaging import PackagePlan
from ankisync.plan import Plan, without
from ankisync.planning import Planned, plan_vault
from ankisync.request import Request
from ankisync.source import digest_of


@dataclass(frozen=True, slots=True)
class Result:
    """What a build did: the plan as far as it was carried out, and the names of the files written."""

    planned: Planned
    plan: Plan
    written: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def build(request: Request) -> Result | ConfigProblem:
    """Plan and carry out, as the only ankisync at work on this vault."""
    try:
        with cache.hold(request.root.folder, request.holder):
            return _build(request)
    except cache.Busy as busy:
        return _refused(request, diagnose("A606", whole(cache.FOLDER), holder=str(busy)))
    except cache.CannotHold as error:
        if request.locked:
            return _build(request)
        return _refused(request, diagnose("A602", whole(cache.FOLDER), reason=str(error)))


def _refused(request: Request, why: Diagnostic) -> Result | ConfigProblem:
    planned = plan_vault(request)
    if isinstance(planned, ConfigProblem):
        return planned
    return Result(planned, planned.plan, (), in_order((*planned.diagnostics, why)))


def _build(request: Request) -> Result | ConfigProblem:
    planned = plan_vault(request)
    if isinstance(planned, ConfigProblem):
        return planned
    if request.strict and errors(planned.diagnostics):
        stopped = diagnose("A608", whole(NAME))
        return Result(planned, planned.plan, (), (*planned.diagnostics, stopped))
    return _carry_out(planned, () if request.locked else apply.sweep_leftovers(_leftovers(planned)))


def _leftovers(planned: Planned) -> list[tuple[Path, str]]:
    """What killed runs left beside the notes, the lock and the packages."""
    request = planned.request
    root = request.root.folder
    found = {root / name for name in planned.reading.files.leftovers}
    for folder in (root, request.folder):
        found.update(path for suffix in LEFTOVERS for path in folder.glob(f".*{suffix}"))
    return [(path, request.shown(path)) for path in sorted(found)]


def _carry_out(planned: Planned, swept: tuple[Diagnostic, ...]) -> Result:
    request = planned.request
    blocked: list[Diagnostic] = []

    def outputs(skipped: frozenset[str]) -> list[Output]:
        done = _without(planned, skipped)
        blocked.clear()
        lock = [] if request.locked else _lock_output(planned, done)
        return [*lock, *_package_outputs(request, done, blocked)]

    applied = apply.apply(request.root.folder, planned.plan.files, outputs)
    done = _without(planned, frozenset(applied.skipped))
    removed = _remove_stale(planned, done) if not errors(applied.diagnostics) else []
    told = in_order((*planned.diagnostics, *swept, *applied.diagnostics, *blocked, *removed))
    return Result(planned, done, tuple(applied.written), told)


def _without(planned: Planned, skipped: frozenset[str]) -> Plan:
    return without(planned.inputs, planned.plan, skipped) if skipped else planned.plan


def _lock_output(planned: Planned, plan: Plan) -> list[Output]:
    if not plan.lock_changed:
        return []
    before = None if planned.lock_bytes is None else digest_of(planned.lock_bytes)
    path = planned.request.root.folder / NAME
    return [Output(path, NAME, lambda file: file.write(write_lock(plan.lock)), before)]


def _package_outputs(request: Request, plan: Plan, blocked: list[Diagnostic]) -> list[Output]:
    outputs = []
    for package in plan.packages:
        path = request.folder / package.file
        mark = read_mark(path)
        if mark == "":
            blocked.append(diagnose("A603", whole(request.shown(path))))
        elif mark != package.fingerprint:
            outputs.append(Output(path, request.shown(path), partial(_pack, request, plan, package)))
    return outputs


def _pack(request: Request, plan: Plan, package: PackagePlan, file: IO[bytes]) -> None:
    root = request.root
    wanted = {note_id for part in package.parts for note_id in part.ids}
    notes = [note for note in plan.notes if note.id in wanted]
    try:
        write_package(file, notes, package.fingerprint, rendering(root.settings), root.folder)
    except MediaChanged as changed:
        shown = request.shown(request.folder / package.file)
        raise Unready(diagnose("A609", whole(shown), name=str(changed))) from changed


def _remove_stale(planned: Planned, plan: Plan) -> list[Diagnostic]:
    """Packages whose decks are gone, after a build of the whole vault that saw everything; only where each of their
    notes is in another package now, or retired.
    """
    request = planned.request
    if request.paths or request.one or request.locked or plan.doubted or not planned.inputs.vault.complete:
        return []
    known = {note.id for note in plan.notes}
    known |= {entry.id for entry in plan.lock.entries.values() if entry.retired is not None}
    unwanted = shelf.unwanted(request, plan.packages, frozenset(known))
    return [apply.remove(path, request.shown(path)) for path in unwanted]
