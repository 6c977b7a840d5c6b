"""The inside of a paragraph, where it is so plain that no two readings of it exist."""

import re
from collections.abc import Sequence

from ankisync.expression import expression
from ankisync.render.escapes import code_html, escape_html, is_bare, math_html
from ankisync.render.quick_embeds import EMBED, kept
from ankisync.render.signs import signs_of_lines

# The start of a line of text. None of these opens a block, whatever line stands above.
WORDS = r"""(?:
    [A-Za-z]|(?![0-9]+[.)](?:\s|\Z))[^\W_]|[("'.,;?/@{}]|[^\x00-\x7f\s]
    |\*\*?(?![\s*]|\Z)|==(?![\s=]|\Z)|_(?![\s_]|\Z)|`(?!`)|\$(?!\$)|\$\$[^$]++\$\$(?=[ \t]*+[^ \t])
    |[+-](?=[^\W_])|\\|!|&|\#(?![\s\#]|\Z)|<(?=[0-9])
)"""
# What stands before an opening sign of emphasis, and behind a closing one: there the sign can mean nothing else.
_BEFORE = r"(?<![^ \n\"'(.,;:/{-])"
_BEHIND = r"(?=[ \n.,;:!?)\"'/}-]|\Z)"

# Each piece has one meaning, whatever stands around it; the lookarounds say under which neighbours. They stand behind a
# first sign, by which all other pieces are passed over. Where only the last one matches, the parser decides. Every
# repetition keeps what it took, so that time is linear; one of a group by `(?>…)`, since Python 3.11.2, which is
# Debian's, loses its place in `(?:…)++` where a lookbehind in it fails.
_PIECE = re.compile(
    rf"""
    (?P<text>(?>(?:
        [^\x00-\x09\x0b-\x1f\x7f$%&*<=\[\\\]^_`~!:]++
        | :(?!/)(?<![mM][aA][iI][lL][tT][oO]:)
        | !(?!\[)
        | %(?!%)
        | (?<!=)=(?!=)
        | &(?!\#|[A-Za-z0-9]++;)
        | <(?![A-Za-z/!?])(?![^\s<>]*+@)
        | _(?<=[^\W_]_)_*+(?=[^\W_])
        | \*(?<=[ ]\*)(?=[ ])
        | \^(?<=[\w)]\^)(?=[^\s^]++(?!\^))
        | ~(?<=[ ]~)(?=[0-9])(?![^\s~]*+~)
        | \[(?<![\[!^\\]\[)[^\W_](?>(?:[^\W_]|[ .,'+-])*)\](?![\[(:])
    )+))
    | \$(?<!\$\$)(?P<math>(?!\s)(?>(?:[^\x00-\x1f\x7f$\\]++|\\[^\x00-\x1f\x7f])+)(?<!\s))\$(?![\w$])
    | \$\$(?<!\$\$\$)(?P<display>(?=[^$]*[^$\s])(?>(?:[^\x00-\x1f\x7f$\\]++|\\[^\x00-\x1f\x7f])+))\$\$(?!\$)
    | `(?<!``)(?P<code>(?![`\s])[^\x00-\x1f\x7f`]++(?<!\s))`(?!`)
    | \*(?<=[^\s*]\*)\*?(?!\*){_BEHIND}(?P<close>)
    | =(?<=[^\s=]=)=(?!=){_BEHIND}(?P<close_mark>)
    | _(?<=[^\s_]_)(?!_){_BEHIND}(?P<close_low>)
    | {_BEFORE}(?P<open>\*\*?|==|_)(?![\s*=_]|\Z)
    | \\(?P<escaped>[!"\#%&'()+*,.;<=>?@\[\\\]^_`{{|}}~$-])
    | (?<![\[!^\\])\[(?!sound:)(?P<label>[^\W_](?:(?>(?:[^\x00-\x1f\x7f"$%&*<=>@\[\\\]^_`{{|}}~!:]|:(?!/))*)(?<!\s))?)\]
      \((?P<url>https?://[a-z0-9][a-z0-9.-]*+(?<![.-])(?:/(?>(?:[A-Za-z0-9/._~=?+,&\#-]|%[0-9A-F]{{2}})*))?)\)
    | {EMBED}
    | (?P<money>\$)
    | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
_BLANKS = expression(r"(?<! ) ++\n")
_TAGS = {"**": "strong", "*": "em", "_": "em", "==": "mark"}
_CLOSE = frozenset(("close", "close_mark", "close_low"))

# The signs of a text that has a single pair of them, with what parts it there, and its tag.
_PAIRS = {
    b"**": ("*", "em"),
    b"****": ("**", "strong"),
    b"====": ("==", "mark"),
    b"__": ("_", "em"),
    b"``": ("`", "code"),
}
_PARTS, _DOLLAR = 3, ord("$")


def inline(text: str, cloze: bool) -> str | None:
    """The HTML of a paragraph's text, its lines as they stand; None where it is not surely plain."""
    # To look for one sign first takes a fifth of the time.
    if "/" not in text or ":/" not in text:
        signs = signs_of_lines(text)
        html = paired(text, signs, cloze) if signs else text
        if html is not None:
            return html
    return inline_by_pieces(text, cloze)


def paired(text: str, signs: bytes, cloze: bool) -> str | None:
    """The same of words, no `:/` among them, with one pair of signs, of emphasis, code or math, or with quotes. `signs`
    are all that stand in the text, at least one. Most texts with signs are such, and this is a third of the cost. None
    where only `inline_by_pieces` can tell.
    """
    if signs in _PAIRS:
        sign, tag = _PAIRS[signs]
        pieces = text.split(sign)
        return _tagged(pieces, tag, cloze) if len(pieces) == _PARTS else None
    if signs[0] == _DOLLAR == signs[-1] and signs.count(_DOLLAR) == 2:
        before, inside, behind = text.split("$")
        # All blanks but one are not printable.
        if (
            inside.isprintable()
            and inside[:1] not in ("", " ")
            and inside[-1] not in " \\"
            and not behind[:1].isalnum()
        ):
            return rf"{before}\({math_html(inside, cloze=cloze)}\){behind}"
        return None
    return None if signs.strip(b'"') else text.replace('"', "&quot;")


def _tagged(pieces: Sequence[str], tag: str, cloze: bool) -> str | None:
    """Words before, between and behind signs of which the one can only open, the other only close."""
    before, inside, behind = pieces
    if not inside[:1].isalnum() or inside[-1].isspace():
        return None
    if before[-1:] not in " \n(" or behind[:1] not in " \n.,;:!?)'/-":
        return None
    if tag == "code":
        if "\n" in inside:
            return None
        inside = code_html(inside, cloze=cloze)
    return f"{before}<{tag}>{inside}</{tag}>{behind}"


def inline_by_pieces(text: str, cloze: bool) -> str | None:
    """The same of any text, by an expression for its pieces."""
    pieces: list[str] = []
    waiting: list[str] = []
    bare = is_bare(text)
    for match in _PIECE.finditer(text):
        kind = match.lastgroup
        piece = match[0] if kind == "text" else _html(match, kind, waiting, cloze)
        if piece is None:
            return None
        pieces.append(piece if bare or kind != "text" else escape_html(piece))
    return None if waiting else "".join(pieces)


def inline_of_line(line: str, cloze: bool) -> str | None:
    """The HTML of one line that is all of its paragraph, as `inline`. The line is not empty."""
    text = line.rstrip(" ")
    # The parser strips more than blanks, such as U+00A0.
    return None if text[-1].isspace() else inline(text, cloze)


def inline_of_lines(lines: Sequence[str], cloze: bool, *, breaks: bool) -> str | None:
    """The same of the lines of a paragraph, where new lines are line breaks if `breaks` is set. Two blanks at an end
    break the line, where a new line alone does not.
    """
    if len(lines) == 1:
        return inline_of_line(lines[0], cloze)
    text = "\n".join(lines).rstrip(" ")
    # The parser strips more than blanks, such as U+00A0. In ASCII these are control characters, which no piece has.
    if text[-1].isspace() or not (text.isascii() or all(line[-1:] == " " or not line[-1:].isspace() for line in lines)):
        return None
    if breaks:
        html = inline(_BLANKS.sub("\n", text) if " \n" in text else text, cloze)
        return html and html.replace("\n", "<br />\n")
    html = inline(_BLANKS.sub(_break, text) if " \n" in text else text, cloze)
    return html and html.replace("  \n", "<br />\n")


def _break(match: re.Match[str]) -> str:
    return "\n" if match[0] == " \n" else "  \n"


def _html(match: re.Match[str], kind: str | None, waiting: list[str], cloze: bool) -> str | None:
    """One piece that is no text; `waiting` holds the signs of emphasis that are open."""
    if kind == "open":
        return _opening(match, waiting)
    if kind in _CLOSE:
        return _closing(match[0], waiting)
    if kind == "math":
        return rf"\({math_html(match['math'], cloze=cloze)}\)"
    if kind == "code":
        return f"<code>{code_html(match['code'], cloze=cloze)}</code>"
    if kind == "display":
        return rf"\[{math_html(match['display'], cloze=cloze)}\]"
    if kind == "escaped":
        return escape_html(match["escaped"])
    if kind == "url":
        return f'<a href="{escape_html(match["url"])}">{match["label"]}</a>'
    if kind == "embed":
        return kept(match[0])
    # Alone in its paragraph a dollar opens nothing.
    return "$" if kind == "money" and match.string.count("$") == 1 else None


def _opening(match: re.Match[str], waiting: list[str]) -> str | None:
    sign = match[0]
    # Between stops, as in `**"a"**.`, a sign may close as well.
    if waiting and match.string[match.start() - 1] not in " \n":
        return None
    waiting.append(sign)
    return f"<{_TAGS[sign]}>"


def _closing(sign: str, waiting: list[str]) -> str | None:
    if not waiting or waiting.pop() != sign:
        return None
    return f"</{_TAGS[sign]}>"
