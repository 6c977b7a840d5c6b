"""What a package of ours delivers, as lines of JSON like those of the lock: written, and read back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from ankisync.identity import MAX_MOD, guid_of, read_digits
from ankisync.model import DeckName, Delivered, Guid, Ledger, Note, NoteHash, NoteId
from ankisync.notetypes import BASIC_ID, Notetype, NotetypeId
from ankisync.records import cards_row, notetype_row, read_cards_row, read_notetype_rows

LEDGER_MEMBER = "ankisync.jsonl"


def ledger_line(note: Note) -> str:
    """What the package holds of a note, as one line with its end. The texts are put together by hand, ten times as
    fast as by `json.dumps`, and are the same.
    """
    note_id, guid, hash_, mod, notetype, _, _, deck, _, _, foreign, cards, key = note[:13]
    shown = f'"{hash_}"' if hash_.isalnum() else _text(hash_)
    line = f'{{"id":{note_id},"hash":{shown},"mod":{mod},"deck":{_text(deck)}'
    if guid != guid_of(note_id):
        line += f',"guid":{_text(guid)}'
    if notetype.id != BASIC_ID:
        line += f',"notetype":{notetype.id}'
    if notetype.mod == 0:
        line += f',"type":{_text(key)}'
    if cards:
        line += f',"cards":{_dumps(cards_row(cards))}'
    return line + (',"foreign":true}\n' if foreign else "}\n")


@lru_cache(maxsize=10_000)
def _text(text: str) -> str:
    return _dumps(text)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def adopted_line(notetypes: Iterable[Notetype]) -> str:
    """The adopted ones among the notetypes as the first line of a ledger, or nothing where there are none."""
    adopted = {each.id: notetype_row(each) for each in notetypes if each.mod == 0}
    return _dumps({"notetypes": [adopted[id_] for id_ in sorted(adopted)]}) + "\n" if adopted else ""


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
    import zipfile
    import zlib

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
            min(int(row["mod"]), MAX_MOD),
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
