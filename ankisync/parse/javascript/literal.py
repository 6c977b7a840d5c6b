"""The texts that every match of an expression contains: a search that is sure to fail need not be made."""

from functools import reduce
from typing import NamedTuple

from ankisync.parse.javascript.tree import Choice, Group, Node, Reference, Repeat, Sequence, Set

_MOST_REPEATED = 100  # characters, so that `((a{99}){99}){99}` does not grow without end


class _Known(NamedTuple):
    """What is known of all texts that a node matches: how they begin, how they end, and what stands between, in this
    order, with anything around each piece. `whole`: there is only one text, it is beginning and end.
    """

    whole: bool
    start: str
    between: tuple[str, ...]
    end: str

    @property
    def pieces(self) -> tuple[str, ...]:
        """All of it once."""
        return (self.start,) if self.whole else (self.start, *self.between, self.end)


_NOTHING = _Known(False, "", (), "")
_EMPTY = _Known(True, "", (), "")


def required_texts(node: Node) -> tuple[str, ...]:
    """The texts that stand in every match of `node`, in this order and without overlap.

    Halves of a character beyond U+FFFF are left out: they are not found in a text that is not in UTF-16.
    """
    return tuple(piece for units in _known(node).pieces for piece in _characters(units) if piece)


def all_stand(texts: tuple[str, ...], text: str, at: int) -> bool:
    """Whether the texts stand in `text` from offset `at` on, in their order and without overlap."""
    for each in texts:
        found = text.find(each, at)
        if found < 0:
            return False
        at = found + len(each)
    return True


def _characters(units: str) -> list[str]:
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").split("\ufffd")


def _known(node: Node) -> _Known:
    match node:
        case Set(((low, high),)) if low == high:
            return _Known(True, chr(low), (), chr(low))
        case Set() | Reference():
            return _NOTHING
        case Group():
            return _known(node.body)
        case Sequence():
            return reduce(_joined, map(_known, node.items), _EMPTY)
        case Choice():
            first, *others = {_known(option) for option in node.options}
            return _NOTHING if others else first
        case Repeat():
            return _repeated(node)
    return _EMPTY


def _repeated(node: Repeat) -> _Known:
    body = _known(node.body)
    size = sum(map(len, body.pieces))
    least = min(node.least, max(1, _MOST_REPEATED // max(1, size)))
    known = reduce(_joined, [body] * least, _EMPTY)
    return known if node.least == node.most == least else _joined(known, _NOTHING)


def _joined(left: _Known, right: _Known) -> _Known:
    seam = left.end + right.start
    if left.whole:
        return _Known(right.whole, seam, right.between, seam if right.whole else right.end)
    if right.whole:
        return _Known(False, left.start, left.between, seam)
    return _Known(False, left.start, (*left.between, *([seam] if seam else []), *right.between), right.end)
