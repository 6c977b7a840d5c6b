r"""`$…$` and `$$…$$` as markdown-it rules, rendered as `\(…\)` and `\[…\]` for Anki's own MathJax.

Our own and not `mdit-py-plugins`: version 0.7 looks at the last character of a text for what stands before its first
(`$x$ and 10` is no math there), and emits a block that interrupts a paragraph once for each rule that asked.
"""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ankisync.render.escapes import math_html

_INDENTED_CODE = 4


def add_math(markdown: MarkdownIt, *, cloze: bool = False) -> None:
    """Teach a parser both forms. Dollar signs in code, escaped ones and `$5 and $10` stay what they are.

    With `cloze`, native clozes inside stay, and other closing braces come apart, which means the same.
    """

    def inline(
        _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        return rf"\({math_html(tokens[index].content, cloze=cloze)}\)"

    def block(
        _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        return rf"\[{math_html(tokens[index].content, cloze=cloze)}\]" + ("\n" if tokens[index].block else "")

    markdown.inline.ruler.before("escape", "math_inline", _inline)
    markdown.block.ruler.before(
        "fence", "math_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    markdown.add_render_rule("math_inline", inline)
    markdown.add_render_rule("math_block", block)


def _inline(state: StateInline, silent: bool) -> bool:
    """Inline math, or display math inside a paragraph. The blanks just inside a single `$`, and a digit behind the
    closing one, tell money from math (pandoc's rule).
    """
    text, start = state.src, state.pos
    if text[start] != "$" or (start > 0 and text[start - 1] == "$" and not text.endswith("\\$", 0, start)):
        return False
    sign = "$$" if text.startswith("$$", start) else "$"
    end = _closing(text, start + len(sign), sign)
    if end < 0:
        return False
    content = text[start + len(sign) : end]
    after = text[end + len(sign) : end + len(sign) + 1]
    if not content.strip() or (sign == "$" and (content != content.strip() or after.isdigit())):
        return False
    if not silent:
        token = state.push("math_inline" if sign == "$" else "math_block", "math", 0)
        token.content = content
    state.pos = end + len(sign)
    return True


def _closing(text: str, start: int, sign: str) -> int:
    """The offset of the closing sign, -1 where the next unescaped `$` is none."""
    at = start
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text.startswith(sign, at):
            return at
        at += 1
    return -1


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Display math on lines of its own, blank lines inside or not."""
    if state.sCount[start] - state.blkIndent >= _INDENTED_CODE:
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].rstrip()
    if not first.startswith("$$"):
        return False
    closed = first.find("$$", 2)
    last = start if closed >= 0 else _last_line(state, start, end)
    if last is None or (last == start and closed + 2 != len(first)):
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        content = state.getLines(start, last + 1, state.sCount[start], False).strip()
        token.content = content[2:-2]
        token.block = True
        token.map = [start, last + 1]
        state.line = last + 1
    return True


def _last_line(state: StateBlock, start: int, end: int) -> int | None:
    """The line that ends in the closing `$$`; None where there is none in this container, or text follows it."""
    for line in range(start + 1, end):
        if state.sCount[line] < state.blkIndent and not state.isEmpty(line):
            return None
        text = state.src[state.bMarks[line] : state.eMarks[line]].rstrip()
        closed = text.find("$$")
        if closed >= 0:
            return line if closed + 2 == len(text) else None
    return None
