"""The plugin's `data.json`: read and checked. Any value in it may be missing or of another type than it should be.

Missing, null and empty values are what the plugin itself puts in their place; what is of a wrong type is told.
"""

import json
from collections.abc import Iterator

from ankisync.migrate.toml import shown
from ankisync.values import dataclass, replace

Pairs = tuple[tuple[str, str], ...]

_BOM = b"\xef\xbb\xbf"
_MARKS = ("CUSTOM_REGEXPS", "Syntax")
_TOP = ("settings", "Added Media", "File Hashes", "fields_dict")
_SETTINGS = (
    *_MARKS,
    "FILE_LINK_FIELDS",
    "CONTEXT_FIELDS",
    "FOLDER_DECKS",
    "FOLDER_TAGS",
    "Defaults",
    "IGNORED_FILE_GLOBS",
)
_DEFAULTS = (
    "Scan Directory",
    "Tag",
    "Deck",
    "Scheduling Interval",
    "Add File Link",
    "Add Context",
    "CurlyCloze",
    "CurlyCloze - Highlights to Clozes",
    "ID Comments",
    "Add Obsidian Tags",
)
SYNTAX = (
    "Begin Note",
    "End Note",
    "Begin Inline Note",
    "End Inline Note",
    "Target Deck Line",
    "File Tags Line",
    "Delete Note Line",
    "Frozen Fields Line",
)


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that was not taken over, and why or what to do. Both are printable texts without line breaks."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class NoData:
    """Why a file holds no settings of the plugin."""

    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Defaults:
    """The plugin's table `Defaults`. `interval` is what it says of scanning again, as it is shown; empty for never."""

    scan_directory: str
    tag: str
    deck: str
    interval: str
    file_link: bool
    context: bool
    curly_cloze: bool
    highlights: bool
    id_comments: bool
    obsidian_tags: bool


@dataclass(frozen=True, slots=True)
class Data:
    """What the plugin was told. All texts can stand in a TOML file: no NUL, no half of a surrogate pair.

    Of `expressions` (notetype, expression), `folder_decks` and `folder_tags` those with an empty value are not here;
    `syntax` is pairs of the plugin's name for a keyword and the keyword. `left` is what was of no use as it stands.
    """

    expressions: Pairs
    syntax: Pairs
    folder_decks: Pairs
    folder_tags: Pairs
    globs: tuple[str, ...]
    fields: tuple[tuple[str, tuple[str, ...]], ...]
    defaults: Defaults
    left: tuple[Left, ...]


def looks_like_plugin(data: bytes) -> bool:
    """Whether the bytes of a `data.json` are the plugin's: every plugin of Obsidian has a file of that name."""
    return isinstance(_plugin_object(data), dict)


def read_data(data: bytes) -> Data | NoData:
    """Read a `data.json`. What `looks_like_plugin` holds for one is always read."""
    read = _plugin_object(data)
    if isinstance(read, NoData):
        return read
    top = _Table("", read, [])
    settings = top.table("settings")
    defaults = _defaults(settings.table("Defaults"))
    syntax = settings.table("Syntax")
    syntax.unknown(SYNTAX)
    found = Data(
        expressions=tuple(settings.table("CUSTOM_REGEXPS").texts()),
        syntax=tuple((name, word) for name, word in syntax.texts(empty=True) if name in SYNTAX),
        folder_decks=tuple(settings.table("FOLDER_DECKS").texts()),
        folder_tags=tuple(settings.table("FOLDER_TAGS").texts()),
        globs=tuple(settings.texts_of("IGNORED_FILE_GLOBS")),
        fields=tuple(_fields(top.table("fields_dict"))),
        defaults=defaults,
        left=(),
    )
    settings.unknown(_SETTINGS)
    top.unknown(_TOP)
    return replace(found, left=tuple(top.left))


def _plugin_object(data: bytes) -> dict[str, object] | NoData:
    hint = "the plugin keeps its settings in .obsidian/plugins/obsidian-to-anki-plugin/data.json"
    try:
        read = json.loads(data.removeprefix(_BOM).decode("utf-8"))
    except UnicodeDecodeError:
        return NoData("it is not UTF-8", hint)
    except (ValueError, RecursionError):
        return NoData("it is no JSON", hint)
    settings = read.get("settings") if isinstance(read, dict) else None
    if not isinstance(read, dict) or not isinstance(settings, dict) or not any(name in settings for name in _MARKS):
        return NoData("it holds no settings of Obsidian_to_Anki", hint)
    return read


