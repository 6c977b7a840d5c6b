"""What the notes say, in the form in which it is compared with what Anki holds. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from ankisync.model import Note
from ankisync.names import SEPARATOR
from ankisync.package import PackedNote
from ankisync.push.held import HeldNote
from ankisync.question import question_of
from ankisync.values import dataclass

ANKIS_TAGS = frozenset(("leech", "marked"))
"""Tags that Anki itself gives to notes: they are no edit of the user's, and stay."""

# Anki drops them from what it stores, so that CRLF becomes LF.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A note as the package would hold it: `row` is what goes in, `place` its position among new cards."""

    note: Note
    row: PackedNote
    place: int

    @property
    def fields(self) -> dict[str, str]:
        """Its HTML by field."""
        return dict(zip(self.note.notetype.names, self.row.row[5].split("\x1f"), strict=True))

    @property
    def question(self) -> str:
        """The first line of what its card asks, as it is written."""
        return question_of(self.note.fields)


def same_content(wanted: Wanted, held: HeldNote) -> bool:
    """Whether Anki's note says the same. Fields that its notetype has beside ours do not count."""
    there = dict(held.fields)
    if plain_tags(wanted.note.tags) != plain_tags(held.tags):
        return False
    return all(plain_text(html) == plain_text(there.get(name, "")) for name, html in wanted.fields.items())


def digest(wanted: Wanted, held: HeldNote | None = None) -> bytes:
    """A digest of what a note says, in our fields and tags: here, or as Anki holds it."""
    there = dict(held.fields) if held else wanted.fields
    fields = [plain_text(there.get(name, "")) for name in wanted.note.notetype.names]
    tags = sorted(plain_tags(held.tags if held else wanted.note.tags))
    return blake2b(repr((fields, tags)).encode("utf-8", "surrogatepass"), digest_size=8).digest()


def unchanged(before: HeldNote, after: HeldNote) -> bool:
    """Whether a note in Anki says what it said, whatever its `mod` is."""
    return (before.fields, before.tags) == (after.fields, after.tags)


def plain_text(html: str) -> str:
    """A field as Anki stores it: NFC, with LF line ends."""
    return _CONTROLS.sub("", html if html.isascii() else unicodedata.normalize("NFC", html))


def plain_tags(tags: Iterable[str]) -> frozenset[str]:
    """Tags as Anki tells them apart: blanks part them, case does not count."""
    words = (word for tag in tags for word in unicodedata.normalize("NFC", tag).casefold().split())
    return frozenset(words) - ANKIS_TAGS


@lru_cache(maxsize=10_000)
def plain_deck(name: str) -> str:
    """A deck's name as Anki tells it from others: its parts are trimmed, case does not count."""
    parts = (part.strip() for part in unicodedata.normalize("NFC", name).split(SEPARATOR))
    return SEPARATOR.join(parts).casefold()
