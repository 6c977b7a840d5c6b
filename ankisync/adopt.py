"""`ankisync adopt`: bind notes whose IDs another tool wrote to the notes of an export: Anki then updates them in place.

What is bound keeps its guid, its notetype, its card ids and its `mod`, with the hash that the Markdown has today:
nothing is sent until the Markdown changes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ankisync import apply, cache
from ankisync.apply import Output
from ankisync.binding import delivered_under, homeless
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, in_order, whole
from ankisync.export import Export, ExportedNote, NoExport, read_export
from ankisync.identity import MAX_MOD, guid_of
from ankisync.lock import NAME, Entry, Lock, lock_path, write_lock
from ankisync.model import Diagnostic, Note, NoteId
from ankisync.notetypes import BASIC_ID, Notetype, NotetypeId, stock
from ankisync.planning import Planned, plan_vault
from ankisync.request import Request
from ankisync.values import dataclass, replace


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was bound: how many notes by the name of their notetype in Anki; which notes of another tool the export does
    not hold; how many were bound before or are ours; how many notes of the export have their ID in the vault, but on no
    card that is built; which adopted notetypes were changed in Anki.
    """

    bound: Mapping[str, int]
    absent: tuple[NoteId, ...]
    known: int
    unread: int
    renewed: tuple[str, ...]
    written: bool
    diagnostics: tuple[Diagnostic, ...]


def adopt(request: Request, path: Path, *, push: bool) -> Adoption | ConfigProblem:
    """Bind what the export holds. With `push` all that is bound wins at the next import."""
    export = read_export(path)
    if isinstance(export, NoExport):
        return ConfigProblem(f"{path.name} {export.reason}", export.hint)
    known = tuple(export.notetypes.values())
    return _held(request, lambda planned: _bind(planned, export, push=push), known)


def settle(request: Request) -> Adoption | ConfigProblem:
    """Record that IDs of other tools are in nobody's Anki: they are not told any more."""
    return _held(request, lambda planned: (replace(planned.inputs.lock, settled=True), _NOTHING))


_NOTHING = Adoption({}, (), 0, 0, (), written=False, diagnostics=())

Work = Callable[[Planned], tuple[Lock, Adoption]]


def _held(request: Request, work: Work, known: Iterable[Notetype] = ()) -> Adoption | ConfigProblem:
    """Do the work on the planned vault as the only ankisync in it, and write the lock that comes out."""
    try:
        with cache.hold(request.root.folder, request.holder):
            planned = plan_vault(request, known)
            return planned if isinstance(planned, ConfigProblem) else _write(planned, *work(planned))
    except cache.Busy as busy:
        return replace(_NOTHING, diagnostics=(diagnose("A606", whole(cache.FOLDER), holder=str(busy)),))
    except cache.CannotHold as error:
        return replace(_NOTHING, diagnostics=(diagnose("A602", whole(cache.FOLDER), reason=str(error)),))


def _write(planned: Planned, lock: Lock, adoption: Adoption) -> Adoption:
    if lock == planned.inputs.lock:
        return adoption
    before = None if planned.lock_file is None else planned.lock_file.before(planned.request.now_ms)
    folder = planned.request.root.folder
    applied = apply.apply(
        folder, (), lambda _: [Output(folder / NAME, NAME, lambda file: file.write(write_lock(lock)), before)]
    )
    told = in_order((*adoption.diagnostics, *applied.diagnostics))
    return replace(adoption, written=bool(applied.written), diagnostics=told)


def _bind(planned: Planned, export: Export, *, push: bool) -> tuple[Lock, Adoption]:
    binder = _Binder(planned, export, push=push)
    for note in planned.plan.notes:
        if note.insertion is None:
            binder.take(note)
    return binder.lock_after(), binder.adoption()


