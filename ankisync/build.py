"""The use cases: read the vault, plan, and carry the plan out or not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import IO

from ankisync import __version__, apply, cache, render, shelf
from ankisync.apply import Output, Unready
from ankisync.attachments import attach
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, errors, in_order, whole
from ankisync.discover import CONFIG_NAME, LEFTOVERS, scope, within
from ankisync.fields import rendering
from ankisync.identity import guid_of, new_ids
from ankisync.lock import NAME, Lock, write_lock
from ankisync.looks import Look, dress
from ankisync.lost import missing
from ankisync.model import Diagnostic, IdMark, NoteId
from ankisync.notetypes import Notetype
from ankisync.package import MediaChanged, read_mark, write_package
from ankisync.packaging import PackagePlan
from ankisync.parse.syntax import Syntax, read_syntax
from ankisync.plan import Inputs, Plan, make_plan, without
from ankisync.reading import Reading, look_elsewhere, read_lock_file, read_styled, read_vault
from ankisync.reconcile import Vault
from ankisync.request import Request
from ankisync.shapes import read_notetypes
from ankisync.source import digest_of


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what it depends on, and everything that is to be told before it is carried out."""

    request: Request
    inputs: Inputs
    plan: Plan
    reading: Reading
    lock_bytes: bytes | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def shown_files(self) -> frozenset[str]:
        """The files that are told of: those under the PATHs, else all."""
        return _under_paths(self.request, self.reading)


