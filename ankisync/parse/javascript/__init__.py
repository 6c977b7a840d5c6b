"""A user's own JavaScript regular expressions, run by the `regex` package with V8's results.

The flags are `g` and `m`, as the Obsidian_to_Anki plugin sets them; without `u`, V8 sees UTF-16 units, and so do we.
Known differences to V8 as of Node 20:

* Refused, though V8 takes them: groups nested more than 50 deep, more than 1,000 groups, a repetition of at least
  65,536 rounds, or of very many rounds that may each be empty and capture something. Newer V8s also take `(?i:...)`,
  and one name for groups in different options; these are refused too.
* A match or group that begins or ends between the two units of a character beyond U+FFFF does so behind it.
* The `regex` package is some twenty times as slow as V8 where it has to go back much; then the time limit stops it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ankisync.parse.javascript.escapes import Refused
from ankisync.parse.javascript.literal import all_stand, required_texts
from ankisync.parse.javascript.reader import read_tree
from ankisync.parse.javascript.translation import Slot, translate
from ankisync.values import dataclass

if TYPE_CHECKING:
    import regex

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class BadPattern:
    """No JavaScript expression, or none that we can run: `reason` is a clause, without a full stop."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression, read.

    `source` is what the user wrote, `translated` the same for the `regex` package, where `slots` say how each
    capturing group is found. `required` are texts that stand in every match, in this order and without overlap.
    """

    source: str
    translated: str
    slots: tuple[Slot | None, ...]
    required: tuple[str, ...]

    @property
    def groups(self) -> int:
        """The number of capturing groups."""
        return len(self.slots)

    @property
    def literal(self) -> str:
        """The longest text that stands in every match, "" if none is known: a file without it holds no match."""
        return max(self.required, key=len, default="")


@dataclass(frozen=True, slots=True)
class Match:
    """A match, and the texts and places of its groups; None for a group that has not taken part.

    Offsets count characters of the text that was searched, from 0.
    """

    start: int
    end: int
    groups: tuple[str | None, ...]
    spans: tuple[tuple[int, int] | None, ...]


class OutOfTime(Exception):
    """A search took longer than it may."""


def read_expression(source: str) -> Expression | BadPattern:
    """An expression as JavaScript's `new RegExp(source, "gm")` reads it, or why it cannot be run."""
    try:
        tree, count = read_tree(_units(source))
        pattern, slots = translate(tree, count)
    except Refused as refused:
        return BadPattern(str(refused))
    return Expression(source, pattern, slots, required_texts(tree))


def find_all(expression: Expression, text: str, start: int, seconds: float) -> Iterator[Match]:
    """The matches in a text from offset `start` on, as V8's `exec` finds them one after the other.

    Matches of the empty text are passed over (at the first of them the plugin's loop never ends). `OutOfTime` is
    raised once the process has used up `seconds` of processor time (on Windows: of time) since the first match was
    asked for; what the caller does between two matches counts too.
    """
    pairs = [found.start() for found in _ASTRAL.finditer(text)]
    ends = [place + index + 2 for index, place in enumerate(pairs)]
    begin = start + bisect_left(pairs, start)
    matches = _compiled(expression.translated).finditer(_units(text), begin, timeout=seconds)
    at = start
    while all_stand(expression.required, text, at):
        try:
            found = next(matches, None)
        except TimeoutError as error:
            raise OutOfTime from error
        if found is None:
            return
        match = _match(expression, text, ends, found)
        at = match.end
        if match.start < match.end:
            yield match


def _match(expression: Expression, text: str, ends: list[int], found: "regex.Match[str]") -> Match:
    start, end = _characters(found.span(), ends)
    spans = tuple(_span(found, slot, ends) for slot in expression.slots)
    return Match(start, end, tuple(span and text[span[0] : span[1]] for span in spans), spans)


def _span(found: "regex.Match[str]", slot: Slot | None, ends: list[int]) -> tuple[int, int] | None:
    if slot is None or found.start(slot.name) < 0 or (slot.witness and not found[slot.witness]):
        return None
    return _characters(found.span(slot.name), ends)


def _characters(span: tuple[int, int], ends: list[int]) -> tuple[int, int]:
    """A span of UTF-16 units as one of characters. `ends` are the offsets in units behind each pair of units."""
    start, end = span
    return start - bisect_right(ends, start), end - bisect_right(ends, end)


def _units(text: str) -> str:
    """The text with two UTF-16 units in place of each character beyond U+FFFF."""
    return _ASTRAL.sub(lambda found: _pair(ord(found[0])), text)


def _pair(code: int) -> str:
    return chr(0xD7C0 + (code >> 10)) + chr(0xDC00 | (code & 0x3FF))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "regex.Pattern[str]":
    import regex

    return regex.compile(pattern, regex.VERSION0 | regex.ASCII)
