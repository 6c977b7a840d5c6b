"""`collection.anki2`, built from nothing or patched, and the ledger beside it.

Both ways end in `VACUUM INTO`, which lays out the same rows in the same bytes, whatever the file went through before
(found by experiment, held by `tests/test_package.py`); what SQLite counts in the header is set to constants. Rows go
in without their indexes, which are built afterwards: with 100,000 notes, at a sixth of the cost.
"""

import operator
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from ankisync.package.change import Change
from ankisync.package.head import Head, read_schema
from ankisync.package.rows import PackedPart

_NOTE_ROW = "INSERT INTO notes VALUES(?,?,?,?,-1,?,?,?,?,0,'')"
_CARD_ROW = "INSERT INTO cards VALUES(?,?,?,?,?,-1,0,0,?,0,0,0,0,0,0,0,0,'')"
_SHIFT = "(SELECT by FROM temp.shift WHERE first <= due ORDER BY first DESC LIMIT 1)"
# The file is a temporary one: nothing is to be rolled back or to be safe from a power failure. The cache is in KiB.
_PRAGMAS = ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -8000")
_BATCH, _RUN = 256, 1024 * 1024
_TABLES = ("notes", "cards")
# So many notes do not fit into the cache: in any order but that of their ids, each would be another page of the file.
_MANY = 5_000
# Where SQLite counts: changes of the file, changes of the schema, and the count of changes for which its version holds
# (https://www.sqlite.org/fileformat.html, 1.3).
_COUNTERS = (24, 40, 92)
_COUNT = (1).to_bytes(4)


def build(parts: Sequence[PackedPart], head: Head, target: Path, ledger: IO[bytes]) -> list[int]:
    """Make the collection of all parts. Gives back the size of each part's ledger."""
    schema = read_schema()
    # A database without a name is a temporary one, which comes to lie on the disk where it outgrows its cache.
    database = _open("")
    try:
        database.executescript(schema.tables)
        database.execute("BEGIN")
        database.execute(schema.row)
        _set_head(database, head)
        ledger.write(head.adopted.encode())
        staged = _is_mixed([note_id for part in parts for note_id in part.ids])
        for table in _TABLES if staged else ():
            # It hides the table of the same name: rows go here for now, one behind the other.
            database.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM main.{table}")  # noqa: S608 - constants
        sizes = _fill(database, parts, Change(), ledger, None)
        for table in _TABLES if staged else ():
            database.execute(f"INSERT INTO main.{table} SELECT * FROM temp.{table} ORDER BY id")  # noqa: S608
            database.execute(f"DROP TABLE temp.{table}")
        database.execute("COMMIT")
        database.executescript(schema.indexes)
        _lay_out(database, target)
    finally:
        database.close()
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
        for gone in ("DELETE FROM notes WHERE id = ?", "DELETE FROM cards WHERE nid = ?"):
            database.executemany(gone, ((note_id,) for note_id in change.gone))
        if change.moves:
            _shift(database, change.moves)
        ledger.write(head.adopted.encode())
        sizes = _fill(database, parts, change, ledger, last)
        database.execute("COMMIT")
        _lay_out(database, target)
    finally:
        database.close()
    return sizes


def _is_mixed(ids: Sequence[int]) -> bool:
    """Whether there are many ids that do not come in their order, as it is in a vault whose cards are all new."""
    falls = sum(map(operator.gt, ids, islice(ids, 1, None)))
    return len(ids) > _MANY and falls * 10 > len(ids)


def _open(name: str) -> sqlite3.Connection:
    database = sqlite3.connect(name, isolation_level=None)
    for pragma in _PRAGMAS:
        database.execute(f"PRAGMA {pragma}")
    return database


def _set_head(database: sqlite3.Connection, head: Head) -> None:
    database.execute("UPDATE col SET models = ?, decks = ?", (head.models, head.decks))


def _shift(database: sqlite3.Connection, moves: Iterable[tuple[int, int]]) -> None:
    """Move cards to their notes' new places. All at once, so that no card is moved twice."""
    database.execute("CREATE TEMP TABLE shift (first INTEGER PRIMARY KEY, by INTEGER)")
    database.executemany("INSERT INTO temp.shift VALUES(?,?)", moves)
    database.execute(f"UPDATE cards SET due = due + {_SHIFT} WHERE {_SHIFT} <> 0")  # noqa: S608 - constants


def _fill(
    database: sqlite3.Connection, parts: Sequence[PackedPart], change: Change, ledger: IO[bytes], last: IO[bytes] | None
) -> list[int]:
    """Store the notes of parts that are not there yet, and write the ledger of all."""
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
            sizes.append(_store(database, part, place, ledger))
        place += len(part.ids)
    run.flush()
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


def _store(database: sqlite3.Connection, part: PackedPart, place: int, ledger: IO[bytes]) -> int:
    """Store the notes of a part, of which the first one has this place."""
    size = 0
    notes = (note for _, note in zip(part.ids, part.notes(), strict=True))
    while batch := list(islice(notes, _BATCH)):
        database.executemany(_NOTE_ROW, (note[:8] for note in batch))
        cards = [
            (card, note.id, deck, ord_, note.mod, due)
            for due, note in enumerate(batch, place)
            for card, deck, ord_ in note.cards
        ]
        database.executemany(_CARD_ROW, cards)
        size += ledger.write("".join([note.ledger for note in batch]).encode())
        place += len(batch)
    return size


def _lay_out(database: sqlite3.Connection, target: Path) -> None:
    target.open("wb").close()
    database.execute("VACUUM INTO ?", (str(target),))
    with target.open("r+b") as file:
        for offset in _COUNTERS:
            file.seek(offset, os.SEEK_SET)
            file.write(_COUNT)
