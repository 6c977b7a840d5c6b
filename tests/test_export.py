"""What a user exported from Anki is read as Anki itself tells it, in every form; damage is told, never raised."""

import gc
import io
import json
import random
import sqlite3
import struct
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import anki.collection
import genanki
import pytest
import zstandard
from anki.collection import Collection, ExportAnkiPackageOptions
from anki.decks import DeckId
from anki.models import NotetypeDict
from anki.notetypes_pb2 import Notetype as NotetypeMessage
from hypothesis import given
from hypothesis import strategies as st

from ankisync.export import Export, ExportedNote, NoExport, archive, database, read_export
from ankisync.export.collection import read_collection
from ankisync.export.protobuf import read_integer, read_message, read_text
from ankisync.model import Guid, NoteId
from ankisync.notetypes import Field, Notetype, NotetypeId, Template
from tests.anki_support import Anki, Imported, open_anki
from tests.support import PYTHON

ODD_NAME = "Můj typ 'x' ::日本 \U0001f600 % _ e\u0301"
CSS = ".card { color: red } /* Příliš žluťoučký \u2028 \U0001f600 */\r\n"
FIRST_ID = 1_702_818_043_968

PACKAGES = ["new.apkg", "new-scheduling.apkg", "old.apkg", "old-scheduling.apkg"]
COLLECTIONS = ["new.colpkg", "old.colpkg", "backup.colpkg"]
CLOSED = ["closed/collection.anki2", "closed11/collection.anki2"]
Change = Callable[[dict[str, object]], object]

LEGACY = ["anki21-without-meta.apkg", "anki2-only.apkg"]
FORMS = [*PACKAGES, *COLLECTIONS, *CLOSED, *LEGACY]


@dataclass(frozen=True)
class Exports:
    """One collection in every form, and what Anki says of it while it is open."""

    folder: Path
    notes: Mapping[NoteId, ExportedNote]
    notetypes: Mapping[NotetypeId, Notetype]

    def path(self, form: str) -> Path:
        return self.folder / form

    def read(self, form: str) -> Export:
        return sound(self.path(form))


def sound(path: Path) -> Export:
    found = read_export(path)
    assert isinstance(found, Export), found
    return found


def refused(path: Path) -> NoExport:
    found = read_export(path)
    assert isinstance(found, NoExport)
    assert found.hint
    return found


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("exports")
    with open_anki(folder / "anki") as anki:
        fill(anki)
        told = Exports(folder, notes_of(anki.col), notetypes_of(anki.col))
        for form in PACKAGES:
            export_package(anki.col, folder / form)
        back_up(anki.col, folder)
        for form in ("new.colpkg", "old.colpkg"):
            anki.col.export_collection_package(str(folder / form), include_media=True, legacy=form.startswith("old"))
            anki.col.reopen()
    close_copies(folder)
    old = members(folder / "old.colpkg")
    write_zip(folder / LEGACY[0], {name: data for name, data in old.items() if name != "meta"})
    write_zip(folder / LEGACY[1], {"collection.anki2": old["collection.anki21"], "media": b"{}"})
    return told


def fill(anki: Anki) -> None:
    """Notes of many kinds, in several decks, some of them reviewed, under ids like those of real notes."""
    models = anki.col.models
    basic, two = stock(anki, "Basic"), stock(anki, "Basic (and reversed card)")
    renamed = models.copy(basic, add=True)
    renamed["name"], renamed["css"] = ODD_NAME, CSS
    models.update_dict(renamed)
    grown = models.copy(two, add=True)
    models.add_field(grown, models.new_field("Zdroj č 日本 😀"))
    grown["tmpls"][1]["name"], grown["tmpls"][0]["qfmt"] = "Obráceně\u00a0", "{{Front}}\r\n<b>ž</b>"
    models.update_dict(grown)
    names = ["Basic", two["name"], "Cloze", models.get(renamed["id"]), models.get(grown["id"])]
    kinds = [models.by_name(each) if isinstance(each, str) else each for each in names]
    for place in range(60):
        add(anki, kinds[place % len(kinds)], place)
    for deck in ("D0", "D1::Sub č"):
        for _ in range(3):
            anki.study(deck, 3)
    (Path(anki.col.media.dir()) / "p.png").write_bytes(b"\x89PNG")


def stock(anki: Anki, name: str) -> NotetypeDict:
    found = anki.col.models.by_name(name)
    assert found is not None
    return found


def add(anki: Anki, kind: NotetypeDict | None, place: int) -> None:
    assert kind is not None
    note = anki.col.new_note(kind)
    note.fields[0] = f"{{{{c1::f{place}}}}} {{{{c{2 + place % 3}::x}}}} <img src='p.png'>"
    note.fields[1] = f"text {place} ž"
    deck = anki.col.decks.id(("D0", "D1::Sub č", "Default")[place % 3])
    assert deck is not None
    anki.col.add_note(note, DeckId(deck))
    chosen = FIRST_ID + place * place * 1009
    assert anki.col.db is not None
    anki.col.db.execute("UPDATE notes SET id = ?, mod = ? WHERE id = ?", chosen, 1_600_000_000 + place, note.id)
    anki.col.db.execute("UPDATE cards SET nid = ? WHERE nid = ?", chosen, note.id)


def notes_of(col: Collection) -> dict[NoteId, ExportedNote]:
    notes = (col.get_note(note_id) for note_id in col.find_notes(""))
    told = [
        ExportedNote(
            NoteId(note.id),
            Guid(note.guid),
            NotetypeId(note.mid),
            note.mod,
            tuple(sorted((card.ord, card.id) for card in note.cards())),
        )
        for note in notes
    ]
    return {note.id: note for note in told}


