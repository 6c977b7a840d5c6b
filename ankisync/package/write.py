"""The package as a file: made from nothing, or of what the last run kept. The bytes are the same."""

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from io import BytesIO
from pathlib import Path
from typing import IO

from ankisync.model import Attachment
from ankisync.package.archive import Archive
from ankisync.package.change import Change, compare
from ankisync.package.deflate import Deflater, Last, page_blocks, piece_blocks
from ankisync.package.head import Head
from ankisync.package.kept import (
    COLLECTION,
    COPY,
    KEPT,
    Content,
    Index,
    Kept,
    KeptPart,
    copy_checked,
    forget,
    keep,
    making,
    read_index,
    write_index,
)
from ankisync.package.ledger import LEDGER_MEMBER
from ankisync.package.marks import MARK
from ankisync.package.mould import FEW, Mould
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
    mould: Mould | None = None,
) -> None:
    """Write the package of these parts, given in the order in which new cards are to be shown, into a new file that
    can be sought in. No note may be in two parts. `media` may name a file more than once; paths are relative to `root`.

    `fingerprint` (of all that goes in, see `packaging`) is put into the zip's comment, by which the package is known as
    ours and as current. With `kept`, what did not change since the last run is taken from there, and this run's work is
    put there; where that is not possible, all is done without. The `mould` is for small packages, of which many are
    written one after the other. Raises `MediaChanged`, and `OSError` where the file cannot be written; what was written
    until then is of no use.
    """
    named = {each.name: each for each in media}
    files = tuple(named[name] for name in sorted(named))
    with closing(Mould()) as own:
        task = _Task(tuple(parts), head, (MARK + fingerprint).encode(), files, root, mould or own)
        if kept is None or not _write_kept(task, file, kept):
            import tempfile

            with tempfile.TemporaryDirectory(prefix="ankisync-") as folder:
                task.write(file, Kept(Path(folder), "package"), None, keeps=False)


def _write_kept(task: "_Task", file: IO[bytes], kept: Kept) -> bool:
    """Write a package by way of what is kept; False, and nothing is written or kept, where that is not possible."""
    import sqlite3

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
        return False
    return True


@dataclass(frozen=True, slots=True)
class _LastRun:
    """The last run's index, and what it knows, open: the file of the collection, and that of all else."""

    index: Index
    collection: IO[bytes]
    file: IO[bytes]

    def deflated(self, data: IO[bytes], content: Content) -> Last:
        return Last(data, self.file, {(each.size, each.first): each for each in content.blocks})


def _open_last(kept: Kept, stack: ExitStack) -> _LastRun | None:
    """What the last run left, if it left all that it must. Only the index of it is looked into."""
    try:
        file = stack.enter_context(kept.path(KEPT).open("rb"))
        index = read_index(file)
        if index is None:
            return None
        own = index.collection.at is None
        collection = stack.enter_context(kept.path(COLLECTION).open("rb")) if own else file
    except OSError:
        return None
    return _LastRun(index, collection, file)


