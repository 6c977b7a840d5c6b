"""Small collections, made in memory one after the other: no file, and the tables are made once for all of them."""

from collections.abc import Callable
from io import BytesIO
from typing import IO, TYPE_CHECKING

from ankisync.package.head import read_schema

if TYPE_CHECKING:
    import sqlite3

# So many notes are few, and a collection of more pages (4 MiB) is large.
FEW, MOST_PAGES = 2_000, 1024


class Mould:
    """An empty collection in memory. Of it any number of small ones can be made. To be closed."""

    def __init__(self) -> None:
        self._empty: sqlite3.Connection | None = None

    def make(self, fill: Callable[["sqlite3.Connection"], object]) -> IO[bytes] | None:
        """The collection with the rows that `fill` puts in, byte for byte as it is in a file, but for what SQLite
        counts in the header; None where it is large, or this build of SQLite cannot give out what is in memory.
        """
        import sqlite3

        if not hasattr(sqlite3.Connection, "serialize"):
            return None
        if self._empty is None:
            self._empty = sqlite3.connect(":memory:", isolation_level=None)
            self._empty.executescript(f"PRAGMA max_page_count = {MOST_PAGES}; {read_schema().tables}")
        self._empty.execute("BEGIN")
        try:
            fill(self._empty)
            return BytesIO(self._empty.serialize())
        except sqlite3.OperationalError:
            return None
        finally:
            # Where it was too large, SQLite may have done so already.
            self._empty.rollback()

    def close(self) -> None:
        """Let go of the memory."""
        if self._empty is not None:
            self._empty.close()
            self._empty = None
