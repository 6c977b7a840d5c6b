"""What lies in packages: whether two builds gave the same, and how many notes there are."""

import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

_COLLECTION = "collection.anki2"


def digest(folder: Path) -> str:
    """A digest of all packages in a folder with their names."""
    found = blake2b(digest_size=16)
    for path in sorted(folder.glob("*.apkg")):
        with path.open("rb") as file:
            content = blake2b(digest_size=16)
            while piece := file.read(1 << 20):
                content.update(piece)
        found.update(path.name.encode() + b"\0" + content.digest())
    return found.hexdigest()


def count_notes(packages: Iterable[Path]) -> int:
    """The notes in packages. They are unpacked on disk: what this process holds counts as memory of those it starts."""
    with tempfile.TemporaryDirectory() as folder:
        return sum(_count(path, os.path.join(folder, _COLLECTION)) for path in packages)


def _count(package: Path, database: str) -> int:
    with zipfile.ZipFile(package) as archive, archive.open(_COLLECTION) as packed, open(database, "wb") as file:
        shutil.copyfileobj(packed, file)
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM notes").fetchone()[0])


def holds(package: Path, text: bytes) -> bool:
    """Whether a package is whole and its collection holds a text."""
    try:
        with zipfile.ZipFile(package) as archive:
            return text in archive.read(_COLLECTION)
    except (OSError, zipfile.BadZipFile, EOFError):
        return False
