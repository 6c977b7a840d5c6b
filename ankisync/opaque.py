"""Code and math in Markdown, where the renderer finds them: what looks like a sign in there is none."""

import re
from collections.abc import Iterator
from functools import cache

from ankisync.expression import expression
from ankisync.inline import after_code

_BLOCK = expression(
    r"(?P<prefix>(?>(?:[ \t]*+(?:>++|(?P<item>[-*+]|[0-9]{1,9}[.)])(?=[ \t])))*)[ \t]*+)"
    r"(?:(?P<fence>`{3,}+(?=[^`\n]*$)|~{3,}+)|(?P<math>\$\$)|(?P<alone>#{1,6}[ \t]|\||$))?",
    re.MULTILINE,
)
_UNQUOTED = expression(r"^(?![ \t]*+>)", re.MULTILINE)
_INLINE = expression(r"\\.|(?P<code>`++)|(?P<math>\$++)", re.DOTALL)
_MATH_END = {
    "$": expression(r"((?>(?:[^\\$]++|\\.)*))\$", re.DOTALL),
    "$$": expression(r"((?>(?:[^\\$]++|\\.|\$(?!\$))*))\$\$", re.DOTALL),
}


def opaque(text: str) -> Iterator[tuple[int, int, bool]]:
    """Code and math as (start, end, whether it is math), where the renderer finds them."""
    paragraph = at = 0
    while at < len(text):
        behind = _next_line(text, at)
        block = _BLOCK.match(text, at)
        if block and (end := _block_end(text, block, behind)):
            yield from _inline(text, paragraph, at)
            yield at + len(block["prefix"]), end, not block["fence"]
            paragraph = behind = _next_line(text, end)
        elif block and (block["item"] or block["alone"] is not None):
            yield from _inline(text, paragraph, at)
            paragraph = at
            if block["alone"] is not None:
                yield from _inline(text, at, behind)
                paragraph = behind
        at = behind
    yield from _inline(text, paragraph, len(text))


def _next_line(text: str, at: int) -> int:
    return text.find("\n", at) + 1 or len(text)


def _block_end(text: str, block: re.Match[str], behind: int) -> int:
    """The offset behind a fence or display math that opens above the line at `behind`; 0 where none does."""
    quoted = ">" in block["prefix"]
    if block["fence"]:
        left = _UNQUOTED.pattern if quoted else r"^(?=[^ \t\n])" if block["item"] else "(?!)"
        end = _fence_end(block["fence"], left).search(text, behind)
        return len(text) if not end else end.start() - 1 if end["left"] is not None else end.end()
    if not block["math"]:
        return 0
    line = text[block.start("math") : behind].rstrip()
    closed = line.find("$$", 2)
    if closed >= 0:
        return block.start("math") + len(line) if closed + 2 == len(line) else 0
    found = text.find("$$", behind)
    alone = found >= 0 and not text[found + 2 : _next_line(text, found)].strip()
    return found + 2 if alone and not (quoted and _UNQUOTED.search(text, behind, found)) else 0


@cache
def _fence_end(fence: str, left: str) -> re.Pattern[str]:
    """The closing line, or the start of the line that leaves the quote or the list."""
    return re.compile(rf"(?P<left>{left})|^[ \t>]*+{fence}{fence[0]}*+[ \t]*+$", re.MULTILINE)


def _inline(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """The code and math in one paragraph."""
    paragraph = text[start:end]
    at = 0
    unclosed: set[str] = set()
    while sign := _INLINE.search(paragraph, at):
        at = sign.end()
        if sign["code"]:
            at = after_code(paragraph, at, len(sign["code"]))
        elif sign["math"]:
            at = _math_end(paragraph, sign.start(), unclosed) or at
        if at > sign.end():
            yield start + sign.start(), start + at, not sign["code"]


def _math_end(text: str, start: int, unclosed: set[str]) -> int:
    """The offset behind the math that a sign opens, 0 where it is money or a single sign: the rules of
    `ankisync.render.math`. `unclosed` keeps the signs that have no end in the rest of the text.
    """
    sign = "$$" if text.startswith("$$", start) else "$"
    if sign in unclosed or (text.endswith("$", 0, start) and not text.endswith("\\$", 0, start)):
        return 0
    closing = _MATH_END[sign].match(text, start + len(sign))
    if not closing:
        unclosed.add(sign)
        return 0
    content, end = closing[1], closing.end()
    tight = content == content.strip() and not text[end : end + 1].isdigit()
    return end if content.strip() and (tight or sign == "$$") else 0
