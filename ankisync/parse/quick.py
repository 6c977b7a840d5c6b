"""Cards so plain that one expression reads them whole: `Q:` at the margin, `A:` at the margin, an ID below or none.

The slow way (`scan.py` and `question.py`) is the reference. This here takes a card only where no other rule has a say
in it, and leaves all else to that. A `Q:` at the margin ends whatever is above it, so each card stands for itself.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from ankisync.config import StyleName
from ankisync.config.styles import DEFAULT_KEYWORDS
from ankisync.expression import expression
from ankisync.model import IdMark, Location
from ankisync.parse.found import Card, by_place
from ankisync.parse.regions import Regions
from ankisync.parse.syntax import CONTAINERS, Syntax
from ankisync.parse.tags import TAGS_LABEL
from ankisync.shapes import Shape
from ankisync.source import Source

_KIND = StyleName.QUESTION_ANSWER.value
_WORDS = DEFAULT_KEYWORDS
_AT_MARGIN = rf"[QA]:|<!--|ID:|{_WORDS.target_deck}|{_WORDS.file_tags}"
_WITHIN = rf"{CONTAINERS}(?:[QA]:|<!--|ID:)"
_MARK = rf"{_AT_MARGIN}|{_WITHIN}"
# What opens containers. Most lines begin with another character, for which the engine need not look for any.
_OPENS = r" \t>*+\-0-9"
# A line that no rule looks at: most begin with a character that no mark and no container begins with.
_LINE = rf"(?:[^{_OPENS}\nAFIQT<]|(?!{_AT_MARGIN})[AFIQT<]|(?=[{_OPENS}])(?!{_WITHIN})[ \t]*+[^ \t\n])[^\n]*+"
# A text begins beside its marker or on the next line, with a character that is shown.
_FIRST = rf"[ \t]*+(?:\n(?!{_MARK}))?(?=[^\s<%\[\x00-\x1f\x7f])"
# What may stand below a card's ID: no other one.
_NO_ID = rf"(?:[^{_OPENS}\nI<]|(?!{CONTAINERS}(?:<!--|ID:))[ \t]*+[^ \t\n])"
_ID_HEAD = "<!--ID: "
_ID = rf"\n++{_ID_HEAD}(?P<id>[1-9][0-9]{{9,15}})-->(?=\n++(?:{_NO_ID}|\Z)|\Z)"
# What may stand below a blank line below a card without an ID: neither one nor what looks like more of its answer.
_APART = r"(?!ID:)(?:[^\s<>\-*+0-9`~|!]|--|\*\*)"
_CUT = expression(r"\n\n {0,3}[#*_-]")


def _card_of(line_ends: str, end: str) -> re.Pattern[str]:
    """A card whose answer goes on behind `line_ends`, and, if it has no ID, is over where `end` follows."""
    return re.compile(
        rf"Q:(?!:){_FIRST}(?P<front>[^\n]*+(?:(?=\nA:)|(?>(?:\n++{_LINE})*)))"
        rf"\n++A:(?!:){_FIRST}(?P<back>[^\n]*+(?>(?:{line_ends}{_LINE})*))(?:{_ID}|(?={end}))"
    )


@cache
def _card(*, section: bool) -> re.Pattern[str]:
    """The expression for cards in one mode of answers; few vaults have both."""
    if section:
        return _card_of(r"\n++", r"\n*+(?:\Z|Q:(?!:))")
    return _card_of(r"\n", rf"\n*+\Z|\n\n++{_APART}|\nQ:(?!:)")


class Quick(NamedTuple):
    """The cards of a file that are plain, in their order, and the lines that are in none of them. `section`: they were
    read as such.
    """

    cards: tuple[Card, ...]
    free: Sequence[int]
    section: bool


def quick_cards(source: Source, first: int, regions: Regions, syntax: Syntax, *, section: bool) -> Quick:
    """The plain cards from line `first` on. `section`: answers run over blank lines. Takes linear time."""
    shape = _shape(source.text, syntax)
    if shape is None:
        return no_cards(source, section=section)
    path, text, starts = source.path, source.text, source.lines.starts
    inside = regions.inside + b"\0" if regions.regions else b""
    tagged = TAGS_LABEL in text
    match_card = _card(section=section).match
    one, two = shape.places if len(shape.places) == 2 else ("", "")  # nearly all cards
    new = tuple.__new__  # of the kinds of tuples that there is one of for each card: half the cost of calling them
    cards: list[Card] = []
    free: list[int] = []
    behind = 0  # the line behind the last card
    # A `Q:` at the margin, and the next one; there is none within a card.
    following = 0 if not first and text.startswith("Q:") else text.find("\nQ:", max(starts[first] - 1, 0)) + 1 or -1
    while (at := following) >= 0:
        match = match_card(text, at)
        following = text.find("\nQ:", match.end() if match else at) + 1 or -1
        if match is None:
            continue
        front, back, number = match.groups()
        end = match.end("back")
        if text.find("ID:", at, end) >= 0 or (tagged and TAGS_LABEL in back) or (not number and _CUT.search(back)):
            continue
        top = bisect_right(starts, at, behind) - 1
        last = bisect_right(starts, end - 1, top) - 1
        if inside and _cut(source, inside, top, match.start("back"), last):
            continue
        if top > behind:
            free += range(behind, top)
        behind = last + 1
        ids: tuple[IdMark, ...] = ()
        if number:
            behind += match.start("id") - len(_ID_HEAD) - end  # what is between them are line ends
            ids = (new(IdMark, (int(number), new(Location, (path, behind, 1)))),)
        front, back = front.rstrip(" \t"), back.rstrip(" \t")
        fields = ((one, front), (two, back)) if two else by_place(shape, (front, back))
        place = new(Location, (path, top + 1, 1))
        cards.append(new(Card, (_KIND, shape, fields, (), ids, place, top, last, "", None)))
    return Quick(tuple(cards), [*free, *range(behind, len(source.lines))], section)


def no_cards(source: Source, *, section: bool) -> Quick:
    """No card, so that all lines are read the slow way."""
    return Quick((), range(len(source.lines)), section)


def _shape(text: str, syntax: Syntax) -> Shape | None:
    """The notetype of the cards, or None where something may change the reading of the whole file: `START`, which is in
    the word of inline notes too, `DELETE` and `FROZEN` (a single rare letter is found faster than a word).
    """
    settings, style = syntax.settings, syntax.style(StyleName.QUESTION_ANSWER)
    if style is None or settings.fences or syntax.custom or settings.keywords != DEFAULT_KEYWORDS or "\r" in text:
        return None
    if _WORDS.start in text or _WORDS.delete in text or ("Z" in text and _WORDS.frozen in text):
        return None
    for name, signs in syntax.style_signs.items():
        if name not in (StyleName.QUESTION_ANSWER, StyleName.START_END) and any(sign in text for sign in signs):
            return None
    return syntax.notetypes.find(style.notetype)


def _cut(source: Source, inside: bytes, first: int, back: int, last: int) -> bool:
    """Whether a fence, a comment or math reaches into the question of a card, into its answer or out of it. The answer,
    at offset `back`, begins on the line of its `A:` or the one below that.
    """
    if inside.find(1, first, last + 2) < 0:
        return False
    answer = bisect_right(source.lines.starts, source.text.rindex("A:", 0, back)) - 1
    return bool(inside[first] or inside[answer] or inside[last + 1])
