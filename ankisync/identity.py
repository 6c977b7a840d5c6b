"""The formulas that make a card the same card for ever.

Changing any of them later duplicates or re-stamps every user's cards; `tests/test_identity.py` holds golden values.
Facts about Anki: it finds a note by its guid, a card by (note, ord), a deck by its name; note and card ids of new
notes are kept where they are free and not in the future; note id 0 makes its database check panic.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from json.encoder import encode_basestring  # a JSON encoder for whole values takes longer to set up than to run
from unicodedata import normalize

from ankisync.model import DeckName, Fields, Guid, NoteHash, NoteId
from ankisync.source import MIN_DIGITS

MAX_DIGITS = 16
DEFAULT_DECK_ID = 1
MAX_MOD = 10**13 - 1

# To copy these is faster than to make one.
_NOTE = blake2b(digest_size=12, person=b"ankisync note")
_LOCK = blake2b(digest_size=8, person=b"ankisync lock")
_CARD_STEP = 1_000_003_003
_CLEAR_ORDS = 10
_NEW_ID_WINDOW_MS = 8 * 7 * 24 * 3600 * 1000
_DECK_ID_BASE = 1_000_000_000_000


def guid_of(note_id: NoteId) -> Guid:
    """The guid of a note that we made: readable, and a pure function of the ID."""
    return Guid(f"ankisync-{note_id}")


def card_id(note_id: NoteId, ord_: int) -> int:
    """The id of a note's card. Not `note_id + ord`: real IDs lie one to three apart, and a future id is renumbered."""
    return note_id - ord_ * _CARD_STEP


def fold_deck(name: DeckName) -> str:
    """The form in which Anki takes two deck names for one: case and Unicode composition do not count."""
    return normalize("NFC", name).casefold()


def deck_id(name: DeckName) -> int:
    """The id of a deck inside a package. `Default` is 1: under any other id it would arrive as a new `Default_`."""
    folded = fold_deck(name)
    if folded == "default":
        return DEFAULT_DECK_ID
    digest = blake2b(folded.encode(), digest_size=8, person=b"ankisync deck").digest()
    return _DECK_ID_BASE + int.from_bytes(digest) % _DECK_ID_BASE


def note_hash(
    notetype: str,
    fields: Fields,
    tags: tuple[str, ...],
    media: tuple[str, ...] = (),
    settings: tuple[tuple[str, str], ...] = (),
    *,
    plain: bool = False,
) -> NoteHash:
    """The digest of a note's Markdown side, by which a change is known.

    `notetype` is the stable key of the notetype, `media` the digests of the files used, `settings` those that alter
    output and are not at their default. Empty fields and the order of tags do not count, so that a field added to a
    notetype, or tags put in another order, move no note. `plain`: the fields are known to hold no control characters
    but line feeds.
    """
    before, behind = _around(notetype, tags, media, settings)
    digest = _NOTE.copy()
    written = _written(fields, _plain_string if plain else encode_basestring)
    digest.update(f"{before}[{written}]{behind}".encode("utf-8", "surrogatepass"))
    return NoteHash(digest.hexdigest())


def _written(fields: Fields, string: Callable[[str], str]) -> str:
    """The fields that are not empty, by name, as JSON has a list of pairs, without its brackets; `string` makes the
    strings of their texts.
    """
    if len(fields) == 2:  # nearly all notes; to make and to sort lists takes as long as the rest
        (name, text), (other, more) = fields
        if text and more and name != other:
            text = text if text.isascii() else normalize("NFC", text)
            more = more if more.isascii() else normalize("NFC", more)
            if name > other:
                name, text, other, more = other, more, name, text
            return f"[{_quoted(name)},{string(text)}],[{_quoted(other)},{string(more)}]"
    pairs = sorted([(name, text if text.isascii() else normalize("NFC", text)) for name, text in fields if text])
    return ",".join([f"[{_quoted(name)},{string(text)}]" for name, text in pairs])


def _plain_string(text: str) -> str:
    """As JSON has a text without control characters but line feeds. What encodes any text looks at each character of
    it.
    """
    if '"' in text or "\\" in text:
        return encode_basestring(text)
    text = text.replace("\n", "\\n")
    return f'"{text}"'


@lru_cache(maxsize=1000)
def _around(
    notetype: str, tags: tuple[str, ...], media: tuple[str, ...], settings: tuple[tuple[str, str], ...]
) -> tuple[str, str]:
    """What stands before the fields and behind them: most notes have it in common with the one before."""
    pairs = ",".join([f"[{_quoted(name)},{_quoted(value)}]" for name, value in sorted(settings)])
    return f"[{_quoted(notetype)},", f",{_texts(tags)},{_texts(media)},[{pairs}]]"


def _texts(texts: Sequence[str]) -> str:
    """As `json.dumps` writes a sorted list, without blanks."""
    return f"[{','.join([encode_basestring(text) for text in sorted(texts)])}]"


@lru_cache(maxsize=1000)
def _quoted(text: str) -> str:
    return encode_basestring(text)


def lock_order(note_id: NoteId) -> bytes:
    """The sort key of a note in the lock: a digest, so that new cards land all over the file and branches merge."""
    return lock_order_of(b"%d" % note_id)


def lock_order_of(digits: bytes) -> bytes:
    """The same of an ID as it stands in the lock."""
    digest = _LOCK.copy()
    digest.update(digits)
    return digest.digest()


def first_mod(note_id: NoteId) -> int:
    """The `mod` in seconds of a note that no lock knows: building without a lock overwrites nothing in Anki."""
    return note_id // 1000


def new_ids(now_ms: int, seed: int, taken: frozenset[int]) -> Iterator[NoteId]:
    """IDs for new notes: at random within the weeks before `now_ms`, so that two machines do not meet; none twice,
    none of `taken`, none in the future, none whose first cards would have the card ids of another's.
    """
    from random import Random

    random = Random(seed)  # noqa: S311 - nothing is secret here
    given: set[int] = set()
    while True:
        candidate = now_ms - random.randrange(_NEW_ID_WINDOW_MS)
        near = [candidate + ord_ * _CARD_STEP for ord_ in range(-_CLEAR_ORDS, _CLEAR_ORDS + 1)]
        if given.isdisjoint(near) and taken.isdisjoint(near):
            given.add(candidate)
            yield NoteId(candidate)


def id_parts(*, comment: bool) -> tuple[str, str]:
    """What stands before and behind the digits of an ID, as Obsidian_to_Anki writes it: in a comment, or bare."""
    return ("<!--ID: ", "-->") if comment else ("ID: ", "")


def read_digits(digits: str) -> NoteId | None:
    """The ID that digits stand for, or None where they are none: 10 to 16 of them, no leading zero."""
    if MIN_DIGITS <= len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdigit() and digits[0] != "0":
        return NoteId(int(digits))
    return None
