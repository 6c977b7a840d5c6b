"""The settings: their names, types and defaults, and the check of a table that a user wrote."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Literal
from unicodedata import normalize

from ankisync.cloze import Forms
from ankisync.config.checks import (
    FLAG,
    LIST_OF_TABLES,
    LISTS,
    NUMBER,
    SECONDS,
    TABLE,
    TABLES,
    TEXT,
    TEXTS,
    ConfigProblem,
    Kind,
    check,
)
from ankisync.config.styles import (
    DEFAULT_KEYWORDS,
    DEFAULT_STYLES,
    Custom,
    Keywords,
    Style,
    StyleName,
    read_custom,
    read_keywords,
    read_styles,
)
from ankisync.model import DeckName
from ankisync.names import clean_tags, read_deck_name
from ankisync.values import dataclass

__all__ = ["ConfigProblem", "Custom", "Keywords", "Settings", "Style", "StyleName", "read_settings", "setting_names"]

DEFAULT_DECK = DeckName("Default")


@dataclass(frozen=True, slots=True)
class Settings:
    """What `ankisync.toml` or `[tool.ankisync]` may say. Paths are relative to the vault's root, with `/`."""

    notes: tuple[str, ...] = ()
    out: str = "decks"
    default_deck: DeckName = DEFAULT_DECK
    folder_decks: tuple[tuple[str, DeckName], ...] = ()
    folder_tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tags: tuple[str, ...] = ()
    frontmatter_tags: bool = True
    inline_tags: bool = False
    answer: str = "paragraph"
    fences: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_file_mb: int = 10
    write_after: float = 5
    styles: tuple[Style, ...] = DEFAULT_STYLES
    custom: tuple[Custom, ...] = ()
    keywords: Keywords = DEFAULT_KEYWORDS
    notetype_aliases: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    curly_cloze: bool = False
    highlight_cloze: bool = False
    id_comments: bool = True
    line_breaks: bool = True
    highlight: bool = True
    wikilinks: Literal["link", "text"] = "link"
    vault: str = ""
    context: bool = True
    source: bool = True
    source_url: str = ""
    attachments: tuple[str, ...] = ()
    media_roots: tuple[str, ...] = ()
    anki_url: str = ""
    anki_key: str = ""

    def deck_for(self, path: str) -> DeckName:
        """The deck of the innermost folder named in `folder_decks`, else `default_deck`."""
        inside = [(folder, deck) for folder, deck in self.folder_decks if _within(path, folder)]
        return max(inside, key=lambda each: len(each[0]))[1] if inside else self.default_deck

    def tags_for(self, path: str) -> tuple[str, ...]:
        """`tags`, and the `folder_tags` of all folders above a file."""
        found = [tag for folder, tags in self.folder_tags if _within(path, folder) for tag in tags]
        return (*self.tags, *found)

    def style(self, name: StyleName) -> Style | None:
        """A style, if it is on."""
        return next((style for style in self.styles if style.name is name), None)

    @property
    def cloze_forms(self) -> Forms:
        """The forms that are clozes beside Anki's own. A style that is made of a form turns it on."""
        return Forms(
            self.curly_cloze or self.style(StyleName.CLOZE_PARAGRAPH) is not None,
            self.highlight_cloze or self.style(StyleName.HIGHLIGHT_CLOZE) is not None,
        )


