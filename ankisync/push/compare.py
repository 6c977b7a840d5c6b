"""What the notes say against what Anki holds: the plan of a push, as a value. Pure.

A note in Anki was edited there if it has a `mod` that no push left and no package held, and does not say what it said
after the last push (Anki raises the `mod` of notes for reasons of its own). What was edited there is kept.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

from ankisync.identity import MAX_MOD
from ankisync.lock import Entry
from ankisync.model import DeckName, NoteId
from ankisync.push.held import HeldNote
from ankisync.push.wanted import ANKIS_TAGS, Wanted, digest, plain_deck, same_content
from ankisync.values import dataclass

_MANY_GONE, _SHARE_GONE = 20, 5


class Verdict(StrEnum):
    """What a note is to Anki. `NEW` is not there, `RETURNING` was deleted there, `CHANGED` is to be brought up to date,
    `FORCED` likewise, over an edit; `SAME` says there what it says here, `RIDING` does not, but its Markdown did not
    change since; `EDITED` was edited there, `BOTH` there and here; `RETYPED` is of another notetype there, `RESHAPED`
    of one that lacks fields, `EXTENDED` has a text in a field of the user's own, `STRANGE` may be a note that another
    tool made.
    """

    NEW = "new"
    RETURNING = "returning"
    CHANGED = "changed"
    FORCED = "forced"
    SAME = "same"
    RIDING = "riding"
    EDITED = "edited"
    BOTH = "both"
    RETYPED = "retyped"
    RESHAPED = "reshaped"
    EXTENDED = "extended"
    STRANGE = "strange"


SENT = frozenset((Verdict.NEW, Verdict.RETURNING, Verdict.CHANGED, Verdict.FORCED))
KEPT = frozenset((Verdict.EDITED, Verdict.BOTH))
HELD_BACK = frozenset((Verdict.RETYPED, Verdict.RESHAPED, Verdict.EXTENDED, Verdict.STRANGE))


@dataclass(frozen=True, slots=True)
class Judged:
    """A note, what Anki has of it, what that makes it, and the `mod` (seconds) under which it is sent."""

    wanted: Wanted
    held: HeldNote | None
    verdict: Verdict
    mod: int

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags to send: the note's, and those that Anki itself gave."""
        ours = self.wanted.note.tags
        own = [tag for tag in (self.held.tags if self.held else ()) if tag.casefold() in ANKIS_TAGS]
        return (*ours, *(tag for tag in own if tag.casefold() not in {each.casefold() for each in ours}))

    def has_arrived(self, mod: int | None, held: HeldNote | None = None) -> bool:
        """Whether Anki has what was sent: by the note's `mod`, or by what it says (Anki before 25.02 sets the time of
        the import).
        """
        return mod == self.mod or (held is not None and same_content(self.wanted, held))


