"""What a build remembers for the next one, so that this looks again only at what changed. Values, and their form on
disk: the cache keeps the bytes, whoever reads them checks them.
"""

import sys
from collections.abc import Mapping

from ankisync.filememory import FileMemories, FileMemory, read_files
from ankisync.locklines import LockIndex
from ankisync.model import DeckName, Diagnostic, NoteId
from ankisync.packaging import PackagePlan, Part
from ankisync.plain import packed, plain_told, read_told, unpacked
from ankisync.retired import Retired
from ankisync.sealed import plain_ground, plain_stamp, read_ground, read_stamp, seal, unseal
from ankisync.stamps import Ground, Stamp
from ankisync.values import dataclass, fields

_FORM = 4

Texts = tuple[str, ...]
PlainListing = tuple[str, Texts, Texts, tuple[tuple[str, str], ...], Texts]


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
class PackageMemory:
    """A package as it lies there: `stamp` is None where nothing is known of that. `paths` are those of the files of its
    parts; the rest is as in its plan.
    """

    stamp: Stamp | None
    fingerprint: str
    top: str
    size: int
    decks: tuple[DeckName, ...]
    paths: tuple[str, ...]

    @property
    def mark(self) -> tuple[Stamp | None, str]:
        """By what it is known to be as it was."""
        return self.stamp, self.fingerprint

    def plan(self, file: str) -> PackagePlan:
        """The plan that leaves it as it is."""
        return PackagePlan(file, self.top, (), (), self.fingerprint, self.size, self.decks)


@dataclass(frozen=True, slots=True)
class Memory:
    """A vault as a build left it.

    `inputs` is a digest of all that decides how files are read and packages are made. `now_ms` is when the build began.
    `ground` is that of all listings of files; `notices` what was told of folders. `files` are the notes by path, in
    order; `media` the digests of the files that cards use, by path; `listing` is that of all media files, None where
    nobody asked. `lock` is the stamp of the lock, which comes as a new file, from us and from git: nobody writes into
    one within the grain of the clock. `index` is where its lines are; `loose` the IDs in it that are
    on no card of a settled file and are not `retired`. `packages` are the packages by file, `looks` is a digest of all
    that is delivered of notetypes.
    """

    engine: Engine
    inputs: bytes
    now_ms: int
    ground: Ground
    notices: tuple[Diagnostic, ...]
    files: FileMemories
    media: Mapping[str, tuple[Stamp, str]]
    listing: PlainListing | None
    lock: Stamp | None
    index: LockIndex
    loose: frozenset[NoteId]
    retired: Retired
    packages: Mapping[str, PackageMemory]
    looks: bytes


def write_memory(memory: Memory) -> bytes:
    """A memory as bytes, with a checksum in front."""
    value = (
        _form(),
        (memory.engine.program, memory.engine.versions, memory.engine.rendering),
        memory.inputs,
        memory.now_ms,
        plain_ground(memory.ground),
        [plain_told(each) for each in memory.notices],
        memory.files.plain(),
        [(path, tuple(at), digest) for path, (at, digest) in memory.media.items()],
        memory.listing,
        plain_stamp(memory.lock),
        tuple(memory.index),
        packed("Q", sorted(memory.loose)),
        (packed("Q", memory.retired.ids), packed("I", memory.retired.sums)),
        [(name, plain_stamp(each.stamp), *_rest(each)) for name, each in memory.packages.items()],
        memory.looks,
    )
    return seal(value)


def read_memory(data: bytes) -> Memory | None:
    """The memory that bytes hold; None where they are damaged, or of another version."""
    value = unseal(data)
    if not isinstance(value, tuple) or value[0] != _form():
        return None
    _, engine, inputs, now_ms, ground, notices, files, media, listing, lock, index, loose, gone, packages, looks = value
    return Memory(
        engine=Engine(*engine),
        inputs=inputs,
        now_ms=now_ms,
        ground=read_ground(*ground),
        notices=tuple(read_told(*each) for each in notices),
        files=read_files(*files),
        media={path: (Stamp(*at), found) for path, at, found in media},
        listing=listing,
        lock=read_stamp(lock),
        index=LockIndex(*index),
        loose=frozenset(map(NoteId, unpacked("Q", loose))),
        retired=Retired(*map(unpacked, "QI", gone)),
        packages={name: PackageMemory(read_stamp(at), *rest) for name, at, *rest in packages},
        looks=looks,
    )


def _rest(each: PackageMemory) -> tuple[object, ...]:
    return each.fingerprint, each.top, each.size, each.decks, each.paths


def _form() -> tuple[object, ...]:
    """What must be the same for the bytes to mean the same."""
    names = tuple(
        field.name for kind in (Memory, FileMemory, PackageMemory, Part, Diagnostic) for field in fields(kind)
    )
    return _FORM, sys.byteorder, sys.version_info[:2], names
