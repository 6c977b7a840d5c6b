"""Which file a reference means: relative to the note, then as Obsidian finds it."""

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from urllib.parse import unquote

from ankisync.media.index import Index, is_absolute
from ankisync.media.names import is_media
from ankisync.values import dataclass

_WEB = re.compile(r"https?:|//", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?:data|blob|about|mailto|tel|javascript):|(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_FILE = re.compile(r"file:(?://(?:localhost)?(?=/))?(?:/(?=[A-Za-z]:))?", re.IGNORECASE)
_SUFFIXES = (".md", ".markdown")
_BEHIND = re.compile(r"[#?].*\Z", re.DOTALL)


class Result(StrEnum):
    """What became of a reference. `REMOTE` is on the web, `ELSEWHERE` has another address, `OTHER` is no media file."""

    FOUND = "found"
    MISSING = "missing"
    OUTSIDE = "outside"
    REMOTE = "remote"
    ELSEWHERE = "elsewhere"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for one reference: the file's `name` where it is found, how many share what was asked for, and whether
    its letters differ in case.
    """

    result: Result
    name: str = ""
    sharing: int = 1
    cased: bool = False


def resolve(target: str, note: str, index: Index, attachments: Sequence[str]) -> Resolution:
    """The file that a `target` (as the renderer gives it) means in a `note`.

    Tried in turn: the path from the note's folder, the path from the root, the files whose path ends so. Of several,
    one in the folders named by `attachments` (from the root; from the note with `./`), else the nearest to the note.
    Then the same once more, upper and lower case taken for one.
    """
    if _WEB.match(target):
        return Resolution(Result.REMOTE)
    if _ELSEWHERE.match(target):
        return Resolution(Result.ELSEWHERE)
    candidates = [each for each in _readings(target) if is_media(each)]
    if not candidates:
        return Resolution(Result.OTHER)
    finder = _Finder(index, note.rpartition("/")[0], attachments)
    for fold in (False, True):
        for path in candidates:
            found = finder.find(path, fold)
            if found is not None:
                return found
    return Resolution(Result.OUTSIDE if finder.out else Result.MISSING)


def resolve_note(target: str, note: str, index: Index) -> tuple[str, str]:
    """The note that a target means, over an index of notes, and which part of it; "" for no note. Without a path it is
    the note itself.
    """
    for whole in (target.strip(), unquote(target.strip())):
        path, _, part = whole.partition("#")
        if not path and part:
            return unicodedata.normalize("NFC", note), part
        finder = _Finder(index, note.rpartition("/")[0], ())
        for fold in (False, True):
            for each in (path, *(path + suffix for suffix in _SUFFIXES)) if path else ():
                found = finder.find(each, fold)
                if found is not None:
                    return found.name, part
    return "", ""


def _readings(target: str) -> Iterator[str]:
    """What a target may mean: as written, percent-decoded, without what browsers take for a fragment or query."""
    seen = set()
    plain = _FILE.sub("", target.strip())
    whole = (plain, unquote(plain))
    for path in (*whole, *(_BEHIND.sub("", each) for each in whole)):
        for each in (path, path.replace("\\", "/")):
            if each and each not in seen:
                seen.add(each)
                yield each


class _Finder:
    """One search from one folder; `out` tells whether it came to where it may not go."""

    def __init__(self, index: Index, folder: str, attachments: Sequence[str]) -> None:
        self.index, self.folder, self.attachments = index, folder, attachments
        self.out = False

    def find(self, path: str, fold: bool) -> Resolution | None:
        """The file for one reading of the target."""
        relative = path.startswith(("./", "../"))
        starts = [(self.folder, path)] if relative else [(self.folder, path), ("", path.lstrip("/"))]
        for folder, each in starts:
            name = self._at(folder, each, fold)
            if name:
                return Resolution(Result.FOUND, name, cased=fold)
        return None if relative or is_absolute(path) else self._by_tail(path, fold)

    def _by_tail(self, path: str, fold: bool) -> Resolution | None:
        names = self.index.ending_in(path, fold=fold)
        if len(names) != 1:
            for start in self.attachments:
                near = start.startswith("./")
                name = self._at(posixpath.join(self.folder, start) if near else start, path, fold)
                if name:
                    return Resolution(Result.FOUND, name, cased=fold)
        if not names:
            return None
        name = min(names, key=lambda each: (_steps(self.folder, each.rpartition("/")[0]), each.count("/"), each))
        return Resolution(Result.FOUND, name, len(names), fold)

    def _at(self, folder: str, path: str, fold: bool) -> str:
        place = self.index.locate(folder, path, fold=fold)
        self.out = self.out or place.out
        return place.name


def _steps(one: str, other: str) -> int:
    """How many folders lie between two, up and down."""
    here, there = one.split("/") if one else [], other.split("/") if other else []
    common = next((at for at, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), None)
    shared = min(len(here), len(there)) if common is None else common
    return len(here) + len(there) - 2 * shared
