"""Lists, quotes and tables of scripts that run from right to left stand on the right."""

from unicodedata import bidirectional

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

_BLOCKS = frozenset(
    ("bullet_list_open", "ordered_list_open", "blockquote_open", "callout_open", "table_open", "dl_open")
)
_LEFT, _RIGHT = "L", ("R", "AL")


def add_direction(markdown: MarkdownIt) -> None:
    """Give such blocks `dir="rtl"` by the first letter in them. Paragraphs have theirs by the style sheet, which can
    turn no bullet.
    """
    markdown.core.ruler.before("inline", "direction", _rule)


def _rule(state: StateCore) -> None:
    if state.src.isascii():
        return
    right = False
    for token in reversed(state.tokens):
        if token.type == "inline":
            right = _runs_right(token.content)
        elif token.nesting < 0:
            right = False
        elif token.type in _BLOCKS and right:
            token.attrSet("dir", "rtl")


def _runs_right(text: str) -> bool:
    kinds = (bidirectional(sign) for sign in text)
    return next((kind in _RIGHT for kind in kinds if kind == _LEFT or kind in _RIGHT), False)
