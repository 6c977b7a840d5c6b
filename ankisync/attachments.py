"""The media files that cards use: listed, found, known by their content. Effects: reads files, writes none."""

import difflib
import os
import stat
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from ankisync.cloze import native
from ankisync.diagnostics import diagnose
from ankisync.discover import Root, reason
from ankisync.media import Index, Listing, Resolution, Result, is_media, may_embed, resolve, stored_name, wanted
from ankisync.model import Attachment, Block, Diagnostic, Document, Location
from ankisync.parse.hash import card_hash
from ankisync.parse.syntax import Syntax
from ankisync.reading import Reading
from ankisync.source import Source

_CHUNK = 1024 * 1024
_NEVER_LISTED = frozenset((".git", ".ankisync_cache"))
# Looking for a near name is slow; a vault without its pictures would wait for it.
_MAX_NEAR = 20


def attach(root: Root, reading: Reading, syntax: Syntax) -> Reading:
    """What was read, with each card's media and what is to be told of them. Files are only listed where a card embeds
    something, and only read where one uses them.
    """
    finder = _Attacher(root, syntax)
    documents = tuple(finder.document(each) for each in reading.documents)
    return replace(reading, documents=documents, diagnostics=(*reading.diagnostics, *finder.all_told()))


@dataclass
class _Attacher:
    """The state of one pass over the cards."""

    root: Root
    syntax: Syntax
    told: list[Diagnostic] = field(default_factory=list)
    remote: list[Location] = field(default_factory=list)
    digests: dict[str, str | None] = field(default_factory=dict)
    near: dict[str, str] = field(default_factory=dict)

    @cached_property
    def index(self) -> Index:
        return Index(list_media(self.root))

    def all_told(self) -> Iterator[Diagnostic]:
        yield from self.told
        if self.remote:
            yield diagnose("A506", self.remote[0], count=len(self.remote))

    def document(self, document: Document) -> Document:
        """A document whose cards have their media. One without any is the same object."""
        blocks = tuple(self._block(document.source, block) for block in document.blocks)
        return replace(document, blocks=blocks) if any(block.media for block in blocks) else document

    def _block(self, source: Source, block: Block) -> Block:
        texts = tuple(text for _, text in block.fields)
        if not any(map(may_embed, texts)):
            return block
        cloze = self.syntax.notetypes.by_key[block.notetype].cloze
        forms = self.syntax.settings.cloze_forms
        targets = wanted(native(texts, forms) if cloze else texts, cloze=cloze)
        found = (self._attachment(target, source, block) for target in targets)
        media = tuple(each for each in found if each is not None)
        if not media:
            return block
        digests = tuple(sorted({each.digest for each in media}))
        hash_ = card_hash(block.notetype, block.fields, block.tags, forms if cloze else None, digests)
        return replace(block, media=media, hash=hash_)

    def _attachment(self, target: str, source: Source, block: Block) -> Attachment | None:
        place = _place(source, block, target)
        found = resolve(target, source.path, self.index, self.root.settings.attachments)
        if found.result is not Result.FOUND:
            self._tell(found.result, target, place)
            return None
        path = self.index.path(found.name)
        digest = self._digest(path, place)
        if digest is None:
            return None
        self._tell_doubts(found, target, place)
        return Attachment(target, stored_name(path, digest), path, digest)

    def _digest(self, path: str, place: Location) -> str | None:
        if path not in self.digests:
            try:
                self.digests[path] = digest_file(self.root.folder / path)
            except OSError as error:
                self.digests[path] = None
                self.told.append(diagnose("A505", place, name=path, reason=reason(error)))
        return self.digests[path]

    def _tell(self, result: Result, target: str, place: Location) -> None:
        shown = unquote(target)
        if result is Result.REMOTE:
            self.remote.append(place)
        elif result is Result.MISSING:
            self.told.append(diagnose("A501", place, target=shown, near=self._near(shown)))
        elif result is Result.OUTSIDE:
            self.told.append(diagnose("A504", place, target=shown))
        elif result is Result.OTHER:
            self.told.append(diagnose("A507", place, target=shown))

    def _tell_doubts(self, found: Resolution, target: str, place: Location) -> None:
        if found.cased:
            self.told.append(diagnose("A502", place, target=unquote(target), name=found.name))
        if found.sharing > 1:
            self.told.append(diagnose("A503", place, count=found.sharing, target=unquote(target), name=found.name))

    def _near(self, target: str) -> str:
        """The hint for a file that is not there: the names that are nearest to it."""
        name = target.replace("\\", "/").rpartition("/")[2].casefold()
        if name not in self.near:
            few = len(self.near) < _MAX_NEAR
            names = difflib.get_close_matches(name, self.index.file_names(), 3, 0.6) if few else []
            places = (each for found in names for each in self.index.by_file[found][:3])
            self.near[name] = ", ".join(f"`{each}`" for each in list(places)[:3])
        near = self.near[name]
        return f"did you mean {near}?" if near else "put the file into the vault, or correct its name"


