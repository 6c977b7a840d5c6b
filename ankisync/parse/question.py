"""`Q:` / `A:` cards, at the margin or inside quotes and lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ankisync.diagnostics import diagnose
from ankisync.model import Diagnostic, IdMark, Location
from ankisync.parse.answer import FoundId, answer_end, goes_on_as, ids_below, ids_in_fences, in_fence, inline_id, stops
from ankisync.parse.containers import Containers, strip
from ankisync.parse.found import Card, Found
from ankisync.parse.ids import find_inline_id
from ankisync.parse.marks import Kind, Mark, Scan
from ankisync.parse.tags import take_tags
from ankisync.source import without_comments

KIND = "q-a"
NOTETYPE = "Basic"

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f]|^ {0,3}\[[^\[\]\n]+\]:[ \t]*[^ \t\n]+[ \t]*(?:\"[^\"\n]*\"|'[^'\n]*')?[ \t]*$",
    re.MULTILINE,
)


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
        findings.claimed.update(each.line for each in ids_below(scan, stopped, question.prefix.containers))
        return stopped
    containers = answer.prefix.containers if answer.prefix.sibling_of(question.prefix) else question.prefix.containers
    end = answer_end(scan, answer, containers, section)
    card = _Raw(scan, question, answer, containers, end, _ids(scan, answer, end, question, containers))
    findings.claimed.update(each.line for each in card.ids)
    findings.told += _warnings(card, section or bool(card.ids))
    problem = _problem(card)
    if problem is not None:
        findings.told += problem
        return end
    findings.cards.append(_card(card))
    return end


@dataclass(frozen=True, slots=True)
class _Raw:
    """A card as lines: from its `Q:` to its `A:`, and from there up to line `end`."""

    scan: Scan
    question: Mark
    answer: Mark
    containers: Containers
    end: int
    ids: tuple[FoundId, ...]

    def asked(self) -> list[tuple[int, str]]:
        """The question's lines, each with its number."""
        return self._lines(self.question, self.question.prefix.containers, self.answer.line)

    def answered(self) -> list[tuple[int, str]]:
        """The answer's lines, each with its number."""
        return self._lines(self.answer, self.containers, self.end)

    def _lines(self, mark: Mark, containers: Containers, end: int) -> list[tuple[int, str]]:
        """The text lines from a marker on: without containers and IDs, and without blank lines at the end."""
        taken = {each.line for each in self.ids}
        lines = [(mark.line, self.scan.texts[mark.line][mark.at :])]
        for index in range(mark.line + 1, end):
            text = strip(self.scan.texts[index], containers)
            lines.append((index, self.scan.texts[index] if text is None else text))
        regions = self.scan.regions
        within = {index for index in taken if regions.inside[index] and index not in regions.behind}
        kept = [each for each in lines if each[0] not in within]
        bare = [(index, _without_id(text) if index in taken else text) for index, text in kept]
        while len(bare) > 1 and not bare[-1][1].strip(" \t"):
            bare.pop()
        return bare


def _card(raw: _Raw) -> Card:
    scan, answered = raw.scan, raw.answered()
    last = answered[-1][0]
    lines = tuple(text for _, text in answered)
    lines, tags = (lines, ()) if in_fence(scan, last) else take_tags(lines)
    # A broken ID below a sound one is left where it is; the sound one counts.
    ids = tuple(IdMark(each.id.id, scan.place(each.line)) for each in raw.ids if each.id.id is not None)
    return Card(
        kind=KIND,
        notetype=NOTETYPE,
        fields=(("Front", _text([text for _, text in raw.asked()])), ("Back", _text(lines))),
        tags=tags,
        ids=ids,
        location=_place(scan, raw.question),
        first=raw.question.line,
        last=last,
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


def _ids(scan: Scan, answer: Mark, end: int, question: Mark, containers: Containers) -> tuple[FoundId, ...]:
    """The card's IDs, the one that counts first: at its last line's end, below it, else in a fence within it."""
    inline = inline_id(scan, end - 1, answer.at if end == answer.line + 1 else 0)
    found = (FoundId(inline, end - 1),) if inline else ()
    return found + ids_below(scan, end, containers) or ids_in_fences(scan, question.line, end)


def _misplaced(raw: _Raw) -> Diagnostic | None:
    """An ID in the question, where none is read."""
    for index, text in raw.asked():
        found = None if raw.scan.regions.inside[index] else find_inline_id(text)
        if found is not None and not found.bare:
            return diagnose("A215", raw.scan.place(index), text=found.text)
    return None


def _without_id(text: str) -> str:
    found = find_inline_id(text)
    return text[: found.start].rstrip(" \t") if found else text


def _text(lines: Sequence[str]) -> str:
    """A field: without blank lines around it; the indentation of its first line counts (it may be code)."""
    rows = list(lines)
    while rows and not rows[0].strip(" \t"):
        rows.pop(0)
    return "\n".join(rows).rstrip(" \t\n")


def _problem(raw: _Raw) -> list[Diagnostic] | None:
    """Why a card is left out: None for a sound one. A fence that swallows cards is told once for the file."""
    scan, question, end = raw.scan, raw.question, raw.end
    if raw.ids and raw.ids[0].id.id is None:
        return [diagnose("A401", scan.place(raw.ids[0].line), text=raw.ids[0].id.text)]
    if any(question.line <= region.first < end for region in scan.swallowing):
        return []
    stopped = scan.marks.get(end)
    ends_in_delete = not raw.ids and raw.answered()[-1][1].strip(" \t>") == Kind.DELETE
    if ends_in_delete or (stopped is not None and stopped.kind is Kind.DELETE):
        return [diagnose("A214", _place(scan, question))]
    misplaced = _misplaced(raw)
    if misplaced is not None:
        return [misplaced]
    if _shows_nothing(raw.asked()):
        return [diagnose("A203", _place(scan, question))]
    if _shows_nothing(raw.answered()):
        return [diagnose("A204", _place(scan, raw.answer))]
    return None


def _shows_nothing(lines: Sequence[tuple[int, str]]) -> bool:
    """Whether a side has no text, or only such as Markdown and Anki do not show: comments, control characters, the
    addresses of links. Anki offers such cards for deletion.
    """
    text = "\n".join(text for _, text in lines)
    return not _UNSEEN.sub("", without_comments(text)).strip()


def _warnings(raw: _Raw, settled: bool) -> list[Diagnostic]:
    """What to look at in a card that is built. `settled`: an ID or the mode tells where it ends."""
    told = []
    for index in range(raw.answer.line + 1, raw.end):
        mark = raw.scan.marks.get(index)
        if mark is not None and mark.kind is Kind.ANSWER and mark.prefix.containers == raw.answer.prefix.containers:
            told.append(diagnose("A209", _place(raw.scan, mark)))
    broken = [each for each in raw.ids[1:] if each.id.id is None and raw.ids[0].id.id is not None]
    told += [diagnose("A401", raw.scan.place(each.line), text=each.id.text) for each in broken]
    what = None if settled else goes_on_as(raw.scan, raw.end, raw.containers)
    if what:
        told.append(diagnose("A206", raw.scan.place(raw.end), what=what))
    return told


def _place(scan: Scan, mark: Mark) -> Location:
    return scan.place(mark.line, len(mark.prefix.text))
