"""The collection in an .apkg or .colpkg, unpacked into memory."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ankisync.export.found import AGAIN, EXPORT, OLDER, Unreadable
from ankisync.export.protobuf import read_integer, read_message

# SQLite takes no larger database into memory; nor do decompression bombs get further.
LIMIT = 2_000_000_000

META = "meta"
COMPRESSED = "collection.anki21b"
MEMBERS = {3: COMPRESSED, 2: "collection.anki21", 1: "collection.anki2"}

_META_SIZE = 1000
_VERSION = 1  # the number of the only value in `meta`

_STEP = 1 << 20
_COMPRESSED_STEP = 1 << 12  # of which at most some 130 MB can come

_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    NotImplementedError,
)


def unpack(path: Path) -> bytearray:
    """The database in a package. Raises `Unreadable`.

    Newer packages hold several: `meta` says which one counts, the others only ask to update Anki. The zip's checksum
    covers all that is taken.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, _choose(archive))
    except _ZIP_ERRORS as error:
        raise Unreadable(f"is a damaged or cut off zip ({error or type(error).__name__})", AGAIN) from error


def _choose(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = {info.filename: info for info in archive.infolist()}
    if META in members:
        with _open(archive, members[META]) as member:
            version = read_integer(read_message(member.read(_META_SIZE)), _VERSION) or 0
        if version not in MEMBERS:
            raise Unreadable(f"was made by a newer Anki (package version {version}; 3 is known)", OLDER)
        wanted = [MEMBERS[version]]
    else:
        # A damaged name may hide the collection that counts: zipfile compares it with the second one when it opens.
        for info in members.values():
            _open(archive, info).close()
        wanted = list(MEMBERS.values())
    found = [members[name] for name in wanted if name in members]
    if not found:
        raise Unreadable(f"is a zip without a collection of Anki (no `{wanted[-1]}` in it)", EXPORT)
    return found[0]


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    if info.flag_bits & 1:
        raise Unreadable("is an encrypted zip", "unpack it with its password, or export again from Anki")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotImplementedError("compressed in a way that Anki does not use")
    return archive.open(info)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytearray:
    data = bytearray()
    with _open(archive, info) as member:
        for piece in _decompressed(member) if info.filename == COMPRESSED else _pieces(member, _STEP):
            data += piece
            if len(data) > LIMIT:
                raise Unreadable(f"holds a collection of over {LIMIT // 10**9} GB", f"{EXPORT}: choose a deck there")
    return data


def _pieces(member: IO[bytes], step: int) -> Iterator[bytes]:
    while piece := member.read(step):
        yield piece


def _decompressed(member: IO[bytes]) -> Iterator[bytes]:
    """What was compressed by Zstandard: one frame that ends where the member ends."""
    from zstandard import ZstdDecompressor, ZstdError

    frame = ZstdDecompressor().decompressobj()
    try:
        for piece in _pieces(member, _COMPRESSED_STEP):
            yield frame.decompress(piece)
    except ZstdError as error:
        raise ValueError(str(error)) from error
    if not frame.eof or frame.unused_data:
        raise ValueError("the compressed collection is cut off")
