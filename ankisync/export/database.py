"""A collection opened for reading, out of a package or as it lies in Anki's folder. Nothing is written beside it."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from ankisync.export.archive import unpack
from ankisync.export.found import AGAIN, CLOSE, EXPORT, Unreadable

COLLECTION = "collection.anki2"

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_DATABASE = b"SQLite format 3\0"

# Bytes of the header (SQLite's file format, 1.3): 1 stands for a rollback journal, 2 for a write-ahead log, without
# which a database in memory must do.
_JOURNAL_MODE, _ROLLBACK = slice(18, 20), b"\1\1"

# Where SQLite locks a file, and how much of it: `SHARED_FIRST` and `SHARED_SIZE` of its `os.h`.
_LOCK_START, _LOCK_SIZE = 0x4000_0002, 510


def open_export(path: Path) -> AbstractContextManager[sqlite3.Connection]:
    """The database of an .apkg, a .colpkg or a closed collection, told apart by how they begin.

    Raises `Unreadable` and `OSError`, both also at the end of the context: a collection that changed meanwhile is none.
    """
    beginning = _beginning(path)
    if beginning.startswith(_ZIP):
        return _unpacked(path)
    if beginning == _DATABASE:
        return _in_place(path.resolve())
    raise Unreadable("is neither a package nor a collection of Anki", f"{EXPORT}; its other formats hold no IDs")


def _beginning(path: Path) -> bytes:
    if path.is_dir():
        inside = path / COLLECTION
        raise Unreadable("is a folder", f"name the collection in it: {inside}" if inside.is_file() else EXPORT)
    if not path.is_file():
        raise Unreadable("is no file" if path.exists() else "does not exist", EXPORT)
    with path.open("rb") as file:
        return file.read(len(_DATABASE))


@contextmanager
def _unpacked(path: Path) -> Iterator[sqlite3.Connection]:
    data = unpack(path)
    if not data.startswith(_DATABASE):
        raise Unreadable("holds a collection that is no database", AGAIN)
    data[_JOURNAL_MODE] = _ROLLBACK
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        del data  # SQLite has its own copy
        yield connection


@contextmanager
def _in_place(path: Path) -> Iterator[sqlite3.Connection]:
    if _in_use(path):
        raise Unreadable("is open in Anki", CLOSE)
    before = _stamp(path)
    try:
        # Without `immutable`, SQLite makes a log and its index beside a collection that is in that mode.
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            yield connection
    finally:
        if _in_use(path) or _stamp(path) != before:
            raise Unreadable("changed while it was read", CLOSE)


def _in_use(path: Path) -> bool:
    """Whether Anki has the collection open, or was killed with it open: then part of the notes is in the log only.

    Anki holds a lock on the file while it is open (26.09, by experiment), and removes the log when it closes.
    """
    beside = [path.with_name(path.name + suffix) for suffix in ("-wal", "-journal")]
    return any(each.is_file() and each.stat().st_size for each in beside) or _locked(path)


def _locked(path: Path) -> bool:
    """Whether another process has locked the database. On Windows this is not known: there the log has to tell."""
    try:
        import fcntl
    except ImportError:
        return False
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, _LOCK_SIZE, _LOCK_START)
        except OSError as error:
            return error.errno in (errno.EAGAIN, errno.EACCES)
    return False


def _stamp(path: Path) -> tuple[int, int, int]:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns
