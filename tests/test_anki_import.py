"""What arrives in a real Anki: ids, notetype, decks, order, and what the cards look like there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ankisync.identity import card_id, fold_deck
from ankisync.model import DeckName, NoteId
from ankisync.names import read_deck_name
from tests.anki_support import AFTER, BEFORE, Anki, Imported, change, open_anki, packages
from tests.support import BASIC, Vault

QUESTIONS = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
NOTE = "TARGET DECK: Top::Middle::Leaf\nFILE TAGS: topic outer::inner\n" + "".join(
    f"\nQ: {question}\nA: answer {question}\n" for question in QUESTIONS
)


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Anki]:
    with open_anki(tmp_path / "anki") as anki:
        yield anki


@pytest.fixture
def built(vault: Vault) -> Vault:
    """One file with eight cards, built."""
    vault.write("note.md", NOTE)
    assert vault.build(now=BEFORE).status == 0
    return vault


def deck_notes(*names: str) -> str:
    """A file with one card for each deck."""
    return "\n".join(f"TARGET DECK: {name}\n\nQ: card {place}\nA: a\n" for place, name in enumerate(names))


def sorted_ids(vault: Vault) -> tuple[int, ...]:
    return tuple(sorted(vault.ids()))


def test_a_first_import_takes_every_note_as_new_under_its_id(built: Vault, anki: Anki) -> None:
    assert anki.take_decks(built) == Imported(new=sorted_ids(built))
    assert [f"<!--ID: {note_id}-->" in built.read("note.md") for note_id in anki.ids()] == [True] * len(QUESTIONS)
    assert [anki.note(note_id).guid for note_id in built.ids()] == [f"ankisync-{note_id}" for note_id in built.ids()]


def test_every_note_has_its_own_text_and_one_card_with_the_id_of_the_formula(built: Vault, anki: Anki) -> None:
    anki.take_decks(built)
    for note_id, question in zip(built.ids(), QUESTIONS, strict=True):
        assert anki.note(note_id).fields == [question, f"answer {question}", "", "", "", "", ""]
        assert anki.card(note_id).id == card_id(NoteId(note_id), 0)
        assert anki.card(note_id).ord == 0
    assert len(anki.rows("SELECT id FROM cards")) == len(QUESTIONS)


def test_the_notetype_arrives_with_its_ids_and_its_spare_fields_collapsed(built: Vault, anki: Anki) -> None:
    anki.take_decks(built)
    arrived = anki.col.models.by_name(BASIC.name)
    assert arrived is not None
    assert (arrived["id"], arrived["mod"]) == (BASIC.id, BASIC.mod)
    fields = [(each["name"], each["id"], each["collapsed"]) for each in arrived["flds"]]
    assert fields == [(each.name, each.id, each.name.startswith("Spare")) for each in BASIC.fields]
    assert [(each["name"], each["id"]) for each in arrived["tmpls"]] == [
        (each.name, each.id) for each in BASIC.templates
    ]


def test_one_notetype_serves_all_packages(vault: Vault, anki: Anki) -> None:
    vault.write("note.md", deck_notes("A", "B", "C"))
    vault.build(now=BEFORE)
    anki.take_decks(vault)
    anki.take_decks(vault)
    ours = [each.name for each in anki.col.models.all_names_and_ids() if "ankisync" in each.name]
    assert ours == [BASIC.name]


def test_new_cards_are_shown_in_the_order_of_the_document(built: Vault, anki: Anki) -> None:
    anki.take_decks(built)
    assert built.ids() != sorted(built.ids())
    assert [anki.card(note_id).due for note_id in built.ids()] == list(range(1, len(QUESTIONS) + 1))
    assert [anki.study("Top", 4) for _ in QUESTIONS] == built.ids()


def test_a_card_put_between_others_is_new_and_moves_no_card_that_anki_has(built: Vault, anki: Anki) -> None:
    anki.take_decks(built)
    before = anki.scheduling()
    change(built, "note.md", "Q: five\n", "Q: four and a half\nA: x\n\nQ: five\n")
    built.build(now=AFTER)
    taken = anki.take_decks(built)
    (new,) = taken.new
    assert taken == Imported(new=(new,), duplicate=tuple(sorted(set(built.ids()) - {new})))
    assert anki.card(new).due == 5
    old_cards = [row for row in anki.scheduling()[0] if row[0] != new]
    assert old_cards == before[0]


def test_tags_arrive_on_every_note(vault: Vault, anki: Anki) -> None:
    vault.write(
        "note.md", "TARGET DECK: D\nFILE TAGS: #topic, outer::inner\n\nQ: a\nA: b\nTags: own Ünï\n\nQ: c\nA: d\n"
    )
    vault.build(now=BEFORE)
    anki.take_decks(vault)
    with_own, without = vault.ids()
    assert sorted(anki.note(with_own).tags) == ["outer::inner", "own", "topic", "Ünï"]
    assert sorted(anki.note(without).tags) == ["outer::inner", "topic"]


def test_tags_that_anki_takes_for_one_make_no_second_import_of_their_note(vault: Vault, anki: Anki) -> None:
    vault.write("a.md", "Q: a\nA: b\nTags: Word café\n\nQ: c\nA: d\nTags: word WORD CAFE\u0301\n")
    vault.build(now=BEFORE)
    assert len(anki.take_decks(vault).new) == 2
    assert [len(anki.note(note_id).tags) for note_id in vault.ids()] == [2, 2]
    before = anki.tables()
    assert anki.take_decks(vault) == Imported(duplicate=sorted_ids(vault))
    assert anki.tables() == before


def test_nested_decks_arrive_with_the_decks_above_them_and_cards_in_the_lowest(built: Vault, anki: Anki) -> None:
    anki.take_decks(built)
    assert anki.decks() == {"Default", "Top", "Top::Middle", "Top::Middle::Leaf"}
    assert {anki.deck_of(note_id) for note_id in built.ids()} == {"Top::Middle::Leaf"}


def test_the_same_package_again_changes_no_row_of_any_table(built: Vault, anki: Anki) -> None:
    anki.take_decks(built)
    before = anki.tables()
    assert {"notes", "cards", "col", "config", "decks", "notetypes", "fields", "templates"} <= before.keys()
    assert anki.take_decks(built) == Imported(duplicate=sorted_ids(built))
    assert anki.tables() == before


def test_a_package_made_again_later_changes_no_row_either(built: Vault, anki: Anki) -> None:
    anki.take_decks(built)
    before = anki.tables()
    for package in packages(built):
        package.unlink()
    assert built.build(now=AFTER, seed=7).status == 0
    assert anki.take_decks(built) == Imported(duplicate=sorted_ids(built))
    assert anki.tables() == before


def test_an_edit_does_change_rows_and_only_in_notes_and_the_collection_s_stamp(built: Vault, anki: Anki) -> None:
    anki.take_decks(built)
    before = anki.tables()
    change(built, "note.md", "answer three", "answer 3")
    built.build(now=AFTER)
    assert anki.take_decks(built).updated == (built.ids()[2],)
    after = anki.tables()
    assert {name for name in before if before[name] != after[name]} == {"notes", "col"}
    assert len(set(before["notes"]) - set(after["notes"])) == 1


def test_cards_written_in_one_build_and_in_two_of_the_same_second_get_ids_of_their_own(
    vault: Vault, anki: Anki
) -> None:
    vault.write("a.md", "Q: a\nA: 1\n\nQ: b\nA: 2\n")
    vault.build(now=BEFORE, seed=1)
    vault.write("b.md", "Q: c\nA: 3\n\nQ: d\nA: 4\n")
    vault.build(now=BEFORE, seed=1)
    assert len(set(vault.ids())) == 4
    assert anki.take_decks(vault) == Imported(new=sorted_ids(vault))
    assert [anki.back(note_id) for note_id in vault.ids()] == ["1", "2", "3", "4"]


def test_equal_cards_written_at_once_are_two_notes(vault: Vault, anki: Anki) -> None:
    vault.write("a.md", "Q: same\nA: same\n\nQ: same\nA: same\n")
    vault.build(now=BEFORE)
    assert len(anki.take_decks(vault).new) == 2


def test_ids_that_another_tool_wrote_one_apart_are_kept(vault: Vault, anki: Anki) -> None:
    ids = [1702818043968, 1702818043969, 1702818043970, 1234567890]
    cards = (f"\nQ: q{note_id}\nA: a\n<!--ID: {note_id}-->\n" for note_id in ids)
    vault.write("a.md", "TARGET DECK: D\n" + "".join(cards))
    assert vault.build(now=BEFORE).status == 0
    assert anki.take_decks(vault) == Imported(new=tuple(sorted(ids)))
    assert [anki.card(note_id).id for note_id in ids] == ids
    assert anki.mods() == {note_id: note_id // 1000 for note_id in ids}


def test_an_id_in_the_future_which_anki_would_renumber_is_told_and_not_sent(vault: Vault, anki: Anki) -> None:
    future = int((AFTER + 10 * 86_400) * 1000)
    vault.write("a.md", f"Q: sound\nA: a\n\nQ: future\nA: b\n<!--ID: {future}-->\n")
    run = vault.build(now=BEFORE)
    assert run.codes == ["A410"]
    anki.take_decks(vault)
    assert [anki.note(note_id)["Front"] for note_id in anki.ids()] == ["sound"]


def test_cards_back_to_back_are_cards_of_their_own(vault: Vault, anki: Anki) -> None:
    vault.write("a.md", "Q: a\nA: 1\nQ: b\nA: 2\nQ: c\nA: 3\n")
    vault.build(now=BEFORE)
    anki.take_decks(vault)
    assert [anki.note(note_id).fields[:2] for note_id in vault.ids()] == [["a", "1"], ["b", "2"], ["c", "3"]]


def test_the_deck_default_arrives_as_default_with_id_1_twenty_times_of_twenty(vault: Vault, tmp_path: Path) -> None:
    vault.write("a.md", "Q: no deck line\nA: a\n")
    vault.write("b.md", "TARGET DECK: Default::Sub\n\nQ: below it\nA: a\n")
    vault.write("c.md", "TARGET DECK: default\n\nQ: in small letters\nA: a\n")
    vault.build(now=BEFORE)
    (package,) = packages(vault)
    for turn in range(20):
        with open_anki(tmp_path / f"anki{turn}") as anki:
            anki.take(package)
            assert anki.decks() == {"Default", "Default::Sub"}
            assert anki.rows("SELECT id FROM decks WHERE name = 'Default'") == [(1,)]
            assert [anki.deck_of(note_id) for note_id in vault.ids()] == ["Default", "Default::Sub", "Default"]


def test_another_deck_has_an_id_that_anki_chooses(vault: Vault, anki: Anki) -> None:
    vault.write("a.md", deck_notes("Defaults"))
    vault.build(now=BEFORE)
    anki.take_decks(vault)
    assert anki.deck_of(vault.ids()[0]) == "Defaults"
    assert anki.card(vault.ids()[0]).did != 1


DECKS = {
    "and/or": "and/or",
    "part 1: begin": "part 1: begin",
    "back\\slash": "back\\slash",
    "what? *<all>|": "what? *<all>|",
    "CON": "CON",
    "ends in a dot.": "ends in a dot.",
    ".hidden": ".hidden",
    "../up": "../up",
    "emoji 😀": "emoji 😀",
    "  padded :: inside  ": "padded::inside",
    "a  b": "a  b",
    "a b": "a b",
    "_": "_",
    "__": "__",
    "*": "*",
    "Cafe\u0301": "Café",
    "Cafe": "Cafe",
    "-o": "-o",
    "x" * 300: "x" * 300,
}


@pytest.mark.parametrize("out", [(), ("-o", "one.apkg")], ids=["by deck", "in one package"])
def test_decks_arrive_under_their_names(vault: Vault, anki: Anki, out: tuple[str, ...]) -> None:
    vault.write("a.md", deck_notes(*DECKS))
    assert vault.build(*out, now=BEFORE).status == 0
    if out:
        anki.take(vault.folder / "one.apkg")
    else:
        anki.take_decks(vault)
    arrived = [anki.deck_of(note_id) for note_id in vault.ids()]
    assert arrived == list(DECKS.values())


@pytest.mark.parametrize("name", ['say "hello"', '"A"::"B"', '"'])
def test_quotation_marks_stay_in_deck_names_and_tags(vault: Vault, anki: Anki, name: str) -> None:
    """Anki keeps them (25.02 and 26.09): without them the cards would land in another deck than the one it has."""
    vault.write("a.md", f'TARGET DECK: {name}\n\nQ: a\nA: b\nTags: 12"-disc\n')
    vault.build(now=BEFORE)
    anki.take_decks(vault)
    (note_id,) = vault.ids()
    assert (anki.deck_of(note_id), anki.note(note_id).tags) == (name, ['12"-disc'])


def portable(name: str) -> bool:
    """Whether Windows, macOS and Linux all take a file name (Microsoft: Naming Files, Paths, and Namespaces)."""
    stem = name.split(".")[0].rstrip(" ").upper()
    device = re.fullmatch(r"CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]", stem)
    refused = re.search(r'[<>:"/\\|?*\x00-\x1f\x7f]|[. ]$|^\.', name)
    return not device and not refused and len(name.encode()) <= 255


def test_packages_have_names_that_every_system_takes_and_none_twice(vault: Vault) -> None:
    vault.write("a.md", deck_notes(*DECKS))
    vault.build(now=BEFORE)
    names = [package.name for package in packages(vault)]
    assert [name for name in names if not portable(name)] == []
    assert len({name.casefold() for name in names}) == len(names) == len(DECKS)


@pytest.mark.parametrize("name", ["CON", "aux", "nul.txt", "Com1", "LPT9.b", "PRN .txt", "COM¹", "CONIN$"])
def test_no_package_is_named_like_a_device_of_windows(vault: Vault, name: str) -> None:
    vault.write("a.md", deck_notes(name))
    vault.build(now=BEFORE)
    assert [portable(package.name) for package in packages(vault)] == [True]


@pytest.mark.parametrize("name", ["French", "Con artists", "console", "a.b", "50 % of it", "Ünïcode", "日本語"])
def test_a_name_that_every_system_takes_is_the_package_s_name(vault: Vault, name: str) -> None:
    vault.write("a.md", deck_notes(name))
    vault.build(now=BEFORE)
    assert [package.name for package in packages(vault)] == [f"{name}.apkg"]


SAME = [
    ("French", "FRENCH"),
    ("Caf\u00e9", "Cafe\u0301"),
    ("caf\u00e9", "CAFE\u0301"),
    ("Straße", "STRASSE"),
    ("ΣΑΣ", "σας"),
    ("\u0130x", "i\u0307x"),
    ("Top::leaf", "top::LEAF"),
    ("default", "Default"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_that_anki_takes_for_one_share_a_package_and_a_deck(
    vault: Vault, anki: Anki, one: str, other: str
) -> None:
    vault.write("a.md", deck_notes(one, other))
    assert vault.build(now=BEFORE).status == 0
    assert len(packages(vault)) == 1
    anki.take_decks(vault)
    first, second = vault.ids()
    assert anki.deck_of(first) == anki.deck_of(second)
    assert fold_deck(DeckName(anki.deck_of(first))) == fold_deck(DeckName(one))
    assert not [name for name in anki.decks() if name.endswith(("_", "+"))]


@pytest.mark.parametrize(("one", "other"), [("resume", "résumé"), ("a b", "a  b"), ("French", "French."), ("I", "İ")])
def test_names_that_anki_tells_apart_are_decks_of_their_own(vault: Vault, anki: Anki, one: str, other: str) -> None:
    vault.write("a.md", deck_notes(one, other))
    vault.build(now=BEFORE)
    assert len(packages(vault)) == 2
    anki.take_decks(vault)
    assert [anki.deck_of(note_id) for note_id in vault.ids()] == [one, other]


@pytest.mark.parametrize(("one", "other"), [("French", "French:"), ("Top::x", "Top:::x"), (": x", "x"), ("x :", "x")])
def test_colons_at_the_edge_of_a_part_make_no_second_deck(vault: Vault, anki: Anki, one: str, other: str) -> None:
    """Anki strips them, so that both names are one to it, and calls the second deck of a package `French_`."""
    vault.write("a.md", deck_notes(one, other))
    vault.build("-o", "one.apkg", now=BEFORE)
    anki.take(vault.folder / "one.apkg")
    assert [name for name in anki.decks() if name.endswith("_")] == []
    assert len({anki.deck_of(note_id) for note_id in vault.ids()}) == 1


@pytest.mark.parametrize(
    "name", [*DECKS, *(name for pair in SAME for name in pair), "French:", "A:::B", '"', "a\x01b\x7fc"]
)
def test_a_deck_name_as_read_is_the_one_that_anki_keeps(anki: Anki, name: str) -> None:
    read = read_deck_name(name)
    assert read is not None
    deck_id = anki.col.decks.id(name)
    assert deck_id is not None
    assert fold_deck(DeckName(anki.col.decks.name(deck_id))) == fold_deck(read)


def test_one_package_holds_all_notes_and_imports_as_the_many_do(vault: Vault, tmp_path: Path) -> None:
    vault.write("a.md", deck_notes("A", "A::Sub", "B", "Default"))
    vault.write("b.md", NOTE)
    vault.build(now=BEFORE)
    vault.build("-o", "one.apkg", now=BEFORE)
    with open_anki(tmp_path / "many") as many, open_anki(tmp_path / "one") as one:
        assert many.take_decks(vault) == one.take(vault.folder / "one.apkg") == Imported(new=sorted_ids(vault))
        assert many.tables()["notes"] == one.tables()["notes"]
        assert many.decks() == one.decks() == {"A", "A::Sub", "B", "Default", "Top", "Top::Middle", "Top::Middle::Leaf"}
        ids = vault.ids()
        assert [many.deck_of(note_id) for note_id in ids] == [one.deck_of(note_id) for note_id in ids]
        assert [one.card(note_id).due for note_id in ids] == list(range(1, len(ids) + 1))


def test_one_package_after_the_many_changes_nothing(vault: Vault, anki: Anki) -> None:
    vault.write("a.md", deck_notes("A", "A::Sub", "B", "Default"))
    vault.build(now=BEFORE)
    vault.build("-o", "one.apkg", now=AFTER)
    anki.take_decks(vault)
    before = anki.tables()
    assert anki.take(vault.folder / "one.apkg") == Imported(duplicate=sorted_ids(vault))
    assert anki.tables() == before


CONTROLS = "".join(chr(code) for code in range(1, 32) if chr(code) not in "\t\n\r")
HOSTILE = {
    "before\x1fafter": "beforeafter",
    f"before{CONTROLS}\x7fafter": "beforeafter",
    "{{c1::x}} {{Front}} {{": "{{c1::x}} {{Front}} {{",
    "a </script><script>b": "a &lt;/script&gt;&lt;script&gt;b",
    "👩‍👩‍👧🏽 \U0001f600": "👩‍👩‍👧🏽 \U0001f600",
    "a\u200bb\u200dc\ufeffd\u202ee": "a\u200bb\u200dc\ufeffd\u202ee",
    "Cafe\u0301 \u1112\u1161\u11ab": "Café 한",
    "a\u2028b\u2029c\x85d": "a\u2028b\u2029c\x85d",
    "a\ufffe\uffff\U0010ffff": "a\ufffe\uffff\U0010ffff",
    "tab\there": "tab\there",
    "&lt;b&gt; &amp;#31;": "&lt;b&gt; &amp;#31;",
    "<div><b>never closed": "<div><b>never closed",
    "x <!-- never closed": "x &lt;!-- never closed",
}


@dataclass(frozen=True)
class Taken:
    """A vault whose packages a collection holds."""

    vault: Vault
    anki: Anki
    imported: Imported


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    """All hostile texts, as questions and as answers, in one package."""
    folder = tmp_path_factory.mktemp("hostile")
    cards = "".join(f"\nQ: {text}\nA: {text}\n" for text in HOSTILE)
    yield from take_note(folder, f"TARGET DECK: H\n{cards}")


def take_note(folder: Path, text: str) -> Iterator[Taken]:
    vault = Vault(folder)
    vault.write("ankisync.toml", "")
    vault.write("note.md", text)
    run = vault.build(now=BEFORE)
    assert (run.status, run.err) == (0, "")
    with open_anki(folder / "anki") as anki:
        yield Taken(vault, anki, anki.take_decks(vault))


def test_hostile_texts_are_all_taken_with_the_right_number_of_fields(hostile: Taken) -> None:
    assert hostile.imported == Imported(new=sorted_ids(hostile.vault))
    assert len(hostile.imported.new) == len(HOSTILE)
    joined = [str(row[0]) for row in hostile.anki.rows("SELECT flds FROM notes")]
    assert {text.count("\x1f") for text in joined} == {len(BASIC.fields) - 1}


@pytest.mark.parametrize("place", range(len(HOSTILE)), ids=[ascii(text)[:30] for text in HOSTILE])
def test_a_hostile_text_arrives_without_its_control_characters_only(hostile: Taken, place: int) -> None:
    fields = hostile.anki.note(hostile.vault.ids()[place]).fields
    expected = list(HOSTILE.values())[place]
    assert fields == [expected, expected, "", "", "", "", ""]


def test_anki_s_own_check_finds_nothing_to_mend_and_no_empty_card(hostile: Taken) -> None:
    text, sound = hostile.anki.col.fix_integrity()
    assert (sound, hostile.anki.tables()["notes"]) == (True, hostile.anki.tables()["notes"]), text
    assert list(hostile.anki.col.get_empty_cards().notes) == []


def test_hostile_texts_again_are_all_duplicates(hostile: Taken) -> None:
    before = hostile.anki.tables()
    assert hostile.anki.take_decks(hostile.vault) == Imported(duplicate=sorted_ids(hostile.vault))
    assert hostile.anki.tables() == before


@pytest.mark.parametrize(
    "answer",
    ["word " * 20_000, "a line of text\n" * 7_000, "w" * 100_000, "é" * 50_000, "<b>" * 33_000, "- item\n" * 14_000],
    ids=["one line", "lines", "one word", "two bytes each", "tags", "a list"],
)
def test_an_answer_of_a_hundred_kilobytes_arrives_whole(vault: Vault, anki: Anki, answer: str) -> None:
    vault.write("a.md", f"Q: long\nA: {answer.strip()}\n\nQ: short\nA: b\n")
    assert vault.build(now=BEFORE).status == 0
    assert anki.take_decks(vault) == Imported(new=sorted_ids(vault))
    marks = re.compile(r"<(?!b>)[^>]*>|^- |\n", re.MULTILINE)
    assert marks.sub("", anki.back(vault.ids()[0])) == marks.sub("", answer.strip())
    assert anki.back(vault.ids()[1]) == "b"
    assert anki.col.fix_integrity()[1]


@pytest.mark.parametrize("text", ["\x01\x02", "[foo]: bar", "<!-- a comment -->"])
def test_a_question_that_shows_nothing_is_no_card_that_anki_would_delete(vault: Vault, anki: Anki, text: str) -> None:
    """Anki's Empty Cards offers such cards for deletion: they must be told, not sent."""
    vault.write("a.md", f"Q: {text}\nA: b\n\nQ: sound\nA: c\n")
    run = vault.build(now=BEFORE)
    anki.take_decks(vault)
    assert "sound" in [anki.note(note_id)["Front"] for note_id in anki.ids()]
    assert list(anki.col.get_empty_cards().notes) == [], (run.out, run.err)


