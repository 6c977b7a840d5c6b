"""How a text looks on a terminal: colours, and lines broken between words. Pure: what prints takes the colours out
where they are not wanted.
"""

import unicodedata
from collections.abc import Iterator
from enum import StrEnum


class Colour(StrEnum):
    """Select Graphic Rendition codes of ECMA-48, which every terminal knows."""

    ERROR = "1;31"
    WARNING = "1;33"
    INFO = "36"
    GOOD = "32"
    STRONG = "1"
    FAINT = "2"


def paint(text: str, colour: Colour) -> str:
    """A text in a colour."""
    return f"\x1b[{colour}m{text}\x1b[0m"


def fold(text: str, width: int | None, indent: str) -> str:
    """One line broken between words so that no line is wider than `width` columns, where words allow it; those that
    follow are indented. As it is where no width is given.
    """
    return text if width is None else f"\n{indent}".join(_lines(text, width, _columns(indent)))


def _lines(text: str, width: int, indent: int) -> Iterator[str]:
    line, *words = text.split(" ")
    room = width
    for word in words:
        longer = f"{line} {word}"
        if line.strip() and _columns(longer) > room:
            yield line
            line, room = word, width - indent
        else:
            line = longer
    yield line


def _columns(text: str) -> int:
    """How many columns a terminal takes for a text: two for what is wide, none for what combines."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)
