"""One .apkg: the collection, the media with their map, and a ledger of what is in it.

genanki gives the schema and the JSON of notetypes and decks; the rows and the zip around them are our own, because
genanki stamps every note with the time of the build, keeps no note ids, is quadratic in decks and puts the clock into
the zip. Nothing of the machine goes in: the same notes are the same bytes (with the same SQLite and zlib).
"""

import html
import io
import json
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha1
from pathlib import Path
from typing import IO

from ankisync.attachments import copy_file
from ankisync.cards import card_ords
from ankisync.fields import Rendering, render_fields
from ankisync.identity import DEFAULT_DECK_ID, card_id, deck_id, fold_deck, guid_of, read_digits
from ankisync.media import files_of, is_loose
from ankisync.model import Attachment, DeckName, Delivered, Guid, Ledger, Note, NoteHash, NoteId
from ankisync.names import ancestors
from ankisync.notetypes import BASIC, Notetype, NotetypeId, Role, stock
from ankisync.records import cards_row, notetype_row, read_cards_row, read_notetype_rows
from ankisync.source import without_comments

MARK = "ankisync 1 "
LEDGER_MEMBER = "ankisync.jsonl"

_SEPARATOR = "\x1f"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_TAG = re.compile(r"<[^<>]*>")
_NOTE_ROW = "INSERT INTO notes VALUES(?,?,?,?,-1,?,?,?,?,0,'')"
_CARD_ROW = "INSERT INTO cards VALUES(?,?,?,?,?,-1,0,0,?,0,0,0,0,0,0,0,0,'')"


class MediaChanged(Exception):
    """A media file is not any more what it was when the build looked at it; the text is its path."""


def write_package(file: IO[bytes], notes: Sequence[Note], fingerprint: str, how: Rendering, root: Path) -> None:
    """Write the package of these notes, given in the order in which new cards are to be shown. The paths of media
    are relative to `root`.

    `fingerprint` (of all that goes in, see `packaging`) is kept in the zip's comment, by which the package is known as
    ours and as current. Raises `MediaChanged`; what was written until then is of no use.
    """
    places = {note.id: place for place, note in enumerate(notes, 1)}
    ordered = sorted(notes, key=lambda note: note.id)
    named = {each.name: each for note in ordered for each in files_of(note.media, note.embeds)}
    media = [named[name] for name in sorted(named)]
    members = {
        "collection.anki2": _collection(ordered, places, how),
        "media": json.dumps({str(number): each.name for number, each in enumerate(media)}).encode(),
        LEDGER_MEMBER: _ledger(ordered),
    }
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = (MARK + fingerprint).encode()
        for name, data in members.items():
            archive.writestr(_info(name), data)
        for number, each in enumerate(media):
            _add_file(archive, str(number), root / each.path, each)


def _info(name: str, kind: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _ZIP_DATE)
    info.compress_type, info.create_system, info.external_attr = kind, 3, 0o644 << 16
    return info


def _add_file(archive: zipfile.ZipFile, member: str, path: Path, attachment: Attachment) -> None:
    """A media file, piece by piece: it may be larger than the memory."""
    info = _info(member, zipfile.ZIP_DEFLATED if is_loose(attachment.name) else zipfile.ZIP_STORED)
    try:
        info.file_size = path.stat().st_size
    except OSError as error:
        raise MediaChanged(attachment.path) from error
    with archive.open(info, "w") as target:
        if not copy_file(path, target, attachment.digest):
            raise MediaChanged(attachment.path)


def _collection(notes: Sequence[Note], places: Mapping[NoteId, int], how: Rendering) -> bytes:
    from genanki.apkg_col import APKG_COL
    from genanki.apkg_schema import APKG_SCHEMA

    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.executescript(APKG_SCHEMA)
        database.execute("BEGIN")
        database.execute(APKG_COL)
        models = _models({note.notetype.id: note.notetype for note in notes}.values())
        decks = json.dumps(_decks(note.deck for note in notes), sort_keys=True)
        database.execute("UPDATE col SET models = ?, decks = ?", (models, decks))
        for note in notes:
            fields = render_fields(note, how)
            database.execute(_NOTE_ROW, _note_row(note, fields))
            database.executemany(_CARD_ROW, _card_rows(note, fields, places[note.id]))
        database.execute("COMMIT")
        return database.serialize()
    finally:
        database.close()


def _models(notetypes: Iterable[Notetype]) -> str:
    return json.dumps({str(each.id): _model(each) for each in notetypes}, sort_keys=True)


