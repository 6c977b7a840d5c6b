"""Files beside files: staging, the exchange that never loses a save, and what killed runs leave behind."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterable
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import IO

from ankisync.discover import LEFTOVERS
from ankisync.source import Digest, digest_of
from ankisync.stamps import Stamp, stamp, stamp_of
from ankisync.values import dataclass

STAGED, KEPT = LEFTOVERS

_NOT_ASKED = Digest(b"")
_MAX_NAME = 255
_EXCHANGE, _HERE = 2, -100
_NOT_POSSIBLE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)
_KEPT_ATTRIBUTES = ("user.", "system.posix_acl")


# Writes a file's content into it.
Content = Callable[[IO[bytes]], object]


class Outcome(StrEnum):
    """How an exchange ended: `CHANGED` is a file that moved on, whose newest text is in place."""

    WRITTEN = "written"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Staged:
    """New content on disk beside its target. `stamp` and `digest`, that of a note's content, tell it from what another
    ankisync stages by the same name (for another vault with the same notes, say). A `lasting` one outlives a power cut.
    """

    path: Path
    target: Path
    stamp: Stamp
    digest: Digest = _NOT_ASKED
    lasting: bool = True


def beside(target: Path, suffix: str) -> Path:
    """A hidden name beside a file, shortened where the file system would refuse it."""
    name = f".{target.name}{suffix}"
    if len(os.fsencode(name)) > _MAX_NAME:
        name = f".{blake2b(os.fsencode(target.name), digest_size=16).hexdigest()}{suffix}"
    return target.with_name(name)


def stage_note(path: Path, content: bytes) -> Staged:
    """Write new content beside a note, with its mode, owner and extended attributes. A link stays a link: what it
    leads to is the target. Raises `OSError`, with nothing left behind; `PermissionError` where the note is read-only,
    `FileNotFoundError` where it is gone.
    """
    target = Path(os.path.realpath(path))
    like = target.stat()
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    staged, at = _stage(target, lambda file: file.write(content), like)
    return Staged(staged, target, at, digest_of(content))


def stage_new(path: Path, content: Content, *, lasting: bool) -> Staged:
    """Let `content` write a file that is wholly ours beside it; a `lasting` one is on the disk afterwards. Raises
    `OSError`, and what `content` raises, with nothing left behind.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    staged, at = _stage(target, content, None, lasting=lasting)
    return Staged(staged, target, at, lasting=lasting)


def _stage(target: Path, content: Content, like: os.stat_result | None, *, lasting: bool = True) -> tuple[Path, Stamp]:
    staged = beside(target, STAGED)
    staged.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(staged, flags, 0o600 if like else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            content(file)
            file.flush()
            if like is not None:
                _copy_status(target, descriptor, like)
            if lasting:
                os.fsync(descriptor)
            at = stamp_of(os.fstat(descriptor))
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    return staged, at


def _copy_status(target: Path, descriptor: int, like: os.stat_result) -> None:
    """Owner first: changing it clears mode bits. An owner that cannot be kept is an error, not a new owner."""
    if not hasattr(os, "fchown"):
        return
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
    if hasattr(os, "listxattr"):
        for name in os.listxattr(target):
            if name.startswith(_KEPT_ATTRIBUTES):
                os.setxattr(descriptor, name, os.getxattr(target, name))


def discard(staged: Iterable[Staged]) -> None:
    """Remove staged files that are not wanted any more."""
    for each in staged:
        each.path.unlink(missing_ok=True)


def exchange_note(staged: Staged, expected: Digest) -> Outcome:
    """Put a staged note in place of one that still has the digest with which it was read.

    Compared directly before and once more after the exchange: a save that comes in between, in place or by rename,
    is put back. Where another ankisync staged the note too, it stays as it is. Raises `OSError` with the old note in
    place.
    """
    if not staged.target.exists() or _digest(staged.target) != expected:
        discard([staged])
        return Outcome.CHANGED
    kept = _kept(staged, expected)
    os.replace(staged.path, kept)
    if _digest(kept) != staged.digest:
        kept.unlink()
        return Outcome.CHANGED
    try:
        outcome = _exchange(kept, staged.target, staged.digest, expected)
    except NotImplementedError:
        outcome = _by_link(kept, staged, expected)
    except OSError:
        if _digest(kept) == staged.digest:
            kept.unlink()
        raise
    _sync_folder(staged.target.parent)
    return outcome


def _exchange(kept: Path, target: Path, ours: Digest, expected: Digest) -> Outcome:
    """Swap both names at one instant, then look at what came out. Raises `NotImplementedError` where the system or
    the file system cannot.
    """
    swap(kept, target)
    if _digest(kept) == expected:
        kept.unlink()
        return Outcome.WRITTEN
    # What came out is a save that we did not read: it goes back. If what comes out then is not ours, it is a newer
    # save yet, and goes back in its turn.
    awaited = ours
    while True:
        putting = _digest(kept)
        swap(kept, target)
        if _digest(kept) == awaited:
            kept.unlink()
            return Outcome.CHANGED
        awaited = putting


def swap(one: Path, other: Path) -> None:
    """Exchange two names at one instant (Linux `renameat2`)."""
    import ctypes

    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError) as error:
        raise NotImplementedError from error
    if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) != 0:
        code = ctypes.get_errno()
        if code in _NOT_POSSIBLE:
            raise NotImplementedError
        raise OSError(code, os.strerror(code))


