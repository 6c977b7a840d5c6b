"""Cards made of lines: `heading`, `double-colon`, `callout` and `table`."""

import re

from ankisync.cloze import Forms
from ankisync.config import StyleName
from ankisync.diagnostics import diagnose
from ankisync.expression import expression
from ankisync.inline import after_code
from ankisync.notetypes import REVERSED
from ankisync.parse.answer import inline_id, text_end
from ankisync.parse.block import sound_ids
from ankisync.parse.containers import QUOTE, Containers, Prefix, read_prefix, strip
from ankisync.parse.draft import Question, Stretch, add_card, read_answer
from ankisync.parse.found import Card, Findings, Found, by_place, style_shape
from ankisync.parse.labels import stripped, trimmed
from ankisync.parse.marks import Kind, Scan, heading_level
from ankisync.parse.outline import heading_text
from ankisync.parse.syntax import CONTAINERS
from ankisync.parse.text import Rows, card_ids, has_misplaced_id, id_marks, shown, without_id
from ankisync.shapes import Shape

_PREFIX = expression(CONTAINERS)
_COLONS = expression(
    r"\\.|(?P<code>`+)|(?P<math>\$\$.*?\$\$|\$(?=\S)[^$]*(?<=\S)\$(?![0-9]))|\[\[.*?\]\]|(?<!:)(?P<colons>:{2,3})(?!:)"
    r"|\{\{c[0-9,]+::.*?\}\}|(?P<curly>\{[^{}]*\})|(?P<high>==.+?==)"
)
_CALLOUT = expression(r"(?P<prefix>(?:[ \t]{0,3}>)+[ \t]?)\[!(?P<type>[^\]\n]+)\][-+]?[ \t]*(?P<title>.*)$")
_CELL = expression(r"[ \t]*\|(?P<text>(?:[^|\\]|\\.)*)\|[ \t]*$")
_DELIMITER = expression(r"[ \t]*:?-+:?[ \t]*$")


def read_headings(scan: Scan, taken: bytes) -> Found:
    """A heading is asked; the answer is the paragraph below it, or all up to the next heading. A heading with nothing
    below it, or with cards of another syntax, is none.
    """
    style, shape = scan.syntax.style(StyleName.HEADING), style_shape(scan, StyleName.HEADING)
    findings = Findings()
    for line in scan.lines_with("#"):
        text = scan.texts[line]
        if scan.regions.inside[line] or taken[line] or line in scan.marks or not scan.is_card_heading(text):
            continue
        start = _below_heading(scan, taken, line)
        if start is not None:
            end = _heading_end(scan, taken, start, section=style is not None and style.section)
            _add_heading(scan, shape, (line, start, end), findings)
    return findings.found()


def _below_heading(scan: Scan, taken: bytes, heading: int) -> int | None:
    for line in range(heading + 1, len(scan.texts)):
        text = scan.texts[line]
        if taken[line] or line in scan.marks or heading_level(text) or text.startswith("<!--"):
            return None
        if text.strip(" \t"):
            return line
    return None


def _heading_end(scan: Scan, taken: bytes, start: int, *, section: bool) -> int:
    end = len(scan.texts) if section else text_end(scan, start, 0, (), section=False)
    for line in range(start, end):
        if not scan.regions.inside[line]:
            mark = scan.marks.get(line)
            stopped = mark is not None and mark.kind is not Kind.ANSWER
            if stopped or taken[line] or heading_level(scan.texts[line]):
                return line
        if inline_id(scan, line):
            return line + 1
    return end


def _add_heading(scan: Scan, shape: Shape, lines: tuple[int, int, int], findings: Findings) -> None:
    """Add a card that is asked on one line and answered on lines `start` to `end`."""
    first, start, end = lines
    answer = read_answer(scan, Stretch(first, start, 0, end), findings)
    front = heading_text(shown(scan, first, scan.texts[first]))
    if front:
        asked = Rows((first,), (front,))
        question = Question(StyleName.HEADING, shape, scan.place(first), asked, front)
        add_card(scan, question, answer, stripped(answer.texts), findings)


def read_double_colons(scan: Scan, taken: bytes) -> Found:
    """`front :: back` on one line, split at the last `::` outside code, math, links and clozes; `:::` asks both ways.
    In a list or quote the card is the text behind the marker.
    """
    shape = style_shape(scan, StyleName.DOUBLE_COLON)
    reversed_ = scan.syntax.notetypes.find(REVERSED) or shape
    findings = Findings()
    for line in scan.lines_with("::"):
        text = scan.texts[line]
        apart = scan.regions.inside[line] or taken[line] or line in scan.marks or text.lstrip().startswith("|")
        if apart or line in scan.inline_ends:
            continue
        match = _PREFIX.match(text)
        prefix = read_prefix(match[0]) if match else None
        split = _split(text, len(prefix.text), scan.syntax.settings.cloze_forms) if prefix else None
        if prefix and split:
            kind = reversed_ if split[2] else shape
            _add_line(scan, kind, line, prefix, split[:2], findings)
    return findings.found()


