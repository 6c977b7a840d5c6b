"""The package that is pushed: what is sent, and nothing else."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from ankisync import cache
from ankisync.model import files_of
from ankisync.package import PackedNote, PackedPart, head_of, write_package
from ankisync.push.compare import Judged
from ankisync.push.wanted import Wanted
from ankisync.values import replace

_MARK = "push"


def parcel(root: Path, sent: Sequence[Judged], carriers: Sequence[Wanted], now: int) -> AbstractContextManager[Path]:
    """A package of notes in the vault's cache, where Anki can read it while this lasts. Notetypes of the `carriers`
    have the time `now` (seconds): each import gives Anki's the time at which it was made. Raises `MediaChanged`, and
    `OSError` where the package cannot be written.
    """
    notes = [*(each.wanted.note for each in sent), *(each.note for each in carriers)]
    types = {note.notetype.id: note.notetype for note in notes}
    for each in carriers:
        types[each.note.notetype.id] = replace(each.note.notetype, mod=max(now, each.note.notetype.mod))
    head = head_of(types.values(), (note.deck for note in notes))
    media = (file for note in notes for file in files_of(note.media, note.embeds))
    carried = [PackedPart(b"", (each.note.id,), partial(tuple, (each.row,)), each.place) for each in carriers]
    parts = [*_parts(sent), *carried]
    return cache.lend(root, cache.PARCEL, lambda file: write_package(file, parts, head, _MARK, media, root))


def _parts(sent: Sequence[Judged]) -> list[PackedPart]:
    """The notes in parts, each of such as follow each other in their package: a new card gets the place that it has."""
    groups: list[list[Judged]] = []
    for each in sent:
        if groups and groups[-1][-1].wanted.place + 1 == each.wanted.place:
            groups[-1].append(each)
        else:
            groups.append([each])
    return [_part(group) for group in groups]


def _part(group: Sequence[Judged]) -> PackedPart:
    rows = tuple(map(_row, group))
    return PackedPart(b"", tuple(packed.row[0] for packed in rows), lambda: rows, group[0].wanted.place)


def _row(each: Judged) -> PackedNote:
    packed, tags = each.wanted.row, each.tags
    note_id, guid, notetype, _, _, fields, sort, checksum = packed.row
    joined = f" {' '.join(tags)} " if tags else ""
    return packed._replace(row=(note_id, guid, notetype, each.mod, joined, fields, sort, checksum))
