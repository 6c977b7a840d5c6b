"""Cards that are paragraphs: `flashcard-tag`, `ruled`, `cloze-paragraph` and `highlight-cloze`.

A paragraph here is what Obsidian_to_Anki takes for one: a run of lines that are not empty, whatever Markdown they are,
with code and math in it whole. Their text is taken as it stands, quotes and list markers with it, as the plugin does.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ankisync.cloze import has_cloze, native
from ankisync.config import StyleName
from ankisync.diagnostics import diagnose
from ankisync.expression import expression
from ankisync.parse.answer import inline_id, text_end
from ankisync.parse.block import sound_ids
from ankisync.parse.draft import Question, Stretch, add_card, read_answer
from ankisync.parse.found import Card, Findings, Found, by_place, style_shape
from ankisync.parse.labels import stripped
from ankisync.parse.marks import Scan, is_heading
from ankisync.parse.text import card_ids, id_marks, rows, tagged, without_inline_notes
from ankisync.render import render_field
from ankisync.shapes import Shape

_RULE = expression(r"-{3,}[ \t]*$")


class Run(NamedTuple):
    """Lines `first` to `end` (the one behind the last)."""

    first: int
    end: int


def runs(scan: Scan, taken: bytes) -> Iterator[Run]:
    """The paragraphs of a file that no card has yet. Markers and comments part them, and so does an ID: one at the end
    of a line ends its paragraph.
    """
    first: int | None = None
    for index in range(scan.first, len(scan.texts)):
        inside = scan.regions.inside[index]
        text = scan.texts[index]
        apart = taken[index] or index in scan.regions.walls
        apart = apart or (not inside and (index in scan.marks or not text or text.startswith("<!--")))
        if apart and first is not None:
            yield Run(first, index)
            first = None
        elif not apart and not inside and first is None:
            first = index
        if first is not None and "ID:" in text and inline_id(scan, index):
            yield Run(first, index + 1)
            first = None
    if first is not None:
        yield Run(first, len(scan.texts))


def read_tagged(scan: Scan, taken: bytes) -> Found:
    """A paragraph that ends in a tag word is asked, the next one is the answer."""
    style = scan.syntax.style(StyleName.FLASHCARD_TAG)
    words = "|".join(re.escape(word) for word in style.words) if style else "(?!)"
    tag = re.compile(rf"(?<![^ \t\n])(?:{words})[ \t]*$")
    shape = style_shape(scan, StyleName.FLASHCARD_TAG)
    findings = Findings()
    free = scan.first
    for run in runs(scan, taken):
        asked = [line for line in range(run.first, run.end) if _ends_in(scan, line, tag)]
        for place, line in enumerate(asked):
            if line < free:
                continue
            first = run.first if place == 0 else _later_question(scan, asked[place - 1] + 1, line, tag)
            first = max(first, free)
            start = _answer_start(scan, taken, line, tag)
            if start is None:
                findings.told.append(diagnose("A224", scan.place(line)))
                continue
            end = _free_end(taken, start, text_end(scan, start, 0, (), section=False))
            following = next((other for other in range(start + 1, end) if _ends_in(scan, other, tag)), None)
            end = end if following is None else _later_question(scan, start + 1, following, tag)
            free = _add(scan, shape, StyleName.FLASHCARD_TAG, _Parts(first, line + 1, start, end, tag), findings)
    return findings.found()


def _free_end(taken: bytes, start: int, end: int) -> int:
    """The first of the lines `start` to `end` that another card has; `end` where none has."""
    return next((line for line in range(start, end) if taken[line]), end)


def _later_question(scan: Scan, above: int, line: int, tag: re.Pattern[str]) -> int:
    """Where the question that ends on a line begins, if it follows another card (whose answer begins at line `above`)
    without an empty line: at a heading, below a line of blanks, else on the line itself, or on the one above a tag that
    stands alone. The plugin makes one note of both cards, and writes it over the second.
    """
    for index in range(line, above, -1):
        if is_heading(scan.texts[index]):
            return index
        if not scan.texts[index].strip(" \t"):
            return index + 1
    alone = not tag.sub("", scan.texts[line]).strip() and line - 1 > above
    return line - 1 if alone else line


def _ends_in(scan: Scan, line: int, tag: re.Pattern[str]) -> bool:
    """Whether the text of a line ends in a tag word; in a line in which code or math ends, the text behind that."""
    if scan.regions.inside[line] and line not in scan.regions.behind:
        return False
    return tag.search(scan.texts[line], scan.regions.behind.get(line, 0)) is not None


def _answer_start(scan: Scan, taken: bytes, asked: int, tag: re.Pattern[str]) -> int | None:
    """The first line of the answer to a question that ends on line `asked`; None where something else comes first."""
    for line in range(asked + 1, len(scan.texts)):
        text = scan.texts[line]
        if taken[line] or line in scan.marks or line in scan.regions.walls or text.startswith("<!--"):
            return None
        if text.strip(" \t"):
            return None if _ends_in(scan, line, tag) else line
    return None


class _Parts(NamedTuple):
    """A card of two paragraphs: lines `first` to `asked`, and `start` to `end`; `tag` is cut off the question."""

    first: int
    asked: int
    start: int
    end: int
    tag: re.Pattern[str] | None


def _add(scan: Scan, shape: Shape, kind: StyleName, parts: _Parts, findings: Findings) -> int:
    """Add a card; returns the first line after it."""
    asked = rows(scan, parts.first, 0, parts.asked)
    front = stripped(asked.texts)
    front = parts.tag.sub("", front).rstrip() if parts.tag else front
    answer = read_answer(scan, Stretch(parts.first, parts.start, 0, parts.end), findings)
    place = scan.place(parts.first)
    if front:
        add_card(scan, Question(kind, shape, place, asked, front), answer, stripped(answer.texts), findings)
    else:
        findings.told.append(diagnose("A221", place, field=shape.places[0]))
    return parts.end


def read_ruled(scan: Scan, taken: bytes) -> Found:
    """A paragraph directly above a line of three dashes or more is asked, the one directly below is the answer."""
    shape = style_shape(scan, StyleName.RULED)
    findings = Findings()
    above = Run(0, 0)
    for run in runs(scan, taken):
        rules = [line for line in range(run.first, run.end) if _is_rule(scan, line)]
        asked = run.first
        if rules and rules[0] == run.first == above.end:
            asked = above.first  # an ID parts the question from the rule
        above = run._replace(first=asked)
        if rules and rules[0] > asked and rules[0] + 1 < (end := rules[1] if len(rules) > 1 else run.end):
            above = Run(0, 0)
            _add(scan, shape, StyleName.RULED, _Parts(asked, rules[0], rules[0] + 1, end, None), findings)
    return findings.found()


def _is_rule(scan: Scan, line: int) -> bool:
    return not scan.regions.inside[line] and _RULE.match(scan.texts[line]) is not None


def read_cloze_paragraphs(scan: Scan, taken: bytes) -> Found:
    """Paragraphs in which the vault's cloze forms, braces among them, make a cloze."""
    return _clozes(scan, taken, StyleName.CLOZE_PARAGRAPH, "{")


