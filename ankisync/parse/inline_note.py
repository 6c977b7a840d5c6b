"""`STARTI [Type] … ENDI`: notes inside a line."""

import re

from ankisync.diagnostics import diagnose
from ankisync.expression import expression
from ankisync.inline import after_code
from ankisync.names import clean_tags
from ankisync.parse.answer import FoundId, ids_below
from ankisync.parse.blank import shows_nothing
from ankisync.parse.block import find_shape, sound_ids
from ankisync.parse.found import Card, Findings, Found
from ankisync.parse.ids import find_inline_id
from ankisync.parse.labels import read_words
from ankisync.parse.marks import KEYWORDS, Kind, Scan
from ankisync.parse.scan import id_behind, inline_notes
from ankisync.parse.text import id_marks
from ankisync.shapes import Shape

KIND = "inline"

_TYPE = expression(r"[^\[]*?\[(?P<type>[^\[\]]*)\]")
_TAGS = expression(r"(?:^|(?<=[ \t]))Tags:(?P<tags>.*)$")


def read_inline(scan: Scan, taken: bytes) -> Found:
    """All inline notes of a file, several in one line too; in a block they are its text. One that is not closed is
    told.
    """
    findings = Findings()
    opening = f"{scan.syntax.settings.keywords.start_inline} ["
    for line in sorted(scan.inline_ends):
        if taken[line]:
            continue
        for match in inline_notes(scan.texts[line], scan.syntax.patterns.inline):
            _read(scan, line, match, findings)
        mark = scan.marks.get(line)
        if mark is not None and mark.kind is Kind.INLINE:
            findings.covered.append((line, line + 1))
    for line in scan.lines_with(opening):
        mark = scan.marks.get(line)
        apart = taken[line] or scan.regions.inside[line] or (mark and mark.kind in KEYWORDS)
        at = None if apart else _unclosed(scan, line, opening)
        if at is not None:
            end = scan.syntax.settings.keywords.end_inline
            findings.told.append(diagnose("A222", scan.place(line, at), end=end))
    return findings.found()


def _unclosed(scan: Scan, line: int, opening: str) -> int | None:
    """The column of an inline note that is never closed, not in code, comments and math."""
    text, at = scan.texts[line], scan.inline_ends.get(line, 0)
    while True:
        hidden = scan.syntax.patterns.inline.search(text, at)
        found = text.find(opening, at, hidden.start() if hidden else len(text))
        if found >= 0 or hidden is None:
            return found if found >= 0 else None
        at = after_code(text, hidden.end(), len(hidden["code"])) if hidden["code"] else hidden.end()


def _read(scan: Scan, line: int, match: re.Match[str], findings: Findings) -> None:
    """One inline note: fields, then `Tags:`, then the ID (Obsidian_to_Anki's order); a new ID goes before ENDI."""
    text, place = match["text"], scan.place(line, match.start())
    found = find_inline_id(text)
    text = text[: found.start] + text[found.start + len(found.text) :] if found else text
    type_ = _TYPE.match(text)
    if type_ is None:
        findings.told.append(diagnose("A223", place))
        return
    shape = find_shape(scan, type_["type"].strip(), place, findings)
    ids = (FoundId(found, line),) if found else _ids_behind(scan, line)
    findings.claimed.update(each.line for each in ids if each.line != line)
    if not sound_ids(scan, ids, findings) or shape is None:
        return
    text, tags = _take_tags(text[type_.end() :], shape)
    fields = read_words(text, shape)
    if shows_nothing([fields[0][1]]):
        findings.told.append(diagnose("A221", place, field=shape.places[0]))
        return
    marks = id_marks(scan, ids)
    findings.cards.append(Card(KIND, shape, fields, tags, marks, place, line, line, inside=match.end("text")))


def _ids_behind(scan: Scan, line: int) -> tuple[FoundId, ...]:
    """The IDs at the end of a line that is one inline note and nothing else, and below it."""
    mark = scan.marks.get(line)
    alone = mark is not None and mark.kind is Kind.INLINE
    notes = list(inline_notes(scan.texts[line], scan.syntax.patterns.inline)) if alone else []
    if len(notes) != 1:
        return ()
    behind = id_behind(scan.texts[line], notes[0].end())
    return ((FoundId(behind, line),) if behind else ()) + ids_below(scan, line + 1, ())


def _take_tags(text: str, shape: Shape) -> tuple[str, tuple[str, ...]]:
    """A note without its `Tags:`, and the tags. Where a field follows, it is text."""
    tagged = _TAGS.search(text)
    if tagged is None or any(f"{label}:" in tagged["tags"].split() for label, _ in shape.labels):
        return text, ()
    return text[: tagged.start()], clean_tags(tagged["tags"])
