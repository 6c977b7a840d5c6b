"""A user's own patterns, run as Obsidian_to_Anki runs them.

Four passes a pattern: with tags and ID behind it, with an ID, with tags, with neither. A match that lies in what is
hidden is passed over. Unlike the plugin, a match ends before a card that has been read: there the plugin writes one
note over another.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby

from ankisync.config import Custom
from ankisync.diagnostics import diagnose
from ankisync.identity import read_digits
from ankisync.inline import after_code
from ankisync.names import clean_tags
from ankisync.parse.answer import FoundId, ids_below, ids_in_fences
from ankisync.parse.block import sound_ids
from ankisync.parse.found import Card, Findings, Found, Recogniser, by_place
from ankisync.parse.ids import IdText
from ankisync.parse.javascript import Expression, Match, OutOfTime, find_all
from ankisync.parse.marks import Kind, Scan
from ankisync.parse.paragraphs import makes_cloze
from ankisync.parse.syntax import CustomForms
from ankisync.parse.text import id_marks
from ankisync.shapes import Shape
from ankisync.source import Span
from ankisync.values import replace

SECONDS = 1.0

_INLINE = re.compile(r"(?P<code>`++)|\$\$.*?\$\$|\$(?=\S)[^$\n]*(?<=\S)\$", re.DOTALL)


def custom_recogniser(custom: Custom, forms: CustomForms) -> Recogniser:
    """The recogniser of one pattern."""

    def read(scan: Scan, taken: bytes) -> Found:
        shape = scan.syntax.notetypes.find(custom.notetype)
        if shape is None or forms.plain.literal not in scan.source.text:
            return Found()
        try:
            return _Reader(scan, taken, shape).read(forms)
        except OutOfTime:
            place = scan.place(scan.first if scan.first < len(scan.texts) else 0)
            return Found((), (diagnose("A227", place, pattern=custom.pattern, seconds=SECONDS),))

    return read


class _Reader:
    """Runs one pattern over one file, and keeps what it has matched."""

    def __init__(self, scan: Scan, taken: bytes, shape: Shape) -> None:
        self.scan, self.shape = scan, shape
        self.taken = bytearray(taken)
        self.taken[: scan.first] = b"\1" * scan.first
        for line in scan.inline_ends:
            self.taken[line] = 1
        self.starts = scan.source.lines.starts[: len(scan.texts)]
        self.hidden = [*_regions(scan), *_inline(scan.source.text)]
        self.findings = Findings()

    def read(self, forms: CustomForms) -> Found:
        """All four passes."""
        passes = (
            (forms.with_both, True, True),
            (forms.with_id, False, True),
            (forms.with_tags, True, False),
            (forms.plain, False, False),
        )
        for expression, tagged, identified in passes:
            for match in self._matches(expression):
                self._add(match, tagged, identified)
        return self.findings.found()

    def _matches(self, expression: Expression) -> Iterator[Match]:
        """The matches that count, in each stretch of lines that no card has."""
        for start, end in list(self._free()):
            for found in find_all(expression, self.scan.source.text[start:end], 0, SECONDS):
                match = replace(found, start=start + found.start, end=start + found.end)
                if not any(each.start <= match.start and match.end <= each.end for each in self.hidden):
                    yield match

    def _free(self) -> Iterator[tuple[int, int]]:
        """The offsets (start, end) of the lines that no card has."""
        bounds = [*self.starts, len(self.scan.source.text)]
        for free, lines in groupby(range(len(self.starts)), key=lambda line: not self.taken[line]):
            if free:
                first, *_ = found = list(lines)
                yield bounds[first], bounds[found[-1] + 1]

    def _lines(self, match: Match) -> tuple[int, int]:
        """The first and last line of a match, blank ends left out."""
        text = self.scan.source.text[match.start : match.end]
        start = match.start + len(text) - len(text.lstrip("\r\n"))
        end = match.start + max(len(text.rstrip("\r\n")), 1)
        return bisect_right(self.starts, start) - 1, bisect_right(self.starts, max(end - 1, start)) - 1

    def _add(self, match: Match, tagged: bool, identified: bool) -> None:
        scan, findings = self.scan, self.findings
        groups = list(match.groups)
        number = groups.pop() if identified else None
        tags = clean_tags((groups.pop() or "").removeprefix("Tags:")) if tagged else ()
        texts = [_plain(group or "") for group in groups]
        fields = by_place(self.shape, [_HALF.sub("", text) for text in texts] if identified else texts)
        if self.shape.cloze and not makes_cloze(scan, [text for _, text in fields]):
            return
        first, last = self._lines(match)
        if any(self.taken[first : last + 1]):
            findings.told.append(diagnose("A231", scan.place(first)))  # there is no place for a second ID
            return
        within = [scan.marks[line] for line in range(first, last + 1) if line in scan.marks]
        ids = tuple(FoundId(mark.id, mark.line) for mark in within if mark.kind is Kind.ID and mark.id)
        if number:  # the one that the expression took counts, whatever IDs lie in the text
            own = read_digits(number)
            taken = FoundId(IdText(own, f"ID: {number}", 0, False), last)
            ids = (
                next((each for each in ids if each.id.id == own), taken),
                *(each for each in ids if each.id.id != own),
            )
        ids = ids or ids_below(scan, last + 1, ()) or ids_in_fences(scan, first, min(last + 2, len(scan.texts)))
        self.taken[first : last + 1] = b"\1" * (last + 1 - first)
        findings.covered.append((first, last + 1))
        findings.claimed.update(each.line for each in ids)
        place = scan.place(first, match.start - self.starts[first] if match.start >= self.starts[first] else 0)
        if not fields[0][1]:
            findings.told.append(diagnose("A221", place, field=self.shape.places[0]))
        elif sound_ids(scan, ids, findings):
            marks = id_marks(scan, ids)
            findings.cards.append(Card("custom", self.shape, fields, tags, marks, place, first, last))


_HALF = re.compile(r"\s*<!--[ \t]*\Z")
"""What a pattern that takes an ID for text leaves of its comment."""
_ID_LINE = re.compile(r"^[ \t>]*<!--[ \t]*ID:[ \t]*[0-9]+[ \t]*-->[ \t]*$\n?", re.MULTILINE)


def _plain(group: str) -> str:
    """A group as a field: LF line ends, no ID lines, trimmed as the plugin does."""
    return _ID_LINE.sub("", group.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _regions(scan: Scan) -> Iterator[Span]:
    lines = scan.source.lines
    for region in scan.regions.regions:
        yield Span(lines[region.first].start, lines[region.last].next)


def _inline(text: str) -> Iterator[Span]:
    """Inline code and math; a match that lies wholly in one is none (the plugin's rule)."""
    at = 0
    while match := _INLINE.search(text, at):
        at = after_code(text, match.end(), len(match["code"])) if match["code"] else match.end()
        if at > match.end() or not match["code"]:
            yield Span(match.start(), at)
