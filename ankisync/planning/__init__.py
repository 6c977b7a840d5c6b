"""From a request to a plan. Effects: reads files, writes none."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ankisync.cache.store import Store
from ankisync.config import ConfigProblem
from ankisync.discover import scope
from ankisync.memory import Memory
from ankisync.notetypes import Notetype
from ankisync.planning.again import replan
from ankisync.planning.planned import Kept, Planned
from ankisync.planning.whole import plan_all, saved_late
from ankisync.progress import Tell, nobody
from ankisync.reading import LockFile, LockMoved, read_lock_bytes
from ankisync.request import Request

__all__ = ["Kept", "Planned", "plan_vault", "saved_late"]


def plan_vault(
    request: Request,
    known: Iterable[Notetype] = (),
    memory: Memory | None = None,
    store: Store | None = None,
    tell: Tell = nobody,
) -> Planned | ConfigProblem:
    """Read what must be read, and plan. Writes nothing.

    `known` are notetypes that cards may name beside the lock's; of what the `memory` of the last build tells to be
    unchanged nothing is read again, unless packages are named that readers have; `store` keeps what was read, `tell` is
    told how far the work is.
    """
    starts = scope(request.root, request.paths)
    if isinstance(starts, ConfigProblem):
        return starts
    at = memory.lock if memory and memory.lock and memory.lock.lasts(request.now_ms) else None
    lock_file = read_lock_bytes(request.root.folder, at)
    if isinstance(lock_file, ConfigProblem):
        return lock_file
    planned = _again(request, starts, lock_file, memory) if memory and lock_file and not request.previous else None
    if planned is not None:
        return planned
    if lock_file is not None and not lock_file.is_read:
        lock_file = read_lock_bytes(request.root.folder)
    if isinstance(lock_file, ConfigProblem):
        return lock_file
    return plan_all(request, starts, lock_file, known, memory, store, tell)


def _again(
    request: Request, starts: Sequence[Path], lock_file: LockFile, memory: Memory
) -> Planned | ConfigProblem | None:
    try:
        return replan(request, starts, lock_file, memory)
    except LockMoved:
        return None
