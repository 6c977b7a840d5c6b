"""`adopt`: notes that Obsidian_to_Anki made are updated in place in a real Anki, and left alone until then."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anki.collection
import pytest
from anki.cards import CardId
from anki.collection import ExportAnkiPackageOptions
from anki.decks import DeckId
from anki.models import NotetypeDict
from anki.notes import NoteId as AnkiNoteId

from ankisync.identity import guid_of
from ankisync.lock import NAME as LOCK
from ankisync.lock import read_lock
from ankisync.model import NoteId
from ankisync.notetypes import stock
from tests.anki_support import AFTER, BEFORE, Anki, Imported, change, open_anki, searches
from tests.support import Run, Vault, run

FORMS = ["new.apkg", "old.apkg", "new.colpkg", "old.colpkg", "anki/collection.anki2"]
FIRST_ID = 1_702_818_043_968
MOD = 1_702_900_000
KEYS = ("one", "two", "three", "typed", "einfach", "wort", "cloze", "luecke", "reversed")
IDS = {key: FIRST_ID + place for place, key in enumerate(KEYS)}

CONFIG = """\
notes = ["."]
[notetype_aliases]
Einfach = "Basic"
"Lückentext" = "Cloze"
[fields]
Einfach = ["Vorderseite", "Rückseite"]
"Lückentext" = ["Text", "Rückseite Extra"]
Vokabel = ["Wort", "Bedeutung", "Beispiel", "Quelle"]
"""

FIELDS = {
    "Basic": ["Front", "Back"],
    "Basic (type in the answer)": ["Front", "Back"],
    "Basic (and reversed card)": ["Front", "Back"],
    "Cloze": ["Text", "Back Extra"],
    "Einfach": ["Vorderseite", "Rückseite"],
    "Lückentext": ["Text", "Rückseite Extra"],
    "Vokabel": ["Wort", "Bedeutung", "Beispiel", "Quelle"],
}
TAIL = r"(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))"
DATA = json.dumps(
    {
        "settings": {
            "CUSTOM_REGEXPS": {"Basic": rf"^Q: ((?:.+\n)*)\n*A: (.+{TAIL}*)"},
            "Syntax": {},
            "Defaults": {"Tag": "", "Deck": "Default"},
        },
        "Added Media": [],
        "File Hashes": {},
        "fields_dict": FIELDS,
    }
)


def questions(keys: Sequence[str]) -> str:
    return "".join(f"\nQ: {key}\nA: answer {key}\n<!--ID: {IDS[key]}-->\n" for key in keys)


def block(notetype: str, key: str, *lines: str) -> str:
    return "\n".join(["", "START", notetype, *lines, f"<!--ID: {IDS[key]}-->", "END", ""])


NOTE = "TARGET DECK: Deck\nFILE TAGS: topic\n" + questions(["one", "two", "three"])
BLOCKS = (
    "TARGET DECK: Deck::Sub\n"
    + block("Basic (type in the answer)", "typed", "typed", "Back: answer typed")
    + block("Einfach", "einfach", "einfach", "Rückseite: answer einfach")
    + block("Vokabel", "wort", "wort", "Bedeutung: meaning", "Quelle: book")
    + block("Cloze", "cloze", "{{c1::alpha}} and {{c2::beta}}")
    + block("Lückentext", "luecke", "{{c1::gamma}}", "Rückseite Extra: answer luecke")
    + block("Basic (and reversed card)", "reversed", "reversed", "Back: answer reversed")
)


@dataclass(frozen=True)
class Origin:
    """A folder with the exports of a collection, and the collection itself."""

    folder: Path
    guids: Mapping[str, str]


@dataclass(frozen=True)
class Scene:
    """A vault of the plugin's, the collection that the plugin filled, and the exports that the user made of it."""

    vault: Vault
    anki: Anki
    origin: Origin

    def adopt(self, *arguments: str | Path, form: str = FORMS[0], now: float = AFTER) -> Run:
        return self.vault.run("adopt", self.origin.folder / form, *arguments, now=now)

    def adopt_again(self, *arguments: str, now: float = AFTER) -> Run:
        """Export the collection as it is now, and adopt that."""
        path = self.vault.folder.parent / f"again-{len(list(self.vault.folder.parent.iterdir()))}.apkg"
        export_package(self.anki.col, path)
        return self.vault.run("adopt", path, *arguments, now=now)

    def sync(self, now: float = AFTER) -> Imported:
        built = self.vault.build(now=now, seed=7)
        assert built.status == 0, built.err
        return self.anki.take_decks(self.vault)

    def all_but(self, *keys: str) -> tuple[int, ...]:
        return tuple(sorted(note_id for key, note_id in IDS.items() if key not in keys))

    def updated(self, *keys: str) -> Imported:
        """All notes but these are the same."""
        return Imported(updated=tuple(sorted(IDS[key] for key in keys)), duplicate=self.all_but(*keys))

    def fields(self, key: str) -> list[str]:
        return self.anki.note(IDS[key]).fields

    def change(self, name: str, old: str, new: str) -> None:
        change(self.vault, name, old, new)


