"""Packages straight from notes."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import IO

from ankisync.fields import Rendering, render_fields
from ankisync.model import Note, files_of
from ankisync.package import PackedNote, PackedPart, head_of, pack_notes, write_package


def write_notes(file: IO[bytes], notes: Sequence[Note], fingerprint: str, how: Rendering, root: Path) -> None:
    """The package of these notes, with nothing kept."""
    head = head_of((note.notetype for note in notes), (note.deck for note in notes))
    media = [each for note in notes for each in files_of(note.media, note.embeds)]
    write_package(file, parts_of(notes, how), head, fingerprint, media, root)


def parts_of(notes: Iterable[Note], how: Rendering) -> list[PackedPart]:
    """The notes of a package, file by file."""
    files = [tuple(found) for _, found in groupby(notes, key=lambda note: note.location.path)]

    def pack(found: tuple[Note, ...]) -> Iterator[PackedNote]:
        return pack_notes((note, render_fields(note, how)) for note in found)

    return [PackedPart(b"", tuple(note.id for note in found), partial(pack, found)) for found in files]
