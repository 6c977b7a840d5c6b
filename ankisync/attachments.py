"""The media files that cards use: listed, found, known by their content. Effects: reads files, writes none."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from io import FileIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ankisync.discover import Root, reason
from ankisync.embeds import any_embeds
from ankisync.model import Diagnostic, Document
from ankisync.parse.syntax import Syntax
from ankisync.reading import Read, Reading, read_file
from ankisync.source import Source
from ankisync.stamps import FolderStamp, Ground, Stamp, names_digest, stamp
from ankisync.values import dataclass, field, replace

if TYPE_CHECKING:
    from ankisync.media import Attached, Listing, Unreadable

Lister = Callable[[], tuple["Listing", Ground]]
"""Gives the listing of media files, with its ground."""

_CHUNK = 1024 * 1024
_NEVER_LISTED = frozenset((".git", ".ankisync_cache"))


@dataclass(frozen=True, slots=True)
class Attachments:
    """A reading with what cards embed, the digests of the files that they use, and the listing with its ground if it
    was made.
    """

    reading: Reading
    digests: Mapping[str, tuple[Stamp, str]]
    listing: tuple["Listing", Ground] | None


def attach(
    root: Root,
    reading: Reading,
    syntax: Syntax,
    digests: Mapping[str, tuple[Stamp, str]],
    listing: Lister | None = None,
) -> Attachments:
    """What was read, with what each card embeds and what is to be told of that. Files are only listed where a card
    embeds something, by `listing` where it is given, and only read where one uses them and none of `digests`, from a
    run before, is of the file as it is.
    """
    reader = _Reader(root, reading, digests, listing or (lambda: list_media(root)))
    asking = [_embedding(each.document) for each in reading.read]
    if not any(asking):
        return Attachments(reading, {}, None)
    from ankisync.media import Attacher, Files

    files = Files(reader.listing, reader.digest, reading.files.names, reader.source, reader.with_text)
    attacher = Attacher(syntax, files)
    read = tuple(
        _with(each, attacher.attach(each.document, places)) if places else each
        for each, places in zip(reading.read, asking, strict=True)
    )
    return Attachments(replace(reading, read=read), reader.kept, reader.listed)


def _embedding(document: Document) -> list[int]:
    """Which of its cards, by place, may embed something."""
    return [place for place, block in enumerate(document.blocks) if any_embeds(block.fields)]


def _with(read: Read, attached: "Attached") -> Read:
    return replace(
        read,
        document=attached.document,
        told=(*read.told, *attached.told),
        embeds=True,
        uses=attached.used,
        remote=attached.remote,
    )


class _Reader:
    """Answers for the disk."""

    def __init__(
        self,
        root: Root,
        reading: Reading,
        digests: Mapping[str, tuple[Stamp, str]],
        lister: Lister,
    ) -> None:
        self.root, self.known, self.lister = root, digests, lister
        self.sources = {each.document.source.path: each.document.source for each in reading.read}
        self.kept: dict[str, tuple[Stamp, str]] = {}
        self.listed: tuple[Listing, Ground] | None = None
        self.opened: Source | None = None

    def listing(self) -> "Listing":
        self.listed = self.listed or self.lister()
        return self.listed[0]

    def digest(self, path: str) -> "str | Unreadable":
        from ankisync.media import Unreadable

        file = self.root.folder / path
        at = stamp(file)
        known = self.known.get(path)
        try:
            found = known[1] if known and known[0] == at else digest_file(file)
        except OSError as error:
            return Unreadable(reason(error))
        if at is not None:
            self.kept[path] = at, found
        return found

    def with_text(self, source: Source) -> Source:
        """A source with its text, by which places in it are told; without, where it is another one by now."""
        if source.text:
            return source
        if self.opened is None or self.opened.path != source.path:
            read = read_file(self.root.folder, source.path, self.root.settings)
            same = not isinstance(read, Diagnostic) and read[0].digest == source.digest
            self.opened = read[0] if same and not isinstance(read, Diagnostic) else source
        return self.opened

    def source(self, path: str) -> Source | None:
        """The text of a note: the one that was read in this pass, else it is read now."""
        known = self.sources.get(path)
        if known is None or not known.text:
            read = read_file(self.root.folder, path, self.root.settings)
            if isinstance(read, Diagnostic):
                return None
            self.sources[path] = read[0]
        return self.sources[path]


def list_media(root: Root) -> tuple["Listing", Ground]:
    """The media files under the root and in `media_roots`, and the ground of that. Links are followed to where media
    may lie, no further.
    """
    from ankisync.media import Listing

    folder = Path(os.path.realpath(root.folder))
    others = [Path(os.path.realpath(root.folder / each)) for each in root.settings.media_roots]
    walker = _Lister(folder, (folder, *others))
    for start in (folder, *(each for each in others if folder not in (each, *each.parents))):
        walker.walk(start)
    names = tuple(each.as_posix() for each in others)
    listing = Listing(folder.as_posix(), names, tuple(walker.files), walker.links, frozenset(walker.refused))
    return listing, Ground(walker.stamps, known=not walker.links)


@dataclass
class _Lister:
    """The state of one walk over the folders in which media may lie."""

    root: Path
    allowed: tuple[Path, ...]
    files: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    stamps: dict[str, FolderStamp] = field(default_factory=dict)

    def walk(self, start: Path) -> None:
        """List a folder and all below it, but not the root where that lies in another folder: it has its own walk."""
        from ankisync.media import is_media

        root = str(self.root)
        name = self._name(start)
        waiting = [(str(start), "" if name == "." else f"{name.rstrip('/')}/")]
        while waiting:
            folder, prefix = waiting.pop()
            entries = self._entries(folder)
            for each in entries if folder != root or start == self.root else ():
                if not _is_folder(each):
                    if is_media(each.name):
                        self._file(each, prefix + each.name)
                elif each.name in _NEVER_LISTED:
                    continue
                elif each.is_symlink():
                    self._link(each, prefix + each.name)
                else:
                    waiting.append((each.path, f"{prefix}{each.name}/"))

    def _entries(self, folder: str) -> Sequence["os.DirEntry[str]"]:
        """What is in a folder, whose stamp is kept; nothing where it cannot be read."""
        at = stamp(folder)
        try:
            with os.scandir(folder) as found:
                entries = list(found)
            self.stamps[folder] = FolderStamp(at, names_digest(entries))
        except OSError:
            return ()
        return entries

    def _link(self, entry: "os.DirEntry[str]", name: str) -> None:
        real = Path(os.path.realpath(entry.path))
        if self._may_be_read(real):
            self.links[name] = self._name(real)
        else:
            self.refused.add(name)

    def _file(self, entry: "os.DirEntry[str]", name: str) -> None:
        if entry.is_symlink() and not self._may_be_read(Path(os.path.realpath(entry.path))):
            self.refused.add(name)
        else:
            self.files.append(name)

    def _may_be_read(self, real: Path) -> bool:
        return any(each in (real, *real.parents) for each in self.allowed)

    def _name(self, path: Path) -> str:
        within = self.root in (path, *path.parents)
        return path.relative_to(self.root).as_posix() if within else path.as_posix()


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether it is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def read_chunks(path: Path) -> Iterator[bytes]:
    """The content of a regular file in pieces, no more than it has when it is opened. Raises `OSError`."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    left = status.st_size
    # Nothing is to be gathered: small files come in one piece, of large ones large pieces are asked for.
    with FileIO(path) as file:
        while left and (chunk := file.read(min(_CHUNK, left))):
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
