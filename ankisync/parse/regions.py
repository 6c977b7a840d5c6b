"""What is not searched for cards: fenced code, comments and `$$` math, as ranges of lines.

One pass over the lines. The text between the two ends is hidden, the rest of those lines is read.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache, cached_property

from ankisync.expression import expression
from ankisync.inline import after_code
from ankisync.parse.containers import Containers, Lists, read_prefix, strip
from ankisync.parse.ids import find_inline_id
from ankisync.parse.syntax import Syntax
from ankisync.source import Source
from ankisync.values import dataclass

_TOKEN = expression(r"(?P<code>`+)|\\.|(?P<comment><!--)|(?P<math>\$\$)", re.DOTALL)
_ID_BEGINS = expression(r"[ \t]*+ID[ \t]*+:")
# To look for a single character is several times faster than to look for more, for an expression too.
_OPENINGS = (
    ("```", "`", re.compile("`(?=``)")),
    ("~~~", "~", re.compile("~(?=~~)")),
    ("$$", "$", re.compile(r"\$(?=\$)")),
    ("<!--", "<", re.compile("<(?=!--(?!ID:))")),
)
_MATH_END = expression(r"(?<!\\)\$\$")


class Kind(StrEnum):
    """What hides a region."""

    FENCE = "fence"
    COMMENT = "comment"
    MATH = "math"


@dataclass(frozen=True, slots=True)
class Region:
    """Lines `first` to `last`, both in it; `start` is the offset of its opening. `fence` is the run that closes it."""

    kind: Kind
    first: int
    last: int
    start: int
    closed: bool
    fence: str = ""


@dataclass(frozen=True, slots=True)
class Regions:
    """The regions of a file in their order.

    `inside[i]` is 1 where line i begins inside a region: no marker is read there, and the line belongs to what the
    line above it belongs to; `behind[i]` is the column behind its end, for a line in which a region ends. `walls` are
    the opening and closing lines of fences that are searched.
    """

    regions: tuple[Region, ...]
    inside: bytes
    behind: Mapping[int, int]
    walls: frozenset[int]


def find_regions(source: Source, texts: Sequence[str], lists: Lists, first: int, syntax: Syntax) -> Regions:
    """The regions from line `first` on. Fences whose info string is named in `fences` are none: they are searched."""
    signs = _signs(source.text)
    if not signs:
        return Regions((), bytes(len(texts)), {}, frozenset())
    return _Scanner(source, texts, lists, syntax, _any_of(signs)).scan(first)


def _signs(text: str) -> tuple[str, ...]:
    """The signs in a text that may open a region. The comment of an ID, of which most files have nothing else, opens
    none.
    """
    return tuple([sign for sign, first, whole in _OPENINGS if first in text and whole.search(text)])


@cache
def _any_of(signs: tuple[str, ...]) -> re.Pattern[str]:
    """Finds signs. With a single one, which is the usual case, the engine need not try every character."""
    return re.compile("|".join(map(re.escape, signs)))


class _Scanner:
    """The state of the one pass: which lines are hidden so far. `sign` finds what may open a region."""

    def __init__(
        self, source: Source, texts: Sequence[str], lists: Lists, syntax: Syntax, sign: re.Pattern[str]
    ) -> None:
        self.source = source
        self.texts = texts
        self.lists = lists
        self.sign = sign
        self.patterns = syntax.patterns
        self.searched = frozenset(syntax.settings.fences)
        self.starts = source.lines.starts[: len(texts)]
        self.inside = bytearray(len(texts))
        self.regions: list[Region] = []
        self.behind: dict[int, int] = {}
        self.walls: set[int] = set()

    @cached_property
    def id_walls(self) -> list[int]:
        """The offsets of what neither comment nor math crosses: few files have any that could."""
        return [match.start() for match in self.patterns.wall.finditer(self.source.text)]

    def scan(self, first: int) -> Regions:
        index = self._next_sign(first)
        closings: list[tuple[str, Containers]] = []
        while index < len(self.texts):
            text = self.texts[index]
            while closings and strip(text, closings[-1][1]) is None:
                closings.pop()
            if closings and _closes(strip(text, closings[-1][1]) or "", closings[-1][0]):
                closings.pop()
                self.walls.add(index)
            elif self.sign.search(text):
                index = self._line(index, text, closings)
            index = index + 1 if closings else self._next_sign(index + 1)
        return Regions(tuple(self.regions), bytes(self.inside), self.behind, frozenset(self.walls))

    def _next_sign(self, index: int) -> int:
        """The first line from `index` on that may open a region, or the number of lines."""
        found = self.sign.search(self.source.text, self.starts[index]) if index < len(self.starts) else None
        return bisect_right(self.starts, found.start()) - 1 if found else len(self.texts)

    def _line(self, index: int, text: str, closings: list[tuple[str, Containers]]) -> int:
        """Read a line that may open a region; returns the last line of what it opened, else its own index."""
        opening = self.patterns.fence.match(text)
        containers = self._containers(index, opening) if opening else None
        if opening is None or containers is None:
            return self._inline(index, 0)
        if opening["info"] in self.searched:
            closings.append((opening["fence"], containers))
            self.walls.add(index)
            return index
        return self._fence(index, opening["fence"], containers)

    def _containers(self, index: int, opening: re.Match[str]) -> Containers | None:
        """The containers that a fence stands in, or None where the line is indented code instead."""
        before = opening["prefix"]
        if not before:
            return ()
        prefix = read_prefix(before)
        if prefix is None:
            return None
        blanks_only = not prefix.text.strip(" \t")
        if not blanks_only:
            return prefix.containers
        if not prefix.containers or prefix.containers[0] < 4:
            return ()
        return prefix.containers if self.lists.around(index, prefix.containers[0]) else None

    def _fence(self, first: int, fence: str, containers: Containers) -> int:
        start = self.starts[first] + self.texts[first].index(fence)
        for index in range(first + 1, len(self.texts)):
            rest = strip(self.texts[index], containers) if containers else self.texts[index]
            if rest is None:
                return self._hide(Region(Kind.FENCE, first, index - 1, start, False, fence))
            if fence in rest and _closes(rest, fence):
                self.behind[index] = self.texts[index].rindex(fence[0]) + 1
                return self._hide(Region(Kind.FENCE, first, index, start, True, fence))
        return self._hide(Region(Kind.FENCE, first, len(self.texts) - 1, start, False, fence))

    def _inline(self, index: int, column: int) -> int:
        """Comments and math that open on this line from `column` on, and on the lines that their ends stand on."""
        while match := _TOKEN.search(self.texts[index], column):
            offset = self.starts[index] + match.end()
            column = match.end()
            if match["code"]:
                column = after_code(self.texts[index], match.end(), len(match["code"]))
            elif (match["comment"] or match["math"]) and (end := self._end(match, offset)) is not None:
                last = bisect_left(self.starts, end) - 1
                kind = Kind.COMMENT if match["comment"] else Kind.MATH
                self._hide(Region(kind, index, last, offset, True))
                index, column = last, end - self.starts[last]
                self.behind[index] = column
        return index

    def _end(self, match: re.Match[str], offset: int) -> int | None:
        """The offset behind the closing of what opens before `offset`, or None where that is plain text."""
        text = self.source.text
        if match["comment"]:
            if _ID_BEGINS.match(text, offset):
                return None
            other = text.find("<!--", offset)
            end = text.find("-->", offset, other if other >= 0 else len(text))
        else:
            closing = _MATH_END.search(text, offset)
            end = closing.start() if closing else -1
        if end < 0:
            return None
        if self._walled(offset, end):
            return None
        return end + (3 if match["comment"] else 2)

    def _walled(self, start: int, end: int) -> bool:
        """Whether a line that is a wall begins between two offsets."""
        within = self.source.text[start:end]
        if "\n" not in within and "\r" not in within:
            return False
        wall = bisect_left(self.id_walls, start)
        return wall < len(self.id_walls) and self.id_walls[wall] < end

    def _hide(self, region: Region) -> int:
        self.regions.append(region)
        count = region.last - region.first
        self.inside[region.first + 1 : region.last + 1] = b"\1" * count
        return region.last


def _closes(rest: str, fence: str) -> bool:
    found = find_inline_id(rest)
    bare = (rest[: found.start] if found else rest).strip(" \t")
    return len(bare) >= len(fence) and not bare.strip(fence[0]) and len(rest) - len(rest.lstrip(" ")) < 4
