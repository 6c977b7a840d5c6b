"""Reading a vault and planning what a build would do. Effects: reads files, writes none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from ankisync import __version__, render, shelf
from ankisync.attachments import attach
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, in_order, whole
from ankisync.discover import CONFIG_NAME, scope, within
from ankisync.fields import rendering
from ankisync.identity import guid_of, new_ids
from ankisync.lock import NAME, Lock
from ankisync.looks import Look, dress
from ankisync.lost import missing
from ankisync.model import Diagnostic, IdMark, NoteId
from ankisync.notetypes import Notetype
from ankisync.parse.syntax import Syntax, read_syntax
from ankisync.plan import Inputs, Plan, make_plan
from ankisync.reading import Reading, look_elsewhere, read_lock_file, read_styled, read_vault
from ankisync.request import Request
from ankisync.settling import Vault
from ankisync.shapes import read_notetypes


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
    writable = frozenset() if request.locked else _under_paths(request, reading)
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
