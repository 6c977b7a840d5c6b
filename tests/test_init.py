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
