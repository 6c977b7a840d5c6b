"""One .apkg: the collection, the media with their map, and a ledger of what is in it.

genanki gives the schema and the JSON of notetypes and decks; the rows and the zip around them are our own, because
genanki stamps every note with the time of the build, keeps no note ids, is quadratic in decks and puts the clock into
the zip. Nothing of the machine goes in: the same notes are the same bytes (with the same SQLite and zlib), whether the
package is built from nothing or made of what the last run kept.
"""

from ankisync.package.archive import MediaChanged
from ankisync.package.head import Head, head_of
from ankisync.package.kept import Kept
from ankisync.package.ledger import LEDGER_MEMBER, read_adopted, read_ledger
from ankisync.package.marks import MARK, read_mark
from ankisync.package.mould import Mould
from ankisync.package.rows import PackedNote, PackedPart, pack_notes
from ankisync.package.write import write_package

__all__ = [
    "LEDGER_MEMBER",
    "MARK",
    "Head",
    "Kept",
    "MediaChanged",
    "Mould",
    "PackedNote",
    "PackedPart",
    "head_of",
    "pack_notes",
    "read_adopted",
    "read_ledger",
    "read_mark",
    "write_package",
]
