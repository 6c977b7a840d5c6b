"""The settings: their names, types and defaults, and the check of a table that a user wrote."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import PurePosixPath

from ankisync.model import DeckName
from ankisync.names import clean_tags, read_deck_name

DEFAULT_DECK = DeckName("Default")
_TEXT, _FLAG, _NUMBER, _TEXTS, _TABLE = (
    "a text",
    "true or false",
    "a whole number",
    "a list of texts",
    "a table of texts",
)


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

    def deck_for(self, path: str) -> DeckName:
        """The deck of the innermost folder named in `folder_decks`, else `default_deck`."""
        inside = [(folder, deck) for folder, deck in self.folder_decks if _within(path, folder)]
        return max(inside, key=lambda each: len(each[0]))[1] if inside else self.default_deck

    def tags_for(self, path: str) -> tuple[str, ...]:
        """`tags`, and the `folder_tags` of all folders above a file."""
        found = [tag for folder, tags in self.folder_tags if _within(path, folder) for tag in tags]
        return (*self.tags, *found)


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """Why a configuration cannot be used. Nothing is built with one (exit status 2)."""

    message: str
    hint: str = ""


def read_settings(table: Mapping[str, object]) -> Settings | ConfigProblem:
    """Check a table of settings. An unknown name comes back with the nearest known one, a wrong type with the right."""
    values: dict[str, object] = {}
    for name, value in table.items():
        read = _read_one(name, value)
        if isinstance(read, ConfigProblem):
            return read
        values[name] = read
    return Settings(**values)  # type: ignore[arg-type]  # _read_one has checked each value against _KINDS


def setting_names() -> tuple[str, ...]:
    """All settings there are."""
    return tuple(field.name for field in fields(Settings))


_KINDS = {
    "notes": _TEXTS,
    "out": _TEXT,
    "default_deck": _TEXT,
    "folder_decks": _TABLE,
    "folder_tags": _TABLE,
    "tags": _TEXTS,
    "frontmatter_tags": _FLAG,
    "inline_tags": _FLAG,
    "answer": _TEXT,
    "fences": _TEXTS,
    "exclude": _TEXTS,
    "max_file_mb": _NUMBER,
}


def _read_one(name: str, value: object) -> object:
    kind = _KINDS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, _KINDS, 1, 0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"the settings are: {', '.join(_KINDS)}"
        return ConfigProblem(f"there is no setting `{name}`", hint)
    if _holds_nul(value):
        return ConfigProblem(f"`{name}` holds a NUL character")
    if not _is_kind(value, kind):
        return ConfigProblem(f"`{name}` must be {kind}", f"it is {_describe(value)}")
    return _convert(name, value)


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_nul, (*value, *value.values())))
    return any(map(_holds_nul, value)) if isinstance(value, list) else "\0" in str(value)


def _is_kind(value: object, kind: str) -> bool:
    if kind == _TEXTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == _TABLE:
        return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    if kind == _NUMBER:
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    return isinstance(value, bool if kind == _FLAG else str)


def _describe(value: object) -> str:
    return {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
    }.get(type(value), "something else")


def _convert(name: str, value: object) -> object:
    if isinstance(value, dict):
        return _folders(name, value)
    if isinstance(value, list):
        return tuple(tag for each in value for tag in clean_tags(each)) if name == "tags" else tuple(value)
    if name == "default_deck":
        return read_deck_name(str(value)) or ConfigProblem("`default_deck` has an empty part")
    if name == "answer" and value not in ("paragraph", "section"):
        return ConfigProblem(f"`answer` is `{value}`", "it is `paragraph` or `section`")
    return value


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
