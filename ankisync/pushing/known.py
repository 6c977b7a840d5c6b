"""What the lock knows of notes, for a push: of most of them, that nothing happened since the last one."""

from collections.abc import Iterable, Mapping

from ankisync.build import Result
from ankisync.lock import Entry, LockTooNew, read_lock
from ankisync.locklines import pushed_only
from ankisync.model import NoteId
from ankisync.push.compare import standing
from ankisync.reading import LockFile, read_lock_bytes
from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Book:
    """The lock of which only the lines that count were read: `still` are the notes that stand as a push left them, each
    with the `mod` that Anki had then, `entries` all others. `data` is the whole lock, where `still` was not read.
    """

    still: Mapping[NoteId, int]
    entries: Mapping[NoteId, Entry]
    data: bytes = b""

    def __contains__(self, note_id: NoteId) -> bool:
        return note_id in self.still or note_id in self.entries

    def of(self, ids: Iterable[NoteId]) -> Mapping[NoteId, Entry]:
        """The entries of notes that are in it."""
        wanted = tuple(ids)
        if all(note_id in self.entries for note_id in wanted):
            return self.entries
        return {**read_lock(self.data)[0].entries, **self.entries}


def open_book(result: Result) -> Book:
    """The lock as it is by now; a build or a touch may have written it since `result`."""
    file = read_lock_bytes(result.planned.request.root.folder)
    if not isinstance(file, LockFile):
        return Book({}, {})
    still, others = pushed_only(file.data)
    return Book(still, _entries(others), file.data)


def planned_book(result: Result) -> Book:
    """The lock as the plan would leave it."""
    file = result.planned.lock_file
    entries = {**(_entries(file.data) if file else {}), **result.plan.lock.entries}
    still = {note_id: mod for note_id, each in entries.items() if (mod := standing(each)) is not None}
    return Book(still, entries)


def forgotten(book: Book) -> Book:
    """The same for an Anki to which nothing was pushed yet."""
    entries = book.of((*book.still, *book.entries))
    return Book({}, {note_id: each._replace(pushed=(), pushed_deck=None) for note_id, each in entries.items()})


def _entries(data: bytes) -> Mapping[NoteId, Entry]:
    try:
        return read_lock(data)[0].entries
    except LockTooNew:  # written by another version since the build
        return {}
