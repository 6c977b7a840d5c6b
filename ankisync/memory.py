"""What a build remembers for the next one, so that this looks again only at what changed. Values, and their form on
disk: the cache keeps the bytes, whoever reads them checks them.
"""

import marshal
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b

from ankisync.locklines import LockLines
from ankisync.model import Attachment, DeckName, Diagnostic, Location, NoteId, Severity
from ankisync.notetypes import NotetypeId
from ankisync.packaging import Part
from ankisync.source import Digest
from ankisync.stamps import FolderStamp, Ground, Stamp

_FORM = 1
_CHECK = 16


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


@dataclass(frozen=True, slots=True)
class Memory:
    """A vault as a build left it.

    `inputs` is a digest of all that decides how files are read and packages are made. `now_ms` is when the build began.
    `ground` is that of all listings of files; `notices` what was told of folders. `files` are the notes by path, in
    order; `media` the digests of the files that cards use, by path; `listing` is a digest of which media files there
    are, empty where nobody asked. `lock` is the lock's stamp, as above, `lines` where its lines are; `loose` the IDs in
    it that are on no card of a settled file. `packages` are stamps and fingerprints of the packages by file.
    """

    inputs: bytes
    now_ms: int
    ground: Ground
    notices: tuple[Diagnostic, ...]
    files: Mapping[str, FileMemory]
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
        memory.inputs,
        memory.now_ms,
        _ground(memory.ground),
        [_told(each) for each in memory.notices],
        [(path, *_file(each)) for path, each in memory.files.items()],
        [(path, tuple(at), digest) for path, (at, digest) in memory.media.items()],
        memory.listing,
        _plain(memory.lock),
        memory.lock_digest,
        (memory.lines.head, _packed("Q", memory.lines.orders), _packed("I", memory.lines.lengths)),
        _packed("Q", memory.loose),
        [(name, _plain(at), mark) for name, (at, mark) in memory.packages.items()],
    )
    data = marshal.dumps(value)  # type: ignore[arg-type]  # of texts, numbers and bytes only
    return blake2b(data, digest_size=_CHECK).digest() + data


def read_memory(data: bytes) -> Memory | None:
    """The memory that bytes hold; None where they are damaged, or of another version."""
    check, rest = data[:_CHECK], data[_CHECK:]
    if blake2b(rest, digest_size=_CHECK).digest() != check:
        return None
    try:
        value = marshal.loads(rest)  # noqa: S302 - the digest says that we wrote it
    except (ValueError, EOFError, TypeError):
        return None
    if not isinstance(value, tuple) or value[0] != _form():
        return None
    _, inputs, now_ms, ground, notices, files, media, listing, lock, digest, lines, loose, packages = value
    return Memory(
        inputs=inputs,
        now_ms=now_ms,
        ground=_read_ground(*ground),
        notices=tuple(_diagnostic(*each) for each in notices),
        files={path: _read_file(path, *rest) for path, *rest in files},
        media={path: (Stamp(*at), found) for path, at, found in media},
        listing=listing,
        lock=_stamp(lock),
        lock_digest=Digest(digest),
        lines=LockLines(lines[0], _unpacked("Q", lines[1]), _unpacked("I", lines[2])),
        loose=frozenset(map(NoteId, _unpacked("Q", loose))),
        packages={name: (_stamp(at), mark) for name, at, mark in packages},
    )


def _form() -> tuple[object, ...]:
    """What must be the same for the bytes to mean the same."""
    names = tuple(field.name for kind in (Memory, FileMemory, Part, Diagnostic) for field in fields(kind))
    return _FORM, sys.byteorder, sys.version_info[:2], names


def _ground(ground: Ground) -> tuple[object, ...]:
    folders = [(path, _plain(each.at), each.names) for path, each in ground.folders.items()]
    return folders, [(path, _plain(at)) for path, at in ground.rules.items()], ground.known


def _read_ground(
    folders: Sequence[tuple[str, tuple[int, int, int, int] | None, bytes]],
    rules: Sequence[tuple[str, tuple[int, int, int, int] | None]],
    known: bool,
) -> Ground:
    stamps = {path: FolderStamp(_stamp(at), names) for path, at, names in folders}
    return Ground(stamps, {path: _stamp(at) for path, at in rules}, known)


def _file(each: FileMemory) -> tuple[object, ...]:
    parts = [
        (p.top, p.key, _packed("Q", p.ids), p.notetypes, p.decks, [tuple(one) for one in p.media]) for p in each.parts
    ]
    places = [tuple(place) for place in each.unclaimed]
    told = [_told(one) for one in each.told]
    remote = [tuple(place) for place in each.remote]
    stamp = _plain(each.stamp)
    return (
        stamp,
        each.digest,
        each.settled,
        parts,
        each.digits,
        places,
        each.strange,
        told,
        each.embeds,
        each.uses,
        remote,
    )


def _read_file(
    path: str,
    stamp: tuple[int, int, int, int] | None,
    digest: bytes,
    settled: bool,
    parts: Sequence[tuple[str, bytes, bytes, tuple[int, ...], tuple[str, ...], Sequence[tuple[str, str, str, str]]]],
    digits: str,
    places: Sequence[tuple[str, int, int]],
    strange: int,
    told: Sequence[tuple[str, str, tuple[str, int, int], str, str]],
    embeds: bool,
    uses: tuple[str, ...],
    remote: Sequence[tuple[str, int, int]],
) -> FileMemory:
    return FileMemory(
        stamp=_stamp(stamp),
        digest=Digest(digest),
        settled=settled,
        parts=tuple(_part(path, *each) for each in parts),
        digits=digits,
        unclaimed=tuple(Location(*place) for place in places),
        strange=strange,
        told=tuple(_diagnostic(*each) for each in told),
        embeds=embeds,
        uses=uses,
        remote=tuple(Location(*place) for place in remote),
    )


def _plain_part(part: Part) -> tuple[object, ...]:
    media = [tuple(each) for each in part.media]
    return part.top, part.key, _packed("Q", part.ids), part.notetypes, part.decks, media


def _part(
    path: str,
    top: str,
    key: bytes,
    ids: bytes,
    notetypes: Iterable[int],
    decks: Iterable[str],
    media: Iterable[tuple[str, str, str, str]],
) -> Part:
    return Part(
        path,
        top,
        key,
        tuple(map(NoteId, _unpacked("Q", ids))),
        tuple(map(NotetypeId, notetypes)),
        tuple(map(DeckName, decks)),
        tuple(Attachment(*each) for each in media),
    )


def _told(each: Diagnostic) -> tuple[object, ...]:
    return each.code, each.severity.value, tuple(each.location), each.message, each.hint


def _diagnostic(code: str, severity: str, place: tuple[str, int, int], message: str, hint: str) -> Diagnostic:
    return Diagnostic(code, Severity(severity), Location(*place), message, hint)


def _plain(at: Stamp | None) -> tuple[int, ...] | None:
    return None if at is None else tuple(at)


def _stamp(value: tuple[int, int, int, int] | None) -> Stamp | None:
    return None if value is None else Stamp(*value)


def _packed(kind: str, numbers: Iterable[int]) -> bytes:
    return array(kind, numbers).tobytes()


def _unpacked(kind: str, data: bytes) -> "array[int]":
    numbers: array[int] = array(kind)
    numbers.frombytes(data)
    return numbers
