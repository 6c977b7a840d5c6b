"""`ankisync adopt`: bind notes whose IDs another tool wrote to the notes of an export: Anki then updates them in place.

What is bound keeps its guid, its notetype, its card ids and its `mod`, with the hash that the Markdown has today:
nothing is sent until the Markdown changes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ankisync import apply, cache
from ankisync.apply import Output
from ankisync.binding import homeless
from ankisync.build import Planned, plan_vault
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, in_order, whole
from ankisync.export import Export, ExportedNote, NoExport, read_export
from ankisync.identity import guid_of
from ankisync.lock import NAME, Entry, Lock, lock_path, write_lock
from ankisync.model import Diagnostic, Note, NoteId
from ankisync.request import Request
from ankisync.source import digest_of

if TYPE_CHECKING:
    from ankisync.notetypes import NotetypeId


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was bound: how many notes by the name of their notetype in Anki; which notes of another tool the export does
    not hold; how many were bound before or are ours.
    """

    bound: Mapping[str, int]
    absent: tuple[NoteId, ...]
    known: int
    written: bool
    diagnostics: tuple[Diagnostic, ...]


def adopt(request: Request, path: Path, *, push: bool) -> Adoption | ConfigProblem:
    """Bind what the export holds. With `push` all that is bound wins at the next import."""
    export = read_export(path)
    if isinstance(export, NoExport):
        return ConfigProblem(f"{path.name} {export.reason}", export.hint)
    return _held(request, lambda planned: _bind(planned, export, push=push))


def settle(request: Request) -> Adoption | ConfigProblem:
    """Record that IDs of other tools are in nobody's Anki: they are not told any more."""
    return _held(request, lambda planned: (replace(planned.inputs.lock, settled=True), _NOTHING))


_NOTHING = Adoption({}, (), 0, written=False, diagnostics=())

Work = Callable[[Planned], tuple[Lock, Adoption]]


def _held(request: Request, work: Work) -> Adoption | ConfigProblem:
    """Do the work on the planned vault as the only ankisync in it, and write the lock that comes out."""
    try:
        with cache.hold(request.root.folder, request.holder):
            planned = plan_vault(request)
            return planned if isinstance(planned, ConfigProblem) else _write(planned, *work(planned))
    except cache.Busy as busy:
        return replace(_NOTHING, diagnostics=(diagnose("A606", whole(cache.FOLDER), holder=str(busy)),))
    except cache.CannotHold as error:
        return replace(_NOTHING, diagnostics=(diagnose("A602", whole(cache.FOLDER), reason=str(error)),))


def _write(planned: Planned, lock: Lock, adoption: Adoption) -> Adoption:
    if lock == planned.inputs.lock:
        return adoption
    before = None if planned.lock_bytes is None else digest_of(planned.lock_bytes)
    folder = planned.request.root.folder
    applied = apply.apply(
        folder, (), lambda _: [Output(folder / NAME, NAME, lambda file: file.write(write_lock(lock)), before)]
    )
    told = in_order((*adoption.diagnostics, *applied.diagnostics))
    return replace(adoption, written=bool(applied.written), diagnostics=told)


def _bind(planned: Planned, export: Export, *, push: bool) -> tuple[Lock, Adoption]:
    lock, now = planned.inputs.lock, planned.inputs.now
    candidates = [note for note in planned.plan.notes if note.insertion is None and _strange(note, lock)]
    guids = Counter(each.guid for each in export.notes.values())
    entries = dict(lock.entries)
    told: list[Diagnostic] = []
    types: defaultdict[str, Counter[NotetypeId]] = defaultdict(Counter)
    keys = _keys(planned)
    for note in candidates:
        exported = export.notes.get(note.id)
        if exported is None:
            continue
        problem = _problem(note, exported, export, guids[exported.guid])
        if problem is not None:
            told.append(problem)
            continue
        entries[note.id] = _entry(note, exported, entries.get(note.id), max(now, exported.mod + 1) if push else None)
        types[keys[note.id]][exported.notetype] += 1
    chosen = {key: max(sorted(found), key=found.__getitem__) for key, found in types.items()}
    used = {id_ for found in types.values() for id_ in found}
    adopted = {**lock.adopted, **{id_: export.notetypes[id_] for id_ in used}}
    after = replace(lock.with_entries(entries.values()), adopted=adopted, types={**lock.types, **chosen})
    bound = Counter(export.notetypes[id_].name for found in types.values() for id_ in found.elements())
    absent = tuple(note.id for note in candidates if note.id not in export.notes)
    known = sum(note.id in export.notes for note in planned.plan.notes if not _strange(note, lock))
    return after, Adoption(dict(sorted(bound.items())), absent, known, written=False, diagnostics=tuple(told))


def _strange(note: Note, lock: Lock) -> bool:
    """Whether another tool made the note's ID, and nothing tells yet which note in Anki it is."""
    entry = lock.entries.get(note.id)
    return note.foreign and (entry is None or entry.guid is None)


def _keys(planned: Planned) -> dict[NoteId, str]:
    """The key of the notetype that each card names."""
    places = {note.location: note.id for note in planned.plan.notes}
    blocks = (block for document in planned.inputs.vault.documents for block in document.blocks)
    return {places[block.location]: block.notetype for block in blocks if block.location in places}


def _problem(note: Note, exported: ExportedNote, export: Export, sharing: int) -> Diagnostic | None:
    """Why a note cannot be bound."""
    notetype = export.notetypes[exported.notetype]
    if exported.guid == guid_of(note.id):
        return None
    if not exported.guid or sharing > 1:
        return diagnose("A418", note.location, id=note.id)
    if notetype.cloze != note.notetype.cloze:
        return diagnose("A417", note.location, id=note.id, notetype=notetype.name)
    lacking = homeless(notetype, note.fields)
    return diagnose("A416", note.location, field=lacking, notetype=notetype.name) if lacking else None


def _entry(note: Note, exported: ExportedNote, entry: Entry | None, pushed: int | None) -> Entry:
    known = entry or Entry(note.id, note.hash, exported.mod, note.deck, lock_path(note.location.path), foreign=True)
    return replace(
        known,
        hash=note.hash,
        mod=pushed or max(exported.mod, 1),
        guid=exported.guid,
        notetype=exported.notetype,
        cards=exported.cards,
    )
