"""What is read in a vault: its settings and notetypes, and the patterns that follow from its keywords."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ankisync.config import Custom, Keywords, Settings, Style, StyleName
from ankisync.expression import expression
from ankisync.parse.containers import ID_BEGINS
from ankisync.shapes import Notetypes
from ankisync.values import dataclass

if TYPE_CHECKING:
    from ankisync.parse.javascript import BadPattern, Expression

CONTAINERS = r"(?>(?:[ \t]*+(?:>++|(?:[-*+]|[0-9]{1,9}[.)])(?=[ \t])))*)[ \t]*+"


@dataclass(frozen=True, slots=True)
class Patterns:
    """The expressions that depend on the keywords.

    `begins` matches all lines that may mean something: its groups are those of `line`, which tells what a line begins
    with behind its containers, and `keyword` for those that begin with the word of `deck`, `tags` or `frozen`. These
    are lines at the margin; `inline` is an inline note; `wall` is what neither comment nor math crosses, `passing` what
    ends no list item.
    """

    begins: re.Pattern[str]
    line: re.Pattern[str]
    fence: re.Pattern[str]
    wall: re.Pattern[str]
    deck: re.Pattern[str]
    tags: re.Pattern[str]
    frozen: re.Pattern[str]
    inline: re.Pattern[str]
    passing: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Syntax:
    """Everything that decides how a file is read. `custom` are the user's own patterns that can be run; `signs` are
    texts of which a file that holds a card, or anything else to tell, has at least one; `style_signs` the same for
    each style that is on.
    """

    settings: Settings
    notetypes: Notetypes
    patterns: Patterns
    custom: tuple[tuple[Custom, "CustomForms"], ...]
    bad: "tuple[tuple[Custom, BadPattern], ...]"
    signs: tuple[str, ...]
    style_signs: Mapping[StyleName, tuple[str, ...]]

    def style(self, name: StyleName) -> Style | None:
        """A style, if it is on."""
        return self.settings.style(name)


@dataclass(frozen=True, slots=True)
class CustomForms:
    """One expression with each of the tails that Obsidian_to_Anki puts to it, in the order of its passes:
    (tags, ID), ID, tags, neither.
    """

    with_both: "Expression"
    with_id: "Expression"
    with_tags: "Expression"
    plain: "Expression"


_TAGS_TAIL = r"(Tags: .*)"
_ID_TAIL = r"\n?(?:<!--)?(?:ID: (\d+).*)"


def read_syntax(settings: Settings, notetypes: Notetypes) -> Syntax:
    """Make the syntax of a vault ready. A pattern that is no expression is kept in `bad`, and told by the caller."""
    custom: list[tuple[Custom, CustomForms]] = []
    bad: list[tuple[Custom, BadPattern]] = []
    for each in settings.custom:
        forms = _forms(each.pattern)
        if isinstance(forms, CustomForms):
            custom.append((each, forms))
        else:
            bad.append((each, forms))
    styles = {style.name: _style_signs(style, settings.keywords) for style in settings.styles}
    return Syntax(settings, notetypes, _patterns(settings), tuple(custom), tuple(bad), _signs(settings, styles), styles)


def _forms(pattern: str) -> "CustomForms | BadPattern":
    from ankisync.parse.javascript import BadPattern, Expression, read_expression

    read = [read_expression(pattern + tail) for tail in (_TAGS_TAIL + _ID_TAIL, _ID_TAIL, _TAGS_TAIL, "")]
    sound = [each for each in read if isinstance(each, Expression)]
    if len(sound) < len(read):
        return next(each for each in reversed(read) if isinstance(each, BadPattern))
    return CustomForms(*sound)


def _patterns(settings: Settings) -> Patterns:
    words = settings.keywords
    cards = settings.style(StyleName.QUESTION_ANSWER) is not None
    blocks = settings.style(StyleName.START_END) is not None
    never = r"(?!)"
    card = r"[QA]" if cards else never
    start = rf"{re.escape(words.start)}(?=[ \t]*+$)" if blocks else never
    inline = rf"{re.escape(words.start_inline)}(?=[ \t\[])" if blocks else never
    delete = re.escape(words.delete)
    end = rf"|[ \t>]*+(?:{re.escape(words.start)}|{re.escape(words.end)})[ \t]*+(?=[\r\n]|$)" if blocks else ""
    line = (
        rf"(?P<prefix>{CONTAINERS})"
        rf"(?:(?P<start>{start})|(?P<inline>{inline})|(?P<card>{card}):(?!:)[ \t]*+"
        rf"|(?P<id><!--[ \t]*+[iI][dD]\b|ID:)|(?P<delete>{delete}[ \t]*+(?=$|<!--[ \t]*+ID:|ID:)))"
    )
    margin = "|".join(map(re.escape, (words.target_deck, words.file_tags, words.frozen)))
    return Patterns(
        begins=re.compile(rf"(?P<keyword>(?={margin}))|{line}"),
        line=expression(line),
        fence=re.compile(
            rf"(?P<prefix>{CONTAINERS})(?P<marker>{card}:(?!:)[ \t]*+)?"
            r"(?P<fence>`{3,}+(?=[^`]*$)|~{3,}+)[ \t]*+(?P<info>[^ \t]*+)"
        ),
        wall=expression(
            rf"(?:^|(?<=[\r\n]))(?:{CONTAINERS}(?:<!--[ \t]*+ID:|ID:[ \t]*+[0-9]{{10}}){end})",
        ),
        deck=_keyword(words.target_deck),
        tags=_keyword(words.file_tags),
        frozen=expression(rf"{re.escape(words.frozen)} - (?P<type>.*?)[ \t]*+:[ \t]*+$"),
        inline=expression(
            r"(?P<code>`++)|(?P<hidden><!--(?![ \t]*+ID:)(?>(?:[^<\n-]++|(?!<!--|-->).)*)-->|(?<!\\)\$\$.*?\$\$)"
            rf"|{_whole(words.start_inline)}(?P<text>(?:`[^`]*`|[^`]|`(?![^`]*`))*?){_whole(words.end_inline)}"
        ),
        passing=expression(rf"{ID_BEGINS}|{delete}[ \t]*+(?:$|{ID_BEGINS})"),
    )


def _whole(word: str) -> str:
    """A keyword that is not just a part of a longer word."""
    before, behind = (r"(?<!\w)" if re.match(r"\w", word[0]) else ""), (r"(?!\w)" if re.match(r"\w", word[-1]) else "")
    return before + re.escape(word) + behind


def _keyword(word: str) -> re.Pattern[str]:
    """A line with a keyword and perhaps a value. A keyword that itself ends in a colon needs no second one."""
    colon = r":?(?P<value>.*)" if word.endswith(":") else r"(?::(?P<value>.*))?"
    return re.compile(rf"(?P<word>{re.escape(word)})[ \t]*+{colon}$", re.DOTALL)


_STYLE_SIGNS = {
    StyleName.QUESTION_ANSWER: ("Q:", "A:"),
    StyleName.HEADING: ("#",),
    StyleName.DOUBLE_COLON: ("::",),
    StyleName.CLOZE_PARAGRAPH: ("{",),
    StyleName.HIGHLIGHT_CLOZE: ("==",),
    StyleName.CALLOUT: ("[!",),
    StyleName.RULED: ("---",),
    StyleName.TABLE: ("|",),
}


def _style_signs(style: Style, words: Keywords) -> tuple[str, ...]:
    if style.name is StyleName.START_END:
        return (words.start,) if words.start in words.start_inline else (words.start, words.start_inline)
    return _STYLE_SIGNS.get(style.name, style.words)


def _signs(settings: Settings, styles: Mapping[StyleName, tuple[str, ...]]) -> tuple[str, ...]:
    words = settings.keywords
    found = ["ID", words.target_deck, words.file_tags, words.delete]
    for signs in styles.values():
        found += signs
    return ("",) if settings.custom else tuple(dict.fromkeys(found))
