"""A collection file, by Anki's own backend in this process: the optional package `anki`. Anki must be closed.

What the calls do is from `reference/anki-import.md` §9 and, where a comment says "seen", from trials with anki 26.09.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ankisync.model import NoteId
from ankisync.push.held import Anki, HeldCard, HeldNote, Unreached

if TYPE_CHECKING:
    from anki.collection import Collection
    from anki.dbproxy import DBProxy

SCHEMA = 18  # of every Anki since 2.1.50 (2022)
_CHUNK = 5000  # ids in one query, whose text SQLite limits to a million bytes
# Where Anki keeps what its import dialog was last used with; every import writes it (seen).
_DIALOG = ("mergeNotetypes", "withScheduling", "withDeckConfigs", "updateNotes", "updateNotetypes")


class NotInstalled(Unreached):
    """The optional package `anki` is not there: a matter of usage (exit status 2)."""


def open_collection(path: Path) -> Anki:
    """The collection in a file, or in the folder of a profile. Nobody else can open it until it is closed.

    Nothing is changed by reading. Refused with `Unreached`: what is no collection, one that is open in Anki, one of a
    newer Anki than the package `anki`, and one so old that opening would take it away from the Anki it belongs to.
    """
    file = Path(os.path.abspath(path / "collection.anki2" if path.is_dir() else path))
    require_anki()
    _check_schema(file)
    return OpenCollection(open_file(file), str(file), file.parent / "backups")


def require_anki() -> None:
    """Raise `NotInstalled` where the package `anki` is not there, or does not run here."""
    try:
        import anki.collection  # noqa: F401
    except ImportError as error:
        why = "" if isinstance(error, ModuleNotFoundError) else f" ({error})"
        raise NotInstalled(
            f'this needs the package anki, which is not installed{why}: pip install "ankisync-md[anki]"'
        ) from None


def open_file(file: Path) -> "Collection":
    """Open a collection, or make one."""
    from anki.collection import Collection
    from anki.errors import AnkiException

    try:
        return Collection(str(file))
    except AnkiException as error:
        raise Unreached(f"{file}: {words(error)}") from None


def words(error: Exception) -> str:
    """What the backend says, in words that tell what to do where we know."""
    told = str(error)
    if "already open" in told:
        return "the collection is open in Anki: close Anki first"
    if "FileTooNew" in told:
        return 'the collection is of a newer Anki than the package anki here: pip install -U "ankisync-md[anki]"'
    # Anki marks where text of one direction stands in the other's.
    return " ".join(told.replace("\u2068", "").replace("\u2069", "").split()) or type(error).__name__


class OpenCollection:
    """An open collection, to push to.

    What is done stands once `refresh` is called: until then all of it is one undo step, which is undone where a part of
    it fails, and the session is over, or where the session just ends. `backups` is the folder that gets a backup before
    the first change; None where none is made.
    """

    def __init__(self, col: "Collection", name: str, backups: Path | None) -> None:
        self._col = col
        self._name = name
        self._backups = backups
        self._step: int | None = None
        self._failed = False

    def name(self) -> str:
        """The absolute path of the file."""
        return self._name

    def notes(self, ids: Sequence[NoteId]) -> Mapping[NoteId, HeldNote]:
        """Those of the notes that are there."""
        with self._working():
            found: dict[NoteId, HeldNote] = {}
            types: dict[int, tuple[str, tuple[str, ...]]] = {}
            cards = self._cards(ids)
            for row in self._rows("SELECT id, mid, mod, tags, flds FROM notes WHERE id", ids):
                note, mid, mod = NoteId(row[0]), row[1], row[2]
                if mid not in types:
                    types[mid] = self._notetype(mid)
                name, names = types[mid]
                fields = tuple(zip(names, str(row[4]).split("\x1f"), strict=False))
                found[note] = HeldNote(note, name, fields, tuple(str(row[3]).split()), mod, tuple(cards.get(note, ())))
            return found

    def mods(self, ids: Sequence[NoteId]) -> Mapping[NoteId, int]:
        """The `mod` of those that are there, in seconds."""
        with self._working():
            return {NoteId(row[0]): row[1] for row in self._rows("SELECT id, mod FROM notes WHERE id", ids)}

    def take(self, package: Path) -> None:
        """Import a package, if that needs no full sync.

        Notetypes are not merged: merging raises the `mod` of each of their notes, empties fields that the user added
        (seen), and where it changes a notetype's fields or templates forces a full sync. Without it, notes whose
        notetype was changed in either place are left as they are, which is refused. A look that is newer is taken.
        Scheduling and deck options are the user's; a package of ours has none.
        """
        from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest

        with self._changing():
            dialog = {key: self._col.get_config(key) for key in _DIALOG}
            known = {found.id for found in self._col.models.all_names_and_ids()}
            options = ImportAnkiPackageOptions()  # all off, notes and notetypes if they are newer
            request = ImportAnkiPackageRequest(package_path=os.path.abspath(package), options=options)
            log = self._col.import_anki_package(request).log
            self._col.models._clear_cache()  # noqa: SLF001 - as Anki's own window does after an import
            self._refuse_conflicts([found.id.nid for found in log.conflicting], known)
            self._restore(dialog)

    def move(self, cards: Sequence[int], deck: str) -> None:
        """Put cards into a deck; those in a filtered deck come out of it, as in Anki's browser."""
        with self._changing():
            made = self._col.decks.add_normal_deck_with_name(deck)  # or the one that is there
            self._col.set_deck(cards, made.id)  # type: ignore[arg-type]

    def delete(self, notes: Sequence[NoteId]) -> None:
        """Delete notes; an id that is not there is passed over."""
        with self._changing():
            self._col.remove_notes(notes)  # type: ignore[arg-type]

    def refresh(self) -> None:
        """What was done stands."""
        if not self._failed:
            self._step = None

    def close(self) -> None:
        """Let go of the file, as it was when `refresh` was last called."""
        try:
            self._undo()
        finally:
            self._col.close()

    @contextmanager
    def _working(self) -> Iterator[None]:
        """What the backend refuses is told as `Unreached`."""
        from anki.errors import AnkiException

        if self._failed:
            raise Unreached(f"{self._name}: nothing more is done after what went wrong")
        try:
            yield
        except (AnkiException, OSError) as error:
            raise Unreached(f"{self._name}: {words(error)}") from None

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change, as part of the one undo step. If it fails, or needs a full sync, that step is undone."""
        try:
            with self._working():
                step = self._begin()
                before = self._schema()
                yield
                self._refuse_full_sync(before)
                self._col.merge_undo_entries(step)
        except BaseException:
            self._undo()
            raise

    def _begin(self) -> int:
        """The undo step that everything goes into, after a backup."""
        if self._step is None:
            if self._backups:
                self._backups.mkdir(exist_ok=True)
                self._col.create_backup(backup_folder=str(self._backups), force=True, wait_for_completion=True)
                self._backups = None
            self._step = self._col.add_custom_undo_entry("ankisync")
        return self._step

    def _undo(self) -> None:
        from anki.errors import AnkiException

        if self._step is None or self._failed:
            return
        self._failed = True
        try:
            self._col.merge_undo_entries(self._step)
            self._col.undo()
        except AnkiException as error:
            raise Unreached(f"{self._name}: what was done cannot be undone: {words(error)}") from None

    def _schema(self) -> int:
        """When the schema last changed: from then on a full sync is needed."""
        return int(self._db.scalar("SELECT scm FROM col"))

    def _refuse_full_sync(self, before: int) -> None:
        if self._schema() != before:
            raise Unreached(f"{self._name}: this would force a full sync of all devices. Nothing was changed")

    @property
    def _db(self) -> "DBProxy":
        if self._col.db is None:
            raise Unreached(f"{self._name}: is closed")
        return self._col.db

    def _cards(self, notes: Sequence[NoteId]) -> Mapping[int, list[HeldCard]]:
        """The cards of notes, by note, in the order of their templates."""
        decks = {deck.id: deck.name for deck in self._col.decks.all_names_and_ids()}
        found: dict[int, list[HeldCard]] = {}
        # The home deck of a card in a filtered one is `odid`, of others 0.
        query = "SELECT id, nid, ord, iif(odid, odid, did) FROM cards WHERE nid"
        for card, note, place, deck in sorted(self._rows(query, notes), key=lambda row: row[2]):
            found.setdefault(note, []).append(HeldCard(card, place, decks.get(deck, "")))
        return found

    def _notetype(self, mid: int) -> tuple[str, tuple[str, ...]]:
        """The name and the fields' names of a notetype."""
        found = self._col.models.get(mid)  # type: ignore[arg-type]
        return (found["name"], tuple(field["name"] for field in found["flds"])) if found else ("", ())

    def _refuse_conflicts(self, notes: Sequence[int], known: set[int]) -> None:
        """Raise `Unreached` where an import left notes as they are, or made a copy of a notetype beside the one that
        is not as the package has it. New notes may go into a copy that an earlier import made.
        """
        changed = {self._notetype(row[0])[0] for row in self._rows("SELECT mid FROM notes WHERE id", notes)}
        for found in self._col.models.all():
            original = found.get("originalId")
            if found["id"] not in known and original and original != found["id"]:
                changed.add(self._notetype(original)[0])
        if changed:
            raise Unreached(
                f"{self._name}: {', '.join(sorted(changed))}: its fields or card types are not the same in Anki and in "
                "the notes; only a full sync of all devices could change that. Nothing was changed"
            )

    def _restore(self, dialog: Mapping[str, object]) -> None:
        """Let Anki's import dialog offer what it was last used with."""
        for key, value in dialog.items():
            if value is None:
                self._col.remove_config(key)
            else:
                self._col.set_config(key, value, undoable=True)

    def _rows(self, query: str, ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """The rows for some ids, a few thousand at a time. Columns of text are there as texts."""
        for start in range(0, len(ids), _CHUNK):
            some = ",".join(map(str, ids[start : start + _CHUNK]))
            yield from map(tuple, self._db.all(f"{query} IN ({some})"))


def _check_schema(file: Path) -> None:
    """Refuse what is no collection, or one of an old schema: opened here, its own Anki could not read it any more."""
    if not file.is_file():
        raise Unreached(f"{file}: there is no such file")
    try:
        # `mode=ro` sees what is in the write-ahead log, makes nothing, and holds nothing once it is closed.
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0)) as database:
            (schema,) = database.execute("SELECT ver FROM col").fetchone()
    except (sqlite3.Error, TypeError) as error:
        if isinstance(error, sqlite3.OperationalError) and "no such table" not in str(error):
            return  # locked by Anki, say: told when we open it
        raise Unreached(f"{file}: this is no collection of Anki") from None
    if schema < SCHEMA:
        raise Unreached(f"{file}: this is of an old Anki (schema {schema}): open it once in Anki 2.1.50 or newer")
