"""Math that will not be shown as math: what is wrong with its delimiters, and where."""

import re
from enum import StrEnum

from ankisync.expression import expression

# The delimiters, in the order in which they must be tried. Each alternative begins with its character, so that the
# engine finds it without trying every place.
_SIGNS = r"\\(?<!\\\\)(?P<bracket>[(\[])|\\.|\$(?P<display>\$)|\$(?P<inline>)"
_SIGN = expression(_SIGNS, re.DOTALL)
# One pass: what is no math first.
_TOKEN = expression(
    r"(?P<fence>^[ \t>]*(?P<wall>`{3,}|~{3,})[^\n]*\n(?:.*?^[ \t>]*(?P=wall)[`~]*[ \t]*$|.*\Z))"
    r"|(?P<code>(?<!`)(?P<run>`+)(?!`)(?:(?!\n[ \t]*\n).)*?(?<!`)(?P=run)(?!`))|`+"
    rf"|{_SIGNS}",
    re.DOTALL | re.MULTILINE,
)
_PARAGRAPH_END = expression(r"\n[ \t]*(?:\n|\Z)")
_TEX = expression(r"\\[A-Za-z]+|[\^_]\{")
_BRACES = expression(r"\\[\\{}]|(?P<open>\{)|(?P<close>\})")
# `\[x\]` without TeX inside is an escaped bracket. Not further than this: each opening looks for its end.
_BRACKET_MATH = expression(
    r"\\\((?:(?!\\[()]).){1,500}\\\)|\\\[(?=[^\]]{0,500}(?:\\[A-Za-z]|[\^_]))(?:(?!\\[\[\]]).){1,500}\\\]", re.DOTALL
)
# Math that is inline, sound and plain; and a text to its end with no other, and no sign that could mean anything else:
# nearly all.
_TEX_SIGN = r"[^\s$\\`~{}]++|[ \t]++(?!\$)|\\[A-Za-z,;!]"
_GROUP = rf"\{{(?>(?:{_TEX_SIGN})*)\}}"
_NESTED = rf"\{{(?>(?:{_TEX_SIGN}|{_GROUP})*)\}}"
_MATH = rf"""\$(?![\s$])(?>(?:{_TEX_SIGN}|{_NESTED})+)\$(?=[\sA-Za-z.,;:!?()'"-]|\Z)"""
_ANY_MATH = re.compile(_MATH)
# The same with code: on a line, or fenced at the margin and closed, with neither `~` nor another fence in it.
_SOUND = re.compile(
    rf"""(?>(?:[^$\\`~]++
    |{_MATH}
    |`(?!`)[^`\n]++`(?!`)
    |(?<![^\n])```[^`~\n]*+\n(?:[^`~]*+(?<=\n))?```[ \t]*+(?=\n|\Z))*)\Z""",
    re.VERBOSE,
)


class MathProblem(StrEnum):
    """What is wrong with math."""

    UNCLOSED = "unclosed"
    EMPTY = "empty"
    BLANKS = "blanks"
    BRACES = "braces"
    BRACKETS = "brackets"


def math_problems(markdown: str) -> tuple[tuple[int, MathProblem], ...]:
    r"""The problems of a field's math with the offsets of the delimiters, in their order. No money is meant: a single
    `$` counts only where what follows looks like TeX.

    `UNCLOSED`: `$$`, or `$` before TeX, without its end. `EMPTY`: nothing inside. `BLANKS`: `$ x^{2} $`, which is text
    because of the blanks. `BRACES`: more `{` than `}`, or the other way. `BRACKETS`: `\(x\)`, whose backslashes
    Markdown takes.
    """
    if "`" in markdown or "~" in markdown:
        sound = _SOUND.match(markdown) is not None
    else:  # to look for the next `$` is several times faster than to match all that is none
        rest = _ANY_MATH.sub("", markdown)
        sound = "$" not in rest and "\\" not in rest
    return () if sound else read_problems(markdown)


def read_problems(markdown: str) -> tuple[tuple[int, MathProblem], ...]:
    """The same, whatever the text: the reference for the expressions that pass over nearly all texts."""
    found: list[tuple[int, MathProblem]] = []
    at = 0
    token = _TOKEN if "`" in markdown or "~~~" in markdown else _SIGN
    while match := token.search(markdown, at):
        problem = None
        at = match.end()
        match match.lastgroup:
            case "bracket":
                problem = MathProblem.BRACKETS if _BRACKET_MATH.match(markdown, match.start()) else None
            case "display":
                at, problem = _display(markdown, match.end())
            case "inline":
                at, problem = _single(markdown, match.end())
        if problem:
            found.append((match.start(), problem))
    return tuple(found)


def _display(text: str, start: int) -> tuple[int, MathProblem | None]:
    end = _closing(text, start, len(text), "$$")
    if end < 0:
        return start, MathProblem.UNCLOSED
    return end + 2, _inside(text[start:end])


def _single(text: str, start: int) -> tuple[int, MathProblem | None]:
    """Where to go on behind a single `$`, and what is wrong with it."""
    limit = _line_end(text, start)
    end = _closing(text, start, limit, "$")
    if end < 0 and limit < len(text):  # most math ends on its line
        paragraph = _PARAGRAPH_END.search(text, start)
        limit = paragraph.start() if paragraph else len(text)
        end = _closing(text, start, limit, "$")
    content = text[start : end if end >= 0 else limit]
    if end < 0:
        return start, MathProblem.UNCLOSED if _TEX.match(content.lstrip()) else None
    after = text[end + 1 : end + 2]
    if content != content.strip() or after.isdigit():
        return (end + 1, MathProblem.BLANKS) if _is_tex(content) else (start, None)
    return (end + 1, _inside(content)) if content else (start, None)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _is_tex(content: str) -> bool:
    return bool(content.strip()) and content[0].isspace() == content[-1].isspace() and bool(_TEX.search(content))


def _closing(text: str, start: int, end: int, sign: str) -> int:
    while (start := text.find(sign, start, end)) >= 0 and text[start - 1] == "\\":
        start += 1
    return start


def _inside(content: str) -> MathProblem | None:
    if not content.strip():
        return MathProblem.EMPTY
    if "{" not in content and "}" not in content:
        return None
    depth = 0
    for match in _BRACES.finditer(content):
        depth += 1 if match["open"] else -1 if match["close"] else 0
        if depth < 0:
            return MathProblem.BRACES
    return MathProblem.BRACES if depth else None
