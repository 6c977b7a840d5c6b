"""What a run keeps of a package for the next one: the collection, the ledger, their deflated blocks, and an index.

The index is written last and knows the sizes and checksums of the others: where they do not fit together, for whatever
reason, nothing of them is trusted.
"""

import contextlib
import marshal
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from ankisync.package.deflate import LEVEL, MEMORY, Block
from ankisync.package.head import Head, read_schema
from ankisync.values import dataclass

COLLECTION, LEDGER, BLOCKS, INDEX = ".anki2", ".jsonl", ".deflated", ".index"
# The copy of the collection that is patched; never kept.
COPY = ".copy"

# To be raised with whatever here, in the rows or in their layout becomes other bytes.
_FORMAT = 2
_NEW = ".new"
_CHUNK = 1024 * 1024


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


class KeptPart(NamedTuple):
    """A part of the last run: its key, its notes' ids, how many bytes its lines have in the ledger."""

    key: bytes
    ids: tuple[int, ...]
    ledger: int


class Content(NamedTuple):
    """A file of the last run: how long it is, its checksum, its blocks."""

    size: int
    crc: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """All that is known of the last run."""

    head: Head
    parts: tuple[KeptPart, ...]
    collection: Content
    ledger: Content


def read_index(kept: Kept) -> Index | None:
    """The index of the last run; None where there is none, it is damaged, or other versions wrote it."""
    try:
        data = kept.path(INDEX).read_bytes()
    except OSError:
        return None
    mark = _mark()
    body = data[len(mark) + 4 :]
    if data[: len(mark) + 4] != mark + zlib.crc32(body).to_bytes(4):
        return None
    head, parts, collection, ledger = marshal.loads(body)  # noqa: S302 - as it was written, says its checksum
    return Index(Head(*head), tuple(KeptPart(*each) for each in parts), _content(*collection), _content(*ledger))


def _content(size: int, crc: int, blocks: list[tuple[int, int, int, int, int, int]]) -> Content:
    return Content(size, crc, tuple(Block(*each) for each in blocks))


def write_index(file: IO[bytes], index: Index) -> None:
    """Write an index."""
    # marshal takes plain tuples only.
    head = (index.head.models, index.head.decks, index.head.adopted)
    parts = [(each.key, each.ids, each.ledger) for each in index.parts]
    body = marshal.dumps((head, parts, _plain(index.collection), _plain(index.ledger)))
    file.write(_mark() + zlib.crc32(body).to_bytes(4) + body)


def _plain(content: Content) -> tuple[int, int, list[tuple[int, ...]]]:
    return content.size, content.crc, [tuple(int(each) for each in block) for block in content.blocks]


def _mark() -> bytes:
    """What tells an index of these versions: they say how rows, pages, blocks and the index itself look."""
    import sqlite3

    schema = zlib.crc32(f"{read_schema().tables}{read_schema().row}".encode())
    libraries = (sqlite3.sqlite_version, zlib.ZLIB_RUNTIME_VERSION, sys.version_info[:2])
    versions = (_FORMAT, LEVEL, MEMORY, schema, *libraries)
    return f"ankisync kept {versions}\n".encode()


def copy_checked(file: IO[bytes], content: Content, target: IO[bytes] | None = None) -> bool:
    """Copy a file of the last run, or only look at it; whether it is what it was. Else the copy is of no use. Raises
    `OSError`.
    """
    crc = size = 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        if target:
            target.write(chunk)
    return (size, crc) == (content.size, content.crc)


@contextlib.contextmanager
def making(kept: Kept) -> Iterator[None]:
    """In here new files are made; afterwards those that are not kept are gone. Raises `OSError`."""
    os.makedirs(kept.folder, exist_ok=True)
    try:
        yield
    finally:
        for suffix in (COPY, COLLECTION, LEDGER, BLOCKS, INDEX):
            with contextlib.suppress(OSError):
                os.remove(kept.new(suffix))


def keep(kept: Kept, index: Index) -> None:
    """Put the new files into the places of the last run's, the index last. Raises `OSError`."""
    with kept.new(INDEX).open("wb") as file:
        write_index(file, index)
    forget(kept)
    for suffix in (BLOCKS, LEDGER, COLLECTION, INDEX):
        with contextlib.suppress(FileNotFoundError):
            os.remove(kept.path(suffix))
        os.rename(kept.new(suffix), kept.path(suffix))


def forget(kept: Kept) -> None:
    """Trust nothing of the last run any more."""
    with contextlib.suppress(OSError):
        os.remove(kept.path(INDEX))
