"""Each notetype in a real Anki: how it arrives, which cards its notes get, and what a second import brings them."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ankisync.notetypes import CLOZE, OPTIONAL, REVERSED, TYPED, Notetype, own_notetype, stock
from tests.anki_support import AFTER, BEFORE, Anki, Imported, change, open_anki, searches
from tests.support import Vault

WORD = ("Word", "Meaning", "Example")
GAPS = ("Satz", "Hinweis")
CONFIG = f"""\
notes = ["."]
[fields]
Word = {list(WORD)}
"Gap cloze" = {list(GAPS)}
"""
OWN = {
    "Word": own_notetype("Word", WORD, cloze=False),
    "Gap cloze": own_notetype("Gap cloze", GAPS, cloze=True),
}
ALL = {**stock(), **OWN}


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Anki]:
    with open_anki(tmp_path / "anki") as anki:
        yield anki


def block(notetype: str, *lines: str) -> str:
    return "\n".join(["", "START", notetype, *lines, "END", ""])


def text_for(notetype: Notetype) -> str:
    """A card of a notetype with a text in each of its fields."""
    first, *rest = notetype.places
    asked = "{{c1::asked}}" if notetype.cloze else "asked"
    return block(notetype.key, f"{first}: {asked}", *(f"{each}: text {each}" for each in rest))


def vault_with(vault: Vault, *blocks: str, config: str = CONFIG) -> None:
    vault.write("ankisync.toml", config)
    vault.write("note.md", "TARGET DECK: Deck\n" + "".join(blocks))


def sync(vault: Vault, anki: Anki, now: float = BEFORE) -> Imported:
    built = vault.build(now=now, seed=3)
    assert built.status == 0, built.err
    return anki.take_decks(vault)


def ords(anki: Anki, note_id: int) -> tuple[int, ...]:
    return tuple(sorted(card.ord for card in anki.note(note_id).cards()))


def one_note(vault: Vault, anki: Anki, card: str, config: str = CONFIG) -> int:
    vault_with(vault, card, config=config)
    (note_id,) = sync(vault, anki).new
    sound(anki)
    return note_id


def sound(anki: Anki) -> None:
    """Check Database has nothing to mend, and there are no empty cards."""
    unbroken(anki)
    assert empty_cards(anki) == []


def unbroken(anki: Anki) -> None:
    before = what_is_there(anki)
    said, fine = anki.col.fix_integrity()
    assert fine, said
    assert what_is_there(anki) == before


def what_is_there(anki: Anki) -> list[tuple[object, ...]]:
    """The notes and their cards; Check Database takes times that lie ahead back to now, and says nothing of it."""
    columns = "n.id, n.guid, n.flds, n.tags, c.id, c.ord, c.did"
    return anki.rows(f"SELECT {columns} FROM notes n JOIN cards c ON c.nid = n.id ORDER BY c.id")


def empty_cards(anki: Anki) -> list[object]:
    """The ordinals of the cards that Anki's report offers to delete."""
    ids = ",".join(str(card) for note in anki.col.get_empty_cards().notes for card in note.card_ids)
    return [row[0] for row in anki.rows(f"SELECT ord FROM cards WHERE id IN ({ids}) ORDER BY 1")]


def made_by_anki(anki: Anki, note_id: int) -> tuple[int, ...]:
    """The cards that Anki itself makes of the same fields."""
    note = anki.note(note_id)
    kind = note.note_type()
    assert kind is not None
    again = anki.col.new_note(kind)
    again.fields, again.tags = note.fields, note.tags
    anki.col.add_note(again, note.cards()[0].did)
    made = ords(anki, again.id)
    anki.col.remove_notes([again.id])
    return made


def bare(html: str) -> str:
    """What is shown of a side of a card."""
    return re.sub(r"<style>.*?</style>|<[^<>]*>", "", html, flags=re.DOTALL).strip()


# How notetypes arrive


