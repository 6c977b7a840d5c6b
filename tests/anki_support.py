"""A real Anki collection to import packages into, and what a user does in it."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import anki.collection  # before `anki.cards`, which cannot be imported first
from anki.cards import Card, CardId
from anki.notes import Note, NoteId
from anki.sound import SoundOrVideoTag

from tests.support import Vault

# Anki stamps what is done in it with the real time, so builds lie well before or well after a test's own run.
BEFORE = time.time() - 1000
AFTER = time.time() + 1000

_SEARCH = re.compile(r"^ *(nid:[0-9,]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Imported:
    """What Anki says of an import: note ids, sorted. `other` counts all outcomes that have no name here."""

    new: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    duplicate: tuple[int, ...] = ()
    conflicting: tuple[int, ...] = ()
    other: int = 0


@dataclass(frozen=True)
class Anki:
    """An open collection."""

    col: anki.collection.Collection

    def take(self, package: Path) -> Imported:
        """Import a package with the options of a collection in which nothing was ever imported."""
        request = anki.collection.ImportAnkiPackageRequest(
            package_path=str(package), options=anki.collection.ImportAnkiPackageOptions()
        )
        log = self.col.import_anki_package(request).log
        self.col.models._clear_cache()  # noqa: SLF001 - Anki's window does the same after an import
        found = (
            sorted(note.id.nid for note in each) for each in (log.new, log.updated, log.duplicate, log.conflicting)
        )
        new, updated, duplicate, conflicting = (tuple(each) for each in found)
        others = (log.first_field_match, log.missing_notetype, log.missing_deck, log.empty_first_field)
        return Imported(new, updated, duplicate, conflicting, sum(len(each) for each in others))

    def take_decks(self, vault: Vault) -> Imported:
        """Import every package in `decks/`, and add up what Anki says."""
        taken = [self.take(package) for package in packages(vault)]
        return Imported(
            tuple(sorted(each for one in taken for each in one.new)),
            tuple(sorted(each for one in taken for each in one.updated)),
            tuple(sorted(each for one in taken for each in one.duplicate)),
            tuple(sorted(each for one in taken for each in one.conflicting)),
            sum(one.other for one in taken),
        )

    def rows(self, query: str) -> list[tuple[object, ...]]:
        assert self.col.db is not None
        return [tuple(row) for row in self.col.db.all(query)]

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table, but for what SQLite itself counts."""
        names = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {str(name): self.rows(f"SELECT * FROM {name} ORDER BY 1, 2") for (name,) in names}

    def scheduling(self) -> tuple[list[tuple[object, ...]], ...]:
        """All that Anki knows of the cards but their notes' text: deck, due, interval, flags, history."""
        return self.rows("SELECT * FROM cards ORDER BY id"), self.rows("SELECT * FROM revlog ORDER BY id")

    def ids(self) -> list[int]:
        return [int(str(row[0])) for row in self.rows("SELECT id FROM notes ORDER BY id")]

    def mods(self) -> dict[int, int]:
        return {int(str(note_id)): int(str(mod)) for note_id, mod in self.rows("SELECT id, mod FROM notes")}

    def note(self, note_id: int) -> Note:
        return self.col.get_note(NoteId(note_id))

    def back(self, note_id: int) -> str:
        return self.note(note_id)["Back"]

    def card(self, note_id: int) -> Card:
        (card_id,) = self.col.card_ids_of_note(NoteId(note_id))
        return self.col.get_card(card_id)

    def deck_of(self, note_id: int) -> str:
        return self.col.decks.name(self.card(note_id).did)

    def decks(self) -> set[str]:
        return {deck.name for deck in self.col.decks.all_names_and_ids()}

    def answer_of(self, note_id: int) -> str:
        """The HTML that is shown below the line when the card is turned."""
        return self.card(note_id).answer().split('<hr id="answer">', 1)[1].strip()

    def played(self, note_id: int) -> list[str]:
        """The files that Anki plays when the card is turned."""
        tags = self.card(note_id).answer_av_tags()
        return [tag.filename for tag in tags if isinstance(tag, SoundOrVideoTag)]

    def edit(self, note_id: int, back: str) -> None:
        """Change an answer in Anki's browser."""
        note = self.note(note_id)
        note["Back"] = back
        self.col.update_note(note)

    def tag(self, note_id: int, tag: str) -> None:
        self.col.tags.bulk_add([NoteId(note_id)], tag)

    def study(self, deck: str, rating: Literal[1, 2, 3, 4]) -> int:
        """Answer the card that Anki shows first in a deck; return its note."""
        deck_id = self.col.decks.id_for_name(deck)
        assert deck_id is not None
        self.col.decks.set_current(deck_id)
        card = self.col.sched.getCard()
        assert card is not None
        self.col.sched.answerCard(card, rating)
        return card.nid

    def find(self, search: str) -> Sequence[CardId]:
        """The cards that a search pasted into Anki's browser finds, sorted."""
        return sorted(self.col.find_cards(search))


@contextmanager
def open_anki(folder: Path) -> Iterator[Anki]:
    """A fresh collection in a folder that is made for it."""
    folder.mkdir(parents=True)
    col = anki.collection.Collection(str(folder / "collection.anki2"))
    try:
        yield Anki(col)
    finally:
        col.close()


def packages(vault: Vault) -> list[Path]:
    return sorted((vault.folder / "decks").glob("*.apkg"))


def change(vault: Vault, name: str, old: str, new: str) -> None:
    """Edit a note in an editor: one place."""
    text = vault.read(name)
    assert text.count(old) == 1, text
    vault.write(name, text.replace(old, new))


def lock_mods(vault: Vault) -> dict[int, int]:
    return {int(note_id): entry.mod for note_id, entry in vault.lock().entries.items()}


def searches(out: str) -> list[str]:
    """The searches that a summary offers to paste into Anki's browser."""
    return _SEARCH.findall(out)
