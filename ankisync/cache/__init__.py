"""`.ankisync_cache/` at the vault's root: the lock that lets one ankisync write at a time, and what is kept between
runs. Nothing in it is needed: what cannot be read is made anew.
"""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ankisync.cache.flock import Taken, take

FOLDER = ".ankisync_cache"
MEMORY, SIGHT, BLOCKS, HTML, PACKAGES = "memory", "sight", "blocks", "html", "packages"
TARGET, PARCEL, SYNCED = "target", "push.apkg", "synced"
WAIT_SECONDS = 5.0

_LOCK, _HOLDER, _IGNORE = "build.lock", "holder", ".gitignore"
_PUSH_LOCK, _PUSHER = "push.lock", "pusher"
_NEW = ".new"
_FILES = (
    *(_LOCK, _HOLDER, _PUSH_LOCK, _PUSHER, _IGNORE, BLOCKS, HTML, PARCEL),
    *(f"{name}{end}" for name in (MEMORY, SIGHT, TARGET) for end in ("", _NEW)),
)


class Busy(Exception):
    """Another ankisync holds the vault; the text says who."""


class CannotHold(Exception):
    """The folder cannot be made or the lock in it cannot be taken; the text is the system's reason."""


@contextmanager
def hold(root: Path, holder: str, *, pushes: bool = False, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the vault for the time of a build; or, where it `pushes`, for that of a push, beside which builds go on.
    `holder` is what a second run is told; it waits so many seconds, then raises `Busy`.

    Raises `CannotHold` where there is no place for the lock, a read-only vault say.
    """
    folder = root / FOLDER
    who = folder / (_PUSHER if pushes else _HOLDER)
    try:
        release = _take(folder, _PUSH_LOCK if pushes else _LOCK, wait)
    except Taken as error:
        raise Busy(_read(who)) from error
    except OSError as error:
        raise CannotHold(error.strerror or type(error).__name__) from error
    try:
        # The lock holds without these, and on a full disk.
        with suppress(OSError):
            _ignored_by_git(folder)
            who.write_bytes(holder.encode())
        yield
    finally:
        release()


def _take(folder: Path, lock: str, wait: float) -> Callable[[], object]:
    """Take a lock, and give back what lets it go. Somebody may delete the folder at any moment: then it is made again,
    though not for ever. Raises `Taken` and `OSError`.
    """
    for _ in range(2):
        with suppress(FileNotFoundError):
            return _try_to_take(folder, lock, wait)
    return _try_to_take(folder, lock, wait)


def _try_to_take(folder: Path, lock: str, wait: float) -> Callable[[], object]:
    folder.mkdir(exist_ok=True)
    _make_way(folder)
    return take(folder / lock, wait)


def _make_way(folder: Path) -> None:
    """Remove what is no file where one of our files is to lie, and what is no folder where packages are kept. Raises
    `OSError`.
    """
    with os.scandir(folder) as entries:
        odd = [
            entry
            for entry in entries
            if (entry.name in _FILES and not entry.is_file(follow_symlinks=False))
            or (entry.name == PACKAGES and not entry.is_dir())
        ]
    for entry in odd:
        _remove(entry)


def _remove(entry: "os.DirEntry[str]") -> None:
    if entry.is_dir(follow_symlinks=False):
        import shutil

        shutil.rmtree(entry.path)
    else:
        os.unlink(entry.path)


def _ignored_by_git(folder: Path) -> None:
    ignore = folder / _IGNORE
    if not ignore.exists():
        ignore.write_bytes(b"*\n")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace").strip() or "unknown"
    except OSError:
        return "unknown"


def load(root: Path, name: str) -> bytes | None:
    """What was kept under a name; None where there is nothing, or it cannot be read."""
    try:
        return place(root, name).read_bytes()
    except OSError:
        return None


def save(root: Path, name: str, data: bytes) -> None:
    """Keep data under a name, at once or not at all. A folder that cannot take it is no error."""
    path = place(root, name)
    staged = path.with_name(f"{name}{_NEW}")
    try:
        staged.write_bytes(data)
        staged.replace(path)
    except OSError:
        with suppress(OSError):
            staged.unlink(missing_ok=True)


@contextmanager
def lend(root: Path, name: str, write: Callable[[IO[bytes]], object]) -> Iterator[Path]:
    """A file with what `write` puts into it, which others can read as long as this lasts. Raises `OSError`, and what
    `write` raises.
    """
    path = place(root, name)
    try:
        with path.open("w+b") as file:
            write(file)
        yield path
    finally:
        path.unlink(missing_ok=True)


def drop(root: Path, name: str) -> None:
    """Keep nothing under a name."""
    with suppress(OSError):
        os.unlink(place(root, name))


def place(root: Path, name: str) -> Path:
    """Where something is kept under a name."""
    return root / FOLDER / name


def sweep_packages(root: Path, names: Collection[str]) -> None:
    """Of what is kept of packages, leave only files of these names: decks come and go, and a killed build leaves what
    it was making.
    """
    with suppress(OSError), os.scandir(place(root, PACKAGES)) as entries:
        for entry in entries:
            if entry.name not in names or not entry.is_file(follow_symlinks=False):
                _remove(entry)
