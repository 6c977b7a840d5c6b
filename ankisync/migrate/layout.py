"""The text of `ankisync.toml`, made of what it is to set: all other settings are shown in it too, commented out.

What is commented out follows a `#` without a blank, explanations follow `# `.
"""

from collections.abc import Iterator, Mapping

from ankisync.migrate.expressions import CustomUse, StyleUse
from ankisync.migrate.settings import CUSTOM, NOT_KNOWN, SETTINGS, STYLES, TABLES, Rows
from ankisync.migrate.toml import Value, key, pattern, text, value
from ankisync.values import dataclass, field

_HEAD = "# Settings of ankisync for this folder. A line behind `#` shows what holds as long as nothing else is set."


@dataclass(frozen=True, slots=True)
class Content:
    """What a config sets: `settings` and `tables` by name, `styles` with values of their own, `customs` in order."""

    settings: Mapping[str, Value] = field(default_factory=dict)
    styles: tuple[StyleUse, ...] = ()
    customs: tuple[CustomUse, ...] = ()
    tables: Mapping[str, Rows] = field(default_factory=dict)


def write_config(content: Content, head: str = "") -> str:
    """The text of a config, its lines ended by line feeds. `head` is one more comment for its top, on one line."""
    first = f"{_HEAD}\n# {head}\n" if head else f"{_HEAD}\n"
    return "\n".join([first, *_settings(content), *_styles(content), *_customs(content), *_tables(content)])


def _block(says: str, lines: list[str], on: bool) -> str:
    """An explanation, if there is one, and lines, each of them commented out unless it is `on`."""
    shown = "\n".join(lines)
    return (f"# {says}\n" if says else "") + (shown if on else _off(shown)) + "\n"


def _off(lines: str) -> str:
    return "#" + lines.replace("\n", "\n#")


def _settings(content: Content) -> Iterator[str]:
    for name, default, says in SETTINGS:
        meant = content.settings.get(name, default)
        yield _block(says, [f"{name} = {value(meant)}"], meant != default)


def _styles(content: Content) -> Iterator[str]:
    told = {style.name: style.options for style in content.styles if style.options}
    for name, defaults, says in STYLES:
        yield _block(says, [f"[style.{name}]", *_rows(told.get(name, defaults))], name in told)


def _customs(content: Content) -> Iterator[str]:
    notetype, expression, says = CUSTOM
    for custom in content.customs or (CustomUse(notetype, expression),):
        lines = ["[[custom]]", f"notetype = {text(custom.notetype)}", f"pattern = {pattern(custom.pattern)}"]
        yield _block(says if custom.known else NOT_KNOWN, lines, custom.known and bool(content.customs))
        says = "" if custom.known else says


def _tables(content: Content) -> Iterator[str]:
    for name, example, says in TABLES:
        rows = content.tables.get(name, ())
        yield _block(says, [f"[{name}]", *_rows(rows or example)], bool(rows))


def _rows(rows: Rows) -> Iterator[str]:
    return (f"{key(name)} = {value(meant)}" for name, meant in rows)
