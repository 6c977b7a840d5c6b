"""Notes against the lock: which card is which note, what changed, what is gone.

Pure: the clock comes in as seconds, new IDs as an iterator, what packages hold as a ledger. The rules are those of
DESIGN §4.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ankisync.binding import delivered_under, homeless, notetype_for
from ankisync.diagnostics import diagnose, whole
from ankisync.duplicates import Claim, resolve
from ankisync.identity import MAX_MOD, first_mod, fold_deck, guid_of
from ankisync.lock import NAME, Entry, Lock, lock_path
from ankisync.lost import Lost, nowhere
from ankisync.model import (
    Block,
    Deletion,
    Delivered,
    Diagnostic,
    Document,
    Ledger,
    Note,
    NoteHash,
    NoteId,
    Status,
)
from ankisync.notetypes import BASIC, stock
from ankisync.shapes import Notetypes
from ankisync.source import Edit

_MANY_GONE, _FEW_GONE, _SHARE_GONE = 50, 5, 5
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Vault:
    """What is known of the files: `writable` may be written into, `complete` if every file could be read, `elsewhere`
    are IDs whose digits stand in files that are not read for cards; `notetypes` are those that cards can name,
    `named` the files under the PATHs that were given.
    """

    documents: Sequence[Document]
    notetypes: Notetypes
    writable: frozenset[str]
    complete: bool
    elsewhere: frozenset[NoteId] = frozenset()
    locked: bool = False
    named: frozenset[str] | None = None

    def names(self, path: str) -> bool:
        """Whether a file is one that the run is about: under the PATHs, if there are any."""
        return self.named is None or path in self.named


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The notes in the order of the vault; which ones retire now; those that the files say are to go; how many cards
    wait for an ID that may not be written; whether too many IDs are gone at once to believe it.
    """

    notes: tuple[Note, ...]
    retired: tuple[NoteId, ...]
    deletions: tuple[Deletion, ...]
    waiting: int
    doubted: bool
    diagnostics: tuple[Diagnostic, ...]


def reconcile(vault: Vault, lock: Lock, ledger: Ledger, now: int, fresh: Iterator[NoteId]) -> Reconciled:
    """Settle the identity of every card. `now` is in seconds; `fresh` yields IDs that are free."""
    blocks = [block for document in vault.documents for block in document.blocks]
    claims, second = _claims(blocks, lock)
    kept, doubled = resolve(claims, lock.entries)
    gone = nowhere(vault.documents, lock) - vault.elsewhere
    settler = _Settler(vault, lock, ledger, now, fresh, Lost.among(gone, blocks, lock))
    for block in blocks:
        settler.settle(block, kept)
    retired, doubted, told = _retire(vault, lock, gone - settler.spoken_for)
    future = _future(settler.notes, lock, now)
    deletions, contested = _deletions(vault, claims)
    diagnostics = (*second, *doubled, *settler.told, *told, *future, *contested, *_stray(vault, lock))
    return Reconciled(tuple(settler.notes), retired, deletions, settler.waiting, doubted, diagnostics)


def _stray(vault: Vault, lock: Lock) -> list[Diagnostic]:
    """Notes that were built, and whose IDs still stand in a file, but on no card that is read."""
    carried = {mark.id for document in vault.documents for block in document.blocks for mark in block.ids}
    marks = (mark for document in vault.documents for mark in document.unclaimed if mark.id not in carried)
    known = (mark for mark in marks if mark.id in lock.entries and lock.entries[mark.id].retired is None)
    return [diagnose("A419", mark.location, id=mark.id) for mark in known]


