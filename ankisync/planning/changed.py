"""Which files changed since the last build, and which ones are tied to them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ankisync.attachments import list_media
from ankisync.discover import Files
from ankisync.filememory import FileMemories, FileMemory
from ankisync.lock import lock_path
from ankisync.locklines import LockText
from ankisync.memory import Memory, PlainListing, Texts
from ankisync.model import Diagnostic, Document, NoteId
from ankisync.parse.syntax import Syntax
from ankisync.planning.blocks import read_anew
from ankisync.reading import Read, read_file
from ankisync.request import Request
from ankisync.stamps import Ground, is_as
from ankisync.values import dataclass, replace

if TYPE_CHECKING:
    from ankisync.media import Listing


@dataclass(frozen=True, slots=True)
class Changed:
    """The files that are to be looked at, read, in the order of their names; the others are `kept`, some of them with a
    new stamp: `restamped`. `listing` is that of media files, if it was made.
    """

    read: tuple[Read, ...]
    kept: FileMemories
    restamped: Mapping[str, FileMemory]
    listing: tuple["Listing", Ground] | None


def find_changed(request: Request, syntax: Syntax, files: Files, lock: LockText, memory: Memory) -> Changed | None:
    """What changed since the memory was made; None where a file cannot be read."""
    finder = _Finder(request, syntax, files, lock, memory)
    if not finder.read_all(finder.changed()) or not finder.read_all(finder.unsettled(), forced=True):
        return None
    read = tuple(finder.read[name] for name in files.names if name in finder.read)
    kept = memory.files.with_files((name for name in files.names if name not in finder.read), finder.restamped)
    return Changed(read, kept, finder.restamped, finder.listing)


class _Finder:
    """Reads what must be read; `read` by path. What is `restamped` has the text that it had."""

    def __init__(self, request: Request, syntax: Syntax, files: Files, lock: LockText, memory: Memory) -> None:
        self.request, self.syntax, self.files, self.lock, self.memory = request, syntax, files, lock, memory
        self.folder = request.root.folder
        self.read: dict[str, Read] = {}
        self.known = memory.files
        self.restamped: dict[str, FileMemory] = {}
        self.listing: tuple[Listing, Ground] | None = None

    def changed(self) -> list[str]:
        """The files that are new, or whose stamp is another."""
        watched, names = self.request.changed, self.files.names
        asked = names if watched is None else [each for each in names if each in watched or each not in self.known]
        return self.known.changed(str(self.folder), asked)

    def unsettled(self) -> list[str]:
        """The files about which something is open, or whose cards embed what changed."""
        names = frozenset(self.files.names)
        found = (*self.known.unsettled(), *self._embedding())
        return [name for name in found if name in names and name not in self.read]

    def read_all(self, names: Iterable[str], *, forced: bool = False) -> bool:
        """Read files, and then those that hold an ID of theirs. One whose text is the same stays, unless `forced`."""
        waiting = dict.fromkeys(names, forced)
        while waiting:
            name, sure = waiting.popitem()
            if name in self.read:
                continue
            found = read_file(self.folder, name, self.request.root.settings)
            if isinstance(found, Diagnostic):
                return False
            source, at = found
            known = self.known.get(name)
            if not sure and known is not None and known.settled and known.digest == source.digest:
                self.restamped[name] = replace(known, stamp=at if at.lasts(self.request.now_ms) else None)
                continue
            self.read[name] = read_anew(source, at, self.syntax)
            waiting |= dict.fromkeys(self._sharing(self.read[name].document), True)
        return True

    def _sharing(self, document: Document) -> set[str]:
        """The files in which the lock has an ID of this one."""
        places = {entry.file for entry in self.lock.part(ids_in(document)).entries.values()}
        places.discard(lock_path(document.source.path))
        return {name for place in places for name in self._homes.get(place, ())} - self.read.keys()

    @cached_property
    def _homes(self) -> Mapping[str, Sequence[str]]:
        """The files by the path that the lock has for them."""
        found: dict[str, list[str]] = {}
        for name in self.files.names:
            found.setdefault(lock_path(name), []).append(name)
        return found

    def _embedding(self) -> list[str]:
        """The files whose cards embed something that is another one now, or may be found elsewhere."""
        embedding = {name: uses for name, uses in self.known.embedding() if name not in self.read}
        if not embedding or self.files.names != tuple(self.known) or self._other_media():
            return list(embedding)
        folder, media = self.folder, self.memory.media
        watched = self.request.changed is not None
        same = {path for path, (at, _) in media.items() if watched or is_as(f"{folder}/{path}", at)}
        same -= self.known.keys()
        same.update(path for path in self.known if path not in self.read)
        return [name for name, uses in embedding.items() if not same.issuperset(uses)]

    def _other_media(self) -> bool:
        """Whether there are other media files than before."""
        if self.files.ground is self.memory.ground:
            return False
        self.listing = list_media(self.request.root)
        return plain_listing(self.listing[0]) != self.memory.listing


def as_remembered(folder: str, memory: Memory) -> bool:
    """Whether notes and media files are as they were when they were read."""
    media = all(is_as(f"{folder}/{path}", at) for path, (at, _) in memory.media.items())
    return media and memory.files.as_they_were(folder)


def ids_in(document: Document) -> frozenset[NoteId]:
    """All IDs in a file that mean something: of cards, of no card, of notes that are to go."""
    found = {mark.id for block in document.blocks for mark in block.ids}
    found.update(mark.id for mark in document.unclaimed)
    found.update(each.id for each in document.deletions)
    return frozenset(found)


def plain_listing(listing: "Listing") -> PlainListing:
    """A listing as plain values, in one order."""
    files, links, refused = sorted(listing.files), sorted(listing.links.items()), sorted(listing.refused)
    return listing.root, listing.others, tuple(files), tuple(links), tuple(refused)


def read_listing(root: str, others: Texts, files: Texts, links: Sequence[tuple[str, str]], refused: Texts) -> "Listing":
    """The listing of plain values."""
    from ankisync.media import Listing

    return Listing(root, others, files, dict(links), frozenset(refused))
