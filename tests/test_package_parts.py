"""The rooms of the package writer one by one, against what they stand in for."""

import html
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import closing
from hashlib import sha1, sha256
from pathlib import Path

import genanki
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ankisync.cards import Cards, card_ords
from ankisync.identity import MAX_MOD, guid_of
from ankisync.model import Attachment, DeckName, Location, Note, NoteHash, NoteId, Status
from ankisync.notetypes import BASIC, stock
from ankisync.package import (
    Head,
    Kept,
    Mould,
    PackedPart,
    archive,
    deflate,
    head_of,
    pack_notes,
    read_ledger,
    read_mark,
    write_package,
)
from ankisync.package.ledger import ledger_line
from ankisync.records import cards_row
from ankisync.source import without_comments
from tests.test_package import Packer, note, part, vault, write

MODS = (MAX_MOD - 1, MAX_MOD, MAX_MOD + 1)
TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from('"\\/<>&;\x00\x1f\x7f\u2028 {}'), max_size=12)
UNZIP = shutil.which("unzip")


def a_note(text: str = "", **others: object) -> Note:
    values: dict[str, object] = {
        "id": NoteId(1_700_000_000_000),
        "guid": guid_of(NoteId(1_700_000_000_000)),
        "hash": NoteHash("00ff"),
        "mod": 5,
        "notetype": stock()[BASIC],
        "fields": (),
        "tags": (),
        "deck": DeckName("One"),
        "location": Location("a.md", 1, 1),
        "status": Status.NEW,
    }
    return Note(**(values | others))  # type: ignore[arg-type]


# The ledger.


@given(
    TEXTS,
    TEXTS,
    st.none() | TEXTS,
    st.sampled_from(list(stock().values())),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 10**13)), max_size=2),
)
def test_a_line_is_what_json_makes_of_it(
    hash_: str, deck: str, guid: str | None, notetype: object, foreign: bool, cards: list[tuple[int, int]]
) -> None:
    note = a_note(hash=hash_, deck=deck, notetype=notetype, foreign=foreign, cards=tuple(cards))
    row: dict[str, object] = {"id": note.id, "hash": hash_, "mod": 5, "deck": deck}
    if guid is not None and guid != note.guid:
        note = a_note(hash=hash_, deck=deck, notetype=notetype, foreign=foreign, cards=tuple(cards), guid=guid)
        row["guid"] = guid
    row |= {} if notetype == stock()[BASIC] else {"notetype": note.notetype.id}
    row |= {"cards": cards_row(cards)} if cards else {}
    row |= {"foreign": True} if foreign else {}
    assert ledger_line(note) == json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def test_a_package_of_the_version_before_is_read(tmp_path: Path) -> None:
    line = '{"id":1700000000000,"hash":"ab","mod":7,"deck":"One","foreign":true}\n'
    with zipfile.ZipFile(tmp_path / "old.apkg", "w", zipfile.ZIP_DEFLATED) as old:
        old.comment = b"ankisync 1 abc"
        old.writestr("ankisync.jsonl", line + "no JSON\n" + '{"id":"x"}\n')
    assert read_mark(tmp_path / "old.apkg") == "abc"
    ledger = read_ledger(tmp_path / "old.apkg")
    assert [(each, held.mod, held.foreign) for each, held in ledger.items()] == [(1_700_000_000_000, 7, True)]


def test_no_time_is_read_that_a_lock_could_not_hold(tmp_path: Path) -> None:
    lines = [f'{{"id":170000000000{number},"hash":"ab","mod":{mod},"deck":"One"}}\n' for number, mod in enumerate(MODS)]
    with zipfile.ZipFile(tmp_path / "forged.apkg", "w") as forged:
        forged.comment = b"ankisync 1 abc"
        forged.writestr("ankisync.jsonl", "".join(lines))
    held = read_ledger(tmp_path / "forged.apkg").values()
    assert [each.mod for each in held] == [MAX_MOD - 1, MAX_MOD, MAX_MOD]


# Rows.


@given(
    st.lists(
        TEXTS | st.sampled_from(["<br>", "<!-- x -->a", "a<b>&amp;</b>", " x ", "&lt;b&gt;"]), min_size=7, max_size=7
    )
)
def test_sort_field_and_checksum_are_those_of_the_plain_text(fields: list[str]) -> None:
    (packed,) = pack_notes([(a_note(), fields)])
    plain = html.unescape(re.sub("<[^<>]*>", "", without_comments(fields[0]))).strip()
    checksum = int(sha1(plain.encode()).hexdigest()[:8], 16)
    assert packed.row[5:] == ("\x1f".join(fields), plain, checksum)


