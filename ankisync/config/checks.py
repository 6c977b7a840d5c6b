"""What a value in the configuration must be, and how a wrong one is told."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """Why a configuration cannot be used. Nothing is built with one (exit status 2)."""

    message: str
    hint: str = ""


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """The hint for a name that is none: the nearest one there is, else all of them."""
    import difflib

    names = list(known)
    near = difflib.get_close_matches(name, names, 1, 0.5)
    return f"did you mean `{near[0]}`?" if near else f"{otherwise}: {', '.join(names)}" if names else ""


class Kind(NamedTuple):
    """A kind of value: how it is called, and whether a value is one."""

    name: str
    holds: Callable[[object], bool]


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_DAY = 86_400

TEXT = Kind("a text", lambda value: isinstance(value, str))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NUMBER = Kind("a whole number", lambda value: type(value) is int and value > 0)
SECONDS = Kind(
    "a number of seconds, up to a day",
    lambda value: type(value) in (int, float) and isinstance(value, int | float) and 0 <= value <= _DAY,
)
TEXTS = Kind("a list of texts", _is_texts)
TABLE = Kind(
    "a table of texts",
    lambda value: isinstance(value, dict) and all(isinstance(each, str) for each in value.values()),
)
LISTS = Kind("a table of lists of texts", lambda value: isinstance(value, dict) and all(map(_is_texts, value.values())))
TABLES = Kind("a table of tables", lambda value: isinstance(value, dict))
LIST_OF_TABLES = Kind("a list of tables", lambda value: isinstance(value, list))


def check(name: str, value: object, kinds: Mapping[str, Kind]) -> ConfigProblem | None:
    """What is wrong with a setting by its name and type alone."""
    kind = kinds.get(name)
    if kind is None:
        return ConfigProblem(f"there is no setting `{name}`", nearest(name, kinds, "the settings are"))
    if holds_nul(value):
        return ConfigProblem(f"`{name}` holds a NUL character")
    if not kind.holds(value):
        return ConfigProblem(f"`{name}` must be {kind.name}", f"it is {_describe(value)}")
    return None


def holds_nul(value: object) -> bool:
    """Whether a NUL character stands anywhere in a value."""
    if isinstance(value, dict):
        return any(map(holds_nul, (*value, *value.values())))
    return any(map(holds_nul, value)) if isinstance(value, list) else "\0" in str(value)


def _describe(value: object) -> str:
    return {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
    }.get(type(value), "something else")
