"""The steps that cards of most styles take from lines to `Card`: IDs, claims, rows, tags, and what keeps one out."""

from typing import NamedTuple

from ankisync.config import StyleName
from ankisync.model import Location
from ankisync.parse.answer import FoundId
from ankisync.parse.block import sound_ids
from ankisync.parse.containers import Containers
from ankisync.parse.found import Card, Findings, by_place
from ankisync.parse.marks import Scan
from ankisync.parse.text import Rows, card_ids, has_misplaced_id, id_marks, rows, tagged
from ankisync.shapes import Shape


class Stretch(NamedTuple):
    """The lines `first` to `end` (the one behind the last) of a card; its answer begins at column `at` of line `start`.
    A line inside the `containers` is read without them.
    """

    first: int
    start: int
    at: int
    end: int
    containers: Containers = ()


class Answer(NamedTuple):
    """What an answer holds: the IDs of its card, its lines of text, its tags; `last` is its last line with text."""

    ids: tuple[FoundId, ...]
    texts: tuple[str, ...]
    tags: tuple[str, ...]
    last: int


class Question(NamedTuple):
    """What is asked: the `front` as it is shown, and the `asked` lines that it comes from. A new ID goes behind
    `prefix`.
    """

    kind: StyleName
    shape: Shape
    place: Location
    asked: Rows
    front: str
    prefix: str = ""


def read_answer(scan: Scan, stretch: Stretch, findings: Findings, ids_from: int | None = None) -> Answer:
    """The answer of a card. Its lines are covered and its IDs claimed, whether it becomes a card or not. On a line of
    its own an ID counts from column `ids_from` on, or from where the answer begins.
    """
    first, start, at, end, containers = stretch
    if ids_from is None:
        ids_from = at if end == start + 1 else 0
    ids = card_ids(scan, first, ids_from, end, containers)
    findings.claimed.update([each.line for each in ids])
    findings.covered.append((first, end))
    found = rows(scan, start, at, end, ids, containers)
    return Answer(ids, *tagged(scan, found), found.lines[-1])


def add_card(scan: Scan, question: Question, answer: Answer, back: str, findings: Findings) -> None:
    """Add a card, unless an ID in it is broken or stands where none is read: that is told."""
    kind, shape, place, asked, front, prefix = question
    if not has_misplaced_id(scan, asked, findings) and sound_ids(scan, answer.ids, findings):
        fields, marks = by_place(shape, (front, back)), id_marks(scan, answer.ids)
        card = Card(kind, shape, fields, answer.tags, marks, place, asked.lines[0], answer.last, prefix)
        findings.cards.append(card)
