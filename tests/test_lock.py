"""The form of `ankisync.lock`: exact bytes, damage, merges."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankisync.identity import MAX_MOD, lock_order
from ankisync.lock import NAME, Entry, Lock, LockTooNew, lock_from, lock_path, packed_since, read_lock, write_lock
from ankisync.model import DeckName, Delivered, Guid, NoteHash, NoteId
from tests.support import Vault

ONE, TWO, THREE = NoteId(1_702_818_043_968), NoteId(1_702_818_043_969), NoteId(1_700_000_000)
HEADER = '{"ankisync":1}'
CONFLICT = "<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs"


def _entry(
    note_id: NoteId = ONE, mod: int = 1_700_000_000, hash_: str = "aa", deck: str = "D", file: str = "n.md"
) -> Entry:
    return Entry(note_id, NoteHash(hash_), mod, DeckName(deck), file)


def _lock(*entries: Entry) -> Lock:
    return Lock({entry.id: entry for entry in entries})


def _line(note_id: int = ONE, mod: int = 1_700_000_000, hash_: str = "aa", deck: str = "D", file: str = "n.md") -> str:
    return f'{{"id":{note_id},"hash":"{hash_}","mod":{mod},"deck":"{deck}","file":"{file}"}}'


def _text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _entries(data: bytes) -> dict[NoteId, Entry]:
    """The entries of a lock in which nothing is wrong."""
    lock, told = read_lock(data)
    assert not told
    return dict(lock.entries)


def _codes(data: bytes) -> list[tuple[str, int]]:
    return [(each.code, each.location.line) for each in read_lock(data)[1]]


def test_the_form() -> None:
    full = Entry(
        ONE,
        NoteHash("0f"),
        1_790_000_000,
        DeckName('\u00c4 "q"::\u65e5'),
        "a/\u00e9 b.md",
        Guid("g\\<"),
        1_790_000_001,
        True,
    )
    lock = Lock({ONE: full, TWO: _entry(TWO), THREE: _entry(THREE, file="")})
    assert write_lock(lock).decode().split("\n") == [
        '{"ankisync":1}',
        '{"id":1702818043968,"hash":"0f","mod":1790000000,"deck":"\u00c4 \\"q\\"::\u65e5","file":"a/\u00e9 b.md",'
        '"guid":"g\\\\<","retired":1790000001,"foreign":true}',
        '{"id":1700000000,"hash":"aa","mod":1700000000,"deck":"D","file":""}',
        '{"id":1702818043969,"hash":"aa","mod":1700000000,"deck":"D","file":"n.md"}',
        "",
    ]


def test_an_empty_lock_is_a_header() -> None:
    assert write_lock(Lock({})) == b'{"ankisync":1}\n'
    assert read_lock(b'{"ankisync":1}\n') == (Lock({}), ())


def test_lines_are_in_the_order_of_a_digest() -> None:
    ids = [NoteId(ONE + step) for step in range(50)]
    written = write_lock(_lock(*(_entry(note_id) for note_id in ids))).decode().split("\n")[1:-1]
    order = [json.loads(line)["id"] for line in written]
    assert order == sorted(ids, key=lock_order)
    assert order != ids
    assert write_lock(_lock(*(_entry(note_id) for note_id in reversed(ids)))).decode().split("\n")[1:-1] == written


@pytest.mark.parametrize(
    "entry",
    [
        _entry(),
        _entry(deck="A::\u2028\u0085b", file="\u00e9/\u2029.md"),
        _entry(file="bad \udcff name.md"),
        _entry(file=""),
        Entry(ONE, NoteHash("x"), 1, DeckName("D"), "f", guid=Guid("\x1f\u2028\n"), retired=2, foreign=True),
        _entry()._replace(pushed=(5,)),
        _entry()._replace(retired=7, foreign=True, pushed=(5, 10**13 - 1)),
        _entry()._replace(pushed=(5, 6), pushed_deck=DeckName('A::"b"')),
        _entry()._replace(guid=Guid("g"), pushed=(5,)),
        Entry(
            ONE,
            NoteHash("x"),
            10**13 - 1,
            DeckName("D"),
            "f",
            extra=(("later", '{"a": [1, null]}'), ("z", '"\\ud800"')),
        ),
    ],
)
def test_what_is_written_is_read(entry: Entry) -> None:
    data = write_lock(_lock(entry))
    assert _entries(data) == {entry.id: entry}
    assert write_lock(read_lock(data)[0]) == data
    assert data.count(b"\n") == 2


def test_unknown_keys_are_kept() -> None:
    header = '{"ankisync":1,"notetypes":[{"id":1}]}'
    line = _line()[:-1] + ',"later":{"b":1,"a":[]}}'
    data = _text(header, line)
    lock, told = read_lock(data)
    assert not told
    assert write_lock(lock) == data
    other = lock.with_entries({TWO: _entry(TWO), ONE: lock.entries[ONE]})
    assert write_lock(other).startswith(f"{header}\n{line}\n".encode())


def test_the_header_may_stand_anywhere_or_be_missing() -> None:
    assert _entries(_text(_line())) == _entries(_text(_line(), HEADER)) == {ONE: _entry()}


def test_lines_in_another_order_are_no_change() -> None:
    lines = [_line(ONE), _line(TWO), _line(THREE)]
    lock, told = read_lock(_text(HEADER, *lines))
    assert not told
    assert not lock.rewrite
    assert lock == read_lock(_text(HEADER, *reversed(lines)))[0]


def test_blank_lines_are_passed_over() -> None:
    assert _entries(_text(HEADER, "", " \t", _line())) == {ONE: _entry()}


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_lines_for_one_note_the_later_mod_counts(order: int) -> None:
    lines = [_line(mod=1_700_000_000, hash_="old"), _line(mod=1_700_000_001, hash_="new")][::order]
    lock, told = read_lock(_text(HEADER, *lines))
    assert not told
    assert lock.rewrite
    assert lock.entries == {ONE: _entry(mod=1_700_000_001, hash_="new")}


def test_of_two_lines_with_one_mod_the_same_counts_in_any_order() -> None:
    lines = [_line(hash_="aa"), _line(hash_="bb")]
    assert read_lock(_text(*lines))[0] == read_lock(_text(*reversed(lines)))[0]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_conflict_markers_are_passed_over_and_told_once(ending: str) -> None:
    text = f"{HEADER}\n{CONFLICT.format(_line(ONE), _line(TWO))}\n{CONFLICT.format(_line(THREE), '')}\n"
    lock, told = read_lock(text.replace("\n", ending).encode())
    assert [(each.code, each.location) for each in told] == [("A702", (NAME, 2, 1))]
    assert set(lock.entries) == {ONE, TWO, THREE}
    assert lock.rewrite
    assert not lock.damaged


def test_conflict_markers_with_the_base_between_them() -> None:
    lines = ["<<<<<<< a", _line(mod=3), "||||||| base", _line(mod=1), "=======", _line(mod=2), ">>>>>>> b"]
    lock, told = read_lock(_text(HEADER, *lines))
    assert [each.code for each in told] == ["A702"]
    assert lock.entries[ONE].mod == 3


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        _line()[:-1],
        "[]",
        "1",
        '"text"',
        "null",
        "{}",
        "\ufeff" + _line(),
        "[" * 100_000,
        '{"id":' + "1" * 5_000 + "}",
        _line(note_id=123),
        _line(note_id=-1_702_818_043_968),
        _line(note_id=10**16),
        _line().replace("1702818043968", '"1702818043968"'),
        _line().replace("1702818043968", "1702818043968.0"),
        _line().replace("1702818043968", "true"),
        _line(mod=0),
        _line(mod=-1),
        _line(mod=10**13),
        _line().replace('"mod":1700000000', '"mod":true'),
        _line().replace('"mod":1700000000', '"mod":"1700000000"'),
        _line().replace('"mod":1700000000,', ""),
        _line(hash_=""),
        _line(deck=""),
        _line().replace('"D"', "null"),
        _line().replace('"n.md"', "7"),
        _line().replace(',"file":"n.md"', ""),
        _line()[:-1] + ',"guid":7}',
        _line()[:-1] + ',"guid":null}',
        _line()[:-1] + ',"guid":"\\ud800"}',
        _line()[:-1] + ',"retired":"yes"}',
        _line()[:-1] + ',"retired":0}',
    ],
)
def test_a_damaged_line_is_kept_and_told_with_its_number(line: str) -> None:
    data = _text(HEADER, _line(TWO), line, _line(THREE))
    lock, told = read_lock(data)
    assert [(each.code, each.location) for each in told] == [("A701", (NAME, 3, 1))]
    assert set(lock.entries) == {TWO, THREE}
    assert lock.damaged == (line,)
    assert not lock.rewrite
    assert write_lock(lock) == _text(HEADER, _line(THREE), _line(TWO), line)


def test_damaged_lines_that_are_no_text_are_kept() -> None:
    data = b'{"ankisync":1}\n\xff\xfe{"id":1702818043968\n'
    lock, told = read_lock(data)
    assert [each.code for each in told] == ["A701"]
    assert write_lock(lock) == data
    assert lock.suspects == {ONE}


@pytest.mark.parametrize("line", ["=======", "=======\r"])
def test_a_conflict_marker_is_a_whole_line(line: str) -> None:
    assert _codes(_text(HEADER, line)) == [("A702", 2)]


@pytest.mark.parametrize("line", ["=======" + _line(), "<<<<<<", "<<<<<<<x"])
def test_what_only_begins_like_a_conflict_marker_is_kept(line: str) -> None:
    lock, told = read_lock(_text(HEADER, line))
    assert [each.code for each in told] == ["A701"]
    assert lock.damaged == (line,)


def test_the_same_damaged_line_twice_is_kept_once() -> None:
    lock = read_lock(_text(HEADER, "x", "y", "x"))[0]
    assert lock.damaged == ("x", "y")


@pytest.mark.parametrize("form", ["2", '"1"', "null", "0", "[]"])
def test_another_form_is_refused(form: str) -> None:
    with pytest.raises(LockTooNew, match="has the form"):
        read_lock(_text(f'{{"ankisync":{form}}}', _line()))


def test_paths_are_composed() -> None:
    assert lock_path("e\u0301/a.md") == "\u00e9/a.md"


def _both(one: Entry, other: Entry) -> Entry:
    """Two lines for one note, in either order."""
    first, second = (write_lock(_lock(each)).split(b"\n")[1] for each in (one, other))
    (found,) = _entries(b"\n".join((first, second))).values()
    (turned,) = _entries(b"\n".join((second, first))).values()
    assert found == turned
    return found


def test_what_either_line_knows_of_a_push_counts() -> None:
    one = _entry(mod=300)._replace(pushed=(300,))
    assert _both(one, _entry(mod=200)._replace(pushed=(100,))).pushed == (100, 200, 300)
    assert _both(one, _entry(mod=200)).pushed == (200, 300)
    assert _both(_entry(mod=300), _entry(mod=200)).pushed == ()
    deck = _entry(mod=200)._replace(pushed=(100,), pushed_deck=DeckName("Old"))
    assert _both(one, deck).pushed_deck == "Old"


def test_a_text_of_another_line_is_above_what_was_pushed() -> None:
    pushed = _entry(mod=100)._replace(pushed=(500,))  # an Anki of before 25.02 sets the time of the import
    newer = _entry(mod=300)._replace(hash=NoteHash("bb"))
    assert _both(newer, pushed).mod == 501
    assert _both(newer._replace(hash=pushed.hash), pushed).mod == 300
    assert _both(newer._replace(pushed=(300,)), pushed._replace(pushed=(200,))).mod == 300


def test_pushed_times_are_times() -> None:
    line = write_lock(_lock(_entry())).split(b"\n")[1].replace(b"}", b',"pushed":[0,"5",true,7],"pushed_deck":""}')
    assert _entries(line)[ONE] == _entry()._replace(pushed=(7,))


def test_the_last_few_packages_are_known() -> None:
    assert packed_since((1,), *range(2, 40)) == tuple(range(28, 40))


def test_the_lock_as_packages_tell_it() -> None:
    ledger = {
        ONE: Delivered(NoteHash("aa"), 5, DeckName("D"), None),
        TWO: Delivered(NoteHash("bb"), 6, DeckName("E"), Guid("own")),
    }
    lock = lock_from(ledger, {})
    assert lock.entries == {
        ONE: _entry(mod=5, file=""),
        TWO: Entry(TWO, NoteHash("bb"), 6, DeckName("E"), "", Guid("own")),
    }
    assert lock.rewrite
    assert not lock_from({}, {}).rewrite


CARD = "Q: x\nA: y\n<!--ID: 1702818043968-->\n"


def _built(vault: Vault) -> bytes:
    """The lock of a vault with one card, after a build."""
    vault.write("n.md", CARD)
    assert vault.build().status == 0
    return (vault.folder / NAME).read_bytes()


def test_a_lock_with_crlf_is_not_written_again(vault: Vault) -> None:
    vault.write(NAME, _built(vault).replace(b"\n", b"\r\n"))
    state = vault.state()
    assert vault.build().status == 0
    assert vault.check().status == 0
    assert vault.state() == state


def test_a_lock_with_crlf_reads_the_same(vault: Vault) -> None:
    data = _built(vault)
    assert read_lock(data.replace(b"\n", b"\r\n")) == read_lock(data)


def test_a_newer_form_stops_everything(vault: Vault) -> None:
    vault.write("n.md", "Q: x\nA: y\n")
    vault.write(NAME, '{"ankisync":2}\n')
    state = vault.state()
    for command in ("build", "check", "list"):
        run = vault.run(command)
        assert run.status == 2
        assert NAME in run.err
        assert "newer" in run.err
    assert vault.state() == state


def test_conflict_markers_are_gone_with_the_next_write(vault: Vault) -> None:
    data = _built(vault)
    line = data.decode().split("\n")[1]
    vault.write(NAME, f"{HEADER}\n{CONFLICT.format(line, line)}\n")
    assert vault.check().status == 3
    run = vault.build()
    assert (run.status, run.codes) == (0, ["A702"])
    assert (vault.folder / NAME).read_bytes() == data
    assert vault.check().codes == []


def test_doubled_lines_are_gone_with_the_next_write(vault: Vault) -> None:
    data = _built(vault)
    vault.write(NAME, data + data.split(b"\n")[1] + b"\n")
    assert vault.check().status == 3
    assert vault.build().status == 0
    assert (vault.folder / NAME).read_bytes() == data


def test_a_damaged_line_leaves_out_its_note_and_builds_the_rest(vault: Vault) -> None:
    vault.write("n.md", f"{CARD}\nQ: other\nA: y\n<!--ID: 1702818043969-->\n")
    damaged = _line()[:-2]
    vault.write(NAME, f"{damaged}\n{HEADER}\n")
    run = vault.build()
    assert (run.status, run.codes) == (1, ["A701"])
    assert "ankisync.lock:1:1: error[A701]" in run.err
    assert set(vault.lock().entries) == {TWO}
    assert damaged in vault.read(NAME).split("\n")
    state = vault.state()
    assert vault.build().codes == ["A701"]
    assert vault.state() == state


def test_a_damaged_line_that_is_mended_is_a_note_again(vault: Vault) -> None:
    data = _built(vault)
    vault.write(NAME, data.replace(b'"hash"', b"hash"))
    assert vault.build().status == 1
    vault.write(NAME, data)
    assert vault.build().status == 0
    assert (vault.folder / NAME).read_bytes() == data


@pytest.mark.skipif(os.name != "posix", reason="file names are text here")
def test_a_file_name_that_is_no_utf8(vault: Vault) -> None:
    name = os.fsdecode(b"caf\xe9.md")
    try:
        vault.write(name, "Q: x\nA: y\n")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    assert vault.build().status == 0
    text = vault.read(NAME)
    assert r'"file":"caf\udce9.md"' in text
    assert [entry.file for entry in vault.lock().entries.values()] == [name]
    state = vault.state()
    assert vault.build().status == 0
    assert vault.state() == state


@pytest.mark.skipif(os.name != "posix", reason="such a name cannot be there")
def test_a_file_name_with_a_line_break(vault: Vault) -> None:
    vault.write("a\nb\u2028.md", "Q: x\nA: y\n")
    assert vault.build().status == 0
    assert vault.read(NAME).count("\n") == 2
    assert vault.check().status == 0


def test_a_decomposed_file_name_is_no_change(vault: Vault) -> None:
    vault.write("e\u0301.md", "Q: x\nA: y\n")
    assert vault.build().status == 0
    assert [entry.file for entry in vault.lock().entries.values()] == ["\u00e9.md"]
    (vault.folder / "e\u0301.md").rename(vault.folder / "\u00e9.md")
    before = vault.read(NAME)
    assert vault.build().status == 0
    assert vault.read(NAME) == before


def test_a_build_writes_no_mod_that_the_next_one_does_not_read(vault: Vault) -> None:
    _built(vault)
    vault.write(NAME, vault.read(NAME).replace('"mod":1702818043', f'"mod":{10**13 - 1}'))
    vault.write("n.md", CARD.replace("A: y", "A: z"))
    first = vault.build()
    assert vault.build().codes == first.codes


def _git(folder: Path, *arguments: str, check: bool = True) -> int:
    names = {f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **names}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=False, capture_output=True)
    assert not check or done.returncode == 0, done.stderr
    return done.returncode


def _cards(name: str, count: int) -> str:
    return "".join(f"Q: {name} {number}\nA: y\n\n" for number in range(count))


def _branch(vault: Vault, name: str, files: dict[str, str], seed: int) -> None:
    """A branch off `main` on which these files are written, built and committed."""
    _git(vault.folder, "checkout", "-q", "-b", name, "main")
    for path, text in files.items():
        vault.write(path, text)
    assert vault.build(seed=seed).status == 0
    _git(vault.folder, "add", "-A")
    _git(vault.folder, "commit", "-q", "-m", name)


def _repository(vault: Vault, count: int) -> None:
    """A repository with some cards, built."""
    vault.write(".gitignore", "decks/\n")
    vault.write("base.md", _cards("base", count))
    _git(vault.folder, "init", "-q", "-b", "main")
    assert vault.build().status == 0
    _git(vault.folder, "add", "-A")
    _git(vault.folder, "commit", "-q", "-m", "base")


def _assert_every_note_once(vault: Vault, count: int) -> None:
    lines = vault.read(NAME).split("\n")
    assert lines[0] == HEADER
    assert len(lines) == count + 2
    ids = vault.ids()
    assert len(set(ids)) == len(ids) == count
    assert set(vault.lock().entries) == set(ids)
    state = vault.state()
    assert vault.build(seed=99).status == 0
    assert vault.check().codes == []
    assert vault.state() == state


@pytest.mark.parametrize("seed", range(3))
def test_branches_with_new_cards_merge(vault: Vault, seed: int) -> None:
    _repository(vault, 300)
    _branch(vault, "left", {"left.md": _cards("left", 3)}, seed=10 + seed)
    _branch(vault, "right", {"right.md": _cards("right", 3)}, seed=20 + seed)
    _git(vault.folder, "merge", "-q", "-m", "both", "left")
    assert "<<<<" not in vault.read(NAME)
    assert vault.build(seed=5).status == 0
    _assert_every_note_once(vault, 306)


def test_branches_whose_locks_conflict_are_repaired_by_the_next_build(vault: Vault) -> None:
    _repository(vault, 2)
    _branch(vault, "left", {"left.md": _cards("left", 20)}, seed=11)
    _branch(vault, "right", {"right.md": _cards("right", 20)}, seed=12)
    assert _git(vault.folder, "merge", "-q", "-m", "both", "left", check=False) == 1
    assert "<<<<<<< " in vault.read(NAME)
    assert vault.check().status == 3
    run = vault.build(seed=5)
    assert (run.status, run.codes) == (0, ["A702"])
    _assert_every_note_once(vault, 42)


def test_a_card_edited_on_both_branches_is_one_note(vault: Vault) -> None:
    _repository(vault, 30)
    text = vault.read("base.md")
    _branch(vault, "left", {"base.md": text.replace("Q: base 3\n", "Q: base 3, left\n")}, seed=11)
    _branch(vault, "right", {"base.md": text.replace("Q: base 3\n", "Q: base 3, right\n")}, seed=12)
    assert _git(vault.folder, "merge", "-q", "-m", "both", "left", check=False) == 1
    unresolved = vault.read("base.md")
    run = vault.build()
    assert run.status == 1
    assert "A109" in run.codes
    assert vault.read("base.md") == unresolved
    assert len(vault.lock().entries) == 30
    vault.write("base.md", text.replace("Q: base 3\n", "Q: base 3, both\n"))
    assert vault.build(now=1_790_000_100).status == 0
    _assert_every_note_once(vault, 30)


def test_a_union_merge_keeps_every_note_once(vault: Vault) -> None:
    _repository(vault, 30)
    _git(vault.folder, "checkout", "-q", "main")
    vault.write(".gitattributes", f"{NAME} merge=union\n")
    _git(vault.folder, "add", "-A")
    _git(vault.folder, "commit", "-q", "-m", "attributes")
    text = vault.read("base.md")
    _branch(
        vault, "left", {"base.md": text.replace("Q: base 3\n", "Q: base 3, both\n"), "left.md": _cards("left", 9)}, 11
    )
    _branch(
        vault,
        "right",
        {"base.md": text.replace("Q: base 3\n", "Q: base 3, both\n"), "right.md": _cards("right", 9)},
        12,
    )
    _git(vault.folder, "merge", "-q", "-m", "both", "left")
    assert vault.build(seed=5).status == 0
    _assert_every_note_once(vault, 48)


@given(
    st.lists(
        st.builds(
            Entry,
            id=st.integers(10**9, 10**16 - 1).map(NoteId),
            hash=st.sampled_from(("ab12", "x", '"', "\\", "ä")).map(NoteHash),
            mod=st.integers(1, MAX_MOD),
            deck=st.text(st.sampled_from('aä":, \\/\x7f\u2028{}'), min_size=1).map(DeckName),
            file=st.text(st.sampled_from('aä":, \\/\x7f\u2028{}\udc80')),
            retired=st.none() | st.integers(1, MAX_MOD),
            foreign=st.booleans(),
            guid=st.none() | st.just(Guid("x")),
            extra=st.just(()),
            notetype=st.none(),
            cards=st.just(()),
            type=st.none(),
            pushed=st.lists(st.integers(1, MAX_MOD), max_size=2).map(tuple),
            pushed_deck=st.none() | st.just(DeckName("Old")),
        ),
        max_size=4,
        unique_by=lambda entry: entry.id,
    )
)
def test_what_is_written_is_read_by_either_way(entries: list[Entry]) -> None:
    """Most lines are read without JSON; a blank more in each of them makes all go the long way."""
    data = write_lock(Lock({entry.id: entry for entry in entries}))
    lock, told = read_lock(data)
    assert (dict(lock.entries), told) == ({entry.id: entry for entry in entries}, ())
    assert read_lock(data.replace(b'{"id":', b'{ "id":'))[0].entries == lock.entries


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id":1702818043968,"hash":"a","mod":1,"deck":"d","file":"f"}', False),
        ('{"id":1702818043968,"hash":"a","mod":0,"deck":"d","file":"f"}', True),
        ('{"id":1702818043968,"hash":"","mod":1,"deck":"d","file":"f"}', True),
        ('{"id":0702818043968,"hash":"a","mod":1,"deck":"d","file":"f"}', True),
        ('{"id":170281804,"hash":"a","mod":1,"deck":"d","file":"f"}', True),
        ('{"id":1702818043968,"hash":"a","mod":1,"deck":"d","file":"f"}}', True),
        ('{"id":1702818043968,"hash":"a","mod":1,"deck":"d","file":"f","foreign":false}', False),
    ],
)
def test_a_line_that_is_nearly_a_plain_one_is_told(line: str, told: bool) -> None:
    assert bool(read_lock(f'{{"ankisync":1}}\n{line}\n'.encode())[1]) is told
