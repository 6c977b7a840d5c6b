"""Straight into a collection file: what arrives, what stays, what is refused."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import anki.collection
import pytest
from anki.decks import DeckId
from anki.errors import BackendIOError

from ankisync.anki import collection as room
from ankisync.anki.collection import NotInstalled, open_collection
from ankisync.model import NoteId
from ankisync.push.held import Dated, HeldCard, Unreached
from tests.anki_support import Anki, change, lock_mods, packages
from tests.support import NOW, PYTHON, Vault, loaded

TWO = "TARGET DECK\nFrench::Words\n\nQ: chat\nA: cat ![](p.gif)\nTags: a b\n\nQ: chien\nA: dog\n"


@contextmanager
def opened(file: Path) -> Iterator[Anki]:
    """The collection in Anki, while a user has it open."""
    col = anki.collection.Collection(str(file))
    try:
        yield Anki(col)
    finally:
        col.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The collection of a profile that was never synced."""
    (tmp_path / "User 1").mkdir()
    with opened(tmp_path / "User 1/collection.anki2"):
        pass
    return tmp_path / "User 1/collection.anki2"


@pytest.fixture
def two(vault: Vault) -> Vault:
    """A vault of two notes, built."""
    vault.write("p.gif", b"GIF89a")
    vault.write("a.md", TWO)
    assert vault.build().status == 0
    return vault


def ids(vault: Vault) -> list[NoteId]:
    return [NoteId(each) for each in vault.ids()]


def take(file: Path, vault: Vault) -> None:
    held = open_collection(file)
    for package in packages(vault):
        held.take(package)
    held.refresh()
    held.close()


def test_notes_and_files_arrive_and_are_read_back(file: Path, two: Vault) -> None:
    held = open_collection(file)
    assert (held.name(), held.notes(ids(two))) == (str(file), {})
    held.take(*packages(two))
    first, second = (held.notes(ids(two))[each] for each in ids(two))
    assert (first.id, first.notetype, first.tags, first.mod) == (
        ids(two)[0],
        "ankisync Basic",
        ("a", "b"),
        first.id // 1000,
    )
    assert [name for name, _ in first.fields] == ["Front", "Back", "Context", "Source", "Extra", "Spare 1", "Spare 2"]
    assert (first.fields[0][1], second.fields[1]) == ("chat", ("Back", "dog"))
    held.refresh()
    ((card, place, deck),) = ((card.id, card.ord, card.deck) for card in first.cards)
    assert (place, deck) == (0, "French::Words")
    held.close()
    with opened(file) as user:
        assert user.card(first.id).id == card
        assert [path.read_bytes() for path in Path(user.col.media.dir()).iterdir()] == [b"GIF89a"]


def test_the_folder_of_a_profile_will_do_from_where_one_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent.parent)
    held = open_collection(Path("User 1"))
    assert held.name() == str(file)
    held.close()