class _Binder:
    """Binds one note after the other, and keeps what that brings to light."""

    def __init__(self, planned: Planned, export: Export, *, push: bool) -> None:
        self.planned, self.export, self.push = planned, export, push
        self.lock = planned.inputs.lock
        self.entries = dict(self.lock.entries)
        self.ours = {each.id for each in planned.inputs.vault.notetypes.by_key.values() if each.mod}
        self.sharing = Counter(each.guid for each in export.notes.values())
        self.bound: Counter[str] = Counter()
        self.told: list[Diagnostic] = []
        self.absent: list[NoteId] = []
        self.known = 0

    def take(self, note: Note) -> None:
        """Bind a note, if the export holds it, and there is anything to bind."""
        exported, entry = self.export.notes.get(note.id), self.entries.get(note.id)
        if exported is None:
            self.absent += [note.id] if _strange(note, entry) else []
        elif not self._open(note, exported, entry):
            self.known += 1
        elif problem := self._problem(note, exported):
            self.told.append(problem)
        else:
            self.entries[note.id] = self._entry(note, exported, entry)
            notetype = self.export.notetypes[exported.notetype]
            self.bound[notetype.name] += 1
            if notetype.id not in self.ours and not _makes_same_cards(note.key, notetype):
                values = {"id": note.id, "notetype": notetype.name, "key": note.key}
                self.told.append(diagnose("A420", note.location, **values))

    def _open(self, note: Note, exported: ExportedNote, entry: Entry | None) -> bool:
        """Whether a note is to be bound: never was, was to a note of another collection, has got another notetype in
        Anki since, or is to be pushed.
        """
        if entry is None or _strange(note, entry):
            return True
        if entry.guid_in_anki != exported.guid:
            return entry.guid is not None
        changed = exported.notetype not in self.ours and exported.notetype != delivered_under(entry)
        return changed or (self.push and entry.guid is not None)

    def _problem(self, note: Note, exported: ExportedNote) -> Diagnostic | None:
        """Why a note cannot be bound."""
        notetype = self.export.notetypes[exported.notetype]
        if exported.guid != guid_of(note.id) and (not exported.guid or self.sharing[exported.guid] > 1):
            return diagnose("A418", note.location, id=note.id)
        if notetype.cloze != note.notetype.cloze:
            return diagnose("A417", note.location, id=note.id, notetype=notetype.name)
        lacking = homeless(notetype, note.fields)
        return diagnose("A416", note.location, field=lacking, notetype=notetype.name) if lacking else None

    def _entry(self, note: Note, exported: ExportedNote, entry: Entry | None) -> Entry:
        """What the lock is to hold of a note: of one that Anki has from us, the text and time that it holds already."""
        ours = exported.guid == guid_of(note.id)
        mod = min(max(exported.mod, 1), MAX_MOD)
        fresh = Entry(note.id, note.hash, mod, note.deck, lock_path(note.location.path), foreign=True)
        known = entry or fresh
        if self.push:
            above = (mod + 1, known.mod, *(each + 1 for each in known.pushed))
            pushed = min(max(self.planned.inputs.now, *above), MAX_MOD)
            known = known._replace(hash=note.hash, mod=pushed, pushed=())
        elif not ours and known.guid != exported.guid:
            known = known._replace(hash=note.hash, mod=mod, pushed=(), pushed_deck=None)
        return known._replace(
            guid=None if ours else exported.guid,
            notetype=None if exported.notetype == BASIC_ID else exported.notetype,
            type=None if exported.notetype in self.ours else note.key,
            cards=() if ours and exported.notetype in self.ours else exported.cards,
            foreign=known.foreign and not ours,
        )

    def lock_after(self) -> Lock:
        """The lock with what was bound, and with all adopted notetypes as the export has them."""
        types: defaultdict[str, Counter[NotetypeId]] = defaultdict(Counter)
        adopted = {id_: self.export.notetypes.get(id_, notetype) for id_, notetype in self.lock.adopted.items()}
        for note_id, key in _keys(self.planned).items():
            under = self.entries[note_id].notetype if note_id in self.entries else None
            if under is not None and under not in self.ours and (under in adopted or under in self.export.notetypes):
                adopted.setdefault(under, self.export.notetypes.get(under) or self.lock.adopted[under])
                types[key][under] += _makes_same_cards(key, adopted[under])
        chosen = {key: max(sorted(found), key=found.__getitem__) for key, found in types.items() if any(found.values())}
        return replace(
            self.lock.with_entries(self.entries),
            adopted=adopted,
            types={**self.lock.types, **chosen},
            settled=self.lock.settled and not self.bound,
        )

    def adoption(self) -> Adoption:
        """What was done so far."""
        digits = {run for document in self.planned.inputs.vault.documents for run in document.digits.split()}
        read = {note.id for note in self.planned.plan.notes}
        notetypes = self.export.notetypes
        return Adoption(
            bound=dict(sorted(self.bound.items())),
            absent=tuple(self.absent),
            known=self.known,
            unread=sum(str(each) in digits for each in self.export.notes.keys() - read),
            renewed=tuple(
                sorted(each.name for id_, each in self.lock.adopted.items() if notetypes.get(id_, each) != each)
            ),
            written=False,
            diagnostics=tuple(self.told),
        )


def _strange(note: Note, entry: Entry | None) -> bool:
    """Whether another tool made the note's ID, and nothing tells yet which note in Anki it is."""
    return note.foreign and (entry is None or entry.guid is None)


def _makes_same_cards(key: str, notetype: Notetype) -> bool:
    """Whether a notetype in Anki has as many cards as the stock one that a card names. Of other types that is not
    known.
    """
    return key not in stock() or len(stock()[key].templates) == len(notetype.templates)


def _keys(planned: Planned) -> dict[NoteId, str]:
    """The key of the notetype that each card names."""
    places = {note.location: note.id for note in planned.plan.notes}
    blocks = (block for document in planned.inputs.vault.documents for block in document.blocks)
    return {places[block.location]: block.notetype for block in blocks if block.location in places}