def contents(anki: Anki) -> dict[str, list[tuple[object, ...]]]:
    """Every row that is the user's: notes, cards, reviews, notetypes, decks; and the time of the last full sync."""
    names = ("notes", "cards", "revlog", "notetypes", "fields", "templates", "decks", "graves", "tags")
    found = {name: anki.rows(f"SELECT * FROM {name} ORDER BY 1, 2") for name in names}
    return found | {"schema": anki.rows("SELECT scm FROM col")}


def looks(anki: Anki) -> dict[str, list[tuple[object, ...]]]:
    """The notetypes in every detail, and whether a full sync is due."""
    found = contents(anki)
    assert not anki.col.schema_changed()
    return {name: found[name] for name in ("notetypes", "fields", "templates", "schema")}


def untouched(anki: Anki, *keys: str) -> list[tuple[object, ...]]:
    ids = ",".join(str(IDS[key]) for key in keys)
    return anki.rows(f"SELECT * FROM notes WHERE id NOT IN ({ids}) ORDER BY id")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    folder = tmp_path_factory.mktemp("origin")
    with open_anki(folder / "anki") as anki:
        fill(anki)
        guids = {key: anki.note(note_id).guid for key, note_id in IDS.items()}
        for form in FORMS[:2]:
            export_package(anki.col, folder / form)
        for form in FORMS[2:4]:
            anki.col.export_collection_package(str(folder / form), include_media=True, legacy=form.startswith("old"))
            anki.col.reopen()
    return Origin(folder, guids)


def export_package(col: anki.collection.Collection, path: Path) -> None:
    options = ExportAnkiPackageOptions(
        legacy=path.name.startswith("old"), with_scheduling=True, with_deck_configs=True, with_media=True
    )
    col.export_anki_package(out_path=str(path), options=options, limit=None)


def fill(anki: Anki) -> None:
    """Notes as the plugin makes them, studied, and what their user did to them."""
    models = anki.col.models
    typed = named(anki, "Basic (type in the answer)")
    typed["name"] = "Typed words"
    models.update_dict(typed)
    localized(anki, "Basic", "Einfach", ["Vorderseite", "Rückseite"])
    localized(anki, "Cloze", "Lückentext", ["Text", "Rückseite Extra"])
    make_own(anki)
    for key in ("one", "two", "three"):
        add(anki, key, "Basic", "Deck", key, f"answer {key}", tag="topic")
    add(anki, "typed", "Typed words", "Deck::Sub", "typed", "answer typed")
    add(anki, "einfach", "Einfach", "Deck::Sub", "einfach", "answer einfach")
    add(anki, "wort", "Vokabel", "Deck::Sub", "wort", "meaning", "", "book")
    add(anki, "cloze", "Cloze", "Deck::Sub", "{{c1::alpha}} and {{c2::beta}}", "")
    add(anki, "luecke", "Lückentext", "Deck::Sub", "{{c1::gamma}}", "answer luecke")
    add(anki, "reversed", "Basic (and reversed card)", "Deck::Sub", "reversed", "answer reversed")
    for deck in ("Deck::Sub", "Deck", "Deck", "Deck::Sub", "Deck::Sub"):
        anki.study(deck, 4)
    away = anki.col.decks.id("Elsewhere")
    assert away is not None
    anki.col.set_deck(anki.col.card_ids_of_note(AnkiNoteId(IDS["one"])), DeckId(away))
    anki.tag(IDS["two"], "mine")
    # As after a sync: nothing is due to be sent whole.
    assert anki.col.db is not None
    anki.col.db.execute("UPDATE col SET ls = scm")


def named(anki: Anki, name: str) -> NotetypeDict:
    found = anki.col.models.by_name(name)
    assert found is not None
    return found


def localized(anki: Anki, name: str, other: str, fields: Sequence[str]) -> None:
    """A stock notetype as a user of another language has it."""
    made = anki.col.models.copy(named(anki, name), add=True)
    made["name"] = other
    for field, text in zip(made["flds"], fields, strict=True):
        for template in made["tmpls"]:
            for side in ("qfmt", "afmt"):
                template[side] = re.sub(rf"(\{{\{{(?:\w+:)*){field['name']}\}}\}}", rf"\g<1>{text}}}}}", template[side])
        field["name"] = text
    anki.col.models.update_dict(made)


def make_own(anki: Anki) -> None:
    """A notetype that its user made and styled: two templates, the second asked only where there is an example."""
    models = anki.col.models
    made = models.new("Vokabel")
    for name in FIELDS["Vokabel"]:
        models.add_field(made, models.new_field(name))
    for name, front, back in (
        ("Wort", "<b>{{Wort}}</b>", "{{FrontSide}}<hr>{{Bedeutung}}<i>{{Quelle}}</i>"),
        ("Beispiel", "{{#Beispiel}}{{Beispiel}} {{Wort}}{{/Beispiel}}", "{{Bedeutung}}"),
    ):
        template = models.new_template(name)
        template["qfmt"], template["afmt"] = front, back
        models.add_template(made, template)
    made["css"] = ".card { color: rebeccapurple }"
    models.add_dict(made)


