"""Lists without blank lines in them, and lists in those."""

import re
from collections.abc import Sequence

from ankisync.render.quick_inline import WORDS, inline_of_line, inline_of_lines

_ITEM = re.compile(
    rf"""
    (?P<indent>[ \t]*+)
    (?P<marker>(?P<number>[0-9]{{1,9}}+)?(?(number)[.)]|[-*+]))
    (?:(?P<gap>[ ]{{1,3}}+)(?={WORDS})|[ ]*+\Z)
    """,
    re.VERBOSE,
)
# What goes on with the text of the item above it.
_GOES_ON = re.compile(WORDS, re.VERBOSE)
_DEEPEST = 10
_INTERRUPT = ("- ", "* ", "+ ", "1. ", "1) ")
# More blanks than these before a sign make code of it.
_WIDEST = 3

_NEXT = "</li>\n<li>"

# Of a list: column and kind of its signs, column of its last item's text.
_Open = tuple[int, str, int]


def interrupts(line: str) -> bool:
    """Whether an item may stand right below a line of text."""
    return line.startswith(_INTERRUPT) and line[2:].strip() != ""


def read_list(lines: Sequence[str], at: int, cloze: bool, *, breaks: bool) -> tuple[str, int] | None:
    """The HTML of the list that the line at an index opens, with the lists in it, and the index of the line behind it.
    What stands there must open a block of its own, lest it go on with the last item. No blank line is part of a list
    here. New lines in the text of an item are line breaks if `breaks` is set. None where it is not surely plain.
    """
    html: list[str] = []
    open_lists: list[_Open] = []
    before = ""
    while at < len(lines):
        line, end = lines[at], at + 1
        text: str | None = line[len(before) :]
        # Most items are words behind the same sign as the one before.
        if before and text and text[0].isalpha() and line.startswith(before):
            steps: str | None = _NEXT
        elif item := _ITEM.match(line):
            steps = _steps(item, open_lists)
            before = item[0] if item["gap"] else ""
            text = line[len(before) :] if before else ""
        else:
            break
        if text:
            if end < len(lines) and lines[end] and not lines[end].startswith(before):
                end = _end(lines, end)
            if end == at + 1:
                text = inline_of_line(text, cloze)
            else:
                text = inline_of_lines((text, *lines[at + 1 : end]), cloze, breaks=breaks)
        if text is None or steps is None:
            return None
        html += (steps, text)
        at = end
    return ("".join([*html, *_closings(open_lists, 0)]), at) if html else None


def _end(lines: Sequence[str], at: int) -> int:
    """The index of the first line from one on that is not all text."""
    while at < len(lines) and _GOES_ON.match(lines[at]):
        at += 1
    return at


def _steps(item: re.Match[str], open_lists: list[_Open]) -> str | None:
    """What stands between the text of the item before and that of this one; None where it is not plain to which list
    it belongs.
    """
    indent, marker, _, gap = item.groups()
    column = len(indent.expandtabs(4)) if indent else 0
    entry = (column, marker[-1], column + len(marker) + len(gap or " "))
    if open_lists and entry == open_lists[-1]:
        return _NEXT
    if not open_lists or column >= open_lists[-1][2]:
        return _deeper(item, entry, open_lists)
    depth = next((depth for depth, (left, *_) in enumerate(open_lists) if left == column), None)
    if depth is None or open_lists[depth][1] != entry[1]:
        return None
    closed = "".join(_closings(open_lists, depth + 1))
    open_lists[depth:] = [entry]
    return closed + _NEXT


def _deeper(item: re.Match[str], entry: _Open, open_lists: list[_Open]) -> str | None:
    outer = open_lists[-1][2] if open_lists else 0
    code = entry[0] - outer > _WIDEST
    if code or len(open_lists) >= _DEEPEST or (open_lists and not interrupts(item.string.lstrip())):
        return None
    between = "\n" if open_lists else ""
    open_lists.append(entry)
    if item["number"] is None:
        return f"{between}<ul>\n<li>"
    number = int(item["number"])
    return f"{between}<ol>\n<li>" if number == 1 else f'{between}<ol start="{number}">\n<li>'


def _closings(open_lists: Sequence[_Open], depth: int) -> list[str]:
    return [f"</li>\n</{'ul' if kind in '-*+' else 'ol'}>\n" for _, kind, _ in reversed(open_lists[depth:])]
