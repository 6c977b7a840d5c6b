"""`collection.anki2`, built from nothing or patched, and the ledger beside it.

Its tables have no indexes: an import reads them from end to end and is no slower, and a package is a sixth smaller. So
the rows of a new collection, written in the order of their ids, lie just as `VACUUM INTO` lays those of a patched one,
whatever that went through before (found by experiment, held by `tests/test_package.py`); what SQLite counts in the
header is set to constants.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from ankisync.package.change import Change
from ankisync.package.head import Head, read_schema
from ankisync.package.mould import FEW, Mould
from ankisync.package.rows import PackedNote, PackedPart
from ankisync.values import dataclass, field

_NOTE_ROW = "INSERT INTO notes VALUES(?,?,?,?,-1,?,?,?,?,0,'')"
_CARD_ROW = "INSERT INTO cards VALUES(?,?,?,?,?,-1,0,0,?,0,0,0,0,0,0,0,0,'')"
_SHIFT = "(SELECT by FROM temp.shift WHERE first <= due ORDER BY first DESC LIMIT 1)"
# The file is a temporary one: nothing is to be rolled back or to be safe from a power failure. The cache is in KiB.
_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -8000")
_BATCH, _RUN = 256, 1024 * 1024
_TABLES = ("notes", "cards")
# The rows of so many notes are held until they can be written in their order; those of more are put in order by SQLite.
_MANY = 5_000
# Where SQLite counts: changes of the file, changes of the schema, and the count of changes for which its version holds,
# which stands behind that (https://www.sqlite.org/fileformat.html, 1.3) and is not there in memory.
_COUNTERS, _VERSION, _HEADER = (24, 40, 92), 96, 100
_COUNT = (1).to_bytes(4)


def build(
    parts: Sequence[PackedPart], head: Head, target: Path, ledger: IO[bytes], mould: Mould
) -> tuple[list[int], IO[bytes] | None]:
    """Make the collection of all parts: in memory where it is small, else at `target`. Gives back the size of each
    part's ledger, and what was made in memory.
    """
    ledger.write(head.adopted.encode())
    many = sum(len(part.ids) for part in parts)
    if many > FEW:
        with _on_disk(target, head) as database:
            fill = _fill_in_order if many > _MANY else _fill_at_once
            return fill(database, parts, ledger), None
    rows = _Rows()
    sizes = _fill(rows, parts, Change(), ledger, None)

    def fill_small(database: sqlite3.Connection) -> None:
        _add_head(database, head)
        rows.store(database)

    made = mould.make(fill_small)
    if made is None:
        with _on_disk(target, head) as database:
            rows.store(database)
    return sizes, made


@contextmanager
def _on_disk(target: Path, head: Head) -> Iterator[sqlite3.Connection]:
    """A collection that is a file, with its head; what is put into it is there afterwards."""
    # A killed run may have left something there.
    target.open("wb").close()
    database = _open(str(target))
    try:
        database.executescript(f"BEGIN; {read_schema().tables}")
        _add_head(database, head)
        yield database
        database.execute("COMMIT")
    finally:
        database.close()


def _add_head(database: sqlite3.Connection, head: Head) -> None:
    database.execute("INSERT INTO col VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", read_schema().col(head))


def _fill_at_once(database: sqlite3.Connection, parts: Sequence[PackedPart], ledger: IO[bytes]) -> list[int]:
    return _fill(_Rows(database), parts, Change(), ledger, None)


def _fill_in_order(database: sqlite3.Connection, parts: Sequence[PackedPart], ledger: IO[bytes]) -> list[int]:
    """Store the notes of parts in the order of their ids, though they are more than can be held."""
    for table in _TABLES:
        # It hides the table of the same name: rows go here for now, one behind the other.
        database.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM main.{table}")  # noqa: S608 - constants
    sizes = _fill(_Rows(database), parts, Change(), ledger, None)
    for table in _TABLES:
        database.execute(f"INSERT INTO main.{table} SELECT * FROM temp.{table} ORDER BY id")  # noqa: S608 - constants
        database.execute(f"DROP TABLE temp.{table}")
    return sizes


def patch(
    copy: Path,
    parts: Sequence[PackedPart],
    head: Head,
    change: Change,
    target: Path,
    ledger: IO[bytes],
    last: IO[bytes],
) -> list[int]:
    """Make the collection of all parts out of a copy of the last one, which is used up, and the last ledger."""
    database = _open(str(copy))
    try:
        database.execute("BEGIN")
        if change.head:
            _set_head(database, head)
        if change.gone:
            _remove(database, change.gone)
        if change.moves:
            _shift(database, change.moves)
        ledger.write(head.adopted.encode())
        sizes = _fill(_Rows(database), parts, change, ledger, last)
        database.execute("COMMIT")
        target.open("wb").close()
        database.execute("VACUUM INTO ?", (str(target),))
    finally:
        database.close()
    return sizes


def _open(name: str) -> sqlite3.Connection:
    database = sqlite3.connect(name, isolation_level=None)
    for pragma in _PRAGMAS:
        database.execute(f"PRAGMA {pragma}")
    return database


def _set_head(database: sqlite3.Connection, head: Head) -> None:
    database.execute("UPDATE col SET models = ?, decks = ?", (head.models, head.decks))


def _remove(database: sqlite3.Connection, gone: Iterable[int]) -> None:
    database.execute("CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY)")
    database.executemany("INSERT INTO temp.gone VALUES(?)", ((note_id,) for note_id in gone))
    for table, key in zip(_TABLES, ("id", "nid"), strict=True):
        database.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT id FROM temp.gone)")  # noqa: S608 - constants


def _shift(database: sqlite3.Connection, moves: Iterable[tuple[int, int]]) -> None:
    """Move cards to their notes' new places. All at once, so that no card is moved twice."""
    database.execute("CREATE TEMP TABLE shift (first INTEGER PRIMARY KEY, by INTEGER)")
    database.executemany("INSERT INTO temp.shift VALUES(?,?)", moves)
    database.execute(f"UPDATE cards SET due = due + {_SHIFT} WHERE {_SHIFT} <> 0")  # noqa: S608 - constants