def _deletions(vault: Vault, claims: Iterable[Claim]) -> tuple[tuple[Deletion, ...], list[Diagnostic]]:
    """The notes that the files say are to go, but those that a card still carries."""
    standing = {claim.mark.id: claim.block.location for claim in claims}
    found: list[Deletion] = []
    told: list[Diagnostic] = []
    for deletion in (each for document in vault.documents for each in document.deletions):
        if not vault.names(deletion.location.path):
            continue
        place = standing.get(deletion.id)
        if place is None:
            found.append(deletion)
            told.append(diagnose("A415", deletion.location, id=deletion.id))
        else:
            told.append(diagnose("A230", deletion.location, id=deletion.id, other=f"{place.path}:{place.line}"))
    return tuple(found), told


def _claims(blocks: Sequence[Block], lock: Lock) -> tuple[list[Claim], list[Diagnostic]]:
    """The ID under which each card goes: of two, the one that the lock knows for it and no other card has alone,
    else the first.
    """
    alone = {block.ids[0].id for block in blocks if len(block.ids) == 1}
    claims: list[Claim] = []
    told: list[Diagnostic] = []
    for block in blocks:
        if block.ids:
            free = [mark for mark in block.ids if mark.id not in alone and mark.id in lock.entries]
            by_text = [mark for mark in free if lock.entries[mark.id].hash == block.hash]
            by_file = [mark for mark in free if lock.entries[mark.id].file == lock_path(block.location.path)]
            chosen = (*by_text, *by_file, *block.ids)[0]
            claims.append(Claim(block, chosen))
            others = (mark for mark in block.ids if mark.id != chosen.id)
            told += [diagnose("A404", mark.location, id=mark.id, kept=chosen.id) for mark in others]
    return claims, told


