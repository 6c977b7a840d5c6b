"""From a card to its note: the ID that it has or is given, the guid, the `mod`. The rules are those of DESIGN §4."""

from collections.abc import Iterator, Mapping, Sequence

from ankisync.binding import delivered_under, homeless, notetype_for
from ankisync.diagnostics import diagnose
from ankisync.duplicates import Claim
from ankisync.identity import MAX_MOD, first_mod, fold_deck, guid_of
from ankisync.lock import Entry, Lock, lock_path
from ankisync.lost import Lost
from ankisync.model import Block, DeckName, Delivered, Diagnostic, Document, Ledger, Note, NoteHash, NoteId, Status
from ankisync.packaging import PackagePlan, Part
from ankisync.shapes import Notetypes
from ankisync.source import Edit
from ankisync.values import dataclass

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of notes: by the lock, and by the packages that are about to be replaced; `now` in seconds. A run
    that is `locked` puts no clock into a package. `given` are IDs that a killed run gave, and has in no lock.
    """

    lock: Lock
    ledger: Ledger
    notetypes: Notetypes
    now: int
    locked: bool
    given: frozenset[NoteId] = frozenset()


def note_of(note_id: NoteId, block: Block, known: Known, insertion: Edit | None = None) -> Note:
    """The note of a card under an ID."""
    _, key, fields, tags, _, deck, _, _, place, hash_, context, media, embeds = block
    entry = known.lock.entries.get(note_id)
    delivered = known.ledger.get(note_id) if known.ledger else None
    guid = (entry and entry.guid) or (delivered and delivered.guid) or guid_of(note_id)
    if delivered is not None and (delivered.guid or guid_of(note_id)) != guid:
        # A package from before the note was adopted: what it holds was for another note in Anki.
        delivered = None
    notetype = notetype_for(key, entry, known.lock, known.notetypes)
    mod = _mod(note_id, hash_, entry, delivered, known)
    status, foreign, moved_from, retyped = Status.NEW, False, None, False
    if entry is None:
        foreign = insertion is None and note_id not in known.given
    else:
        status, foreign = Status.UNCHANGED if entry.hash == hash_ else Status.CHANGED, entry.foreign
        moved_from = entry.deck if entry.deck != deck and fold_deck(entry.deck) != fold_deck(deck) else None
        retyped = delivered_under(entry) != notetype.id
    cards = entry.cards if entry else ()
    packed = delivered.mod if delivered else 0
    own = note_id, guid, hash_, mod, notetype, fields, tags, deck, place, status
    settled = foreign, cards, key, moved_from, retyped, context, place.line, insertion, media, embeds, packed
    # To call the class would take twice the time, and each card of a vault comes this way.
    return tuple.__new__(Note, (*own, *settled))


def _mod(note_id: NoteId, hash_: NoteHash, entry: Entry | None, delivered: Delivered | None, known: Known) -> int:
    """Moves only with the Markdown, past what a package that is about to be replaced holds and what was pushed, and
    never back.

    Where the lock is behind such a package that holds this very text, the package's time is the text's.
    """
    if entry is None:
        mod = first_mod(note_id)
    elif entry.hash == hash_:
        mod = entry.mod
    elif delivered is not None and delivered.hash == hash_ and delivered.mod > entry.mod:
        mod = delivered.mod
    else:
        # A build that does not write the lock must not put the clock into a package either.
        mod = max(0 if known.locked else known.now, entry.mod + 1)
    if delivered is not None:
        mod = max(mod, delivered.mod + (delivered.hash != hash_))
    if entry is not None and entry.hash != hash_:
        mod = max(mod, *(each + 1 for each in entry.pushed)) if entry.pushed else mod
    return min(mod, MAX_MOD)


@dataclass(frozen=True, slots=True)
class Outside:
    """What a pass over a part of a vault leaves out, because nothing in it changed since the last build: the `packages`
    in which it has no say, its `parts` of the other ones, which of the lock's IDs of this pass stand there
    (`standing`), how many notes the lock has there beside those of this pass (`entries`).
    """

    packages: tuple[PackagePlan, ...] = ()
    parts: tuple[Part, ...] = ()
    standing: frozenset[NoteId] = frozenset()
    entries: int = 0

    @property
    def size(self) -> int:
        """The number of notes there."""
        return sum(len(part.ids) for part in self.parts) + sum(package.size for package in self.packages)

    @property
    def decks(self) -> Iterator[DeckName]:
        """The decks of these notes."""
        yield from (deck for part in self.parts for deck in part.decks)
        yield from (deck for package in self.packages for deck in package.decks)


NOTHING = Outside()


@dataclass(frozen=True, slots=True)
class Vault:
    """What is known of the files: `writable` may be written into, `complete` if every file could be read, `elsewhere`
    are IDs whose digits stand in files that are not read for cards; `notetypes` are those that cards can name,
    `named` the files under the PATHs that were given, `outside` is what these documents are not. `unsure` are files, as
    the lock names them, that somebody is writing: what is missing in them may come back. `believing`: what is gone is
    gone, however much. `given` are IDs that a killed run gave.
    """

    documents: Sequence[Document]
    notetypes: Notetypes
    writable: frozenset[str]
    complete: bool
    elsewhere: frozenset[NoteId] = frozenset()
    locked: bool = False
    named: frozenset[str] | None = None
    outside: Outside = NOTHING
    unsure: frozenset[str] = frozenset()
    believing: bool = False
    given: frozenset[NoteId] = frozenset()

    def names(self, path: str) -> bool:
        """Whether a file is one that the run is about: under the PATHs, if there are any."""
        return self.named is None or path in self.named


class Settler:
    """Turns the cards of a vault into notes, one after the other, and keeps what that brings to light."""

    def __init__(self, vault: Vault, known: Known, fresh: Iterator[NoteId], lost: Lost) -> None:
        self.vault, self.known, self.fresh, self.lost = vault, known, fresh, lost
        self.notes: list[Note] = []
        self.told: list[Diagnostic] = []
        self.spoken_for: frozenset[NoteId] = frozenset()
        self.waiting = 0
        self.latest = (known.now + DAY) * 1000 + 999
        self.doubtful = bool(known.lock.suspects or known.lock.blind)

    def settle(self, block: Block, kept: Mapping[NoteId, Claim]) -> None:
        """Append the card's note, unless the card is left out or has to wait."""
        if block.insertion is None:
            claim = _own_claim(block, kept)
            if claim is None:
                return
            note_id, place = claim.mark
            if note_id > self.latest:
                self.told.append(diagnose("A410", place, id=note_id))
            elif not (self.doubtful and self.known.lock.may_hide(note_id)):
                self._add(note_id, block, None)
            return
        given = self._id_for(block)
        if given is None:
            self.waiting += 1
            return
        self._add(given, block, block.insertion.edit(given))

    def _add(self, note_id: NoteId, block: Block, insertion: Edit | None) -> None:
        note = note_of(note_id, block, self.known, insertion)
        lacking = homeless(note.notetype, note.fields)
        if lacking is None:
            self.notes.append(note)
        else:
            self.told.append(diagnose("A416", block.location, field=lacking, notetype=note.notetype.name))

    def _id_for(self, block: Block) -> NoteId | None:
        """The lost ID of a card without one where it is certain, else a new one. None where it may not be written, or
        a file that could not be read, or is being written, may still hold it; a lost ID is spoken for all the same.
        """
        writable = block.location.path in self.vault.writable
        entries = self.lost.by_hash.get(block.hash, ())
        if len(entries) == 1 and self.lost.copies[block.hash] == 1:
            note_id = entries[0].id
            self.spoken_for |= {note_id}
            if entries[0].file in self.vault.unsure:
                return None
            if not self.vault.complete and entries[0].file != lock_path(block.location.path):
                self.told.append(diagnose("A412", block.location, id=note_id))
                return None
            self.told += [diagnose("A406", block.location, id=note_id)] if writable else []
            return note_id if writable else None
        if not writable:
            return None
        near = [entry.id for entry in entries] or self.lost.by_file.get(lock_path(block.location.path), ())
        if near:
            lost = ", ".join(str(each) for each in near[:5]) + (" …" if len(near) > 5 else "")
            self.told.append(diagnose("A407", block.location, lost=lost))
        return next(self.fresh)


def _own_claim(block: Block, kept: Mapping[NoteId, Claim]) -> Claim | None:
    """The claim of a card, if it is kept."""
    for mark in block.ids:
        claim = kept.get(mark.id)
        if claim is not None and claim.block is block:
            return claim
    return None
