"""Fields so plain that they need no parser: what comes out is what the engine makes of them, to the letter.

The engine of `markdown.py` is the reference. This here knows paragraphs, headings, tight lists, quotes, rules, fenced
code and display math, each in its plainest form, and leaves all else to it.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from ankisync.expression import expression
from ankisync.render.escapes import code_html, math_html
from ankisync.render.finish import TYPE_BOX, finished
from ankisync.render.options import Media, Options
from ankisync.render.quick_embeds import filled
from ankisync.render.quick_inline import WORDS, inline, inline_of_line, inline_of_lines
from ankisync.render.quick_lists import interrupts, read_list
from ankisync.render.signs import has_controls

# All letters that run from right to left, and some more: they turn lists and quotes.
_RIGHT = expression(r"[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")

# The bytes that none of them begins with but for U+200F: to delete these is faster than to search for those.
_OTHERS = bytes(byte for byte in range(0x100) if not 0xD6 <= byte <= 0xE0 and byte not in (0xEF, 0xF0))

_HEAD = re.compile(
    rf"""
    (?P<words>{WORDS}|\[)
    |(?P<item>(?:[-*+]|[0-9]++[.)])(?:[ ]|\Z))
    |(?P<fence>```)
    |(?P<heading>\#{{1,6}}[ ])
    |(?P<quote>>)
    |(?P<display>\$\$)
    |(?P<rule>(?:-{{3,}}+|\*{{3,}}+|_{{3,}}+)[ ]*+\Z)
    |(?P<blank>[ \t]*+\Z)
    """,
    re.VERBOSE,
)
_FENCE = re.compile(r"(?P<wall>`{3,}+)(?P<language>[A-Za-z0-9+#-]*+)[ ]*+\Z")
_HEADING = expression(r"(?P<signs>#{1,6}+)[ ]++(?P<text>(?!\s).*(?<![\s#]))[ ]*+\Z")
# What may stand below a list without a blank line and is no part of it.
_ENDS_LIST = frozenset(("blank", "fence", "heading"))

_Read = tuple[str, int]
_Reader = Callable[[Sequence[str], int, Options, bool], _Read | None]


def quick(markdown: str, options: Options, cloze: bool, media: Media | None = None) -> str | None:
    """The HTML of a field as `render_field` gives it, or None where only the engine can tell; then nobody was asked
    for what is embedded. Takes linear time.
    """
    # To look for one sign takes a fifth of the time.
    bracket = "[" in markdown
    if bracket and TYPE_BOX in markdown:
        return None
    embeds = bracket and "![" in markdown
    if not embeds and "\n" not in markdown and markdown[:1].isalpha():
        return inline_of_line(markdown, cloze)
    blocks = _blocks(markdown.split("\n"), _READERS, options, cloze)
    if blocks is None:
        return None
    alone = len(blocks) == 1 and blocks[0].startswith("<p>")
    if not alone and not markdown.isascii() and _turns(markdown):
        return None
    if embeds:
        return finished(filled("".join(blocks), media))
    return blocks[0][len("<p>") : -len("</p>\n")] if alone else "".join(blocks).rstrip("\n")


def _turns(markdown: str) -> bool:
    """Whether a text has letters that run from right to left."""
    rare = "\u200f" in markdown or markdown.encode("utf-8", "surrogatepass").translate(None, _OTHERS)
    return bool(rare and _RIGHT.search(markdown))


def _blocks(lines: Sequence[str], readers: Mapping[str, _Reader], options: Options, cloze: bool) -> list[str] | None:
    blocks: list[str] = []
    last = ""
    at = 0
    while at < len(lines):
        kind = _kind(lines, at)
        if kind == "blank":
            at += 1
            continue
        reader = readers.get(kind)
        # A list below another one may be its second half.
        if reader is None or kind == last == "item":
            return None
        read = reader(lines, at, options, cloze)
        if read is None:
            return None
        html, at = read
        blocks.append(html)
        last = kind
    return blocks


def _kind(lines: Sequence[str], at: int) -> str:
    """What the line at an index opens, as the name of a group of `_HEAD`. Behind the last line a blank one stands."""
    if at >= len(lines):
        return "blank"
    line = lines[at]
    # That is most lines.
    if line[:1].isalpha():
        return "words"
    if not line:
        return "blank"
    head = _HEAD.match(line)
    return (head and head.lastgroup) or ""


def _paragraph(lines: Sequence[str], at: int, options: Options, cloze: bool) -> _Read | None:
    end = at + 1
    while (kind := _kind(lines, end)) == "words":
        end += 1
    if kind == "rule" or (kind == "item" and not interrupts(lines[end])):
        return None
    html = inline_of_lines(lines[at:end], cloze, breaks=options.line_breaks)
    return None if html is None else (f"<p>{html}</p>\n", end)


def _heading(lines: Sequence[str], at: int, _options: Options, cloze: bool) -> _Read | None:
    match = _HEADING.match(lines[at])
    html = inline(match["text"], cloze) if match else None
    if match is None or html is None:
        return None
    level = len(match["signs"])
    return f"<h{level}>{html}</h{level}>\n", at + 1


def _rule(lines: Sequence[str], at: int, _options: Options, _cloze: bool) -> _Read | None:
    # Even a heading is the head of a table if it has a `|` and dashes below.
    if at and "|" in lines[at - 1]:
        return None
    return "<hr />\n", at + 1


def _fence(lines: Sequence[str], at: int, options: Options, cloze: bool) -> _Read | None:
    match = _FENCE.match(lines[at])
    if match is None:
        return None
    wall, language = match.groups()
    end = at + 1
    while end < len(lines) and not lines[end].lstrip(" \t").startswith(wall):
        end += 1
    if end == len(lines) or lines[end].rstrip(" ") != wall:
        return None
    content = "\n".join([*lines[at + 1 : end], ""])
    if has_controls(content):
        return None
    if not language:
        return f"<pre><code>{code_html(content, cloze=cloze)}</code></pre>\n", end + 1
    from ankisync.render.colours import fence_html

    html = fence_html(content, language, highlight=options.highlight, cloze=cloze)
    return f'<pre><code class="language-{language}">{html}</code></pre>\n', end + 1


def _display(lines: Sequence[str], at: int, _options: Options, cloze: bool) -> _Read | None:
    """Math on lines of its own, to the first `$$`, which must end its line."""
    behind = (line for line in range(at + 1, len(lines)) if "$$" in lines[line])
    end = next(behind, -1) if lines[at].find("$$", 2) < 0 else at
    text = "\n".join(lines[at : end + 1]).strip()
    content = text[2:-2]
    if end < 0 or text.find("$$", 2) != len(text) - 2 or not content.strip() or has_controls(content):
        return None
    return rf"\[{math_html(content, cloze=cloze)}\]" + "\n", end + 1


def _quote(lines: Sequence[str], at: int, options: Options, cloze: bool) -> _Read | None:
    end = at
    while end < len(lines) and lines[end].startswith(">"):
        end += 1
    if _kind(lines, end) != "blank":
        return None
    inner = [line[2:] if line.startswith("> ") else line[1:] for line in lines[at:end]]
    blocks = _blocks(inner, _IN_QUOTES, options, cloze)
    return (f"<blockquote>\n{''.join(blocks)}</blockquote>\n", end) if blocks else None


def _list(lines: Sequence[str], at: int, options: Options, cloze: bool) -> _Read | None:
    read = read_list(lines, at, cloze, breaks=options.line_breaks)
    return read if read and _kind(lines, read[1]) in _ENDS_LIST else None


_IN_QUOTES: Mapping[str, _Reader] = {"words": _paragraph, "item": _list}
_READERS: Mapping[str, _Reader] = {
    **_IN_QUOTES,
    "fence": _fence,
    "heading": _heading,
    "quote": _quote,
    "display": _display,
    "rule": _rule,
}
