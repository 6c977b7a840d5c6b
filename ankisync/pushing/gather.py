"""What a plan wants of Anki: the notes in question, rendered."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from hashlib import blake2b

from ankisync.fields import render_fields, rendering
from ankisync.keeping import Keeper
from ankisync.model import Diagnostic, NoteId
from ankisync.package import pack_notes
from ankisync.packaging import Part
from ankisync.plan import Plan
from ankisync.planning import Planned
from ankisync.planning.notes import Gone, Notes
from ankisync.push.wanted import Wanted


def note_ids(plan: Plan) -> list[NoteId]:
    """The IDs of all notes that go into packages."""
    return [note_id for package in plan.packages for part in package.parts for note_id in part.ids]


def gather(
    planned: Planned, plan: Plan, keeper: Keeper, ids: Collection[NoteId]
) -> tuple[tuple[Wanted, ...], tuple[Diagnostic, ...]]:
    """These notes as packages hold them. Those of a file that changed since the plan was made are left out, told."""
    html = keeper.html(planned.rules.engine.name)
    how = replace(rendering(planned.request.root.settings), memo=html)
    notes = Notes(planned, plan)
    found: list[Wanted] = []
    told: list[Diagnostic] = []
    for place, part in _parts(plan, ids):
        try:
            chosen = [(at, note) for at, note in enumerate(notes.of(part), place) if note.id in ids]
        except Gone as gone:
            told.append(gone.why)
            continue
        rows = pack_notes((note, render_fields(note, how)) for _, note in chosen)
        found += [Wanted(note, row, at) for (at, note), row in zip(chosen, rows, strict=True)]
    html.close()
    return tuple(found), tuple(told)


def looks_of(plan: Plan) -> dict[int, bytes]:
    """A digest of the look of each notetype that notes use, by id; of those that follow the user's collection, none."""
    used = {each.id: each for package in plan.packages for each in package.notetypes if each.mod}
    return {
        id_: blake2b(repr(replace(each, mod=0)).encode("utf-8", "backslashreplace"), digest_size=8).digest()
        for id_, each in used.items()
    }


def carrier(planned: Planned, plan: Plan, keeper: Keeper, notetype: int, ids: Collection[NoteId]) -> Wanted | None:
    """One of these notes that is of a notetype."""
    parts = (part for package in plan.packages for part in package.parts if notetype in part.notetypes)
    for part in parts:
        found, _ = gather(planned, plan, keeper, frozenset(part.ids).intersection(ids))
        if mine := next((each for each in found if each.note.notetype.id == notetype), None):
            return mine
    return None


def _parts(plan: Plan, ids: Collection[NoteId]) -> Iterator[tuple[int, Part]]:
    """The parts that hold any of these notes, each with the place of its first note in its package."""
    wanted = frozenset(ids)
    for package in plan.packages:
        place = 1
        for part in package.parts:
            if not wanted.isdisjoint(part.ids):
                yield place, part
            place += len(part.ids)
