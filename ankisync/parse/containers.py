"""Quotes and lists as prefixes of lines: what stands before a card's text, and how it is taken off and put back.

A container is an `int`: `QUOTE`, or the column at which the text of a list item starts. Columns count from 0, a tab
reaches to the next multiple of four (CommonMark).
"""

import re
from collections.abc import Iterator, Sequence

from ankisync.expression import expression
from ankisync.values import dataclass

QUOTE = -1
Containers = tuple[int, ...]

_TAB_STOP = 4
_MAX_DEPTH = 100
_ELEMENT = expression(r"[ \t]*+(?:(?P<quote>>)[ ]?|(?P<item>[-*+]|[0-9]{1,9}[.)])(?=[ \t])[ \t]*+)")
_ITEM_MARKER = expression(r"[-*+]|[0-9]{1,9}[.)]")
ID_BEGINS = r"(?:<!--[ \t]*+)?ID:[ \t]*+[0-9]{10}"
_ID = expression(ID_BEGINS)
LIST_ITEM = expression(r"[ \t]*+(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]+|$)")


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before a marker on its line: `text` literally, the `containers` that it is in, outermost first.

    `marker` is the column of a list marker that opens the innermost container on this very line, else None.
    """

    text: str
    containers: Containers
    marker: int | None

    @property
    def continuation(self) -> str:
        """The prefix for a further line: list markers become spaces of their width."""
        return self.text and _ITEM_MARKER.sub(lambda match: " " * len(match[0]), self.text)

    def sibling_of(self, other: "Prefix") -> bool:
        """Whether this is another item of the same list."""
        same = self.marker is not None and self.marker == other.marker
        return same and self.containers[:-1] == other.containers[:-1]


MARGIN = Prefix("", (), None)


def width(text: str) -> int:
    """The column at which text that follows `text` on a line starts."""
    return len(text.expandtabs(_TAB_STOP)) if "\t" in text else len(text)


def read_prefix(text: str) -> Prefix | None:
    """The containers that `text`, all that stands on a line before a marker, opens or continues.

    None where it is no such thing, or is indented as code. Blanks alone come back as one container of their width:
    whether a list is around them, only the lines above tell (`Lists`).
    """
    containers: list[int] = []
    marker: int | None = None
    at = 0
    while match := _ELEMENT.match(text, at):
        if len(containers) == _MAX_DEPTH:
            return None
        marker = None if match["quote"] else width(text[: match.start("item")])
        at = match.end()
        containers.append(QUOTE if match["quote"] else width(text[:at]))
    rest = width(text) - width(text[:at])
    if text[at:].strip(" \t") or (containers and rest >= _TAB_STOP):
        return None
    return Prefix(text, tuple(containers) or ((rest,) if rest else ()), marker)


def strip(line: str, containers: Containers) -> str | None:
    """The line without its containers; None where it does not stand in all of them.

    A quote wants its `>` (no lazy continuation), a list item the indentation of its text or nothing but blanks.
    """
    if not containers:
        return line
    at = column = surplus = 0
    for container in containers:
        goal = len(line) * _TAB_STOP if container == QUOTE else container
        while column < goal and line[at : at + 1] in (" ", "\t"):
            column += _TAB_STOP - column % _TAB_STOP if line[at] == "\t" else 1
            at += 1
        if container != QUOTE:
            if column < container and at < len(line):
                return None
            surplus = max(column - container, 0)
        elif line[at : at + 1] != ">":
            return None
        else:
            step = 2 if line.startswith("> ", at) else 1
            at, column, surplus = at + step, column + step, 0
    return " " * surplus + line[at:]


class Lists:
    """Which list items are open at a line, for all lines of a file; found out at the first question."""

    def __init__(self, texts: Sequence[str], passing: re.Pattern[str] = _ID) -> None:
        self.texts = texts
        self.passing = passing
        self.open: list[tuple[int, ...]] = []

    def around(self, index: int, column: int) -> bool:
        """Whether a line indented to `column` continues a list item that an earlier line opened. `passing` lines do not
        end one: IDs and deletions are read by line, and what is written or taken out must change nothing.
        """
        if not self.open:
            self.open = list(_open_items(self.texts, self.passing))
        inner = max((item for item in self.open[index] if item <= column), default=None)
        return inner is not None and column < inner + _TAB_STOP


def _open_items(texts: Sequence[str], passing: re.Pattern[str]) -> Iterator[tuple[int, ...]]:
    """For each line the columns at which the texts of the items around it start."""
    items: tuple[int, ...] = ()
    for text in texts:
        bare = text.lstrip(" \t")
        indent = width(text[: len(text) - len(bare)])
        around = tuple(item for item in items if item <= indent) if bare and not passing.match(bare) else items
        yield around
        item = LIST_ITEM.match(text)
        items = (*around, width(item[0])) if item and len(around) < _MAX_DEPTH else around
