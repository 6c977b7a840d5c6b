"""Notes, cards and notetypes out of a collection that SQLite has open."""

import sqlite3
from collections import defaultdict

from ankisync.export import schema11, schema18
from ankisync.export.cells import Malformed, integer, text
from ankisync.export.found import EXPORT, OLDER, REPAIR, Export, ExportedNote, Unreadable
from ankisync.model import Guid, NoteId
from ankisync.notetypes import NotetypeId

OLDEST_SCHEMA, TABLES_SINCE, NEWEST_SCHEMA = 11, 15, 18

_TABLES = ("col", "notes", "cards")
_NOTETYPE_TABLES = ("notetypes", "fields", "templates")

# SQLite versions do not agree on which long numbers in a text become numbers, and a sort field may be any text.
_HARMLESS = "TEXT value in notes.sfld"

Cards = defaultdict[int, list[tuple[int, int]]]


def read_collection(connection: sqlite3.Connection) -> Export:
    """All that an export holds. Raises `Unreadable`; a database that is damaged is one, not a shorter list of notes."""
    try:
        return _read(connection)
    except sqlite3.Error as error:
        raise _damaged(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"holds what no Anki writes: {error}", REPAIR) from error


def _read(connection: sqlite3.Connection) -> Export:
    connection.create_collation("unicase", _unordered)
    _check(connection, _TABLES)
    schema = _schema(connection)
    if schema < TABLES_SINCE:
        notetypes = schema11.read_notetypes(connection)
    else:
        _check(connection, _NOTETYPE_TABLES)
        notetypes = schema18.read_notetypes(connection)
    notes = _notes(connection)
    if not notes:
        raise Unreadable("holds no note", f"{EXPORT}; it must hold the notes with your IDs")
    if orphans := {note.notetype for note in notes.values()} - notetypes.keys():
        raise Unreadable(f"holds notes whose notetype is missing ({min(orphans)})", REPAIR)
    return Export(notes, notetypes)


def _check(connection: sqlite3.Connection, tables: tuple[str, ...]) -> None:
    """That these are tables, and sound as far as SQLite can tell, rows against indexes too: pages that were exchanged
    look sound by themselves.
    """
    for table in tables:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone():
            raise Unreadable(f"is no collection of Anki (it has no table `{table}`)", EXPORT)
        # An index by Anki's collation is left out: another version of Unicode would sort it another way.
        check = "integrity_check" if table in _TABLES else "quick_check"
        for (outcome,) in connection.execute(f"PRAGMA {check}({table})"):
            if outcome not in ("ok", _HARMLESS):
                raise _damaged(str(outcome).rpartition("\n")[2])


def _schema(connection: sqlite3.Connection) -> int:
    cells = connection.execute("SELECT ver FROM col").fetchall()
    schema = integer(cells[0][0] if cells else None)
    if schema > NEWEST_SCHEMA:
        raise Unreadable(f"was made by a newer Anki (schema {schema}; {NEWEST_SCHEMA} is known)", OLDER)
    if schema < OLDEST_SCHEMA:
        raise Unreadable(f"was made by a very old Anki (schema {schema})", "open it in a newer Anki, and export again")
    return schema


def _notes(connection: sqlite3.Connection) -> dict[NoteId, ExportedNote]:
    cards: Cards = defaultdict(list)
    for note, ord_, card in connection.execute("SELECT nid, ord, id FROM cards"):
        cards[integer(note)].append((integer(ord_), integer(card)))
    notes: dict[NoteId, ExportedNote] = {}
    for number, guid, notetype, mod in connection.execute("SELECT id, guid, mid, mod FROM notes"):
        note_id = NoteId(integer(number))
        own = tuple(sorted(cards.pop(note_id, ())))
        notes[note_id] = ExportedNote(note_id, _guid(guid), NotetypeId(integer(notetype)), integer(mod), own)
    return notes


def _guid(value: object) -> Guid:
    if "\0" in (guid := text(value)):
        raise Malformed("a guid is cut off")
    return Guid(guid)


def _damaged(detail: str) -> Unreadable:
    return Unreadable(f"is damaged ({detail})", REPAIR)


def _unordered(_one: str, _other: str) -> int:
    """Stands for Anki's collation: SQLite wants one of its name, but nothing that is read here is sorted by it."""
    return 0
