"""One .apkg as bytes: the collection, the media map, and a ledger of what is in it.

genanki gives the schema and the JSON of notetypes and decks; the rows and the zip around them are our own, because
genanki stamps every note with the time of the build, keeps no note ids, is quadratic in decks and puts the clock into
the zip. Nothing of the machine goes in: the same notes are the same bytes (with the same SQLite and zlib).
"""

import html
import io
import json
import re
import sqlite3
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha1
from pathlib import Path

from ankisync.identity import DEFAULT_DECK_ID, card_id, deck_id, fold_deck, guid_of, read_digits
from ankisync.model import DeckName, Delivered, Guid, Ledger, Note, NoteHash, NoteId
from ankisync.names import ancestors
from ankisync.notetypes import NOTETYPES, Notetype, notetype_data
from ankisync.render import render_field
from ankisync.source import without_comments

MARK = "ankisync 1 "
LEDGER_MEMBER = "ankisync.jsonl"

_SEPARATOR = "\x1f"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_TAG = re.compile(r"<[^<>]*>")
_NOTE_ROW = "INSERT INTO notes VALUES(?,?,?,?,-1,?,?,?,?,0,'')"
_CARD_ROW = "INSERT INTO cards VALUES(?,?,?,?,?,-1,0,0,?,0,0,0,0,0,0,0,0,'')"


def make_package(notes: Sequence[Note], fingerprint: str) -> bytes:
    """The package of these notes, given in the order in which new cards are to be shown.

    `fingerprint` (of all that goes in, see `packaging`) is kept in the zip's comment, by which the package is known as
    ours and as current.
    """
    places = {note.id: place for place, note in enumerate(notes, 1)}
    ordered = sorted(notes, key=lambda note: note.id)
    members = {
        "collection.anki2": _collection(ordered, places),
        "media": b"{}",
        LEDGER_MEMBER: _ledger(ordered),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.comment = (MARK + fingerprint).encode()
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def _collection(notes: Sequence[Note], places: Mapping[NoteId, int]) -> bytes:
    from genanki.apkg_col import APKG_COL
    from genanki.apkg_schema import APKG_SCHEMA

    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.executescript(APKG_SCHEMA)
        database.execute("BEGIN")
        database.execute(APKG_COL)
        models = _models(sorted({note.notetype for note in notes}))
        decks = json.dumps(_decks(note.deck for note in notes), sort_keys=True)
        database.execute("UPDATE col SET models = ?, decks = ?", (models, decks))
        database.executemany(_NOTE_ROW, (_note_row(note) for note in notes))
        database.executemany(_CARD_ROW, (_card_row(note, places[note.id]) for note in notes))
        database.execute("COMMIT")
        return database.serialize()
    finally:
        database.close()


def _models(keys: Iterable[str]) -> str:
    models = {str(NOTETYPES[key].id): _model(NOTETYPES[key]) for key in keys}
    return json.dumps(models, sort_keys=True)


def _model(notetype: Notetype) -> object:
    from genanki import Model

    fields = [{"name": each.name, "id": each.id, "collapsed": each.spare} for each in notetype.fields]
    templates = [
        {
            "name": each.name,
            "id": each.id,
            "qfmt": notetype_data(each.front).rstrip("\n"),
            "afmt": notetype_data(each.back).rstrip("\n"),
        }
        for each in notetype.templates
    ]
    css = notetype_data(notetype.css)
    return Model(notetype.id, notetype.name, fields, templates, css).to_json(notetype.mod, DEFAULT_DECK_ID)


def _decks(names: Iterable[DeckName]) -> dict[str, object]:
    """All decks and the decks above them by id; names that Anki takes for one are one, in their first spelling."""
    from genanki import Deck

    spelling: dict[str, DeckName] = {"default": DeckName("Default")}
    for name in names:
        for each in ancestors(name):
            spelling.setdefault(fold_deck(each), each)
    return {str(deck_id(name)): Deck(deck_id(name), name).to_json() for name in spelling.values()}


def _note_row(note: Note) -> tuple[object, ...]:
    notetype = NOTETYPES[note.notetype]
    texts = dict(note.fields)
    fields = [render_field(texts[each.name]) if each.name in texts else "" for each in notetype.fields]
    sort = _plain(fields[0])
    checksum = int(sha1(sort.encode(), usedforsecurity=False).hexdigest()[:8], 16)
    tags = f" {' '.join(note.tags)} " if note.tags else ""
    joined = unicodedata.normalize("NFC", _SEPARATOR.join(fields))
    return note.id, note.guid, notetype.id, note.mod, tags, joined, sort, checksum


def _card_row(note: Note, place: int) -> tuple[int, ...]:
    return card_id(note.id, 0), note.id, deck_id(note.deck), 0, note.mod, place


def _plain(field: str) -> str:
    """A field without its markup, as Anki sorts and compares first fields."""
    return html.unescape(_TAG.sub("", without_comments(field))).strip()


def _ledger(notes: Iterable[Note]) -> bytes:
    """What the package delivers, as lines like those of the lock, to be read back by `read_ledger`."""
    lines = (json.dumps(_ledger_row(note), ensure_ascii=False, separators=(",", ":")) for note in notes)
    return "".join(f"{line}\n" for line in lines).encode()


def _ledger_row(note: Note) -> dict[str, object]:
    row: dict[str, object] = {"id": note.id, "hash": note.hash, "mod": note.mod, "deck": note.deck}
    if note.guid != guid_of(note.id):
        row["guid"] = note.guid
    return row | {"foreign": True} if note.foreign else row


def read_mark(path: Path) -> str | None:
    """The fingerprint of a package of ours; "" for a file that is none (or is damaged), None where there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(size - 256, 0))
            tail = file.read()
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    at = tail.rfind(MARK.encode())
    return tail[at + len(MARK) :].decode("ascii", "replace") if at >= 0 else ""


def read_ledger(path: Path) -> Ledger:
    """What a package of ours holds; lines that cannot be read are passed over, as is a package that cannot."""
    try:
        with zipfile.ZipFile(path) as archive:
            lines = archive.read(LEDGER_MEMBER).decode("utf-8", "replace").split("\n")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, zlib.error):
        return {}
    return dict(found for line in lines if (found := _delivered(line)))


def _delivered(line: str) -> tuple[NoteId, Delivered] | None:
    try:
        row = json.loads(line)
        note_id = read_digits(str(row["id"]))
        guid = Guid(str(row["guid"])) if "guid" in row else None
        held = Delivered(
            NoteHash(str(row["hash"])), int(row["mod"]), DeckName(str(row["deck"])), guid, "foreign" in row
        )
    except (ValueError, KeyError, TypeError):
        return None
    return (note_id, held) if note_id is not None else None
