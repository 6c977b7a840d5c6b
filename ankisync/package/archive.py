"""A zip file, written in one go. `zipfile` takes no data that is compressed already, which is why this exists.

Facts: PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3. Dates are those that zip begins with, modes are 644, names are
ASCII. The file must be seekable: sizes are put into a member's header when they are known.
"""

import struct
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import IO, NamedTuple, cast

from ankisync.model import Attachment
from ankisync.values import dataclass

STORED, DEFLATED = 0, 8
# What ends a stream of blocks: one that is the last and holds nothing.
END = b"\x03\x00"

# Above these, a field of the format is too small and the wider ones of zip64 are taken.
_MOST_BYTES, _MOST_MEMBERS = 0xFFFF_FFFE, 0xFFFE
# Deflate may make a file a little larger.
_ROOM = 1.05
_LEVEL = 6
# A member of no more bytes is held until its header is known: that spares a write to its place and the way back.
_HELD = 256 * 1024
_FIRST_DAY = 1 << 5 | 1
_MODE = 0o644 << 16
_UNIX = 3 << 8
_VERSION, _VERSION_64 = 20, 45
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END_64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")


class MediaChanged(Exception):
    """A media file is not any more what it was when the build looked at it; the text is its path."""


class _Member(NamedTuple):
    """A member that is written; `wide` says that its local header has the fields of zip64."""

    name: bytes
    kind: int
    crc: int
    packed: int
    size: int
    at: int
    wide: bool


@dataclass
class _Content:
    """What goes into one member: `write` takes its bytes as they are, `pass_on` such as are compressed already."""

    file: IO[bytes]
    pack: Callable[[bytes], bytes] | None = None
    crc: int = 0
    size: int = 0
    packed: int = 0

    def write(self, data: bytes) -> None:
        self.count(data)
        self.pass_on(self.pack(data) if self.pack else data)

    def count(self, data: bytes) -> None:
        self.crc = zlib.crc32(data, self.crc)
        self.size += len(data)

    def pass_on(self, packed: bytes) -> None:
        self.packed += len(packed)
        self.file.write(packed)


class Archive:
    """A zip in the making, at the place where the file stands; `close` ends it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._start = file.tell()
        self._members: list[_Member] = []

    def add(self, name: str, data: bytes) -> None:
        """A small member, deflated."""
        self.add_blocks(name, [(data, _packed(data))], len(data))

    def add_blocks(self, name: str, blocks: Iterable[tuple[bytes, bytes]], size: int) -> int:
        """A member of `size` bytes from pieces and what deflate made of each, none of them its last block. Gives back
        the checksum of the whole.
        """
        content, at, wide = self._begin(name, size)
        for data, packed in blocks:
            content.count(data)
            content.pass_on(packed)
        content.pass_on(END)
        self._finish(_Member(name.encode(), DEFLATED, content.crc, content.packed, content.size, at, wide), content)
        return content.crc

    def add_file(self, name: str, path: Path, attachment: Attachment, *, loose: bool) -> None:
        """A media file, piece by piece, deflated where it is `loose`. Raises `MediaChanged`."""
        from ankisync.attachments import copy_file

        try:
            size = path.stat().st_size
        except OSError as error:
            raise MediaChanged(attachment.path) from error
        content, at, wide = self._begin(name, size)
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS) if loose else None
        content.pack = packer.compress if packer else None
        # All that is asked of a target there is `write`.
        if not copy_file(path, cast("IO[bytes]", content), attachment.digest):
            raise MediaChanged(attachment.path)
        if packer:
            content.pass_on(packer.flush())
        kind = DEFLATED if loose else STORED
        self._finish(_Member(name.encode(), kind, content.crc, content.packed, content.size, at, wide), content)

    def close(self, comment: bytes) -> None:
        """Write the list of members."""
        start = self._file.tell() - self._start
        for member in self._members:
            self._file.write(_central(member))
        size = self._file.tell() - self._start - start
        count = len(self._members)
        if count > _MOST_MEMBERS or start + size > _MOST_BYTES:
            wide = (b"PK\x06\x06", 44, _VERSION_64 | _UNIX, _VERSION_64, 0, 0, count, count, size, start)
            self._file.write(_END_64.pack(*wide) + _LOCATOR.pack(b"PK\x06\x07", 0, start + size, 1))
        count, size, start = min(count, 0xFFFF), min(size, 0xFFFF_FFFF), min(start, 0xFFFF_FFFF)
        self._file.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, len(comment)) + comment)

    def _begin(self, name: str, size: int) -> tuple[_Content, int, bool]:
        at = self._file.tell() - self._start
        wide = size * _ROOM > _MOST_BYTES
        if size <= _HELD:
            return _Content(BytesIO()), at, wide
        self._file.write(_local(_Member(name.encode(), STORED, 0, 0, 0, at, wide)))
        return _Content(self._file), at, wide

    def _finish(self, member: _Member, content: _Content) -> None:
        self._members.append(member)
        if content.file is not self._file:
            content.file.seek(0)
            self._file.write(_local(member) + content.file.read())
            return
        end = self._file.tell()
        self._file.seek(self._start + member.at)
        self._file.write(_local(member))
        self._file.seek(end)


@lru_cache(maxsize=1)
def _packed(data: bytes) -> bytes:
    """Deflated data, not the last of its stream. Most packages have the same: no media."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def _local(member: _Member) -> bytes:
    """The header before a member."""
    wide = struct.pack("<HHQQ", 1, 16, member.size, member.packed) if member.wide else b""
    sizes = (0xFFFF_FFFF, 0xFFFF_FFFF) if member.wide else (member.packed, member.size)
    version = _VERSION_64 if member.wide else _VERSION
    fixed = (b"PK\x03\x04", version, 0, member.kind, 0, _FIRST_DAY, member.crc, *sizes, len(member.name), len(wide))
    return _LOCAL.pack(*fixed) + member.name + wide


def _central(member: _Member) -> bytes:
    """The entry of a member in the list at the end: what does not fit its field stands in the extra part."""
    sizes = (member.size, member.packed, member.at)
    large = [each for each in sizes if each > _MOST_BYTES]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    size, packed, at = (0xFFFF_FFFF if each > _MOST_BYTES else each for each in sizes)
    version = _VERSION_64 if large or member.wide else _VERSION
    fixed = (b"PK\x01\x02", version | _UNIX, version, 0, member.kind, 0, _FIRST_DAY, member.crc, packed, size)
    names = (len(member.name), len(extra), 0, 0, 0, _MODE, at)
    return _CENTRAL.pack(*fixed, *names) + member.name + extra