@pytest.mark.parametrize("key", list(ALL))
def test_a_notetype_arrives_as_it_is(vault: Vault, anki: Anki, key: str) -> None:
    meant = ALL[key]
    note_id = one_note(vault, anki, text_for(meant))
    arrived = anki.note(note_id).note_type()
    assert arrived is not None
    assert (arrived["id"], arrived["name"], arrived["type"]) == (meant.id, meant.name, int(meant.cloze))
    assert (arrived["mod"], arrived["css"]) == (meant.mod, meant.css)
    assert [(each["name"], each["id"]) for each in arrived["flds"]] == [(each.name, each.id) for each in meant.fields]
    assert [(each["name"], each["id"], each["qfmt"], each["afmt"]) for each in arrived["tmpls"]] == [
        (each.name, each.id, each.front, each.back) for each in meant.templates
    ]


@pytest.mark.parametrize("key", list(ALL))
def test_every_text_is_in_its_field_and_seen_on_a_card(vault: Vault, anki: Anki, key: str) -> None:
    note_id = one_note(vault, anki, text_for(ALL[key]))
    asked = "{{c1::asked}}" if ALL[key].cloze else "asked"
    texts = [asked, *(f"text {each}" for each in ALL[key].places[1:])]
    assert anki.note(note_id).fields[: len(texts)] == texts
    assert set(anki.note(note_id).fields[len(texts) :]) <= {""}
    answer = anki.note(note_id).cards()[0].answer()
    assert "asked" in answer
    assert (texts[1] if key != TYPED else "[[type:Back]]") in answer


def test_all_notetypes_come_in_one_package_and_stay_the_same_at_the_next(vault: Vault, anki: Anki) -> None:
    vault_with(vault, *map(text_for, ALL.values()))
    taken = sync(vault, anki)
    assert len(taken.new) == len(ALL)
    before = anki.tables()
    assert sync(vault, anki, AFTER) == Imported(duplicate=taken.new)
    tables = anki.tables()
    for name in ("notes", "cards", "notetypes", "fields", "templates"):
        assert tables[name] == before[name]
    sound(anki)


@pytest.mark.parametrize("key", list(ALL))
def test_an_edit_of_any_type_arrives_and_keeps_the_cards(vault: Vault, anki: Anki, key: str) -> None:
    note_id = one_note(vault, anki, text_for(ALL[key]))
    anki.study("Deck", 3)
    before = anki.scheduling()
    change(vault, "note.md", "asked", "asked anew")
    assert sync(vault, anki, AFTER).updated == (note_id,)
    assert "asked anew" in anki.note(note_id).fields[0]
    assert anki.scheduling() == before


# Which cards there are


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        (("Front: a", "Back: b"), (0,)),
        (("Front: a", "Back: b", "Add Reverse: y"), (0, 1)),
        (("Front: a", "Add Reverse: y"), (0,)),
        (("Front: a", "Back: b", "Add Reverse:"), (0,)),
    ],
)
def test_the_reverse_is_there_where_it_is_asked_for(
    vault: Vault, anki: Anki, lines: Sequence[str], meant: tuple[int, ...]
) -> None:
    assert ords(anki, one_note(vault, anki, block(OPTIONAL, *lines))) == meant


@pytest.mark.parametrize(("back", "meant"), [("b", (0, 1)), ("", (0,))])
def test_a_reversed_note_has_two_cards_if_it_has_two_sides(
    vault: Vault, anki: Anki, back: str, meant: tuple[int, ...]
) -> None:
    note_id = one_note(vault, anki, block(REVERSED, "a", f"Back: {back}"))
    assert ords(anki, note_id) == meant
    if back:
        assert [bare(card.question()) for card in anki.note(note_id).cards()] == ["a", "b"]


