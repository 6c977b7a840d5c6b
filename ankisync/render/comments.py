"""What Obsidian keeps for itself: `%%comments%%` and the `^ids` of blocks, taken out."""

import re

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_INDENTED_CODE = 4
_MAKES_BREAKS = ("softbreak", "hardbreak")
# One or two digits are an exponent rather than an id (`x ^2`).
_ID = r"\^(?![0-9]{1,2}(?![A-Za-z0-9-]))[A-Za-z0-9-]++"
_ID_LINE = re.compile(rf"{_ID}[ \t]*\Z")
_ID_AT_END = re.compile(rf"(?:(?<![ \t])[ \t]++|\n[ \t]*+){_ID}[ \t]*\Z")


def add_comments(markdown: MarkdownIt) -> None:
    """Teach a parser both. A comment that is never closed is text; ids are only taken from the end of a block."""
    markdown.inline.ruler.before("escape", "comment", _inline)
    markdown.block.ruler.before("fence", "comment", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.block.ruler.before("fence", "block_id", _id_line, {"alt": ["blockquote"]})
    markdown.core.ruler.before("inline", "block_id", _id_at_end)
    markdown.core.ruler.after("inline", "comment", _tidy)
    markdown.add_render_rule("comment", _nothing)


def _inline(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("%%", state.pos):
        return False
    end = state.src.find("%%", state.pos + 2, state.posMax)
    if end < 0:
        return False
    if not silent:
        state.push("comment", "", 0)
    state.pos = end + 2
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A comment that opens a line and ends on a later one, blank lines inside or not. Text behind its end is read."""
    first = state.bMarks[start] + state.tShift[start]
    text = state.src[first : state.eMarks[start]]
    if state.sCount[start] - state.blkIndent >= _INDENTED_CODE or not text.startswith("%%") or "%%" in text[2:]:
        return False
    for line in range(start + 1, end):
        if state.sCount[line] < state.blkIndent and not state.isEmpty(line):
            return False
        closed = state.src.find("%%", state.bMarks[line], state.eMarks[line])
        if closed >= 0:
            if not silent:
                _go_on_behind(state, line, closed + 2)
            return True
    return False


def _go_on_behind(state: StateBlock, line: int, offset: int) -> None:
    rest = state.src[offset : state.eMarks[line]]
    if not rest.strip():
        state.line = line + 1
        return
    state.bMarks[line] = offset
    state.tShift[line] = len(rest) - len(rest.lstrip())
    state.sCount[line] = state.blkIndent
    state.line = line


def _id_line(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """An id on a line of its own, the last one of its block: below a table it would be a row."""
    if state.sCount[start] - state.blkIndent >= _INDENTED_CODE:
        return False
    text = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    last = start + 1 >= end or state.isEmpty(start + 1) or state.sCount[start + 1] < state.blkIndent
    if not last or not _ID_LINE.match(text):
        return False
    if not silent:
        state.line = start + 1
    return True


def _id_at_end(state: StateCore) -> None:
    for before, token in zip(state.tokens, state.tokens[1:], strict=False):
        if token.type == "inline" and before.type == "paragraph_open" and "^" in token.content:
            token.content = _ID_AT_END.sub("", token.content)


def _tidy(state: StateCore) -> None:
    """No line is left of a comment that had one to itself, no paragraph of one that was all of it."""
    kept: list[Token] = []
    for token in state.tokens:
        if token.type == "inline" and any(child.type == "comment" for child in token.children or ()):
            token.children = _without_empty_lines(token.children or [])
        if token.type == "paragraph_close" and kept[-1].type == "inline" and _is_empty(kept[-1]):
            del kept[-2:]
        else:
            kept.append(token)
    state.tokens = kept


def _without_empty_lines(children: list[Token]) -> list[Token]:
    lines: list[list[Token]] = [[]]
    for child in children:
        lines[-1].append(child)
        if child.type in _MAKES_BREAKS:
            lines.append([])
    kept = [child for line in lines if not _is_comment_line(line) for child in line]
    while kept and kept[-1].type in _MAKES_BREAKS:
        kept.pop()
    if len(kept) > 1 and (kept[-1].type, kept[-2].type) == ("comment", "text"):
        kept[-2].content = kept[-2].content.rstrip()
    return kept


def _is_comment_line(line: list[Token]) -> bool:
    told = [
        child for child in line if child.type not in _MAKES_BREAKS and (child.type != "text" or child.content.strip())
    ]
    return bool(told) and all(child.type == "comment" for child in told)


def _is_empty(token: Token) -> bool:
    return not token.children


def _nothing(_self: RendererProtocol, *_: object) -> str:
    return ""
