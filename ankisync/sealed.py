"""Plain values as bytes with a checksum in front, and stamps as plain values: what the cache keeps of a run."""

import marshal
import zlib
from collections.abc import Sequence

from ankisync.stamps import FolderStamp, Ground, PlainStamp, Stamp

_CHECK = 4


def seal(value: tuple[object, ...]) -> bytes:
    """A value of texts, numbers, bytes, tuples and lists as bytes."""
    data = marshal.dumps(value)  # type: ignore[arg-type]  # of such values only
    return zlib.crc32(data).to_bytes(_CHECK) + data


def unseal(data: bytes) -> object:
    """The value that was sealed; None where the bytes are damaged."""
    body = memoryview(data)[_CHECK:]
    if zlib.crc32(body).to_bytes(_CHECK) != data[:_CHECK]:
        return None
    try:
        value: object = marshal.loads(body)  # noqa: S302 - the checksum says that we wrote it
    except (ValueError, EOFError, TypeError):
        return None
    return value


def plain_stamp(at: PlainStamp) -> PlainStamp:
    """A stamp as plain values."""
    return None if at is None else (at[0], at[1], at[2], at[3])


def read_stamp(value: PlainStamp) -> Stamp | None:
    """The stamp of plain values."""
    return None if value is None else Stamp(*value)


def plain_ground(ground: Ground) -> tuple[object, ...]:
    """What a listing depends on as plain values."""
    folders = [(path, plain_stamp(each.at), each.names) for path, each in ground.folders.items()]
    return folders, [(path, plain_stamp(at)) for path, at in ground.rules.items()], ground.known


def read_ground(
    folders: Sequence[tuple[str, PlainStamp, bytes]], rules: Sequence[tuple[str, PlainStamp]], known: bool
) -> Ground:
    """What a listing depends on, of plain values."""
    return Ground({path: FolderStamp(at, names) for path, at, names in folders}, dict(rules), known)