FRONTS = st.lists(
    st.sampled_from(
        [
            "{{A}}",
            "{{B}}",
            "x",
            "{{#A}}{{B}}{{/A}}",
            "{{^A}}{{B}}{{/A}}",
            "{{Tags}}",
            "{{type:A}}",
            "{{#A}}",
            "{{Deck}}",
        ]
    ),
    min_size=1,
    max_size=4,
)
VALUES = st.sampled_from(
    ["", "a", " ", "<br>", "<b>", "\x01", "\x01 <div>", "\x7f", "é", "\xa0", "<", "0", "{{c1::x}}"]
)


@given(FRONTS, st.lists(st.tuples(VALUES, VALUES, st.booleans()), max_size=8))
def test_many_notes_have_the_cards_that_each_has_alone(fronts: list[str], notes: list[tuple[str, str, bool]]) -> None:
    cards = Cards(cloze=False, fronts=tuple(fronts), names=("A", "B"))
    for a, b, tagged in notes:
        assert cards.ords((a, b), tagged=tagged) == card_ords(False, fronts, {"A": a, "B": b}, tagged=tagged)


@given(VALUES)
def test_a_field_is_filled_where_a_card_that_asks_it_twice_says_so(text: str) -> None:
    bare = "".join(each for each in text if each in "\t\n" or (each > "\x1f" and each != "\x7f"))
    for tag in ("<br>", "<div>"):
        bare = bare.replace(tag, "")
    filled = bare.strip("\t\n ") != ""
    assert card_ords(False, ["{{^A}}{{B}}{{/A}}", "{{A}}"], {"A": text, "B": "b"}) == ((1,) if filled else (0,))


def test_a_card_keeps_the_id_that_it_has() -> None:
    both = stock()["Basic (and reversed card)"]
    fields = ["front", "back", *[""] * (len(both.fields) - 2)]
    (packed,) = pack_notes([(a_note(notetype=both, cards=((1, 42),)), fields)])
    assert [(card, ord_) for card, _, ord_ in packed.cards] == [(1_700_000_000_000, 0), (42, 1)]


# What genanki gives.


def test_models_and_decks_are_those_of_the_whole_genanki() -> None:
    notetype = stock()[BASIC]
    head = head_of([notetype], [DeckName("A::B")])
    model = genanki.Model(
        notetype.id,
        notetype.name,
        [{"name": each.name, "id": each.id, "collapsed": each.role == "spare"} for each in notetype.fields],
        [{"name": each.name, "id": each.id, "qfmt": each.front, "afmt": each.back} for each in notetype.templates],
        notetype.css,
    )
    assert json.loads(head.models) == json.loads(json.dumps({str(notetype.id): model.to_json(notetype.mod, 1)}))
    decks = json.loads(head.decks)
    assert {each["name"] for each in decks.values()} == {"Default", "A", "A::B"}
    assert all(each == genanki.Deck(each["id"], each["name"]).to_json() for each in decks.values())


