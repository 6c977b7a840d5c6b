"""What rides along with a card: the headings above it, and a link to its place. Neither moves a note's `mod`."""

import sqlite3
import zipfile
from pathlib import Path

import pytest

from ankisync.notetypes import stock
from tests.anki_support import BEFORE, open_anki
from tests.support import Vault, document

NOTE = "# Images\n\n## Layers `a`\n\nQ: a\nA: b\n\n# Other\n\nQ: c\nA: d\n"


def fields(vault: Vault) -> dict[str, dict[str, str]]:
    """The fields of all notes in the packages, by the first one."""
    found = {}
    for package in sorted((vault.folder / "decks").glob("*.apkg")):
        database = sqlite3.connect(":memory:")
        with zipfile.ZipFile(package) as archive:
            database.deserialize(archive.read("collection.anki2"))
        kinds = {each.id: [field.name for field in each.fields] for each in stock().values()}
        for kind, joined in database.execute("SELECT mid, flds FROM notes"):
            named = dict(zip(kinds[kind], joined.split("\x1f"), strict=True))
            found[joined.split("\x1f")[0]] = named
        database.close()
    return found


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("# A\n## B\nQ: q\nA: a\n", ("A", "B")),
        ("# A\n## B\n# C ##\nQ: q\nA: a\n", ("C",)),
        ("### deep\n# A\n### B\nQ: q\nA: a\n", ("A", "B")),
        ("Q: q\nA: a\n\n# below\n", ()),
        ("#tag\n```\n# code\n```\nQ: q\nA: a\n", ()),
        ("---\n# comment\nkey: x\n---\nQ: q\nA: a\n", ()),
        ("# A\n##\nQ: q\nA: a\n", ("A",)),
    ],
)
def test_the_context_is_the_path_of_headings_above(text: str, context: tuple[str, ...]) -> None:
    (block,) = document(text).blocks
    assert block.context == context


def test_context_goes_into_its_field_and_source_stays_empty_where_nothing_is_configured(vault: Vault) -> None:
    vault.write("n.md", NOTE)
    vault.build()
    found = fields(vault)
    assert found["a"]["Context"] == "Images \u203a Layers <code>a</code>"
    assert found["c"]["Context"] == "Other"
    assert {each["Source"] for each in found.values()} == {""}


def test_a_vaults_name_makes_a_link_that_finds_the_card_by_its_id(vault: Vault) -> None:
    vault.write("ankisync.toml", 'vault = "My notes & more"')
    vault.write("sub/n<1>.md", NOTE)
    vault.build()
    note_id = vault.ids()[0]
    assert fields(vault)["a"]["Source"] == (
        f'<a href="obsidian://search?vault=My%20notes%20%26%20more&amp;query={note_id}">n&lt;1&gt;</a>'
    )


def test_a_template_of_the_users_has_path_and_the_line_that_the_card_has_after_the_build(vault: Vault) -> None:
    vault.write("ankisync.toml", 'source_url = "https://x.org/{path}#L{line}"')
    vault.write("a b.md", NOTE)
    vault.build()
    lines = vault.read("a b.md").split("\n")
    for front, each in fields(vault).items():
        line = int(each["Source"].partition("#L")[2].partition('"')[0])
        assert lines[line - 1] == f"Q: {front}"
        assert "https://x.org/a%20b.md#L" in each["Source"]
    state = vault.state()
    assert vault.build(seed=2).status == 0
    assert vault.state() == state


@pytest.mark.parametrize(
    ("config", "context", "source"),
    [
        ('vault = "v"', True, True),
        ('vault = "v"\ncontext = false', False, True),
        ('vault = "v"\nsource = false', True, False),
        ('source_url = "x:{id}"\nsource = false\ncontext = false', False, False),
    ],
)
def test_each_can_be_switched_off(vault: Vault, config: str, context: bool, source: bool) -> None:
    vault.write("ankisync.toml", config)
    vault.write("n.md", NOTE)
    vault.build()
    found = fields(vault)["a"]
    assert (bool(found["Context"]), bool(found["Source"])) == (context, source)


def test_braces_in_a_heading_are_no_cloze(vault: Vault) -> None:
    vault.write("n.md", "# {{c7::x}}\n\nSTART\nCloze\n{{c1::a}}\nEND\n")
    vault.build()
    (found,) = fields(vault).values()
    assert "{" not in found["Context"]
    assert "c7::x" in found["Context"]


@pytest.mark.parametrize(
    ("old", "new"), [("# Images", "# Pictures"), ("## Layers `a`", "## Layers\n\n# New"), ("Q: c", "text\n\nQ: c")]
)
def test_neither_moves_a_mod(vault: Vault, old: str, new: str) -> None:
    vault.write("ankisync.toml", 'source_url = "https://x.org/{path}#L{line}"')
    vault.write("n.md", NOTE)
    vault.build()
    before = {note_id: (entry.mod, entry.hash) for note_id, entry in vault.lock().entries.items()}
    vault.write("n.md", vault.read("n.md").replace(old, new))
    assert vault.build(now=1_800_000_000.0).status == 0
    assert {note_id: (entry.mod, entry.hash) for note_id, entry in vault.lock().entries.items()} == before


def test_both_are_shown_small_under_the_answer(vault: Vault, tmp_path: Path) -> None:
    vault.write("ankisync.toml", 'vault = "v"')
    vault.write("n.md", NOTE)
    vault.build(now=BEFORE)
    note_id = vault.ids()[0]
    with open_anki(tmp_path / "anki") as anki:
        anki.take_decks(vault)
        answer = anki.answer_of(note_id)
        question = anki.card(note_id).question()
    assert '<div class="context">Images' in answer
    assert '<div class="source"><a href="obsidian://search?' in answer
    assert "Images" not in question


@pytest.mark.parametrize(
    ("setting", "text", "twin"),
    [
        ("line_breaks = false", "Q: a\nb\nA: c\n", "Q: a\nA: c\n"),
        ("highlight = false", "Q: a\nA: ```py\nx = 1\n```\n", "Q: a\nA: `x = 1`\n"),
        ('wikilinks = "text"', "Q: a\nA: [[b]]\n", "Q: a\nA: [b](https://x.org)\n"),
        ('vault = "v"', "Q: a\nA: [[b]]\n", "Q: a\nA: b\n"),
    ],
)
def test_a_setting_that_alters_a_card_sends_it_and_no_other(vault: Vault, setting: str, text: str, twin: str) -> None:
    vault.write("altered.md", text)
    vault.write("twin.md", twin)
    vault.build()
    before = {entry.file: entry.mod for entry in vault.lock().entries.values()}
    vault.write("ankisync.toml", setting)
    vault.build(now=1_800_000_000.0)
    after = {entry.file: entry.mod for entry in vault.lock().entries.values()}
    assert after["altered.md"] == 1_800_000_000
    assert after["twin.md"] == before["twin.md"]