def test_only_what_is_there_is_read(file: Path, two: Vault) -> None:
    take(file, two)
    held = open_collection(file)
    assert isinstance(held, Dated)
    assert set(held.notes([*ids(two)[:1], NoteId(42)])) == set(ids(two)[:1])
    assert held.mods([NoteId(42), *ids(two)]) == {note: note // 1000 for note in ids(two)}
    assert (held.notes([]), held.mods([])) == ({}, {})
    held.close()


def test_more_ids_than_a_query_takes(file: Path, two: Vault) -> None:
    take(file, two)
    held = open_collection(file)
    asked = [ids(two)[0], *(NoteId(each) for each in range(1, 12_000)), ids(two)[1]]
    assert set(held.notes(asked)) == set(ids(two))
    held.close()


def test_an_edit_arrives_and_reviews_stay(file: Path, two: Vault) -> None:
    take(file, two)
    note = ids(two)[1]
    with opened(file) as user:
        user.col.sched.set_due_date([user.card(note).id], "5")
        user.study("French::Words", 3)
        before = user.scheduling()
    change(two, "a.md", "dog", "a dog")
    assert two.build(now=NOW + 10).status == 0
    take(file, two)
    with opened(file) as user:
        assert (user.back(note), user.mods()[note]) == ("a dog", lock_mods(two)[note])
        assert user.scheduling() == before


def test_what_was_edited_in_anki_since_is_kept(file: Path, two: Vault) -> None:
    take(file, two)
    with opened(file) as user:
        user.edit(ids(two)[1], "mine")
    change(two, "a.md", "dog", "a dog")
    assert two.build(now=NOW).status == 0  # before the edit, which is now
    take(file, two)
    with opened(file) as user:
        assert user.back(ids(two)[1]) == "mine"


def test_the_same_again_changes_nothing_in_any_table(file: Path, two: Vault) -> None:
    take(file, two)
    with opened(file) as user:
        before = {name: rows for name, rows in user.tables().items() if name != "col"}
    take(file, two)
    with opened(file) as user:
        after = {name: rows for name, rows in user.tables().items() if name != "col"}
    before.pop("config"), after.pop("config")  # the counter of its own that every import raises
    assert after == before


def test_cards_are_moved_into_decks_old_and_new(file: Path, two: Vault) -> None:
    take(file, two)
    held = open_collection(file)
    cards = [card.id for note in held.notes(ids(two)).values() for card in note.cards]
    held.move(cards[:1], "Latin:: Words ")
    held.move(cards[1:], "latin::words")
    moved = [card.deck for note in held.notes(ids(two)).values() for card in note.cards]
    held.refresh()
    held.close()
    assert moved == ["Latin::Words", "Latin::Words"]
    with opened(file) as user:
        assert user.decks() == {"Default", "French", "French::Words", "Latin", "Latin::Words"}


def test_a_card_in_a_filtered_deck_is_told_with_its_home_and_is_moved_there(file: Path, two: Vault) -> None:
    take(file, two)
    with opened(file) as user:
        filtered = user.col.sched.get_or_create_filtered_deck(DeckId(0))
        filtered.name = "Cram"
        filtered.config.search_terms[0].search = "deck:French::Words"
        user.col.sched.add_or_update_filtered_deck(filtered)
        assert user.deck_of(ids(two)[0]) == "Cram"
    held = open_collection(file)
    (card,) = held.notes(ids(two))[ids(two)[0]].cards
    assert card.deck == "French::Words"
    held.move([card.id], "Other")
    assert held.notes(ids(two))[ids(two)[0]].cards == (HeldCard(card.id, 0, "Other"),)
    held.refresh()
    held.close()
    with opened(file) as user:
        assert [user.deck_of(note) for note in ids(two)] == ["Other", "Cram"]


def test_notes_are_deleted_and_others_stay(file: Path, two: Vault) -> None:
    take(file, two)
    held = open_collection(file)
    held.delete([ids(two)[0], NoteId(42)])
    assert set(held.notes(ids(two))) == {ids(two)[1]}
    held.refresh()
    held.close()
    with opened(file) as user:
        assert user.ids() == [ids(two)[1]]


def test_a_backup_is_made_before_the_first_change_and_none_by_reading(file: Path, two: Vault) -> None:
    take(file, two)
    backups = file.parent / "backups"
    for path in backups.iterdir():
        path.unlink()
    held = open_collection(file)
    held.notes(ids(two))
    held.close()
    assert list(backups.iterdir()) == []
    held = open_collection(file)
    held.delete(ids(two))
    held.refresh()
    held.move([], "D")
    held.refresh()
    held.close()
    (backup,) = backups.iterdir()
    assert backup.name.startswith("backup-")
    assert backup.suffix == ".colpkg"


def test_anki_offers_its_import_options_as_they_were_last_used(file: Path, two: Vault) -> None:
    with opened(file) as user:
        user.col.set_config("mergeNotetypes", True)
        user.col.set_config("updateNotes", "Never")
    take(file, two)
    with opened(file) as user:
        asked = ("mergeNotetypes", "updateNotes", "updateNotetypes", "withScheduling", "withDeckConfigs")
        assert [user.col.get_config(key) for key in asked] == [True, "Never", None, None, None]


def test_what_a_push_changes_needs_no_full_sync(file: Path, two: Vault) -> None:
    with opened(file) as user:
        assert user.col.db is not None
        user.col.db.execute("UPDATE col SET ls = scm")
        assert not user.col.schema_changed()
    take(file, two)
    held = open_collection(file)
    held.move([held.notes(ids(two))[ids(two)[0]].cards[0].id], "New")
    held.delete(ids(two)[1:])
    held.refresh()
    held.close()
    with opened(file) as user:
        assert not user.col.schema_changed()


def test_a_failure_undoes_all_that_the_session_did(file: Path, two: Vault, tmp_path: Path) -> None:
    held = open_collection(file)
    held.take(*packages(two))
    (tmp_path / "bad.apkg").write_bytes(b"PK no package")
    with pytest.raises(Unreached, match=r"collection\.anki2: "):
        held.take(tmp_path / "bad.apkg")
    for nothing_more in (lambda: held.delete(ids(two)), lambda: held.notes(ids(two))):
        with pytest.raises(Unreached, match="nothing more is done"):
            nothing_more()
    held.close()
    with opened(file) as user:
        assert (user.ids(), user.decks()) == ([], {"Default"})
        assert "ankisync Basic" not in [each.name for each in user.col.models.all_names_and_ids()]


@pytest.mark.parametrize("stands", [True, False])
def test_what_is_done_stands_once_that_is_said(file: Path, two: Vault, stands: bool) -> None:
    held = open_collection(file)
    held.take(*packages(two))
    held.refresh()
    held.move([held.notes(ids(two))[ids(two)[0]].cards[0].id], "Latin")
    held.delete(ids(two)[1:])
    if stands:
        held.refresh()
    held.close()
    with opened(file) as user:
        assert len(user.ids()) == (1 if stands else 2)
        assert user.deck_of(ids(two)[0]) == ("Latin" if stands else "French::Words")


def test_a_backup_that_cannot_be_made_stops_everything(file: Path, two: Vault) -> None:
    held = open_collection(file)
    broken = BackendIOError("disk full", None, None, None)
    with (
        mock.patch.object(anki.collection.Collection, "create_backup", side_effect=broken),
        pytest.raises(Unreached, match="disk full"),
    ):
        held.take(*packages(two))
    held.close()
    with opened(file) as user:
        assert user.ids() == []


def add_field(file: Path, name: str) -> None:
    with opened(file) as user:
        notetype = user.col.models.by_name("ankisync Basic")
        assert notetype
        user.col.models.add_field(notetype, user.col.models.new_field(name))
        user.col.models.update_dict(notetype)


@pytest.mark.parametrize("edit", [True, False])
def test_a_notetype_whose_fields_are_others_in_anki_is_refused(file: Path, two: Vault, edit: bool) -> None:
    take(file, two)
    add_field(file, "Mine")
    if edit:
        change(two, "a.md", "dog", "a dog")
    else:
        two.write("b.md", "TARGET DECK\nFrench::Words\n\nQ: neu\nA: new\n")
    assert two.build(now=NOW + 10).status == 0
    with opened(file) as user:
        before = user.tables()
    held = open_collection(file)
    with pytest.raises(Unreached, match=r"ankisync Basic: its fields .* full sync .* Nothing was changed$"):
        held.take(*packages(two))
    held.close()
    with opened(file) as user:
        after = user.tables()
        assert [after[name] for name in ("notetypes", "fields", "templates", "cards", "revlog")] == [
            before[name] for name in ("notetypes", "fields", "templates", "cards", "revlog")
        ]
        assert user.back(ids(two)[1]) == "dog"
        assert len(user.ids()) == 2


def test_a_field_that_was_renamed_in_anki_is_no_hindrance(file: Path, two: Vault) -> None:
    take(file, two)
    with opened(file) as user:
        notetype = user.col.models.by_name("ankisync Basic")
        assert notetype
        user.col.models.rename_field(notetype, notetype["flds"][4], "Notes")
        user.col.models.update_dict(notetype)
    change(two, "a.md", "dog", "a dog")
    assert two.build(now=NOW + 10).status == 0
    take(file, two)
    with opened(file) as user:
        assert user.back(ids(two)[1]) == "a dog"


def test_what_would_force_a_full_sync_is_undone(file: Path, two: Vault) -> None:
    take(file, two)
    held = open_collection(file)
    with (
        mock.patch.object(room.OpenCollection, "_schema", side_effect=[1, 2]),
        pytest.raises(Unreached, match=r"full sync of all devices\. Nothing was changed"),
    ):
        held.delete(ids(two))
    held.close()
    with opened(file) as user:
        assert user.ids() == sorted(ids(two))


def test_a_filtered_deck_takes_no_cards_and_nothing_was_moved(file: Path, two: Vault) -> None:
    take(file, two)
    with opened(file) as user:
        filtered = user.col.sched.get_or_create_filtered_deck(DeckId(0))
        filtered.name = "Cram"
        filtered.config.search_terms[0].search = "deck:none"
        filtered.allow_empty = True
        user.col.sched.add_or_update_filtered_deck(filtered)
    held = open_collection(file)
    cards = [note.cards[0].id for note in held.notes(ids(two)).values()]
    held.move(cards[:1], "Other")
    with pytest.raises(Unreached, match="filtered"):
        held.move(cards[1:], "Cram")
    held.close()
    with opened(file) as user:
        assert {user.deck_of(note) for note in ids(two)} == {"French::Words"}


def test_a_folder_that_takes_no_backup_stops_everything(file: Path, two: Vault) -> None:
    (file.parent / "backups").write_bytes(b"no folder")
    held = open_collection(file)
    with pytest.raises(Unreached, match="backups"):
        held.take(*packages(two))
    held.close()
    with opened(file) as user:
        assert user.ids() == []


def test_an_open_anki_is_told(file: Path) -> None:
    with opened(file), pytest.raises(Unreached, match="close Anki first"):
        open_collection(file)


def test_anki_cannot_open_it_meanwhile(file: Path) -> None:
    held = open_collection(file)
    with pytest.raises(Unreached, match="close Anki first"):
        open_collection(file)
    held.close()
    open_collection(file).close()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no such file"),
        (b"", "this is no collection of Anki"),
        (b"text", "this is no collection of Anki"),
        (b"x" * 10_000, "this is no collection of Anki"),
    ],
)
def test_what_is_no_collection_is_left_alone(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "x.anki2"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Unreached, match=told):
        open_collection(file)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if content is None else [content])


