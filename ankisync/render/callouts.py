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
    closings: list[list[Token]] = []
    index = 0
    while index < len(state.tokens):
        token = state.tokens[index]
        head = _head(state.tokens, index) if token.type == "blockquote_open" else None
        if head:
            text = state.tokens[index + 2]
            made += _opening(token, text, head)
            index += 0 if text.content else 3
            closings.append([_token("callout_close", "details" if head[2] else "div", -1)])
            if state.tokens[index + 1].type != "blockquote_close":
                made.append(_token("callout_content_open", "div", 1, {"class": "callout-content"}))
                closings[-1].insert(0, _token("callout_content_close", "div", -1))
        elif token.type == "blockquote_close":
            made += closings.pop() or [token]
        else:
            if token.type == "blockquote_open":
                closings.append([])
            made.append(token)
        index += 1
    state.tokens = made


def _head(tokens: list[Token], quote: int) -> re.Match[str] | None:
    if [token.type for token in tokens[quote + 1 : quote + 3]] != ["paragraph_open", "inline"]:
        return None
    return _HEAD.match(tokens[quote + 2].content)


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
    ]


def _title(kind: str) -> str:
    words = kind.strip().replace("-", " ")
    return words[:1].upper() + words[1:]


def _token(kind: str, tag: str, nesting: int, attrs: dict[str, str | int | float] | None = None) -> Token:
    return Token(kind, tag, 1 if nesting > 0 else -1, attrs=attrs or {}, block=True)
