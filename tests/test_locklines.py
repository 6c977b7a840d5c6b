"""A lock by its lines: what is read and exchanged there is what a whole lock would give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankisync.lock import Entry, Lock, read_lock, write_lock
from ankisync.locklines import LockText, read_index
from ankisync.model import DeckName, NoteHash, NoteId
from tests.fragments import thorough

IDS = st.integers(1_700_000_000_000, 1_700_000_000_020).map(NoteId)
ENTRIES = st.dictionaries(
    IDS, st.tuples(st.sampled_from(("a", "ü")), st.integers(1, 3), st.sampled_from(("D", 'x"y', "é"))), max_size=12
)


def lock_of(rows: dict[NoteId, tuple[str, int, str]]) -> Lock:
    return Lock(
        {id_: Entry(id_, NoteHash(hash_), mod, DeckName(deck), "n.md") for id_, (hash_, mod, deck) in rows.items()}
    )


def text_of(lock: Lock) -> LockText:
    data = write_lock(lock)
    index = read_index(data)
    assert index is not None
    assert index.is_of(data)
    return LockText(lambda start, end: data[start:end], index)


@thorough(200)
@given(ENTRIES, st.sets(IDS))
def test_a_part_has_the_entries_asked_for(rows: dict[NoteId, tuple[str, int, str]], wanted: set[NoteId]) -> None:
    lock = lock_of(rows)
    part = text_of(lock).part(wanted)
    assert part.entries == {id_: entry for id_, entry in lock.entries.items() if id_ in wanted}


@thorough(300)
@given(ENTRIES, ENTRIES, st.sets(IDS))
def test_exchanged_lines_make_the_lock_that_is_written_as_a_whole(
    rows: dict[NoteId, tuple[str, int, str]], new: dict[NoteId, tuple[str, int, str]], looked: set[NoteId]
) -> None:
    lock = lock_of(rows)
    text = text_of(lock)
    before = text.part({*new, *looked})
    after = before.with_entries({**before.entries, **lock_of(new).entries})
    exchanged = text.exchanged(before, after)
    data = b"".join(exchanged.pieces())
    whole = lock.with_entries({**lock.entries, **lock_of(new).entries})
    assert data == write_lock(whole)
    assert read_lock(data)[0].entries == whole.entries
    assert exchanged.index.is_of(data)
    assert exchanged.part(new).entries == lock_of(new).entries


MANY = {NoteId(1_700_000_000_000 + number): ("a", 1, "D") for number in range(1_000)}


def test_of_a_large_lock_few_bytes_are_looked_at() -> None:
    lock = lock_of(MANY)
    data, asked = write_lock(lock), []
    index = read_index(data)
    assert index is not None

    def piece(start: int, end: int) -> bytes:
        asked.append(end - start)
        return data[start:end]

    some = list(MANY)[100:103]
    text = LockText(piece, index)
    before = text.part(some)
    after = before.with_entries(lock_of({some[0]: ("b", 2, "D"), some[1]: MANY[some[1]]}).entries)
    exchanged = text.exchanged(before, after)
    assert sum(asked) < len(data) // 2
    assert b"".join(exchanged.pieces()) == write_lock(lock.with_entries({**lock.entries, **after.entries}))
    assert read_index(b"".join(exchanged.pieces())) == exchanged.index


def test_an_index_is_of_one_lock_only() -> None:
    data = write_lock(lock_of(MANY))
    index = read_index(data)
    assert index is not None
    assert index.is_of(data)
    for other in (data[:-1], data + b"\n", data.replace(b'"mod":1', b'"mod":2', 1), b""):
        assert not index.is_of(other)


LINES = (
    write_lock(lock_of({NoteId(1_700_000_000_000): ("a", 1, "D"), NoteId(1_700_000_000_001): ("a", 1, "D")}))
    .decode()
    .split("\n")[:3]
)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(LINES),
        "\n".join([*LINES, ""]) + "\n",
        "\n".join([LINES[0], LINES[2], LINES[1], ""]),
        "\n".join([LINES[0], LINES[1], LINES[1], ""]),
        "\n".join([*LINES[1:], ""]),
        "\n".join([*LINES, "damaged", ""]),
        "\n".join([LINES[0], "<<<<<<< ours", *LINES[1:], ""]),
        "",
    ],
)
def test_another_form_must_be_read_as_a_whole(text: str) -> None:
    assert read_index(text.encode()) is None


def test_the_plain_form_has_lines() -> None:
    index = read_index("\n".join([*LINES, ""]).encode())
    assert index is not None
    assert len(index.lengths) == 2
