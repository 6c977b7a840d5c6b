"""What a build remembers for the next one, so that this looks again only at what changed. Values, and their form on
disk: the cache keeps the bytes, whoever reads them checks them.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from ankisync.locklines import LockLines
from ankisync.model import Attachment, DeckName, Diagnostic, Location, NoteId
from ankisync.notetypes import NotetypeId
from ankisync.packaging import Part
from ankisync.plain import PlainPlace, PlainTold, packed, plain_place, plain_told, read_told, unpacked
from ankisync.sealed import PlainStamp, plain_ground, plain_stamp, read_ground, read_stamp, seal, unseal
from ankisync.source import Digest
from ankisync.stamps import Ground, Stamp

_FORM = 2

_PlainMedia = Sequence[tuple[str, str, str, str]]
_PlainPart = tuple[str, bytes, bytes, tuple[int, ...], tuple[str, ...], _PlainMedia]
_Row = tuple[
    PlainStamp,
    bytes,
    bool,
    Sequence[_PlainPart],
    str,
    Sequence[PlainPlace],
    int,
    Sequence[PlainTold],
    bool,
    tuple[str, ...],
    Sequence[PlainPlace],
]


@dataclass(frozen=True, slots=True)
class Engine:
    """What renders: a digest of where the program lies, the versions in it, how fields are rendered."""

    program: bytes
    versions: str
    rendering: str

    @property
    def name(self) -> str:
        """What the content of packages depends on."""
        return f"{self.versions} {self.rendering}"


@dataclass(frozen=True, slots=True)
class FileMemory:
    """One note file. `stamp` is None where a change within the grain of the clock would not show in it.

    `settled`: all that stands in it is in the lock and the packages, and nothing about its identity was told. `parts`
    are its parts of packages; `digits` the runs of digits in it beside the IDs of these, in blanks; `unclaimed` are the
    places of IDs that belong to no card, `strange` counts its notes that another tool made and that were never bound;
    `told`, `embeds`, `uses` and `remote` are as they were read.
    """

    stamp: Stamp | None
    digest: Digest
    settled: bool
    parts: tuple[Part, ...]
    digits: str
    unclaimed: tuple[Location, ...]
    strange: int
    told: tuple[Diagnostic, ...]
    embeds: bool
    uses: tuple[str, ...]
    remote: tuple[Location, ...]

    @property
    def ids(self) -> Iterator[NoteId]:
        """The IDs of its notes."""
        return (note_id for part in self.parts for note_id in part.ids)


class FileMemories(Mapping[str, FileMemory]):
    """Files by path, in order. Each is made of its row when it is asked for: a build asks for few of many."""

    def __init__(self, rows: Mapping[str, _Row], made: Mapping[str, FileMemory] | None = None) -> None:
        self._rows = dict(rows)
        self._made = dict(made or {})

    def __getitem__(self, path: str) -> FileMemory:
        found = self._made.get(path)
        if found is None:
            found = self._made[path] = _read_file(path, *self._rows[path])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, path: object) -> bool:
        return path in self._rows

    def with_files(self, names: Iterable[str], files: Mapping[str, FileMemory]) -> "FileMemories":
        """The files of these names, in their order: those given, else those that are here."""
        rows = {name: _file(files[name]) if name in files else self._rows[name] for name in names}
        return FileMemories(rows, {**{path: each for path, each in self._made.items() if path in rows}, **files})

    def same_stamp(self, path: str, at: Stamp | None) -> bool:
        """Whether a file that is here has this stamp, and that tells something."""
        row = self._rows.get(path)
        return row is not None and at is not None and row[0] == at

    def digest(self, path: str) -> Digest:
        """The digest of a file's bytes."""
        return Digest(self._rows[path][1])

    def is_settled(self, path: str) -> bool:
        """Whether a file is settled."""
        return self._rows[path][2]

    def embeds(self, path: str) -> bool:
        """Whether a card of a file may embed something."""
        return self._rows[path][8]

    def uses(self, path: str) -> tuple[str, ...]:
        """What the cards of a file embed."""
        return self._rows[path][9]

    def tells(self, path: str) -> bool:
        """Whether there is anything to tell of a file, on its own or with others."""
        row = self._rows[path]
        return bool(row[5] or row[7] or row[10])

    def strange(self) -> int:
        """How many notes of all files another tool made, and nobody bound."""
        return sum([row[6] for row in self._rows.values()])

    def parts(self) -> tuple[Part, ...]:
        """The parts of all files, in their order."""
        return tuple([_part(path, *each) for path, row in self._rows.items() for each in row[3]])

    def digits(self) -> str:
        """The runs of digits in all files, beside the IDs of their notes, in blanks."""
        return " ".join([row[4] for row in self._rows.values() if row[4]])

    def rows(self) -> list[tuple[object, ...]]:
        """All files as plain values."""
        return [(path, *row) for path, row in self._rows.items()]


