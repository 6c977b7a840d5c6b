"""From the cloze forms in Markdown, `{x}` and `==x==`, to Anki's own `{{c1::x}}`. Text to text, in linear time.

Anki takes the first `}}` for the end of a cloze and what follows `::` for its hint, wherever they stand. What it would
misread is kept apart: in math by a blank, which means nothing there, in text by an empty comment.
"""

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import count, pairwise
from typing import NamedTuple

from ankisync.cards import APART, CLOZE_OPENS, DEEPEST, LAST_NUMBER, cloze_numbers, read_numbers
from ankisync.expression import expression
from ankisync.opaque import opaque
from ankisync.values import dataclass

_NATIVE = expression(CLOZE_OPENS)
_TOKEN = expression(
    rf"{CLOZE_OPENS}|(?P<opens>(?>(?:\{{(?!\{{c[0-9,]++::))+))|(?P<closes>\}}++)|(?P<high>={{2,}}+)|(?P<lines>\n++)"
    r"|(?P<escape>\\(?!\{\{c[0-9,]++::)[^\n])"
)
_NUMBER = r"(?>(?:c?(?P<number>[0-9]++)(?:::?|\|))?)"
# Nothing, or nothing before a hint, is no cloze; a brace that ends its line is none of O2A's.
_CURLY = expression(rf"\{{(?!\n){_NUMBER}(?!\s*+(?:::|\}}))")
_HIGHLIGHT = expression(rf"=={_NUMBER}(?![ \t]*+(?:::|==|\n))")
_AS_NATIVE = expression(r"(?<=\{)\\\{c[0-9,]++::")
_TEX = expression(rf"{CLOZE_OPENS}|\\.|[{{}}]|:(?=:)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Forms:
    """Which forms are clozes besides Anki's own: `{x}` if `curly`, `==x==` if `highlights`."""

    curly: bool = False
    highlights: bool = False


def native(texts: Sequence[str], forms: Forms) -> tuple[str, ...]:
    """The fields of one cloze note, Markdown with LF, with Anki's clozes only.

    Numbers that are not given are counted over the fields, past those that are; from 500 on all are 500, Anki's last.
    A number that Anki has no card for is text. Code and math hold no clozes but Anki's own, which stay as they are;
    in math inside a cloze `}}` becomes `} }` and `::` becomes `: :`. A backslash makes a brace text. Braces without
    partner, in doubles, around nothing or around a blank line are text.
    """
    if not forms.curly and not forms.highlights and not any(_NATIVE.search(text) for text in texts):
        return tuple(texts)
    fields = [(text, _Reader(text, forms).read()) for text in texts]
    taken = {mark.number for _, marks in fields for mark in marks}
    taken.update(number for text in texts for found in _NATIVE.finditer(text) for number in read_numbers(found[1]))
    free = (min(number, LAST_NUMBER) for number in count(1) if number not in taken)
    return tuple(_write(text, marks, free) for text, marks in fields)


def has_cloze(texts: Sequence[str]) -> bool:
    """Whether Anki sees a cloze that has a card in any of the texts."""
    return any(cloze_numbers(text) for text in texts)


class _Kind(Enum):
    """What a mark is: an end of a cloze of ours or of Anki's, a brace that is text, one that would make text a cloze,
    math.
    """

    OPEN = 1
    CLOSE = 2
    NATIVE_OPEN = 3
    NATIVE_CLOSE = 4
    BRACE = 5
    ESCAPED = 6
    MATH = 7


class _Mark(NamedTuple):
    """A place in a text; `number` is the one given to a cloze."""

    start: int
    end: int
    kind: _Kind
    number: int | None = None


class _Reader:
    """Finds the pairs of one text. `stack` holds what is open, `natives` where in it Anki's own stand, `highlight`
    the one that is open and the height of the stack below it.
    """

    def __init__(self, text: str, forms: Forms) -> None:
        self.text = text
        self.forms = forms
        self.marks: list[_Mark] = []
        self.stack: list[_Mark] = []
        self.natives: list[int] = []
        self.highlight: tuple[_Mark, int] | None = None

    def read(self) -> list[_Mark]:
        """All that matters to `_write`, in the order of the text."""
        at = 0
        for start, end, math in opaque(self.text):
            self._plain(at, start)
            if math:
                self.marks.append(_Mark(start, end, _Kind.MATH))
            at = end
        self._plain(at, len(self.text))
        return sorted(self.marks, key=lambda mark: mark.start)

    def _plain(self, start: int, end: int) -> None:
        for token in _TOKEN.finditer(self.text, start, end):
            at, behind = token.span()
            match token.lastgroup:
                case "numbers":
                    self._native(at, behind, bool(read_numbers(token["numbers"])))
                case "opens":
                    self._open(at, behind, end)
                case "closes":
                    self._close(at, behind)
                case "high" if self.forms.highlights:
                    self._highlights(at, behind, end)
                case "lines":
                    self._lines(behind - at)
                case "escape":
                    self._escape(at, behind)

    def _native(self, at: int, behind: int, valid: bool) -> None:
        if not valid:
            self.stack += [_Mark(at, at, _Kind.BRACE)] * 2
        elif len(self.natives) < DEEPEST:
            self.natives.append(len(self.stack))
            self.stack.append(_Mark(at, behind, _Kind.NATIVE_OPEN))

    def _open(self, at: int, behind: int, end: int) -> None:
        single = behind - at == 1 and not self.text.startswith("{", behind)
        found = _CURLY.match(self.text, at, end) if single and self.forms.curly else None
        if found and len(self.stack) < DEEPEST:
            self.stack.append(_opening(found, 1))
        else:
            self.stack += [_Mark(at, at, _Kind.BRACE)] * (behind - at)

    def _close(self, at: int, behind: int) -> None:
        """Pair a run of closing braces. In Anki's own cloze the first two end it, unless they or what is left without
        the two just close ours within it; elsewhere a run that is longer than what is open closes nothing.
        """
        while at < behind:
            run, depth = behind - at, len(self.stack) - (self.natives[-1] + 1 if self.natives else 0)
            pairs = min(run, depth)
            if self.natives and run > 1 and (run == depth + 1 or not pairs or not self._all_ours(pairs)):
                opening = self.stack[self.natives[-1]]
                self._cut(self.natives[-1])
                self.marks += [opening, _Mark(at, at + 2, _Kind.NATIVE_CLOSE)]
                at += 2
                continue
            if not pairs or (run > depth and not self.natives):
                self._cut(len(self.stack) - depth)
                self.marks += (_Mark(place, place + 1, _Kind.BRACE) for place in range(at, behind))
                return
            for _ in range(pairs):
                self._pair(self.stack[-1], at)
                self._cut(len(self.stack) - 1)
                at += 1

    def _all_ours(self, count: int) -> bool:
        return all(mark.kind is _Kind.OPEN for mark in self.stack[-count:])

    def _pair(self, opening: _Mark, at: int) -> None:
        if opening.kind is _Kind.OPEN:
            self.marks += [opening, _Mark(at, at + 1, _Kind.CLOSE)]
        else:
            self.marks.append(_Mark(at, at + 1, _Kind.BRACE))

    def _highlights(self, at: int, behind: int, end: int) -> None:
        """Two signs open or close, four close and open."""
        if behind - at == 2 or (behind - at == 4 and self.highlight):
            for place in range(at, behind, 2):
                self._turn(place, end)

    def _turn(self, at: int, end: int) -> None:
        opening, height = self.highlight or (None, 0)
        self.highlight = None
        if opening and not (self.natives and self.natives[-1] >= height):
            self._cut(height)
            self.marks += [opening, _Mark(at, at + 2, _Kind.CLOSE)]
        elif found := _HIGHLIGHT.match(self.text, at, end):
            self.highlight = _opening(found, 2), len(self.stack)

    def _lines(self, count: int) -> None:
        self.highlight = None
        if count > 1 and len(self.stack) > len(self.natives):
            self.stack = [self.stack[place] for place in self.natives]
            self.natives = list(range(len(self.stack)))

    def _escape(self, at: int, behind: int) -> None:
        if self.text[behind - 1] == "}":
            self.marks.append(_Mark(at, behind, _Kind.BRACE))
        elif self.forms.curly and _AS_NATIVE.match(self.text, at):
            self.marks.append(_Mark(at, behind, _Kind.ESCAPED))

    def _cut(self, height: int) -> None:
        """Forget what is open above a height of the stack."""
        del self.stack[height:]
        while self.natives and self.natives[-1] >= height:
            self.natives.pop()
        if self.highlight and self.highlight[1] > height:
            self.highlight = None


def _opening(found: re.Match[str], sign: int) -> _Mark:
    numbers = read_numbers(found["number"] or "")
    if len(numbers) == 1 and 0 < numbers[0] <= LAST_NUMBER:
        return _Mark(found.start(), found.end(), _Kind.OPEN, numbers[0])
    return _Mark(found.start(), found.start() + sign, _Kind.OPEN)


def _write(text: str, marks: Sequence[_Mark], free: Iterator[int]) -> str:
    """The text with its clozes as Anki's. Within ours no two braces that are text, or one and an end, may touch."""
    pieces = []
    at = ours = theirs = brace = 0
    for start, end, kind, number in marks:
        touches = ours > 0 and start == brace and kind in (_Kind.CLOSE, _Kind.NATIVE_CLOSE, _Kind.BRACE)
        pieces += [text[at:start], APART if touches else ""]
        at, brace = end, end if kind is _Kind.BRACE else 0
        ours += (kind is _Kind.OPEN) - (kind is _Kind.CLOSE)
        theirs += (kind is _Kind.NATIVE_OPEN) - (kind is _Kind.NATIVE_CLOSE)
        match kind:
            case _Kind.OPEN:
                pieces.append(f"{{{{c{number or next(free)}::")
            case _Kind.CLOSE:
                pieces.append("}}")
            case _Kind.ESCAPED:
                pieces.append(APART + text[start:end])
            case _Kind.MATH:
                pieces.append(_spaced(text[start:end], ours + theirs > 0))
            case _:
                pieces.append(text[start:end])
    return "".join([*pieces, text[at:]])


def _spaced(math: str, inside: bool) -> str:
    """Math with a blank where Anki would see an end or a hint of the cloze around it, or an end in the middle of a
    cloze within it. Braces that do not pair tell that it is no math: it stays.
    """
    opened: list[bool] = []
    cuts = [0]
    natives = brace = skipped = 0
    for token in _TEX.finditer(math):
        start, end = token.span()
        if start < skipped:
            continue
        if token[0] == "{" or token["numbers"]:
            theirs = bool(token["numbers"]) and bool(read_numbers(token["numbers"]))
            opened += [theirs] if theirs or token[0] == "{" else [False, False]
            natives += theirs
        elif token[0] == ":":
            cuts += [end] if inside and not natives else []
        elif token[0].endswith("}"):
            cuts += [brace] if brace == end - 1 and (inside or natives) else []
            brace = end
            if token[0] == "}":
                if not opened:
                    return math
                if opened.pop():
                    if not math.startswith("}", end):
                        return math
                    natives, brace, skipped = natives - 1, 0, end + 1
    return math if opened else " ".join(math[at:to] for at, to in pairwise([*cuts, len(math)]))
