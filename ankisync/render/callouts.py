"""Obsidian's callouts: quotes that begin with `[!type]`, which may fold."""

import re
from collections.abc import Mapping

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_HEAD = re.compile(r"\[!([^\]\[|\n]+)(?:\|[^\]\n]*)?\]([+-]?)(?:[ \t]+([^\n]*))?(?:\n|\Z)")
# What Obsidian shows alike, by the kind whose look it has.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "abstract": ("summary", "tldr"),
    "tip": ("hint", "important"),
    "success": ("check", "done"),
    "question": ("help", "faq"),
    "warning": ("caution", "attention"),
    "failure": ("fail", "missing"),
    "danger": ("error",),
    "quote": ("cite",),
}
_KIND_OF = {alias: kind for kind, aliases in _KINDS.items() for alias in aliases}


def add_callouts(markdown: MarkdownIt) -> None:
    """Teach a parser callouts: `[!tip]- Title` folds away, `[!tip]+` folds but is open. The style sheet has colour and
    icon by `data-callout`, the type with its aliases resolved; a type that it does not know looks like a note.
    """
    markdown.core.ruler.before("inline", "callouts", _rule)


def _rule(state: StateCore) -> None:
    made: list[Token] = []
    tags: list[str | None] = []
    index = 0
    while index < len(state.tokens):
        token = state.tokens[index]
        head = _head(state.tokens, index) if token.type == "blockquote_open" else None
        if head:
            tags.append("details" if head[2] else "div")
            made += _opening(token, state.tokens[index + 2], head)
            index += _skipped(state.tokens[index + 2])
        elif token.type == "blockquote_close" and (tag := tags.pop()):
            made += [_token("callout_content_close", "div", -1), _token("callout_close", tag, -1)]
        else:
            if token.type == "blockquote_open":
                tags.append(None)
            made.append(token)
        index += 1
    state.tokens = made


def _head(tokens: list[Token], quote: int) -> re.Match[str] | None:
    if [token.type for token in tokens[quote + 1 : quote + 3]] != ["paragraph_open", "inline"]:
        return None
    return _HEAD.match(tokens[quote + 2].content)


def _skipped(text: Token) -> int:
    """How many tokens behind the quote's opening are done: its first paragraph, if all of it was the title."""
    return 0 if text.content else 3


def _opening(quote: Token, text: Token, head: re.Match[str]) -> list[Token]:
    text.content = text.content[head.end() :]
    kind = head[1].strip().lower()
    title = Token("inline", "", 0, content=(head[3] or "").strip() or _title(head[1]), map=text.map, children=[])
    title.level = quote.level + 2
    whole = _token("callout_open", "details" if head[2] else "div", 1, {"class": "callout"})
    whole.attrSet("data-callout", _KIND_OF.get(kind, kind))
    if head[2] == "+":
        whole.attrSet("open", "open")
    line = "summary" if head[2] else "div"
    return [
        whole,
        _token("callout_title_open", line, 1, {"class": "callout-title"}),
        title,
        _token("callout_title_close", line, -1),
        _token("callout_content_open", "div", 1, {"class": "callout-content"}),
    ]


def _title(kind: str) -> str:
    words = kind.strip().replace("-", " ")
    return words[:1].upper() + words[1:]


def _token(kind: str, tag: str, nesting: int, attrs: dict[str, str | int | float] | None = None) -> Token:
    return Token(kind, tag, 1 if nesting > 0 else -1, attrs=attrs or {}, block=True)
