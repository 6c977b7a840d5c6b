"""The package as a file: made from nothing, or of what the last run kept. The bytes are the same."""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from ankisync.model import Attachment
from ankisync.package.archive import Archive
from ankisync.package.change import Change, compare
from ankisync.package.deflate import Deflater, Last, page_blocks, piece_blocks
from ankisync.package.head import Head
from ankisync.package.kept import (
    BLOCKS,
    COLLECTION,
    COPY,
    LEDGER,
    Content,
    Index,
    Kept,
    KeptPart,
    copy_checked,
    forget,
    keep,
    making,
    read_index,
)
from ankisync.package.ledger import LEDGER_MEMBER
from ankisync.package.marks import MARK
from ankisync.package.rows import PackedPart
from ankisync.values import dataclass


def write_package(
    file: IO[bytes],
    parts: Sequence[PackedPart],
    head: Head,
    fingerprint: str,
    media: Iterable[Attachment],
    root: Path,
    kept: Kept | None = None,
) -> None:
    """Write the package of these parts, given in the order in which new cards are to be shown, into a new file that
    can be sought in. No note may be in two parts. `media` may name a file more than once; paths are relative to `root`.

    `fingerprint` (of all that goes in, see `packaging`) is put into the zip's comment, by which the package is known as
    ours and as current. With `kept`, what did not change since the last run is taken from there, and this run's work is
    put there; where that is not possible, all is done without. Raises `MediaChanged`, and `OSError` where the file
    cannot be written; what was written until then is of no use.
    """
    import sqlite3

    named = {each.name: each for each in media}
    task = _Task(tuple(parts), head, (MARK + fingerprint).encode(), tuple(named[name] for name in sorted(named)), root)
    if kept is not None:
        start = file.tell()
        try:
            with making(kept), ExitStack() as stack:
                index = task.write(file, kept, _open_last(kept, stack), keeps=True)
                stack.close()
                keep(kept, index)
        except (OSError, sqlite3.Error):
            forget(kept)
            file.seek(start)
            file.truncate()
        else:
            return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ankisync-") as folder:
        task.write(file, Kept(Path(folder), "package"), None, keeps=False)


@dataclass(frozen=True, slots=True)
class _LastRun:
    """The last run's index, and its files, open."""

    index: Index
    collection: IO[bytes]
    ledger: IO[bytes]
    blocks: IO[bytes]

    def deflated(self, data: IO[bytes], content: Content) -> Last:
        return Last(data, self.blocks, {(each.size, each.first): each for each in content.blocks})


def _open_last(kept: Kept, stack: ExitStack) -> _LastRun | None:
    """What the last run left, if it left all that it must. Its files are not looked into yet."""
    index = read_index(kept)
    if index is None:
        return None
    try:
        files = [stack.enter_context(kept.path(suffix).open("rb")) for suffix in (COLLECTION, LEDGER, BLOCKS)]
    except OSError:
        return None
    return _LastRun(index, *files)


@dataclass(frozen=True, slots=True)
class _Task:
    """One package to be written."""

    parts: tuple[PackedPart, ...]
    head: Head
    comment: bytes
    media: tuple[Attachment, ...]
    root: Path

    def write(self, file: IO[bytes], work: Kept, last: _LastRun | None, *, keeps: bool) -> Index:
        """Write the package by way of new files in `work`; with `keeps`, the deflated blocks are one of them."""
        from ankisync.package.collection import set_counters

        with ExitStack() as stack:
            ledger = stack.enter_context(work.new(LEDGER).open("w+b"))
            sizes = self._collect(work, ledger, last)
            ledger.seek(0)
            collection = stack.enter_context(work.new(COLLECTION).open("r+b"))
            set_counters(collection)
            blocks = stack.enter_context(work.new(BLOCKS).open("wb")) if keeps else None
            pages = Deflater(last.deflated(last.collection, last.index.collection) if last else None, blocks)
            lines = Deflater(last.deflated(last.ledger, last.index.ledger) if last else None, blocks)
            archive = Archive(file)
            first = _add(archive, "collection.anki2", collection, pages, page_blocks(collection))
            names = {str(number): each.name for number, each in enumerate(self.media)}
            archive.add("media", json.dumps(names).encode())
            pieces = (ledger.read(size) for size in (len(self.head.adopted.encode()), *sizes))
            second = _add(archive, LEDGER_MEMBER, ledger, lines, piece_blocks(pieces))
            if self.media:
                self._add_media(archive)
            archive.close(self.comment)
        parts = (KeptPart(part.key, part.ids, size) for part, size in zip(self.parts, sizes, strict=True))
        return Index(self.head, tuple(parts), first, second)

    def _add_media(self, archive: Archive) -> None:
        from ankisync.media import is_loose

        for number, each in enumerate(self.media):
            archive.add_file(str(number), self.root / each.path, each, loose=is_loose(each.name))

    def _collect(self, work: Kept, ledger: IO[bytes], last: _LastRun | None) -> list[int]:
        """Make the collection and the ledger; the size of each part's ledger."""
        from ankisync.package.collection import build, patch

        target = work.new(COLLECTION)
        change = compare([(part.key, part.ids) for part in self.parts], self.head, last.index) if last else Change()
        if last is None or change.large or not copy_checked(last.ledger, last.index.ledger):
            return build(self.parts, self.head, target, ledger)
        with work.new(COPY).open("wb") as copy:
            sound = copy_checked(last.collection, last.index.collection, copy)
        if not sound:
            return build(self.parts, self.head, target, ledger)
        return patch(work.new(COPY), self.parts, self.head, change, target, ledger, last.ledger)


def _add(archive: Archive, name: str, file: IO[bytes], deflater: Deflater, blocks: Iterable[bytes]) -> Content:
    """Add a file as a member, deflated in blocks."""
    size = os.fstat(file.fileno()).st_size
    crc = archive.add_blocks(name, deflater.deflate(blocks), size)
    return Content(size, crc, tuple(deflater.made))
