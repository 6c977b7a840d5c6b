"""The card styles that can be named in `styles`, what each may set, and a user's own patterns and keywords."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from ankisync.config.checks import ConfigProblem, nearest
from ankisync.values import dataclass, fields, replace


class StyleName(StrEnum):
    """The styles there are."""

    QUESTION_ANSWER = "q-a"
    START_END = "start-end"
    FLASHCARD_TAG = "flashcard-tag"
    HEADING = "heading"
    DOUBLE_COLON = "double-colon"
    CLOZE_PARAGRAPH = "cloze-paragraph"
    HIGHLIGHT_CLOZE = "highlight-cloze"
    CALLOUT = "callout"
    RULED = "ruled"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Style:
    """A style that is on. `words` are its tag words (`flashcard-tag`) or its types (`callout`), `level` is the least
    number of `#` and `section` whether the answer runs up to the next heading (`heading`).
    """

    name: StyleName
    notetype: str = "Basic"
    words: tuple[str, ...] = ()
    level: int = 1
    section: bool = False


@dataclass(frozen=True, slots=True)
class Custom:
    """A user's own JavaScript expression: its groups are the fields of the notetype, by place."""

    notetype: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Keywords:
    """The words that mark cards, decks and tags. Obsidian_to_Anki's by default; each can be renamed."""

    start: str = "START"
    end: str = "END"
    start_inline: str = "STARTI"
    end_inline: str = "ENDI"
    target_deck: str = "TARGET DECK"
    file_tags: str = "FILE TAGS"
    delete: str = "DELETE"
    frozen: str = "FROZEN"


DEFAULT_KEYWORDS = Keywords()

_DEFAULTS: Mapping[StyleName, Style] = {
    **{name: Style(name) for name in StyleName},
    StyleName.FLASHCARD_TAG: Style(StyleName.FLASHCARD_TAG, words=("#flashcard",)),
    StyleName.CALLOUT: Style(StyleName.CALLOUT, words=("anki",)),
    StyleName.CLOZE_PARAGRAPH: Style(StyleName.CLOZE_PARAGRAPH, "Cloze"),
    StyleName.HIGHLIGHT_CLOZE: Style(StyleName.HIGHLIGHT_CLOZE, "Cloze"),
}
_ALLOWED: Mapping[StyleName, tuple[str, ...]] = {
    **dict.fromkeys(StyleName, ("notetype",)),
    StyleName.START_END: (),
    StyleName.FLASHCARD_TAG: ("notetype", "tag"),
    StyleName.CALLOUT: ("notetype", "type"),
    StyleName.HEADING: ("notetype", "level", "back"),
}
DEFAULT_STYLES = (_DEFAULTS[StyleName.QUESTION_ANSWER], _DEFAULTS[StyleName.START_END])


def read_styles(names: Iterable[str], tables: Mapping[str, object]) -> tuple[Style, ...] | ConfigProblem:
    """The styles that are on, in the order in which they are named, with what their `[style.NAME]` sets."""
    set_up: dict[StyleName, Style] = dict(_DEFAULTS)
    for name, table in tables.items():
        known = _style_name(name, f"`[style.{name}]`")
        style = known if isinstance(known, ConfigProblem) else _read_table(known, table)
        if isinstance(style, ConfigProblem):
            return style
        set_up[style.name] = style
    found = []
    for name in dict.fromkeys(names):
        known = _style_name(name, f"`{name}` in `styles`")
        if isinstance(known, ConfigProblem):
            return known
        found.append(set_up[known])
    return tuple(found)


def _style_name(name: str, what: str) -> StyleName | ConfigProblem:
    if name in list(StyleName):
        return StyleName(name)
    return ConfigProblem(f"{what} is no style", nearest(name, list(StyleName), "the styles are"))


def _read_table(name: StyleName, table: object) -> Style | ConfigProblem:
    where = f"style.{name}"
    if not isinstance(table, dict):
        return ConfigProblem(f"`{where}` must be a table")
    style = _DEFAULTS[name]
    for key, value in table.items():
        if key not in _ALLOWED[name]:
            return ConfigProblem(f"there is no setting `{where}.{key}`", nearest(key, _ALLOWED[name], "it may set"))
        changed = _set(style, key, value)
        if changed is None:
            return ConfigProblem(f"`{where}.{key}` must be {_MEANT[key]}")
        style = changed
    return style


_MEANT = {
    "notetype": "the name of a notetype",
    "tag": "a tag word or a list of them",
    "type": "the type of a callout or a list of them",
    "level": "a number from 1 to 6",
    "back": "`paragraph` or `section`",
}


def _set(style: Style, key: str, value: object) -> Style | None:
    """The style with one thing set; None where the value is none."""
    if key == "level":
        return replace(style, level=value) if type(value) is int and 1 <= value <= 6 else None
    if key == "back":
        return replace(style, section=value == "section") if value in ("paragraph", "section") else None
    texts = value if isinstance(value, list) and key != "notetype" else [value]
    words = tuple(str(each).strip() for each in texts)
    if not words or not all(words) or not all(isinstance(each, str) for each in texts):
        return None
    return replace(style, notetype=words[0]) if key == "notetype" else replace(style, words=words)


def read_custom(tables: object) -> tuple[Custom, ...] | ConfigProblem:
    """The `[[custom]]` tables, each with a `notetype` and a `pattern`."""
    wrong = ConfigProblem("`custom` must be tables `[[custom]]`, each with `notetype` and `pattern`")
    if not isinstance(tables, list):
        return wrong
    found = []
    for table in tables:
        if not isinstance(table, dict) or set(table) != {"notetype", "pattern"}:
            return wrong
        if not all(isinstance(value, str) and value.strip() for value in table.values()):
            return wrong
        found.append(Custom(table["notetype"].strip(), table["pattern"]))
    return tuple(found)


def read_keywords(table: Mapping[str, str]) -> Keywords | ConfigProblem:
    """The `[keywords]`. Each is a text on one line; two of them must not be the same."""
    names = [field.name for field in fields(Keywords)]
    for name, word in table.items():
        if name not in names:
            return ConfigProblem(f"there is no keyword `{name}`", nearest(name, names, "the keywords are"))
        if not word.strip() or "\n" in word or "\r" in word:
            return ConfigProblem(f"`keywords.{name}` must be a word or words on one line")
    found = Keywords(**{name: word.strip() for name, word in table.items()})
    words = [getattr(found, name) for name in names]
    doubled = next((word for word in words if words.count(word) > 1), None)
    return ConfigProblem(f"two of the keywords are `{doubled}`") if doubled else found
