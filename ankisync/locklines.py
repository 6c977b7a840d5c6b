"""The lock by its lines: a few of them read, a few of them exchanged, without reading the other 100,000."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from ankisync.identity import lock_order
from ankisync.lock import Lock, entry_line, header_line, read_lock
from ankisync.model import NoteId

_LINE = re.compile(rb'\{"id":([1-9][0-9]{9,15}),[^\n]*\n')
# The line of a note of which nothing was built since it was pushed; its other keys are between, and may tell that it
# is retired. No text holds a bare quotation mark.
_PUSHED = re.compile(
    rb'\{"id":([1-9][0-9]{9,15}),"hash":"[^"\\\n]*","mod":([0-9]+),([^\n]*)"pushed":\[([0-9]+)\]\}\r?\n'
)
_HEADER = b'{"ankisync":'


@dataclass(frozen=True, slots=True)
class LockLines:
    """Where the lines of a lock are: the length of its header, then for each entry, in their order, its place in the
    order (`lock_order` as a number) and its length; in bytes, line ends included.
    """

    head: int
    orders: Sequence[int]
    lengths: Sequence[int]


def read_lines(data: bytes) -> LockLines | None:
    """The lines of a lock that is as `write_lock` leaves one; None for any other, which must be read as a whole."""
    head = data.find(b"\n") + 1
    if not data.startswith(_HEADER) or not head:
        return None
    orders, lengths = array("Q"), array("I")
    at = head
    for match in _LINE.finditer(data, head):
        order = _order(NoteId(int(match[1])))
        if match.start() != at or (orders and order <= orders[-1]):
            return None
        orders.append(order)
        lengths.append(match.end() - at)
        at = match.end()
    return LockLines(head, orders, lengths) if at == len(data) else None


def pushed_only(data: bytes) -> tuple[dict[NoteId, int], bytes]:
    """The notes of a lock of which nothing was built, moved or retired since the push that left them, each with the
    `mod` that Anki had then; and all other lines. Reading those that stand still as entries takes four times as long.
    """
    settled: dict[NoteId, int] = {}
    others: list[bytes] = []
    at = 0
    for match in _PUSHED.finditer(data):
        number, mod, rest, pushed = match.groups()
        if int(mod) <= int(pushed) and b'"retired":' not in rest:
            settled[NoteId(int(number))] = int(pushed)
            others.append(data[at : match.start()])
            at = match.end()
    return settled, b"".join((*others, data[at:]))


class LockText:
    """The bytes of a lock with its lines."""

    def __init__(self, data: bytes, lines: LockLines) -> None:
        self.data, self.lines = data, lines

    @cached_property
    def offsets(self) -> list[int]:
        """Where each entry begins, and where the last one ends."""
        return list(accumulate(self.lines.lengths, initial=self.lines.head))

    def part(self, ids: Iterable[NoteId]) -> Lock:
        """The lock with the entries of these notes only, those that there are."""
        places = (_place(self.lines, note_id) for note_id in sorted(set(ids)))
        found = (self.data[self.offsets[at] : self.offsets[at + 1]] for at in places if at is not None)
        return read_lock(self.data[: self.lines.head] + b"".join(found))[0]


def exchange(text: LockText, before: Lock, after: Lock) -> LockText:
    """The lock with what differs `after` from `before`, which both are parts of it."""
    data, lines, offsets = text.data, text.lines, text.offsets
    changed = [each for each in after.entries.values() if before.entries.get(each.id) != each]
    header = header_line(after)
    pieces, orders, lengths = [header], array("Q"), array("I")
    at = 0
    for entry in sorted(changed, key=lambda entry: _order(entry.id)):
        order, line = _order(entry.id), entry_line(entry)
        to = bisect_left(lines.orders, order)
        pieces += [data[offsets[at] : offsets[to]], line]
        orders.extend((*lines.orders[at:to], order))
        lengths.extend((*lines.lengths[at:to], len(line)))
        at = to + (entry.id in before.entries)
    pieces.append(data[offsets[at] :])
    orders.extend(lines.orders[at:])
    lengths.extend(lines.lengths[at:])
    return LockText(b"".join(pieces), LockLines(len(header), orders, lengths))


def _place(lines: LockLines, note_id: NoteId) -> int | None:
    order = _order(note_id)
    at = bisect_left(lines.orders, order)
    return at if at < len(lines.orders) and lines.orders[at] == order else None


def _order(note_id: NoteId) -> int:
    return int.from_bytes(lock_order(note_id))
