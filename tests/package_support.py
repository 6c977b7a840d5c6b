"""Packages straight from notes."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ankisync.build import parts_of
from ankisync.fields import Rendering
from ankisync.media import files_of
from ankisync.model import Note
from ankisync.package import head_of, write_package


def write_notes(file: IO[bytes], notes: Sequence[Note], fingerprint: str, how: Rendering, root: Path) -> None:
    """The package of these notes, with nothing kept."""
    head = head_of((note.notetype for note in notes), (note.deck for note in notes))
    media = [each for note in notes for each in files_of(note.media, note.embeds)]
    write_package(file, parts_of(notes, how), head, fingerprint, media, root)
