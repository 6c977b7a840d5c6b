"""What a package of ours holds, counted in it."""

import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from ankisync.model import DeckName, NoteId
from ankisync.values import dataclass

_COLLECTION = "collection.anki2"
_MEDIA = "media"
_DAMAGED = (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError, zlib.error, sqlite3.Error)

_BY_DECK = "SELECT did, COUNT(DISTINCT nid), COUNT(*) FROM cards GROUP BY did"


@dataclass(frozen=True, slots=True)
class DeckContents:
    """How many notes have cards in a deck, and how many cards."""

    name: DeckName
    notes: int
    cards: int


@dataclass(frozen=True, slots=True)
class Contents:
    """A package counted: `sha256` in hexadecimal and `size` in bytes of the whole file; its notes, cards and media
    files; its decks that have cards, by name.
    """

    sha256: str
    size: int
    notes: int
    cards: int
    media: int
    decks: tuple[DeckContents, ...]


def read_contents(path: Path) -> Contents | None:
    """Count what is in a package; None where there is none, or it cannot be read."""
    try:
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            media = len(json.loads(archive.read(_MEDIA)))
            with _collection(archive) as connection:
                (notes,) = connection.execute("SELECT COUNT(*) FROM notes").fetchone()
                decks = _decks(connection)
    except _DAMAGED:
        return None
    cards = sum(deck.cards for deck in decks)
    return Contents(sha256(data).hexdigest(), len(data), notes, cards, media, decks)


def read_questions(path: Path) -> Mapping[NoteId, str]:
    """The sort field of each note in a package, as text; nothing where it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive, _collection(archive) as connection:
            rows = connection.execute("SELECT id, CAST(sfld AS TEXT) FROM notes").fetchall()
    except _DAMAGED:
        return {}
    return {NoteId(note_id): text for note_id, text in rows}


@contextmanager
def _collection(archive: zipfile.ZipFile) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(archive.read(_COLLECTION))
        yield connection


def _decks(connection: sqlite3.Connection) -> tuple[DeckContents, ...]:
    (text,) = connection.execute("SELECT decks FROM col").fetchone()
    names = {int(deck): row["name"] for deck, row in json.loads(text).items()}
    rows = [DeckContents(DeckName(names[deck]), notes, cards) for deck, notes, cards in connection.execute(_BY_DECK)]
    return tuple(sorted(rows, key=lambda row: row.name))
