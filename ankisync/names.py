"""Deck and tag names as Anki keeps them: composed (NFC), without control characters."""

import re
import unicodedata
from collections.abc import Iterable

from ankisync.expression import expression
from ankisync.model import DeckName

SEPARATOR = "::"
_DROPPED = re.compile(r"[\x00-\x1f\x7f]")
_EDGE = re.compile(r"^[\s:]+|[\s:]+$")
_TAG_BREAK = expression(r"[\s,\u3000]+")


def read_deck_name(text: str) -> DeckName | None:
    """A deck name with its parts stripped, or None where a part is empty. Anki drops control characters, and strips
    single colons at the edges of a part as it strips blanks: `French:` is `French` to it.
    """
    bare = _DROPPED.sub("", unicodedata.normalize("NFC", text))
    parts = [_EDGE.sub("", part) for part in bare.split(SEPARATOR)]
    return DeckName(SEPARATOR.join(parts)) if all(parts) else None


def top_deck(name: DeckName) -> str:
    """The first part of a deck name."""
    return name.split(SEPARATOR, 1)[0]


def ancestors(name: DeckName) -> tuple[DeckName, ...]:
    """The deck and all decks above it, the top one first."""
    parts = name.split(SEPARATOR)
    return tuple(DeckName(SEPARATOR.join(parts[:count])) for count in range(1, len(parts) + 1))


def clean_tags(text: str) -> tuple[str, ...]:
    """The tags in a text: parted by spaces or commas, a leading `#` taken off, empty ones dropped."""
    words = (_clean_tag(word) for word in _TAG_BREAK.split(text))
    return tuple(word for word in words if word)


def _clean_tag(word: str) -> str:
    bare = _DROPPED.sub("", unicodedata.normalize("NFC", word)).lstrip("#")
    return SEPARATOR.join(part for part in bare.split(SEPARATOR) if part)


def merge_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags without case-insensitive duplicates (the first spelling stays), sorted."""
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag.casefold(), tag)
    return tuple(sorted(first.values()))
