"""The colours of code: Pygments with its classes."""

import re
from collections.abc import Callable, Iterator, Sequence

from ankisync.render.cloze import Marks, cloze_marks
from ankisync.render.escapes import code_html, code_in_cloze, plain_code
from ankisync.render.languages import lexer_names

# Many lexers, that of C too, take time by the square of a text's length: so long code is lexed piece by piece, and a
# text that runs on into the next piece loses its colour there. No card has use for colours in more than the limit.
_PIECE = 1_500
_LIMIT = 15_000
_LANGUAGE = re.compile(r"[\w+#.*-]+")
# What the style sheet leaves in the colour of text.
_UNSTYLED = frozenset(("", "w", "n", "nx", "p", "l", "x", "g"))


def fence_html(content: str, language: str, *, highlight: bool, cloze: bool) -> str:
    """Fenced code; with `highlight` in colour, where `language`, the first word behind the fence, is one of
    `languages.py`.
    """
    return (highlight and _coloured(content, language, cloze)) or code_html(content, cloze=cloze)


def _coloured(content: str, language: str, cloze: bool) -> str:
    """Spans over the code; "" where it stays plain. The marks of clozes are no part of what is lexed, and stand between
    the spans.
    """
    marks = cloze_marks(content) if cloze else ()
    tokens = _lex(_without(content, marks), language)
    return "".join(_spans(content, marks, tokens, code_in_cloze if cloze else plain_code)) if tokens else ""


def _without(content: str, marks: Marks) -> str:
    at = 0
    pieces = []
    for start, end in marks:
        pieces.append(content[at:start])
        at = end
    return "".join([*pieces, content[at:]])


def _spans(
    content: str, marks: Marks, tokens: Sequence[tuple[str, str]], escape: Callable[[str], str]
) -> Iterator[str]:
    at = 0
    waiting = list(reversed(marks))
    for style, value in tokens:
        left = len(value)
        while left or (waiting and waiting[-1][0] == at):
            if waiting and waiting[-1][0] == at:
                start, at = waiting.pop()
                yield plain_code(content[start:at])
                continue
            step = min(left, waiting[-1][0] - at) if waiting else left
            text = escape(content[at : at + step])
            yield f'<span class="{style}">{text}</span>' if style else text
            at += step
            left -= step
    yield from (plain_code(content[start:end]) for start, end in reversed(waiting))


def _lex(code: str, language: str) -> list[tuple[str, str]]:
    """The tokens of code with their classes, neighbours of one class as one; none for a language that is unknown, and
    where a lexer changes the text.
    """
    name = _LANGUAGE.match(language.lstrip("{."))
    known = lexer_names().get(name[0].lower()) if name and len(code) <= _LIMIT else None
    if known is None:
        return []
    from pygments.lexers import find_lexer_class
    from pygments.token import STANDARD_TYPES

    made = find_lexer_class(known)
    if made is None:
        return []
    lexer = made(stripnl=False, ensurenl=False)
    joined: list[tuple[str, str]] = []
    for kind, value in (token for piece in _pieces(code) for token in lexer.get_tokens(piece)):
        style = next(STANDARD_TYPES[each] for each in reversed(kind.split()) if each in STANDARD_TYPES)
        style = "" if style in _UNSTYLED else style
        before = joined.pop()[1] if joined and joined[-1][0] == style else ""
        joined.append((style, before + value))
    return joined if "".join(value for _, value in joined) == code else []


def _pieces(code: str) -> Iterator[str]:
    """Code in pieces that end at a blank line, else at a line's end, where there is one."""
    at = 0
    while len(code) - at > _PIECE:
        end = at + _PIECE
        cuts = (code.rfind(sign, at + 1, end) + len(sign) for sign in ("\n\n", "\n"))
        cut = next((cut for cut in cuts if cut > at + _PIECE // 3), end)
        yield code[at:cut]
        at = cut
    yield code[at:]
