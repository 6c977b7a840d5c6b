"""The lock on a file that processes share. `filelock` is what takes it, on every system; where the system has `flock`,
and nobody else has the lock, the same is done here, since loading that library costs more than all else about it.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path


class Taken(Exception):
    """Another process has the lock."""


def take(path: Path, seconds: float) -> Callable[[], object]:
    """Take the lock, and give back what lets it go. Where another process has it: wait so long, then raise `Taken`.
    Raises `OSError` where it cannot be taken at all.
    """
    release = _at_once(path)
    if release is not None:
        return release
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=seconds)
    except Timeout as error:
        raise Taken from error
    return lock.release


def _at_once(path: Path) -> Callable[[], object] | None:
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = os.fstat(descriptor).st_nlink > 0  # else somebody deleted the file meanwhile
    except OSError:
        held = False
    if held:
        return partial(_let_go, descriptor)
    os.close(descriptor)
    return None


def _let_go(descriptor: int) -> None:
    if sys.platform != "win32":
        import fcntl

        # Closing alone does not do where a process that was forked off has the file open.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)
