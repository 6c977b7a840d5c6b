"""The lines of a file that mean something: card markers, IDs, deck and tag lines."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from ankisync.config import StyleName
from ankisync.expression import expression
from ankisync.model import Location
from ankisync.parse.containers import Containers, Prefix
from ankisync.parse.ids import IdText
from ankisync.parse.regions import Region, Regions
from ankisync.parse.syntax import Syntax
from ankisync.source import Source
from ankisync.values import dataclass

_HEADING = re.compile(r"[ ]{0,3}#{1,6}(?:[ \t]|$)")
_RULE = expression(r"[ ]{0,3}(?:(?:\*[ \t]*+){3,}|(?:-[ \t]*+){3,}|(?:_[ \t]*+){3,})$")


class Kind(StrEnum):
    """What a line begins with."""

    QUESTION = "Q:"
    ANSWER = "A:"
    ID = "ID"
    DECK = "TARGET DECK"
    FILE_TAGS = "FILE TAGS"
    START = "START"
    INLINE = "STARTI"
    DELETE = "DELETE"
    FROZEN = "FROZEN"


KEYWORDS = frozenset({Kind.DECK, Kind.FILE_TAGS, Kind.FROZEN})
"""Lines that are nothing but a keyword and its value."""


class Mark(NamedTuple):
    """A line that begins with a marker, after its `prefix`. `at` is the column of the text behind the marker.

    `value` is the text of a deck or tag line, or the type of a FROZEN line; `value_line` where it stands, if that is a
    line below; `id` what an ID line holds.
    """

    kind: Kind
    line: int
    prefix: Prefix
    at: int
    value: str = ""
    id: IdText | None = None
    value_line: int | None = None


class BlockLines(NamedTuple):
    """A START line and its END line, in the quotes around them; `end` is None for one that is not closed."""

    start: int
    end: int | None
    containers: Containers


@dataclass(frozen=True, slots=True)
class Scan:
    """What every recogniser reads: the file's lines, what is hidden in them, and its marks by line.

    `first` is the first line after the frontmatter; `blocks` are `START … END`, whose lines hold no marks but IDs;
    `inline_ends` is, by line, the column behind its last inline note; `swallowing` are regions that should have ended
    before a card: fences never closed, and stray `$$`. `section`: answers run over blank lines.
    """

    source: Source
    texts: Sequence[str]
    first: int
    syntax: Syntax
    regions: Regions
    marks: Mapping[int, Mark]
    blocks: tuple[BlockLines, ...]
    inline_ends: Mapping[int, int]
    swallowing: tuple[Region, ...]
    section: bool = False

    def place(self, line: int, column: int = 0) -> Location:
        """The location of a column (from 0) on a line (from 0)."""
        return Location(self.source.path, line + 1, column + 1)

    def lines_with(self, sign: str) -> list[int]:
        """The lines behind the frontmatter that hold a sign: all that a recogniser which needs it has to look at."""
        text, starts = self.source.text, self.source.lines.starts
        found: list[int] = []
        at = text.find(sign, starts[self.first])
        while at >= 0:
            found.append(bisect_right(starts, at) - 1)
            at = text.find(sign, starts[found[-1] + 1])
        return found

    def is_card_heading(self, text: str) -> bool:
        """Whether a line is a heading that the style `heading` takes for a question."""
        style = self.syntax.style(StyleName.HEADING)
        return style is not None and heading_level(text) >= style.level


def heading_level(text: str) -> int:
    """The number of `#` of an ATX heading, 0 for any other line (`#tag` is none)."""
    return text.count("#", 0, len(text) - len(text.lstrip(" #"))) if is_heading(text) else 0


def is_heading(text: str) -> bool:
    """Whether a line is an ATX heading."""
    return _HEADING.match(text) is not None


def is_rule(text: str) -> bool:
    """Whether a line is a thematic break."""
    return _RULE.match(text) is not None
