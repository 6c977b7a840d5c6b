"""IDs of the lock that stand in no file any more: which they are, and what their notes were."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ankisync.lock import Entry, Lock
from ankisync.model import Block, Document, NoteHash, NoteId
from ankisync.values import dataclass


def nowhere(documents: Sequence[Document], lock: Lock) -> frozenset[NoteId]:
    """IDs of the lock whose digits stand in no line: not even as part of a longer number."""
    # Nearly all are on cards: numbers tell that in a tenth of the time of texts.
    carried = {mark.id for document in documents for block in document.blocks for mark in block.ids}
    sought = lock.entries.keys() - carried
    if not sought:
        return frozenset()
    texts = {digits for document in documents for digits in document.digits.split()}
    absent = [note_id for note_id in sought if str(note_id) not in texts]
    if not absent:
        return frozenset()
    lengths = {len(str(note_id)) for note_id in absent}
    longer = [run for run in texts if len(run) > min(lengths)]
    parts = {run[at : at + size] for run in longer for size in lengths for at in range(len(run) - size + 1)}
    return frozenset(note_id for note_id in absent if str(note_id) not in parts)


def missing(documents: Sequence[Document], lock: Lock) -> frozenset[NoteId]:
    """IDs of the lock that stand in no line of these files and would retire or be given back: to be looked for
    elsewhere first.
    """
    texts = {block.hash for document in documents for block in document.blocks if not block.ids}
    entries = (lock.entries[note_id] for note_id in nowhere(documents, lock))
    return frozenset(entry.id for entry in entries if entry.retired is None or entry.hash in texts)


@dataclass(frozen=True, slots=True)
class Lost:
    """Entries whose IDs are gone from the vault: by the text they had, and by file where no such text is left.
    `copies` counts the cards without ID by text.
    """

    by_hash: Mapping[NoteHash, Sequence[Entry]]
    by_file: Mapping[str, Sequence[NoteId]]
    copies: Mapping[NoteHash, int]

    @classmethod
    def among(cls, gone: frozenset[NoteId], blocks: Iterable[Block], lock: Lock) -> "Lost":
        """The lost notes among the IDs that are gone, for the cards of a vault."""
        copies = Counter(block.hash for block in blocks if not block.ids)
        by_hash: defaultdict[NoteHash, list[Entry]] = defaultdict(list)
        by_file: defaultdict[str, list[NoteId]] = defaultdict(list)
        for entry in (lock.entries[note_id] for note_id in sorted(gone)):
            by_hash[entry.hash].append(entry)
            if entry.retired is None and entry.hash not in copies:
                by_file[entry.file].append(entry.id)
        return cls(by_hash, by_file, copies)
