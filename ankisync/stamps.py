"""By what a file is known to be unchanged without reading it."""

import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from ankisync.values import dataclass, field

# What some systems round times to (FAT's two seconds), and a little more. Times that are not round come from a system
# that takes them off its clock as they are; that one ticks every 16 ms, or more often.
_COARSE_NS, _FINE_NS = 2_500_000_000, 50_000_000
_ROUND_NS = 10_000_000


class Stamp(NamedTuple):
    """Size, times of content and status in nanoseconds, inode: a write alters one of these, but for one that comes
    within the grain of the clock after another.
    """

    size: int
    modified: int
    status: int
    inode: int

    def lasts(self, now_ms: int) -> bool:
        """Whether a write after `now_ms` would show: the file is older than the grain of clocks."""
        fine = self.modified % _ROUND_NS and self.status % _ROUND_NS
        return max(self.modified, self.status) < now_ms * 1_000_000 - (_FINE_NS if fine else _COARSE_NS)


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of what the system tells of a file."""
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def stamp(path: Path | str) -> Stamp | None:
    """The stamp of a file or folder, links followed; None where there is none."""
    try:
        return stamp_of(os.stat(path))
    except OSError:
        return None


PlainStamp = tuple[int, int, int, int] | None
"""A stamp as a cache keeps it: of a file, None where nothing is known; of one with rules, where it is not there."""


def is_as(path: str, before: PlainStamp) -> bool:
    """Whether there is a file with this stamp; asked of thousands, so no `Stamp` is made of each."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino) == before


class FolderStamp(NamedTuple):
    """A folder: its own stamp, and a digest of the names in it, for programs that save by putting a new file in the
    place of the old one, and so alter a folder without altering what is in it.
    """

    at: PlainStamp
    names: bytes


@dataclass(frozen=True, slots=True)
class Ground:
    """What a listing of files depends on: folders, and files with rules (None for one that is not there), by path.
    `known` is unset where that cannot be said: links lead anywhere.
    """

    folders: Mapping[str, FolderStamp] = field(default_factory=dict)
    rules: Mapping[str, PlainStamp] = field(default_factory=dict)
    known: bool = True

    def joined(self, other: "Ground") -> "Ground":
        """The ground of two listings."""
        return Ground({**self.folders, **other.folders}, {**self.rules, **other.rules}, self.known and other.known)

    def as_it_was(self) -> bool:
        """Whether a listing made now would be the same."""
        return (
            self.known
            and all(is_as(path, at) if at else stamp(path) is None for path, at in self.rules.items())
            and all(_as_it_was(path, before) for path, before in self.folders.items())
        )

    def lasting(self, now_ms: int) -> "Ground":
        """The same without the stamps of folders in which a change after `now_ms` might not show."""
        folders = {
            path: each if each.at and Stamp(*each.at).lasts(now_ms) else each._replace(at=None)
            for path, each in self.folders.items()
        }
        sure = all(each is None or Stamp(*each).lasts(now_ms) for each in self.rules.values())
        return Ground(folders, self.rules, self.known and sure)


def folder_stamp(path: Path | str) -> FolderStamp:
    """The stamp of a folder. Raises `OSError`."""
    at = stamp(path)
    with os.scandir(path) as entries:
        return FolderStamp(at, names_digest(entries))


def names_digest(entries: Iterable["os.DirEntry[str]"]) -> bytes:
    """A digest of what is in a folder: names, and which of them are folders or links. Hidden files do not count, but
    for what a killed run of ours left: editors make and remove them at every save.
    """
    kinds = (
        f"{'l' if each.is_symlink() else 'd' if each.is_dir(follow_symlinks=False) else 'f'}{each.name}"
        for each in entries
    )
    counted = sorted(each for each in kinds if not each.startswith("f.") or ".ankisync-" in each)
    return blake2b("\0".join(counted).encode("utf-8", "surrogateescape"), digest_size=12).digest()


def _as_it_was(path: str, before: FolderStamp) -> bool:
    if before.at is not None and is_as(path, before.at):
        return True
    try:
        return folder_stamp(path).names == before.names
    except OSError:
        return False