@pytest.mark.parametrize(("schema", "told"), [(11, r"old Anki \(schema 11\)"), (99, "newer Anki .* pip install -U")])
def test_a_collection_of_another_time_is_left_alone(file: Path, schema: int, told: str) -> None:
    with sqlite3.connect(file) as database:
        database.execute("UPDATE col SET ver = ?", (schema,))
    database.close()
    before = file.read_bytes()
    with pytest.raises(Unreached, match=told):
        open_collection(file)
    assert file.read_bytes() == before


def test_what_a_killed_anki_left_is_there(file: Path, two: Vault) -> None:
    code = (
        "import sys, os, signal\nfrom pathlib import Path\n"
        "from ankisync.anki.collection import open_collection\n"
        "held = open_collection(Path(sys.argv[1]))\nheld.take(Path(sys.argv[2]))\nheld.refresh()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([PYTHON, "-c", code, file, *packages(two)], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    held = open_collection(file)
    assert set(held.notes(ids(two))) == set(ids(two))
    held.close()


def test_a_missing_extra_is_told_with_the_command(file: Path) -> None:
    with (
        mock.patch.dict(sys.modules, {"anki": None, "anki.collection": None}),
        pytest.raises(NotInstalled, match=r'pip install "ankisync-md\[anki\]"'),
    ):
        open_collection(file)


def test_anki_is_loaded_by_nothing_else(vault: Vault) -> None:
    vault.write("a.md", TWO)
    vault.write("p.gif", b"GIF89a")
    assert not {name for name in loaded(vault.folder, "build") if name.partition(".")[0] == "anki"}
