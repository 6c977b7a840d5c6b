"""Notes against the lock: which card is which note, what changed, what is gone.

Pure: the clock comes in as seconds, new IDs as an iterator, what packages hold as a ledger. The rules are those of
DESIGN §4.
"""

from collections.abc import Iterable, Iterator, Sequence

from ankisync.diagnostics import diagnose, whole
from ankisync.duplicates import Claim, resolve
from ankisync.identity import guid_of
from ankisync.lock import NAME, Entry, Lock, lock_path, packed_since
from ankisync.lost import Lost, nowhere
from ankisync.model import Block, Deletion, Diagnostic, Ledger, Note, NoteId
from ankisync.notetypes import BASIC_ID
from ankisync.settling import DAY, Known, Settler, Vault
from ankisync.values import dataclass

_MANY_GONE, _FEW_GONE, _SHARE_GONE = 50, 5, 5


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
    gone = nowhere(vault.documents, lock) - vault.elsewhere - vault.outside.standing
    known = Known(lock, ledger, vault.notetypes, now, vault.locked, vault.given)
    settler = Settler(vault, known, fresh, Lost.among(gone, blocks, lock))
    for block in blocks:
        settler.settle(block, kept)
    retired, doubted, told = _retire(vault, lock, gone - settler.spoken_for)
    future = _future(settler.notes, lock, now)
    deletions, contested = _deletions(vault, claims)
    diagnostics = (*second, *doubled, *settler.told, *told, *future, *contested, *_stray(vault, lock))
    return Reconciled(tuple(settler.notes), retired, deletions, settler.waiting, doubted, diagnostics)


def _stray(vault: Vault, lock: Lock) -> list[Diagnostic]:
    """Notes that were built, and whose IDs still stand in a file, but on no card that is read."""
    marks = [mark for document in vault.documents for mark in document.unclaimed]
    known = [mark for mark in marks if mark.id in lock.entries and lock.entries[mark.id].retired is None]
    if not known:
        return []
    carried = {mark.id for document in vault.documents for block in document.blocks for mark in block.ids}
    return [diagnose("A419", mark.location, id=mark.id) for mark in known if mark.id not in carried]


def _deletions(vault: Vault, claims: Iterable[Claim]) -> tuple[tuple[Deletion, ...], list[Diagnostic]]:
    """The notes that the files say are to go, but those that a card still carries."""
    asked = [each for document in vault.documents for each in document.deletions]
    standing = {claim.mark.id: claim.block.location for claim in claims} if asked else {}
    found: list[Deletion] = []
    told: list[Diagnostic] = []
    for deletion in asked:
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
    if max((len(block.ids) for block in blocks), default=0) <= 1:
        return [Claim(block, block.ids[0]) for block in blocks if block.ids], []
    alone = {block.ids[0].id for block in blocks if len(block.ids) == 1}
    claims: list[Claim] = []
    told: list[Diagnostic] = []
    for block in blocks:
        if len(block.ids) == 1:
            claims.append(Claim(block, block.ids[0]))
        elif block.ids:
            free = [mark for mark in block.ids if mark.id not in alone and mark.id in lock.entries]
            by_text = [mark for mark in free if lock.entries[mark.id].hash == block.hash]
            by_file = [mark for mark in free if lock.entries[mark.id].file == lock_path(block.location.path)]
            chosen = (*by_text, *by_file, *block.ids)[0]
            claims.append(Claim(block, chosen))
            others = (mark for mark in block.ids if mark.id != chosen.id)
            told += [diagnose("A404", mark.location, id=mark.id, kept=chosen.id) for mark in others]
    return claims, told


def _retire(vault: Vault, lock: Lock, gone: frozenset[NoteId]) -> tuple[tuple[NoteId, ...], bool, list[Diagnostic]]:
    """Which notes retire now; whether too many are gone to believe it; what is told."""
    active = [entry for entry in lock.entries.values() if entry.retired is None]
    leaving = sorted(entry.id for entry in active if entry.id in gone and entry.file not in vault.unsure)
    total = len(active) + vault.outside.entries
    away = sorted(entry.id for entry in active if entry.id in vault.elsewhere)
    told = [_away(lock, away)] if away else []
    if not leaving or not vault.complete:
        return (), bool(leaving), told
    many = len(leaving) > _MANY_GONE or (len(leaving) > _FEW_GONE and len(leaving) * _SHARE_GONE > total)
    if many and not vault.believing:
        return (), True, [*told, diagnose("A409", whole(NAME), count=len(leaving), total=total)]
    return tuple(leaving), False, told + [diagnose("A408", whole(lock.entries[each].file), id=each) for each in leaving]


def _away(lock: Lock, away: Sequence[NoteId]) -> Diagnostic:
    return diagnose("A111", whole(NAME), count=len(away), example=lock.entries[away[0]].file)


def _future(notes: Iterable[Note], lock: Lock, now: int) -> list[Diagnostic]:
    latest = now + DAY
    # No note's is less than its entry's.
    late = (note for note in notes if note.mod > latest)
    known = ((note, lock.entries[note.id].mod) for note in late if note.id in lock.entries)
    return [diagnose("A703", note.location, id=note.id, mod=mod) for note, mod in known if mod > latest]


def _pushed_before(entry: Entry, note: Note) -> Entry:
    """The entry of a note that was pushed, with what packages have held of it since, and where its cards were put."""
    deck = entry.deck if entry.pushed_deck is None and entry.deck != note.deck else entry.pushed_deck
    pushed = entry.pushed
    if pushed and note.mod != entry.mod:
        pushed = packed_since(pushed, entry.mod, *([note.packed] if note.packed else []))
    return (
        entry
        if (pushed, deck) == (entry.pushed, entry.pushed_deck)
        else entry._replace(pushed=pushed, pushed_deck=deck)
    )


def lock_after(lock: Lock, reconciled: Reconciled, now: int) -> Lock:
    """The lock that these notes leave behind. Entries of notes that are left out stay as they are."""
    entries = dict(lock.entries)
    path, file = "", ""
    for note in reconciled.notes:
        if note.location.path != path:  # notes of one file come together
            path = note.location.path
            file = lock_path(path)
        entries[note.id] = _entry_after(lock, note, file)
    deleted = {each.id for each in reconciled.deletions} & entries.keys()
    for note_id in {*reconciled.retired, *deleted}:
        entries[note_id] = entries[note_id]._replace(retired=entries[note_id].retired or now)
    return lock.with_entries(entries)


def _entry_after(lock: Lock, note: Note, file: str) -> Entry:
    """The entry that a note in a file leaves behind: the very one that there is, where nothing in it changes."""
    delivered = note.notetype.id
    notetype = None if delivered == BASIC_ID else delivered
    type_ = note.key if delivered in lock.adopted else None
    entry = lock.entries.get(note.id)
    if entry is None:
        guid = None if note.guid == guid_of(note.id) else note.guid
        return Entry(
            note.id, note.hash, note.mod, note.deck, file, guid, None, note.foreign, notetype=notetype, type=type_
        )
    # Asked of every note: names would take twice the time.
    _, hash_, mod, deck, place, _, retired, _, _, under, _, named, pushed, pushed_deck = entry
    if pushed or pushed_deck is not None:
        entry = _pushed_before(entry, note)
    then = (note.hash, note.mod, note.deck, file, None, notetype, type_)
    if (hash_, mod, deck, place, retired, under, named) == then:
        return entry
    return entry._replace(
        hash=note.hash,
        mod=note.mod,
        deck=note.deck,
        file=file,
        retired=None,
        notetype=notetype,
        type=type_,
    )
