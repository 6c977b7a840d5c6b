"""A package made of what the last run kept is, byte for byte, the one made from nothing."""

import io
import json
import random
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b, sha256
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ankisync.identity import guid_of
from ankisync.model import Attachment, DeckName, Location, Note, NoteHash, NoteId, Status
from ankisync.notetypes import Notetype, own_notetype, stock
from ankisync.package import (
    Head,
    Kept,
    MediaChanged,
    PackedNote,
    PackedPart,
    head_of,
    pack_notes,
    read_ledger,
    read_mark,
    write_package,
)
from ankisync.package.head import read_schema
from tests.anki_support import open_anki

NOTETYPES = (*stock().values(), own_notetype("Mine", ("Word", "Meaning"), cloze=False))
SUFFIXES = (".kept", ".anki2")


def note(number: int, text: str = "", notetype: Notetype = NOTETYPES[0], deck: str = "One") -> Note:
    """A note; its text is in its first field."""
    note_id = NoteId(1_700_000_000_000 + number)
    return Note(
        id=note_id,
        guid=guid_of(note_id),
        hash=NoteHash(blake2b(text.encode(), digest_size=12).hexdigest()),
        mod=1_700_000_000,
        notetype=notetype,
        fields=(("Front", text),),
        tags=(),
        deck=DeckName(deck),
        location=Location("a.md", 1, 1),
        status=Status.NEW,
    )


def html(note: Note) -> list[str]:
    first = note.fields[0][1]
    return [f"{first} {{{{c1::x}}}} {{{{c2::y}}}}", "back <b>of</b> it", *[""] * (len(note.notetype.fields) - 2)]


def part(path: str, notes: Sequence[Note], packed: Callable[[str], object] = str) -> PackedPart:
    def rows() -> Iterator[PackedNote]:
        packed(path)
        return pack_notes((each, html(each)) for each in notes)

    return PackedPart(blake2b(repr(notes).encode()).digest(), tuple(each.id for each in notes), rows)


@dataclass
class Packer:
    """Packs again and again, each time from nothing and from what was kept."""

    kept: Kept
    rendered: list[str] = field(default_factory=list)

    def pack(self, files: Mapping[str, Sequence[Note]]) -> bytes:
        """The package of these files; it is the same in both ways. `rendered` are the files that the second needed."""
        notes = [each for notes in files.values() for each in notes]
        head = head_of((each.notetype for each in notes), (each.deck for each in notes))
        cold = write([part(path, notes) for path, notes in files.items()], head)
        self.rendered.clear()
        patched = write([part(path, notes, self.rendered.append) for path, notes in files.items()], head, self.kept)
        assert patched == cold
        left = {path.name for path in self.kept.folder.iterdir()}
        assert left in ({f"{self.kept.name}.kept"}, {f"{self.kept.name}{suffix}" for suffix in SUFFIXES})
        return cold


def write(parts: Sequence[PackedPart], head: Head, kept: Kept | None = None) -> bytes:
    file = io.BytesIO()
    write_package(file, parts, head, "print", (), Path(), kept)
    return file.getvalue()


@pytest.fixture
def packer(tmp_path: Path) -> Packer:
    return Packer(Kept(tmp_path / "kept", "One"))


def vault(files: int = 6, notes: int = 4) -> dict[str, list[Note]]:
    return {f"{n}.md": [note(100 * n + k, f"text {n} {k}") for k in range(notes)] for n in range(files)}