@dataclass(frozen=True, slots=True)
class _Made:
    """The collection, which is `held` in memory or a file, and the ledger, with the size of each part in it."""

    collection: IO[bytes]
    held: bool
    ledger: IO[bytes]
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Task:
    """One package to be written."""

    parts: tuple[PackedPart, ...]
    head: Head
    comment: bytes
    media: tuple[Attachment, ...]
    root: Path
    mould: Mould

    def write(self, file: IO[bytes], work: Kept, last: _LastRun | None, *, keeps: bool) -> Index:
        """Write the package by way of new files in `work`; with `keeps`, these are then what the next run can use."""
        with ExitStack() as stack:
            kept = stack.enter_context(work.new(KEPT).open("wb"))
            change = self._change(last)
            if last and not _is_sound(last, work, copies=not change.large):
                last = None
            made = self._make(kept, work, change, last, stack)
            at = _append(kept, made.collection) if made.held and keeps else None
            index = self._zip(file, made, last, kept if keeps else None, at)
            if keeps:
                write_index(kept, index)
        return index

    def _make(self, kept: IO[bytes], work: Kept, change: Change, last: _LastRun | None, stack: ExitStack) -> _Made:
        """Make the collection and the ledger, with which what is kept begins."""
        from ankisync.package.collection import set_counters

        # That of few notes is held beside it, so that it need not be read again.
        few = sum(len(part.ids) for part in self.parts) <= FEW
        ledger: IO[bytes] = BytesIO() if few else kept
        sizes, held = self._collect(work, ledger, change, last)
        if few:
            _append(kept, ledger)
        else:
            kept.flush()
            ledger = stack.enter_context(work.new(KEPT).open("rb"))
        ledger.seek(0)
        collection = held or stack.enter_context(work.new(COLLECTION).open("r+b"))
        set_counters(collection)
        return _Made(collection, held is not None, ledger, tuple(sizes))

    def _zip(
        self, file: IO[bytes], made: _Made, last: _LastRun | None, blocks: IO[bytes] | None, at: int | None
    ) -> Index:
        """Write the package of what was made; what deflate makes of that goes into `blocks` too, where the collection
        is `at`.
        """
        collection, ledger = made.collection, made.ledger
        pages = Deflater(last.deflated(last.collection, last.index.collection) if last else None, blocks, at or 0)
        lines = Deflater(last.deflated(last.file, last.index.ledger) if last else None, blocks, pack=pages.pack)
        archive = Archive(file)
        size = collection.seek(0, os.SEEK_END)
        collection.seek(0)
        crc = archive.add_blocks("collection.anki2", pages.deflate(page_blocks(collection)), size)
        first = Content(size, crc, tuple(pages.made), at)
        names = {str(number): each.name for number, each in enumerate(self.media)}
        archive.add("media", json.dumps(names).encode())
        pieces = [len(self.head.adopted.encode()), *made.sizes]
        crc = archive.add_blocks(LEDGER_MEMBER, lines.deflate(piece_blocks(map(ledger.read, pieces))), sum(pieces))
        second = Content(sum(pieces), crc, tuple(lines.made), 0)
        if self.media:
            self._add_media(archive)
        archive.close(self.comment)
        parts = (KeptPart(part.key, part.ids, size) for part, size in zip(self.parts, made.sizes, strict=True))
        return Index(self.head, tuple(parts), first, second)

    def _add_media(self, archive: Archive) -> None:
        from ankisync.media import is_loose

        for number, each in enumerate(self.media):
            archive.add_file(str(number), self.root / each.path, each, loose=is_loose(each.name))

    def _change(self, last: _LastRun | None) -> Change:
        return compare([(part.key, part.ids) for part in self.parts], self.head, last.index) if last else Change()

    def _collect(
        self, work: Kept, ledger: IO[bytes], change: Change, last: _LastRun | None
    ) -> tuple[list[int], IO[bytes] | None]:
        """Make the ledger, and the collection in its new file or in memory; the size of each part's ledger, and what
        is in memory.
        """
        from ankisync.package.collection import build, patch

        target = work.new(COLLECTION)
        if last is None or change.large:
            return build(self.parts, self.head, target, ledger, self.mould)
        return patch(work.new(COPY), self.parts, self.head, change, target, ledger, last.file), None


def _is_sound(last: _LastRun, work: Kept, *, copies: bool) -> bool:
    """Whether the last run's files are what they were; then `copies` makes the copy of the collection."""
    if not copy_checked(last.file, last.index.ledger):
        return False
    if not copies:
        return copy_checked(last.collection, last.index.collection)
    with work.new(COPY).open("wb") as copy:
        return copy_checked(last.collection, last.index.collection, copy)


def _append(file: IO[bytes], data: IO[bytes]) -> int:
    """Put all of the data at the end of a file; where that is."""
    at = file.tell()
    data.seek(0)
    file.write(data.read())
    return at