class _Settler:
    """Turns cards into notes, one after the other, and keeps what that brings to light."""

    def __init__(self, vault: Vault, lock: Lock, ledger: Ledger, now: int, fresh: Iterator[NoteId], lost: Lost) -> None:
        self.vault, self.lock, self.ledger, self.now, self.fresh, self.lost = vault, lock, ledger, now, fresh, lost
        self.notes: list[Note] = []
        self.told: list[Diagnostic] = []
        self.spoken_for: frozenset[NoteId] = frozenset()
        self.waiting = 0

    def settle(self, block: Block, kept: Mapping[NoteId, Claim]) -> None:
        """Append the card's note, unless the card is left out or has to wait."""
        if block.ids:
            claims = (kept.get(mark.id) for mark in block.ids)
            claim = next((claim for claim in claims if claim is not None and claim.block is block), None)
            if claim is not None and claim.mark.id // 1000 > self.now + _DAY:
                self.told.append(diagnose("A410", claim.mark.location, id=claim.mark.id))
            elif claim is not None and not self.lock.may_hide(claim.mark.id):
                self._add(claim.mark.id, block, None)
            return
        note_id = self._id_for(block)
        if note_id is None:
            self.waiting += 1
            return
        self._add(note_id, block, block.insertion.edit(note_id))

    def _add(self, note_id: NoteId, block: Block, insertion: Edit | None) -> None:
        note = self._note(note_id, block, insertion)
        lacking = homeless(note.notetype, note.fields)
        if lacking is None:
            self.notes.append(note)
        else:
            self.told.append(diagnose("A416", block.location, field=lacking, notetype=note.notetype.name))

    def _id_for(self, block: Block) -> NoteId | None:
        """The lost ID of a card without one where it is certain, else a new one. None where it may not be written, or
        a file that could not be read may still hold it; a lost ID is spoken for all the same.
        """
        writable = block.location.path in self.vault.writable
        entries = self.lost.by_hash.get(block.hash, ())
        if len(entries) == 1 and self.lost.copies[block.hash] == 1:
            note_id = entries[0].id
            self.spoken_for |= {note_id}
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

    def _note(self, note_id: NoteId, block: Block, insertion: Edit | None) -> Note:
        entry = self.lock.entries.get(note_id)
        delivered = self.ledger.get(note_id)
        guid = (entry and entry.guid) or (delivered and delivered.guid) or guid_of(note_id)
        if delivered is not None and (delivered.guid or guid_of(note_id)) != guid:
            # A package from before the note was adopted: what it holds was for another note in Anki.
            delivered = None
        notetype = notetype_for(block.notetype, entry, self.lock, self.vault.notetypes)
        status = Status.NEW if entry is None else Status.UNCHANGED if entry.hash == block.hash else Status.CHANGED
        return Note(
            id=note_id,
            guid=guid,
            hash=block.hash,
            mod=self._mod(note_id, block.hash, entry, delivered),
            notetype=notetype,
            fields=block.fields,
            tags=block.tags,
            deck=block.deck,
            location=block.location,
            status=status,
            foreign=entry.foreign if entry else insertion is None,
            cards=entry.cards if entry else (),
            key=block.notetype,
            context=block.context,
            line=block.location.line,
            moved_from=entry.deck if entry and fold_deck(entry.deck) != fold_deck(block.deck) else None,
            retyped=entry is not None and delivered_under(entry) != notetype.id,
            insertion=insertion,
            media=block.media,
            embeds=block.embeds,
        )

    def _mod(self, note_id: NoteId, hash_: NoteHash, entry: Entry | None, delivered: Delivered | None) -> int:
        """Moves only with the Markdown, past what a package that is about to be replaced holds, and never back.

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
            mod = max(0 if self.vault.locked else self.now, entry.mod + 1)
        if delivered is not None:
            mod = max(mod, delivered.mod + (delivered.hash != hash_))
        return min(mod, MAX_MOD)


def _retire(vault: Vault, lock: Lock, gone: frozenset[NoteId]) -> tuple[tuple[NoteId, ...], bool, list[Diagnostic]]:
    """Which notes retire now; whether too many are gone to believe it; what is told."""
    active = [entry for entry in lock.entries.values() if entry.retired is None]
    leaving = sorted(entry.id for entry in active if entry.id in gone)
    away = sorted(entry.id for entry in active if entry.id in vault.elsewhere)
    told = [_away(lock, away)] if away else []
    if not leaving or not vault.complete:
        return (), bool(leaving), told
    if len(leaving) > _MANY_GONE or (len(leaving) > _FEW_GONE and len(leaving) * _SHARE_GONE > len(active)):
        return (), True, [*told, diagnose("A409", whole(NAME), count=len(leaving), total=len(active))]
    return tuple(leaving), False, told + [diagnose("A408", whole(lock.entries[each].file), id=each) for each in leaving]


def _away(lock: Lock, away: Sequence[NoteId]) -> Diagnostic:
    return diagnose("A111", whole(NAME), count=len(away), example=lock.entries[away[0]].file)


def _future(notes: Iterable[Note], lock: Lock, now: int) -> list[Diagnostic]:
    told = []
    for note in notes:
        entry = lock.entries.get(note.id)
        if entry is not None and entry.mod > now + _DAY:
            told.append(diagnose("A703", note.location, id=note.id, mod=entry.mod))
    return told


def lock_after(lock: Lock, reconciled: Reconciled, now: int) -> Lock:
    """The lock that these notes leave behind. Entries of notes that are left out stay as they are."""
    entries = dict(lock.entries)
    for note in reconciled.notes:
        before = entries.get(note.id)
        file = lock_path(note.location.path)
        guid = None if note.guid == guid_of(note.id) else note.guid
        notetype = None if note.notetype.id == stock()[BASIC].id else note.notetype.id
        entry = before or Entry(note.id, note.hash, note.mod, note.deck, file, guid, foreign=note.foreign)
        entries[note.id] = replace(
            entry,
            hash=note.hash,
            mod=note.mod,
            deck=note.deck,
            file=file,
            retired=None,
            notetype=notetype,
            type=note.key if note.notetype.id in lock.adopted else None,
        )
    deleted = {each.id for each in reconciled.deletions} & entries.keys()
    for note_id in {*reconciled.retired, *deleted}:
        entries[note_id] = replace(entries[note_id], retired=entries[note_id].retired or now)
    return lock.with_entries(entries.values())