def add(anki: Anki, key: str, notetype: str, deck: str, *fields: str, tag: str = "") -> None:
    note = anki.col.new_note(named(anki, notetype))
    note.fields = list(fields)
    note.tags = [tag] if tag else []
    deck_id = anki.col.decks.id(deck)
    assert deck_id is not None
    anki.col.add_note(note, DeckId(deck_id))
    assert anki.col.db is not None
    anki.col.db.execute("UPDATE notes SET id = ?, mod = ? WHERE id = ?", IDS[key], MOD, note.id)
    anki.col.db.execute("UPDATE cards SET nid = ? WHERE nid = ?", IDS[key], note.id)


@contextmanager
def opened(path: Path) -> Iterator[Anki]:
    col = anki.collection.Collection(str(path))
    try:
        yield Anki(col)
    finally:
        col.close()


@pytest.fixture
def scene(origin: Origin, vault: Vault, tmp_path: Path) -> Iterator[Scene]:
    vault.write("ankisync.toml", CONFIG)
    vault.write("note.md", NOTE)
    vault.write("blocks.md", BLOCKS)
    (tmp_path / "anki").mkdir()
    shutil.copy(origin.folder / "anki" / "collection.anki2", tmp_path / "anki")
    with opened(tmp_path / "anki" / "collection.anki2") as anki:
        yield Scene(vault, anki, origin)


def edit_three(scene: Scene) -> None:
    scene.change("note.md", "answer one", "better one")
    scene.change("blocks.md", "answer einfach", "besser einfach")
    scene.change("blocks.md", "Bedeutung: meaning", "Bedeutung: better\nBeispiel: an example")


def told(found: Run) -> int:
    """How many IDs a run says to be another tool's; 0 where it does not say so."""
    counts = re.findall(r"\[A414\]: .*: (\d+);", found.err)
    assert len(counts) < 2, found.err
    return int(counts[0]) if counts else 0


# In place


def test_the_collection_is_what_it_is_to_be(scene: Scene) -> None:
    anki = scene.anki
    assert anki.ids() == sorted(IDS.values())
    assert len(anki.rows("SELECT id FROM revlog")) == 5
    assert anki.rows("SELECT max(ivl) > 0 FROM cards") == [(1,)]
    assert anki.deck_of(IDS["one"]) == "Elsewhere"
    assert len(anki.rows("SELECT DISTINCT mid FROM notes")) == 7
    assert not any(guid.startswith("ankisync") for guid in scene.origin.guids.values())
    assert not anki.col.schema_changed()


@pytest.mark.parametrize("form", FORMS)
def test_after_adoption_an_import_changes_nothing_at_all(scene: Scene, form: str) -> None:
    before = contents(scene.anki)
    assert scene.adopt(form=form).status == 0
    assert scene.sync() == scene.updated()
    assert contents(scene.anki) == before


@pytest.mark.parametrize("form", FORMS)
def test_edited_notes_are_updated_in_place_and_no_others(scene: Scene, form: str) -> None:
    scene.adopt(form=form)
    scene.sync()
    before, cards, style = scene.anki.scheduling(), card_ids(scene), looks(scene.anki)
    others = untouched(scene.anki, "one", "einfach", "wort")
    edit_three(scene)
    assert scene.sync() == scene.updated("one", "einfach", "wort")
    assert scene.fields("one") == ["one", "better one"]
    assert scene.fields("einfach") == ["einfach", "besser einfach"]
    assert scene.fields("wort") == ["wort", "better", "an example", "book"]
    assert untouched(scene.anki, "one", "einfach", "wort") == others
    assert looks(scene.anki) == style
    (new,) = card_ids(scene) - cards
    cards_now, reviews_now = scene.anki.scheduling()
    assert ([row for row in cards_now if row[0] != new], reviews_now) == before
    assert scene.anki.col.get_card(new).template()["name"] == "Beispiel"
    assert scene.anki.deck_of(IDS["one"]) == "Elsewhere"
    assert scene.anki.col.fix_integrity()[1]


def card_ids(scene: Scene) -> set[CardId]:
    return set(scene.anki.find(""))


def test_every_kind_of_note_takes_an_edit(scene: Scene) -> None:
    scene.adopt()
    scene.sync()
    before, style = scene.anki.scheduling(), looks(scene.anki)
    for key in ("one", "two", "three"):
        scene.change("note.md", f"answer {key}", f"better {key}")
    for key in ("typed", "einfach", "reversed", "luecke"):
        scene.change("blocks.md", f"answer {key}", f"better {key}")
    scene.change("blocks.md", "alpha", "better alpha")
    scene.change("blocks.md", "meaning", "better meaning")
    assert scene.sync() == scene.updated(*KEYS)
    assert scene.fields("luecke") == ["{{c1::gamma}}", "better luecke"]
    assert scene.fields("cloze") == ["{{c1::better alpha}} and {{c2::beta}}", ""]
    for key in ("one", "two", "three", "typed", "einfach", "reversed"):
        assert scene.fields(key) == [key, f"better {key}"]
    assert scene.anki.scheduling() == before
    assert looks(scene.anki) == style


