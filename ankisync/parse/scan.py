"""Finding the marks of a file: one pass over its lines."""

import re
from collections.abc import Iterator, Sequence

from ankisync.inline import after_code
from ankisync.parse.containers import MARGIN, QUOTE, Lists, Prefix, read_prefix, strip
from ankisync.parse.ids import IdText, find_inline_id, read_id_line
from ankisync.parse.marks import KEYWORDS, BlockLines, Kind, Mark, Scan, is_heading, is_rule
from ankisync.parse.quick import Quick
from ankisync.parse.regions import Kind as RegionKind
from ankisync.parse.regions import Region, Regions
from ankisync.parse.syntax import Syntax
from ankisync.source import Source
from ankisync.values import replace

_TAB_STOP = 4


def scan_lines(
    source: Source,
    texts: Sequence[str],
    lists: Lists,
    first: int,
    regions: Regions,
    syntax: Syntax,
    quick: Quick,
) -> Scan:
    """Find all marks of a file. Frontmatter (the lines above `first`) holds keyword lines only. Of the `quick` cards
    only their `Q:` are marks, where there is anything else that one could end.
    """
    reader = _Reader(texts, lists, first, regions, syntax)
    marks: dict[int, Mark] = {}
    blocks: list[BlockLines] = []
    free = 0
    begins = syntax.patterns.begins.match
    for index, match in [(line, match) for line in quick.free if texts[line] and (match := begins(texts[line]))]:
        mark = None if index < free or regions.inside[index] else reader.mark(index, match)
        if mark is not None:
            marks[index] = mark
            if mark.kind is Kind.START:
                block = reader.block(mark)
                blocks.append(block)
                if block.end is not None:
                    marks.update(_ids_within(texts, index, block.end, syntax))
                    free = block.end + 1
    if quick.cards and not all(mark.kind in KEYWORDS for mark in marks.values()):
        marks.update((card.first, Mark(Kind.QUESTION, card.first, MARGIN, len("Q:"))) for card in quick.cards)
    swallowing = tuple(region for region in regions.regions if _swallows(texts, region, syntax))
    scan = Scan(source, texts, first, syntax, regions, marks, tuple(blocks), {}, swallowing, quick.section)
    ends = {} if quick.cards else _inline_ends(scan)
    return replace(scan, inline_ends=ends) if ends else scan


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

    def mark(self, index: int, begins: re.Match[str]) -> Mark | None:
        """What a line that `begins` like one that means something is, if it is anything."""
        if begins.lastgroup != "keyword":
            return self._marker(index, begins) if index >= self.first else None
        keyword = self._keyword(index)
        match = None if keyword or index < self.first else self.patterns.line.match(self.texts[index])
        return self._marker(index, match) if match else keyword

    def _marker(self, index: int, match: re.Match[str]) -> Mark | None:
        """What stands behind the containers of a line."""
        text, what = self.texts[index], match.lastgroup
        if what == "id":
            return _id_mark(text, index, match.start("id"))
        before = match["prefix"]
        prefix = read_prefix(before) if before else MARGIN
        if prefix is None:
            return None
        if what == "card":
            kind = Kind.QUESTION if match["card"] == "Q" else Kind.ANSWER
            fits = not before or _in_place(self.lists, index, prefix)
            return Mark(kind, index, prefix, match.end()) if fits else None
        if what == "inline":
            at = match.start("inline")
            whole = text.rstrip(" \t").endswith(self.words.end_inline) or self._has_id_behind(text, at)
            return Mark(Kind.INLINE, index, prefix, at) if whole else None
        if prefix.text.strip(" \t>"):
            return None
        if what == "start":
            return Mark(Kind.START, index, prefix, match.end())
        deletes = text[match.end() :].strip() or self._id_follows(index)
        return Mark(Kind.DELETE, index, prefix, match.start("delete")) if deletes else None

    def _has_id_behind(self, text: str, at: int) -> bool:
        """Whether a line is, from a column on, one inline note without an ID in it and the note's ID behind it."""
        notes = list(inline_notes(text, self.patterns.inline)) if "<!--" in text else []
        alone = len(notes) == 1 and notes[0].start() == at and find_inline_id(notes[0]["text"]) is None
        return alone and id_behind(text, notes[0].end()) is not None

    def _keyword(self, index: int) -> Mark | None:
        """A deck, tag or FROZEN line, at the margin."""
        text = self.texts[index]
        for kind, pattern in ((Kind.DECK, self.patterns.deck), (Kind.FILE_TAGS, self.patterns.tags)):
            if match := pattern.match(text):
                value, line = (match["value"] or "").strip(), None
                if not value:
                    value, line = self._next_value(index)
                return Mark(kind, index, MARGIN, match.end("word"), value, value_line=line)
        if frozen := self.patterns.frozen.match(text):
            return Mark(Kind.FROZEN, index, MARGIN, frozen.end(), frozen["type"].strip())
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


def _inline_ends(scan: Scan) -> dict[int, int]:
    """By line, the column behind its last inline note. The lines of other keywords hold none."""
    found = {}
    for index in scan.lines_with(scan.syntax.settings.keywords.start_inline):
        mark = scan.marks.get(index)
        if not scan.regions.inside[index] and (mark is None or mark.kind not in KEYWORDS):
            for match in inline_notes(scan.texts[index], scan.syntax.patterns.inline):
                found[index] = match.end()
    return found


def inline_notes(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """The inline notes of a line, those in code, comments and math left out."""
    at = 0
    while match := pattern.search(text, at):
        at = after_code(text, match.end(), len(match["code"])) if match["code"] else match.end()
        if match["text"] is not None:
            yield match


def id_behind(text: str, at: int) -> IdText | None:
    """The ID comment that is all that stands behind a column."""
    found = find_inline_id(text, at)
    if found is None or found.bare:
        return None
    around = text[at : found.start] + text[found.start + len(found.text) :]
    return None if around.strip(" \t") else found


def _id_mark(text: str, index: int, at: int) -> Mark | None:
    found = read_id_line(text, at)
    prefix = Prefix(text[:at], (), None) if at else MARGIN
    return Mark(Kind.ID, index, prefix, at, id=found) if found else None


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