def _place(source: Source, block: Block, target: str) -> Location:
    """Where a target stands in the card's text; the card's own place where it is written in another way."""
    span = block.span
    texts = (source.text.find(each, span.start, span.end) for each in (target, unquote(target)))
    at = next((offset for offset in texts if offset >= 0), -1)
    if at < 0:
        return block.location
    line = bisect_right(source.lines, at, key=lambda each: each.start) - 1
    return Location(source.path, line + 1, at - source.lines[line].start + 1)


def list_media(root: Root) -> Listing:
    """The media files under the root and in `media_roots`. Links are followed to where media may lie, no further."""
    folder = Path(os.path.realpath(root.folder))
    others = [Path(os.path.realpath(root.folder / each)) for each in root.settings.media_roots]
    walker = _Lister(folder, (folder, *others))
    for start in (folder, *(each for each in others if folder not in (each, *each.parents))):
        walker.walk(start)
    names = tuple(each.as_posix() for each in others)
    return Listing(folder.as_posix(), names, tuple(walker.files), walker.links, frozenset(walker.refused))


@dataclass
class _Lister:
    """The state of one walk over the folders in which media may lie."""

    root: Path
    allowed: tuple[Path, ...]
    files: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def walk(self, start: Path) -> None:
        for folder, folders, names in os.walk(start):
            folders[:] = sorted(set(folders) - _NEVER_LISTED)
            if start != self.root and Path(folder) == self.root:
                folders.clear()
                continue
            for name in (*folders, *filter(is_media, names)):
                self._entry(Path(folder, name), name in folders)

    def _entry(self, path: Path, is_folder: bool) -> None:
        name = self._name(path)
        if path.is_symlink():
            real = Path(os.path.realpath(path))
            if not any(each in (real, *real.parents) for each in self.allowed):
                self.refused.add(name)
                return
            if is_folder:
                self.links[name] = self._name(real)
        if not is_folder:
            self.files.append(name)

    def _name(self, path: Path) -> str:
        within = self.root in (path, *path.parents)
        return path.relative_to(self.root).as_posix() if within else path.as_posix()


def read_chunks(path: Path) -> Iterator[bytes]:
    """The content of a regular file in pieces, no more than it has when it is opened. Raises `OSError`."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    left = status.st_size
    with path.open("rb") as file:
        while chunk := file.read(min(_CHUNK, left)):
            left -= len(chunk)
            yield chunk


def digest_file(path: Path) -> str:
    """The digest of a file's content. Raises `OSError`."""
    digest = sha256()
    for chunk in read_chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def copy_file(path: Path, target: IO[bytes], expected: str) -> bool:
    """Copy a file's content in pieces; False where it is not (any more) the one with the digest expected. What was
    copied until then is of no use. Raises `OSError` where the target cannot take it.
    """
    digest = sha256()
    chunks = read_chunks(path)
    while chunk := _next(chunks):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest() == expected


def _next(chunks: Iterator[bytes]) -> bytes:
    """The next piece; none where the file cannot be read on, which its digest then tells."""
    try:
        return next(chunks, b"")
    except OSError:
        return b""
