"""The lock by its lines: a few of them read, a few of them exchanged, without reading the other 100,000."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from ankisync.expression import expression
from ankisync.identity import lock_order, lock_order_of
from ankisync.lock import Lock, entry_line, header_line, read_lock
from ankisync.model import NoteId

Piece = Callable[[int, int], bytes]
"""Gives the bytes of a lock from one place to another."""

_LINE = expression(rb'\{"id":([1-9][0-9]{9,15}),[^\n]*\n')
# The line of a note of which nothing was built since it was pushed; its other keys are between, and may tell that it
# is retired. No text holds a bare quotation mark.
_PUSHED = expression(
    rb'\{"id":([1-9][0-9]{9,15}),"hash":"[^"\\\n]*","mod":([0-9]+),([^\n]*)"pushed":\[([0-9]+)\]\}\r?\n'
)
_HEADER = b'{"ankisync":'
_BEFORE_ID = len(b'{"id":')
_ORDER_BITS = 64
# Bytes of a block are read and digested for each line of it that changes; blocks are listed for each build.
_LINES_A_BLOCK = 64
_CHUNK = 1024 * 1024


class LockIndex(NamedTuple):
    """The lengths and digests of the blocks of a lock, in their order. The first one is the header; the lines of the
    entries are divided into a power of two of blocks by the first bits of their places in the order (`lock_order`).
    """

    lengths: Sequence[int]
    digests: Sequence[bytes]

    def is_of(self, data: bytes) -> bool:
        """Whether these are the bytes that the index was made of."""
        offsets = accumulate(self.lengths, initial=0)
        same = (_digest(data[at:to]) == each for (at, to), each in zip(pairwise(offsets), self.digests, strict=True))
        return len(data) == sum(self.lengths) and all(same)


def read_index(data: bytes) -> LockIndex | None:
    """The index of a lock that is as `write_lock` leaves one; None for any other, which must be read as a whole."""
    head = data.find(b"\n") + 1
    if not data.startswith(_HEADER) or not head:
        return None
    ends, orders = array("Q", [head]), []
    end, before = head, b""
    for match in _LINE.finditer(data, head):
        order = lock_order_of(match[1])
        if match.start() != end or order <= before:
            return None
        before, end = order, match.end()
        orders.append(order)
        ends.append(end)
    return _divided(data, orders, ends) if end == len(data) else None


def _divided(data: bytes, orders: Sequence[bytes], ends: Sequence[int]) -> LockIndex:
    bits = max(len(orders) // _LINES_A_BLOCK, 1).bit_length() - 1
    firsts = ((number << _ORDER_BITS - bits).to_bytes(_ORDER_BITS // 8) for number in range(1, 1 << bits))
    offsets = [0, ends[0], *(ends[bisect_left(orders, first)] for first in firsts), len(data)]
    return LockIndex([to - at for at, to in pairwise(offsets)], [_digest(data[at:to]) for at, to in pairwise(offsets)])


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
    """A lock as its bytes, of which few are looked at: `piece` gives them, `index` tells where they are, `new` are
    blocks that others have taken the place of.
    """

    def __init__(self, piece: Piece, index: LockIndex, new: Mapping[int, bytes] | None = None) -> None:
        self._piece, self._index, self._new = piece, index, new or {}
        self._offsets = list(accumulate(index.lengths, initial=0))
        self._shift = _ORDER_BITS - (len(index.lengths) - 1).bit_length() + 1
        self._read: dict[int, bytes] = {}

    @property
    def index(self) -> LockIndex:
        """The index of the lock."""
        lengths, digests = list(self._index.lengths), list(self._index.digests)
        for number, block in self._new.items():
            lengths[number], digests[number] = len(block), _digest(block)
        return LockIndex(lengths, digests)

    def part(self, ids: Iterable[NoteId]) -> Lock:
        """The lock with the entries of these notes only, those that there are. Raises what `piece` raises."""
        lines = [self._block(0)]
        for number, orders in groupby(sorted(set(map(_order, ids))), self._number):
            block = self._block(number)
            lines += [_line(block, at) for order in orders if (at := _place(block, order)) is not None]
        return read_lock(b"".join(lines))[0]

    def exchanged(self, before: Lock, after: Lock) -> "LockText":
        """The lock with what differs `after` from `before`, which both are parts of it. Raises what `piece` raises."""
        changed = [each for each in after.entries.values() if before.entries.get(each.id) != each]
        lines = sorted((_order(entry.id), entry_line(entry)) for entry in changed)
        new = {0: header_line(after)}
        for number, some in groupby(lines, lambda line: self._number(line[0])):
            new[number] = _with_lines(self._block(number), some)
        return LockText(self._piece, self._index, {**self._new, **new})

    def pieces(self) -> Iterator[bytes]:
        """All bytes, in pieces. Raises what `piece` raises."""
        at = 0
        for number, block in sorted(self._new.items()):
            yield from self._untouched(at, self._offsets[number])
            yield block
            at = self._offsets[number + 1]
        yield from self._untouched(at, self._offsets[-1])

    def _untouched(self, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, _CHUNK):
            yield self._piece(at, min(at + _CHUNK, end))

    def _number(self, order: int) -> int:
        return 1 + (order >> self._shift)

    def _block(self, number: int) -> bytes:
        found = self._new.get(number) or self._read.get(number)
        if found is None:
            found = self._read[number] = self._piece(self._offsets[number], self._offsets[number + 1])
        return found


def _with_lines(block: bytes, lines: Iterable[tuple[int, bytes]]) -> bytes:
    """A block with these lines, given with their places in the order, in place of those that it has there."""
    for order, line in lines:
        at = _search(block, order)
        same = at < len(block) and _order_at(block, at) == order
        end = block.index(b"\n", at) + 1 if same else at
        block = block[:at] + line + block[end:]
    return block


def _place(block: bytes, order: int) -> int | None:
    at = _search(block, order)
    return at if at < len(block) and _order_at(block, at) == order else None


def _search(block: bytes, order: int) -> int:
    """Where in a block the first line begins that is not before a place in the order; its end where there is none."""
    low, high = 0, len(block)
    while low < high:
        middle = block.rfind(b"\n", low, (low + high) // 2) + 1 or low
        if _order_at(block, middle) < order:
            low = block.index(b"\n", middle) + 1
        else:
            high = middle
    return low


def _order_at(block: bytes, at: int) -> int:
    return _order(NoteId(int(block[at + _BEFORE_ID : block.index(b",", at)])))


def _line(block: bytes, at: int) -> bytes:
    return block[at : block.index(b"\n", at) + 1]


def _order(note_id: NoteId) -> int:
    return int.from_bytes(lock_order(note_id))


def _digest(block: bytes) -> bytes:
    return blake2b(block, digest_size=16).digest()
