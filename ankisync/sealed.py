"""Plain values as bytes with a digest in front, and stamps as plain values: what the cache keeps of a run."""

import marshal
from collections.abc import Sequence
from hashlib import blake2b

from ankisync.stamps import FolderStamp, Ground, Stamp

PlainStamp = tuple[int, int, int, int] | None

_CHECK = 16


def seal(value: tuple[object, ...]) -> bytes:
    """A value of texts, numbers, bytes, tuples and lists as bytes."""
    data = marshal.dumps(value)  # type: ignore[arg-type]  # of such values only
    return blake2b(data, digest_size=_CHECK).digest() + data


def unseal(data: bytes) -> object:
    """The value that was sealed; None where the bytes are damaged."""
    if blake2b(data[_CHECK:], digest_size=_CHECK).digest() != data[:_CHECK]:
        return None
    try:
        value: object = marshal.loads(data[_CHECK:])  # noqa: S302 - the digest says that we wrote it
    except (ValueError, EOFError, TypeError):
        return None
    return value


def plain_stamp(at: Stamp | None) -> PlainStamp:
    """A stamp as plain values."""
    return None if at is None else (at.size, at.modified, at.status, at.inode)


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
    stamps = {path: FolderStamp(read_stamp(at), names) for path, at, names in folders}
    return Ground(stamps, {path: read_stamp(at) for path, at in rules}, known)
