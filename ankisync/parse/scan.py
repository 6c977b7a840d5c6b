"""Finding the marks of a file: one pass over its lines."""

import re
from collections.abc import Iterator, Mapping, Sequence

from ankisync.inline import after_code
from ankisync.parse.containers import QUOTE, Lists, Prefix, read_prefix, strip
from ankisync.parse.ids import read_id_line
from ankisync.parse.marks import KEYWORDS, BlockLines, Kind, Mark, Scan, is_heading, is_rule
from ankisync.parse.regions import Kind as RegionKind
from ankisync.parse.regions import Region, Regions
from ankisync.parse.syntax import Syntax
from ankisync.source import Source

_TAB_STOP = 4
_MARGIN = Prefix("", (), None)


def scan_lines(
    source: Source, texts: Sequence[str], lists: Lists, first: int, regions: Regions, syntax: Syntax
) -> Scan:
    """Find all marks of a file. Frontmatter (the lines above `first`) holds keyword lines only."""
    reader = _Reader(texts, lists, first, regions, syntax)
    marks: dict[int, Mark] = {}
    blocks: list[BlockLines] = []
    index = 0
    while index < len(texts):
        mark = None if regions.inside[index] else reader.mark(index)
        if mark is not None:
            marks[index] = mark
            if mark.kind is Kind.START:
                block = reader.block(mark)
                blocks.append(block)
                if block.end is not None:
                    marks.update(_ids_within(texts, index, block.end, syntax))
                    index = block.end
        index += 1
    swallowing = tuple(region for region in regions.regions if _swallows(texts, region, syntax))
    return Scan(source, texts, first, syntax, regions, marks, tuple(blocks), reader.inline_ends(marks), swallowing)


def _swallows(texts: Sequence[str], region: Region, syntax: Syntax) -> bool:
    if region.kind is RegionKind.COMMENT or (region.kind is RegionKind.FENCE and region.closed):
        return False
    patterns = syntax.patterns
    lines = texts[region.first + 1 : region.last + 1]
    matches = (patterns.line.match(text) for text in lines)
    keyword = any(patterns.deck.match(text) or patterns.tags.match(text) for text in lines)
    marked = any(each["card"] == "Q" or each["start"] or each["inline"] for each in matches if each)
    return marked or (keyword and region.kind is RegionKind.FENCE)


class _Reader:
    """Reads the marks of one file, a line at a time."""

    def __init__(self, texts: Sequence[str], lists: Lists, first: int, regions: Regions, syntax: Syntax) -> None:
        self.texts, self.lists, self.first, self.regions = texts, lists, first, regions
        self.words, self.patterns = syntax.settings.keywords, syntax.patterns

    def mark(self, index: int) -> Mark | None:
        """What the line begins with, if it is anything."""
        keyword = self._keyword(index)
        if keyword is not None or index < self.first:
            return keyword
        text = self.texts[index]
        match = self.patterns.line.match(text)
        prefix = read_prefix(match["prefix"]) if match else None
        if match is None:
            return None
        if match["id"]:
            return _id_mark(text, index, match.start("id"))
        if prefix is None:
            return None
        if match["card"]:
            kind = Kind.QUESTION if match["card"] == "Q" else Kind.ANSWER
            return Mark(kind, index, prefix, match.end()) if _in_place(self.lists, index, prefix) else None
        if match["inline"]:
            whole = text.rstrip(" \t").endswith(self.words.end_inline)
            return Mark(Kind.INLINE, index, prefix, match.start("inline")) if whole else None
        if prefix.text.strip(" \t>"):
            return None
        if match["start"]:
            return Mark(Kind.START, index, prefix, match.end())
        deletes = text[match.end() :].strip() or self._id_follows(index)
        return Mark(Kind.DELETE, index, prefix, match.start("delete")) if deletes else None

    def _keyword(self, index: int) -> Mark | None:
        """A deck, tag or FROZEN line, at the margin."""
        text = self.texts[index]
        for kind, pattern in ((Kind.DECK, self.patterns.deck), (Kind.FILE_TAGS, self.patterns.tags)):
            if match := pattern.match(text):
                value, line = (match["value"] or "").strip(), None
                if not value:
                    value, line = self._next_value(index)
                return Mark(kind, index, _MARGIN, match.end("word"), value, value_line=line)
        if frozen := self.patterns.frozen.match(text):
            return Mark(Kind.FROZEN, index, _MARGIN, frozen.end(), frozen["type"].strip())
        return None

    def _next_value(self, index: int) -> tuple[str, int | None]:
        """The value of a keyword that stands alone, and its line: the next one with text, unless that means something
        itself.
        """
        end = self.first - 1 if index < self.first else len(self.texts)
        line = next((line for line in range(index + 1, end) if self.texts[line].strip()), None)
        text = "" if line is None else self.texts[line]
        taken = (
            self.patterns.deck.match(text)
            or self.patterns.tags.match(text)
            or self.patterns.frozen.match(text)
            or self.patterns.line.match(text)
            or text.lstrip().startswith(("```", "~~~", "<!--"))
            or any(inline_notes(text, self.patterns.inline))
            or is_heading(text)
            or is_rule(text)
        )
        return ("", None) if taken else (text.strip(), line)

    def _id_follows(self, index: int) -> bool:
        match = self.patterns.line.match(self.texts[index + 1]) if index + 1 < len(self.texts) else None
        return match is not None and match["id"] is not None

    def block(self, start: Mark) -> BlockLines:
        """The lines of a START block: it ends at the END in the same quotes, unless another START or the end of the
        quotes comes first.
        """
        containers = tuple(each for each in start.prefix.containers if each == QUOTE)
        for index in range(start.line + 1, len(self.texts)):
            if self.regions.inside[index]:
                continue
            rest = strip(self.texts[index], containers)
            word = None if rest is None else rest.strip(" \t")
            if word == self.words.end:
                return BlockLines(start.line, index, containers)
            if word in (None, self.words.start) or index in self.regions.walls:
                break
        return BlockLines(start.line, None, containers)

    def inline_ends(self, marks: Mapping[int, Mark]) -> dict[int, int]:
        """By line, the column behind its last inline note. The lines of other keywords hold none."""
        others = {index for index, mark in marks.items() if mark.kind in KEYWORDS}
        found = {}
        for index in range(self.first, len(self.texts)):
            hidden = index in others or self.regions.inside[index]
            if self.words.start_inline in self.texts[index] and not hidden:
                for match in inline_notes(self.texts[index], self.patterns.inline):
                    found[index] = match.end()
        return found


def inline_notes(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The inline notes of a line, those in code, comments and math left out."""
    at = 0
    while match := pattern.search(text, at):
        at = after_code(text, match.end(), len(match["code"])) if match["code"] else match.end()
        if match["text"] is not None:
            yield match


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


def _ids_within(texts: Sequence[str], start: int, end: int, syntax: Syntax) -> dict[int, Mark]:
    """The ID lines of a START block."""
    found = {}
    for index in range(start + 1, end):
        match = syntax.patterns.line.match(texts[index])
        if match and match["id"] and (mark := _id_mark(texts[index], index, match.start("id"))):
            found[index] = mark
    return found