def _by_link(waiting: Path, staged: Staged, expected: Digest) -> Outcome:
    """Where names cannot be exchanged: keep the old file by a second name across the rename."""
    os.replace(waiting, staged.path)
    kept = waiting
    try:
        os.link(staged.target, kept)
    except OSError:
        kept = staged.target  # no hard links here either: the comparison before is all there is
    if _digest(kept) != expected:
        discard([staged])
        _drop(kept, staged.target)
        return Outcome.CHANGED
    os.replace(staged.path, staged.target)
    if kept != staged.target and _digest(kept) != expected:
        os.replace(kept, staged.target)
        return Outcome.CHANGED
    _drop(kept, staged.target)
    return Outcome.WRITTEN


def _drop(kept: Path, target: Path) -> None:
    if kept != target:
        kept.unlink()


@dataclass(frozen=True, slots=True)
class Before:
    """A file as it was read: its digest, and its stamp where no change can hide behind that."""

    digest: Callable[[], Digest]
    stamp: Stamp | None = None

    def holds(self, path: Path) -> bool:
        """Whether the file still is so."""
        if self.stamp is not None and stamp(path) == self.stamp:
            return True
        return path.exists() and _digest(path) == self.digest()


def commit(staged: Staged, before: Before | None) -> bool:
    """Rename a staged file of ours into place; False, and nothing done, where the file that it replaces moved on, or
    another ankisync staged its own.
    """
    if before is not None and not before.holds(staged.target):
        return False
    if stamp(staged.path) != staged.stamp:
        return False
    if staged.target.exists():
        staged.path.chmod(stat.S_IMODE(staged.target.stat().st_mode))
    os.replace(staged.path, staged.target)
    if staged.lasting:
        _sync_folder(staged.target.parent)
    return True


def _kept(staged: Staged, expected: Digest) -> Path:
    """The name under which the old note is kept during the exchange. It tells the two texts that a kill may leave
    there: the note as it was read, and the one that was to replace it.
    """
    return beside(staged.target, f".{_short(expected)}.{_short(staged.digest)}{KEPT}")


def _short(digest: Digest) -> str:
    return digest.hex()[:16]


def sweep(leftover: Path) -> bool:
    """Remove what a killed run left; False, and it stays, where it is a text that we neither read nor wrote: a save
    that came in the very moment of the kill, and is nowhere else.
    """
    if leftover.name.endswith(KEPT) and leftover.exists():
        known = leftover.name.removesuffix(KEPT).split(".")[-2:]
        if _short(_digest(leftover)) not in known:
            return False
    leftover.unlink(missing_ok=True)
    return True


def _digest(path: Path) -> Digest:
    return digest_of(path.read_bytes())


def _sync_folder(folder: Path) -> None:
    """Make renames last. Some file systems cannot; the files are in place all the same."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
