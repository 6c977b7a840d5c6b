"""The actions of the add-on AnkiConnect (protocol version 6) over real collections, traps included.

Names, parameters and answers are the add-on's, so the class has its name too: it shows in the texts of its errors. What
it does where is from `reference/anki-connect.md` (measured with the add-on of 2025-02 in Anki 26.09) and, for what an
old add-on leaves out, from memory.
"""

import base64
import inspect
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import anki.collection  # before `anki.cards`, which cannot be imported first
from anki.cards import CardId
from anki.decks import DeckId
from anki.errors import NotFoundError
from anki.models import NotetypeDict
from anki.notes import NoteId

Action = TypeVar("Action")
Answer = Mapping[str, object]
OPENING = 0.1  # seconds that a profile takes to open, after `loadProfile` said that it is


def api(action: Action) -> Action:
    """Marks an action that can be asked for."""
    vars(action)["api"] = True
    return action


class Profiles:
    """Collections by the names of their profiles, one of them open; `col` is None where none is."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names, self.current = folder, tuple(names), names[0]
        self._opens: tuple[float, str] | None = None
        for name in names:
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._col: anki.collection.Collection | None = None
        self.open(self.current)

    @property
    def col(self) -> anki.collection.Collection | None:
        if self._opens and time.monotonic() >= self._opens[0]:
            self.open(self._opens[1])
        return self._col

    def open(self, name: str) -> None:
        self.close()
        self.current = name
        self._col = anki.collection.Collection(str(self.folder / name / "collection.anki2"))

    def open_soon(self, name: str) -> None:
        self.close()
        self._opens = (time.monotonic() + OPENING, name)

    def close(self) -> None:
        self._opens = None
        if self._col:
            self._col.close()
        self._col = None


class Editor:
    """The Browser's editor pane: it shows one note as it was when Anki's windows were last told of a change."""

    def __init__(self) -> None:
        self.shown: tuple[int, tuple[str, ...]] | None = None

    def show(self, col: anki.collection.Collection, note: int) -> None:
        try:
            self.shown = (note, tuple(col.get_note(NoteId(note)).fields))
        except NotFoundError:
            self.shown = None

    def reset(self, col: anki.collection.Collection) -> None:
        if self.shown:
            self.show(col, self.shown[0])

    def type_a_character(self, col: anki.collection.Collection, field: int) -> None:
        """The whole note is written as it is shown, with one more character in a field."""
        if self.shown:
            note = col.get_note(NoteId(self.shown[0]))
            note.fields = list(self.shown[1])
            note.fields[field] += "x"
            col.update_note(note)
            self.show(col, note.id)


class AnkiConnect:
    """The add-on in one Anki. `old` is a version that puts new notes into Default and leaves `mod` out of `notesInfo`,
    in an Anki (24.11 and before) that gives a note the time of the import that changed it.
    """

    def __init__(self, profiles: Profiles, key: str | None, *, old: bool) -> None:
        self.profiles, self.key, self.old = profiles, key, old
        self.editor = Editor()

    def handle(self, request: object) -> object:
        """The answer to a request. Before version 5 the bare result, but errors have an envelope in all."""
        asked = request if isinstance(request, dict) else {}
        try:
            result = self._carry_out(asked)
        except Exception as error:  # noqa: BLE001 - as in the add-on: whatever goes wrong is told by its text
            return {"result": None, "error": str(error)}
        return {"result": result, "error": None} if asked.get("version", 4) > 4 else result

    @property
    def col(self) -> anki.collection.Collection:
        col = self.profiles.col
        if col is None:
            raise RuntimeError("collection is not available")
        return col

    def start_editing(self) -> None:
        """Windows are told *before* the change is made: what they show afterwards is stale."""
        self.editor.reset(self.col)

    # The add-on itself, profiles

    @api
    def version(self) -> int:
        return 6

    @api
    def multi(self, actions: Iterable[object]) -> list[object]:
        return [self.handle(action) for action in actions]

    @api
    def getProfiles(self) -> list[str]:
        return list(self.profiles.names)

    @api
    def getActiveProfile(self) -> str:
        return self.profiles.current

    @api
    def loadProfile(self, name: str) -> bool:
        if name not in self.profiles.names:
            return False
        if name != self.profiles.current:
            self.profiles.open_soon(name)
        return True

    # Decks

    @api
    def deckNames(self) -> list[str]:
        return [deck.name for deck in self.col.decks.all_names_and_ids()]

    @api
    def deckNamesAndIds(self) -> dict[str, int]:
        return {deck.name: deck.id for deck in self.col.decks.all_names_and_ids()}

    @api
    def getDecks(self, cards: Sequence[int]) -> dict[str, list[int]]:
        """The deck where a card is now, which may be a filtered one; Default for a card that is not there."""
        found: dict[str, list[int]] = {}
        for card in cards:
            rows = self._rows("SELECT did FROM cards WHERE id = ?", card)
            found.setdefault(self.col.decks.name(DeckId(int(str(rows[0][0])) if rows else 1)), []).append(card)
        return found

    @api
    def createDeck(self, deck: str) -> int:
        self.start_editing()
        return self._deck(deck)

    @api
    def changeDeck(self, cards: Sequence[int], deck: str) -> None:
        self.start_editing()
        self.col.set_deck([CardId(card) for card in cards], self._deck(deck))

    @api
    def deleteDecks(self, decks: Sequence[str], cardsToo: bool = False) -> None:
        if not cardsToo:
            raise RuntimeError(
                "Since Anki 2.1.28 it's not possible to delete decks without deleting cards as well.\n"
                "deleteDecks now requires cardsToo to be true."
            )
        self.start_editing()
        self.col.decks.remove([self._deck(deck) for deck in decks])

    # Notes

    @api
    def findNotes(self, query: str | None = None) -> list[int]:
        return [] if query is None else list(self.col.find_notes(query))

    @api
    def notesInfo(self, notes: Sequence[int] | None = None, query: str | None = None) -> list[Answer]:
        found = self.findNotes(query) if query is not None else notes or ()
        return [self._note(note) for note in found]

    @api
    def notesModTime(self, notes: Sequence[int]) -> list[Answer]:
        mods = {note: self._rows("SELECT mod FROM notes WHERE id = ?", note) for note in notes}
        return [{"noteId": note, "mod": mods[note][0][0]} if mods[note] else {} for note in notes]

    @api
    def addNote(self, note: Mapping[str, object]) -> int:
        deck_name, model_name = str(note["deckName"]), str(note["modelName"])
        model = self._model(model_name)
        deck = self.col.decks.by_name(deck_name)
        if deck is None:
            raise RuntimeError(f"deck was not found: {deck_name}")
        made = self.col.new_note(model)
        given = note["fields"]
        assert isinstance(given, dict)
        for name, value in given.items():
            for own in made.keys():  # noqa: SIM118 - not a mapping, though it has keys
                if own.lower() == name.lower():
                    made[own] = value
        tags = note.get("tags", [])
        assert isinstance(tags, list)
        made.set_tags_from_str(" ".join(tags))
        self.col.add_note(made, DeckId(1) if self.old else DeckId(deck["id"]))
        return made.id

    @api
    def updateNoteFields(self, note: Mapping[str, object]) -> None:
        nid, given = int(str(note["id"])), note["fields"]
        assert isinstance(given, dict)
        try:
            found = self.col.get_note(NoteId(nid))
        except NotFoundError:
            raise RuntimeError(f"Note was not found: {nid}") from None
        self.start_editing()
        for name, value in given.items():
            if name in found:
                found[name] = value
        self.col.update_note(found)

    @api
    def addTags(self, notes: Sequence[int], tags: str) -> None:
        self.start_editing()
        self.col.tags.bulk_add([NoteId(note) for note in notes], tags)

    @api
    def deleteNotes(self, notes: Sequence[int]) -> None:
        self.start_editing()
        self.col.remove_notes([NoteId(note) for note in notes])

    # Cards

    @api
    def findCards(self, query: str | None = None) -> list[int]:
        return [] if query is None else list(self.col.find_cards(query))

    @api
    def cardsInfo(self, cards: Sequence[int]) -> list[Answer]:
        return [self._card(card) for card in cards]

    # Notetypes

    @api
    def modelNames(self) -> list[str]:
        return [model.name for model in self.col.models.all_names_and_ids()]

    @api
    def modelNamesAndIds(self) -> dict[str, int]:
        return {model.name: model.id for model in self.col.models.all_names_and_ids()}

    @api
    def modelFieldNames(self, modelName: str) -> list[str]:
        return [field["name"] for field in self._model(modelName)["flds"]]

    @api
    def modelFieldAdd(self, modelName: str, fieldName: str, index: int | None = None) -> None:
        model = self._model(modelName)
        field = self.col.models.new_field(fieldName)
        self.col.models.add_field(model, field)
        if index is not None:
            self.col.models.reposition_field(model, field, index)
        self.col.models.update_dict(model)

    @api
    def modelTemplates(self, modelName: str) -> dict[str, dict[str, str]]:
        sides = self._model(modelName)["tmpls"]
        return {side["name"]: {"Front": side["qfmt"], "Back": side["afmt"]} for side in sides}

    @api
    def modelStyling(self, modelName: str) -> dict[str, str]:
        return {"css": self._model(modelName)["css"]}

    @api
    def updateModelTemplates(self, model: Mapping[str, object]) -> None:
        found, given = self._model(str(model["name"])), model["templates"]
        assert isinstance(given, dict)
        for side in found["tmpls"]:
            texts = given.get(side["name"], {})
            side["qfmt"], side["afmt"] = texts.get("Front", side["qfmt"]), texts.get("Back", side["afmt"])
        self.col.models.update_dict(found)

    @api
    def updateModelStyling(self, model: Mapping[str, object]) -> None:
        found = self._model(str(model["name"]))
        found["css"] = str(model["css"])
        self.col.models.update_dict(found)

    # Files

    @api
    def importPackage(self, path: str) -> bool:
        """As the add-on imports, with nothing to choose; a path is taken from Anki's own folder, the media's."""
        self.start_editing()
        before = self._rows("SELECT id, mod FROM notes") if self.old else []
        self.col.import_anki_package(
            anki.collection.ImportAnkiPackageRequest(
                package_path=str(Path(self.col.media.dir()) / path),
                options=anki.collection.ImportAnkiPackageOptions(
                    merge_notetypes=True, with_scheduling=True, with_deck_configs=True
                ),
            )
        )
        self.col.models._clear_cache()  # noqa: SLF001 - Anki's window does the same after an import
        for note, mod in before:
            # An Anki of before 25.02: what an import changed has the time of the import.
            assert self.col.db is not None
            self.col.db.execute("UPDATE notes SET mod = ? WHERE id = ? AND mod <> ?", int(time.time()), note, mod)  # type: ignore[arg-type]
        return True

    @api
    def getMediaFilesNames(self, pattern: str = "*") -> list[str]:
        return sorted(path.name for path in Path(self.col.media.dir()).glob(pattern))

    @api
    def retrieveMediaFile(self, filename: str) -> str | bool:
        path = Path(self.col.media.dir()) / unicodedata.normalize("NFC", Path(filename).name)
        return base64.b64encode(path.read_bytes()).decode() if path.is_file() else False

    # What several of them need

    def _carry_out(self, asked: Mapping[str, object]) -> object:
        if asked.get("key") != self.key:
            raise RuntimeError("valid api key must be provided")
        action = getattr(self, str(asked.get("action", "")), None)
        if not inspect.ismethod(action) or not getattr(action, "api", False):
            raise RuntimeError("unsupported action")
        return action(**asked.get("params", {}))  # type: ignore[arg-type] # a wrong one is told as Python words it

    def _rows(self, query: str, *values: int) -> list[tuple[object, ...]]:
        assert self.col.db is not None
        return [tuple(row) for row in self.col.db.all(query, *values)]

    def _deck(self, name: str) -> DeckId:
        made = self.col.decks.id(name)
        assert made is not None
        return made

    def _model(self, name: str) -> NotetypeDict:
        found = self.col.models.by_name(name)
        if found is None:
            raise RuntimeError(f"model was not found: {name}")
        return found

    def _note(self, nid: int) -> Answer:
        try:
            note = self.col.get_note(NoteId(nid))
        except NotFoundError:
            return {}
        fields = {name: {"value": value, "order": order} for order, (name, value) in enumerate(note.items())}
        model = note.note_type()
        assert model is not None
        told = {
            "noteId": note.id,
            "tags": note.tags,
            "fields": fields,
            "modelName": model["name"],
            "cards": [row[0] for row in self._rows("SELECT id FROM cards WHERE nid = ? ORDER BY ord", nid)],
        }
        return told if self.old else {**told, "profile": self.profiles.current, "mod": note.mod}

    def _card(self, cid: int) -> Answer:
        try:
            card = self.col.get_card(CardId(cid))
        except NotFoundError:
            return {}
        note = card.note()
        return {
            "cardId": card.id,
            "fields": {name: {"value": value, "order": order} for order, (name, value) in enumerate(note.items())},
            "fieldOrder": card.ord,
            "question": card.question(),
            "answer": card.answer(),
            "modelName": card.note_type()["name"],
            "ord": card.ord,
            "deckName": self.col.decks.name(card.did),
            "css": card.note_type()["css"],
            "factor": card.factor,
            "interval": card.ivl,
            "note": card.nid,
            "type": card.type,
            "queue": card.queue,
            "due": card.due,
            "reps": card.reps,
            "lapses": card.lapses,
            "left": card.left,
            "mod": card.mod,
        }