def read_highlights(scan: Scan, taken: bytes) -> Found:
    """Paragraphs in which the vault's cloze forms, highlights among them, make a cloze."""
    return _clozes(scan, taken, StyleName.HIGHLIGHT_CLOZE, "==")


def _clozes(scan: Scan, taken: bytes, name: StyleName, sign: str) -> Found:
    shape = style_shape(scan, name)
    findings = Findings()
    for run in runs(scan, taken):
        if not any(sign in text for text in scan.texts[run.first : run.end]):
            continue
        ids = card_ids(scan, run.first, 0, run.end)
        found = rows(scan, run.first, 0, run.end, ids)
        texts, tags = tagged(scan, found)
        own = [without_inline_notes(scan, text) for text in texts] if scan.inline_ends else texts
        if makes_cloze(scan, (stripped(own),)):
            findings.claimed.update(each.line for each in ids)
            findings.covered.append((run.first, run.end))
            if sound_ids(scan, ids, findings):
                fields, marks = by_place(shape, (stripped(texts),)), id_marks(scan, ids)
                place = scan.place(run.first)
                findings.cards.append(Card(name, shape, fields, tags, marks, place, run.first, found.lines[-1]))
    return findings.found()


def makes_cloze(scan: Scan, texts: Sequence[str]) -> bool:
    """Whether the fields of a note hold a cloze, in one of the forms that are on."""
    made = native(texts, scan.syntax.settings.cloze_forms)
    if any("$" in text for text in made):
        # Braces in math close no cloze once it is rendered.
        made = tuple(render_field(text, cloze=True) for text in made)
    return has_cloze(made)
