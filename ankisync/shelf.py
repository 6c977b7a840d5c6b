"""The packages that lie in the output folder: which are of this vault, and what they hold."""

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from ankisync.diagnostics import diagnose, whole
from ankisync.lock import NAME, Lock, lock_from
from ankisync.model import Delivered, Diagnostic, Document, Ledger, NoteId
from ankisync.package import read_adopted, read_ledger, read_mark
from ankisync.packaging import SUFFIX, PackagePlan
from ankisync.request import Request
from ankisync.stamps import Stamp, is_as


def own_packages(request: Request) -> dict[Path, str]:
    """The packages that ankisync made in the output folder, with their fingerprints."""
    if request.one:
        paths = [request.target]
    else:
        paths = sorted(request.folder.glob(f"*{SUFFIX}")) if request.folder.is_dir() else []
    marks = {path: read_mark(path) for path in paths}
    return {path: mark for path, mark in marks.items() if mark}


def whole_ledger(request: Request) -> dict[NoteId, Delivered]:
    """What all packages of ours in the output folder hold; of two, the one with the greater `mod`."""
    return merged(map(read_ledger, own_packages(request)))


def published(request: Request) -> dict[NoteId, Delivered]:
    """What the packages hold that readers have; of two, the one with the greater `mod`."""
    return merged(map(read_ledger, request.previous))


def restore(request: Request, documents: Sequence[Document]) -> tuple[Lock, tuple[Diagnostic, ...]]:
    """A lock for a vault that has none: what packages tell that hold a note of this vault, by its ID or its text (in
    the same folder may lie those of another one), else nothing.
    """
    digits = {run for document in documents for run in document.digits.split()}
    texts = {block.hash for document in documents for block in document.blocks}
    ledgers = {path: read_ledger(path) for path in (*own_packages(request), *request.previous)}
    ours = {
        path: ledger
        for path, ledger in ledgers.items()
        if any(str(note_id) in digits or each.hash in texts for note_id, each in ledger.items())
    }
    found = merged(ours.values())
    adopted = {id_: notetype for path in ours for id_, notetype in read_adopted(path).items()}
    told = diagnose("A704", whole(NAME), count=len(found), folder=request.folder.name)
    return lock_from(found, adopted), (told,) if found else ()


def replaced(request: Request, packages: Sequence[PackagePlan], lock: Lock) -> dict[NoteId, Delivered]:
    """What the packages hold that are about to be replaced or removed. One that is current tells nothing new, one with
    no note of this vault nothing that counts.
    """
    planned = {package.file: package.fingerprint for package in packages}
    stale = [path for path, mark in own_packages(request).items() if planned.get(path.name) != mark]
    known = lock.entries.keys() | {note_id for package in packages for part in package.parts for note_id in part.ids}
    return merged(ledger for ledger in map(read_ledger, stale) if not known.isdisjoint(ledger))


def only_in_packages(
    request: Request, documents: Sequence[Document], lock: Lock, ledger: Ledger
) -> tuple[Diagnostic, ...]:
    """Notes that packages of this vault hold, but neither a file nor the lock: a commit was undone, say."""
    digits = {run for document in documents for run in document.digits.split()}
    candidates = sorted(ledger.keys() - lock.entries.keys() - lock.suspects)
    only = [str(note_id) for note_id in candidates if str(note_id) not in digits]
    if not only:
        return ()
    ids = ", ".join(only[:5]) + (" …" if len(only) > 5 else "")
    return (diagnose("A413", whole(request.shown(request.folder)), count=len(only), ids=ids),)


def unwanted(request: Request, packages: Sequence[PackagePlan], known: frozenset[NoteId]) -> list[Path]:
    """Packages whose decks are gone: not planned any more, and all of their notes known to be elsewhere or retired."""
    wanted = {package.file for package in packages}
    others = [path for path in own_packages(request) if path.name not in wanted]
    return [path for path in others if (held := read_ledger(path).keys()) and held <= known]


def merged(ledgers: Iterable[Ledger]) -> dict[NoteId, Delivered]:
    """All that these ledgers hold; of two for one note, the one with the greater `mod`."""
    found: dict[NoteId, Delivered] = {}
    for ledger in ledgers:
        for note_id, each in ledger.items():
            found[note_id] = max(found.get(note_id, each), each, key=lambda delivered: delivered.mod)
    return found


def has_others(request: Request, known: Collection[str]) -> bool:
    """Whether other packages of ours than those of these names lie in the output folder."""
    if request.one:
        return False
    try:
        names = os.listdir(request.folder)
    except OSError:
        return False
    return any(each.endswith(SUFFIX) and each not in known and read_mark(request.folder / each) for each in names)


def is_current(path: str, at: Stamp | None, mark: str) -> bool:
    """Whether a package is as it was left: by its stamp, else by its mark."""
    return is_as(path, at) or read_mark(Path(path)) == mark