def _fill(
    rows: "_Rows", parts: Sequence[PackedPart], change: Change, ledger: IO[bytes], last: IO[bytes] | None
) -> list[int]:
    """Take the rows of notes of parts that are not there yet, and write the ledger of all."""
    sizes = []
    place = 1
    run = _Run(last, ledger)
    for number, part in enumerate(parts):
        held = change.held.get(number)
        if held:
            run.add(*held)
            sizes.append(held[1])
        else:
            run.flush()
            place = part.place or place
            sizes.append(_store(rows, part, place, ledger))
        place += len(part.ids)
    run.flush()
    if rows.database:
        rows.flush(rows.database)
    return sizes


@dataclass
class _Run:
    """Copies parts of the last ledger; such as lie one behind the other in one piece."""

    source: IO[bytes] | None
    target: IO[bytes]
    at: int = 0
    size: int = 0

    def add(self, at: int, size: int) -> None:
        if at != self.at + self.size or self.size > _RUN:
            self.flush()
            self.at = at
        self.size += size

    def flush(self) -> None:
        if self.source and self.size:
            self.source.seek(self.at)
            self.target.write(self.source.read(self.size))
        self.at, self.size = self.at + self.size, 0


@dataclass
class _Rows:
    """Rows on their way into the tables, in the order of their ids where all of them are held together. Without a
    `database` they are held until they are asked for.
    """

    database: sqlite3.Connection | None = None
    notes: list[tuple[object, ...]] = field(default_factory=list)
    cards: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, notes: Sequence[PackedNote], place: int) -> None:
        """Add notes with their cards; the first one has this place."""
        if self.database and len(self.notes) + len(notes) > _MANY:
            self.flush(self.database)
        self.notes += [note.row for note in notes]
        self.cards += [
            (card, row[0], deck, ord_, row[3], due)
            for due, (row, cards, _) in enumerate(notes, place)
            for card, deck, ord_ in cards
        ]

    def store(self, database: sqlite3.Connection) -> None:
        """Put the rows into a database; they are held all the same."""
        for sql, rows in ((_NOTE_ROW, self.notes), (_CARD_ROW, self.cards)):
            rows.sort()
            database.executemany(sql, rows)

    def flush(self, database: sqlite3.Connection) -> None:
        self.store(database)
        self.notes.clear()
        self.cards.clear()


def _store(rows: _Rows, part: PackedPart, place: int, ledger: IO[bytes]) -> int:
    """Store the notes of a part, of which the first one has this place."""
    size = 0
    notes = (note for _, note in zip(part.ids, part.notes(), strict=True))
    while batch := list(islice(notes, _BATCH)):
        rows.add(batch, place)
        size += ledger.write("".join([note.ledger for note in batch]).encode())
        place += len(batch)
    return size


def set_counters(collection: IO[bytes]) -> None:
    """Set what SQLite counts in the header of a file, and its version, and go to its start."""
    header = bytearray(collection.read(_HEADER))
    for offset in _COUNTERS:
        header[offset : offset + len(_COUNT)] = _COUNT
    major, minor, patch = sqlite3.sqlite_version_info
    header[_VERSION:] = (major * 1_000_000 + minor * 1_000 + patch).to_bytes(4)
    collection.seek(0)
    collection.write(header)
    collection.seek(0)