def test_a_new_card_comes_under_the_user_s_own_notetype(scene: Scene) -> None:
    scene.adopt()
    style = looks(scene.anki)
    scene.vault.write("note.md", scene.vault.read("note.md") + "\nQ: four\nA: fourth\n")
    own = "\nSTART\nVokabel\nneu\nBedeutung: new\nEND\n"
    scene.vault.write("blocks.md", scene.vault.read("blocks.md") + own)
    new = scene.sync().new
    arrived = [(scene.anki.note(each).note_type(), scene.anki.note(each).fields) for each in new]
    names = {notetype["name"]: fields for notetype, fields in arrived if notetype is not None}
    assert names == {"Basic": ["four", "fourth"], "Vokabel": ["neu", "new", "", ""]}
    assert looks(scene.anki) == style
    assert {scene.anki.note(each).guid for each in new} == {guid_of(NoteId(each)) for each in new}
    assert scene.sync() == Imported(duplicate=tuple(sorted((*IDS.values(), *new))))


def test_a_new_cloze_number_brings_its_card(scene: Scene) -> None:
    scene.adopt()
    scene.sync()
    cards = card_ids(scene)
    before = scene.anki.scheduling()
    scene.change("blocks.md", "{{c2::beta}}", "{{c2::beta}} and {{c3::delta}}")
    assert scene.sync() == scene.updated("cloze")
    (new,) = card_ids(scene) - cards
    assert (scene.anki.col.get_card(new).ord, scene.anki.col.get_card(new).nid) == (2, IDS["cloze"])
    assert [row for row in scene.anki.scheduling()[0] if row[0] != new] == before[0]


def test_a_tag_made_in_anki_stays_until_the_markdown_of_its_note_changes(scene: Scene) -> None:
    scene.adopt()
    scene.change("note.md", "answer one", "better one")
    scene.sync()
    assert sorted(scene.anki.note(IDS["two"]).tags) == ["mine", "topic"]


def test_push_sends_everything_at_the_next_import_and_only_then(scene: Scene) -> None:
    for key in ("one", "typed"):
        note = scene.anki.note(IDS[key])
        note.fields[1] = "edited in Anki"
        scene.anki.col.update_note(note)
    before, style = scene.anki.scheduling(), looks(scene.anki)
    assert scene.adopt("--push").status == 0
    assert scene.sync(AFTER + 10) == scene.updated(*KEYS)
    assert scene.fields("one") == ["one", "answer one"]
    assert scene.fields("typed") == ["typed", "answer typed"]
    assert scene.anki.scheduling() == before
    assert looks(scene.anki) == style
    assert scene.sync(AFTER + 20) == scene.updated()


def test_without_push_what_was_edited_in_anki_stays(scene: Scene) -> None:
    note = scene.anki.note(IDS["one"])
    note.fields[1] = "edited in Anki"
    scene.anki.col.update_note(note)
    scene.adopt()
    assert scene.sync() == scene.updated()
    assert scene.fields("one") == ["one", "edited in Anki"]


def test_a_push_after_an_adoption_without_one_sends_everything(scene: Scene) -> None:
    scene.adopt()
    scene.sync()
    assert scene.adopt("--push").status == 0
    assert scene.sync(AFTER + 10) == scene.updated(*KEYS)


def test_a_vault_that_init_set_up_is_adopted_alike(scene: Scene) -> None:
    (scene.vault.folder / "ankisync.toml").unlink()
    scene.vault.write(".obsidian/plugins/obsidian-to-anki-plugin/data.json", DATA)
    assert scene.vault.run("init").status == 0
    before = contents(scene.anki)
    adopted = scene.adopt()
    assert f"bound {len(IDS)} notes" in adopted.out
    assert scene.sync() == scene.updated()
    assert contents(scene.anki) == before
    edit_three(scene)
    assert scene.sync() == scene.updated("one", "einfach", "wort")
    assert scene.fields("einfach") == ["einfach", "besser einfach"]


def test_without_adoption_every_note_would_be_doubled(scene: Scene) -> None:
    """Why adoption is there: the same decks built without it."""
    taken = scene.sync()
    assert len(taken.new) == len(IDS)


def own_type_unset(scene: Scene) -> None:
    """The configuration does not tell the fields of the user's notetype."""
    scene.vault.write("ankisync.toml", CONFIG.replace('Vokabel = ["Wort", "Bedeutung", "Beispiel", "Quelle"]\n', ""))