class _Table:
    """An object in the file that is asked for values of a type. What is wrong goes to `left`."""

    def __init__(self, place: str, value: object, left: list[Left]) -> None:
        self.place, self.left = place, left
        self.rows: dict[str, object] = value if isinstance(value, dict) else {}
        if value is not None and not isinstance(value, dict):
            self.wrong(None, value, "a table")

    def wrong(self, name: str | None, value: object, wanted: str) -> None:
        """Tell that a value, or the table itself, is not what it should be."""
        self.left.append(Left(self.where(name), f"it is {_describe(value)}, not {wanted}"))

    def where(self, name: str | None) -> str:
        """The name of a value as it is told."""
        return " / ".join(filter(None, (self.place, None if name is None else shown(name))))

    def table(self, name: str) -> "_Table":
        return _Table(self.where(name), self.rows.get(name), self.left)

    def text(self, name: str, default: str) -> str:
        value = self.rows.get(name)
        if value is None:
            return default
        return value if self.usable(name, value) and isinstance(value, str) else default

    def flag(self, name: str, default: bool) -> bool:
        value = self.rows.get(name)
        if isinstance(value, bool) or value is None:
            return default if value is None else value
        self.wrong(name, value, f"true or false; it counts as {str(default).lower()}")
        return default

    def texts(self, *, empty: bool = False) -> Iterator[tuple[str, str]]:
        """All values that are texts, the empty ones only where they are asked for."""
        for name, value in self.rows.items():
            if value is not None and (value != "" or empty) and self.usable(name, value) and isinstance(value, str):
                yield name, value

    def texts_of(self, name: str) -> Iterator[str]:
        """A list of texts, or a single one; empty ones and repeated ones are left out."""
        value = self.rows.get(name)
        each = [value] if isinstance(value, str) else value
        if isinstance(each, list):
            yield from dict.fromkeys(text for text in each if self.usable(name, text) and isinstance(text, str))
        elif each is not None:
            self.wrong(name, value, "a list of texts")

    def usable(self, name: str, value: object) -> bool:
        """Whether a value is a text that can stand in a settings file, under its name; told where it is not."""
        if not isinstance(value, str):
            self.wrong(name, value, "a text")
        elif not _writable(name) or not _writable(value):
            self.left.append(Left(self.where(name), "it holds a character that no settings file can hold"))
        else:
            return True
        return False

    def unknown(self, known: tuple[str, ...]) -> None:
        """Tell of what is here under a name that the plugin's last version does not have."""
        for name in self.rows:
            if name not in known:
                self.left.append(Left(self.where(name), "the plugin's last version has no setting of that name"))


def _defaults(table: _Table) -> Defaults:
    table.unknown(_DEFAULTS)
    interval = table.rows.get("Scheduling Interval")
    minutes = str(interval) if isinstance(interval, int | float | str) else _describe(interval)
    return Defaults(
        scan_directory=table.text("Scan Directory", ""),
        tag=table.text("Tag", "Obsidian_to_Anki"),
        deck=table.text("Deck", "Default"),
        interval=shown(minutes) if interval else "",
        file_link=table.flag("Add File Link", False),
        context=table.flag("Add Context", False),
        curly_cloze=table.flag("CurlyCloze", False),
        highlights=table.flag("CurlyCloze - Highlights to Clozes", False),
        id_comments=table.flag("ID Comments", True),
        obsidian_tags=table.flag("Add Obsidian Tags", False),
    )


def _fields(table: _Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, value in table.rows.items():
        if not isinstance(value, list) or not value:
            table.wrong(name, value, "a list of field names")
        elif all(table.usable(name, each) for each in value):
            yield name, tuple(str(each) for each in value)


def _writable(text: str) -> bool:
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def _describe(value: object) -> str:
    if value is None:
        return "null"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return kinds.get(type(value), "something else") if value != [] else "an empty list"
