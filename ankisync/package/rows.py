"""A note as the rows that Anki's tables get, computed from its rendered fields."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha1
from struct import Struct
from typing import NamedTuple

from ankisync.cards import Cards
from ankisync.identity import card_id, deck_id
from ankisync.model import DeckName, Guid, Note, NoteId
from ankisync.notetypes import Notetype, NotetypeId
from ankisync.package.ledger import ledger_line
from ankisync.source import without_comments
from ankisync.values import dataclass

_SEPARATOR = "\x1f"
_CHECKSUM = Struct(">I").unpack_from
_TAG = re.compile(r"<[^<>]*>")


class PackedNote(NamedTuple):
    """A note, ready to be stored. `row` is (note id, guid, notetype id, mod in seconds, tags and fields as Anki joins
    them, sort field, checksum of the first field); `cards` are (card id, deck id, ord), `ledger` is its line there.
    """

    row: tuple[NoteId, Guid, NotetypeId, int, str, str, str, int]
    cards: Sequence[tuple[int, int, int]]
    ledger: str


@dataclass(frozen=True, slots=True)
class PackedPart:
    """The notes of one Markdown file that go into one package, in their order.

    `key` is a digest of all that goes into the package of these notes, but for their place in it; `notes` renders the
    notes of `ids`, and is asked only where that is needed. `place` is the position of the first one among new cards, 0
    for the one behind the part before.
    """

    key: bytes
    ids: tuple[NoteId, ...]
    notes: Callable[[], Iterable[PackedNote]]
    place: int = 0


class _Kind(NamedTuple):
    """A notetype, which is kept so that no other one gets its address, and what its notes have in common."""

    notetype: Notetype
    cards: Cards


def pack_notes(rendered: Iterable[tuple[Note, Sequence[str]]]) -> Iterator[PackedNote]:
    """The rows of notes, each given with the HTML of its fields, as `fields.render_fields` makes it."""
    kinds: dict[int, _Kind] = {}
    for note, fields in rendered:
        kind = kinds.get(id(note.notetype))
        if kind is None:
            kind = kinds[id(note.notetype)] = _kind(note.notetype)
        yield _packed(note, fields, kind)


def _kind(notetype: Notetype) -> _Kind:
    fronts = tuple(each.front for each in notetype.templates)
    return _Kind(notetype, Cards(notetype.cloze, fronts, notetype.names))


def _packed(note: Note, fields: Sequence[str], kind: _Kind) -> PackedNote:
    """The rows of a note with all the cards that Anki makes of it, since its import makes none."""
    note_id, guid, _, mod, notetype, _, tags, deck = note[:8]
    first = _plain(fields[0])
    row = (
        note_id,
        guid,
        notetype.id,
        mod,
        f" {' '.join(tags)} " if tags else "",
        _SEPARATOR.join(fields),
        _plain(fields[notetype.sort]) if notetype.sort else first,
        _CHECKSUM(sha1(first.encode(), usedforsecurity=False).digest())[0],
    )
    in_deck, ords = _deck_id(deck), kind.cards.ords(fields, tagged=bool(tags))
    if len(ords) == 1 and not note.cards:
        cards = [(card_id(note_id, ords[0]), in_deck, ords[0])]
    else:
        known = dict(note.cards)
        cards = [(known[ord_] if ord_ in known else card_id(note_id, ord_), in_deck, ord_) for ord_ in ords]
    # To call the class takes twice as long, and this is done for each note.
    return tuple.__new__(PackedNote, (row, cards, ledger_line(note)))


@lru_cache(maxsize=10_000)
def _deck_id(deck: DeckName) -> int:
    return deck_id(deck)


def _plain(field: str) -> str:
    """A field without its markup, as Anki sorts and compares first fields."""
    if "<" in field:
        field = _TAG.sub("", without_comments(field) if "<!--" in field else field)
    if "&" in field:
        import html

        field = html.unescape(field)
    return field.strip()
