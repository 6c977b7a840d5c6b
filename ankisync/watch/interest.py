"""Which changes on the disk a build depends on. Reads folders, and writes nothing."""

import os
from pathlib import Path
from typing import NamedTuple

from ankisync.discover import CONFIG_NAME, LEFTOVERS, SUFFIXES, Root
from ankisync.ignore import Ignore
from ankisync.lock import NAME as LOCK_NAME
from ankisync.looks import FOLDER as NOTETYPES
from ankisync.media import is_media

_AT_THE_ROOT = (CONFIG_NAME, "pyproject.toml", LOCK_NAME)
_OURS = (".git/", ".ankisync_cache/")
_NOTETYPE_FILES = (".toml", ".html", ".css")


class Signature(NamedTuple):
    """By what a file is known to be as it was: nanoseconds, bytes, inode."""

    modified: int
    size: int
    inode: int


def signature(path: str) -> Signature | None:
    """A file's signature; None where there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return Signature(status.st_mtime_ns, status.st_size, status.st_ino)


def matters(name: str) -> bool:
    """Whether a build may depend on a file, by its name relative to the root (absolute outside of it).

    These are notes, pictures and sounds, the config, the lock, notetypes and ignore files. The packages, what editors
    leave beside a note while they save it, and our own temporaries are none of them.
    """
    last = name.rpartition("/")[2]
    if name in _AT_THE_ROOT or last == ".gitignore":
        return True
    if last.endswith(LEFTOVERS) or last.startswith(".#") or name.startswith(_OURS):
        return False
    if name.startswith(f"{NOTETYPES}/") and last.endswith(_NOTETYPE_FILES):
        return True
    return last.lower().endswith(SUFFIXES) or is_media(name)


def folders_of(root: Root, out: Path) -> dict[str, tuple[int, int]]:
    """The folders in which such files may lie, by path, each with its device and inode: the root, `media_roots` and
    all below, but for dot folders, what git ignores, what cannot be read, and the folder of the packages. Links are
    followed, each folder once.
    """
    ignore = Ignore(root.folder, root.settings.exclude)
    found: dict[str, tuple[int, int]] = {}
    entered: set[tuple[int, int]] = set()
    top = str(root.folder)
    waiting = [top, *(str(root.folder / each) for each in root.settings.media_roots)]
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(folder)
            inode = status.st_dev, status.st_ino
            below = [] if inode in entered else _subfolders(folder)
        except OSError:
            continue
        if inode not in entered:
            entered.add(inode)
            found[folder] = inode
            waiting += [path for path in below if not _left_out(path, top, out, ignore)]
    return found


def _subfolders(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.path for entry in entries if not entry.name.startswith(".") and entry.is_dir()]


def _left_out(path: str, top: str, out: Path, ignore: Ignore) -> bool:
    if path == str(out):
        return True
    below = os.path.relpath(path, top).replace(os.sep, "/")
    return not below.startswith("../") and ignore.ignored(below, folder=True)


def entries(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing where it is gone or cannot be read."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