@pytest.mark.parametrize("before", ["", "import genanki, yaml", "import yaml"])
def test_genanki_is_loaded_in_part_and_leaves_no_trace(before: str) -> None:
    code = f"""
import sys
{before}
loaded = set(sys.modules)
from ankisync.package import head_of
from ankisync.notetypes import stock
head = head_of(stock().values(), ["A"])
new = {{name.partition(".")[0] for name in set(sys.modules) - loaded}}
assert not new & {{"genanki", "cached_property", "yaml", "asyncio"}}, new
import genanki, yaml, cached_property
assert genanki.Package and yaml.full_load("a: 1") == {{"a": 1}} and cached_property.threaded_cached_property
assert head == head_of(stock().values(), ["A"])
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_of_names_that_anki_takes_for_one_the_first_counts() -> None:
    decks = json.loads(head_of([], [DeckName("one::B"), DeckName("ONE::C"), DeckName("One")]).decks)
    assert {each["name"] for each in decks.values()} == {"Default", "one", "one::B", "ONE::C"}


# Deflated blocks.


@given(st.lists(st.integers(0, 400_000), max_size=6))
def test_blocks_put_together_are_the_data(sizes: list[int]) -> None:
    pieces = [random.Random(size).randbytes(size) for size in sizes]
    blocks = list(deflate.piece_blocks(pieces))
    assert b"".join(blocks) == b"".join(pieces)
    stream = b"".join(packed for _, packed in deflate.Deflater(None, None).deflate(blocks)) + archive.END
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    assert unpacker.decompress(stream) + unpacker.flush() == b"".join(pieces)
    assert unpacker.eof


@given(st.lists(st.tuples(st.integers(0, 140_000), st.sampled_from([2, 10, 256])), max_size=6))
@example([(0, 2), (1, 2), (0, 2), (256 * 1024, 256), (256 * 1024, 10), (5, 2)])
def test_a_block_is_what_a_compressor_of_its_own_makes_of_it(blocks: list[tuple[int, int]]) -> None:
    pack = deflate.block_packer()
    for size, letters in blocks:
        data = bytes(each % letters for each in random.Random(size).randbytes(size))
        packer = zlib.compressobj(deflate.LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, deflate.MEMORY)
        assert pack(data) == packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
        pack(data[:7])


def test_a_page_put_in_moves_few_ends() -> None:
    random_ = random.Random(2)
    pages = [random_.randbytes(deflate.PAGE) for _ in range(1500)]
    before = set(deflate.page_blocks(io.BytesIO(b"".join(pages))))
    pages.insert(200, random_.randbytes(deflate.PAGE))
    after = list(deflate.page_blocks(io.BytesIO(b"".join(pages))))
    assert b"".join(after) == b"".join(pages)
    assert all(len(each) % deflate.PAGE == 0 and len(each) <= 256 * 1024 for each in after)
    assert len(set(after) - before) <= 5 < len(after) / 5


# The zip.


def zipped(members: Iterable[tuple[str, bytes]], tmp_path: Path, *, loose: bool = False) -> bytes:
    file = io.BytesIO()
    made = archive.Archive(file)
    for name, data in members:
        (tmp_path / name).write_bytes(data)
        digest = sha256(data).hexdigest()
        made.add_file(name, tmp_path / name, Attachment(name, name, name, digest), loose=loose)
    made.add("media", b"{}")
    made.close(b"ankisync 1 print")
    return file.getvalue()


@pytest.mark.parametrize("loose", [False, True])
@pytest.mark.parametrize(("most", "members"), [(None, None), (100, None), (None, 2), (100, 2), (0, 0)])
def test_every_form_of_zip_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loose: bool, most: int | None, members: int | None
) -> None:
    if most is not None:
        monkeypatch.setattr(archive, "_MOST_BYTES", most)
    if members is not None:
        monkeypatch.setattr(archive, "_MOST_MEMBERS", members)
    data = {"0": b"", "1": b"x" * 99, "2": b"x" * 101, "3": random.Random(1).randbytes(300_000)}
    made = zipped(data.items(), tmp_path, loose=loose)
    with monkeypatch.context() as unheld:
        unheld.setattr(archive, "_HELD", -1)
        assert zipped(data.items(), tmp_path, loose=loose) == made
    with zipfile.ZipFile(io.BytesIO(made)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == data | {"media": b"{}"}
        assert read.comment == b"ankisync 1 print"
    (tmp_path / "made.zip").write_bytes(made)
    if UNZIP:
        subprocess.run([UNZIP, "-tq", tmp_path / "made.zip"], check=True, capture_output=True)


def test_more_members_than_the_old_form_can_count() -> None:
    file = io.BytesIO()
    made = archive.Archive(file)
    for number in range(66_000):
        made.add(str(number), b"")
    made.close(b"")
    with zipfile.ZipFile(file) as read:
        assert len(read.infolist()) == 66_000
        assert read.read("65999") == b""


def test_a_member_that_lies_behind_four_gibibytes() -> None:
    class Far(io.BytesIO):
        """A file of which the first 5 GiB are not kept."""

        gap = 0

        def tell(self) -> int:
            return super().tell() + self.gap

        def seek(self, at: int, whence: int = 0) -> int:
            return super().seek(at - self.gap if whence == 0 else at, whence)

    file = Far()
    made = archive.Archive(file)
    file.gap = 5 * 1024**3
    made.add("far", b"away")
    made.close(b"")
    (info,) = zipfile.ZipFile(file).infolist()
    assert (info.header_offset, info.file_size) == (5 * 1024**3, 4)


# Runs that are killed.


def test_killed_at_any_step_the_next_run_is_right(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", "One")
    packer = Packer(kept)
    files = vault()
    packer.pack(files)
    step = 0
    while True:
        step += 1
        files = files | {"3.md": [*files["3.md"][1:], *vault(20)[f"{step % 6 + 10}.md"][:1]]} if step < 4 else files
        child = os.fork()
        if child == 0:
            die_at(step, str(kept.folder))
            packer.pack(files)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        packer.pack(files)
    assert step > 10


def die_at(step: int, folder: str) -> None:
    """Kill this process at its Nth step on the disk in a folder."""
    left = [step]

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        written = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if (written or event in ("os.rename", "os.remove", "sqlite3.connect")) and str(arguments[0]).startswith(folder):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)


def test_many_notes_in_any_order_are_the_same_package(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = list(range(300))
    random.Random(4).shuffle(numbers)
    parts: list[PackedPart] = [part(f"{n}", [note(each) for each in numbers[n : n + 10]]) for n in range(0, 300, 10)]
    head: Head = head_of([stock()[BASIC]], [DeckName("One")])
    plain = write(parts, head)
    monkeypatch.setattr("ankisync.package.collection.FEW", 9)
    assert write(parts, head) == plain
    monkeypatch.setattr("ankisync.package.collection._MANY", 10)
    assert write(parts, head) == plain


def test_one_mould_for_packages_of_all_kinds() -> None:
    """What one package leaves there alters nothing in the next."""
    head = head_of([stock()[BASIC]], [DeckName("One")])
    random_ = random.Random(7)

    def some(notes: int, length: int) -> list[PackedPart]:
        return [part("a", [note(random_.randrange(10**9), "long " * random_.randrange(length)) for _ in range(notes)])]

    packages = [some(3, 9), some(900, 90), [], some(1, 40_000), some(5, 2), some(900, 3_000), some(40, 900), some(3, 9)]
    with closing(Mould()) as mould:
        for parts in packages:
            file, alone = io.BytesIO(), write(parts, head)
            write_package(file, parts, head, "print", (), Path(), None, mould)
            assert file.getvalue() == alone


@pytest.mark.parametrize("wrong", [[note(1), note(1, "the same note")], [note(2)._replace(tags=("\ud800",))]])
def test_a_package_that_fails_leaves_nothing_in_the_mould(wrong: list[Note]) -> None:
    head = head_of([stock()[BASIC]], [DeckName("One")])
    after = [part("b", [note(number, "long " * 900) for number in range(40)])]
    with closing(Mould()) as mould:
        with pytest.raises((sqlite3.IntegrityError, UnicodeEncodeError)):
            write_package(io.BytesIO(), [part("a", wrong)], head, "print", (), Path(), None, mould)
        file = io.BytesIO()
        write_package(file, after, head, "print", (), Path(), None, mould)
    assert file.getvalue() == write(after, head)


def test_a_collection_that_is_made_in_a_file_is_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parts = [part(f"{n}", [note(n, "long " * n * 40) for n in range(n, n + 20)]) for n in range(0, 200, 20)]
    head = head_of([stock()[BASIC]], [DeckName("One")])
    plain = write(parts, head)
    with monkeypatch.context() as patched:
        patched.setattr("ankisync.package.mould.MOST_PAGES", 20)
        assert write(parts, head, Kept(tmp_path, "One")) == plain
    assert {path.name for path in tmp_path.iterdir()} == {"One.kept", "One.anki2"}
    # Some builds of SQLite do not give out what is in memory.
    monkeypatch.setattr(sqlite3, "Connection", object)
    assert write(parts, head) == plain


def test_a_collection_has_all_tables_and_no_index(tmp_path: Path) -> None:
    path = tmp_path / "collection.anki2"
    data = write([part("a", [note(1), note(2)])], head_of([stock()[BASIC]], [DeckName("One")]))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        path.write_bytes(package.read("collection.anki2"))
    with closing(sqlite3.connect(path)) as database:
        made = database.execute("SELECT type, name FROM sqlite_master").fetchall()
    assert sorted(made) == [("table", name) for name in ("cards", "col", "graves", "notes", "revlog")]
