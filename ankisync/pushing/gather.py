"""What a plan wants of Anki: the notes in question, rendered."""

from collections.abc import Collection, Iterator
from hashlib import blake2b

from ankisync.fields import render_fields, rendering
from ankisync.keeping import Keeper
from ankisync.locklines import LockText, read_index
from ankisync.model import Diagnostic, NoteId
from ankisync.package import pack_notes
from ankisync.packaging import Part
from ankisync.plan import Plan
from ankisync.planning import Planned
from ankisync.planning.notes import Gone, Notes
from ankisync.planning.parts import parts_of
from ankisync.push.wanted import Wanted
from ankisync.reading import LockFile, read_lock_bytes
from ankisync.values import replace


def note_ids(planned: Planned, plan: Plan) -> list[NoteId]:
    """The IDs of all notes that go into packages."""
    return [note_id for parts in parts_of(planned, plan) for part in parts for note_id in part.ids]


def gather(
    planned: Planned, plan: Plan, keeper: Keeper, ids: Collection[NoteId]
) -> tuple[tuple[Wanted, ...], tuple[Diagnostic, ...]]:
    """These notes as packages hold them. Those of a file that changed since the plan was made are left out, told."""
    html = keeper.html(planned.rules.engine.name)
    how = replace(rendering(planned.request.root.settings), memo=html)
    notes = Notes(_with_todays_lock(planned), plan)
    found: list[Wanted] = []
    told: list[Diagnostic] = []
    for place, part in _parts(planned, plan, ids):
        try:
            chosen = [(at, note) for at, note in enumerate(notes.of(part), place) if note.id in ids]
        except Gone as gone:
            told.append(gone.why)
            continue
        rows = pack_notes((note, render_fields(note, how)) for _, note in chosen)
        found += [Wanted(note, row, at) for (at, note), row in zip(chosen, rows, strict=True)]
    html.close()
    return tuple(found), tuple(told)


def looks_of(planned: Planned, plan: Plan) -> dict[int, bytes]:
    """A digest of the look of each notetype that notes use, by id; of those that follow the user's collection, none."""
    used = {id_ for parts in parts_of(planned, plan) for part in parts for id_ in part.notetypes}
    inputs = planned.inputs
    known = {each.id: each for each in (*inputs.syntax.notetypes.by_key.values(), *inputs.lock.adopted.values())}
    return {
        id_: blake2b(repr(replace(known[id_], mod=0)).encode("utf-8", "backslashreplace"), digest_size=8).digest()
        for id_ in sorted(used & known.keys())
        if known[id_].mod
    }


def carrier(planned: Planned, plan: Plan, keeper: Keeper, notetype: int, ids: Collection[NoteId]) -> Wanted | None:
    """One of these notes that is of a notetype."""
    parts = (part for each in parts_of(planned, plan) for part in each if notetype in part.notetypes)
    for part in parts:
        found, _ = gather(planned, plan, keeper, frozenset(part.ids).intersection(ids))
        if mine := next((each for each in found if each.note.notetype.id == notetype), None):
            return mine
    return None


def _with_todays_lock(planned: Planned) -> Planned:
    """What was planned, with the lock that a build has written since, of which it knew only a part."""
    file = read_lock_bytes(planned.request.root.folder)
    index = read_index(file.data) if isinstance(file, LockFile) and planned.kept.lock else None
    if not isinstance(file, LockFile) or index is None:
        return planned
    return replace(planned, kept=replace(planned.kept, lock=LockText(file.piece, index)))


def _parts(planned: Planned, plan: Plan, ids: Collection[NoteId]) -> Iterator[tuple[int, Part]]:
    """The parts that hold any of these notes, each with the place of its first note in its package."""
    wanted = frozenset(ids)
    for parts in parts_of(planned, plan):
        place = 1
        for part in parts:
            if not wanted.isdisjoint(part.ids):
                yield place, part
            place += len(part.ids)
