"""Byte strings by key, in a file of the cache."""

import contextlib
import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_CHECK = 16
_BATCH = 50
_MOST = 1_000_000_000
_TABLE = "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, data BLOB) WITHOUT ROWID"
# What is written is checked when it is read: neither a kill nor a power failure is to be survived.
_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -4000")


class Store:
    """Keeps data from one run to the next. Nothing in it is needed: what is damaged, or cannot be read or written, is
    as if it had never been kept. Without a `path` nothing is kept. A file of more bytes than
    `limit` is begun anew.
    """

    def __init__(self, path: Path | None, limit: int = _MOST) -> None:
        self._path = path
        self._limit = limit
        self._waiting: dict[bytes, bytes] = {}
        self._opened: sqlite3.Connection | None = None
        # What a file that was begun anew can hold; None where an older one may hold anything.
        self._put: set[bytes] | None = None

    def get(self, key: bytes) -> bytes | None:
        """What was put under a key."""
        database = self._database()
        if database is None or (self._put is not None and key not in self._put):
            return None
        import sqlite3

        try:
            row = database.execute("SELECT data FROM kept WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error:
            self._drop()
            return None
        data = row[0] if row else None
        return data[_CHECK:] if isinstance(data, bytes) and _sum(key, data[_CHECK:]) == data[:_CHECK] else None

    def put(self, key: bytes, data: bytes) -> None:
        """Keep data under a key, in place of what was there. It is written later, at the latest by `close`."""
        self._waiting[key] = _sum(key, data) + data
        if self._put is not None:
            self._put.add(key)
        if len(self._waiting) >= _BATCH:
            self._write()

    def close(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._write()
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _write(self) -> None:
        database = self._database()
        rows = list(self._waiting.items())
        self._waiting.clear()
        if database is None:
            return
        import sqlite3

        try:
            database.execute("BEGIN")
            database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", rows)
            database.execute("COMMIT")
        except sqlite3.Error:
            self._drop()

    def _database(self) -> "sqlite3.Connection | None":
        if self._path is None or self._opened is not None:
            return self._opened
        import sqlite3

        with contextlib.suppress(OSError):
            if os.path.getsize(self._path) > self._limit:
                os.remove(self._path)
        if not os.path.exists(self._path):
            self._put = set(self._waiting)
        try:
            self._opened = sqlite3.connect(self._path, timeout=0, isolation_level=None)
            for pragma in _PRAGMAS:
                self._opened.execute(f"PRAGMA {pragma}")
            self._opened.execute(_TABLE)
        except sqlite3.Error:
            self._drop()
        return self._opened

    def _drop(self) -> None:
        """Do without, in this run; the next one begins anew, unless another run just holds the file."""
        if self._opened is not None:
            self._opened.close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                os.remove(self._path)
        self._opened = self._path = None


def _sum(key: bytes, data: bytes) -> bytes:
    digest = blake2b(key, digest_size=_CHECK)
    digest.update(data)
    return digest.digest()
