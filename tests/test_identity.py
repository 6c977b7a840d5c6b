"""The formulas of identity, with golden values.

These values are for ever. If a test here fails, the change that broke it is wrong, however good its reasons: it would
duplicate or re-stamp the cards of every user.
"""

import json
import re
import unicodedata
from hashlib import blake2b
from itertools import islice, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ankisync.identity import (
    card_id,
    deck_id,
    first_mod,
    fold_deck,
    guid_of,
    id_parts,
    lock_order,
    new_ids,
    note_hash,
    read_digits,
)
from ankisync.model import DeckName, Fields, NoteId
from ankisync.notetypes import own_notetype, stock
from tests.fragments import thorough
from tests.support import BASIC, document

ID = NoteId(1_702_818_043_968)
NOW_MS = 1_790_000_000_000
WINDOW_MS = 56 * 24 * 3600 * 1000
FIELDS = (("Front", "question"), ("Back", "answer\nin *two* lines"))
PLAIN = "88e359eeb45945b78331e7ed"


def test_the_guid_of_a_note() -> None:
    assert guid_of(ID) == "ankisync-1702818043968"
    assert guid_of(NoteId(1_700_000_000)) == "ankisync-1700000000"


def test_the_ids_of_cards() -> None:
    assert [card_id(ID, ord_) for ord_ in range(3)] == [1_702_818_043_968, 1_701_818_040_965, 1_700_818_037_962]
    neighbours = [card_id(NoteId(ID + step), ord_) for step in range(50) for ord_ in range(50)]
    assert len(set(neighbours)) == len(neighbours)
    assert max(neighbours) == ID + 49


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Default", 1),
        ("French", 1_533_338_231_699),
        ("A::B", 1_940_867_972_485),
        ("\u00c4rzte", 1_868_708_784_884),
        ("\u65e5\u672c\u8a9e", 1_088_310_009_681),
    ],
)
def test_the_ids_of_decks(name: str, expected: int) -> None:
    assert deck_id(DeckName(name)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("Default", "dEFAULT"), ("French", "fRENCH"), ("\u00c4rzte", "A\u0308rzte"), ("Stra\u00dfe", "STRASSE")],
)
def test_decks_that_anki_takes_for_one_have_one_id(one: str, other: str) -> None:
    assert deck_id(DeckName(one)) == deck_id(DeckName(other))
    assert fold_deck(DeckName(one)) == fold_deck(DeckName(other))


@pytest.mark.parametrize("name", ["Default::A", "Defaults", "A::Default", " Default"])
def test_only_the_default_deck_is_1(name: str) -> None:
    assert deck_id(DeckName(name)) >= 10**12


def test_the_hash_of_a_note() -> None:
    assert note_hash("Basic", FIELDS, ()) == PLAIN
    assert note_hash("Basic", FIELDS, ("a", "b::c")) == "255f5feeb1f691c07d76b49f"
    settings = (("answer", "section"),)
    assert note_hash("Basic", FIELDS, ("a",), ("d1", "d2"), settings) == "df203f0f467d6bfedffa5c69"


def test_the_hash_of_a_note_with_characters_that_are_no_letters() -> None:
    fields = (("Front", "\u00e9 \u65e5\u672c \U0001f600\u2028\x1f"), ("Back", "\ud800"))
    assert note_hash("Basic", fields, ()) == "ad86ddf97e52d26073a3c7db"


TEXTS = st.text() | st.text(st.sampled_from('"\\\\/\x00\x1f\x7f\n\u2028e\u0301\xe9\ud800\U0001f600'), max_size=9)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple)


@thorough(200)
@example("", (("a", "z"), ("a", "b\n")), (), (), ())
@given(TEXTS, PAIRS, st.lists(TEXTS, max_size=3).map(tuple), st.lists(TEXTS, max_size=3).map(tuple), PAIRS)
def test_what_is_hashed_is_compact_json(
    notetype: str, fields: Fields, tags: tuple[str, ...], media: tuple[str, ...], settings: Fields
) -> None:
    named = sorted((name, unicodedata.normalize("NFC", text)) for name, text in fields if text)
    value = [notetype, named, sorted(tags), sorted(media), sorted(settings)]
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    expected = blake2b(data, digest_size=12, person=b"ankisync note").hexdigest()
    assert note_hash(notetype, fields, tags, media, settings) == expected
    if not re.search(r"[\x00-\x09\x0b-\x1f]", "".join(text for _, text in fields)):
        assert note_hash(notetype, fields, tags, media, settings, plain=True) == expected


