"""An Anki of which the test holds the clock: notes, cards and decks as an import leaves them (`reference/
anki-import.md`), without a collection. The real one is in `tests/anki_server.py`.
"""

import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from ankisync.model import NoteId
from ankisync.push.held import HeldCard, HeldNote, Unreached

_T = TypeVar("_T")


@dataclass
class ModelAnki:
    """Notes by guid. `old`: what an import changes gets the time of the import. `breaks` is after how many calls, and
    whether before or after the work, the connection breaks off.
    """

    old: bool = False
    now: int = 0
    by_guid: dict[str, HeldNote] = field(default_factory=dict)
    breaks: tuple[int, bool] | None = None
    changes: int = 0

    @property
    def held(self) -> dict[int, HeldNote]:
        return {note.id: note for note in self.by_guid.values()}

    def name(self) -> str:
        return "Model"

    def notes(self, ids: Sequence[NoteId]) -> Mapping[NoteId, HeldNote]:
        return self._call(lambda: {note.id: note for note in self.by_guid.values() if note.id in set(ids)})

    def mods(self, ids: Sequence[NoteId]) -> Mapping[NoteId, int]:
        return self._call(lambda: {note.id: note.mod for note in self.by_guid.values() if note.id in set(ids)})

    def take(self, package: Path) -> None:
        self._call(lambda: self.import_package(package))

    def move(self, cards: Sequence[int], deck: str) -> None:
        self._call(lambda: self.move_cards(cards, deck))

    def delete(self, notes: Sequence[NoteId]) -> None:
        self._call(lambda: self.delete_notes(notes))

    def refresh(self) -> None:
        self._call(lambda: None)

    def close(self) -> None:
        """Nothing to end."""

    def _call(self, work: Callable[[], _T]) -> _T:
        if self.breaks is None:
            return work()
        left, late = self.breaks
        self.breaks = (left - 1, late) if left > 1 else None
        if left > 1:
            return work()
        if late:
            work()
        raise Unreached("broken off")

    # What a user does

    def edit(self, note: int, back: str) -> None:
        held = self.held[note]
        fields = tuple((name, back if name == "Back" else value) for name, value in held.fields)
        self._put(replace(held, fields=fields, mod=self.now))

    def tag(self, note: int, tag: str) -> None:
        self._put(replace(self.held[note], tags=(*self.held[note].tags, tag), mod=self.now))

    def move_cards(self, cards: Sequence[int], deck: str) -> None:
        self.changes += 1
        for note in list(self.by_guid.values()):
            self._put(
                replace(
                    note, cards=tuple(replace(each, deck=deck) if each.id in cards else each for each in note.cards)
                )
            )

    def delete_notes(self, notes: Sequence[int]) -> None:
        self.changes += 1
        self.by_guid = {guid: note for guid, note in self.by_guid.items() if note.id not in notes}

    def _put(self, note: HeldNote) -> None:
        guid = next(guid for guid, each in self.by_guid.items() if each.id == note.id)
        self.by_guid[guid] = note

    # Imports

    def import_package(self, package: Path) -> None:
        """Newer wins, by whole seconds; cards that are there stay where they are."""
        self.changes += 1
        for guid, note in _notes_in(package).items():
            there = self.by_guid.get(guid)
            if there is None:
                assert note.id not in self.held, "an id is taken"
                self.by_guid[guid] = note
            elif note.mod > there.mod:
                mod = self.now if self.old else note.mod
                self.by_guid[guid] = replace(there, fields=note.fields, tags=note.tags, mod=mod)


def _notes_in(package: Path) -> dict[str, HeldNote]:
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(package) as archive:
        path = archive.extract("collection.anki2", folder)
        database = sqlite3.connect(path)
        try:
            models, decks = (json.loads(text) for text in database.execute("SELECT models, decks FROM col").fetchone())
            rows = database.execute("SELECT id, guid, mid, mod, tags, flds FROM notes").fetchall()
            cards = database.execute("SELECT nid, id, ord, did FROM cards ORDER BY ord").fetchall()
        finally:
            database.close()
    assert len({row[1] for row in rows}) == len(rows)
    by_note: dict[int, list[HeldCard]] = {}
    for nid, card, ord_, deck in cards:
        by_note.setdefault(nid, []).append(HeldCard(card, ord_, decks[str(deck)]["name"]))
    found = {}
    for note_id, guid, mid, mod, tags, fields in rows:
        names = [each["name"] for each in models[str(mid)]["flds"]]
        pairs = tuple(zip(names, fields.split("\x1f"), strict=True))
        words = tuple(tags.split())
        found[guid] = HeldNote(NoteId(note_id), models[str(mid)]["name"], pairs, words, mod, tuple(by_note[note_id]))
    return found
