"""What a user exported from Anki, read: .apkg and .colpkg of any age, or a collection that Anki has closed.

The file is only ever read, and nothing is written beside it or elsewhere.
"""

import sqlite3
from pathlib import Path

from ankisync.export.collection import read_collection
from ankisync.export.database import open_export
from ankisync.export.found import AGAIN, EXPORT, Export, ExportedNote, NoExport, Unreadable

__all__ = ["Export", "ExportedNote", "NoExport", "read_export"]


def read_export(path: Path) -> Export | NoExport:
    """All notes and notetypes of an export, without their texts. Never raises for what the file is or holds.

    Damage that the zip's checksums or SQLite can see is a `NoExport`, never a part of the notes. A package is unpacked
    into memory: up to twice the size of its collection for a moment, then once.
    """
    try:
        with open_export(path) as connection:
            export = read_collection(connection)
    except Unreadable as error:
        return error.outcome
    except MemoryError:
        return NoExport("needs more memory than there is", f"{EXPORT}: choose a deck there")
    except OSError as error:
        return NoExport(f"cannot be read ({error.strerror or error})", AGAIN)
    except sqlite3.Error as error:
        return NoExport(f"cannot be opened ({error})", AGAIN)
    return export