def test_the_hash_of_a_card_in_a_file() -> None:
    text = "Q: question\nA: answer\nin *two* lines\n"
    assert document(text).blocks[0].hash == PLAIN
    tagged = f"TARGET DECK: A\nFILE TAGS: a\n\n{text}Tags: b::c\n"
    assert document(tagged).blocks[0].hash == "255f5feeb1f691c07d76b49f"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffQ: question\r\nA: answer\r\nin *two* lines\r\n",
        "TARGET DECK: Other\n\n> Q: question  \n> A: answer\n> in *two* lines\n> <!--ID: 1702818043968-->\n",
        "# heading\n\n- Q: question\n- A: answer\n  in *two* lines",
    ],
)
def test_what_does_not_count_in_a_file(text: str) -> None:
    assert document(text, path="else/where.md").blocks[0].hash == PLAIN


@pytest.mark.parametrize(
    "hash_",
    [
        note_hash("Basic", (*FIELDS, ("Extra", ""), ("Spare 1", "")), ()),
        note_hash("Basic", FIELDS[::-1], ()),
        note_hash("Basic", FIELDS, (), (), ()),
    ],
)
def test_what_does_not_count(hash_: str) -> None:
    assert hash_ == PLAIN


def test_neither_order_nor_composition_count() -> None:
    composed, apart = (("Front", "\u00e9"),), (("Front", "e\u0301"),)
    assert note_hash("Basic", composed, ()) == note_hash("Basic", apart, ())
    assert note_hash("Basic", FIELDS, ("b", "a")) == note_hash("Basic", FIELDS, ("a", "b"))
    assert note_hash("Basic", FIELDS, (), ("2", "1")) == note_hash("Basic", FIELDS, (), ("1", "2"))
    pairs = (("x", "1"), ("y", "2"))
    assert note_hash("Basic", FIELDS, (), (), pairs) == note_hash("Basic", FIELDS, (), (), pairs[::-1])


def test_everything_else_counts() -> None:
    variants = [
        note_hash("Basic", FIELDS, ()),
        note_hash("Cloze", FIELDS, ()),
        note_hash("basic", FIELDS, ()),
        note_hash("Basic", (("Front", "question"), ("Back", "answer\nin *two* lines ")), ()),
        note_hash("Basic", (("Front", "Question"), ("Back", "answer\nin *two* lines")), ()),
        note_hash("Basic", (("Front", "question"), ("Extra", "answer\nin *two* lines")), ()),
        note_hash("Basic", (("Back", "question"), ("Front", "answer\nin *two* lines")), ()),
        note_hash("Basic", (("Front", "question"), ("Back", "answer\n\nin *two* lines")), ()),
        note_hash("Basic", (*FIELDS, ("Extra", " ")), ()),
        note_hash("Basic", FIELDS, ("a",)),
        note_hash("Basic", FIELDS, ("A",)),
        note_hash("Basic", FIELDS, ("a", "b")),
        note_hash("Basic", FIELDS, ("a b",)),
        note_hash("Basic", FIELDS, (), ("a",)),
        note_hash("Basic", FIELDS, (), (), (("a", ""),)),
        note_hash("Basic", FIELDS, (), (), (("a", "b"),)),
    ]
    assert len(set(variants)) == len(variants)


def test_the_order_in_the_lock() -> None:
    ids = [ID, NoteId(ID + 1), NoteId(1_700_000_000)]
    assert [lock_order(each).hex() for each in ids] == ["69c5270180c3ffa4", "abdc8e14e539981a", "74692376674a334b"]


def test_the_order_in_the_lock_spreads_neighbours() -> None:
    ids = [NoteId(ID + step) for step in range(200)]
    places = {note_id: place for place, note_id in enumerate(sorted(ids, key=lock_order))}
    steps = [abs(places[one] - places[other]) for one, other in pairwise(ids)]
    assert sum(steps) / len(steps) > 50


def test_the_first_mod_is_the_time_in_the_id() -> None:
    assert first_mod(ID) == 1_702_818_043
    assert first_mod(NoteId(1_700_000_000)) == 1_700_000


def test_an_id_as_it_is_written() -> None:
    assert id_parts(comment=True) == ("<!--ID: ", "-->")
    assert id_parts(comment=False) == ("ID: ", "")