def _split(text: str, at: int, forms: Forms) -> tuple[str, int, bool] | None:
    """(front, the column where the back begins, whether it asks both ways), or None where a line is no card."""
    last: re.Match[str] | None = None
    start = at
    while match := _COLONS.search(text, at):
        at = after_code(text, match.end(), len(match["code"])) if match["code"] else match.end()
        if (match["curly"] and not forms.curly) or (match["high"] and not forms.highlights):
            at = match.start() + 1
        if match["colons"] and text[start : match.start()].strip() and text[match.end() :].strip():
            last = match
    return (text[start : last.start()].strip(), last.end(), len(last["colons"]) == len(":::")) if last else None


def _add_line(scan: Scan, shape: Shape, line: int, prefix: Prefix, split: tuple[str, int], findings: Findings) -> None:
    front, at = split
    containers: Containers = prefix.containers if prefix.text.strip() else ()
    answer = read_answer(scan, Stretch(line, line, at, line + 1, containers), findings)
    back = stripped(answer.texts)
    if back:
        place, asked = scan.place(line, len(prefix.text)), Rows((line,), (front,))
        question = Question(StyleName.DOUBLE_COLON, shape, place, asked, front, prefix.continuation)
        add_card(scan, question, answer, back, findings)


def read_callouts(scan: Scan, taken: bytes) -> Found:
    """A callout of the style's type: its title is asked, its body is the answer."""
    style, shape = scan.syntax.style(StyleName.CALLOUT), style_shape(scan, StyleName.CALLOUT)
    types = {word.casefold() for word in style.words} if style else set()
    findings = Findings()
    free = scan.first
    for line in scan.lines_with("[!"):
        match = _CALLOUT.match(scan.texts[line])
        if match is None or line < free or scan.regions.inside[line] or taken[line]:
            continue
        if match["type"].strip().casefold() in types:
            containers = (QUOTE,) * match["prefix"].count(">")
            free = _add_callout(scan, shape, line, match, containers, findings)
    return findings.found()


def _add_callout(
    scan: Scan, shape: Shape, line: int, match: re.Match[str], containers: Containers, findings: Findings
) -> int:
    """Add a callout; returns the first line after it."""
    end = line + 1
    while end < len(scan.texts) and strip(scan.texts[end], containers) is not None and end not in scan.marks:
        end += 1
        if inline_id(scan, end - 1):
            break
    stretch = Stretch(line, line, len(scan.texts[line]), end, containers)
    answer = read_answer(scan, stretch, findings, match.start("title") if end == line + 1 else 0)
    behind = max([end, *(each.line + 1 for each in answer.ids)])
    findings.covered.append((line, _over_blanks(scan, behind, containers)))
    place, prefix = scan.place(line, len(match["prefix"])), match["prefix"]
    front, back = shown(scan, line, match["title"]).strip(), trimmed(answer.texts)
    if front and back:
        question = Question(StyleName.CALLOUT, shape, place, Rows((line,), (front,)), front, prefix)
        add_card(scan, question, answer, back, findings)
    else:
        findings.told.append(diagnose("A225", place, side="title" if not front else "body"))
    return end


def _over_blanks(scan: Scan, end: int, containers: Containers) -> int:
    """The first line behind the empty ones that are left of a quote: they are part of no other card."""
    while end < len(scan.texts) and (rest := strip(scan.texts[end], containers)) is not None and not rest.strip(" \t"):
        end += 1
    return end


def read_tables(scan: Scan, taken: bytes) -> Found:
    """A table of one column: its header is asked, its first row is the answer. Further rows are told."""
    shape = style_shape(scan, StyleName.TABLE)
    findings = Findings()
    free = scan.first
    for line in scan.lines_with("|"):
        cells = _cells(scan, taken, line) if line >= free else []
        if len(cells) < 3 or not _DELIMITER.match(cells[1]):
            continue
        free = end = line + len(cells)
        ids = card_ids(scan, line, 0, line + 3 if inline_id(scan, line + 2) else end)
        findings.claimed.update(each.line for each in ids)
        findings.covered.append((line, end))
        front, back = cells[0].strip(), without_id(cells[2]).strip()
        if len(cells) > 3:
            findings.told.append(diagnose("A226", scan.place(line + 3)))
        asked = Rows((line,), (front,))
        if front and back and not has_misplaced_id(scan, asked, findings) and sound_ids(scan, ids, findings):
            fields, marks = by_place(shape, (front, back)), id_marks(scan, ids)
            findings.cards.append(Card(StyleName.TABLE, shape, fields, (), marks, scan.place(line), line, end - 1))
    return findings.found()


def _cells(scan: Scan, taken: bytes, line: int) -> list[str]:
    """The cells of the rows of one column that begin at a line."""
    found = []
    while line < len(scan.texts) and not (taken[line] or scan.regions.inside[line] or line in scan.marks):
        match = _CELL.match(scan.texts[line])
        if match is None:
            break
        found.append(shown(scan, line, match["text"]))
        line += 1
    return found
