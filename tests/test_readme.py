"""The README is true: its commands are there, its tables are those of the code, its examples are read."""

import re
import tomllib
from pathlib import Path

import click

from ankisync.cli import cli
from ankisync.config import Settings, read_settings, setting_names
from ankisync.diagnostics import TABLE
from tests.support import Vault, document

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_first_two_commands_are_one_line_each() -> None:
    run, test = blocks("sh")[:2]
    assert run.count("\n") == test.count("\n") == 1
    assert "ankisync build" in run
    assert "pytest" in test
    assert README.index(run) < README.index(test)


def test_ci_runs_the_readmes_test_command() -> None:
    assert 'eval "$test_command"' in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_table_of_diagnostics_is_the_codes() -> None:
    rows = re.findall(r"^\| (A\d+) \| (\w+) \| (.*) \|$", README, re.MULTILINE)
    assert rows == [(code, rule.severity.value, rule.title) for code, rule in TABLE.items()]


def test_every_command_and_option_is_named() -> None:
    for name, command in cli.commands.items():
        assert f"`ankisync {name} [" in README
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                named = (re.search(rf"`{option}[` ]", README) for option in parameter.opts if option.startswith("--"))
                assert any(named), (name, parameter.opts)


def test_the_settings_shown_are_all_there_are_and_are_accepted() -> None:
    (example,) = blocks("toml")
    table = tomllib.loads(example)
    assert sorted(table) == sorted(setting_names())
    assert isinstance(read_settings(table), Settings)
    for name in ("out", "default_deck", "frontmatter_tags", "inline_tags", "answer", "max_file_mb"):
        assert table[name] == getattr(Settings(), name)


def test_the_card_shown_is_a_card() -> None:
    (card,) = document(blocks("markdown")[0]).blocks
    assert card.deck == "Containers::Images"
    assert card.fields[0] == ("Front", "What does a layer of an image hold?")


def test_the_notes_of_this_repository_are_built_and_locked() -> None:
    check = Vault(ROOT).run("check", "--format", "json", now=1_900_000_000.0)
    assert (check.status, check.err) == (0, "")
