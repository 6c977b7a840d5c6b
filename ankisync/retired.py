"""The notes that stand in no file any more, as a build remembers them: a vault of years has thousands, of which a build
must know only those whose text a new card has.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

from ankisync.lock import Entry
from ankisync.model import NoteHash, NoteId


class Retired(NamedTuple):
    """Retired notes by their IDs, and in the same order a checksum of each one's hash."""

    ids: Sequence[int]
    sums: Sequence[int]

    def like(self, hashes: Iterable[NoteHash]) -> frozenset[NoteId]:
        """Those that may have one of these hashes: all that do, and hardly any other."""
        wanted = {_sum(each) for each in hashes}
        if not wanted:
            return frozenset()
        return frozenset(NoteId(id_) for id_, each in zip(self.ids, self.sums, strict=True) if each in wanted)

    def after(self, entries: Mapping[NoteId, Entry]) -> "Retired":
        """What becomes of them when a build leaves the notes that it looked at as these entries."""
        left = [each for each in zip(self.ids, self.sums, strict=True) if each[0] not in entries]
        new = [(int(id_), _sum(entry.hash)) for id_, entry in entries.items() if entry.retired is not None]
        both = sorted([*left, *new])
        return Retired([id_ for id_, _ in both], [each for _, each in both])


NOBODY = Retired((), ())


def _sum(hash_: NoteHash) -> int:
    return crc32(hash_.encode("utf-8", "surrogatepass"))
