"""Deck and tag names, cleaned as Anki keeps them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankisync.model import DeckName
from ankisync.names import ancestors, clean_tags, merge_tags, read_deck_name, top_deck
from tests.fragments import thorough

WORDS = st.text(st.sampled_from("aAé #:,\t\u3000\x00\"'"), max_size=8)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A", "A"),
        ("  A  ", "A"),
        ("A::B::C", "A::B::C"),
        (" A :: B ", "A::B"),
        ("A\t::\u3000B", "A::B"),
        ("A:B", "A:B"),
        (":A", "A"),
        ("A: ::B:", "A::B"),
        ("A: :B", "A: :B"),
        ("Deck with spaces", "Deck with spaces"),
        ("Deutsch::Übung", "Deutsch::Übung"),
        ("日本語::文法", "日本語::文法"),
        ('say "A"', 'say "A"'),
        ("A\x00\x1fB", "AB"),
        ("a, b", "a, b"),
        ("#A", "#A"),
    ],
)
def test_a_deck_name_is_read(text: str, name: str) -> None:
    assert read_deck_name(text) == name


@pytest.mark.parametrize("text", ["", " ", "::", "A::", "::A", "A::::B", "A:: ::B", "A:: : ", ":", "\x01", "A:\x01:"])
def test_an_empty_part_is_no_deck_name(text: str) -> None:
    assert read_deck_name(text) is None


def test_a_deck_name_is_composed() -> None:
    assert read_deck_name("U\u0308bung") == "\u00dcbung"


@thorough(200)
@given(WORDS)
def test_a_clean_deck_name_stays_as_it_is(text: str) -> None:
    name = read_deck_name(text)
    assert name is None or read_deck_name(name) == name


def test_the_top_deck_is_the_first_part() -> None:
    assert [top_deck(DeckName(name)) for name in ("A", "A::B", "A::B::C")] == ["A", "A", "A"]


def test_ancestors_go_from_the_top_down_to_the_deck() -> None:
    assert ancestors(DeckName("A::B::C")) == ("A", "A::B", "A::B::C")


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", ()),
        (" , ,", ()),
        ("a", ("a",)),
        ("a b", ("a", "b")),
        ("a  b", ("a", "b")),
        ("a,b, c ,d", ("a", "b", "c", "d")),
        ("a\tb\u3000c", ("a", "b", "c")),
        ("#a #b", ("a", "b")),
        ("#a,#b", ("a", "b")),
        ("a#b", ("a#b",)),
        ("#", ()),
        ("a::b", ("a::b",)),
        ("a/b", ("a/b",)),
        ("Straße 日本", ("Straße", "日本")),
        ('"a"', ('"a"',)),
        ("a a A", ("a", "a", "A")),
    ],
)
def test_tags_are_parted_and_cleaned(text: str, tags: tuple[str, ...]) -> None:
    assert clean_tags(text) == tags


@thorough(200)
@given(WORDS)
def test_no_tag_holds_what_parts_tags(text: str) -> None:
    assert not any(char in " ,\t\u3000\x00" for tag in clean_tags(text) for char in tag)


@pytest.mark.parametrize(
    ("tags", "merged"),
    [
        ([], ()),
        (["b", "a"], ("a", "b")),
        (["Ab", "aB", "AB"], ("Ab",)),
        (["straße", "STRASSE"], ("straße",)),
    ],
)
def test_tags_that_differ_in_case_are_one(tags: list[str], merged: tuple[str, ...]) -> None:
    assert merge_tags(tags) == merged


def test_a_tag_is_composed() -> None:
    assert clean_tags("u\u0308") == ("\u00fc",)