def test_a_notetype_that_only_the_export_knows_is_read_from_then_on(scene: Scene) -> None:
    own_type_unset(scene)
    assert scene.vault.check().status == 1
    adopted = scene.adopt()
    assert (adopted.status, adopted.codes) == (0, [])
    assert "1 Vokabel" in adopted.out
    assert scene.sync() == scene.updated()
    scene.change("blocks.md", "Bedeutung: meaning", "Bedeutung: better")
    assert scene.sync(AFTER + 10) == scene.updated("wort")
    assert scene.fields("wort") == ["wort", "better", "", "book"]


def test_a_notetype_that_only_the_packages_know_is_read_where_the_lock_is_lost(scene: Scene) -> None:
    own_type_unset(scene)
    scene.adopt()
    scene.sync()
    (scene.vault.folder / LOCK).unlink()
    assert scene.sync(AFTER + 10) == scene.updated()
    scene.change("blocks.md", "Bedeutung: meaning", "Bedeutung: better")
    assert scene.sync(AFTER + 20) == scene.updated("wort")


# What is said


def test_adopt_says_what_was_bound_and_under_which_notetypes(scene: Scene) -> None:
    out = scene.adopt().out
    assert f"bound {len(IDS)} notes" in out
    assert "3 Basic," in out
    assert "1 Typed words" in out
    assert "1 Vokabel" in out
    assert "not in the export" not in out
    assert "ankisync build" in out


def test_adopt_lists_the_notes_that_the_export_does_not_hold(scene: Scene) -> None:
    scene.vault.write("more.md", "TARGET DECK: Deck\n\nQ: other\nA: x\n<!--ID: 1500000000000-->\n")
    found = scene.adopt()
    assert found.status == 0
    assert "not in the export: 1 note" in found.out
    assert searches(found.out) == ["nid:1500000000000"]


def test_adopt_says_which_ids_of_the_export_stand_on_no_card(scene: Scene) -> None:
    scene.change("note.md", "A: answer one\n", "")
    found = scene.adopt()
    assert "1 note of the export: the ID stands in the vault, but on no card" in found.out
    assert f"bound {len(IDS) - 1} notes" in found.out
    scene.change("note.md", "Q: one\n", "Q: one\nA: answer one\n")
    again = scene.adopt()
    assert "bound 1 note: 1 Basic" in again.out
    assert "on no card" not in again.out


def test_until_adoption_each_build_says_how_many_ids_are_of_another_tool(scene: Scene) -> None:
    assert told(scene.vault.check()) == len(IDS)
    assert told(scene.vault.build()) == len(IDS)
    assert told(scene.vault.build()) == len(IDS)
    assert told(scene.vault.check()) == len(IDS)


def test_the_line_is_one_and_says_what_to_run(scene: Scene) -> None:
    err = scene.vault.build().err
    assert err.count("A414") == 1
    assert "adopt EXPORT" in err
    assert "adopt --none" in err


@pytest.mark.parametrize("built", [False, True])
def test_after_adopt_none_nothing_is_said(scene: Scene, built: bool) -> None:
    if built:
        scene.vault.build()
    files = {name: scene.vault.read(name) for name in ("note.md", "blocks.md")}
    settled = scene.vault.run("adopt", "--none")
    assert settled.status == 0
    assert "nobody's Anki" in settled.out
    assert [told(scene.vault.build()), told(scene.vault.check()), told(scene.vault.build())] == [0, 0, 0]
    assert {name: scene.vault.read(name) for name in files} == files


@pytest.mark.parametrize("built", [False, True])
def test_after_adoption_nothing_is_said(scene: Scene, built: bool) -> None:
    if built:
        scene.vault.build()
    assert told(scene.adopt()) == 0
    assert [told(scene.vault.check()), told(scene.vault.build()), told(scene.vault.build())] == [0, 0, 0]


def test_the_line_counts_the_notes_that_are_left_after_adoption(scene: Scene) -> None:
    scene.vault.write("more.md", "TARGET DECK: Deck\n\nQ: other\nA: x\n<!--ID: 1500000000000-->\n")
    assert told(scene.vault.build()) == len(IDS) + 1
    scene.adopt()
    assert [told(scene.vault.build()), told(scene.vault.check())] == [1, 1]
    scene.vault.run("adopt", "--none")
    assert [told(scene.vault.build()), told(scene.vault.check())] == [0, 0]


def test_ids_of_our_own_are_never_said_to_be_of_another_tool(vault: Vault) -> None:
    vault.write("note.md", "TARGET DECK: Deck\n\nQ: one\nA: first\n")
    assert [told(vault.check()), told(vault.build()), told(vault.build())] == [0, 0, 0]


def test_builds_before_adoption_that_nobody_imported_do_no_harm(scene: Scene) -> None:
    scene.vault.build(now=AFTER - 100)
    scene.change("note.md", "answer one", "answer one, edited")
    scene.vault.build(now=AFTER - 50)
    before = contents(scene.anki)
    scene.adopt()
    assert scene.sync() == scene.updated()
    assert contents(scene.anki) == before


# What cannot be bound


