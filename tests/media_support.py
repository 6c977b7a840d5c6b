"""Pictures that differ, and what of them is in packages and fields."""

import html
import json
import re
import sqlite3
import struct
import zipfile
import zlib
from pathlib import Path

from tests.support import Vault

_REFERENCE = re.compile(r'<(?:img|audio|video|source)\b[^>]*?\bsrc="([^"]*)"|\[sound:([^]]*)\]')


def png(text: str) -> bytes:
    """A picture of one point, with a text in it that no other has."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"tEXt", b"Comment\0" + text.encode("utf-8")), (b"IDAT", zlib.compress(b"\0abc"))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts) + chunk(b"IEND", b"")


def references(field: str) -> list[str]:
    """The names that a field shows or plays."""
    return [html.unescape(source or sound) for source, sound in _REFERENCE.findall(field)]


def packed(package: Path) -> dict[str, bytes]:
    """The media of a package by name."""
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(number) for number, name in json.loads(archive.read("media")).items()}


def fields(package: Path) -> list[list[str]]:
    """The fields of a package's notes, by ID."""
    database = sqlite3.connect(":memory:")
    with zipfile.ZipFile(package) as archive:
        database.deserialize(archive.read("collection.anki2"))
    rows = [row[0].split("\x1f") for row in database.execute("SELECT flds FROM notes ORDER BY id")]
    database.close()
    return rows


def backs(vault: Vault, deck: str = "Default") -> dict[str, str]:
    """The answers of a built deck by their questions."""
    return {row[0]: row[1] for row in fields(vault.folder / "decks" / f"{deck}.apkg")}


def shown(vault: Vault, question: str, deck: str = "Default") -> list[bytes | None]:
    """The contents that a card's answer refers to; None for what is not packed."""
    media = packed(vault.folder / "decks" / f"{deck}.apkg")
    return [media.get(name) for name in references(backs(vault, deck)[question])]
