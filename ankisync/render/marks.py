"""`==highlight==`, `~sub~` and `^super^`.

Our own: `mdit-py-plugins` has no highlight, and its sub- and superscript take `x^2+y^2` for one.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_EQUALS = ord("=")
_SCRIPT = re.compile(r"(?P<sign>[~^])(?!(?P=sign))(?P<text>(?>(?:\\.|[^\s\\~^]++)+))(?P=sign)(?!(?P=sign))")
_TAGS = {"~": "sub", "^": "sup"}


def add_marks(markdown: MarkdownIt) -> None:
    """Teach a parser all three."""
    markdown.inline.ruler.before("emphasis", "mark", _mark)
    markdown.inline.ruler2.before("emphasis", "mark", _join_marks)
    markdown.inline.ruler.before("strikethrough", "script", _script)


def _mark(state: StateInline, silent: bool) -> bool:
    """Each `==` becomes a delimiter, to be paired by the parser's own rules of emphasis. Longer runs are text."""
    if silent or state.src[state.pos] != "=":
        return False
    scanned = state.scanDelims(state.pos, True)
    token = state.push("text", "", 0)
    token.content = "=" * scanned.length
    state.pos += scanned.length
    if scanned.length == len("=="):
        state.delimiters.append(
            Delimiter(_EQUALS, 0, len(state.tokens) - 1, -1, open=scanned.can_open, close=scanned.can_close)
        )
    return True


def _join_marks(state: StateInline) -> None:
    inner = [meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta]
    for delimiters in (state.delimiters, *inner):
        for opening in delimiters:
            if opening.marker == _EQUALS and opening.end >= 0:
                _turn(state, opening.token, 1)
                _turn(state, delimiters[opening.end].token, -1)


def _turn(state: StateInline, index: int, nesting: int) -> None:
    token = state.tokens[index]
    token.type, token.tag, token.content = ("mark_open" if nesting > 0 else "mark_close"), "mark", ""
    token.nesting = 1 if nesting > 0 else -1


def _script(state: StateInline, silent: bool) -> bool:
    """A word between the signs. A superscript ends where the word does (`x^2+y^2` has none), and so does what hangs on
    nothing (`~/a:~/b`).
    """
    match = _SCRIPT.match(state.src, state.pos, state.posMax)
    if match is None or not _stands(state.src, match):
        return False
    if not silent:
        tag = _TAGS[match["sign"]]
        end, state.posMax, state.pos = state.posMax, match.end("text"), match.start("text")
        state.push(f"{tag}_open", tag, 1)
        state.md.inline.tokenize(state)
        state.push(f"{tag}_close", tag, -1)
        state.posMax = end
    state.pos = match.end()
    return True


def _stands(text: str, match: re.Match[str]) -> bool:
    before = text[match.start() - 1 : match.start()]
    if before == match["sign"]:
        return False
    word_goes_on = text[match.end() : match.end() + 1].isalnum()
    if match["sign"] == "~" and before and not before.isspace():
        return True
    return not word_goes_on and (bool(before.strip()) or match["text"][0].isalnum())
