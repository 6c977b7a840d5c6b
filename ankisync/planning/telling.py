"""What is told of a run as a whole, and of the files that it is about."""

from collections.abc import Iterable, Sequence

from ankisync.diagnostics import diagnose, in_order, whole
from ankisync.discover import CONFIG_NAME, Files, within
from ankisync.filememory import FileMemory
from ankisync.identity import guid_of
from ankisync.lock import NAME, Lock
from ankisync.model import Diagnostic, Location, Note
from ankisync.parse.syntax import Syntax
from ankisync.reading import Read
from ankisync.request import Request
from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """What is to be told of one file: on its own, and as part of the run: the places of IDs that belong to no card, and
    of references into the web.
    """

    told: tuple[Diagnostic, ...]
    unclaimed: tuple[Location, ...]
    remote: tuple[Location, ...]


def account_of(read: Read) -> Account:
    """The account of a file that was read."""
    return Account(read.told, tuple(mark.location for mark in read.document.unclaimed), read.remote)


def strange_notes(notes: Iterable[Note], lock: Lock) -> int:
    """How many of these notes another tool made, and nobody bound."""
    # A lock from before the adoption (a branch, a revert) knows no notetype either: Anki takes none of these notes.
    return sum(each.foreign and _unbound(each, lock) for each in notes)


def _unbound(note: Note, lock: Lock) -> bool:
    entry = lock.entries.get(note.id)
    return (entry is not None and entry.guid is None) or note.guid == guid_of(note.id)


def account_from(memory: FileMemory) -> Account:
    """The account of a file that is as it was."""
    return Account(memory.told, memory.unclaimed, memory.remote)


def about_the_run(syntax: Syntax, lock: Lock, accounts: Sequence[Account], strange: int) -> list[Diagnostic]:
    """What is told once a run, not line by line. Accounts come in the order of the files; `strange` is the number of
    such notes in all of them.
    """
    told = [
        diagnose("A705", whole(CONFIG_NAME), pattern=custom.pattern, reason=bad.reason) for custom, bad in syntax.bad
    ]
    unclaimed = [each.unclaimed for each in accounts if each.unclaimed]
    if unclaimed:
        told.append(diagnose("A405", unclaimed[0][0], count=sum(map(len, unclaimed)), files=len(unclaimed)))
    remote = [place for each in accounts for place in each.remote]
    if remote:
        told.append(diagnose("A506", remote[0], count=len(remote)))
    if strange and not lock.settled:
        told.append(diagnose("A414", whole(NAME), count=strange))
    return told


def every_unclaimed(read: Iterable[Read]) -> list[Diagnostic]:
    """Every ID that belongs to no card."""
    return [diagnose("A411", mark.location, id=mark.id) for each in read for mark in each.document.unclaimed]


def in_scope(request: Request, files: Files, told: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """With PATHs, only what is about the files under them, or about no note file at all."""
    if not request.paths:
        return in_order(told)
    names = frozenset(files.names)
    shown = under_paths(request, files)
    return in_order(each for each in told if each.location.path in shown or each.location.path not in names)


def paths_without_notes(request: Request, files: Files) -> tuple[Diagnostic, ...]:
    """PATHs under which there is no note."""
    root = request.root.folder
    empty = [path for path in request.paths if not any(within([path], root, files.names))]
    return tuple(diagnose("A112", whole(request.shown(path))) for path in empty)


def under_paths(request: Request, files: Files) -> frozenset[str]:
    """The files under the PATHs; without PATHs, all."""
    return (
        frozenset(within(request.paths, request.root.folder, files.names)) if request.paths else frozenset(files.names)
    )
