"""`Q:` / `A:` cards, at the margin or inside quotes and lists."""

from typing import NamedTuple

from ankisync.config import StyleName
from ankisync.diagnostics import diagnose
from ankisync.model import Diagnostic, Location
from ankisync.parse.answer import FoundId, goes_on_as, ids_below, stops, text_end
from ankisync.parse.blank import shows_nothing
from ankisync.parse.containers import Containers, strip
from ankisync.parse.found import Card, Findings, Found, by_place, style_shape
from ankisync.parse.labels import trimmed
from ankisync.parse.marks import Kind, Mark, Scan
from ankisync.parse.text import Rows, card_ids, has_misplaced_id, id_marks, rows, tagged
from ankisync.shapes import Shape

KIND = "q-a"


def read_questions(scan: Scan, taken: bytes) -> Found:
    """All cards of this syntax. Two that stand back to back are two; what is broken is told and left out."""
    findings, shape = Findings(), style_shape(scan, StyleName.QUESTION_ANSWER)
    free = scan.first
    for line in sorted(scan.marks):
        mark = scan.marks[line]
        if line < free or taken[line]:
            continue
        if mark.kind is Kind.QUESTION:
            free = _read_card(scan, mark, shape, findings)
        elif mark.kind is Kind.ANSWER:
            findings.told.append(diagnose("A202", _place(scan, mark)))
    return findings.found()


def _read_card(scan: Scan, question: Mark, shape: Shape, findings: Findings) -> int:
    """Read the card of a `Q:`; returns the first line after it."""
    answer, stopped = _find_answer(scan, question)
    if answer is None:
        findings.told.append(diagnose("A201", _place(scan, question)))
        findings.claimed.update(each.line for each in ids_below(scan, stopped, question.prefix.containers))
        findings.covered.append((question.line, question.line + 1))
        return question.line + 1
    containers = answer.prefix.containers if answer.prefix.sibling_of(question.prefix) else question.prefix.containers
    end = text_end(scan, answer.line, answer.at, containers, scan.section)
    ids = card_ids(scan, question.line, answer.at if end == answer.line + 1 else 0, end, containers)
    asked = rows(scan, question.line, question.at, answer.line, ids, question.prefix.containers)
    answered = rows(scan, answer.line, answer.at, end, ids, containers)
    card = _Raw(scan, question, answer, containers, end, ids, asked, answered)
    findings.covered.append((question.line, end))
    findings.claimed.update([each.line for each in ids])
    findings.told += _warnings(card, scan.section or bool(ids))
    problem = _problem(card, findings)
    if problem is not None:
        findings.told += problem
        return end
    findings.cards.append(_card(card, shape))
    return end


class _Raw(NamedTuple):
    """A card as lines: from its `Q:` to its `A:`, and from there up to line `end`; and as the rows of both texts."""

    scan: Scan
    question: Mark
    answer: Mark
    containers: Containers
    end: int
    ids: tuple[FoundId, ...]
    asked: Rows
    answered: Rows


def _card(raw: _Raw, shape: Shape) -> Card:
    scan, answered = raw.scan, raw.answered
    lines, tags = tagged(scan, answered)
    return Card(
        kind=KIND,
        shape=shape,
        fields=by_place(shape, (trimmed(raw.asked.texts), trimmed(lines))),
        tags=tags,
        ids=id_marks(scan, raw.ids),
        location=_place(scan, raw.question),
        first=raw.question.line,
        last=answered.lines[-1],
        prefix=raw.answer.prefix.continuation,
    )


def _find_answer(scan: Scan, question: Mark) -> tuple[Mark | None, int]:
    """The `A:` of a `Q:`, in the same container or the next item of its list; else None and where the search ended."""
    containers = question.prefix.containers
    for index in range(question.line + 1, len(scan.texts)):
        if scan.regions.inside[index]:
            continue
        if stops(scan, index):
            return None, index
        mark = scan.marks.get(index)
        if mark is not None and mark.prefix.sibling_of(question.prefix):
            return mark, index
        rest = strip(scan.texts[index], containers)
        if rest is None:
            return None, index
        if mark is not None and _begins(rest, bool(containers)):
            return mark, index
    return None, len(scan.texts)


def _begins(rest: str, contained: bool) -> bool:
    """Whether an `A:` starts the line: at its margin, or in a container behind up to three spaces."""
    return rest.startswith("A:") or (contained and rest.lstrip(" ").startswith("A:") and not rest.startswith("    "))


def _problem(raw: _Raw, findings: Findings) -> list[Diagnostic] | None:
    """Why a card is left out: None for a sound one. Nothing is left to tell of an ID in the question,
    and of a fence that swallows cards, which is told once for the file.
    """
    scan, question, end = raw.scan, raw.question, raw.end
    if raw.ids and raw.ids[0].id.id is None:
        return [diagnose("A401", scan.place(raw.ids[0].line), text=raw.ids[0].id.text)]
    if scan.swallowing and any(question.line <= region.first < end for region in scan.swallowing):
        return []
    if has_misplaced_id(scan, raw.asked, findings):
        return []
    if shows_nothing(raw.asked.texts):
        return [diagnose("A203", _place(scan, question))]
    if shows_nothing(raw.answered.texts):
        return [diagnose("A204", _place(scan, raw.answer))]
    return None


def _warnings(raw: _Raw, settled: bool) -> list[Diagnostic]:
    """What to look at in a card that is built. `settled`: an ID or the mode tells where it ends."""
    told = []
    for index in range(raw.answer.line + 1, raw.end):
        mark = raw.scan.marks.get(index)
        if mark is not None and mark.kind is Kind.ANSWER and mark.prefix.containers == raw.answer.prefix.containers:
            told.append(diagnose("A209", _place(raw.scan, mark)))
    if len(raw.ids) > 1 and raw.ids[0].id.id is not None:
        broken = [each for each in raw.ids if each.id.id is None]
        told += [diagnose("A401", raw.scan.place(each.line), text=each.id.text) for each in broken]
    what = None if settled else goes_on_as(raw.scan, raw.end, raw.containers)
    if what:
        told.append(diagnose("A206", raw.scan.place(raw.end), what=what))
    return told


def _place(scan: Scan, mark: Mark) -> Location:
    return scan.place(mark.line, len(mark.prefix.text))
