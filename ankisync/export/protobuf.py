"""Protocol Buffers as bytes: just enough to take single values out of a message.

A message is a row of keys and values; a key is `number << 3 | wire type`. Of a number that comes twice the last one
counts, as the standard has it; numbers that nobody asks for are passed over.
"""

from collections.abc import Mapping

from ankisync.export.cells import Malformed

Message = Mapping[int, int | bytes]

_VARINT, _LONG, _BYTES, _SHORT = 0, 1, 2, 5
_MAX_VARINT = 10


def read_message(data: bytes) -> Message:
    """The values of a message by number: integers, or the bytes of texts and inner messages; numbers of fixed width
    as bytes. Raises `Malformed` for what is no message.
    """
    values: dict[int, int | bytes] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if not number:
            raise Malformed("a value without number")
        if wire == _VARINT:
            values[number], at = _varint(data, at)
            continue
        size, at = _size(data, at, wire)
        if at + size > len(data):
            raise Malformed("a value is cut off")
        values[number] = data[at : at + size]
        at += size
    return values


def read_text(message: Message, number: int) -> str:
    """A text, empty where the message has none. Raises `ValueError`."""
    value = message.get(number, b"")
    if isinstance(value, int):
        raise Malformed(f"value {number} is no text")
    return value.decode()


def read_integer(message: Message, number: int) -> int | None:
    """A signed integer of 64 bits, or None where the message has none. Raises `Malformed`."""
    value = message.get(number)
    if isinstance(value, bytes):
        raise Malformed(f"value {number} is no integer")
    return value if value is None or value < 1 << 63 else value - (1 << 64)


def _size(data: bytes, at: int, wire: int) -> tuple[int, int]:
    """How long the value is that follows, and where it starts."""
    if wire == _BYTES:
        return _varint(data, at)
    if wire in (_LONG, _SHORT):
        return (8 if wire == _LONG else 4), at
    raise Malformed(f"wire type {wire} is not in use")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned integer of up to 64 bits, seven a byte, the low ones first; and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + _MAX_VARINT]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value, at + place + 1
    raise Malformed("an integer is cut off or too long")