def test_a_note_of_another_kind_in_anki_is_told_and_the_others_are_bound(scene: Scene) -> None:
    scene.change("blocks.md", "START\nBasic (type in the answer)\n", "START\nBasic (type in the answer)\n{{c1::no}} ")
    scene.vault.write("more.md", f"TARGET DECK: Deck\n\nQ: cloze\nA: x\n<!--ID: {IDS['cloze']}-->\n")
    text = scene.vault.read("blocks.md")
    scene.vault.write("blocks.md", re.sub(r"START\nCloze\n.*?END\n", "", text, flags=re.DOTALL))
    found = scene.adopt()
    assert (found.status, found.codes) == (0, ["A417"])
    assert "more.md:3:1: warning[A417]" in found.err
    assert "`Cloze`" in found.err
    assert f"bound {len(IDS) - 1} notes" in found.out
    assert told(scene.vault.build()) == 1


def test_notes_that_share_a_guid_are_told_and_not_bound(scene: Scene) -> None:
    assert scene.anki.col.db is not None
    scene.anki.col.db.execute("UPDATE notes SET guid = 'same' WHERE id IN (?, ?)", IDS["one"], IDS["two"])
    found = scene.adopt_again()
    assert (found.status, found.codes) == (0, ["A418", "A418"])
    assert {int(each) for each in re.findall(r"note (\d+) has no guid", found.err)} == {IDS["one"], IDS["two"]}
    assert told(scene.vault.build()) == 2


def test_a_field_that_has_no_place_in_the_note_s_type_is_told(scene: Scene) -> None:
    scene.change("blocks.md", "Rückseite: answer einfach", "Rückseite: answer einfach\nExtra: more")
    found = scene.adopt()
    assert (found.status, found.codes) == (1, ["A416"])
    assert "`Extra`" in found.err
    assert "`Einfach`" in found.err
    assert f"bound {len(IDS) - 1} notes" in found.out


def test_a_field_that_comes_later_and_has_no_place_leaves_its_note_out_until_anki_has_it(scene: Scene) -> None:
    scene.adopt()
    scene.sync()
    scene.change("blocks.md", "Rückseite: answer einfach", "Rückseite: answer einfach\nExtra: more")
    built = scene.vault.build(now=AFTER)
    assert (built.status, built.codes) == (1, ["A416"])
    assert scene.anki.take_decks(scene.vault) == Imported(duplicate=scene.all_but("einfach"))
    add_field(scene.anki, "Einfach", "Extra")
    assert scene.adopt_again().status == 0
    assert scene.sync(AFTER + 10) == scene.updated("einfach")
    assert scene.fields("einfach") == ["einfach", "answer einfach", "more"]


# Again, and later


def test_adopting_twice_changes_nothing(scene: Scene) -> None:
    scene.adopt()
    scene.vault.build(now=AFTER)
    before = scene.vault.state()
    again = scene.adopt(now=AFTER + 50)
    assert again.status == 0
    assert "bound 0 notes" in again.out
    assert f"{len(IDS)} notes in the export needed no binding" in again.out
    assert "wrote" not in scene.vault.build(now=AFTER + 60).out
    assert scene.vault.state() == before


def add_field(anki: Anki, notetype: str, field: str) -> None:
    changed = named(anki, notetype)
    anki.col.models.add_field(changed, anki.col.models.new_field(field))
    anki.col.models.update_dict(changed)
    assert anki.col.db is not None
    anki.col.db.execute("UPDATE col SET ls = scm")


def test_a_second_export_mends_what_a_change_of_the_notetype_broke(scene: Scene) -> None:
    scene.adopt()
    scene.sync()
    add_field(scene.anki, "Basic", "Source")
    scene.change("note.md", "answer one", "better one")
    assert IDS["one"] in scene.sync().conflicting
    cards = scene.anki.scheduling()
    again = scene.adopt_again()
    assert again.status == 0
    assert "taken as Anki has it now: the notetype Basic\n" in f"{again.out}\n"
    assert scene.sync(AFTER + 10) == scene.updated("one")
    assert scene.fields("one") == ["one", "better one", ""]
    assert scene.anki.scheduling() == cards
    assert not scene.anki.col.schema_changed()
    assert scene.adopt_again().status == 0
    assert "wrote" not in scene.vault.build(now=AFTER + 30).out


def test_a_notetype_renamed_and_styled_in_anki_after_adoption_stays_so(scene: Scene) -> None:
    scene.adopt()
    scene.sync()
    changed = named(scene.anki, "Basic")
    changed["name"], changed["css"] = "Mine", ".card { color: red }"
    changed["flds"][1]["name"] = "Answer"
    changed["tmpls"][0]["afmt"] = "{{Answer}}!"
    scene.anki.col.models.update_dict(changed)
    style = looks(scene.anki)
    scene.change("note.md", "answer one", "better one")
    assert scene.sync() == scene.updated("one")
    assert scene.fields("one") == ["one", "better one"]
    assert looks(scene.anki) == style