@dataclass(frozen=True, slots=True)
class Result:
    """What a build did: the plan as far as it was carried out, and the names of the files written."""

    planned: Planned
    plan: Plan
    written: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def plan_vault(request: Request, known: Iterable[Notetype] = ()) -> Planned | ConfigProblem:
    """Read everything and plan. Writes nothing. `known` are notetypes that cards may name beside the lock's."""
    root = request.root
    starts = scope(root, request.paths)
    if isinstance(starts, ConfigProblem):
        return starts
    found = read_lock_file(root.folder)
    if isinstance(found, ConfigProblem):
        return found
    lock, lock_bytes, told = found
    known = tuple(known)
    read = _syntax(request, lock, known)
    if isinstance(read, ConfigProblem):
        return read
    syntax, looks = read
    reading = attach(root, read_vault(root, starts, syntax), syntax)
    if lock is None or lock.empty:
        lock, restored = shelf.restore(request, reading.documents)
        told += restored
        if lock.adopted:
            # Cards may name what only the packages knew.
            read = _syntax(request, lock, known)
            if isinstance(read, ConfigProblem):
                return read
            syntax, looks = read
            reading = read_vault(root, starts, syntax)
    vault = _vault(request, reading, lock, syntax)
    rendered = f"{engine()} {rendering(request.root.settings)}"
    inputs = Inputs(syntax, vault, lock, {}, request.now_ms // 1000, request.one, rendered, looks)
    plan = make_plan(inputs, _fresh(request, inputs))
    ledger = shelf.replaced(request, plan.packages, lock)
    if ledger:
        inputs = replace(inputs, ledger=ledger)
        plan = make_plan(inputs, _fresh(request, inputs))
        told += shelf.only_in_packages(request, reading.documents, lock, ledger)
    told += _paths_without_notes(request, reading)
    everything = (*reading.diagnostics, *told, *plan.diagnostics, *_about_the_run(request, inputs, plan))
    return Planned(request, inputs, plan, reading, lock_bytes, _shown(request, reading, everything))


def _syntax(
    request: Request, lock: Lock | None, known: Iterable[Notetype]
) -> tuple[Syntax, Mapping[str, Look]] | ConfigProblem:
    """What is read in the vault, and the looks of its notetypes for the lock."""
    settings = request.root.settings
    styled = read_styled(request.root.folder)
    if isinstance(styled, ConfigProblem):
        return styled
    # A build that does not write the lock must not put the clock into a package either.
    dressed = dress(styled, lock.looks if lock else {}, 0 if request.locked else request.now_ms // 1000)
    if isinstance(dressed, ConfigProblem):
        return dressed
    notetypes = read_notetypes(settings, (*known, *(lock.adopted.values() if lock else ())), dressed[0])
    return notetypes if isinstance(notetypes, ConfigProblem) else (read_syntax(settings, notetypes), dressed[1])


def engine() -> str:
    """The versions on which the content of packages depends."""
    return " ".join([__version__, str(render.VERSION), *map(version, (*render.LIBRARIES, "genanki"))])


def _vault(request: Request, reading: Reading, lock: Lock, syntax: Syntax) -> Vault:
    writable = frozenset() if request.locked else _under_paths(request, reading) - request.restless
    absent = missing(reading.documents, lock)
    elsewhere: frozenset[NoteId] = frozenset()
    complete = reading.complete
    if absent and complete:
        elsewhere, complete = look_elsewhere(request.root, reading.files.names, absent)
    named = _under_paths(request, reading)
    return Vault(reading.documents, syntax.notetypes, writable, complete, elsewhere, request.locked, named)


def _fresh(request: Request, inputs: Inputs) -> Iterator[NoteId]:
    """Free IDs: those that stand in any line of the vault or in the lock are taken."""
    texts = (digits for document in inputs.vault.documents for digits in document.digits)
    taken = {int(digits) for digits in texts if len(digits) <= 16}
    yield from new_ids(request.now_ms, request.seed, frozenset(taken | set(inputs.lock.entries) | inputs.lock.suspects))


def _about_the_run(request: Request, inputs: Inputs, plan: Plan) -> list[Diagnostic]:
    """What is told once a run, not line by line."""
    told = [
        diagnose("A705", whole(CONFIG_NAME), pattern=custom.pattern, reason=bad.reason)
        for custom, bad in inputs.syntax.bad
    ]
    unclaimed = [document.unclaimed for document in inputs.vault.documents if document.unclaimed]
    if unclaimed:
        first: IdMark = unclaimed[0][0]
        told.append(diagnose("A405", first.location, count=sum(map(len, unclaimed)), files=len(unclaimed)))
    if request.verbose:
        told += [diagnose("A411", mark.location, id=mark.id) for marks in unclaimed for mark in marks]
    # A lock from before the adoption (a branch, a revert) knows no notetype either: Anki takes none of these notes.
    unbound = {entry.id for entry in inputs.lock.entries.values() if entry.guid is None}
    strange = sum(note.foreign and (note.guid == guid_of(note.id) or note.id in unbound) for note in plan.notes)
    if strange and not inputs.lock.settled:
        told.append(diagnose("A414", whole(NAME), count=strange))
    return told


def _shown(request: Request, reading: Reading, told: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """With PATHs, only what is about the files under them, or about no note file at all."""
    if not request.paths:
        return in_order(told)
    names = frozenset(reading.files.names)
    shown = _under_paths(request, reading)
    return in_order(each for each in told if each.location.path in shown or each.location.path not in names)


def _paths_without_notes(request: Request, reading: Reading) -> tuple[Diagnostic, ...]:
    names, root = reading.files.names, request.root.folder
    empty = [path for path in request.paths if not any(within([path], root, names))]
    return tuple(diagnose("A112", whole(request.shown(path))) for path in empty)


def _under_paths(request: Request, reading: Reading) -> frozenset[str]:
    names = reading.files.names
    return frozenset(within(request.paths, request.root.folder, names)) if request.paths else frozenset(names)


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
        return [*lock, *_package_outputs(request, done.packages, blocked)]

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


def _package_outputs(request: Request, packages: Sequence[PackagePlan], blocked: list[Diagnostic]) -> list[Output]:
    outputs = []
    for package in packages:
        path = request.folder / package.file
        mark = read_mark(path)
        if mark == "":
            blocked.append(diagnose("A603", whole(request.shown(path))))
        elif mark != package.fingerprint:
            outputs.append(Output(path, request.shown(path), partial(_pack, request, package)))
    return outputs


def _pack(request: Request, package: PackagePlan, file: IO[bytes]) -> None:
    root = request.root
    try:
        write_package(file, package.notes, package.fingerprint, rendering(root.settings), root.folder)
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