@pytest.mark.parametrize("text", ["\x01\x02", "[foo]: bar", "<!-- a comment -->"])
def test_an_answer_that_shows_nothing_is_told(vault: Vault, anki: Anki, text: str) -> None:
    vault.write("a.md", f"Q: a\nA: {text}\n\nQ: sound\nA: c\n")
    run = vault.build(now=BEFORE)
    anki.take_decks(vault)
    backs = [re.sub(r"<!--.*?-->", "", anki.back(note_id)) for note_id in anki.ids()]
    assert "" not in backs or run.codes, (backs, run.out, run.err)


@pytest.mark.parametrize("depth", [2, 9, 12, 20])
def test_a_list_of_any_depth_arrives_whole(vault: Vault, anki: Anki, depth: int) -> None:
    items = "\n".join(f"{'  ' * level}- level {level}." for level in range(depth))
    vault.write("a.md", f"Q: outline\nA:\n{items}\n")
    vault.build(now=BEFORE)
    anki.take_decks(vault)
    back = anki.back(vault.ids()[0])
    assert [level for level in range(depth) if f"level {level}." not in back] == []


SHOWN = {
    "a list that begins on the line of the A": ("1. first\n2. second", "<ol>\n<li>first</li>\n<li>second</li>\n</ol>"),
    "a list below it": ("\n- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
    "a nested list": ("- a\n  - b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>"),
    "a fence with blank lines": (
        "\n```python\na = 1\n\n\nb < 2\n```",
        '<pre><code class="language-python">a <span class="o">=</span> <span class="mi">1</span>\n\n\n'
        'b <span class="o">&lt;</span> <span class="mi">2</span>\n</code></pre>',
    ),
    "a fence on the line of the A": ("```\nx\n\ny\n```", "<pre><code>x\n\ny\n</code></pre>"),
    "a table": ("\n| a | b |\n|---|---|\n| 1 | **2** |", "<tr>\n<td>1</td>\n<td><strong>2</strong></td>\n</tr>"),
    "math with a less-than": ("so $x<y$ holds", r"so \(x&lt;y\) holds"),
    "math with Markdown's signs": ("$a*b*c$ and $x_1$, $y_1$", r"\(a*b*c\) and \(x_1\), \(y_1\)"),
    "math with backslashes": (r"$\{x\} \\ \frac{{a}}{{b}}$", r"\(\{x\} \\ \frac{{a}}{{b}}\)"),
    "display math with a blank line": ("$$\nx < y\n\n\\frac{1}{2}\n$$", "\\[x &lt; y\n\n\\frac{1}{2}\\]"),
    "display math in a line": ("see $$x^2$$ here", r"see \[x^2\] here"),
    "strikethrough": ("~~gone~~ here", "<s>gone</s> here"),
    "a single newline": ("one\ntwo", "one<br />\ntwo"),
    "raw HTML": ('<b>bold</b> <span style="color:red">red</span>', '<b>bold</b> <span style="color:red">red</span>'),
    "escaped dollars": (r"costs \$5 and \$6", "costs $5 and $6"),
    "money": ("$5 and $10", "$5 and $10"),
    "math in inline code": ("`<b> $x$ {{Front}}`", "<code>&lt;b&gt; $x$ {{Front}}</code>"),
    "a quote": ("> said\n> twice", "<blockquote>\n<p>said<br />\ntwice</p>\n</blockquote>"),
    "a link": ("[t](https://e.org/?a=1&b=2)", '<a href="https://e.org/?a=1&amp;b=2">t</a>'),
    "bold and italic, not in a word": ("**b** *i* a_b_c", "<strong>b</strong> <em>i</em> a_b_c"),
    "signs of HTML": ("1 < 2 && 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
    "signs of Anki's templates": (
        "{{c1::x}} {{Front}} {{#Extra}}y{{/Extra}}",
        "{{c1::x}} {{Front}} {{#Extra}}y{{/Extra}}",
    ),
    "one paragraph": ("only text", "only text"),
    "a rule": ("a\n***\nb", "<p>a</p>\n<hr />\n<p>b</p>"),
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    """A card for each way to write an answer."""
    cards = "".join(f"\nQ: {name}\nA: {answer}\n" for name, (answer, _) in SHOWN.items())
    yield from take_note(tmp_path_factory.mktemp("shown"), f"TARGET DECK: Shown\n{cards}")


@pytest.mark.parametrize("name", SHOWN)
def test_anki_shows_the_answer_as_it_is_meant(shown: Taken, name: str) -> None:
    note_id = shown.vault.ids()[list(SHOWN).index(name)]
    assert SHOWN[name][1] in shown.anki.answer_of(note_id)


def test_anki_shows_the_question_on_both_sides_and_the_answer_on_one(shown: Taken) -> None:
    card = shown.anki.card(shown.vault.ids()[-2])
    assert "one paragraph" in card.question()
    assert "only text" not in card.question()
    assert "one paragraph" in card.answer()
    assert 'class="context"' not in card.answer()