def notetypes_of(col: Collection) -> dict[NotetypeId, Notetype]:
    told = [
        Notetype(
            key=each["name"],
            name=each["name"],
            id=NotetypeId(each["id"]),
            mod=0,
            fields=tuple(Field(part["name"], part["id"]) for part in each["flds"]),
            templates=tuple(Template(part["name"], part["id"], part["qfmt"], part["afmt"]) for part in each["tmpls"]),
            css=each["css"],
            cloze=each["type"] == 1,
        )
        for each in col.models.all()
    ]
    return {notetype.id: notetype for notetype in told}


def export_package(col: Collection, path: Path, deck: int | None = None) -> None:
    options = ExportAnkiPackageOptions(
        legacy=path.name.startswith("old"),
        with_scheduling="scheduling" in path.name,
        with_deck_configs="scheduling" in path.name,
        with_media=True,
    )
    limit = None if deck is None else anki.collection.DeckIdLimit(DeckId(deck))
    col.export_anki_package(out_path=str(path), options=options, limit=limit)


def back_up(col: Collection, folder: Path) -> None:
    (folder / "backups").mkdir()
    assert col.create_backup(backup_folder=str(folder / "backups"), force=True, wait_for_completion=True)
    (made,) = (folder / "backups").iterdir()
    made.rename(folder / "backup.colpkg")