def test_an_answer_is_asked_to_be_typed(vault: Vault, anki: Anki) -> None:
    card = anki.card(one_note(vault, anki, block(TYPED, "capital", "Back: Paris")))
    assert "[[type:Back]]" in card.question()
    assert "[[type:Back]]" in card.answer()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{{c1::a}}", (0,)),
        ("{{c1::a}} {{c2::b}} {{c1::c}}", (0, 1)),
        ("{{c3::c}}", (2,)),
        ("{{c1::a {{c3::b}} }}", (0, 2)),
        ("{{c1::a {{c2::b {{c4::c}}}}}} d", (0, 1, 3)),
        ("{{c1,2::x}}", (0, 1)),
        ("{{c1::x::hint}} and $y$", (0,)),
        ("$\\frac{a}{{{c1::b}}}$ {{c2::x}}", (0, 1)),
        ("- {{c1::a}}\n- {{c2::b}}", (0, 1)),
    ],
)
def test_clozes_make_their_cards(vault: Vault, anki: Anki, text: str, meant: tuple[int, ...]) -> None:
    note_id = one_note(vault, anki, block(CLOZE, text))
    assert ords(anki, note_id) == made_by_anki(anki, note_id) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{a} and {b}", (0, 1)),
        ("{2:a} and {b}", (0, 1)),
        ("==a== and ==b==", (0, 1)),
        ("{a} and ==b== and {{c5::c}}", (0, 1, 4)),
        ("{c3::a} `{no}` $\\{x\\}$", (2,)),
    ],
)
def test_curly_and_highlight_clozes_make_theirs(vault: Vault, anki: Anki, text: str, meant: tuple[int, ...]) -> None:
    note_id = one_note(vault, anki, block(CLOZE, text), f"curly_cloze = true\nhighlight_cloze = true\n{CONFIG}")
    assert ords(anki, note_id) == made_by_anki(anki, note_id) == meant


def test_without_the_settings_curly_braces_and_highlights_are_text(vault: Vault, anki: Anki) -> None:
    note_id = one_note(vault, anki, block(CLOZE, "{a} ==b== {{c1::c}}"))
    assert ords(anki, note_id) == (0,)
    assert anki.note(note_id)["Text"].startswith("{a} ")


FRAGMENTS = st.sampled_from(
    [
        "word",
        "ž\u00a0日本",
        "{{c1::one}}",
        "{{c2::two::hint}}",
        "{{c1::out {{c3::in}} }}",
        "{{c1,4::both}}",
        "{{c501::high}}",
        "{{c0::none}}",
        "{{c2::open",
        "}}",
        "{curly}",
        "{3:curly}",
        "==mark==",
        "`{{c6::code}}`",
        "{{c7::`a}}b::c`}}",
        "$\\frac{a}{b}}$",
        "$${{c8::x}}$$",
        "<br>",
        "<!-- c -->",
        "&nbsp;",
        "**b**",
        "- item",
        "1. item",
        "| a |",
        "{{Front}}",
        "\\{{c9::x}}",
        "\\",
        "<div>",
    ]
)
TEXT = st.lists(FRAGMENTS, max_size=4).flatmap(
    lambda parts: st.sampled_from([" ", "", "\n"]).map(lambda joint: joint.join(parts))
)


@st.composite
def cards(draw: st.DrawFn) -> str:
    notetype = ALL[draw(st.sampled_from(list(ALL)))]
    first = draw(TEXT)
    if notetype.cloze and draw(st.booleans()):
        first += " {{c1::x}}"
    fields = [f"{name}: {draw(TEXT)}" for name in notetype.labels[1:]]
    return block(notetype.key, first, *fields, *draw(st.sampled_from([(), ("Tags: a b",)])))


@given(st.lists(cards(), min_size=60, max_size=60), st.booleans())
@settings(
    max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
def test_the_cards_are_those_that_anki_makes(blocks: list[str], forms: bool) -> None:
    """A few hundred notes of all types, what is in them by chance; cards with errors are left out and told."""
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder))
        switches = "curly_cloze = true\nhighlight_cloze = true\n" * forms
        vault_with(vault, block("Basic", "sound", "Back: b"), *blocks, config=switches + CONFIG)
        assert vault.build(now=BEFORE).status in (0, 1)
        with open_anki(Path(folder) / "anki") as anki:
            taken = anki.take_decks(vault)
            assert (taken.updated, taken.duplicate, taken.conflicting, taken.other) == ((), (), (), 0)
            assert len(taken.new) == len(vault.lock().entries)
            unbroken(anki)
            # A question may be nothing but a comment or a line break: Anki has one card for such a note as well.
            for note in anki.col.get_empty_cards().notes:
                assert bare(anki.note(note.note_id).fields[0]) == ""
            for note_id in taken.new:
                assert ords(anki, note_id) == made_by_anki(anki, note_id), anki.note(note_id).fields


# A second import


