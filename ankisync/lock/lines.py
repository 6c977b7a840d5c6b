"""A line of the lock: read, and written."""

import json
import re
from collections.abc import Mapping
from sys import intern

from ankisync.expression import expression
from ankisync.identity import MAX_MOD, read_digits
from ankisync.lock.entry import Entry
from ankisync.model import DeckName, Guid, NoteHash
from ankisync.notetypes import NotetypeId
from ankisync.records import cards_row, read_cards_row

NAME = "ankisync.lock"
FORMAT = 1

_KEYS = (
    "id", "hash", "mod", "deck", "file", "guid", "notetype", "type", "cards", "retired", "foreign", "pushed",
    "pushed_deck",
)  # fmt: skip
# A line as we write most of them, with its end. What has escapes, or anything else, is read as JSON: that takes four
# times as long.
_TEXT = r'([^"\\\x00-\x1f]'
PLAIN_LINE = expression(
    rf'^\{{"id":([1-9][0-9]{{9,15}}),"hash":"{_TEXT}++)","mod":([1-9][0-9]{{0,12}}),"deck":"{_TEXT}++)","file":"{_TEXT}*+)"'
    r'(?:,"retired":([1-9][0-9]{0,12}))?(,"foreign":true)?(?:,"pushed":\[([1-9][0-9]{0,12}(?:,[1-9][0-9]{0,12})*)\])?'
    r"\}\r?(?:\n|\Z)",
    re.MULTILINE,
)


class LockTooNew(Exception):
    """The lock was written by a version with another form; nothing can be built with it (exit status 2)."""


def read_line(text: str) -> Entry | dict[str, object] | str:
    """An entry, a header, or why the line is neither."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return "it is no JSON"
    if not isinstance(row, dict):
        return "it is no JSON object"
    if "ankisync" in row:
        if row["ankisync"] != FORMAT:
            raise LockTooNew(f"{NAME} has the form {row['ankisync']!r}; this version reads {FORMAT}")
        return row
    return _read_entry(row)


def plain_entry(match: re.Match[str]) -> Entry:
    """The entry of a line that is as `PLAIN_LINE`."""
    number, hash_, mod, deck, file, retired, foreign, pushed = match.groups()
    # Many notes share their deck and file; as one text each, they take a third less. All lines are read in most builds:
    # to make the tuple is half of what it takes to call its class.
    head = int(number), hash_, int(mod), intern(deck), intern(file), None, int(retired) if retired else None
    mods = tuple(map(int, pushed.split(","))) if pushed else ()
    return tuple.__new__(Entry, (*head, foreign is not None, (), None, (), None, mods, None))


def _read_entry(row: Mapping[str, object]) -> Entry | str:
    number, mod, retired = row.get("id"), row.get("mod"), row.get("retired")
    note_id = read_digits(str(number)) if type(number) is int else None
    if note_id is None:
        return "its `id` is no ID"
    if not _seconds(mod) or not (retired is None or _seconds(retired)):
        return "its `mod` or `retired` is no time in seconds"
    texts = {key: row.get(key) for key in ("hash", "deck", "file")}
    wrong = [key for key, value in texts.items() if not isinstance(value, str) or not (value or key == "file")]
    if wrong or not _plain(row.get("guid", "")) or not _plain(row.get("deck")):
        return f"its `{(wrong or ['guid'])[0]}` is no text"
    return Entry(
        note_id,
        NoteHash(str(texts["hash"])),
        int(str(mod)),
        DeckName(str(texts["deck"])),
        str(texts["file"]),
        Guid(str(row["guid"])) if "guid" in row else None,
        None if retired is None else int(str(retired)),
        row.get("foreign") is True,
        tuple((key, json.dumps(value)) for key, value in row.items() if key not in _KEYS),
        _notetype(row.get("notetype")),
        read_cards_row(row.get("cards")),
        str(row["type"]) if isinstance(row.get("type"), str) else None,
        _mods(row.get("pushed")),
        DeckName(str(row["pushed_deck"])) if _plain(row.get("pushed_deck")) and row["pushed_deck"] else None,
    )


def _mods(value: object) -> tuple[int, ...]:
    """The times in a list; what is none is passed over."""
    return tuple(each for each in value if type(each) is int and _seconds(each)) if isinstance(value, list) else ()


def _notetype(value: object) -> NotetypeId | None:
    return NotetypeId(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _plain(value: object) -> bool:
    """Whether it is a text that can go into a package: no lone surrogates."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_MOD


def entry_line(entry: Entry) -> bytes:
    """The line of an entry."""
    return dump(_row(entry))


def dump(row: Mapping[str, object]) -> bytes:
    """A line with its end."""
    # A file name that is no UTF-8 holds lone surrogates: as JSON escapes they come through any text tool unharmed.
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _row(entry: Entry) -> dict[str, object]:
    row: dict[str, object] = {
        "id": entry.id,
        "hash": entry.hash,
        "mod": entry.mod,
        "deck": entry.deck,
        "file": entry.file,
    }
    if entry.guid is not None:
        row["guid"] = entry.guid
    if entry.notetype is not None:
        row["notetype"] = entry.notetype
    if entry.type is not None:
        row["type"] = entry.type
    if entry.cards:
        row["cards"] = cards_row(entry.cards)
    if entry.retired is not None:
        row["retired"] = entry.retired
    if entry.foreign:
        row["foreign"] = True
    if entry.pushed:
        row["pushed"] = list(entry.pushed)
    if entry.pushed_deck is not None:
        row["pushed_deck"] = entry.pushed_deck
    return row | {key: json.loads(value) for key, value in entry.extra}