@dataclass(frozen=True, slots=True)
class Memory:
    """A vault as a build left it.

    `inputs` is a digest of all that decides how files are read and packages are made. `now_ms` is when the build began.
    `ground` is that of all listings of files; `notices` what was told of folders. `files` are the notes by path, in
    order; `media` the digests of the files that cards use, by path; `listing` is a digest of which media files there
    are, empty where nobody asked. `lock` is the stamp of the lock, which comes as a new file, from us and from git:
    nobody writes into one within the grain of the clock. `lines` is where its lines are; `loose` the IDs in it that are
    on no card of a settled file. `packages` are stamps and fingerprints of the packages by file.
    """

    engine: Engine
    inputs: bytes
    now_ms: int
    ground: Ground
    notices: tuple[Diagnostic, ...]
    files: FileMemories
    media: Mapping[str, tuple[Stamp, str]]
    listing: bytes
    lock: Stamp | None
    lock_digest: Digest
    lines: LockLines
    loose: frozenset[NoteId]
    packages: Mapping[str, tuple[Stamp | None, str]]


def write_memory(memory: Memory) -> bytes:
    """A memory as bytes, with a digest in front."""
    value = (
        _form(),
        (memory.engine.program, memory.engine.versions, memory.engine.rendering),
        memory.inputs,
        memory.now_ms,
        plain_ground(memory.ground),
        [plain_told(each) for each in memory.notices],
        memory.files.rows(),
        [(path, tuple(at), digest) for path, (at, digest) in memory.media.items()],
        memory.listing,
        plain_stamp(memory.lock),
        memory.lock_digest,
        (memory.lines.head, packed("Q", memory.lines.orders), packed("I", memory.lines.lengths)),
        packed("Q", sorted(memory.loose)),
        [(name, plain_stamp(at), mark) for name, (at, mark) in memory.packages.items()],
    )
    return seal(value)


def read_memory(data: bytes) -> Memory | None:
    """The memory that bytes hold; None where they are damaged, or of another version."""
    value = unseal(data)
    if not isinstance(value, tuple) or value[0] != _form():
        return None
    _, engine, inputs, now_ms, ground, notices, files, media, listing, lock, digest, lines, loose, packages = value
    return Memory(
        engine=Engine(*engine),
        inputs=inputs,
        now_ms=now_ms,
        ground=read_ground(*ground),
        notices=tuple(read_told(*each) for each in notices),
        files=FileMemories({path: row for path, *row in files}),
        media={path: (Stamp(*at), found) for path, at, found in media},
        listing=listing,
        lock=read_stamp(lock),
        lock_digest=Digest(digest),
        lines=LockLines(lines[0], unpacked("Q", lines[1]), unpacked("I", lines[2])),
        loose=frozenset(map(NoteId, unpacked("Q", loose))),
        packages={name: (read_stamp(at), mark) for name, at, mark in packages},
    )


def _form() -> tuple[object, ...]:
    """What must be the same for the bytes to mean the same."""
    names = tuple(field.name for kind in (Memory, FileMemory, Part, Diagnostic) for field in fields(kind))
    return _FORM, sys.byteorder, sys.version_info[:2], names


def _file(each: FileMemory) -> _Row:
    return (
        plain_stamp(each.stamp),
        each.digest,
        each.settled,
        [_plain_part(part) for part in each.parts],
        each.digits,
        [plain_place(place) for place in each.unclaimed],
        each.strange,
        [plain_told(one) for one in each.told],
        each.embeds,
        each.uses,
        [plain_place(place) for place in each.remote],
    )


def _read_file(
    path: str,
    stamp: PlainStamp,
    digest: bytes,
    settled: bool,
    parts: Sequence[_PlainPart],
    digits: str,
    places: Sequence[PlainPlace],
    strange: int,
    told: Sequence[PlainTold],
    embeds: bool,
    uses: tuple[str, ...],
    remote: Sequence[PlainPlace],
) -> FileMemory:
    return FileMemory(
        stamp=read_stamp(stamp),
        digest=Digest(digest),
        settled=settled,
        parts=tuple([_part(path, *each) for each in parts]),
        digits=digits,
        unclaimed=tuple([Location(*place) for place in places]),
        strange=strange,
        told=tuple([read_told(*each) for each in told]),
        embeds=embeds,
        uses=uses,
        remote=tuple([Location(*place) for place in remote]),
    )


def _plain_part(part: Part) -> _PlainPart:
    media = [(each.target, each.name, each.path, each.digest) for each in part.media]
    return part.top, part.key, packed("Q", part.ids), part.notetypes, part.decks, media


def _part(
    path: str,
    top: str,
    key: bytes,
    ids: bytes,
    notetypes: tuple[int, ...],
    decks: tuple[str, ...],
    media: _PlainMedia,
) -> Part:
    return Part(
        path,
        top,
        key,
        tuple(unpacked("Q", ids)),  # type: ignore[arg-type]  # numbers that were note ids
        tuple(map(NotetypeId, notetypes)),
        tuple(map(DeckName, decks)),
        tuple([Attachment(*each) for each in media]),
    )
