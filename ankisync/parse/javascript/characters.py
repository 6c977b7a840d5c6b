r"""Sets of characters as ranges, and how the `regex` package is told of them.

A character is a UTF-16 unit, as it is to a JavaScript expression without the `u` flag: one beyond U+FFFF is two.
"""

from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]

_LAST = 0xFFFF
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_ !\"%',/:;<=>@`")
_MARKED = frozenset("#$&()*+-.?[\\]^{|}~")
_NAMED = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges sorted, those that touch made one."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """All characters that are not in the ranges, which `union` made."""
    lows = [0, *(high + 1 for _, high in ranges)]
    highs = [*(low - 1 for low, _ in ranges), _LAST]
    return tuple((low, high) for low, high in zip(lows, highs, strict=True) if low <= high)


def single(character: int) -> Ranges:
    """The set of one character."""
    return ((character, character),)


EVERYTHING: Ranges = ((0, _LAST),)
LINE_ENDS = union([(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)])
DOT = complement(LINE_ENDS)
DIGITS: Ranges = ((0x30, 0x39),)
WORD = union([*DIGITS, (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
SPACE = union(
    [
        (0x09, 0x0D),
        (0x20, 0x20),
        (0xA0, 0xA0),
        (0x1680, 0x1680),
        (0x2000, 0x200A),
        (0x2028, 0x2029),
        (0x202F, 0x202F),
        (0x205F, 0x205F),
        (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    ]
)
ESCAPED = {
    "d": DIGITS,
    "D": complement(DIGITS),
    "w": WORD,
    "W": complement(WORD),
    "s": SPACE,
    "S": complement(SPACE),
}


def written(ranges: Ranges) -> str:
    """The set as an atom of the `regex` package's syntax. Nothing in it can be read as an operator of any kind:
    `{e<=1}` is fuzzy matching there, and `--`, `&&`, `||` in brackets are set operations.
    """
    if not ranges:
        return "(?!)"
    if ranges == EVERYTHING:
        return "(?s:.)"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _character(ranges[0][0])
    inside, outside = _bracketed(ranges), _bracketed(complement(ranges))
    return f"[^{outside}]" if len(outside) < len(inside) else f"[{inside}]"


def _bracketed(ranges: Ranges) -> str:
    parts = (_character(low) if low == high else f"{_character(low)}-{_character(high)}" for low, high in ranges)
    return "".join(parts)


def _character(unit: int) -> str:
    character = chr(unit)
    if character in _PLAIN:
        return character
    if character in _MARKED:
        return "\\" + character
    return _NAMED.get(character) or (f"\\x{unit:02x}" if unit < 0x100 else f"\\u{unit:04x}")
