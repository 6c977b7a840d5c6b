"""Notetypes of the user's own, and other looks for ours, in `notetypes/<Name>/`."""

from pathlib import Path

import pytest

from ankisync.notetypes import LOOK_MOD
from tests.anki_support import BEFORE, Anki, change, open_anki
from tests.support import BASIC, NOW, Run, Vault

NOTE = "Q: a\nA: b\n\nQ: c\nA: d\n"
VERB = 'kind = "basic"\nfields = ["Verb", "Past", "Note"]\ntemplates = ["There", "Back again"]\nsort = "Past"\n'
FILES = {
    "There.front.html": "{{Verb}}",
    "There.back.html": "{{FrontSide}}<hr>{{Past}}",
    "Back again.front.html": "{{#Past}}{{Past}}{{/Past}}",
    "Back again.back.html": "{{Verb}} {{Note}}",
    "style.css": ".card { color: teal; }\n",
}
CARD = "START\nVerb\ngo\nPast: went\nEND\n"


def styled(vault: Vault, name: str, spec: str = "", **files: str) -> None:
    vault.write(f"notetypes/{name}/notetype.toml", spec)
    for file, text in files.items():
        vault.write(f"notetypes/{name}/{file}", text)


def verb(vault: Vault, spec: str = VERB) -> None:
    styled(vault, "Verb", spec, **FILES)


def css(anki: Anki, name: str) -> str:
    notetype = anki.col.models.by_name(name)
    assert notetype is not None
    return str(notetype["css"])


def test_another_style_for_ours_arrives_and_touches_no_note(vault: Vault, tmp_path: Path) -> None:
    vault.write("n.md", NOTE)
    vault.build(now=BEFORE)
    with open_anki(tmp_path / "anki") as anki:
        anki.take_decks(vault)
        schema, notes = anki.rows("SELECT scm FROM col"), anki.rows("SELECT id, mod, flds FROM notes ORDER BY id")
        for text, now in ((".card { color: red; }", BEFORE + 10), (".card { color: blue; }", BEFORE + 20)):
            styled(vault, "Basic", **{"style.css": text})
            assert vault.build(now=now).status == 0
            taken = anki.take_decks(vault)
            assert (taken.new, taken.updated, taken.conflicting) == ((), (), ())
            assert css(anki, BASIC.name) == text
        assert anki.rows("SELECT id, mod, flds FROM notes ORDER BY id") == notes
        assert anki.rows("SELECT scm FROM col") == schema
        for path in (vault.folder / "notetypes" / "Basic").iterdir():
            path.unlink()
        vault.build(now=BEFORE + 30)
        anki.take_decks(vault)
        assert css(anki, BASIC.name) == BASIC.css


def test_a_style_that_stays_writes_nothing(vault: Vault) -> None:
    vault.write("n.md", NOTE)
    styled(vault, "Basic", **{"style.css": "a"})
    vault.build()
    state = vault.state()
    assert vault.build(now=NOW + 100).status == 0
    assert vault.state() == state
    assert vault.lock().looks["Basic"].mod == int(NOW)


def test_a_style_gone_back_in_time_still_moves_forward(vault: Vault) -> None:
    vault.write("n.md", NOTE)
    styled(vault, "Basic", **{"style.css": "a"})
    vault.build(now=NOW)
    styled(vault, "Basic", **{"style.css": "b"})
    vault.build(now=NOW - 1000)
    assert vault.lock().looks["Basic"].mod == int(NOW) + 1


def test_locked_takes_no_time_from_the_clock(vault: Vault) -> None:
    vault.write("n.md", NOTE)
    vault.build()
    styled(vault, "Basic", **{"style.css": "a"})
    assert vault.build("--locked", now=NOW).status == 3
    first = (vault.folder / "decks" / "Default.apkg").read_bytes()
    assert vault.build("--locked", now=NOW + 500).status == 3
    assert (vault.folder / "decks" / "Default.apkg").read_bytes() == first
    assert "Basic" not in vault.lock().looks
    assert LOOK_MOD < NOW


def test_a_notetype_of_ones_own_is_built_with_its_cards(vault: Vault, tmp_path: Path) -> None:
    verb(vault)
    vault.write("n.md", CARD + "\nSTART\nverb\nmust\nEND\n")
    assert vault.build(now=BEFORE).status == 0
    with open_anki(tmp_path / "anki") as anki:
        assert len(anki.take_decks(vault).new) == 2
        notetype = anki.col.models.by_name("ankisync Verb")
        assert notetype is not None
        assert [field["name"] for field in notetype["flds"]] == ["Verb", "Past", "Note"]
        assert [each["name"] for each in notetype["tmpls"]] == ["There", "Back again"]
        assert notetype["sortf"] == 1
        assert css(anki, "ankisync Verb") == FILES["style.css"]
        assert anki.rows("SELECT count() FROM cards GROUP BY nid ORDER BY 1") == [(1,), (2,)]
        fixed, _ok = anki.col.fix_integrity()
        assert "missing" not in fixed
        verb(vault)
        vault.write("notetypes/Verb/There.front.html", "<b>{{Verb}}</b>")
        change(vault, "n.md", "went", "gone")
        vault.build(now=BEFORE + 10)
        taken = anki.take_decks(vault)
        assert (len(taken.updated), taken.new, taken.conflicting) == (1, (), ())
        again = anki.col.models.by_name("ankisync Verb")
        assert again is not None
        assert again["tmpls"][0]["qfmt"] == "<b>{{Verb}}</b>"