@dataclass(frozen=True, slots=True)
class Move:
    """A note whose cards lie where its old deck put them: `cards` are to go to the deck that it has now."""

    wanted: Wanted
    cards: tuple[int, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Stray:
    """A note with another deck than before, and a deck in Anki to which the user moved a card of it."""

    wanted: Wanted
    deck: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A retired note that is in Anki: its first field there, as one line; whether it was `edited` there."""

    entry: Entry
    question: str
    edited: bool

    @property
    def id(self) -> NoteId:
        """Its ID."""
        return self.entry.id


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What a push would do. `carriers` are notes that go along, though Anki has them, because the look of their
    notetype is another one than the last push brought: a package brings a notetype by its notes. `settled` is how many
    notes were left out, because nothing changed on either side; `total` is how many notes the vault has, those that are
    retired now and in Anki among them.
    """

    judged: tuple[Judged, ...] = ()
    moves: tuple[Move, ...] = ()
    strays: tuple[Stray, ...] = ()
    gone: tuple[Gone, ...] = ()
    carriers: tuple[Wanted, ...] = ()
    settled: int = 0
    total: int = 0

    def of(self, verdicts: Collection[Verdict]) -> tuple[Judged, ...]:
        """The notes that are one of these."""
        return tuple(each for each in self.judged if each.verdict in verdicts)

    @property
    def sent(self) -> tuple[Judged, ...]:
        """The notes to send."""
        return self.of(SENT)

    @property
    def there(self) -> int:
        """How many notes Anki has as they are to be."""
        return self.settled + len(self.of((Verdict.SAME, Verdict.RIDING)))

    @property
    def too_many_gone(self) -> bool:
        """Whether so many notes are retired that deleting them is not believed to be meant."""
        return len(self.gone) > _MANY_GONE and len(self.gone) * _SHARE_GONE > self.total


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan depends on beside notes and lock: the names of the vault's notetypes; digests of what notes `said` in
    Anki after the last push, of those of which that is known.
    """

    types: Collection[str]
    said: Mapping[NoteId, bytes]


def standing(entry: Entry) -> int | None:
    """The `mod` that Anki had for a note after the last push, if nothing was built, moved or retired since."""
    still = len(entry.pushed) == 1 and entry.mod <= entry.pushed[0] and entry.pushed_deck is None
    return entry.pushed[0] if still and entry.retired is None else None


def compare(
    wanted: Iterable[Wanted],
    held: Mapping[NoteId, HeldNote],
    entries: Mapping[NoteId, Entry],
    known: Known,
    now: int,
    *,
    force: bool,
) -> PushPlan:
    """The plan for these notes; `entries` has all of them. `now` is in seconds."""
    judged, moves, strays = [], [], []
    for each in wanted:
        entry, there = entries[each.note.id], held.get(each.note.id)
        verdict = judge(each, there, entry, known, force=force)
        judged.append(Judged(each, there, verdict, _mod(each, there, verdict, now)))
        if there is not None and verdict not in HELD_BACK:
            moves += _moves(each, there, entry)
            strays += _strays(each, there, entry)
    return PushPlan(tuple(judged), tuple(moves), tuple(strays))


def judge(wanted: Wanted, held: HeldNote | None, entry: Entry, known: Known, *, force: bool) -> Verdict:
    """What a note is to Anki."""
    if held is None:
        return Verdict.RETURNING if entry.was_pushed else Verdict.NEW
    if _is_strange(wanted, held, entry):
        return Verdict.STRANGE
    if _is_retyped(wanted, held, known.types):
        return Verdict.RETYPED
    if same_content(wanted, held):
        return Verdict.SAME
    verdict = _differing(wanted, held, entry, known, force=force)
    if verdict not in SENT:
        return verdict
    if wanted.fields.keys() - dict(held.fields).keys():
        return Verdict.RESHAPED
    return Verdict.EXTENDED if own_field(wanted, held) else verdict


def own_field(wanted: Wanted, held: HeldNote) -> str:
    """A field that was added in Anki, and in which the note has a text: an import of ours would empty it (Anki 26.09,
    where it merges notetypes). Empty where there is none.
    """
    return next((name for name, text in held.fields if text.strip() and name not in wanted.fields), "")


def _differing(wanted: Wanted, held: HeldNote, entry: Entry, known: Known, *, force: bool) -> Verdict:
    changed = entry.mod > max(entry.pushed) if entry.pushed else entry.was_pushed
    if not is_edited(entry, held.mod) or digest(wanted, held) == known.said.get(held.id):
        return Verdict.CHANGED if changed or wanted.note.mod > held.mod else Verdict.RIDING
    if force:
        return Verdict.FORCED
    return Verdict.BOTH if changed else Verdict.EDITED


def is_edited(entry: Entry, mod: int) -> bool:
    """Whether a note that has this `mod` in Anki was edited there, as far as its `mod` tells."""
    return mod not in (*entry.pushed, entry.mod) if entry.pushed else mod > entry.mod


def _is_strange(wanted: Wanted, held: HeldNote, entry: Entry) -> bool:
    """Whether another tool made the ID, and the note in Anki may be that tool's, with a guid that nobody knows: what is
    sent would be a second note.
    """
    ours = wanted.note.notetype.mod != 0 and held.notetype == wanted.note.notetype.name
    return entry.foreign and entry.guid is None and not ours


def _is_retyped(wanted: Wanted, held: HeldNote, types: Collection[str]) -> bool:
    """Whether the note is of another notetype in Anki, and not just of one that was renamed there."""
    name = wanted.note.notetype.name
    if held.notetype == name:
        return False
    copied = held.notetype.rstrip("+") == name
    return copied or held.notetype in types or not wanted.fields.keys() <= dict(held.fields).keys()


def _mod(wanted: Wanted, held: HeldNote | None, verdict: Verdict, now: int) -> int:
    mod = wanted.note.mod
    behind = verdict in SENT and held is not None and held.mod >= mod
    return min(max(now, held.mod + 1), MAX_MOD) if behind and held else mod


def _moves(wanted: Wanted, held: HeldNote, entry: Entry) -> list[Move]:
    source = _source(wanted, entry)
    if source is None:
        return []
    cards = tuple(card.id for card in held.cards if plain_deck(card.deck) == plain_deck(source))
    return [Move(wanted, cards, source)] if cards else []


def _strays(wanted: Wanted, held: HeldNote, entry: Entry) -> list[Stray]:
    source = _source(wanted, entry)
    if source is None:
        return []
    decks = {plain_deck(source), plain_deck(wanted.note.deck)}
    others = dict.fromkeys(card.deck for card in held.cards if plain_deck(card.deck) not in decks)
    return [Stray(wanted, deck) for deck in others]


def _source(wanted: Wanted, entry: Entry) -> DeckName | None:
    """The deck to which the note was last delivered, if it has another one now. Cards that lie elsewhere were moved by
    hand.
    """
    note = wanted.note
    source = entry.pushed_deck or (None if entry.pushed else note.moved_from)
    return source if source and plain_deck(source) != plain_deck(note.deck) else None


def moves_by_deck(moves: Iterable[Move]) -> Mapping[DeckName, Sequence[int]]:
    """The cards to move, by where to."""
    found: defaultdict[DeckName, list[int]] = defaultdict(list)
    for move in moves:
        found[move.wanted.note.deck] += move.cards
    return found
