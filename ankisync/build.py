"""Carrying a plan out: the notes, the lock and the packages are written, and what is stale goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import IO

from ankisync import apply, cache, shelf
from ankisync.apply import Output, Unready
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, errors, in_order, whole
from ankisync.discover import LEFTOVERS
from ankisync.fields import Rendering, render_fields, rendering
from ankisync.glance import write_sight
from ankisync.lock import NAME
from ankisync.memory import Memory, read_memory, write_memory
from ankisync.model import Diagnostic
from ankisync.package import (
    Kept,
    MediaChanged,
    PackedNote,
    PackedPart,
    head_of,
    pack_notes,
    read_mark,
    write_package,
)
from ankisync.packaging import PackagePlan, Part
from ankisync.plan import Plan, without
from ankisync.planning import Planned, plan_vault
from ankisync.planning.glancing import sight_of
from ankisync.planning.notes import Gone, Notes
from ankisync.planning.remembering import lock_after, remember
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
    planned = plan_vault(request, memory=recall(request))
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
    lock_then = lock_after(planned, planned.plan)

    def outputs(skipped: frozenset[str]) -> list[Output]:
        nonlocal lock_then
        done = _without(planned, skipped)
        blocked.clear()
        lock_then = lock_after(planned, done) if skipped else lock_then
        lock = [] if request.locked else _lock_output(planned, done, lock_then[0])
        return [*lock, *_package_outputs(planned, done, blocked)]

    applied = apply.apply(request.root.folder, planned.plan.files, outputs)
    done = _without(planned, frozenset(applied.skipped))
    removed = _remove_stale(planned, done) if not errors(applied.diagnostics) else []
    told = in_order((*planned.diagnostics, *swept, *applied.diagnostics, *blocked, *removed))
    quiet = not (applied.written or swept or applied.diagnostics or removed)
    _keep(planned, done, remember(planned, done, lock_then, applied.written), told if quiet else None)
    return Result(planned, done, tuple(applied.written), told)


def _without(planned: Planned, skipped: frozenset[str]) -> Plan:
    return without(planned.inputs, planned.plan, skipped) if skipped else planned.plan


def _lock_output(planned: Planned, plan: Plan, data: bytes) -> list[Output]:
    if not plan.lock_changed:
        return []
    before = None if planned.lock_file is None else digest_of(planned.lock_file.data)
    path = planned.request.root.folder / NAME
    return [Output(path, NAME, lambda file: file.write(data), before)]


def _package_outputs(planned: Planned, plan: Plan, blocked: list[Diagnostic]) -> list[Output]:
    request = planned.request
    memory = planned.kept.memory
    known = {name: mark for name, (_, mark) in memory.packages.items()} if memory else {}
    notes = Notes(planned, plan)
    outputs = []
    for package in plan.packages:
        path = request.folder / package.file
        mark = known[package.file] if package.file in known else read_mark(path)
        if mark == "":
            blocked.append(diagnose("A603", whole(request.shown(path))))
        elif mark != package.fingerprint:
            outputs.append(Output(path, request.shown(path), partial(_pack, request, notes, package)))
    if outputs:
        names = {_name(request.folder / package.file) for package in plan.packages}
        cache.sweep_packages(request.root.folder, names)
    return outputs


def _pack(request: Request, notes: Notes, package: PackagePlan, file: IO[bytes]) -> None:
    how = rendering(request.root.settings)
    parts = [PackedPart(part.path, part.key, part.ids, partial(_rows, notes, part, how)) for part in package.parts]
    head = head_of(package.notetypes, (deck for part in package.parts for deck in part.decks))
    media = (each for part in package.parts for each in part.media)
    kept = Kept(cache.packages(request.root.folder), _name(request.folder / package.file))
    try:
        write_package(file, parts, head, package.fingerprint, media, request.root.folder, kept)
    except Gone as gone:
        raise Unready(gone.why) from gone
    except MediaChanged as changed:
        shown = request.shown(request.folder / package.file)
        raise Unready(diagnose("A609", whole(shown), name=str(changed))) from changed


def _rows(notes: Notes, part: Part, how: Rendering) -> Iterator[PackedNote]:
    return pack_notes((note, render_fields(note, how)) for note in notes.of(part))


def _name(path: Path) -> str:
    """What is kept of a package goes by where the package lies."""
    return blake2b(str(path).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _keep(planned: Planned, plan: Plan, memory: Memory | None, told: Sequence[Diagnostic] | None) -> None:
    """Let the next build know; `told` is what one told that did nothing."""
    root = planned.request.root.folder
    if memory is not None:
        cache.save(root, cache.MEMORY, write_memory(memory))
    sight = sight_of(planned, plan, memory, told) if memory is not None and told is not None else None
    if sight is not None:
        cache.save(root, cache.SIGHT, write_sight(sight))


def recall(request: Request) -> Memory | None:
    """What the last build of this vault remembers; None where there is nothing that can be used."""
    data = cache.load(request.root.folder, cache.MEMORY)
    return read_memory(data) if data else None


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
