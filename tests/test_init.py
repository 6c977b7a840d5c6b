"""`ankisync init`: a config for a vault, and what it takes over from the plugin."""

import json
import tomllib
from pathlib import Path

import pytest

from ankisync.config import Settings, StyleName, read_settings, setting_names
from tests.support import Vault

PLUGIN = ".obsidian/plugins/obsidian-to-anki-plugin/data.json"
FLASHCARD = r"((?:[^\n][\n]?)+) #flashcard ?\n*((?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))+)"


def data(**settings: object) -> str:
    return json.dumps({"settings": {"CUSTOM_REGEXPS": {"Basic": FLASHCARD}, **settings}})


@pytest.fixture
def bare(tmp_path: Path) -> Vault:
    """A folder with notes that was never set up."""
    folder = tmp_path / "bare"
    folder.mkdir()
    return Vault(folder)


def settings(vault: Vault) -> Settings:
    read = read_settings(tomllib.loads(vault.read("ankisync.toml")))
    assert isinstance(read, Settings)
    return read


def test_a_vault_without_plugin_gets_a_config_that_changes_nothing_and_shows_every_setting(bare: Vault) -> None:
    run = bare.run("init")
    assert (run.status, run.err) == (0, "")
    assert "next: `ankisync build`" in run.out
    assert settings(bare) == Settings()
    assert [name for name in setting_names() if name not in bare.read("ankisync.toml")] == []


@pytest.mark.parametrize("place", [PLUGIN, "data.json", ".obsidian/plugins/renamed/data.json"])
def test_the_plugins_settings_are_found_and_its_cards_are_read_at_once(bare: Vault, place: str) -> None:
    bare.write(place, data())
    bare.write("n.md", "question #flashcard\nanswer\n<!--ID: 1702818043968-->\n")
    run = bare.run("init")
    assert run.status == 0
    assert place in run.out
    assert [style.name for style in settings(bare).styles] == [StyleName.START_END, StyleName.FLASHCARD_TAG]
    (row,) = json.loads(bare.run("list", "--format", "json").out)
    assert (row["id"], row["fields"]) == (1702818043968, {"Front": "question", "Back": "answer"})


def test_a_data_file_of_another_plugin_is_left_alone(bare: Vault) -> None:
    bare.write(".obsidian/plugins/calendar/data.json", '{"settings": {"weekStart": 1}}')
    bare.write("data.json", "[1, 2]")
    assert bare.run("init").status == 0
    assert settings(bare) == Settings()


def test_a_data_file_that_is_named_is_taken_from_anywhere(bare: Vault, tmp_path: Path) -> None:
    named = tmp_path / "saved.json"
    named.write_text(data(Defaults={"Tag": "mine", "Deck": "Home"}))
    assert bare.run("init", "--from", named).status == 0
    assert (settings(bare).tags, settings(bare).default_deck) == (("mine",), "Home")


def test_what_cannot_be_taken_over_is_told_with_the_reason(bare: Vault) -> None:
    bare.write(PLUGIN, data(Defaults={"Scheduling Interval": 5}))
    out = bare.run("init").out
    assert "not taken over:" in out
    assert "Scheduling Interval" in out.split("not taken over:")[1]


@pytest.mark.parametrize(("name", "text"), [("ankisync.toml", "# mine\n"), ("pyproject.toml", "[tool.ankisync]\n")])
def test_a_config_that_is_there_stays(bare: Vault, name: str, text: str) -> None:
    bare.write(name, text)
    run = bare.run("init")
    assert run.status == 2
    assert name in run.err
    assert bare.read(name) == text
    assert sorted(path.name for path in bare.folder.iterdir()) == [name]


def test_a_pyproject_of_something_else_is_no_config(bare: Vault) -> None:
    bare.write("pyproject.toml", '[project]\nname = "x"\n')
    assert bare.run("init").status == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"settings": 1}', "\0"])
def test_a_named_file_that_is_no_plugins_is_refused_and_nothing_written(bare: Vault, content: str) -> None:
    named = bare.write("x.json", content)
    run = bare.run("init", "--from", named)
    assert run.status == 2
    assert "x.json" in run.err
    assert not (bare.folder / "ankisync.toml").exists()


def test_another_folder_can_be_named(bare: Vault) -> None:
    (bare.folder / "sub").mkdir()
    assert bare.run("init", "sub").status == 0
    assert (bare.folder / "sub" / "ankisync.toml").exists()
    assert not (bare.folder / "ankisync.toml").exists()


UNION = "ankisync.lock merge=union\n"


def test_git_is_told_to_merge_the_lock_where_that_is_wanted(bare: Vault) -> None:
    assert "`ankisync init --git`" in bare.run("init").out
    assert not (bare.folder / ".gitattributes").exists()
    config = bare.read("ankisync.toml")
    run = bare.run("init", "--git")
    assert (run.status, run.err) == (0, "")
    assert bare.read(".gitattributes") == UNION
    assert bare.read("ankisync.toml") == config


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("*.md text", f"*.md text\n{UNION}"),
        ("*.md text\r\n", f"*.md text\r\n{UNION}"),
        (UNION, UNION),
        ("ankisync.lock   merge=union", "ankisync.lock   merge=union"),
        ("ankisync.lock merge=binary\n", f"ankisync.lock merge=binary\n{UNION}"),
    ],
)
def test_what_git_was_told_before_stays(bare: Vault, before: str, after: str) -> None:
    bare.write(".gitattributes", before)
    assert bare.run("init", "--git").status == 0
    assert bare.read(".gitattributes") == after
    assert (bare.folder / "ankisync.toml").exists()


def test_a_gitattributes_that_cannot_be_read_is_told(bare: Vault) -> None:
    (bare.folder / ".gitattributes").mkdir()
    assert bare.run("init", "--git").status == 2


def test_a_plugin_is_not_passed_over_for_git(bare: Vault) -> None:
    """The twin: settings that were named cannot be taken over a second time."""
    bare.run("init")
    bare.write("data.json", data())
    assert bare.run("init", "--git", "--from", "data.json").status == 2
    assert not (bare.folder / ".gitattributes").exists()
