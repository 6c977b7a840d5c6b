"""Which cards Anki makes of a note, and where it sees clozes. An import makes no cards: a package must hold just these.

Anki's rules, found by asking its backend (26.09) note by note; `tests/test_cards.py` asks it again.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ankisync.expression import expression
from ankisync.values import dataclass, field

# Anki takes these out of a note's text before it looks at it.
_CONTROL = expression(r"[\x00-\x08\x0b-\x1f\x7f]")
# No other tag, no attribute and no other blank, a no-break space for one, is empty.
_EMPTY = expression(r"(?>(?:[\t\n ]++|</?(?:br|div) ?/?>)*)", re.IGNORECASE | re.ASCII)

_ALWAYS_FILLED = frozenset(("Deck", "Subdeck", "Type", "Card", "CardFlag", "CardID"))

_BLANK = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_LEFT, _RIGHT = expression(f"^[{_BLANK}]+"), expression(rf"[{_BLANK}]+\Z")
_OTHER_SIGNS = "{{=<% %>=}}"
_TAG = expression(r"\{\{(.*?)\}\}|<!--.*?-->", re.DOTALL)
_OTHER_TAG = expression(r"<%(.*?)%>|<!--.*?-->", re.DOTALL)

CLOZE_OPENS = r"\{\{c(?P<numbers>[0-9,]++)::"
_CLOZE = expression(CLOZE_OPENS + r"|\}\}")
# An empty comment: the page shows nothing of it.
APART = "<!-- -->"
DEEPEST = 10
_HIGHEST = 65_535
_DIGITS = 5
LAST_NUMBER = 500


def card_ords(
    cloze: bool, fronts: Sequence[str], fields: Mapping[str, str], *, tagged: bool = False
) -> tuple[int, ...]:
    """The ordinals of a note's cards, ascending. `fields` are HTML by name, `fronts` the templates' questions in their
    order, `tagged` says whether the note has tags: a template may ask for them.

    A card is made where its front shows a field that is not empty, whatever text stands around it. A cloze note has
    one for each number in any of its fields, whatever its template shows; those above 500 share the last. Where
    neither gives a card there is one all the same, the first.
    """
    return Cards(cloze, tuple(fronts), tuple(fields)).ords(tuple(fields.values()), tagged=tagged)


@dataclass(frozen=True, slots=True)
class Cards:
    """Which cards the notes of one notetype have, by the same rules. Few combinations of filled fields occur among
    many notes: each is decided once.
    """

    cloze: bool
    fronts: tuple[str, ...]
    names: tuple[str, ...]
    _decided: dict[tuple[tuple[bool, ...], bool], tuple[int, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def ords(self, texts: Sequence[str], *, tagged: bool) -> tuple[int, ...]:
        """The ordinals of the cards of a note with these fields, in the order of `names`."""
        if self.cloze:
            bare = [_CONTROL.sub("", text) for text in texts if "{" in text]
            numbers = {number for text in bare for number in cloze_numbers(text)}
            return tuple(sorted({min(number, LAST_NUMBER) - 1 for number in numbers})) or (0,)
        if len(self.fronts) == 1:
            return (0,)
        # What begins with a letter is filled.
        case = (tuple([text != "" and ("<" < text[0] < "\x7f" or _is_filled(text)) for text in texts]), tagged)
        found = self._decided.get(case)
        if found is None:
            found = self._decided[case] = self._decide(*case)
        return found

    def _decide(self, filled: Sequence[bool], tagged: bool) -> tuple[int, ...]:
        known = _filled([unicodedata.normalize("NFC", name) for name in self.names], filled, tagged)
        return tuple(ord_ for ord_, front in enumerate(self.fronts) if _asks(front, known)) or (0,)


def _is_filled(text: str) -> bool:
    return not _EMPTY.fullmatch(_CONTROL.sub("", text))


def cloze_numbers(text: str) -> frozenset[int]:
    """The numbers of the clozes that Anki sees in a text: closed ones, nested up to ten deep, `{{c1,2::x}}` is both.
    One that is never closed hides all that follows it. It looks into code, comments and math too. 0 opens a cloze
    that has no card.
    """
    found: set[int] = set()
    closed: list[int] = []
    opened: list[tuple[int, ...]] = []
    for match in _CLOZE.finditer(text):
        if match[1] is not None:
            if (numbers := read_numbers(match[1])) and len(opened) < DEEPEST:
                opened.append(numbers)
        elif opened:
            closed += opened.pop()
            if not opened:
                found.update(closed)
                closed.clear()
    return frozenset(found - {0})


@lru_cache(maxsize=1000)
def read_numbers(text: str) -> tuple[int, ...]:
    """The numbers, 0 too, in what stands between `{{c` and `::`; what exceeds 16 bits is none. Without one there is no
    cloze.
    """
    bare = (part.lstrip("0") or "0" for part in text.split(",") if part)
    return tuple(number for part in bare if len(part) <= _DIGITS and (number := int(part)) <= _HIGHEST)


def _filled(names: Sequence[str], filled: Sequence[bool], tagged: bool) -> frozenset[str]:
    """The names that stand for something. A field takes the place of a special name that is spelt like it."""
    special = _ALWAYS_FILLED | ({"Tags"} if tagged else frozenset())
    return special.difference(names).union(name for name, full in zip(names, filled, strict=True) if full)


def _asks(front: str, filled: frozenset[str]) -> bool:
    """Whether a front shows a name that is filled; never where its conditions are not closed in their order."""
    opened: list[tuple[str, bool]] = []
    shown, asked = True, False
    for sign, name in _replacements(front):
        if sign == "/":
            if not opened or opened[-1][0] != name:
                return False
            _, shown = opened.pop()
        elif sign:
            opened.append((name, shown))
            shown = shown and (name in filled) == (sign == "#")
        else:
            asked = asked or (shown and name in filled)
    return asked and not opened


@lru_cache(maxsize=1000)
def _replacements(front: str) -> tuple[tuple[str, str], ...]:
    """The tags of a template as (`#`, `^`, `/` or nothing, name)."""
    return tuple(_read_tags(front))


def _read_tags(front: str) -> Iterator[tuple[str, str]]:
    bare = _LEFT.sub("", front)
    other = bare.startswith(_OTHER_SIGNS)
    for match in (_OTHER_TAG if other else _TAG).finditer(bare, len(_OTHER_SIGNS) if other else 0):
        if match[1] is None:
            continue
        inner = _RIGHT.sub("", _LEFT.sub("", match[1].lstrip("{")))
        if len(inner) > 1 and inner[0] in "#^/":
            yield inner[0], _LEFT.sub("", inner[1:])
        else:
            # Filters stand before the name; it is taken as it stands, blanks and all.
            yield "", inner.rpartition(":")[2]
