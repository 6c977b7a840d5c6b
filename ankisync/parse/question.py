"""`Q:` / `A:` cards, at the margin or inside quotes and lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ankisync.diagnostics import diagnose
from ankisync.model import Diagnostic, IdMark, Location
from ankisync.parse.answer import FoundId, answer_end, goes_on_as, ids_below, ids_in_fences, in_fence, stops
from ankisync.parse.containers import Containers, strip
from ankisync.parse.found import Card, Found
from ankisync.parse.ids import find_inline_id
from ankisync.parse.marks import Kind, Mark, Scan
from ankisync.parse.tags import take_tags

KIND = "q-a"
NOTETYPE = "Basic"

_COMMENT = re.compile(r"<!--[\s\S]*?-->")


@dataclass(slots=True)
class _Findings:
    """What has been found so far in one file."""

    cards: list[Card] = field(default_factory=list)
    told: list[Diagnostic] = field(default_factory=list)
    claimed: set[int] = field(default_factory=set)


def read_questions(scan: Scan, answer: str) -> Found:
    """All cards of this syntax. Two that stand back to back are two; what is broken is told and left out."""
    findings = _Findings()
    free = scan.first
    for line in sorted(scan.marks):
        mark = scan.marks[line]
        if line < free:
            continue
        if mark.kind is Kind.QUESTION:
            free = _read_card(scan, mark, answer == "section", findings)
        elif mark.kind is Kind.ANSWER:
            findings.told.append(diagnose("A202", _place(scan, mark)))
    return Found(tuple(findings.cards), tuple(findings.told), frozenset(findings.claimed))


def _read_card(scan: Scan, question: Mark, section: bool, findings: _Findings) -> int:
    """Read the card of a `Q:`; returns the first line after it."""
    answer, stopped = _find_answer(scan, question)
    if answer is None:
        findings.told.append(diagnose("A201", _place(scan, question)))
        findings.claimed.update(each.line for each in ids_below(scan, stopped))
        return stopped
    containers = answer.prefix.containers if answer.prefix.sibling_of(question.prefix) else question.prefix.containers
    end = answer_end(scan, answer, containers, section)
    ids = _ids(scan, answer, end, question)
    findings.claimed.update(each.line for each in ids)
    taken = {each.line for each in ids}
    lines = _lines(scan, answer, containers, range(answer.line + 1, end), taken)
    asked = _lines(scan, question, question.prefix.containers, range(question.line + 1, answer.line), taken)
    findings.told += _warnings(scan, answer, end, containers, section or bool(ids))
    problem = _problem(scan, question, answer, end, ids, asked, lines)
    if problem is not None:
        findings.told += problem
        return end
    last = max(line for line in range(answer.line, end) if line == answer.line or scan.texts[line].strip(" \t>"))
    answered, tags = (tuple(lines), ()) if in_fence(scan, last) else take_tags(lines)
    marks = tuple(_mark(scan, each) for each in ids)
    fields = (("Front", _text(asked)), ("Back", _text(answered)))
    place, prefix = _place(scan, question), answer.prefix.continuation
    findings.cards.append(Card(KIND, NOTETYPE, fields, tags, marks, place, question.line, last, prefix))
    return end


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


def _ids(scan: Scan, answer: Mark, end: int, question: Mark) -> tuple[FoundId, ...]:
    """The card's IDs, the one that counts first: at its last line's end, below it, else in a fence within it."""
    start = answer.at if end == answer.line + 1 else 0
    inline = None if scan.regions.inside[end - 1] else find_inline_id(scan.texts[end - 1][start:])
    found = (FoundId(inline, end - 1),) if inline else ()
    return found + ids_below(scan, end) or ids_in_fences(scan, question.line, end)


def _lines(scan: Scan, mark: Mark, containers: Containers, rest: range, taken: set[int]) -> list[str]:
    """The text lines of one side: the marker's own and `rest`, without containers and IDs."""
    lines = [_without_id(scan.texts[mark.line][mark.at :]) if mark.line in taken else scan.texts[mark.line][mark.at :]]
    for index in rest:
        text = strip(scan.texts[index], containers)
        text = scan.texts[index] if text is None else text
        if index not in taken:
            lines.append(text)
        elif not scan.regions.inside[index]:
            lines.append(_without_id(text))
    return lines


def _without_id(text: str) -> str:
    found = find_inline_id(text)
    return text[: found.start].rstrip(" \t") if found else text


def _text(lines: Sequence[str]) -> str:
    """A field: without blank lines around it; the indentation of its first line counts (it may be code)."""
    rows = list(lines)
    while rows and not rows[0].strip(" \t"):
        rows.pop(0)
    return "\n".join(rows).rstrip(" \t\n")


def _mark(scan: Scan, found: FoundId) -> IdMark:
    if found.id.id is None:
        raise AssertionError("a card with a broken ID is left out")
    return IdMark(found.id.id, scan.place(found.line))


def _problem(
    scan: Scan,
    question: Mark,
    answer: Mark,
    end: int,
    ids: Sequence[FoundId],
    asked: Sequence[str],
    lines: Sequence[str],
) -> list[Diagnostic] | None:
    """Why a card is left out: None for a sound one. A fence that swallows cards is told once for the file."""
    if ids and ids[0].id.id is None:
        return [diagnose("A401", scan.place(ids[0].line), text=ids[0].id.text)]
    if any(question.line <= region.first < end for region in scan.swallowing):
        return []
    stopped = scan.marks.get(end)
    if stopped is not None and stopped.kind is Kind.DELETE:
        return [diagnose("A214", _place(scan, question))]
    if _empty(asked):
        return [diagnose("A203", _place(scan, question))]
    if _empty(lines):
        return [diagnose("A204", _place(scan, answer))]
    return None


def _empty(lines: Sequence[str]) -> bool:
    return not _COMMENT.sub("", "\n".join(lines)).strip()


def _warnings(scan: Scan, answer: Mark, end: int, containers: Containers, settled: bool) -> list[Diagnostic]:
    """What to look at in a card that is built. `settled`: an ID or the mode tells where it ends."""
    told = []
    for index in range(answer.line + 1, end):
        mark = scan.marks.get(index)
        if mark is not None and mark.kind is Kind.ANSWER and mark.prefix.containers == answer.prefix.containers:
            told.append(diagnose("A209", _place(scan, mark)))
    what = None if settled else goes_on_as(scan, end, containers)
    if what:
        told.append(diagnose("A206", scan.place(end), what=what))
    return told


def _place(scan: Scan, mark: Mark) -> Location:
    return scan.place(mark.line, len(mark.prefix.text))
