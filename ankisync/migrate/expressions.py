"""The wiki's regular expressions, known again and read as styles; all others stay what they are."""

import re
from functools import cache

from ankisync.migrate.canonical import canonical, literal
from ankisync.migrate.data import Data
from ankisync.migrate.names import Names
from ankisync.migrate.toml import Value
from ankisync.notetypes import BASIC, CLOZE
from ankisync.values import dataclass

Options = tuple[tuple[str, Value], ...]

CLOZE_STYLES = ("cloze-paragraph", "highlight-cloze")
_MORE = r"(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))"  # one more line that is not empty and no comment
_PARAGRAPH = r"(?:[^\n][\n]?)+"
_WHOLE = {
    "q-a": rf"^Q: ((?:.+\n)*)\n*A: (.+{_MORE}*)",
    "double-colon": r"^(.*[^\n:]{1}):{2}([^\n:]{1}.*)",
    "ruled": rf"((?:[^\n][\n]?)+\n)-{{3,}}({_MORE}*)",
    "table": r"\|([^\n|]+)\|\n\|(?:[^\n|]+)\|\n\|([^\n|]+)\|\n?",
    "cloze-paragraph": rf"((?:.+\n)*(?:.*{{.*){_MORE}*)",
    "highlight-cloze": rf"((?:.+\n)*(?:.*==.*){_MORE}*)",
}
# Those with a gap for a word or a level: what stands before it and behind it.
_AROUND = {
    "flashcard-tag": (rf"({_PARAGRAPH}) ", rf" ?\n*({_MORE}+)"),
    "heading": (r"^", r"(.+)\n*((?:\n(?:^[^\n#].{0,2}$|^[^\n#].{3}(?<!<!--).*))+)"),
    "callout": (r"> \[!", rf"\]- ([^\n]+)\n(.+{_MORE}*)"),
}
_LEVEL = re.compile(r"(#{1,6})\+")
_CHOICE = re.compile(r"(?P<before>[^()|]*)\(\?:(?P<words>[^()]*)\)(?P<after>[^()|]*)")
_TAG = re.compile(r"#\S+")
_CALLOUT = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class StyleUse:
    """A style that is on, and what it is told beside its defaults."""

    name: str
    options: Options = ()


@dataclass(frozen=True, slots=True)
class CustomUse:
    """An expression that stays one. `known` is unset where its notetype is not: then it cannot be used yet."""

    notetype: str
    pattern: str
    known: bool = True


def recognise(expression: str) -> StyleUse | None:
    """The style that an expression of the wiki is, however it is spelled; None for any other expression."""
    one = canonical(expression)
    if one is None:
        return None
    if one in _known():
        return StyleUse(_known()[one])
    for name, (before, after) in _gaps().items():
        if one.startswith(before) and one.endswith(after) and len(one) > len(before) + len(after):
            options = _fill(name, one[len(before) : len(one) - len(after)])
            return None if options is None else StyleUse(name, options)
    return None


@cache
def _known() -> dict[str | None, str]:
    return {canonical(expression): name for name, expression in _WHOLE.items()}


@cache
def _gaps() -> dict[str, tuple[str, str]]:
    return {name: (canonical(before) or "", canonical(after) or "") for name, (before, after) in _AROUND.items()}


def _fill(style: str, gap: str) -> Options | None:
    """What the gap of an expression says, without what a style has by default; None where it is something else."""
    if style == "heading":
        level = _LEVEL.fullmatch(gap)
        return None if level is None else _unless(1, "level", len(level[1]))
    words = _words(gap) if style == "flashcard-tag" else (literal(gap),)
    wanted = _TAG if style == "flashcard-tag" else _CALLOUT
    if not all(word and wanted.fullmatch(word) for word in words):
        return None
    plain = tuple(str(word) for word in words)
    value: Value = plain[0] if len(plain) == 1 else plain
    return _unless("#flashcard", "tag", value) if style == "flashcard-tag" else _unless("anki", "type", value)


def _words(gap: str) -> tuple[str | None, ...]:
    """The texts that a gap matches: one, or a choice of some; None for what is no text."""
    if choice := _CHOICE.fullmatch(gap):
        words = [f"{choice['before']}{word}{choice['after']}" for word in choice["words"].split("|")]
        return tuple(dict.fromkeys(literal(word) for word in words))
    return (literal(gap),)


def _unless(default: Value, name: str, value: Value) -> Options:
    return () if value == default else ((name, value),)


def read_expressions(data: Data, names: Names) -> tuple[tuple[StyleUse, ...], tuple[CustomUse, ...]]:
    """The styles and the expressions of one's own that read what the plugin reads, in the order of its settings.

    Of two notetypes with the same style the second keeps its expression; one of nothing but blanks is left out.
    """
    styles = {"start-end": StyleUse("start-end")}
    customs = []
    for name, expression in data.expressions:
        if not expression.strip():
            continue
        style = _style(name, expression, data, names)
        if style is None or style.name in styles:
            meant = names.meant(name)
            customs.append(CustomUse(meant or name, expression, meant is not None))
        else:
            styles[style.name] = style
    return tuple(styles.values()), tuple(customs)


def _style(name: str, expression: str, data: Data, names: Names) -> StyleUse | None:
    """The style that an expression may become.

    A style for clozes turns its form of clozes on, so the plugin must have it on, for a notetype that it takes for one
    of clozes.
    """
    style, notetype = recognise(expression), names.meant(name)
    if style is None or notetype is None:
        return None
    if style.name in CLOZE_STYLES:
        on = data.defaults.curly_cloze and (data.defaults.highlights or style.name == "cloze-paragraph")
        if not on or "Cloze" not in name:
            return None
    default = CLOZE if style.name in CLOZE_STYLES else BASIC
    return StyleUse(style.name, (*style.options, *_unless(default, "notetype", notetype)))