def close_copies(folder: Path) -> None:
    """The collection as Anki leaves it, and as it leaves it for older versions."""
    data = (folder / "anki" / "collection.anki2").read_bytes()
    for form in CLOSED:
        (folder / form).parent.mkdir()
        (folder / form).write_bytes(data)
    old = Collection(str(folder / CLOSED[1]))
    old.close(downgrade=True)


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def write_zip(path: Path, content: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in content.items():
            opened.writestr(name, data)
    return path


def database_of(path: Path) -> bytes:
    """The database in a file, whatever form it has."""
    if path.suffix == ".anki2":
        return path.read_bytes()
    content = members(path)
    if "collection.anki21b" in content:
        return zstandard.ZstdDecompressor().decompressobj().decompress(content["collection.anki21b"])
    return content.get("collection.anki21", content["collection.anki2"])


class Alter(Protocol):
    def __call__(self, *statements: str, form: str = "old.colpkg") -> Path: ...


@pytest.fixture
def altered(exports: Exports, tmp_path: Path) -> Alter:
    """Make a closed collection of one of the forms after changing its database by SQL."""

    def alter(*statements: str, form: str = "old.colpkg") -> Path:
        path = tmp_path / f"altered-{len(list(tmp_path.iterdir()))}.anki2"
        data = bytearray(database_of(exports.path(form)))
        data[18:20] = b"\1\1"
        path.write_bytes(data)
        opened = sqlite3.connect(path)
        opened.create_collation("unicase", lambda one, other: (one > other) - (one < other))
        for statement in statements:
            opened.execute(statement)
        opened.commit()
        opened.close()
        return path

    return alter


# Every form


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_what_anki_says(exports: Exports, form: str) -> None:
    read = exports.read(form)
    assert len(read.notes) == 60
    assert read.notes == exports.notes
    used = {note.notetype for note in exports.notes.values()}
    assert {number: read.notetypes[number] for number in used} == {number: exports.notetypes[number] for number in used}
    assert set(read.notetypes) == (used if form in PACKAGES else set(exports.notetypes))


def test_the_collection_holds_what_the_forms_are_to_be_tried_on(exports: Exports) -> None:
    names = {each.name for each in exports.notetypes.values()}
    assert unicodedata.normalize("NFC", ODD_NAME) in names
    assert CSS in {each.css for each in exports.notetypes.values()}
    assert {len(note.cards) for note in exports.notes.values()} == {1, 2}
    assert {each.cloze for each in exports.notetypes.values()} == {True, False}
    assert any(part.name == "Obráceně\u00a0" for each in exports.notetypes.values() for part in each.templates)
    assert any(len(each.fields) == 3 for each in exports.notetypes.values())


@pytest.mark.parametrize("form", FORMS)
def test_fields_and_templates_have_their_ids_in_every_form_that_anki_makes(exports: Exports, form: str) -> None:
    for notetype in exports.read(form).notetypes.values():
        assert all(part.id for part in notetype.fields)
        assert all(part.id for part in notetype.templates)


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_written_beside_the_file(exports: Exports, form: str, tmp_path: Path) -> None:
    path = tmp_path / exports.path(form).name
    path.write_bytes(exports.path(form).read_bytes())
    before = path.stat(), path.read_bytes()
    sound(path)
    assert (path.stat().st_mtime_ns, path.read_bytes()) == (before[0].st_mtime_ns, before[1])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", FORMS)
def test_names_that_mean_something_in_addresses_are_plain_file_names(
    exports: Exports, form: str, tmp_path: Path
) -> None:
    folder = tmp_path / "a?mode=rw&x#y %41 ž"
    folder.mkdir()
    path = folder / f"%3f?#{exports.path(form).name}"
    path.write_bytes(exports.path(form).read_bytes())
    assert sound(path).notes == exports.notes
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize("form", ["new.apkg", "old.colpkg", CLOSED[0]])
def test_the_form_is_known_by_content_not_by_name(exports: Exports, form: str, tmp_path: Path) -> None:
    path = tmp_path / "download"
    path.write_bytes(exports.path(form).read_bytes())
    assert sound(path).notes == exports.notes


def test_a_link_to_a_collection_is_followed(exports: Exports, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(exports.path(CLOSED[0]))
    assert sound(link).notes == exports.notes


@pytest.mark.parametrize("name", ["new-one.apkg", "old-one.apkg"])
def test_an_export_of_one_deck_holds_the_notes_of_that_deck(exports: Exports, name: str, tmp_path: Path) -> None:
    (tmp_path / "anki").mkdir()
    (tmp_path / "anki" / "collection.anki2").write_bytes(exports.path(CLOSED[0]).read_bytes())
    col = Collection(str(tmp_path / "anki" / "collection.anki2"))
    deck = col.decks.id_for_name("D0")
    export_package(col, tmp_path / name, deck)
    wanted = {NoteId(each) for each in col.find_notes("deck:D0")}
    col.close()
    assert 0 < len(wanted) < 60
    assert sound(tmp_path / name).notes == {each: exports.notes[each] for each in wanted}


def test_a_package_made_by_genanki_is_read_and_has_no_field_ids(tmp_path: Path) -> None:
    parts = [{"name": "Q ž"}, {"name": "A"}]
    templates = [{"name": "One", "qfmt": "{{Q ž}}", "afmt": "{{A}}"}, {"name": "Two", "qfmt": "{{A}}", "afmt": "x"}]
    model = genanki.Model(1_607_392_319, "Simple", fields=parts, templates=templates, css="b{}")
    deck = genanki.Deck(2_059_400_110, "Deck")
    deck.add_note(genanki.Note(model=model, fields=["q", "a"], guid="own-guid ž"))
    genanki.Package(deck).write_to_file(tmp_path / "g.apkg", timestamp=1_700_000_000.0)
    read = sound(tmp_path / "g.apkg")
    ((note_id, note),) = read.notes.items()
    assert (note.id, note.guid, note.mod, note.notetype) == (note_id, "own-guid ž", 1_700_000_000, model.model_id)
    assert [ord_ for ord_, _ in note.cards] == [0, 1]
    both = (Template("One", None, "{{Q ž}}", "{{A}}"), Template("Two", None, "{{A}}", "x"))
    assert read.notetypes[note.notetype] == Notetype(
        "Simple", "Simple", note.notetype, 0, (Field("Q ž", None), Field("A", None)), both, "b{}"
    )


# Anki has it open


def test_a_collection_that_anki_has_open_is_not_read_and_one_that_it_closed_is(
    exports: Exports, tmp_path: Path
) -> None:
    path = tmp_path / "collection.anki2"
    path.write_bytes(exports.path(CLOSED[0]).read_bytes())
    code = (
        "import sys; from anki.collection import Collection\n"
        "col = Collection(sys.argv[1]); print('open', flush=True); sys.stdin.readline()\n"
        "note = col.new_note(col.models.by_name('Basic')); note.fields[0] = 'new'; col.add_note(note, 1)\n"
        "print('changed', flush=True); sys.stdin.readline(); col.close()"
    )
    started = subprocess.Popen(
        [PYTHON, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert started.stdin is not None
    assert started.stdout is not None
    with started:
        for state, log in (("open", False), ("changed", True)):
            assert started.stdout.readline().strip() == state
            assert (path.with_name("collection.anki2-wal").stat().st_size > 0) == log
            found = refused(path)
            assert found.reason == "is open in Anki"
            assert "close Anki" in found.hint
            started.stdin.write("\n")
            started.stdin.flush()
    assert len(sound(path).notes) == 61


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
@pytest.mark.parametrize("form", CLOSED)
def test_a_log_beside_it_holds_notes_that_are_not_in_the_file(
    exports: Exports, form: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / "collection.anki2"
    path.write_bytes(exports.path(form).read_bytes())
    log = tmp_path / f"collection.anki2{suffix}"
    log.write_bytes(b"x")
    assert refused(path).reason == "is open in Anki"
    log.write_bytes(b"")
    assert sound(path).notes == exports.notes
    assert sorted(tmp_path.iterdir()) == [path, log]
    assert log.read_bytes() == b""


def test_the_log_is_looked_for_beside_the_file_that_a_link_leads_to(exports: Exports, tmp_path: Path) -> None:
    folder = tmp_path / "anki"
    folder.mkdir()
    (folder / "collection.anki2").write_bytes(exports.path(CLOSED[0]).read_bytes())
    (folder / "collection.anki2-wal").write_bytes(b"x")
    (tmp_path / "link.anki2").symlink_to(folder / "collection.anki2")
    assert refused(tmp_path / "link.anki2").reason == "is open in Anki"


def test_where_there_are_no_such_locks_the_log_tells(
    exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    path = tmp_path / "collection.anki2"
    path.write_bytes(exports.path(CLOSED[0]).read_bytes())
    assert sound(path).notes == exports.notes
    (tmp_path / "collection.anki2-wal").write_bytes(b"x")
    assert refused(path).reason == "is open in Anki"


@pytest.mark.parametrize("log", [False, True])
def test_a_collection_that_changes_while_it_is_read_is_refused(
    exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: bool
) -> None:
    path = tmp_path / "collection.anki2"
    path.write_bytes(exports.path(CLOSED[0]).read_bytes())

    def meanwhile(connection: sqlite3.Connection) -> Export:
        if log:
            (tmp_path / "collection.anki2-wal").write_bytes(b"x")
        else:
            path.write_bytes(path.read_bytes() + bytes(4096))
        return read_collection(connection)

    monkeypatch.setattr("ankisync.export.read_collection", meanwhile)
    assert refused(path).reason == "changed while it was read"


# What is no export


def test_what_is_no_file_is_told(exports: Exports, tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.apkg").reason == "does not exist"
    assert refused(exports.path(CLOSED[0]) / "below").reason == "does not exist"
    assert refused(tmp_path).reason == "is a folder"
    found = refused(exports.path(CLOSED[0]).parent)
    assert found.reason == "is a folder"
    assert str(exports.path(CLOSED[0])) in found.hint
    assert "File > Export" in refused(tmp_path).hint


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.apkg")
    assert refused(tmp_path / "pipe.apkg").reason == "is no file"


@pytest.mark.parametrize(
    "content", [b"", b"P", b"PK", b"SQLite", b"#separator:tab\n#html:true\na\tb\n", b"\x89PNG\r\n", b"x" * 5000]
)
def test_other_files_are_no_exports(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.apkg"
    path.write_bytes(content)
    assert refused(path).reason == "is neither a package nor a collection of Anki"
    assert "other formats hold no IDs" in refused(path).hint


def test_a_file_that_may_not_be_read_is_told(exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(database, "_beginning", denied)
    assert refused(exports.path("new.apkg")).reason == "cannot be read (Permission denied)"


def test_more_than_the_memory_holds_is_told(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(_path: Path) -> bytearray:
        raise MemoryError

    monkeypatch.setattr(database, "unpack", too_much)
    assert refused(exports.path("new.apkg")).reason == "needs more memory than there is"


def test_a_path_that_is_too_long_for_sqlite_is_told(exports: Exports, tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["deep" * 20] * 8)
    folder.mkdir(parents=True)
    (folder / "x").write_bytes(exports.path(CLOSED[0]).read_bytes())
    assert refused(folder / "x").reason == "cannot be opened (unable to open database file)"


def test_a_path_that_no_system_takes_is_told() -> None:
    assert refused(Path("a\0b.apkg")).reason == "does not exist"


def test_a_zip_without_collection_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", {"docs/collection.anki2": b"", "a.md": b"text"})
    assert "without a collection" in refused(path).reason
    assert "without a collection" in refused(write_zip(tmp_path / "empty.zip", {})).reason


def test_the_stub_for_older_versions_is_never_taken_for_the_collection(exports: Exports, tmp_path: Path) -> None:
    for form in ("new.apkg", "old.apkg"):
        content = members(exports.path(form))
        assert "collection.anki2" in content
        rest = {name: data for name, data in content.items() if not name.startswith("collection.anki21")}
        assert "without a collection" in refused(write_zip(tmp_path / form, rest)).reason
    assert len(sound(write_zip(tmp_path / "stub.apkg", {"collection.anki2": content["collection.anki2"]})).notes) == 1


def test_the_newest_collection_counts_where_nothing_says_which(exports: Exports, tmp_path: Path) -> None:
    content = {name: data for name, data in members(exports.path("new.apkg")).items() if name != "meta"}
    assert sound(write_zip(tmp_path / "x.apkg", content)).notes == exports.notes


@pytest.mark.parametrize("form", ["new.apkg", "old.apkg", "anki21-without-meta.apkg"])
def test_a_damaged_name_in_the_zip_does_not_bring_up_the_stub(exports: Exports, form: str, tmp_path: Path) -> None:
    """Each member stands in a zip's directory a second time, towards the end."""
    data, path = exports.path(form).read_bytes(), tmp_path / form
    for name in (b"meta", b"collection.anki21"):
        at = data.rfind(name)
        if at >= 0:
            path.write_bytes(data[:at] + b"X" + data[at + 1 :])
            refused(path)


def encrypted(data: bytes) -> bytes:
    """A zip with the mark of encryption at all members."""
    marked = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = marked.find(signature)
        while at >= 0:
            marked[at + offset] |= 1
            at = marked.find(signature, at + 4)
    return bytes(marked)


@pytest.mark.parametrize("form", ["new.apkg", "old.colpkg", LEGACY[1]])
def test_an_encrypted_zip_is_told(exports: Exports, form: str, tmp_path: Path) -> None:
    path = tmp_path / "x.apkg"
    path.write_bytes(encrypted(exports.path(form).read_bytes()))
    assert refused(path).reason == "is an encrypted zip"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_again_by_another_method_is_told(exports: Exports, method: int, tmp_path: Path) -> None:
    path = tmp_path / "x.apkg"
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in members(exports.path("old.apkg")).items():
            opened.writestr(name, data)
    assert "compressed in a way that Anki does not use" in refused(path).reason
    write_zip(path, members(exports.path("old.apkg")))
    assert sound(path).notes == exports.notes


@pytest.mark.parametrize("meta", [b"\x08\x04", b"\x08\x00", b"", b"\x10\x03"])
def test_a_package_of_a_newer_anki_is_told(exports: Exports, meta: bytes, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.apkg", members(exports.path("new.apkg")) | {"meta": meta})
    assert "newer Anki" in refused(path).reason
    assert "Support older Anki versions" in refused(path).hint


@pytest.mark.parametrize(("schema", "reason"), [(19, "newer Anki (schema 19"), (10, "very old Anki (schema 10")])
@pytest.mark.parametrize("form", ["new.colpkg", "old.colpkg"])
def test_a_collection_of_another_age_is_told(altered: Alter, form: str, schema: int, reason: str) -> None:
    assert reason in refused(altered(f"UPDATE col SET ver = {schema}", form=form)).reason


def test_a_collection_without_notes_is_told(tmp_path: Path) -> None:
    with open_anki(tmp_path / "anki") as anki:
        for form in ("new.colpkg", "old.colpkg"):
            anki.col.export_collection_package(str(tmp_path / form), include_media=False, legacy=form == "old.colpkg")
            anki.col.reopen()
    for path in (tmp_path / "new.colpkg", tmp_path / "old.colpkg", tmp_path / "anki" / "collection.anki2"):
        assert refused(path).reason == "holds no note"


def test_another_database_is_told(tmp_path: Path) -> None:
    opened = sqlite3.connect(tmp_path / "places.sqlite")
    opened.execute("CREATE TABLE places (id)")
    opened.close()
    assert "no collection of Anki" in refused(tmp_path / "places.sqlite").reason
    packed = write_zip(tmp_path / "x.apkg", {"collection.anki2": b"no database"})
    assert refused(packed).reason == "holds a collection that is no database"


def test_a_view_is_no_table_of_notes(altered: Alter) -> None:
    path = altered("ALTER TABLE notes RENAME TO other", "CREATE VIEW notes AS SELECT * FROM other")
    assert "no table `notes`" in refused(path).reason


@pytest.mark.parametrize(
    "lie",
    [
        {"header_offset": 2**64 - 1},
        {"header_offset": 2**63 - 1},
        {"header_offset": 2**40},
        {"file_size": 10**6, "compress_size": 10**6},
        {"file_size": 5},
        {"file_size": 2**50, "compress_size": 2**50},
        {"CRC": 1},
        {"compress_type": 77},
    ],
)
def test_a_zip_whose_directory_lies_is_told(exports: Exports, lie: Mapping[str, int], tmp_path: Path) -> None:
    path = tmp_path / "x.apkg"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("collection.anki2", database_of(exports.path("old.apkg")))
        for name, value in lie.items():
            setattr(opened.infolist()[0], name, value)
    assert refused(path).reason.startswith("is a damaged or cut off zip (")


# Zstandard


def repacked(exports: Exports, path: Path, frame: bytes) -> Path:
    return write_zip(path, members(exports.path("new.apkg")) | {"collection.anki21b": frame})


def test_a_compressed_collection_that_was_cut_off_in_a_sound_zip_is_told(exports: Exports, tmp_path: Path) -> None:
    frame = members(exports.path("new.apkg"))["collection.anki21b"]
    assert sound(repacked(exports, tmp_path / "x.apkg", frame)).notes == exports.notes
    for size in (0, 1, 4, 9, len(frame) // 2, len(frame) - 4, len(frame) - 1):
        assert "cut off" in refused(repacked(exports, tmp_path / "x.apkg", frame[:size])).reason
    for more in (b"x", frame, bytes(10_000)):
        assert refused(repacked(exports, tmp_path / "x.apkg", frame + more)).hint
    assert "damaged" in refused(repacked(exports, tmp_path / "x.apkg", b"no zstd" * 99)).reason


@pytest.mark.parametrize("size", [None, 40_000_000])
def test_a_decompression_bomb_ends_at_the_limit(
    exports: Exports, size: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LIMIT", 10_000_000)
    data = database_of(exports.path("new.apkg")) + bytes(40_000_000)
    frame = zstandard.ZstdCompressor(write_content_size=size is not None).compress(data)
    assert len(frame) < 50_000
    bombs = [
        repacked(exports, tmp_path / "zstd.apkg", frame),
        write_zip(tmp_path / "deflate.apkg", {"collection.anki2": data}),
    ]
    for bomb in bombs:
        assert "holds a collection of over" in refused(bomb).reason
    assert sound(exports.path("new.apkg")).notes == exports.notes


# What stands in a collection


@pytest.mark.parametrize("form", ["new.colpkg", "old.colpkg"])
def test_odd_notes_are_kept_as_they_are(exports: Exports, altered: Alter, form: str) -> None:
    one, two, three, four = sorted(exports.notes)[:4]
    path = altered(
        f"DELETE FROM cards WHERE nid = {one}",
        f"UPDATE notes SET guid = '' WHERE id = {two}",
        f"UPDATE notes SET guid = 1234 WHERE id = {three}",
        f"UPDATE notes SET guid = '<x> \"''ž\U0001f600' WHERE id = {four}",
        f"CREATE TEMP TABLE second AS SELECT * FROM cards WHERE nid = {two} AND ord = 0",
        "UPDATE second SET id = 5",
        "INSERT INTO cards SELECT * FROM second",
        "UPDATE cards SET nid = 99 WHERE id = (SELECT max(id) FROM cards)",
        form=form,
    )
    read = sound(path).notes
    assert read.keys() == exports.notes.keys()
    assert read[one] == replace(exports.notes[one], cards=())
    first, *rest = exports.notes[two].cards
    assert read[two] == replace(exports.notes[two], guid=Guid(""), cards=((0, 5), first, *rest))
    assert (read[three].guid, read[four].guid) == ("1234", "<x> \"'ž\U0001f600")


def test_two_notes_with_one_guid_are_two_notes(exports: Exports, altered: Alter) -> None:
    one, two = sorted(exports.notes)[:2]
    read = sound(
        altered(f"UPDATE notes SET guid = '{exports.notes[one].guid.replace(chr(39), chr(39) * 2)}' WHERE id = {two}")
    )
    assert read.notes[one].guid == read.notes[two].guid == exports.notes[one].guid


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE notes SET guid = x'00ff' WHERE id = {id}", "a text is missing"),
        ("UPDATE notes SET guid = CAST(x'ff' AS TEXT) WHERE id = {id}", "Could not decode"),
        ("UPDATE notes SET guid = 'ab' || char(0) || 'c' WHERE id = {id}", "a guid is cut off"),
        ("UPDATE notes SET mod = 'soon' WHERE id = {id}", "a number is missing"),
        ("UPDATE notes SET mod = 1e300 WHERE id = {id}", "a number is missing"),
        ("UPDATE cards SET ord = 'x' WHERE nid = {id}", "a number is missing"),
        ("UPDATE notes SET mid = 77 WHERE id = {id}", "notetype is missing (77)"),
        ("DELETE FROM col", "a number is missing"),
        ("ALTER TABLE notes RENAME COLUMN guid TO uid", "no such column"),
        ("DROP TABLE cards", "no table `cards`"),
    ],
)
@pytest.mark.parametrize("form", ["new.colpkg", "old.colpkg"])
def test_what_no_anki_writes_is_refused_as_a_whole(
    exports: Exports, altered: Alter, form: str, change: str, reason: str
) -> None:
    assert reason in refused(altered(change.format(id=min(exports.notes)), form=form)).reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DROP TABLE templates", "no table `templates`"),
        ("DELETE FROM fields", "no fields or no templates"),
        ("UPDATE notetypes SET config = 'text'", "a binary value is missing"),
        ("UPDATE notetypes SET config = x'1a05'", "a value is cut off"),
        ("UPDATE notetypes SET config = x'1801'", "value 3 is no text"),
        ("UPDATE notetypes SET config = x'1a01ff'", "can't decode"),
        ("UPDATE fields SET config = x'4a00'", "value 9 is no integer"),
        ("UPDATE fields SET config = x'4affffffffffffffffffffff'", "too long"),
        ("UPDATE templates SET config = x'0b'", "wire type 3"),
        ("UPDATE templates SET config = x'00'", "without number"),
    ],
)
def test_damaged_notetypes_of_a_new_collection_are_refused(altered: Alter, change: str, reason: str) -> None:
    assert reason in refused(altered(change, form="new.colpkg")).reason


def test_fields_of_notetypes_that_are_gone_are_passed_over(exports: Exports, altered: Alter) -> None:
    path = altered("INSERT INTO fields SELECT 5, ord, name, x'ff' FROM fields LIMIT 1", form="new.colpkg")
    assert refused(path).reason
    path = altered("INSERT INTO fields SELECT 5, ord, name, config FROM fields LIMIT 1", form="new.colpkg")
    assert sound(path).notetypes == exports.notetypes


@pytest.fixture
def with_models(exports: Exports, altered: Alter) -> Callable[[Change], Path]:
    """Change the JSON of every notetype of a collection of the old form."""

    def change(each: Change) -> Path:
        opened = sqlite3.connect(":memory:")
        opened.deserialize(database_of(exports.path("old.colpkg")))
        ((text,),) = opened.execute("SELECT models FROM col").fetchall()
        opened.close()
        models = json.loads(text)
        for model in models.values():
            each(model)
        return altered(f"UPDATE col SET models = '{json.dumps(models).replace(chr(39), chr(39) * 2)}'")

    return change


def rows(model: dict[str, object], key: str) -> list[dict[str, object]]:
    found = model[key]
    assert isinstance(found, list)
    return found


def test_old_notetypes_are_read_as_anki_reads_them(exports: Exports, with_models: Callable[[Change], Path]) -> None:
    def loosely(model: dict[str, object]) -> None:
        """Ids in texts, none for fields, numbers of fields that say nothing: what old versions and tools left."""
        model["id"], model["css"] = str(model["id"]), None
        for place, part in enumerate((*rows(model, "flds"), *rows(model, "tmpls"))):
            part["ord"], part["id"] = 9 - place, [None, "123", 1.5][place % 3]
        del rows(model, "tmpls")[0]["afmt"]

    read = sound(with_models(loosely))
    assert read.notes == exports.notes
    assert read.notetypes.keys() == exports.notetypes.keys()
    for number, notetype in read.notetypes.items():
        told = exports.notetypes[number]
        assert notetype.fields == tuple(Field(each.name, None) for each in told.fields)
        assert [each.name for each in notetype.templates] == [each.name for each in told.templates]
        assert (notetype.templates[0].back, notetype.css, notetype.cloze) == ("", "", told.cloze)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda model: model.update(name=None), "a text is missing"),
        (lambda model: model.update(name="\ud800"), "surrogates not allowed"),
        (lambda model: model.update(id=True), "a number is missing"),
        (lambda model: model.update(id=10**30), "a number is missing"),
        (lambda model: model.update(type=2), "unknown kind"),
        (lambda model: model.update(type="0"), "a number is missing"),
        (lambda model: model.update(flds=[]), "no fields or no templates"),
        (lambda model: model.update(tmpls={}), "no fields or no templates"),
        (lambda model: model.update(flds=["Front"]), "no JSON object"),
        (lambda model: rows(model, "tmpls")[0].pop("qfmt"), "a text is missing"),
    ],
)
def test_damaged_notetypes_of_an_old_collection_are_refused(
    with_models: Callable[[Change], Path],
    change: Change,
    reason: str,
) -> None:
    assert reason in refused(with_models(change)).reason


@pytest.mark.parametrize("models", ["", "[]", "{", '{"1": 5}', "[" * 100_000, '{"1": ' * 100_000, "null", "1e999"])
def test_json_that_is_none_is_refused(altered: Alter, models: str) -> None:
    assert refused(altered(f"UPDATE col SET models = '{models}'")).reason.startswith("holds what no Anki writes")


# Damage


def truncated(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 9])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def flipped_at_an_end(data: bytes, chance: random.Random) -> bytes:
    """Where a zip and a database keep what all the rest hangs on."""
    changed = bytearray(data)
    changed[chance.choice([chance.randrange(150), -1 - chance.randrange(400)])] ^= 1 << chance.randrange(8)
    return bytes(changed)


def overwritten(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    start, size = chance.randrange(len(data)), chance.choice([1, 16, 512, 4096])
    size = len(changed[start : start + size])
    changed[start : start + size] = chance.choice([bytes(size), chance.randbytes(size)])
    return bytes(changed)


def shortened(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.choice([1, 16, 512, 4096]) :]


def exchanged(data: bytes, chance: random.Random) -> bytes:
    """A page of the database twice, and another one gone."""
    changed = bytearray(data)
    here, there = (chance.randrange(len(data) // 4096 + 1) * 4096 for _ in range(2))
    changed[here : here + 4096] = data[there : there + 4096]
    return bytes(changed)


DAMAGE = [truncated, flipped, flipped_at_an_end, overwritten, shortened, exchanged]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_file_is_refused_or_read_soundly(
    exports: Exports, form: str, damage: Callable[[bytes, random.Random], bytes], tmp_path: Path
) -> None:
    """A package has checksums: of it nothing may be read but the truth. In a plain database a changed letter of a guid
    cannot be known, but a note cannot come, go or lose its notetype.
    """
    data, path = exports.path(form).read_bytes(), tmp_path / exports.path(form).name
    truth, chance, outcomes = exports.read(form), random.Random(f"{form} {damage.__name__}"), set()
    for _ in range(60):
        path.write_bytes(damage(data, chance))
        found = read_export(path)
        outcomes.add(type(found))
        if isinstance(found, NoExport):
            assert found.reason.isprintable()
            assert found.hint
        elif form in CLOSED:
            assert len(found.notes) == len(truth.notes)
            assert {note.notetype for note in found.notes.values()} <= found.notetypes.keys()
        else:
            assert found == truth
    assert NoExport in outcomes
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("damage", [truncated, exchanged])
@pytest.mark.parametrize("form", CLOSED)
def test_pages_that_are_lost_or_exchanged_change_no_note(
    exports: Exports, form: str, damage: Callable[[bytes, random.Random], bytes], tmp_path: Path
) -> None:
    data, path = exports.path(form).read_bytes(), tmp_path / "collection.anki2"
    chance = random.Random(5)
    for _ in range(300):
        path.write_bytes(damage(data, chance))
        found = read_export(path)
        assert isinstance(found, NoExport) or found.notes == exports.notes


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("form", ["new.colpkg", "old.colpkg"])
def test_a_collection_that_was_damaged_before_it_was_packed_is_no_worse_than_a_damaged_file(
    exports: Exports, form: str, damage: Callable[[bytes, random.Random], bytes], tmp_path: Path
) -> None:
    content, chance = members(exports.path(form)), random.Random(damage.__name__)
    for _ in range(60):
        data = damage(database_of(exports.path(form)), chance)
        new = {"collection.anki21b": zstandard.compress(data)} if form == "new.colpkg" else {"collection.anki21": data}
        found = read_export(write_zip(tmp_path / form, content | new))
        assert isinstance(found, NoExport) or found.notes.keys() == exports.notes.keys()


def test_a_row_that_the_indexes_do_not_know_is_damage(exports: Exports, altered: Alter) -> None:
    path = altered(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_cards_nid ON cards (did)' WHERE name = 'ix_cards_nid'",
    )
    assert "is damaged" in refused(path).reason
    assert "Check Database" in refused(path).hint


def test_a_sort_field_that_another_sqlite_takes_for_a_number_blocks_nothing(exports: Exports, altered: Alter) -> None:
    ((schema,),) = sqlite_rows(exports, "SELECT sql FROM sqlite_master WHERE name = 'notes'")
    texts = schema.replace("sfld integer", "sfld text").replace("'", "''")
    change = ("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET sql = '{}' WHERE name = 'notes'")
    path = altered(change[0], change[1].format(texts))
    opened = sqlite3.connect(path)
    opened.execute("UPDATE notes SET sfld = '12345' WHERE id % 2")
    opened.execute(change[0])
    quoted = schema.replace("'", "''")
    opened.execute(change[1].format(quoted))
    opened.commit()
    opened.close()
    opened = sqlite3.connect(path)
    assert "TEXT value in notes.sfld" in [each for (each,) in opened.execute("PRAGMA integrity_check(notes)")]
    opened.close()
    assert sound(path).notes == exports.notes


def sqlite_rows(exports: Exports, query: str) -> list[tuple[str, ...]]:
    opened = sqlite3.connect(":memory:")
    opened.deserialize(database_of(exports.path("old.colpkg")))
    found = opened.execute(query).fetchall()
    opened.close()
    return found


@given(st.binary(max_size=200), st.sampled_from(["collection.anki2", "collection.anki21", "collection.anki21b"]))
def test_any_bytes_as_a_collection_are_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, member: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.apkg"
    packed = zstandard.compress(data) if member == "collection.anki21b" else data
    refused(write_zip(path, {member: packed, "media": b"{}"}))
    path.write_bytes(b"SQLite format 3\0" + data)
    refused(path)
    path.write_bytes(b"PK\x03\x04" + data)
    refused(path)


def test_no_connection_and_no_file_stays_open(exports: Exports, tmp_path: Path) -> None:
    for form in FORMS:
        exports.read(form)
        (tmp_path / "cut").write_bytes(exports.path(form).read_bytes()[:-5000])
        read_export(tmp_path / "cut")
    gc.collect()  # what is left open is a ResourceWarning, and that is an error
    handles = Path("/proc/self/fd")
    if handles.is_dir():
        assert not [each for each in handles.iterdir() if str(each.resolve()).startswith(str(exports.folder))]


# The wire format

CONFIGS = st.builds(
    NotetypeMessage.Field.Config,
    sticky=st.booleans(),
    font_name=st.text(max_size=20),
    font_size=st.integers(0, 2**32 - 1),
    id=st.none() | st.integers(-(2**63), 2**63 - 1),
    tag=st.none() | st.integers(0, 2**32 - 1),
    other=st.binary(max_size=20),
)


@given(CONFIGS)
def test_messages_are_read_as_protobuf_itself_wrote_them(config: NotetypeMessage.Field.Config) -> None:
    message = read_message(config.SerializeToString())
    assert read_integer(message, 9) == (config.id if config.HasField("id") else None)
    assert read_text(message, 3) == config.font_name
    assert read_integer(message, 4) == (config.font_size or None)


@given(CONFIGS, st.data())
def test_a_message_that_is_cut_off_is_a_shorter_one_or_none(
    config: NotetypeMessage.Field.Config, data: st.DataObject
) -> None:
    written = config.SerializeToString()
    cut = written[: data.draw(st.integers(0, len(written)))]
    whole = read_message(written)
    try:
        part = read_message(cut)
    except ValueError:
        return
    assert part.items() <= whole.items()


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_a_value_error(data: bytes) -> None:
    try:
        message = read_message(data)
    except ValueError:
        return
    assert all(number > 0 for number in message)


def test_an_integer_of_more_than_64_bits_is_none() -> None:
    assert read_integer(read_message(b"\x48" + b"\xff" * 9 + b"\x01"), 9) == -1
    for more in (b"\x02", b"\x7f", b"\x80\x01"):
        with pytest.raises(ValueError, match="too long"):
            read_message(b"\x48" + b"\xff" * 9 + more)


def test_numbers_of_fixed_width_are_passed_over_and_the_last_of_two_values_counts() -> None:
    fixed = b"\x09" + struct.pack("<d", 1.5) + b"\x15" + struct.pack("<f", 1.5)
    message = read_message(fixed + b"\x18\x05" + b"\x18\x07" + b"\x22\x01a" + b"\x22\x01b")
    assert (read_integer(message, 3), read_text(message, 4)) == (7, "b")
    assert (read_integer(message, 9), read_text(message, 9)) == (None, "")


# What Anki compares of an adopted notetype


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Anki]:
    """A collection with one reviewed note of a notetype that the user has styled."""
    with open_anki(tmp_path / "user") as anki:
        kind = stock(anki, "Basic (and reversed card)")
        kind["css"], kind["latexPre"] = "/* mine */", kind["latexPre"] + "% mine"
        anki.col.models.update_dict(kind)
        add(anki, anki.col.models.get(kind["id"]), 0)
        anki.study("D0", 3)
        yield anki


def adopted_package(anki: Anki, path: Path, change: Change) -> Path:
    """A package that we make: the user's note with newer text, the user's notetype as exported, `mod` 0, changed."""
    export_package(anki.col, path.with_name("old-export.apkg"))
    read = sound(path.with_name("old-export.apkg"))
    (note,) = read.notes.values()
    notetype = read.notetypes[note.notetype]
    fields = [{"name": each.name, "id": each.id} for each in notetype.fields]
    templates = [
        {"name": each.name, "id": each.id, "qfmt": each.front, "afmt": each.back} for each in notetype.templates
    ]
    model = genanki.Model(notetype.id, notetype.name, fields, templates, notetype.css)
    deck = genanki.Deck(2_059_400_110, "D0")
    deck.add_note(genanki.Note(model=model, fields=["edited", "edited"], guid=note.guid))
    buffer = io.BytesIO()
    genanki.Package(deck).write_to_file(buffer, timestamp=float(note.mod + 100))
    with zipfile.ZipFile(buffer) as made:
        return write_zip(path, {"collection.anki2": _with_model(made.read("collection.anki2"), change), "media": b"{}"})


def _with_model(data: bytes, change: Change) -> bytes:
    opened = sqlite3.connect(":memory:")
    opened.deserialize(data)
    models = json.loads(opened.execute("SELECT models FROM col").fetchone()[0])
    for number, model in models.items():
        if int(number) != 1:
            model["mod"] = 0
            change(model)
    opened.execute("UPDATE col SET models = ?", (json.dumps(models),))
    opened.commit()
    changed = opened.serialize()
    opened.close()
    return changed


def without_ids(*keys: str) -> Change:
    def change(model: dict[str, object]) -> None:
        for key in keys:
            for part in rows(model, key):
                del part["id"]

    return change


def first_part(key: str, without: bool = False, **values: object) -> Change:
    def change(model: dict[str, object]) -> None:
        if without:
            without_ids("flds", "tmpls")(model)
        rows(model, key)[0].update(values)

    return change


def untouched(anki: Anki) -> list[list[tuple[object, ...]]]:
    """All that must stay: notetypes, scheduling, and the time of the schema, which moves before a full sync."""
    tables = anki.tables()
    return [tables[name] for name in ("notetypes", "fields", "templates", "cards", "revlog")] + [
        anki.rows("SELECT scm FROM col")
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda model: None, id="as exported"),
        pytest.param(without_ids("flds", "tmpls"), id="no ids"),
        pytest.param(without_ids("flds"), id="no field ids"),
        pytest.param(without_ids("tmpls"), id="no template ids"),
        pytest.param(lambda model: model.update(css=".other {}"), id="other css"),
        pytest.param(first_part("tmpls", qfmt="other {{Front}}", afmt="other"), id="other template text"),
        pytest.param(lambda model: model.update(sortf=1), id="other sort field"),
        pytest.param(lambda model: model.update(latexPre="x", latexPost="y", latexsvg=True), id="other latex"),
        pytest.param(lambda model: model.update(originalStockKind=5, originalId=9), id="other origin"),
        pytest.param(lambda model: model.update(req=[]), id="no requirements"),
        pytest.param(lambda model: model.update(name="Other"), id="other name"),
        pytest.param(lambda model: model.update(type=1), id="other kind"),
        pytest.param(first_part("flds", font="X", size=9, rtl=True, collapsed=True), id="other field settings"),
        pytest.param(first_part("flds", name="Renamed"), id="renamed field with its id"),
        pytest.param(first_part("tmpls", name="Renamed"), id="renamed template with its id"),
    ],
)
def test_an_adopted_note_is_updated_in_place_and_nothing_of_its_notetype_changes(
    user: Anki, tmp_path: Path, change: Change
) -> None:
    (note_id,) = user.ids()
    before = untouched(user)
    assert user.take(adopted_package(user, tmp_path / "ours.apkg", change)) == Imported(updated=(note_id,))
    assert user.note(note_id).fields == ["edited", "edited"]
    assert untouched(user) == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(first_part("flds", id=4711), id="another field id"),
        pytest.param(first_part("tmpls", id=4711), id="another template id"),
        pytest.param(first_part("flds", without=True, name="Renamed"), id="renamed field without ids"),
        pytest.param(first_part("flds", without=True, name="front"), id="another case without ids"),
        pytest.param(first_part("tmpls", without=True, name="Renamed"), id="renamed template without ids"),
        pytest.param(lambda model: rows(model, "flds").reverse(), id="another order of fields"),
        pytest.param(lambda model: rows(model, "tmpls").reverse(), id="another order of templates"),
        pytest.param(lambda model: rows(model, "tmpls").pop(), id="a template less"),
    ],
)
def test_a_notetype_of_another_shape_is_another_notetype_to_anki(user: Anki, tmp_path: Path, change: Change) -> None:
    (note_id,) = user.ids()
    known = {each.id for each in user.col.models.all_names_and_ids()}
    found = user.take(adopted_package(user, tmp_path / "ours.apkg", change))
    assert (found.new, found.updated, found.duplicate, len(found.conflicting)) == ((), (), (), 1)
    assert user.note(note_id).fields[1] == "text 0 ž"
    assert len({each.id for each in user.col.models.all_names_and_ids()} - known) == 1
