"""`ankisync.lock`: what is known of each note between two builds, as JSON Lines.

A header line, then one line a note, sorted by a digest of the ID. The form is read by `read_lock` and written by
`write_lock`, in this room only; keys that this version does not know are kept.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping

from ankisync.diagnostics import diagnose
from ankisync.expression import expression
from ankisync.identity import lock_order
from ankisync.lock.entry import Entry, merge, packed_since
from ankisync.lock.lines import FORMAT, NAME, PLAIN_LINE, LockTooNew, dump, entry_line, plain_entry, read_line
from ankisync.looks import Look, look_row, read_look_rows
from ankisync.model import Diagnostic, Ledger, Location, NoteId
from ankisync.notetypes import Notetype, NotetypeId
from ankisync.records import notetype_row, read_notetype_rows, unread_rows
from ankisync.source import BOM
from ankisync.values import dataclass, field, replace

__all__ = [
    "NAME",
    "Entry",
    "Lock",
    "LockTooNew",
    "entry_line",
    "header_line",
    "lock_from",
    "lock_path",
    "packed_since",
    "read_lock",
    "write_lock",
]

_HEADER_KEYS = ("ankisync", "notetypes", "types", "looks", "foreign")
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?$|={7} *$")
_ID_KEY = expression(r'"id":\s*[0-9]{10,16}\b')
_RUN = expression(r"[0-9]{10,16}")


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

    def with_entries(self, entries: Mapping[NoteId, Entry]) -> "Lock":
        """The lock with other entries, by ID, and its damaged lines."""
        return replace(self, entries=entries, rewrite=False)


def lock_path(path: str) -> str:
    """A file's path as the lock holds it: composed (NFC), so that it is the same on every file system."""
    return unicodedata.normalize("NFC", path)


def read_lock(data: bytes) -> tuple[Lock, tuple[Diagnostic, ...]]:
    """Read a lock. A damaged line is told and kept, never dropped; git's conflict markers are passed over.

    Of two lines for one ID the greater `mod` counts. Raises `LockTooNew`.
    """
    text, sound = _decode(data.removeprefix(BOM))
    found = _Found(text)
    entries = found.entries
    at = 0
    for match in PLAIN_LINE.finditer(text) if sound else ():
        if match.start() != at:
            found.read(at, match.start())
        at = match.end()
        entry = plain_entry(match)
        if entry.id in entries:
            found.add(entry)
        else:
            entries[entry.id] = entry
    found.read(at, len(text))
    return _with_headers(found.lock(), found.headers), tuple(found.told)


@dataclass
class _Found:
    """What the lines of a lock hold, up to the offset `at`; `number` is that of the line there."""

    text: str
    entries: dict[NoteId, Entry] = field(default_factory=dict)
    headers: list[Mapping[str, object]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    told: list[Diagnostic] = field(default_factory=list)
    rewrite: bool = False
    at: int = 0
    number: int = 1

    def add(self, entry: Entry) -> None:
        """Take an entry, which may be the second one for its ID."""
        if entry.id in self.entries:
            self.rewrite, entry = True, merge(self.entries[entry.id], entry)
        self.entries[entry.id] = entry

    def read(self, start: int, end: int) -> None:
        """Read lines in any form, from one offset to another. To be called in their order."""
        self.number += self.text.count("\n", self.at, start)
        self.at = start
        for number, line in enumerate(self.text[start:end].split("\n"), self.number):
            self._line(line.removesuffix("\r"), number)

    def _line(self, line: str, number: int) -> None:
        read = read_line(line)
        if isinstance(read, Entry):
            self.add(read)
        elif isinstance(read, dict):
            self.headers.append(read)
        elif _CONFLICT.match(line):
            self.told += [] if self.rewrite else [diagnose("A702", Location(NAME, number, 1))]
            self.rewrite = True
        elif line.strip():
            self.damaged.append(line)
            self.told.append(diagnose("A701", Location(NAME, number, 1), reason=read))

    def lock(self) -> Lock:
        """The lock as far as its lines tell it, without what its headers say."""
        suspects = frozenset(NoteId(int(run)) for line in self.damaged for run in _RUN.findall(line))
        blind = any(not _ID_KEY.search(line) for line in self.damaged)
        rewrite = self.rewrite or len(self.headers) > 1
        return Lock(self.entries, (), tuple(dict.fromkeys(self.damaged)), suspects, rewrite, blind)


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
    return dump(header)