def test_a_note_whose_type_was_changed_in_anki_is_updated_after_another_export(scene: Scene) -> None:
    scene.adopt()
    scene.sync()
    retype(scene.anki, IDS["one"], named(scene.anki, "Basic (and reversed card)"))
    scene.anki.col.after_note_updates([AnkiNoteId(IDS["one"])], mark_modified=True)
    assert scene.adopt_again().status == 0
    assert scene.sync() == scene.updated()
    scene.change("note.md", "answer one", "better one")
    assert scene.sync(AFTER + 10) == scene.updated("one")
    assert scene.fields("one") == ["one", "better one"]


def retype(anki: Anki, note_id: int, notetype: NotetypeDict) -> None:
    """Change a note's type in Anki's browser, fields and templates by their place."""
    old = anki.note(note_id).mid
    request = anki.col.models.change_notetype_info(old_notetype_id=old, new_notetype_id=notetype["id"]).input
    request.note_ids.append(note_id)
    anki.col.models.change_notetype_of_notes(request)
    assert anki.col.db is not None
    anki.col.db.execute("UPDATE col SET ls = scm")


def test_what_was_bound_to_another_collection_is_bound_anew(scene: Scene, tmp_path: Path) -> None:
    with open_anki(tmp_path / "other") as other:
        fill(other)
        export_package(other.col, tmp_path / "other.apkg")
        assert {key: other.note(note_id).guid for key, note_id in IDS.items()} != scene.origin.guids
    assert scene.vault.run("adopt", tmp_path / "other.apkg", now=AFTER).status == 0
    scene.vault.build(now=AFTER)
    assert f"bound {len(IDS)} notes" in scene.adopt().out
    assert scene.sync() == scene.updated()
    scene.change("note.md", "answer one", "better one")
    assert scene.sync(AFTER + 10) == scene.updated("one")


def test_a_note_of_ours_that_was_given_another_type_in_anki_is_bound_to_it(vault: Vault, tmp_path: Path) -> None:
    vault.write("note.md", "TARGET DECK: Deck\n\nQ: one\nA: first\n\nQ: two\nA: second\n")
    vault.build(now=BEFORE)
    with open_anki(tmp_path / "anki") as anki:
        (one, two) = anki.take_decks(vault).new
        retype(anki, one, named(anki, "Basic"))
        export_package(anki.col, tmp_path / "export.apkg")
        adopted = vault.run("adopt", tmp_path / "export.apkg", now=AFTER)
        assert "bound 1 note: 1 Basic" in adopted.out
        vault.write("note.md", vault.read("note.md").replace("first", "better").replace("second", "better"))
        assert vault.build(now=AFTER).status == 0
        assert anki.take_decks(vault) == Imported(updated=(one, two))
        kinds = [anki.note(each).note_type() for each in (one, two)]
        assert [kind["name"] for kind in kinds if kind] == ["Basic", "ankisync Basic"]
        assert [anki.note(each).fields[1] for each in (one, two)] == ["better", "better"]


def test_a_lost_lock_comes_back_from_the_packages(scene: Scene) -> None:
    scene.adopt()
    scene.sync()
    before = contents(scene.anki)
    lock = scene.vault.lock()
    (scene.vault.folder / LOCK).unlink()
    restored = scene.vault.build(now=AFTER + 10)
    assert (restored.status, restored.codes) == (0, ["A704"])
    assert told(restored) == 0
    again = scene.vault.lock()
    for note_id in map(NoteId, IDS.values()):
        mine, others = again.entries[note_id], lock.entries[note_id]
        assert (mine.guid, mine.notetype, mine.cards) == (others.guid, others.notetype, others.cards)
        assert (mine.hash, mine.mod) == (others.hash, others.mod)
    assert again.adopted == lock.adopted
    assert scene.anki.take_decks(scene.vault) == scene.updated()
    assert contents(scene.anki) == before
    edit_three(scene)
    assert scene.sync(AFTER + 20) == scene.updated("one", "einfach", "wort")


def test_a_lock_from_before_the_adoption_is_told_and_mended_by_another_one(scene: Scene) -> None:
    scene.vault.build(now=AFTER - 100)
    before = (scene.vault.folder / LOCK).read_bytes()
    scene.adopt()
    scene.sync()
    (scene.vault.folder / LOCK).write_bytes(before)
    assert told(scene.vault.build(now=AFTER + 5)) == len(IDS)
    assert scene.anki.take_decks(scene.vault).new == ()
    assert scene.adopt().status == 0
    scene.change("note.md", "answer one", "better one")
    assert scene.sync(AFTER + 10) == scene.updated("one")