_KINDS: Mapping[str, Kind] = {
    "notes": TEXTS,
    "out": TEXT,
    "default_deck": TEXT,
    "folder_decks": TABLE,
    "folder_tags": TABLE,
    "tags": TEXTS,
    "frontmatter_tags": FLAG,
    "inline_tags": FLAG,
    "answer": TEXT,
    "fences": TEXTS,
    "exclude": TEXTS,
    "max_file_mb": NUMBER,
    "write_after": SECONDS,
    "styles": TEXTS,
    "style": TABLES,
    "custom": LIST_OF_TABLES,
    "keywords": TABLE,
    "notetype_aliases": TABLE,
    "fields": LISTS,
    "curly_cloze": FLAG,
    "highlight_cloze": FLAG,
    "id_comments": FLAG,
    "line_breaks": FLAG,
    "highlight": FLAG,
    "wikilinks": TEXT,
    "vault": TEXT,
    "context": FLAG,
    "source": FLAG,
    "source_url": TEXT,
    "attachments": TEXTS,
    "media_roots": TEXTS,
    "anki_url": TEXT,
    "anki_key": TEXT,
}


_CHOICES = {"answer": ("paragraph", "section"), "wikilinks": ("link", "text")}


def read_settings(table: Mapping[str, object]) -> Settings | ConfigProblem:
    """Check a table of settings. An unknown name comes back with the nearest known one, a wrong type with the right."""
    values: dict[str, object] = {}
    for name, value in table.items():
        read = check(name, value, _KINDS) or _convert(name, value)
        if isinstance(read, ConfigProblem):
            return read
        values[name] = read
    styles = _styles(values.pop("styles", None), values.pop("style", {}))
    if isinstance(styles, ConfigProblem):
        return styles
    return Settings(**values, styles=styles)  # type: ignore[arg-type]  # each value was checked against _KINDS


def setting_names() -> tuple[str, ...]:
    """All settings there are."""
    return tuple(_KINDS)


def _styles(names: object, tables: object) -> tuple[Style, ...] | ConfigProblem:
    on = names if isinstance(names, tuple) else tuple(style.name for style in DEFAULT_STYLES)
    return read_styles(on, tables if isinstance(tables, dict) else {})


def _convert(name: str, value: object) -> object:
    if name == "custom":
        return read_custom(value)
    if isinstance(value, dict):
        return _convert_table(name, value)
    if isinstance(value, list):
        return tuple(tag for each in value for tag in clean_tags(each)) if name == "tags" else tuple(value)
    if name == "default_deck":
        return read_deck_name(str(value)) or ConfigProblem("`default_deck` has an empty part")
    if name in _CHOICES and value not in _CHOICES[name]:
        one, other = _CHOICES[name]
        return ConfigProblem(f"`{name}` is `{value}`", f"it is `{one}` or `{other}`")
    return value


def _convert_table(name: str, table: dict[str, object]) -> object:
    if name == "style":
        return table
    if name == "fields":
        return _fields(table)
    texts = {key: str(value) for key, value in table.items()}
    if name == "keywords":
        return read_keywords(texts)
    if name == "notetype_aliases":
        return tuple((key.strip(), value.strip()) for key, value in texts.items())
    return _folders(name, texts)


def _fields(table: Mapping[str, object]) -> object:
    rows = []
    for name, value in table.items():
        fields_ = tuple(normalize("NFC", str(each)).strip() for each in value) if isinstance(value, list) else ()
        folded = {field.casefold() for field in fields_}
        if not fields_ or "" in folded or len(folded) < len(fields_):
            return ConfigProblem(f"`fields` of `{name}` are not names, each once")
        if any(set(field) & set(':{}"') or field[0] in "#^/" for field in fields_):
            return ConfigProblem(f"`fields` of `{name}` hold a character that Anki refuses in a field's name")
        rows.append((name.strip(), fields_))
    return tuple(rows)


def _folders(name: str, table: Mapping[str, str]) -> object:
    rows: list[tuple[str, object]] = []
    for folder, text in table.items():
        value: object = clean_tags(text) if name == "folder_tags" else read_deck_name(text)
        if value is None:
            return ConfigProblem(f"the deck of `{folder}` in `folder_decks` has an empty part")
        name_in_vault = PurePosixPath(folder.strip("/")).as_posix()
        rows.append(("" if name_in_vault == "." else name_in_vault, value))
    return tuple(rows)


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + "/")
