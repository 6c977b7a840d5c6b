"""`ankisync.lock`: what is known of each note between two builds, as JSON Lines.

A header line, then one line a note, sorted by a digest of the ID. The form is read by `read_lock` and written by
`write_lock`, here only; keys that this version does not know are kept.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from sys import intern
from typing import NamedTuple

from ankisync.diagnostics import diagnose
from ankisync.identity import MAX_MOD, guid_of, lock_order, read_digits
from ankisync.looks import Look, look_row, read_look_rows
from ankisync.model import DeckName, Diagnostic, Guid, Ledger, Location, NoteHash, NoteId
from ankisync.notetypes import Notetype, NotetypeId
from ankisync.records import cards_row, notetype_row, read_cards_row, read_notetype_rows, unread_rows
from ankisync.source import BOM
from ankisync.values import dataclass, field, replace

NAME = "ankisync.lock"
FORMAT = 1

_KEYS = ("id", "hash", "mod", "deck", "file", "guid", "notetype", "type", "cards", "retired", "foreign")
_HEADER_KEYS = ("ankisync", "notetypes", "types", "looks", "foreign")
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?$|={7} *$")
_ID_KEY = re.compile(r'"id":\s*[0-9]{10,16}\b')
_RUN = re.compile(r"[0-9]{10,16}")
# A line as we write most of them. What has escapes, or anything else, is read as JSON: that takes three times as long.
_TEXT = r'([^"\\\x00-\x1f]'
_PLAIN_LINE = re.compile(
    rf'\{{"id":([1-9][0-9]{{9,15}}),"hash":"{_TEXT}++)","mod":([1-9][0-9]{{0,12}}),"deck":"{_TEXT}++)","file":"{_TEXT}*+)"'
    r'(?:,"retired":([1-9][0-9]{0,12}))?(,"foreign":true)?\}\Z'
)


class Entry(NamedTuple):
    """What the lock holds of a note.

    `mod` is in seconds; `file` is relative to the root, with `/`, NFC, and empty where it is not known; `guid` is None
    unless it was adopted; `notetype` is the one under which it is delivered, None for our Basic; of a note under an
    adopted one, `type` is what its card names, `cards` are (ord, card id); `retired` is the time in seconds since which
    the note stands in no file; `foreign` tells that its ID stood in the notes before we knew it (another tool made it);
    `extra` are keys of other versions.
    """

    id: NoteId
    hash: NoteHash
    mod: int
    deck: DeckName
    file: str
    guid: Guid | None = None
    retired: int | None = None
    foreign: bool = False
    extra: tuple[tuple[str, str], ...] = ()
    notetype: NotetypeId | None = None
    cards: tuple[tuple[int, int], ...] = ()
    type: str | None = None

    @property
    def guid_in_anki(self) -> Guid:
        """The guid by which Anki finds the note."""
        return self.guid or guid_of(self.id)


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock as a value. `damaged` are lines kept as they stand; `suspects` are the IDs that may stand in them.
    `blind`: there is one in which no ID can be read, so that any note without entry may be its. `rewrite` is set where
    the next write changes its form even if no entry changes (conflict markers, doubled lines). `adopted` are notetypes
    of the user's collection, `types` which of them takes the new notes of a notetype's key, `looks` what was delivered
    of notetypes that the user styled; `settled`: IDs of other tools are in nobody's Anki.
    """

    entries: Mapping[NoteId, Entry]
    header: tuple[tuple[str, str], ...] = ()
    damaged: tuple[str, ...] = ()
    suspects: frozenset[NoteId] = frozenset()
    rewrite: bool = False
    blind: bool = False
    adopted: Mapping[NotetypeId, Notetype] = field(default_factory=dict)
    types: Mapping[str, NotetypeId] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)
    settled: bool = False

    def may_hide(self, note_id: NoteId) -> bool:
        """Whether a damaged line may be this note's, so that its guid cannot be known."""
        return note_id in self.suspects or (self.blind and note_id not in self.entries)

    @property
    def empty(self) -> bool:
        """Whether it tells nothing, as one that was cut to nothing does."""
        return not self.entries and not self.damaged and not (self.adopted or self.looks or self.settled)

    def with_entries(self, entries: Iterable[Entry]) -> "Lock":
        """The lock with other entries, and its damaged lines."""
        return replace(self, entries={entry.id: entry for entry in entries}, rewrite=False)


def lock_path(path: str) -> str:
    """A file's path as the lock holds it: composed (NFC), so that it is the same on every file system."""
    return unicodedata.normalize("NFC", path)


class LockTooNew(Exception):
    """The lock was written by a version with another form; nothing can be built with it (exit status 2)."""


