"""The lines of a file that mean something: card markers, IDs, deck and tag lines, each found once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ankisync.model import Location
from ankisync.parse.containers import Lists, Prefix, read_prefix
from ankisync.parse.ids import IdText, read_id_line
from ankisync.parse.regions import Kind as RegionKind
from ankisync.parse.regions import Region, Regions
from ankisync.source import Source

_TAB_STOP = 4
_LINE = re.compile(
    r"(?P<prefix>(?:[ \t]*+(?:>|(?:[-*+]|[0-9]{1,9}[.)])(?=[ \t])))*+[ \t]*+)"
    r"(?:(?P<card>[QA]):(?!:)[ \t]*+|(?P<id><!--[ \t]*+[iI][dD]\b|ID:)|(?P<start>STARTI?)(?=[ \t\[]|$)"
    r"|(?P<delete>DELETE[ \t]*+(?=$|<!--[ \t]*+ID:|ID:)))"
)
_KEYWORD = re.compile(r"(?P<word>TARGET DECK|FILE TAGS)[ \t]*+(?::(?P<value>.*))?$", re.DOTALL)
_HEADING = re.compile(r"[ ]{0,3}#{1,6}(?:[ \t]|$)")
_RULE = re.compile(r"[ ]{0,3}(?:(?:\*[ \t]*+){3,}|(?:-[ \t]*+){3,}|(?:_[ \t]*+){3,})$")
_END = re.compile(r"[ \t]*+END[ \t]*+$")


class Kind(StrEnum):
    """What a line begins with."""

    QUESTION = "Q:"
    ANSWER = "A:"
    ID = "ID"
    DECK = "TARGET DECK"
    FILE_TAGS = "FILE TAGS"
    START = "START"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that begins with a marker, after its `prefix`. `at` is the column of the text behind the marker.

    `value` is the text of a deck or tag line, which may stand on the next one; `id` what an ID line holds.
    """

    kind: Kind
    line: int
    prefix: Prefix
    at: int
    value: str = ""
    id: IdText | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What every recogniser reads: the file's lines, what is hidden in them, and its marks by line.

    `first` is the first line after the frontmatter; `unread` counts `START … END` blocks, whose lines hold no marks
    but IDs; `swallowing` are regions that should have ended before a card: fences never closed, and stray `$$`.
    """

    source: Source
    texts: Sequence[str]
    first: int
    regions: Regions
    marks: Mapping[int, Mark]
    unread: int
    swallowing: tuple[Region, ...]

    def place(self, line: int, column: int = 0) -> Location:
        """The location of a column (from 0) on a line (from 0)."""
        return Location(self.source.path, line + 1, column + 1)


def is_heading(text: str) -> bool:
    """Whether a line is an ATX heading."""
    return _HEADING.match(text) is not None


def is_rule(text: str) -> bool:
    """Whether a line is a thematic break."""
    return _RULE.match(text) is not None


def scan_lines(source: Source, texts: Sequence[str], lists: Lists, first: int, regions: Regions) -> Scan:
    """Find all marks of a file. Frontmatter (the lines above `first`) holds deck and tag lines only."""
    marks: dict[int, Mark] = {}
    unread = 0
    index = 0
    while index < len(texts):
        mark = None if regions.inside[index] else _read(texts, lists, index, first)
        if mark is not None:
            marks[index] = mark
            if mark.kind is Kind.START and (end := _block_end(texts, regions, index)):
                unread += 1
                marks.update(_ids_within(texts, index, end))
                index = end
        index += 1
    swallowing = tuple(region for region in regions.regions if _swallows(texts, region))
    return Scan(source, texts, first, regions, marks, unread, swallowing)


def _swallows(texts: Sequence[str], region: Region) -> bool:
    if region.kind is RegionKind.COMMENT or (region.kind is RegionKind.FENCE and region.closed):
        return False
    lines = texts[region.first + 1 : region.last + 1]
    matches = (_LINE.match(text) for text in lines)
    keyword = region.kind is RegionKind.FENCE and any(map(_KEYWORD.match, lines))
    return keyword or any(each["card"] == "Q" or each["start"] for each in matches if each)


def _read(texts: Sequence[str], lists: Lists, index: int, first: int) -> Mark | None:
    text = texts[index]
    frontmatter = index < first
    if keyword := _KEYWORD.match(text):
        end = first - 1 if frontmatter else len(texts)
        value = (keyword["value"] or "").strip() or _next_value(texts, index, end)
        kind = Kind.DECK if keyword["word"] == Kind.DECK else Kind.FILE_TAGS
        return Mark(kind, index, Prefix("", (), None), keyword.end("word"), value)
    match = None if frontmatter else _LINE.match(text)
    if match is None:
        return None
    prefix = read_prefix(match["prefix"])
    if match["id"]:
        return _id_mark(text, index, match.start("id"))
    if prefix is None:
        return None
    if match["card"]:
        kind = Kind.QUESTION if match["card"] == "Q" else Kind.ANSWER
        return Mark(kind, index, prefix, match.end()) if _in_place(lists, index, prefix) else None
    rest = text[match.end() :].strip()
    if prefix.text.strip(" \t>"):
        return None
    if match["start"]:
        whole = rest.endswith("ENDI") if match["start"] == "STARTI" else not rest
        return Mark(Kind.START, index, prefix, match.end()) if whole else None
    below = texts[index + 1] if index + 1 < len(texts) else ""
    deletes = rest or ((following := _LINE.match(below)) and following["id"])
    return Mark(Kind.DELETE, index, prefix, match.end()) if deletes else None


def _id_mark(text: str, index: int, at: int) -> Mark | None:
    found = read_id_line(text, at)
    return Mark(Kind.ID, index, Prefix(text[:at], (), None), at, id=found) if found else None


def _in_place(lists: Lists, index: int, prefix: Prefix) -> bool:
    """Whether a marker behind blanks stands in a list item, rather than in indented code or just off the margin."""
    if not prefix.containers or prefix.text[:1] not in (" ", "\t"):
        return True
    indent = len(prefix.text) - len(prefix.text.lstrip(" \t"))
    opened = prefix.marker is not None or ">" in prefix.text
    if opened and indent < _TAB_STOP and "\t" not in prefix.text[:indent]:
        return True
    column = len(prefix.text[:indent].expandtabs(_TAB_STOP))
    return lists.around(index, column)


def _next_value(texts: Sequence[str], index: int, end: int) -> str:
    """The value of a keyword that stands alone: the next line with text, unless that means something itself."""
    for following in range(index + 1, end):
        text = texts[following]
        if text.strip():
            taken = (
                _KEYWORD.match(text)
                or _LINE.match(text)
                or text.lstrip().startswith(("```", "~~~"))
                or is_heading(text)
                or is_rule(text)
                or text.lstrip().startswith("<!--")
            )
            return "" if taken else text.strip()
    return ""


def _block_end(texts: Sequence[str], regions: Regions, start: int) -> int | None:
    """The line that ends a START block, None for one on a single line or one that is not closed before the next."""
    if texts[start].strip() != Kind.START:
        return None
    for index in range(start + 1, len(texts)):
        if regions.inside[index]:
            continue
        if _END.match(texts[index]):
            return index
        if texts[index].strip() == Kind.START:
            return None
    return None


def _ids_within(texts: Sequence[str], start: int, end: int) -> dict[int, Mark]:
    found = {}
    for index in range(start + 1, end):
        match = _LINE.match(texts[index])
        if match and match["id"] and (mark := _id_mark(texts[index], index, match.start("id"))):
            found[index] = mark
    return found