def test_new_cloze_numbers_bring_cards_and_the_old_ones_keep_their_history(vault: Vault, anki: Anki) -> None:
    note_id = one_note(vault, anki, block(CLOZE, "{{c1::a}} {{c2::b}}"))
    anki.study("Deck", 4)
    before = anki.scheduling()
    change(vault, "note.md", "{{c2::b}}", "{{c3::b}} {{c4::c}}")
    assert sync(vault, anki, AFTER).updated == (note_id,)
    assert ords(anki, note_id) == (0, 1, 2, 3)
    assert [row for row in anki.scheduling()[0] if row in before[0]] == before[0]
    assert anki.scheduling()[1] == before[1]
    # The card of the number that is gone stays, as Anki leaves it, until the user empties it.
    assert empty_cards(anki) == [1]


def test_a_reverse_that_is_asked_for_later_arrives(vault: Vault, anki: Anki) -> None:
    note_id = one_note(vault, anki, block(OPTIONAL, "a", "Back: b"))
    change(vault, "note.md", "Back: b", "Back: b\nAdd Reverse: y")
    assert sync(vault, anki, AFTER).updated == (note_id,)
    assert ords(anki, note_id) == (0, 1)
    sound(anki)


def take_type(anki: Anki, note_id: int, other: int) -> None:
    """Give a note the type of another one in Anki's browser, fields and templates by their place."""
    note = anki.note(note_id)
    info = anki.col.models.change_notetype_info(old_notetype_id=note.mid, new_notetype_id=anki.note(other).mid)
    info.input.note_ids.append(note.id)
    anki.col.models.change_notetype_of_notes(info.input)
    anki.col.models._clear_cache()  # noqa: SLF001 - as after an import


def test_a_changed_type_is_told_and_arrives_once_anki_has_it_too(vault: Vault, anki: Anki) -> None:
    vault_with(vault, block("Basic", "a", "Back: b"), block(REVERSED, "c", "Back: d"))
    ids = sorted(sync(vault, anki).new, key=lambda each: anki.note(each).fields)
    change(vault, "note.md", "START\nBasic\n", f"START\n{REVERSED}\n")
    built = vault.build(now=AFTER)
    assert built.status == 0
    assert "1 of another type" in built.out
    assert "an import changes no note's type" in built.out
    assert searches(built.out) == [f"nid:{ids[0]}"]
    assert anki.take_decks(vault).conflicting == (ids[0],)
    take_type(anki, *ids)
    change(vault, "note.md", "Back: b", "Back: b, better")
    # Changing the type made the note as new as the clock of this test's run is.
    assert sync(vault, anki, AFTER + 100).updated == (ids[0],)
    assert anki.note(ids[0]).fields[:2] == ["a", "b, better"]
    assert ords(anki, ids[0]) == (0, 1)
    sound(anki)


def test_a_type_that_stays_is_not_told(vault: Vault, anki: Anki) -> None:
    vault_with(vault, *map(text_for, ALL.values()))
    sync(vault, anki)
    change(vault, "note.md", "asked\nMeaning", "asked anew\nMeaning")
    built = vault.build(now=AFTER)
    assert "of another type" not in built.out
    assert searches(built.out) == []


def test_a_notetype_with_other_fields_is_another_notetype(vault: Vault, anki: Anki) -> None:
    """Anki would refuse updates to notes whose notetype changed its shape."""
    note_id = one_note(vault, anki, text_for(ALL["Word"]))
    vault.write("ankisync.toml", re.sub(r"^Word = .*$", f"Word = {[*WORD, 'More']}", CONFIG, flags=re.MULTILINE))
    built = vault.build(now=AFTER)
    assert "1 of another type" in built.out
    assert searches(built.out) == [f"nid:{note_id}"]


def test_a_lost_lock_does_not_lose_the_types(vault: Vault, anki: Anki) -> None:
    vault_with(vault, *map(text_for, ALL.values()))
    taken = sync(vault, anki)
    (vault.folder / "ankisync.lock").unlink()
    built = vault.build(now=AFTER)
    assert built.status == 0
    assert "of another type" not in built.out
    assert anki.take_decks(vault) == Imported(duplicate=taken.new)


def test_a_lost_lock_and_lost_packages_do_not_change_what_arrives(vault: Vault, anki: Anki) -> None:
    vault_with(vault, *map(text_for, ALL.values()))
    taken = sync(vault, anki)
    (vault.folder / "ankisync.lock").unlink()
    shutil.rmtree(vault.folder / "decks")
    assert sync(vault, anki, AFTER) == Imported(duplicate=taken.new)
