"""A lock by its lines: what is read and exchanged there is what a whole lock would give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankisync.lock import Entry, Lock, read_lock, write_lock
from ankisync.locklines import LockText, exchange, read_lines
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
    lines = read_lines(data)
    assert lines is not None
    return LockText(data, lines)


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
    after = before.with_entries({**before.entries, **lock_of(new).entries}.values())
    exchanged = exchange(text, before, after)
    whole = lock.with_entries({**lock.entries, **lock_of(new).entries}.values())
    assert exchanged.data == write_lock(whole)
    assert read_lock(exchanged.data)[0].entries == whole.entries
    again = read_lines(exchanged.data)
    assert again is not None
    assert (again.head, list(again.orders), list(again.lengths)) == (
        exchanged.lines.head,
        list(exchanged.lines.orders),
        list(exchanged.lines.lengths),
    )


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
    assert read_lines(text.encode()) is None


def test_the_plain_form_has_lines() -> None:
    lines = read_lines("\n".join([*LINES, ""]).encode())
    assert lines is not None
    assert len(lines.orders) == 2
