"""The only writer: note files, the lock, the packages.

Everything is staged first, so that a full disk changes nothing; then the notes are exchanged one by one, then the lock
and the packages follow, both made from what was really written. A kill in between leaves IDs written and an old deck,
which the next build repairs; the other order would leave duplicates.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ankisync.apply.files import (
    Before,
    Content,
    Outcome,
    Staged,
    commit,
    discard,
    exchange_note,
    stage_new,
    stage_note,
    sweep,
)
from ankisync.diagnostics import diagnose, whole
from ankisync.model import Diagnostic, FilePlan
from ankisync.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Output:
    """A file that is wholly ours: where it is, how it is shown, what writes its content, and how it was `before`, which
    it must still be where it was read. One that is `lasting` is on the disk when it is done, whatever that takes:
    what the next build makes again need not be.
    """

    path: Path
    name: str
    content: Content
    before: Before | None = None
    lasting: bool = True


class Unready(Exception):
    """Raised by what writes a content: this one file stays as it was, for the reason `why`; all else goes on."""

    def __init__(self, why: Diagnostic) -> None:
        super().__init__(why.message)
        self.why = why


@dataclass(slots=True)
class Applied:
    """What was done: the names of the files written, the notes that were skipped, what is to be told."""

    written: list[str] = field(default_factory=list)
    skipped: set[str] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)


Outputs = Callable[[frozenset[str]], Sequence[Output]]


def apply(root: Path, files: Sequence[FilePlan], outputs: Outputs) -> Applied:
    """Write the notes, then what `outputs` gives for the set of notes that had to be skipped."""
    applied = Applied()
    staged_notes = _stage_notes(root, files, applied)
    staged = None if staged_notes is None else _stage_outputs(outputs(frozenset(applied.skipped)), applied)
    if staged_notes is None or staged is None:
        discard(note for _, note in staged_notes or ())
        applied.skipped.update(plan.path for plan in files)
        return applied
    before = len(applied.skipped)
    for plan, note in staged_notes:
        _exchange(plan, note, applied)
    if len(applied.skipped) > before:
        discard(each for _, each in staged)
        staged = _stage_outputs(outputs(frozenset(applied.skipped)), applied) or []
    _commit(staged, applied)
    return applied


def _stage_notes(root: Path, files: Sequence[FilePlan], applied: Applied) -> list[tuple[FilePlan, Staged]] | None:
    """All notes staged; None, and nothing left behind, where the disk cannot take them."""
    staged: list[tuple[FilePlan, Staged]] = []
    for plan in files:
        try:
            staged.append((plan, stage_note(root / plan.path, plan.content)))
        except FileNotFoundError:
            _moved_on(applied, plan.path)
        except PermissionError as error:
            _failed(applied, plan.path, error)
            applied.skipped.add(plan.path)
        except OSError as error:
            _failed(applied, plan.path, error)
            discard(note for _, note in staged)
            return None
    return staged


def _stage_outputs(outputs: Iterable[Output], applied: Applied) -> list[tuple[Output, Staged]] | None:
    staged: list[tuple[Output, Staged]] = []
    for output in outputs:
        try:
            staged.append((output, stage_new(output.path, output.content, lasting=output.lasting)))
        except Unready as unready:
            applied.diagnostics.append(unready.why)
        except OSError as error:
            _failed(applied, output.name, error)
            discard(each for _, each in staged)
            return None
    return staged


def _exchange(plan: FilePlan, note: Staged, applied: Applied) -> None:
    try:
        outcome = exchange_note(note, plan.digest)
    except FileNotFoundError:
        outcome = Outcome.CHANGED
    except OSError as error:
        _failed(applied, plan.path, error)
        applied.skipped.add(plan.path)
        return
    if outcome is Outcome.WRITTEN:
        applied.written.append(plan.path)
    else:
        _moved_on(applied, plan.path)


def _commit(staged: Sequence[tuple[Output, Staged]], applied: Applied) -> None:
    """Put the outputs in place, in their order; after one that failed, none of the rest."""
    for place, (output, each) in enumerate(staged):
        try:
            done = commit(each, output.before)
        except OSError as error:
            _failed(applied, output.name, error)
            done = None
        if done:
            applied.written.append(output.name)
            continue
        if done is False:
            applied.diagnostics.append(diagnose("A601", whole(output.name)))
        discard(rest for _, rest in staged[place:])
        return


def _moved_on(applied: Applied, name: str) -> None:
    """Leave out a note that was saved, moved or deleted since it was read."""
    applied.skipped.add(name)
    applied.diagnostics.append(diagnose("A601", whole(name)))


def _failed(applied: Applied, name: str, error: OSError) -> None:
    applied.diagnostics.append(diagnose("A602", whole(name), reason=error.strerror or type(error).__name__))


def remove(path: Path, name: str) -> Diagnostic:
    """Remove a package of ours whose deck is gone, and tell it."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return diagnose("A602", whole(name), reason=error.strerror or type(error).__name__)
    return diagnose("A604", whole(name))


def sweep_leftovers(leftovers: Iterable[tuple[Path, str]]) -> tuple[Diagnostic, ...]:
    """Remove what a killed run left (paths, and how they are shown), except where that may hold something that nobody
    else has.
    """
    return tuple(diagnose("A607", whole(name)) for path, name in leftovers if not sweep(path))
