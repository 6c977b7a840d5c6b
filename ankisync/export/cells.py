"""Values out of SQLite rows and JSON, where anything may stand in any place. All raise `Malformed` for another type."""

_LONG = 1 << 63


class Malformed(ValueError):
    """Something in the database that no Anki writes; the text says what."""


def integer(value: object) -> int:
    """A whole number of 64 bits."""
    if type(value) is not int or not -_LONG <= value < _LONG:
        raise Malformed("a number is missing")
    return value


def text(value: object) -> str:
    """A text that can be written as UTF-8: JSON can hold lone surrogates, no package can."""
    if not isinstance(value, str):
        raise Malformed("a text is missing")
    value.encode()
    return value


def blob(value: object) -> bytes:
    """Bytes."""
    if not isinstance(value, bytes):
        raise Malformed("a binary value is missing")
    return value
