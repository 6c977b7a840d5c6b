"""Native clozes, `{{c1::text::hint}}`, where braces have another meaning: in code, math and attributes.

Anki reads a field without regard to its HTML: `{{c1::` opens, the next `}}` closes the innermost one, the first `::`
inside parts text and hint. So what belongs to code or math must not look like these.
"""

import re
from collections.abc import Callable
from itertools import pairwise

from ankisync.expression import expression

MARKER = expression(r"\{\{c[0-9]+(?:,[0-9]+)*::|\}\}")
_BALANCED = expression(r"\\.|(?P<open>\{\{c[0-9]+(?:,[0-9]+)*::)|(?P<brace>\{)|(?P<close>\})", re.DOTALL)
_SIGNS = re.compile(r"[{}:]{2,}|[{}:]\Z")
_TWO_CLOSED = expression(r"\}(?=\}|\Z)")

Marks = tuple[tuple[int, int], ...]


def cloze_marks(text: str) -> Marks:
    """The signs of the native clozes that lie in a text as a whole, as pairs of offsets in their order: `{{c1::`, and
    `}}` with the hint before it. Braces of the text itself may stand inside a cloze if they are balanced there.
    """
    if "{{c" not in text:
        return ()
    pairs = _balanced(text)
    return _with_hints(text, _native(text) if pairs is None else pairs)


def _balanced(text: str) -> list[tuple[int, int, int]] | None:
    """Clozes as (start, start of the content, end of the content); None where braces do not come out even."""
    pairs = []
    waiting: list[tuple[int, int] | None] = []
    at = 0
    while match := _BALANCED.search(text, at):
        at = match.end()
        if match["open"]:
            waiting.append(match.span())
        elif match["brace"]:
            waiting.append(None)
        elif match["close"] and waiting:
            opened = waiting.pop()
            if opened and not text.startswith("}}", match.start()):
                return None
            if opened:
                pairs.append((*opened, match.start()))
                at = match.start() + 2
    return None if any(waiting) else pairs


def _native(text: str) -> list[tuple[int, int, int]]:
    """Clozes as Anki finds them."""
    pairs = []
    waiting: list[tuple[int, int]] = []
    for match in MARKER.finditer(text):
        if match[0] != "}}":
            waiting.append(match.span())
        elif waiting:
            pairs.append((*waiting.pop(), match.start()))
    return pairs


def _with_hints(text: str, pairs: list[tuple[int, int, int]]) -> Marks:
    marks = []
    for start, content, end in pairs:
        plain = MARKER.search(text, content, end) is None
        hint = text.find("::", content, end) if plain else -1
        marks += [(start, content), (hint if hint >= 0 else end, end + 2)]
    return tuple(sorted(marks))


def around_marks(text: str, marks: Marks, render: Callable[[str], str], escape: Callable[[str], str]) -> str:
    """A text with `render` over what lies between its cloze marks, and the marks escaped only: a hint is text too."""
    bounds = [0, *(offset for mark in marks for offset in mark), len(text)]
    pieces = (text[start:end] for start, end in pairwise(bounds))
    return "".join(render(piece) if index % 2 == 0 else escape(piece) for index, piece in enumerate(pieces))


def hide_signs(escaped: str) -> str:
    """HTML without marks in which no sign of Anki's is left: as entities they are shown, but not read."""
    return _SIGNS.sub(lambda match: "".join(f"&#{ord(sign)};" for sign in match[0]), escaped)


def part_braces(math: str) -> str:
    """TeX without marks, escaped as HTML, in which no `}}` is left. Blanks between braces mean nothing there, and
    outlive Anki's editor, which entities do not.
    """
    return _TWO_CLOSED.sub("} ", math).replace("::", ":&#58;")
