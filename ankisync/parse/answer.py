"""Where the text of a card ends, and which IDs are the card's."""

from bisect import bisect_right
from typing import NamedTuple

from ankisync.parse.containers import LIST_ITEM, Containers, strip
from ankisync.parse.ids import IdText, find_inline_id, read_id_line
from ankisync.parse.marks import Kind, Scan, is_heading, is_rule
from ankisync.parse.regions import Kind as RegionKind


class FoundId(NamedTuple):
    """An ID of a card, and the line on which it stands."""

    id: IdText
    line: int


def text_end(scan: Scan, line: int, at: int, containers: Containers, section: bool) -> int:
    """The first line that no longer belongs to the text that begins at column `at` of a line. That line, hidden lines
    and an inline ID do.
    """
    if inline_id(scan, line, at):
        return line + 1
    end = _section_end if section else _paragraph_end
    return end(scan, line, at, containers)


def _paragraph_end(scan: Scan, line: int, at: int, containers: Containers) -> int:
    """Up to a blank line, or on over it where a list item's further lines are indented (SYNTAX, `paragraph`)."""
    listed = LIST_ITEM.match(scan.texts[line], at) is not None
    index = line + 1
    while index < len(scan.texts):
        text = scan.texts[index]
        if scan.regions.inside[index]:
            if inline_id(scan, index):
                return index + 1
        else:
            rest = None if stops(scan, index) else strip(text, containers)
            if rest is None or rest.startswith("<!--"):
                return index
            if not rest:
                following = _after_blanks(scan, index, containers) if listed else None
                if following is None:
                    return index
                index = following
                continue
            if "ID:" in text and inline_id(scan, index):
                return index + 1
            listed = listed or LIST_ITEM.match(rest) is not None
        index += 1
    return index


def _section_end(scan: Scan, line: int, _at: int, containers: Containers) -> int:
    """Up to the card's ID, the next marker, or a heading or rule after an empty line. An ID below such a one tells that
    it is part of the answer (SYNTAX, IDs: "also text"; 120 real answers hold headings or rules).
    """
    cut: int | None = None
    blank = False
    for index in range(line + 1, len(scan.texts)):
        if inline_id(scan, index) and not stops(scan, index):
            return index + 1
        if scan.regions.inside[index]:
            blank = False
            continue
        if stops(scan, index):
            mark = scan.marks.get(index)
            return index if cut is None or (mark and mark.kind is Kind.ID) else cut
        rest = strip(scan.texts[index], containers)
        if rest is None:
            return index if cut is None else cut
        if blank and scan.is_card_heading(rest):
            return index if cut is None else cut
        if blank and cut is None and (is_heading(rest) or is_rule(rest)):
            cut = index
        blank = not rest
    return len(scan.texts) if cut is None else cut


def stops(scan: Scan, index: int) -> bool:
    """Whether a line can be in no card that began above it: another marker, or the end of a fence that is searched."""
    mark = scan.marks.get(index)
    return index in scan.regions.walls or (mark is not None and mark.kind is not Kind.ANSWER)


def inline_id(scan: Scan, index: int, start: int = 0) -> IdText | None:
    """An ID at the end of a line, behind column `start` and behind inline notes; in a line in which a region ends,
    behind that.
    """
    if "ID:" not in scan.texts[index]:
        return None
    if scan.regions.inside[index]:
        behind = scan.regions.behind.get(index)
        return None if behind is None else find_inline_id(scan.texts[index], behind)
    return find_inline_id(scan.texts[index], max(start, scan.inline_ends.get(index, 0)))


def _after_blanks(scan: Scan, index: int, containers: Containers) -> int | None:
    """The line after blank ones that goes on with a list item: indented by two spaces or a tab."""
    while index < len(scan.texts):
        rest = None if stops(scan, index) else strip(scan.texts[index], containers)
        if rest is None:
            return None
        if rest:
            return index if rest.startswith(("  ", "\t")) and rest.strip(" \t") else None
        index += 1
    return None


def ids_below(scan: Scan, end: int, containers: Containers) -> tuple[FoundId, ...]:
    """The IDs that follow a card's last line with only blank lines between."""
    found: list[FoundId] = []
    for index in range(end, len(scan.texts)):
        mark = scan.marks.get(index)
        if mark is not None and mark.id is not None:
            found.append(FoundId(mark.id, index))
        elif mark is not None or index in scan.regions.walls or not _blank(scan.texts[index], containers):
            break
    return tuple(found)


def _blank(text: str, containers: Containers) -> bool:
    """Whether a line has no text, in the card's containers or outside of them."""
    if not text:
        return True
    rest = strip(text, containers)
    return not (text if rest is None else rest).strip(" \t")


def ids_in_fences(scan: Scan, first: int, end: int) -> tuple[FoundId, ...]:
    """ID comments on lines of their own inside fences that were opened within these lines."""
    if not scan.regions.regions:
        return ()
    found = []
    for index in range(first + 1, end):
        text = scan.texts[index]
        if scan.regions.inside[index] and "<!--" in text and in_fence(scan, index):
            at = len(text) - len(text.lstrip(" \t>"))
            id_text = read_id_line(text, at)
            if id_text and id_text.id and not id_text.bare:
                found.append(FoundId(id_text, index))
    return tuple(found)


def in_fence(scan: Scan, index: int) -> bool:
    """Whether a line lies inside fenced code (its closing line included)."""
    if not scan.regions.regions:
        return False
    at = bisect_right(scan.regions.regions, index, key=lambda region: region.first) - 1
    while at >= 0:
        region = scan.regions.regions[at]
        if region.first < index <= region.last:
            return region.kind is RegionKind.FENCE
        if region.first < index:
            return False
        at -= 1
    return False


def goes_on_as(scan: Scan, end: int, containers: Containers) -> str | None:
    """What stands right after the blank line that ended an answer, where a reader may take it for more of it."""
    if end >= len(scan.texts) or strip(scan.texts[end], containers) != "":
        return None
    while end < len(scan.texts) and strip(scan.texts[end], containers) == "":
        end += 1
    rest = None if end >= len(scan.texts) or stops(scan, end) else strip(scan.texts[end], containers)
    if not rest or not rest.strip(" \t") or end in scan.marks:
        return None
    bare = rest.lstrip(" \t")
    if LIST_ITEM.match(rest) and not is_rule(rest):
        return "list"
    starts = {"```": "code fence", "~~~": "code fence", "|": "table", "![": "picture"}
    for start, what in starts.items():
        if bare.startswith(start):
            return what
    return "indented text" if rest.startswith(("  ", "\t")) else None
