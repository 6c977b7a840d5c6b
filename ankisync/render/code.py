"""Code: coloured by Pygments with its classes, kept apart from what Anki reads in fields."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ankisync.render.cloze import Marks, around_marks, cloze_marks, hide_signs

# Some lexers take time by the square of a text's length; no card has use for colours in more than this.
_LIMIT = 10_000
# Anki plays, typesets and asks for what stands in these brackets, in code too.
_ANKI = re.compile(r"\[(?=sound:|anki:|latex\]|\$\]|\$\$\]|\[type:)")
_LANGUAGE = re.compile(r"[\w+#.*-]+")
# Names that people write and Pygments does not know.
_OTHER_NAMES = {"yml": "yaml", "plaintext": "text", "jsonc": "json", "zsh": "bash", "shell-session": "console"}
# What the style sheet leaves in the colour of text.
_UNSTYLED = frozenset(("", "w", "n", "nx", "p", "l", "x", "g"))


def add_code(markdown: MarkdownIt, *, highlight: bool, cloze: bool) -> None:
    """Render code of all three forms; with `highlight` fences whose language Pygments knows by that name."""

    def fence(content: str, language: str, _attributes: str) -> str:
        return (highlight and _coloured(content, language, cloze)) or show(content)

    def show(content: str) -> str:
        return around_marks(content, cloze_marks(content), _in_cloze) if cloze else _plain(content)

    def inline(
        _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        return f"<code>{show(tokens[index].content)}</code>"

    def block(
        _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        return f"<pre><code>{show(tokens[index].content)}</code></pre>\n"

    markdown.options["highlight"] = fence
    markdown.add_render_rule("code_inline", inline)
    markdown.add_render_rule("code_block", block)


def _plain(content: str) -> str:
    return _ANKI.sub("&#91;", escapeHtml(content))


def _in_cloze(content: str) -> str:
    return hide_signs(_plain(content))


def _coloured(content: str, language: str, cloze: bool) -> str:
    """Spans over the code; "" where it stays plain. The marks of clozes are no part of what is lexed, and stand between
    the spans.
    """
    marks = cloze_marks(content) if cloze else ()
    tokens = _lex(_without(content, marks), language)
    return "".join(_spans(content, marks, tokens, _in_cloze if cloze else _plain)) if tokens else ""


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
                yield content[start:at]
                continue
            step = min(left, waiting[-1][0] - at) if waiting else left
            text = escape(content[at : at + step])
            yield f'<span class="{style}">{text}</span>' if style else text
            at += step
            left -= step
    yield from (content[start:end] for start, end in reversed(waiting))


def _lex(code: str, language: str) -> list[tuple[str, str]]:
    """The tokens of code with their classes, neighbours of one class as one; none for a language that is unknown, and
    where a lexer changes the text.
    """
    name = _LANGUAGE.match(language.lstrip("{."))
    lexer = _lexer_names().get(name[0].lower()) if name and len(code) <= _LIMIT else None
    if lexer is None:
        return []
    from pygments.lexers import find_lexer_class
    from pygments.token import STANDARD_TYPES

    made = find_lexer_class(lexer)
    if made is None:
        return []
    joined: list[tuple[str, str]] = []
    for kind, value in made(stripnl=False, ensurenl=False).get_tokens(code):
        known = next(each for each in reversed(kind.split()) if each in STANDARD_TYPES)
        style = "" if STANDARD_TYPES[known] in _UNSTYLED else STANDARD_TYPES[known]
        before = joined.pop()[1] if joined and joined[-1][0] == style else ""
        joined.append((style, before + value))
    return joined if "".join(value for _, value in joined) == code else []


@cache
def _lexer_names() -> dict[str, str]:
    """The lexers that come with Pygments by what people call them; those of plugins would differ by machine."""
    from pygments.lexers import get_all_lexers

    names = {alias.lower(): name for name, aliases, *_ in get_all_lexers(plugins=False) for alias in aliases}
    return {other: names[known] for other, known in _OTHER_NAMES.items()} | names
