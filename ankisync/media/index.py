"""The media files of a vault, and where a path leads among them.

Names are relative to the vault's root with `/`, those in other folders absolute. They are compared in NFC: some systems
take names apart (NFD), and notes may be written on another one.
"""

import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ankisync.values import dataclass

_MAX_LINKS = 40
_DRIVE = re.compile(r"[A-Za-z]:/")


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in the folders: the root and the other folders in which media may lie, absolute with `/`; the files;
    folders that are links, with the folder that they lead to; links to files and folders that may not be read.
    """

    root: str
    others: tuple[str, ...]
    files: tuple[str, ...]
    links: Mapping[str, str]
    refused: frozenset[str]


class Place(NamedTuple):
    """Where a path leads: the `name` of a file, "" for none; whether it leads `out` of where media may lie."""

    name: str = ""
    out: bool = False


class Index:
    """Answers for paths, over a listing."""

    def __init__(self, listing: Listing) -> None:
        self.root = _nfc(listing.root)
        self.others = tuple(map(_nfc, listing.others))
        self.links = {_nfc(name): _nfc(target) for name, target in listing.links.items()}
        self.refused = frozenset(map(_nfc, listing.refused))
        self.paths: dict[str, str] = {}
        self.folded: defaultdict[str, list[str]] = defaultdict(list)
        self.by_file: defaultdict[str, list[str]] = defaultdict(list)
        for path in sorted(listing.files, reverse=True):
            self.paths[_nfc(path)] = path
        for name in sorted(self.paths):
            self.folded[name.casefold()].append(name)
            if not name.startswith("/") and not _DRIVE.match(name) and "/." not in f"/{name}":
                self.by_file[name.rpartition("/")[2].casefold()].append(name)

    def path(self, name: str) -> str:
        """A file as it is written on the disk."""
        return self.paths[name]

    def locate(self, folder: str, path: str, *, fold: bool) -> Place:
        """Where a path leads from a folder of the vault; `fold` takes upper and lower case for one."""
        start = "" if _DRIVE.match(path) else posixpath.join(self.root, _nfc(folder))
        full = posixpath.normpath(posixpath.join(start, _nfc(path)))
        for _ in range(_MAX_LINKS):
            name = self._name(full)
            link = name and self._link(name)
            if name is None or link in self.refused:
                return Place(out=True)
            if not link:
                return Place(self._file(name, fold))
            full = posixpath.normpath(posixpath.join(self.root, self.links[link] + name[len(link) :]))
        return Place()

    def _link(self, name: str) -> str | None:
        """The outermost of the folders above a name, and the name itself, that is a link or may not be read."""
        if not self.links and not self.refused:
            return None
        return next((each for each in _above(name) if each in self.links or each in self.refused), None)

    def _name(self, full: str) -> str | None:
        if full.startswith(f"{self.root.rstrip('/')}/"):
            return full[len(self.root.rstrip("/")) + 1 :]
        return full if any(full.startswith(f"{other.rstrip('/')}/") for other in self.others) else None

    def _file(self, name: str, fold: bool) -> str:
        if not fold:
            return name if name in self.paths else ""
        return next(iter(self.folded.get(name.casefold(), ())), "")

    def ending_in(self, path: str, *, fold: bool) -> tuple[str, ...]:
        """The files of the vault whose names end in a path. Hidden folders (a program's bin) are not searched."""
        tail = f"/{_nfc(path)}"
        candidates = self.by_file.get(tail.rpartition("/")[2].casefold(), ())
        if fold:
            return tuple(name for name in candidates if f"/{name}".casefold().endswith(tail.casefold()))
        return tuple(name for name in candidates if f"/{name}".endswith(tail))


def is_absolute(path: str) -> bool:
    """Whether a path starts at a system's root."""
    return path.startswith("/") or _DRIVE.match(path) is not None


def _above(name: str) -> Iterator[str]:
    """The folders above a name, outermost first, and the name itself."""
    at = name.find("/", 1)
    while at >= 0:
        yield name[:at]
        at = name.find("/", at + 1)
    yield name


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)