def read_lock(data: bytes) -> tuple[Lock, tuple[Diagnostic, ...]]:
    """Read a lock. A damaged line is told and kept, never dropped; git's conflict markers are passed over.

    Of two lines for one ID the greater `mod` counts. Raises `LockTooNew`.
    """
    entries: dict[NoteId, Entry] = {}
    damaged: list[str] = []
    told: list[Diagnostic] = []
    headers: list[Mapping[str, object]] = []
    rewrite = False
    whole, sound = _decode(data.removeprefix(BOM))
    for number, line in enumerate(whole.split("\n"), 1):
        text = line.removesuffix("\r")
        plain = _PLAIN_LINE.match(text) if sound else None
        read = _plain_entry(*plain.groups()) if plain else _read_line(text)
        if isinstance(read, Entry):
            if read.id in entries:
                rewrite, read = True, _merge(entries[read.id], read)
            entries[read.id] = read
        elif isinstance(read, dict):
            headers.append(read)
        elif _CONFLICT.match(text):
            told += [] if rewrite else [diagnose("A702", Location(NAME, number, 1))]
            rewrite = True
        elif text.strip():
            damaged.append(text)
            told.append(diagnose("A701", Location(NAME, number, 1), reason=read))
    suspects = frozenset(NoteId(int(run)) for line in damaged for run in _RUN.findall(line))
    blind = any(not _ID_KEY.search(line) for line in damaged)
    kept = tuple(dict.fromkeys(damaged))
    lock = Lock(entries, (), kept, suspects, rewrite or len(headers) > 1, blind)
    return _with_headers(lock, headers), tuple(told)


def _decode(data: bytes) -> tuple[str, bool]:
    """The text of a lock, and whether all of its bytes are UTF-8."""
    try:
        return data.decode(), True
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape"), False


def _with_headers(lock: Lock, headers: Iterable[Mapping[str, object]]) -> Lock:
    """The lock with what its header says; of two headers (a union merge) both count."""
    other: dict[str, str] = {}
    adopted: dict[NotetypeId, Notetype] = {}
    types: dict[str, NotetypeId] = {}
    looks: dict[str, Look] = {}
    settled = False
    for header in headers:
        other |= {key: json.dumps(value) for key, value in header.items() if key not in _HEADER_KEYS}
        adopted |= read_notetype_rows(header.get("notetypes"))
        if unread := unread_rows(header.get("notetypes")):
            other["notetypes"] = json.dumps(unread)
        named = header.get("types")
        pairs = named.items() if isinstance(named, dict) else ()
        types |= {key: NotetypeId(value) for key, value in pairs if type(value) is int and value in adopted}
        for key, look in read_look_rows(header.get("looks")).items():
            looks[key] = max(looks.get(key, look), look, key=lambda each: each.mod)
        settled = settled or header.get("foreign") == "none"
    return replace(lock, header=tuple(other.items()), adopted=adopted, types=types, looks=looks, settled=settled)


def _merge(one: Entry, other: Entry) -> Entry:
    """Two lines for one ID: the greater `mod` counts; what is adopted, or known to be ours, on either side stays so."""
    newer, older = sorted((one, other), key=lambda entry: (entry.mod, entry.hash), reverse=True)
    return newer._replace(
        guid=newer.guid or older.guid,
        notetype=newer.notetype if newer.guid or not older.guid else older.notetype,
        cards=newer.cards or older.cards,
        foreign=newer.foreign and older.foreign,
        extra=tuple({**dict(older.extra), **dict(newer.extra)}.items()),
    )


def lock_from(ledger: Ledger, adopted: Mapping[NotetypeId, Notetype]) -> Lock:
    """The lock as far as packages tell it, for a vault whose lock is gone."""
    entries = (
        Entry(
            note_id,
            each.hash,
            each.mod,
            each.deck,
            "",
            each.guid,
            foreign=each.foreign,
            notetype=each.notetype,
            cards=each.cards,
            type=each.type,
        )
        for note_id, each in ledger.items()
    )
    types = {notetype.key: id_ for id_, notetype in adopted.items()}
    return Lock({entry.id: entry for entry in entries}, rewrite=bool(ledger), adopted=adopted, types=types)


def write_lock(lock: Lock) -> bytes:
    """The lock as a file: header, entries by `lock_order`, then damaged lines as they stood."""
    entries = b"".join(entry_line(lock.entries[note_id]) for note_id in sorted(lock.entries, key=lock_order))
    damaged = "".join(f"{line}\n" for line in lock.damaged)
    return header_line(lock) + entries + damaged.encode("utf-8", "surrogateescape")


def header_line(lock: Lock) -> bytes:
    """The first line of a lock."""
    header: dict[str, object] = {"ankisync": FORMAT, **{key: json.loads(value) for key, value in lock.header}}
    if lock.settled:
        header["foreign"] = "none"
    if lock.adopted:
        unread = json.loads(dict(lock.header).get("notetypes", "[]"))
        header["notetypes"] = [*(notetype_row(lock.adopted[id_]) for id_ in sorted(lock.adopted)), *unread]
        header["types"] = dict(sorted(lock.types.items()))
    if lock.looks:
        header["looks"] = {key: look_row(lock.looks[key]) for key in sorted(lock.looks)}
    return _dump(header)


def entry_line(entry: Entry) -> bytes:
    """The line of an entry."""
    return _dump(_row(entry))


def _dump(row: Mapping[str, object]) -> bytes:
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
    return row | {key: json.loads(value) for key, value in entry.extra}


def _read_line(text: str) -> Entry | dict[str, object] | str:
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


def _plain_entry(
    number: str, hash_: str, mod: str, deck: str, file: str, retired: str | None, foreign: str | None
) -> Entry:
    # Many notes share their deck and file; as one text each, they take a third less.
    deck, file = intern(deck), intern(file)
    gone = int(retired) if retired else None
    return Entry(NoteId(int(number)), NoteHash(hash_), int(mod), DeckName(deck), file, None, gone, foreign is not None)


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
    )


def _notetype(value: object) -> NotetypeId | None:
    return NotetypeId(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _plain(value: object) -> bool:
    """Whether it is a text that can go into a package: no lone surrogates."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_MOD
