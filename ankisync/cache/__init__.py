"""`.ankisync_cache/` at the vault's root: the lock that lets one ankisync write at a time, and what is kept between
runs. Nothing in it is needed: what cannot be read is made anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = ".ankisync_cache"
MEMORY, SIGHT, BLOCKS, PACKAGES = "memory", "sight", "blocks", "packages"
WAIT_SECONDS = 5.0


class Busy(Exception):
    """Another ankisync holds the vault; the text says who."""


class CannotHold(Exception):
    """The folder cannot be made or the lock in it cannot be taken; the text is the system's reason."""


@contextmanager
def hold(root: Path, holder: str) -> Iterator[None]:
    """Hold the vault for the time of a build. `holder` is what a second run is told; it waits, then raises `Busy`.

    Raises `CannotHold` where there is no place for the lock, a read-only vault say.
    """
    from filelock import FileLock, Timeout

    folder = root / FOLDER
    who = folder / "holder"
    lock = FileLock(folder / "build.lock")
    try:
        folder.mkdir(exist_ok=True)
        _ignored_by_git(folder)
        lock.acquire(timeout=WAIT_SECONDS)
        who.write_bytes(holder.encode())
    except Timeout as error:
        raise Busy(_read(who)) from error
    except OSError as error:
        raise CannotHold(error.strerror or type(error).__name__) from error
    try:
        yield
    finally:
        lock.release()


def _ignored_by_git(folder: Path) -> None:
    ignore = folder / ".gitignore"
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
    staged = path.with_name(f"{name}.new")
    with suppress(OSError):
        staged.write_bytes(data)
        staged.replace(path)


def place(root: Path, name: str) -> Path:
    """Where something is kept under a name."""
    return root / FOLDER / name