def test_the_locks_of_two_branches_that_adopted_merge_line_by_line(scene: Scene) -> None:
    """One adopted what the base had; the other one edited before and after it adopted."""
    folder = scene.vault.folder
    scene.vault.build(now=AFTER - 100)
    base = (folder / LOCK).read_bytes()
    scene.adopt()
    ours = (folder / LOCK).read_bytes()
    (folder / LOCK).write_bytes(base)
    scene.change("note.md", "answer two", "better two")
    scene.adopt()
    scene.change("note.md", "answer one", "better one")
    scene.vault.build(now=AFTER)
    theirs = (folder / LOCK).read_bytes()
    merged = b"\n".join(dict.fromkeys((*ours.split(b"\n"), *theirs.split(b"\n"))))
    (folder / LOCK).write_bytes(merged)
    lock, wrong = read_lock(merged)
    assert wrong == ()
    assert lock.adopted == read_lock(ours)[0].adopted
    assert {key: lock.entries[NoteId(note_id)].guid for key, note_id in IDS.items()} == scene.origin.guids
    taken = scene.sync(AFTER + 10)
    assert taken.new == taken.conflicting == ()
    assert IDS["one"] in taken.updated
    assert scene.fields("one") == ["one", "better one"]


def test_one_branch_adopts_and_the_other_edits_and_builds(scene: Scene) -> None:
    folder = scene.vault.folder
    scene.vault.build(now=AFTER - 100)
    base = (folder / LOCK).read_bytes()
    scene.adopt()
    ours = (folder / LOCK).read_bytes()
    (folder / LOCK).write_bytes(base)
    shutil.rmtree(folder / "decks")
    scene.change("note.md", "answer one", "better one")
    scene.vault.build(now=AFTER)
    theirs = (folder / LOCK).read_bytes()
    (folder / LOCK).write_bytes(b"\n".join(dict.fromkeys((*theirs.split(b"\n"), *ours.split(b"\n")))))
    assert scene.sync(AFTER + 10) == scene.updated("one")
    assert scene.fields("one") == ["one", "better one"]


def test_notes_that_anki_has_from_ankisync_are_no_one_else_s(vault: Vault, tmp_path: Path) -> None:
    """IDs of another tool, imported into a fresh collection, and then exported from it."""
    vault.write("note.md", NOTE)
    vault.build(now=AFTER - 100)
    with open_anki(tmp_path / "fresh") as anki:
        anki.take_decks(vault)
        export_package(anki.col, tmp_path / "export.apkg")
        before = contents(anki)
        assert vault.run("adopt", tmp_path / "export.apkg", now=AFTER).status == 0
        assert told(vault.build(now=AFTER)) == 0
        anki.take_decks(vault)
        assert contents(anki) == before
    assert vault.lock().adopted == {}


# What is asked for wrongly


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.apkg",), "nowhere.apkg"),
        ((), "name an export, or say --none"),
        (("note.md", "--none"), "name an export, or say --none"),
        (("--none", "--push"), "leave it out with --none"),
        (("note.md",), "note.md"),
    ],
)
def test_a_call_that_makes_no_sense_exits_2_and_writes_nothing(
    scene: Scene, arguments: Sequence[str], said: str
) -> None:
    before = scene.vault.state()
    found = scene.vault.run("adopt", *arguments)
    assert (found.status, found.out) == (2, "")
    assert said in found.err
    assert "Traceback" not in found.err
    assert scene.vault.state() == before


@pytest.mark.parametrize("cut", [0, 1, 100, 3000])
def test_a_broken_export_exits_2_and_writes_nothing(scene: Scene, cut: int) -> None:
    data = (scene.origin.folder / FORMS[0]).read_bytes()
    broken = scene.vault.write("broken.apkg", data[:cut])
    before = scene.vault.state()
    found = scene.vault.run("adopt", broken)
    assert (found.status, found.out) == (2, "")
    assert "broken.apkg" in found.err
    assert scene.vault.state() == before


def test_the_export_is_only_read(scene: Scene) -> None:
    state = Vault(scene.origin.folder).state()
    for form in FORMS:
        scene.adopt(form=form)
    assert Vault(scene.origin.folder).state() == state


def test_a_folder_that_is_no_vault_is_told(tmp_path: Path, origin: Origin) -> None:
    found = run(tmp_path, "adopt", origin.folder / FORMS[0])
    assert found.status == 2
    assert "Traceback" not in found.err


def test_our_stock_notetypes_are_not_in_what_was_adopted(scene: Scene) -> None:
    scene.adopt()
    ours = {each.id for each in stock().values()}
    assert ours.isdisjoint(scene.vault.lock().adopted)


def test_a_card_that_names_another_type_later_is_told_with_a_search(scene: Scene) -> None:
    """Also one of the same kind: Anki would take the text and make none of the new type's cards."""
    assert scene.adopt().status == 0
    scene.sync()
    scene.change("blocks.md", "START\nBasic (type in the answer)\n", "START\nBasic (and reversed card)\n")
    found = scene.vault.build(now=AFTER)
    assert "an import changes no note's type" in found.out
    assert f"nid:{IDS['typed']}" in searches(found.out)
    again = scene.vault.build(now=AFTER)
    assert "an import changes no note's type" not in again.out


def test_an_adoption_takes_back_that_they_are_in_nobody_s_anki(scene: Scene) -> None:
    assert scene.vault.run("adopt", "--none").status == 0
    assert scene.adopt().status == 0
    scene.vault.write("more.md", "Q: more\nA: more\n<!--ID: 1602818043968-->\n")
    assert "A414" in scene.vault.build(now=AFTER).err
