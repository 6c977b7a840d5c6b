"""IDs as they are written in notes: `<!--ID: n-->` and its variants, and the bare `ID: n`."""

import re
from typing import NamedTuple

from ankisync.expression import expression
from ankisync.identity import read_digits
from ankisync.inline import after_code
from ankisync.model import NoteId

_COMMENT = r"<!--[ \t]*+ID:[ \t]*+(?P<number>[0-9]++)[ \t]*+-->"
_ID_LINE = expression(rf"(?:{_COMMENT}|ID:[ \t]*+(?P<bare>[0-9]++)(?![0-9A-Za-z])(?P<rest>.*))", re.DOTALL)
_BROKEN = expression(r"<!--[ \t]*+(?:ID[ \t]*+:|ID[ \t]++[0-9]{10}|[iI][dD][ \t]*+:[ \t]*+[0-9]{10})[^\r\n]*")
_INLINE = expression(rf"(?P<code>`+)|{_COMMENT}|(?<=[ \t])ID:[ \t]*+(?P<bare>[0-9]{{13}})[ \t]*+$")


class IdText(NamedTuple):
    """An ID found on a line: `id` is None where the text means to be one but is none; `bare` if it is no comment."""

    id: NoteId | None
    text: str
    start: int
    bare: bool


def read_id_line(line: str, at: int) -> IdText | None:
    """The ID with which the text of a line from `at` begins, or None. Text after it on the line is allowed.

    A bare `ID: 42` with more text after it is prose; with nothing after it, it means to be an ID.
    """
    match = _ID_LINE.match(line, at)
    if match is None:
        broken = _BROKEN.match(line, at)
        return IdText(None, broken[0].rstrip(), at, False) if broken else None
    number, bare, rest = match.groups()
    note_id = read_digits(number or bare)
    if number:
        return IdText(note_id, match[0], at, False)
    if note_id is None and rest.strip():
        return None
    return IdText(note_id, f"ID: {bare}", at, True)


def find_inline_id(text: str, at: int = 0) -> IdText | None:
    """An ID behind column `at` at the end of a line of a card's text, not inside inline code.

    A bare `ID: n` counts only at the line's end and with the thirteen digits of a time in milliseconds: "Patient
    ID: 7712345678" is text.
    """
    if "ID:" not in text:  # most lines: no expression has to look at them
        return None
    while match := _INLINE.search(text, at):
        if not match["code"]:
            number = match["number"] or match["bare"]
            return IdText(read_digits(number), match[0].rstrip(), match.start(), match["number"] is None)
        at = after_code(text, match.end(), len(match["code"]))
    return None
