"""What a run keeps of a package for the next one, in one file: the ledger, the collection, their deflated blocks, and
an index, which ends it. A collection that was made as a file is a file of its own: large ones are not written twice.

The index is written last and knows the sizes and checksums of the others: where they do not fit together, for whatever
reason, nothing of them is trusted. That it is one file, and not four, is for vaults of many packages: to make a file
costs the system more than all else about a small one.
"""

import contextlib
import marshal
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from ankisync.package.deflate import LEVEL, MEMORY, Block
from ankisync.package.head import Head, read_schema
from ankisync.values import dataclass

KEPT, COLLECTION = ".kept", ".anki2"
# The copy of the collection that is patched; never kept.
COPY = ".copy"

# To be raised with whatever here, in the rows or in their layout becomes other bytes.
_FORMAT = 3
_NEW = ".new"
_CHUNK = 1024 * 1024
# At the very end: the checksum of the index and its length.
_END = struct.Struct("<IQ")


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a package's files are kept: a folder that no other process uses now, and a name, for this package only."""

    folder: Path
    name: str

    def path(self, suffix: str) -> Path:
        """A file of the last run."""
        return self.folder / f"{self.name}{suffix}"

    def new(self, suffix: str) -> Path:
        """The same file in the making."""
        return self.folder / f"{self.name}{suffix}{_NEW}"

    def names(self) -> tuple[str, ...]:
        """The names that files of the last run may have."""
        return f"{self.name}{KEPT}", f"{self.name}{COLLECTION}"


class KeptPart(NamedTuple):
    """A part of the last run: its key, its notes' ids, how many bytes its lines have in the ledger."""

    key: bytes
    ids: tuple[int, ...]
    ledger: int


class Content(NamedTuple):
    """The collection or the ledger of the last run: how long it is, its checksum, its blocks, where it begins among
    what is kept; None for a file of its own.
    """

    size: int
    crc: int
    blocks: tuple[Block, ...]
    at: int | None


@dataclass(frozen=True, slots=True)
class Index:
    """All that is known of the last run."""

    head: Head
    parts: tuple[KeptPart, ...]
    collection: Content
    ledger: Content


def read_index(file: IO[bytes]) -> Index | None:
    """The index that ends a file of the last run; None where it is damaged, or other versions wrote it. Raises
    `OSError`.
    """
    end = file.seek(0, os.SEEK_END) - _END.size
    if end < 0:
        return None
    file.seek(end)
    crc, size = _END.unpack(file.read())
    mark = _mark()
    if not len(mark) <= size <= end:
        return None
    file.seek(end - size)
    data = file.read(size)
    if not data.startswith(mark) or zlib.crc32(data) != crc:
        return None
    head, parts, *contents = marshal.loads(data[len(mark) :])  # noqa: S302 - as it was written, says its checksum
    collection, ledger = (_content(*each) for each in contents)
    return Index(Head(*head), tuple(KeptPart(*each) for each in parts), collection, ledger)


def _content(size: int, crc: int, blocks: list[tuple[int, int, int, int, int, int]], at: int | None) -> Content:
    return Content(size, crc, tuple(Block(*each) for each in blocks), at)


def write_index(file: IO[bytes], index: Index) -> None:
    """End a file with an index."""
    # marshal takes plain tuples only.
    head = (index.head.models, index.head.decks, index.head.adopted)
    parts = [(each.key, each.ids, each.ledger) for each in index.parts]
    data = _mark() + marshal.dumps((head, parts, _plain(index.collection), _plain(index.ledger)))
    file.write(data + _END.pack(zlib.crc32(data), len(data)))


def _plain(content: Content) -> tuple[int, int, list[tuple[int, ...]], int | None]:
    return content.size, content.crc, [tuple(block) for block in content.blocks], content.at


def _mark() -> bytes:
    """What tells an index of these versions: they say how rows, pages, blocks and the index itself look."""
    import sqlite3

    schema = zlib.crc32(f"{read_schema().tables}{read_schema().row}".encode())
    libraries = (sqlite3.sqlite_version, zlib.ZLIB_RUNTIME_VERSION, sys.version_info[:2])
    versions = (_FORMAT, LEVEL, MEMORY, schema, *libraries)
    return f"ankisync kept {versions}\n".encode()


def copy_checked(file: IO[bytes], content: Content, target: IO[bytes] | None = None) -> bool:
    """Copy a content of the last run out of its file, or only look at it; whether it is what it was. Else the copy is
    of no use. Raises `OSError`.
    """
    crc, left = 0, content.size
    file.seek(content.at or 0)
    while left and (chunk := file.read(min(_CHUNK, left))):
        crc, left = zlib.crc32(chunk, crc), left - len(chunk)
        if target:
            target.write(chunk)
    return not left and crc == content.crc


@contextlib.contextmanager
def making(kept: Kept) -> Iterator[None]:
    """In here new files are made; afterwards those that are not kept are gone. Raises `OSError`."""
    os.makedirs(kept.folder, exist_ok=True)
    try:
        yield
    finally:
        for suffix in (COPY, COLLECTION, KEPT):
            with contextlib.suppress(OSError):
                os.remove(kept.new(suffix))


def keep(kept: Kept, index: Index) -> None:
    """Put the new files into the places of the last run's, that with the index last. Raises `OSError`."""
    if index.collection.at is None:
        os.replace(kept.new(COLLECTION), kept.path(COLLECTION))
    else:
        with contextlib.suppress(FileNotFoundError):
            os.remove(kept.path(COLLECTION))
    os.replace(kept.new(KEPT), kept.path(KEPT))


def forget(kept: Kept) -> None:
    """Trust nothing of the last run any more."""
    with contextlib.suppress(OSError):
        os.remove(kept.path(KEPT))
