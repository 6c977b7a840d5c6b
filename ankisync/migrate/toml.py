"""Texts, keys and values as TOML writes them, so that any parser reads back exactly what was meant (TOML 1.0)."""

import re
import unicodedata

Value = bool | int | str | tuple[str, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}
_HIDDEN = {"Cc", "Zl", "Zp", "Cs"}
_BOM = "\ufeff"
_WIDTH = 110
_SHOWN = 60


def value(meant: Value) -> str:
    """A value on one line; a long list gets a line for each of its texts."""
    if isinstance(meant, bool):
        return "true" if meant else "false"
    if isinstance(meant, int):
        return str(meant)
    if isinstance(meant, str):
        return text(meant)
    line = f"[{', '.join(map(text, meant))}]"
    return line if len(line) <= _WIDTH else "[\n" + "".join(f"    {text(each)},\n" for each in meant) + "]"


def text(meant: str) -> str:
    """A text in double quotes. It must hold no half of a surrogate pair: TOML has no way to write one."""
    return f'"{"".join(_SHORT.get(char) or _escape(char) for char in meant)}"'


def key(name: str) -> str:
    """The name of a value or of a table; one that holds more than ASCII letters, digits, `_` and `-` is quoted."""
    return name if _BARE.fullmatch(name) else text(name)


def pattern(meant: str) -> str:
    """A regular expression, in single quotes where that can be: there no backslash needs another one."""
    if any(_escape(char) != char for char in meant):
        return text(meant)
    if "'" not in meant:
        return f"'{meant}'"
    if "'''" in meant or meant.endswith("'"):
        return text(meant)
    return f"'''{meant}'''"


def shown(name: str) -> str:
    """A text for a message: on one line, printable, and cut where it is long."""
    plain = "".join(_SHORT[char] if char in "\b\t\n\f\r" else _escape(char) for char in name)
    return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…"


def _escape(char: str) -> str:
    """The character itself unless it cannot be seen or would end a line somewhere."""
    return f"\\u{ord(char):04X}" if unicodedata.category(char) in _HIDDEN or char == _BOM else char