@pytest.mark.parametrize(
    "spec",
    [
        VERB.replace('"Note"', '"Note", "More"'),
        VERB.replace('"Past", "Note"', '"Note", "Past"'),
        VERB.replace('"There", "Back again"', '"There"'),
    ],
)
def test_a_change_of_shape_is_refused_with_what_to_do(vault: Vault, spec: str) -> None:
    verb(vault)
    vault.write("n.md", CARD)
    vault.build()
    state = vault.state()
    verb(vault, spec)
    run = vault.build()
    assert run.status == 2
    assert "refuse updates" in run.err
    assert "give the folder another name" in run.err
    assert {name: each for name, each in vault.state().items() if "notetypes" not in name} == {
        name: each for name, each in state.items() if "notetypes" not in name
    }


def refused(vault: Vault, name: str, spec: str, **files: str) -> Run:
    styled(vault, name, spec, **files)
    vault.write("n.md", NOTE)
    run = vault.build()
    assert run.status == 2
    assert f"notetypes/{name}" in run.err or name in run.err
    assert not (vault.folder / "ankisync.lock").exists()
    return run


@pytest.mark.parametrize(
    ("name", "spec", "files", "says"),
    [
        ("Basic", 'fields = ["Front"]', {}, "cannot change"),
        ("Basic", 'kind = "cloze"', {}, "cannot change"),
        ("Basic", 'templates = ["Other"]', {}, "`templates` of Basic cannot change"),
        ("Basic", "field = 1", {}, "did you mean `fields`?"),
        ("Basic", "broken", {}, "cannot be read"),
        ("Basic", 'sort = "None"', {}, "which is no field"),
        ("Basic", "", {"front.html": "no field"}, "shows none of the fields"),
        ("Own", "", {}, "`fields` must be a list"),
        ("Own", 'fields = ["a", "A"]', {}, "`fields` must be a list"),
        ("Own", 'fields = ["a:b"]', {}, "`fields` must be a list"),
        ("Own", 'fields = ["a"]', {"front.html": "{{a}}"}, "missing or empty"),
        ("Own", 'fields = ["a"]\nkind = "other"', {}, "`basic` or `cloze`"),
        ("Own", 'fields = ["a"]\nkind = "cloze"', {"front.html": "{{a}}", "back.html": "{{a}}"}, "{{cloze:FIELD}}"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_built(
    vault: Vault, name: str, spec: str, files: dict[str, str], says: str
) -> None:
    assert says in refused(vault, name, spec, **files).err


def test_a_name_in_the_folder_and_in_the_config_is_refused(vault: Vault) -> None:
    vault.write("ankisync.toml", '[fields]\nVerb = ["a", "b"]\n')
    verb(vault)
    vault.write("n.md", CARD)
    run = vault.build()
    assert run.status == 2
    assert "keep one of them" in run.err


def test_a_cloze_notetype_of_ones_own(vault: Vault, tmp_path: Path) -> None:
    files = {"front.html": "{{cloze:Text}}", "back.html": "{{cloze:Text}}<br>{{More}}"}
    styled(vault, "Gap", 'kind = "cloze"\nfields = ["Text", "More"]', **files)
    vault.write("n.md", "START\nGap\n{{c1::a}} {{c2::b}}\nEND\n")
    assert vault.build(now=BEFORE).status == 0
    with open_anki(tmp_path / "anki") as anki:
        anki.take_decks(vault)
        assert anki.rows("SELECT ord FROM cards ORDER BY ord") == [(0,), (1,)]


def test_a_style_alone_is_a_look(vault: Vault, tmp_path: Path) -> None:
    vault.write("a.md", NOTE)
    vault.write("notetypes/Basic/style.css", ".card { color: teal }\n")
    assert vault.build(now=BEFORE).status == 0
    with open_anki(tmp_path / "anki") as anki:
        anki.take_decks(vault)
        assert css(anki, BASIC.name) == ".card { color: teal }\n"


def test_an_empty_folder_is_none(vault: Vault) -> None:
    vault.write("a.md", "Q: x\nA: y\n")
    (vault.folder / "notetypes" / "Basic").mkdir(parents=True)
    vault.write("notetypes/README.md", "about them\n")
    assert vault.build().codes == []
