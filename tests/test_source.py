"""Bytes to text and back: lines, edits, what is no text."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankisync.source import (
    Edit,
    NotText,
    Source,
    Span,
    Trouble,
    apply_edits,
    digest_of,
    edited,
    encode,
    line_table,
    read_source,
)
from tests.fragments import thorough
from tests.support import source

ENDINGS = ("\n", "\r\n", "\r")
NO_ENDINGS = ("\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e")
PIECES = st.sampled_from(["", " ", "\t", "Q: a", "\ufeff", "é", "\U0001f600", *ENDINGS, *NO_ENDINGS])
TEXTS = st.lists(PIECES, max_size=12).map("".join)
BARE_LINES = st.lists(st.text(st.sampled_from(["a", " ", *NO_ENDINGS]), max_size=3), min_size=1, max_size=8)


def texts_of(text: str) -> list[str]:
    return [text[line.start : line.end] for line in line_table(text)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("\n", [""]),
        ("a\n\nb", ["a", "", "b"]),
        ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("a\r", ["a"]),
        ("a\r\n", ["a"]),
        ("\r\r\n\n", ["", "", ""]),
        ("a\n\rb", ["a", "", "b"]),
    ],
)
def test_lines_end_at_lf_crlf_and_cr(text: str, lines: list[str]) -> None:
    assert texts_of(text) == lines


@pytest.mark.parametrize("char", NO_ENDINGS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_else_breaks_a_line(char: str, ending: str) -> None:
    assert texts_of(f"a{char}b{ending}c{char}") == [f"a{char}b", f"c{char}"]


@thorough(200)
@given(TEXTS)
def test_the_lines_and_their_endings_are_the_text(text: str) -> None:
    table = line_table(text)
    assert "".join(text[line.start : line.next] for line in table) == text
    assert all(text[line.end : line.next] in ENDINGS for line in [*table][:-1])
    assert all(line.start < line.next for line in table)


@thorough(200)
@given(TEXTS)
def test_no_line_holds_an_ending(text: str) -> None:
    assert not any("\r" in line or "\n" in line for line in texts_of(text))


@thorough(200)
@given(BARE_LINES, st.sampled_from(ENDINGS))
def test_lines_joined_by_an_ending_come_apart_again(lines: list[str], ending: str) -> None:
    assert texts_of(ending.join(lines) + ending) == lines


@pytest.mark.parametrize(
    ("text", "index", "ending"),
    [
        ("a\r\nb\n", 0, "\r\n"),
        ("a\r\nb\n", 1, "\n"),
        ("a\rb\r", 1, "\r"),
        ("a\r\nb", 1, "\r\n"),
        ("a\nb\r\nc\rd", 3, "\r"),
        ("a", 0, "\n"),
    ],
)
def test_an_inserted_line_takes_the_ending_above_it(text: str, index: int, ending: str) -> None:
    assert source(text).ending(index) == ending


def test_the_text_of_a_line_is_without_its_ending() -> None:
    assert [source("a\r\nb").line_text(index) for index in range(2)] == ["a", "b"]


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...]]:
    """A text and edits in it that do not overlap, in their order."""
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = zip(cuts[::2], cuts[1::2], strict=False)
    return text, tuple(Edit(Span(start, end), draw(st.text("xyz", max_size=3))) for start, end in spans)


@thorough(200)
@given(texts_and_edits())
def test_edits_splice_and_leave_all_else(case: tuple[str, tuple[Edit, ...]]) -> None:
    text, edits = case
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.span.start] + edit.text + expected[edit.span.end :]
    assert apply_edits(text, edits) == expected


@thorough(200)
@given(texts_and_edits(), st.randoms(use_true_random=False))
def test_the_order_of_edits_does_not_count(case: tuple[str, tuple[Edit, ...]], random: Random) -> None:
    text, edits = case
    distinct = list({edit.span.start: edit for edit in edits}.values())
    shuffled = list(distinct)
    random.shuffle(shuffled)
    assert apply_edits(text, tuple(shuffled)) == apply_edits(text, tuple(distinct))


@thorough(200)
@given(TEXTS)
def test_no_edit_is_no_change(text: str) -> None:
    assert apply_edits(text, ()) == text


def test_insertions_at_one_place_keep_their_order() -> None:
    here = Span(1, 1)
    assert apply_edits("ab", (Edit(here, "1"), Edit(here, "2"))) == "a12b"


def test_an_insertion_and_a_replacement_may_meet() -> None:
    assert apply_edits("abc", (Edit(Span(1, 2), "X"), Edit(Span(2, 2), "i"))) == "aXic"
    assert apply_edits("abc", (Edit(Span(1, 2), "X"), Edit(Span(1, 1), "i"))) == "aiXc"


@pytest.mark.parametrize("other", [Span(1, 3), Span(2, 2), Span(0, 4)])
def test_edits_that_overlap_are_refused(other: Span) -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply_edits("abcd", (Edit(Span(1, 3), "x"), Edit(other, "y")))


@thorough(200)
@given(TEXTS, st.booleans())
def test_what_is_read_is_what_is_written(text: str, bom: bool) -> None:
    data = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    read = read_source("n.md", data)
    assert isinstance(read, Source)
    assert encode(read, read.text) == data
    assert read.digest == digest_of(data)


def test_the_byte_order_mark_is_in_no_offset() -> None:
    read = source(b"\xef\xbb\xbfab\n")
    assert (read.bom, read.text, read.lines[0].start) == (True, "ab\n", 0)


def test_a_second_byte_order_mark_is_text() -> None:
    assert source(b"\xef\xbb\xbf\xef\xbb\xbfa").text == "\ufeffa"


@pytest.mark.parametrize(
    ("data", "trouble", "offset"),
    [
        (b"Q: \xe9\n", Trouble.NOT_UTF8, 3),
        (b"\xff\xfeQ", Trouble.NOT_UTF8, 0),
        (b"\xef\xbb\xbfab\xff", Trouble.NOT_UTF8, 5),
        (b"\x89PNG\x00", Trouble.BINARY, 4),
        (b"\xff\xfeQ\x00:\x00", Trouble.BINARY, 3),
        (b"Q: a\x00", Trouble.NUL, 4),
        (b"\xed\xa0\x80", Trouble.NOT_UTF8, 0),
    ],
)
def test_what_is_no_text_says_where(data: bytes, trouble: Trouble, offset: int) -> None:
    read = read_source("n.md", data)
    assert isinstance(read, NotText)
    assert read.trouble is trouble
    assert read.offset == offset


@thorough(200)
@given(
    st.lists(
        st.sampled_from(
            ["0123456789", "1234567890123", "9", "a", "\n", "\t", "\x1f", "\x7f", "\u0661", "\xb2", "\U0001f600", "-"]
        )
    ).map("".join)
)
def test_the_long_runs_of_digits_and_the_control_characters_of_a_text_are_known(text: str) -> None:
    found = read_source("note.md", text.encode())
    assert isinstance(found, Source)
    assert found.digits == " ".join(sorted(set(re.findall("[0-9]{10,}", text))))
    assert found.plain == (re.search(r"[\x00-\x09\x0b-\x1f]", text) is None)


def test_an_edited_text_has_its_own_lines_and_digits() -> None:
    before = read_source("a.md", b"1234567890\n")
    assert isinstance(before, Source)
    after = edited(before, "a\n\t1234567891\n")
    assert (after.digits, after.plain, len(after.lines)) == ("1234567891", False, 2)
    assert (after.path, after.bom, after.digest) == (before.path, before.bom, before.digest)
    assert edited(before, before.text) == before
