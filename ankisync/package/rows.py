"""A note as the rows that Anki's tables get, computed from its rendered fields."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1
from typing import NamedTuple

from ankisync.cards import card_ords
from ankisync.identity import card_id, deck_id
from ankisync.model import DeckName, Guid, Note, NoteId
from ankisync.notetypes import NotetypeId
from ankisync.package.ledger import ledger_line
from ankisync.source import without_comments

_SEPARATOR = "\x1f"
_TAG = re.compile(r"<[^<>]*>")


class PackedNote(NamedTuple):
    """A note, ready to be stored. `mod` is in seconds; `tags` and `fields` are as Anki joins them, `sort` is the sort
    field and `checksum` that of the first one, `cards` are (card id, deck id, ord), `ledger` is its line there.
    """

    id: NoteId
    guid: Guid
    notetype: NotetypeId
    mod: int
    tags: str
    fields: str
    sort: str
    checksum: int
    cards: tuple[tuple[int, int, int], ...]
    ledger: str


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one Markdown file that go into one package, in their order.

    `key` is a digest of all that goes into the package of these notes, but for their place in it; `notes` renders the
    notes of `ids`, and is asked only where that is needed.
    """

    path: str
    key: bytes
    ids: tuple[NoteId, ...]
    notes: Callable[[], Iterable[PackedNote]]


def pack_note(note: Note, fields: Sequence[str]) -> PackedNote:
    """The rows of a note. `fields` are its HTML, as `fields.render_fields` gives it."""
    notetype = note.notetype
    first = _plain(fields[0])
    return PackedNote(
        note.id,
        note.guid,
        notetype.id,
        note.mod,
        f" {' '.join(note.tags)} " if note.tags else "",
        _SEPARATOR.join(fields),
        first if notetype.sort == 0 else _plain(fields[notetype.sort]),
        int.from_bytes(sha1(first.encode(), usedforsecurity=False).digest()[:4]),
        _cards(note, fields),
        ledger_line(note),
    )


def _cards(note: Note, fields: Sequence[str]) -> tuple[tuple[int, int, int], ...]:
    """A row for each card that Anki makes of the note: its import generates none."""
    notetype = note.notetype
    named = {field.name: text for field, text in zip(notetype.fields, fields, strict=True)}
    fronts = tuple([each.front for each in notetype.templates])
    known = dict(note.cards)
    deck = _deck_id(note.deck)
    ords = card_ords(notetype.cloze, fronts, named, tagged=bool(note.tags))
    return tuple([(known.get(ord_, card_id(note.id, ord_)), deck, ord_) for ord_ in ords])


@lru_cache(maxsize=10_000)
def _deck_id(deck: DeckName) -> int:
    return deck_id(deck)


def _plain(field: str) -> str:
    """A field without its markup, as Anki sorts and compares first fields."""
    if "<" in field:
        field = _TAG.sub("", without_comments(field))
    if "&" in field:
        import html

        field = html.unescape(field)
    return field.strip()
