"""Values as plain ones, which `marshal` can keep, and back."""

from array import array
from collections.abc import Iterable

from ankisync.model import Diagnostic, Location, Severity

PlainPlace = tuple[str, int, int]
PlainTold = tuple[str, str, PlainPlace, str, str]


def plain_told(each: Diagnostic) -> PlainTold:
    """A diagnostic as plain values."""
    return each.code, each.severity.value, plain_place(each.location), each.message, each.hint


def read_told(code: str, severity: str, place: PlainPlace, message: str, hint: str) -> Diagnostic:
    """The diagnostic of plain values."""
    return Diagnostic(code, Severity(severity), Location(*place), message, hint)


def plain_place(place: Location) -> PlainPlace:
    """A location as plain values."""
    return place.path, place.line, place.column


def packed(kind: str, numbers: Iterable[int]) -> bytes:
    """Numbers as bytes; `kind` is one of `array`'s."""
    return array(kind, numbers).tobytes()


def unpacked(kind: str, data: bytes) -> "array[int]":
    """The numbers of bytes."""
    numbers: array[int] = array(kind)
    numbers.frombytes(data)
    return numbers