@pytest.mark.parametrize("digits", ["1700000000", "1702818043968", "9999999999999999"])
def test_digits_that_are_an_id(digits: str) -> None:
    assert read_digits(digits) == int(digits)


@pytest.mark.parametrize(
    "digits",
    [
        "",
        "123",
        "999999999",
        "10000000000000000",
        "0702818043968",
        "0000000000",
        "\u0661" * 13,
        "-1702818043",
        "1 70281804396",
    ],
)
def test_digits_that_are_none(digits: str) -> None:
    assert read_digits(digits) is None


def test_the_notetype() -> None:
    assert (BASIC.key, BASIC.name, BASIC.id) == ("Basic", "ankisync Basic", 1_763_900_000_001)
    names = ["Front", "Back", "Context", "Source", "Extra", "Spare 1", "Spare 2"]
    assert [(each.name, each.id) for each in BASIC.fields] == list(
        zip(names, range(1_763_900_000_101, 1_763_900_000_108), strict=True)
    )
    assert [(each.name, each.id) for each in BASIC.templates] == [("Card 1", 1_763_900_000_201)]


def test_all_stock_notetypes() -> None:
    tail = ["Context", "Source", "Extra", "Spare 1", "Spare 2"]
    golden = {
        "Basic": (1, ["Front", "Back"], ["Card 1"], False),
        "Basic (and reversed card)": (2, ["Front", "Back"], ["Card 1", "Card 2"], False),
        "Basic (optional reversed card)": (3, ["Front", "Back", "Add Reverse"], ["Card 1", "Card 2"], False),
        "Basic (type in the answer)": (4, ["Front", "Back"], ["Card 1"], False),
        "Cloze": (5, ["Text", "Back Extra"], ["Cloze"], True),
    }
    assert list(stock()) == list(golden)
    for key, (number, main, templates, cloze) in golden.items():
        made = stock()[key]
        first = 1_763_900_000_000 + (number - 1) * 1000
        assert (made.name, made.id, made.cloze) == (f"ankisync {key}", 1_763_900_000_000 + number, cloze)
        assert [(each.name, each.id) for each in made.fields] == [
            (name, first + 101 + place) for place, name in enumerate([*main, *tail])
        ]
        assert [(each.name, each.id) for each in made.templates] == [
            (name, first + 201 + place) for place, name in enumerate(templates)
        ]
        assert made.places == tuple(main)


def test_a_notetype_of_a_users_own_names() -> None:
    made = own_notetype("ODH", ("Word phrase", "reading"), cloze=False)
    assert (made.id, made.name) == (ODH, "ankisync ODH")
    assert [each.id for each in made.fields] == [ODH + 101, ODH + 102]
    assert own_notetype("ODH", ("Word phrase",), cloze=False).id != ODH
    assert own_notetype("Basic", ("Front", "Link"), cloze=False).name == "ankisync Basic (Front, Link)"


ODH = 1_617_194_526_393


def _first(count: int, seed: int, taken: frozenset[int] = frozenset(), now_ms: int = NOW_MS) -> list[NoteId]:
    return list(islice(new_ids(now_ms, seed, taken), count))


def test_new_ids_lie_within_the_last_weeks_and_never_in_the_future() -> None:
    ids = _first(5_000, 1)
    assert NOW_MS - WINDOW_MS < min(ids) < max(ids) <= NOW_MS
    assert max(ids) - min(ids) > WINDOW_MS * 0.9


def test_no_new_id_comes_twice() -> None:
    ids = _first(5_000, 1)
    assert len(set(ids)) == len(ids)


def test_no_new_id_is_taken() -> None:
    plain = _first(100, 1)
    taken = frozenset(plain[::2])
    assert not taken & set(_first(100, 1, taken))
    assert _first(50, 1, taken) == plain[1::2]


def test_new_ids_follow_from_time_and_seed() -> None:
    assert _first(100, 1) == _first(100, 1)
    assert not set(_first(100, 1)) & set(_first(100, 2))
    assert not set(_first(100, 1)) & set(_first(100, 1, now_ms=NOW_MS + 1))


def test_new_ids_are_not_consecutive() -> None:
    ids = sorted(_first(1_000, 1))
    assert sum(other - one < 10 for one, other in pairwise(ids)) < 10
    assert _first(20, 1) != sorted(_first(20, 1))


def test_two_machines_at_one_instant_do_not_meet() -> None:
    ids = [note_id for seed in range(20) for note_id in _first(100, seed << 100)]
    assert len(set(ids)) == len(ids)
