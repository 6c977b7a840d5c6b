"""Which files changed since the last build, and which ones are tied to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

from ankisync.attachments import list_media
from ankisync.discover import Files
from ankisync.lock import lock_path
from ankisync.locklines import LockText
from ankisync.memory import FileMemories, FileMemory, Memory
from ankisync.model import Diagnostic, Document, NoteId
from ankisync.parse.syntax import Syntax
from ankisync.planning.blocks import read_anew
from ankisync.reading import Read, read_file
from ankisync.request import Request
from ankisync.stamps import Ground, stamp

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
    names = [name for name in files.names if name not in finder.read]
    return Changed(read, memory.files.with_files(names, finder.restamped), finder.restamped, finder.listing)


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
        known, folder = self.known, self.folder
        return [name for name in self.files.names if not known.same_stamp(name, stamp(f"{folder}/{name}"))]

    def unsettled(self) -> list[str]:
        """The files about which something is open, or whose cards embed what changed."""
        names = (name for name in self.files.names if name in self.known and name not in self.read)
        return [name for name in names if not self.known.is_settled(name) or self._embeds_changed(name)]

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

    def _embeds_changed(self, name: str) -> bool:
        if not self.known.embeds(name):
            return False
        return self._other_names or self._other_media or any(map(self._other, self.known.uses(name)))

    def _other(self, path: str) -> bool:
        """Whether a file or note that is embedded is another one now."""
        if path in self.memory.files:
            return path in self.read
        known = self.memory.media.get(path)
        return known is None or stamp(f"{self.folder}/{path}") != known[0]

    @cached_property
    def _other_names(self) -> bool:
        return self.files.names != tuple(self.memory.files)

    @cached_property
    def _other_media(self) -> bool:
        """Whether there are other media files than before; asked for each card that embeds something."""
        if self.files.ground is self.memory.ground:
            return False
        self.listing = list_media(self.request.root)
        return listing_digest(self.listing[0]) != self.memory.listing


def ids_in(document: Document) -> frozenset[NoteId]:
    """All IDs in a file that mean something: of cards, of no card, of notes that are to go."""
    found = {mark.id for block in document.blocks for mark in block.ids}
    found.update(mark.id for mark in document.unclaimed)
    found.update(each.id for each in document.deletions)
    return frozenset(found)


def listing_digest(listing: "Listing") -> bytes:
    """A digest of which media files there are."""
    value = (
        listing.root,
        listing.others,
        sorted(listing.files),
        sorted(listing.links.items()),
        sorted(listing.refused),
    )
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=12).digest()