def rows(package: bytes, query: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(":memory:")
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        database.deserialize(archive.read("collection.anki2"))
    found = database.execute(query).fetchall()
    database.close()
    return found


def test_only_what_changed_is_asked_for(packer: Packer) -> None:
    files = vault()
    packer.pack(files)
    assert packer.rendered == list(files)
    packer.pack(files)
    assert packer.rendered == []
    files["3.md"][1] = note(301, "another text")
    package = packer.pack(files)
    assert packer.rendered == ["3.md"]
    assert [row for row in rows(package, "SELECT sfld FROM notes") if "another" in str(row)]


def test_a_note_in_front_moves_all_behind_it(packer: Packer) -> None:
    files = vault()
    packer.pack(files)
    files["2.md"].insert(0, note(250, "first"))
    package = packer.pack(files)
    assert packer.rendered == ["2.md"]
    expected = [(each.id, place) for place, each in enumerate((n for notes in files.values() for n in notes), 1)]
    assert sorted(rows(package, "SELECT nid, due FROM cards WHERE ord = 0")) == sorted(expected)


def test_files_change_places_without_being_rendered(packer: Packer) -> None:
    files = vault()
    packer.pack(files)
    packer.pack(dict(reversed(files.items())))
    assert packer.rendered == []


def test_a_file_by_another_name_is_not_rendered(packer: Packer) -> None:
    files = vault()
    packer.pack(files)
    packer.pack({f"renamed {path}": notes for path, notes in files.items()})
    assert packer.rendered == []


def test_a_note_moves_from_file_to_file(packer: Packer) -> None:
    files = vault(12)
    packer.pack(files)
    files["9.md"].append(files["2.md"].pop(1))
    packer.pack(files)
    assert packer.rendered == ["2.md", "9.md"]


def test_another_deck_and_another_notetype(packer: Packer) -> None:
    files = vault()
    packer.pack(files)
    files["1.md"][0] = note(100, "text", NOTETYPES[4], "One::Two")
    package = packer.pack(files)
    assert packer.rendered == ["1.md"]
    ((decks, models),) = rows(package, "SELECT decks, models FROM col")
    assert "One::Two" in str(decks)
    assert str(NOTETYPES[4].id) in str(models)


def test_where_most_changed_all_is_built_anew(packer: Packer) -> None:
    files = vault()
    packer.pack(files)
    changed = {path: [each._replace(mod=1_800_000_000) for each in notes] for path, notes in files.items()}
    packer.pack(changed | {"0.md": files["0.md"]})
    assert packer.rendered == list(files)


def test_an_adopted_notetype_comes_and_goes(packer: Packer) -> None:
    adopted = replace(NOTETYPES[5], mod=0, name="Schöne")
    files = vault()
    plain = packer.pack(files)
    files["1.md"][0] = note(100, "text", adopted)._replace(key="Schöne")
    package = packer.pack(files)
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        first, *_ = archive.read("ankisync.jsonl").decode().split("\n")
    assert json.loads(first)["notetypes"][0]["name"] == "Schöne"
    files["1.md"][0] = note(100, "text 1 0")
    assert packer.pack(files) == plain


def test_nothing_at_all_and_back(packer: Packer) -> None:
    packer.pack({})
    packer.pack(vault())
    packer.pack({"a.md": []})
    packer.pack({"a.md": [], "b.md": [note(1)], "c.md": [], "d.md": []})
    packer.pack({"d.md": [], "b.md": [note(1)], "a.md": []})


def test_files_without_notes_take_no_place(packer: Packer) -> None:
    empty = part("none.md", [])
    first, second = (part(path, notes) for path, notes in vault(2).items())
    head = head_of(NOTETYPES[:1], [DeckName("One")])
    cold = write([first, empty, second], head, packer.kept)
    for order in ([first, second, empty], [empty, first, second], [first, empty, second]):
        assert write(order, head, packer.kept) == cold
        assert packer.kept.path(".kept").exists()


def test_a_long_text_that_needs_pages_of_its_own(packer: Packer) -> None:
    files = vault()
    files["2.md"][1] = note(201, "long " * 5000)
    packer.pack(files)
    files["4.md"][1] = note(401, "longer " * 9000)
    packer.pack(files)
    files["2.md"][1] = note(201, "short")
    packer.pack(files)


# Thousands of notes: several blocks, pages of every kind, sorts that do not fit into one page.
def test_a_larger_package_over_many_edits(packer: Packer) -> None:
    random_ = random.Random(5)
    numbers = count(10_000_000)
    files = {
        f"{n}.md": [note(random_.randrange(10**9), random_.choice("xyz") * random_.randrange(900)) for _ in range(20)]
        for n in range(120)
    }
    packer.pack(files)
    for _ in range(6):
        path = random_.choice(list(files))
        if random_.random() < 0.5:
            files[path] = [note(next(numbers), "new"), *files[path][3:]]
        else:
            files[path] = [each._replace(mod=each.mod + 1) for each in files[path]]
        packer.pack(files)
        assert packer.rendered == [path]


class Edits:
    """A vault under random edits, drawn by hypothesis."""

    def __init__(self, data: st.DataObject) -> None:
        self.draw = data.draw
        self.files: dict[str, list[Note]] = {}
        self.numbers = count()
        for _ in range(self.draw(st.integers(0, 8))):
            self.create()

    def create(self) -> None:
        number = next(self.numbers)
        notes = [self.fresh() for _ in range(self.draw(st.integers(0, 4)))]
        files = list(self.files.items())
        files.insert(self.draw(st.integers(0, len(files))), (f"{number}.md", notes))
        self.files = dict(files)

    def fresh(self) -> Note:
        number = next(self.numbers) * 37 % 101 * 1000 + next(self.numbers)
        return note(number, self.text(), self.draw(st.sampled_from(NOTETYPES)), self.deck())

    def text(self) -> str:
        return self.draw(st.sampled_from(["", "1", "é & <b>x</b>", "w " * 100, "long" * 2000]))

    def deck(self) -> str:
        return self.draw(st.sampled_from(["One", "One::Two", "one::TWO", "One::Three"]))

    def path(self) -> str:
        return self.draw(st.sampled_from(list(self.files)))

    def remove(self) -> None:
        del self.files[self.path()]

    def change(self) -> None:
        notes = self.files[self.path()]
        if notes:
            place = self.draw(st.integers(0, len(notes) - 1))
            changed = notes[place]._replace(fields=(("Front", self.text()),), deck=DeckName(self.deck()))
            notes[place] = changed._replace(notetype=self.draw(st.sampled_from(NOTETYPES)))

    def insert(self) -> None:
        notes = self.files[self.path()]
        notes.insert(self.draw(st.integers(0, len(notes))), self.fresh())

    def cut(self) -> None:
        notes = self.files[self.path()]
        if notes:
            notes.pop(self.draw(st.integers(0, len(notes) - 1)))

    def move(self) -> None:
        source, target = self.files[self.path()], self.files[self.path()]
        if source:
            target.append(source.pop())

    def reorder(self) -> None:
        self.files = {path: self.files[path] for path in self.draw(st.permutations(list(self.files)))}

    def step(self) -> None:
        """One edit."""
        edits = [self.create, self.remove, self.change, self.insert, self.cut, self.move, self.reorder]
        (self.draw(st.sampled_from(edits)) if self.files else self.create)()


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happens_to_the_files(data: st.DataObject) -> None:
    edits = Edits(data)
    with tempfile.TemporaryDirectory() as folder:
        packer = Packer(Kept(Path(folder), "One"))
        for _ in range(data.draw(st.integers(1, 6))):
            for _ in range(data.draw(st.integers(0, 3))):
                edits.step()
            packer.pack(edits.files)


def pack_twice(packer: Packer, files: dict[str, list[Note]]) -> None:
    """Pack a little less, then all of it: that was patched, so that all files that can be kept are there."""
    packer.pack(files | {"3.md": files["3.md"][1:]})
    packer.pack(files)
    assert packer.rendered == ["3.md"]
    assert {path.suffix for path in packer.kept.folder.iterdir()} == {*SUFFIXES}


def damages(random_: random.Random, data: bytes) -> bytes:
    """A file as a crash, a bad disk or another hand may leave it."""
    at = random_.randrange(len(data))
    kind = random_.randrange(4)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + bytes([data[at] ^ 1 << random_.randrange(8)]) + data[at + 1 :]
    if kind == 2:
        return data[:at] + bytes(min(4096, len(data) - at)) + data[at + 4096 :]
    return data + b"more"


# A small package that was not patched has a single file.
@pytest.mark.parametrize(
    ("before", "suffix"), [(Packer.pack, SUFFIXES[0]), *((pack_twice, suffix) for suffix in SUFFIXES)]
)
def test_a_damaged_file_is_noticed(
    packer: Packer, before: Callable[[Packer, dict[str, list[Note]]], object], suffix: str
) -> None:
    files = vault()
    before(packer, files)
    assert packer.kept.path(suffix).exists()
    sound = {path: path.read_bytes() for path in packer.kept.folder.iterdir()}
    random_ = random.Random(11)
    for number in range(40):
        path = packer.kept.path(suffix)
        path.write_bytes(damages(random_, sound[path]))
        packer.pack(files | {"3.md": [note(300, f"changed {number}"), *files["3.md"][1:]]})
        for each, data in sound.items():
            each.write_bytes(data)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_an_empty_and_an_old_file_is_noticed(packer: Packer, suffix: str) -> None:
    files = vault()
    pack_twice(packer, files)
    old = packer.kept.path(suffix).read_bytes()
    packer.kept.path(suffix).unlink()
    packer.pack(files)
    assert packer.rendered == list(files)
    packer.kept.path(suffix).write_bytes(b"")
    packer.pack(files)
    files["3.md"].append(note(399))
    packer.pack(files)
    packer.kept.path(suffix).write_bytes(old)
    packer.pack(files)
    packer.pack(files)
    assert packer.rendered == []


def test_an_index_of_other_versions_is_not_read(packer: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    files = vault()
    packer.pack(files)
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.99.0")
    packer.pack(files)
    assert packer.rendered == list(files)


def test_an_index_of_another_schema_is_not_read(packer: Packer, monkeypatch: pytest.MonkeyPatch) -> None:
    files = vault()
    packer.pack(files)
    other = replace(read_schema(), tables=read_schema().tables.replace("CREATE TABLE graves", "CREATE TABLE tombs"))
    monkeypatch.setattr("ankisync.package.kept.read_schema", lambda: other)
    monkeypatch.setattr("ankisync.package.collection.read_schema", lambda: other)
    packer.pack(files)
    assert packer.rendered == list(files)


def test_what_a_killed_run_left_half_done_is_no_hindrance(packer: Packer) -> None:
    files = vault()
    packer.pack(files)
    for suffix in (*SUFFIXES, ".copy"):
        packer.kept.new(suffix).write_bytes(b"half a f")
    files["3.md"].append(note(399))
    packer.pack(files)
    assert packer.rendered == ["3.md"]


def test_killed_between_two_files(packer: Packer) -> None:
    files = vault()
    pack_twice(packer, files)
    changed = files | {"3.md": [note(399, "other"), *files["3.md"][1:]]}
    before = packer.kept.path(".kept").read_bytes()
    packer.pack(changed)
    packer.kept.path(".kept").write_bytes(before)
    packer.pack(changed)
    packer.pack(files)


def test_killed_when_the_collection_of_the_last_run_is_gone(packer: Packer) -> None:
    files = vault()
    pack_twice(packer, files)
    packer.kept.path(".anki2").unlink()
    packer.pack(vault(20))
    packer.pack(files)


def test_a_collection_that_is_no_file_of_its_own_any_more_goes(packer: Packer) -> None:
    pack_twice(packer, vault())
    packer.pack(vault(20))
    assert [path.name for path in packer.kept.folder.iterdir()] == ["One.kept"]
    packer.pack(vault(21))
    assert packer.rendered == ["20.md"]


def test_a_folder_that_cannot_be_written_to_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    files = [part(path, notes) for path, notes in vault().items()]
    head = head_of(NOTETYPES[:1], [DeckName("One")])
    assert write(files, head, Kept(tmp_path / "file", "One")) == write(files, head)


def test_a_file_that_cannot_be_written_is_told(packer: Packer) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    files = [part(path, notes) for path, notes in vault().items()]
    with pytest.raises(OSError, match="No space"):
        write_package(Full(), files, head_of(NOTETYPES[:1], []), "print", (), Path(), packer.kept)


def test_a_changed_picture_is_told_and_the_next_run_is_right(packer: Packer, tmp_path: Path) -> None:
    files = vault()
    packer.pack(files)
    (tmp_path / "p.png").write_bytes(b"other")
    picture = Attachment("p.png", "p.png", "p.png", sha256(b"png").hexdigest())
    parts = [part(path, notes) for path, notes in files.items()]
    head = head_of(NOTETYPES[:1], [DeckName("One")])
    with pytest.raises(MediaChanged, match=r"p\.png"):
        write_package(io.BytesIO(), parts, head, "print", [picture], tmp_path, packer.kept)
    files["1.md"].append(note(199))
    packer.pack(files)
    assert packer.rendered == ["1.md"]


def test_rows_that_are_not_those_announced_are_a_bug() -> None:
    lying = replace(part("a.md", [note(1)]), ids=(NoteId(1), NoteId(2)))
    with pytest.raises(ValueError, match="shorter"):
        write([lying], head_of(NOTETYPES[:1], []))


def test_anki_takes_a_patched_package(packer: Packer, tmp_path: Path) -> None:
    files = vault()
    with open_anki(tmp_path / "anki") as anki:
        package = tmp_path / "a.apkg"
        package.write_bytes(packer.pack(files))
        assert len(anki.take(package).new) == 24
        files["3.md"][1] = note(301, "another text")._replace(mod=1_700_000_001)
        files["0.md"].insert(0, note(99, "new"))
        package.write_bytes(packer.pack(files))
        imported = anki.take(package)
        assert (len(imported.new), len(imported.updated)) == (1, 1)
        assert "another text" in anki.note(1_700_000_000_301)["Front"]
        assert str(anki.rows("PRAGMA integrity_check")[0][0]) == "ok"
    assert len(read_ledger(package)) == 25
    assert read_mark(package) == "print"