def _model(notetype: Notetype) -> object:
    from genanki import Model

    fields = [
        {"name": each.name, "collapsed": each.role is Role.SPARE} | ({} if each.id is None else {"id": each.id})
        for each in notetype.fields
    ]
    templates = [
        {"name": each.name, "qfmt": each.front, "afmt": each.back} | ({} if each.id is None else {"id": each.id})
        for each in notetype.templates
    ]
    kind = Model.CLOZE if notetype.cloze else Model.FRONT_BACK
    model = Model(notetype.id, notetype.name, fields, templates, notetype.css, kind, sort_field_index=notetype.sort)
    return model.to_json(notetype.mod, DEFAULT_DECK_ID)


def _decks(names: Iterable[DeckName]) -> dict[str, object]:
    """All decks and the decks above them by id; names that Anki takes for one are one, in their first spelling."""
    from genanki import Deck

    spelling: dict[str, DeckName] = {"default": DeckName("Default")}
    for name in names:
        for each in ancestors(name):
            spelling.setdefault(fold_deck(each), each)
    return {str(deck_id(name)): Deck(deck_id(name), name).to_json() for name in spelling.values()}


def _note_row(note: Note, fields: Sequence[str]) -> tuple[object, ...]:
    first, sort = _plain(fields[0]), _plain(fields[note.notetype.sort])
    checksum = int(sha1(first.encode(), usedforsecurity=False).hexdigest()[:8], 16)
    tags = f" {' '.join(note.tags)} " if note.tags else ""
    return note.id, note.guid, note.notetype.id, note.mod, tags, _SEPARATOR.join(fields), sort, checksum


def _card_rows(note: Note, fields: Sequence[str], place: int) -> Iterator[tuple[int, ...]]:
    """A row for each card that Anki makes of the note: its import generates none."""
    notetype = note.notetype
    named = {field.name: text for field, text in zip(notetype.fields, fields, strict=True)}
    known = dict(note.cards)
    fronts = [each.front for each in notetype.templates]
    for ord_ in card_ords(notetype.cloze, fronts, named, tagged=bool(note.tags)):
        yield known.get(ord_, card_id(note.id, ord_)), note.id, deck_id(note.deck), ord_, note.mod, place


def _plain(field: str) -> str:
    """A field without its markup, as Anki sorts and compares first fields."""
    return html.unescape(_TAG.sub("", without_comments(field))).strip()


def _ledger(notes: Iterable[Note]) -> bytes:
    """What the package delivers, as lines like those of the lock, to be read back by `read_ledger`."""
    notes = tuple(notes)
    adopted = {note.notetype.id: notetype_row(note.notetype) for note in notes if note.notetype.mod == 0}
    rows = [{"notetypes": [adopted[id_] for id_ in sorted(adopted)]}] if adopted else []
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in (*rows, *map(_ledger_row, notes)))
    return "".join(f"{line}\n" for line in lines).encode()


def _ledger_row(note: Note) -> dict[str, object]:
    row: dict[str, object] = {"id": note.id, "hash": note.hash, "mod": note.mod, "deck": note.deck}
    if note.guid != guid_of(note.id):
        row["guid"] = note.guid
    if note.notetype.id != stock()[BASIC].id:
        row["notetype"] = note.notetype.id
    if note.notetype.mod == 0:
        row["type"] = note.key
    if note.cards:
        row["cards"] = cards_row(note.cards)
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
    return dict(found for line in _ledger_lines(path) if (found := _delivered(line)))


def read_adopted(path: Path) -> Mapping[NotetypeId, Notetype]:
    """The adopted notetypes in a package of ours."""
    try:
        row = json.loads(next(iter(_ledger_lines(path)), ""))
    except ValueError:
        return {}
    return read_notetype_rows(row.get("notetypes")) if isinstance(row, dict) else {}


def _ledger_lines(path: Path) -> Sequence[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(LEDGER_MEMBER).decode("utf-8", "replace").split("\n")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, zlib.error):
        return ()


def _delivered(line: str) -> tuple[NoteId, Delivered] | None:
    try:
        row = json.loads(line)
        note_id = read_digits(str(row["id"]))
        guid = Guid(str(row["guid"])) if "guid" in row else None
        held = Delivered(
            NoteHash(str(row["hash"])),
            int(row["mod"]),
            DeckName(str(row["deck"])),
            guid,
            "foreign" in row,
            NotetypeId(int(row["notetype"])) if "notetype" in row else None,
            read_cards_row(row.get("cards")),
            str(row["type"]) if "type" in row else None,
        )
    except (ValueError, KeyError, TypeError):
        return None
    return (note_id, held) if note_id is not None else None
