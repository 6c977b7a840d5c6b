"""Which files changed since the last build, and which ones are tied to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

from ankisync.attachments import list_media
from ankisync.discover import Files
from ankisync.lock import lock_path
from ankisync.locklines import LockText
from ankisync.media import Listing
from ankisync.memory import FileMemory, Memory
from ankisync.model import Diagnostic, Document, NoteId
from ankisync.parse.syntax import Syntax
from ankisync.reading import Read, parsed, read_file
from ankisync.request import Request
from ankisync.stamps import Ground, stamp


@dataclass(frozen=True, slots=True)
class Changed:
    """The files that are to be looked at, read, in the order of their names; the others are `kept`. `listing` is that
    of media files, if it was made.
    """

    read: tuple[Read, ...]
    kept: Mapping[str, FileMemory]
    listing: tuple[Listing, Ground] | None


def find_changed(request: Request, syntax: Syntax, files: Files, lock: LockText, memory: Memory) -> Changed | None:
    """What changed since the memory was made; None where a file cannot be read."""
    finder = _Finder(request, syntax, files, lock, memory)
    if not finder.read_all(finder.changed()) or not finder.read_all(finder.unsettled(), forced=True):
        return None
    read = tuple(finder.read[name] for name in files.names if name in finder.read)
    kept = {name: finder.kept[name] for name in files.names if name not in finder.read}
    return Changed(read, kept, finder.listing)


class _Finder:
    """Reads what must be read; `read` by path. What stays in `kept` is as it was."""

    def __init__(self, request: Request, syntax: Syntax, files: Files, lock: LockText, memory: Memory) -> None:
        self.request, self.syntax, self.files, self.lock, self.memory = request, syntax, files, lock, memory
        self.folder = request.root.folder
        self.read: dict[str, Read] = {}
        self.kept = {name: memory.files[name] for name in files.names if name in memory.files}
        self.listing: tuple[Listing, Ground] | None = None
        self.homes = {lock_path(name): name for name in self.kept}

    def changed(self) -> list[str]:
        """The files that are new, or whose stamp is another."""
        return [name for name in self.files.names if not self._has_stamp(name)]

    def _has_stamp(self, name: str) -> bool:
        known = self.kept.get(name)
        return known is not None and known.stamp is not None and stamp(f"{self.folder}/{name}") == known.stamp

    def unsettled(self) -> list[str]:
        """The files about which something is open, or whose cards embed what changed."""
        return [name for name, file in self.kept.items() if not file.settled or self._embeds_changed(file)]

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
            known = self.kept.get(name)
            if not sure and known is not None and known.settled and known.digest == source.digest:
                self.kept[name] = replace(known, stamp=at if at.lasts(self.request.now_ms) else None)
                continue
            self.read[name] = parsed(source, at, self.syntax)
            waiting |= dict.fromkeys(self._sharing(self.read[name].document), True)
        return True

    def _sharing(self, document: Document) -> set[str]:
        """The files in which the lock has an ID of this one."""
        places = {entry.file for entry in self.lock.part(ids_in(document)).entries.values()}
        return {self.homes[place] for place in places if place in self.homes} - self.read.keys()

    def _embeds_changed(self, file: FileMemory) -> bool:
        if not file.embeds:
            return False
        return self._other_names or self._other_media or any(map(self._other, file.uses))

    def _other(self, path: str) -> bool:
        """Whether a file or note that is embedded is another one now."""
        if path in self.memory.files:
            return path in self.read
        known = self.memory.media.get(path)
        return known is None or stamp(self.folder / path) != known[0]

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


def listing_digest(listing: Listing) -> bytes:
    """A digest of which media files there are."""
    value = (
        listing.root,
        listing.others,
        sorted(listing.files),
        sorted(listing.links.items()),
        sorted(listing.refused),
    )
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=12).digest()
