"""Settings: names, types, defaults, and where they are read."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ankisync.config import ConfigProblem, Settings, read_settings, setting_names
from tests.support import Vault


def read(**table: object) -> Settings:
    settings = read_settings(table)
    assert isinstance(settings, Settings)
    return settings


def problem(**table: object) -> ConfigProblem:
    settings = read_settings(table)
    assert isinstance(settings, ConfigProblem)
    return settings


def test_nothing_set_is_all_defaults() -> None:
    assert read() == Settings()


def test_the_defaults_are_those_of_the_norm() -> None:
    settings = Settings()
    assert settings.answer == "paragraph"
    assert settings.default_deck == "Default"
    assert settings.frontmatter_tags
    assert not settings.inline_tags
    assert settings.fences == ()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("notes", ["a", "b"], ("a", "b")),
        ("out", "built", "built"),
        ("default_deck", " A :: B ", "A::B"),
        ("folder_decks", {"/x/y/": "A:: B"}, (("x/y", "A::B"),)),
        ("folder_tags", {"x": "#a, b"}, (("x", ("a", "b")),)),
        ("tags", ["#a", "b c"], ("a", "b", "c")),
        ("frontmatter_tags", False, False),
        ("inline_tags", True, True),
        ("answer", "section", "section"),
        ("fences", ["anki"], ("anki",)),
        ("exclude", ["*.draft.md"], ("*.draft.md",)),
        ("max_file_mb", 3, 3),
        ("write_after", 0.5, 0.5),
        ("write_after", 0, 0),
    ],
)
def test_each_setting_is_read(name: str, value: object, expected: object) -> None:
    settings, default = read(**{name: value}), Settings()
    assert getattr(settings, name) == expected
    every = (field.name for field in fields(Settings))
    changed = [each for each in every if getattr(settings, each) != getattr(default, each)]
    assert changed == [name]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("default-deck", "default_deck"),
        ("defaultdeck", "default_deck"),
        ("folder_deck", "folder_decks"),
        ("tag", "tags"),
        ("Answer", "answer"),
        ("inline_tag", "inline_tags"),
        ("frontmatter-tags", "frontmatter_tags"),
        ("fence", "fences"),
        ("max_file_size", "max_file_mb"),
    ],
)
def test_an_unknown_name_comes_with_the_nearest(name: str, near: str) -> None:
    told = problem(**{name: "x"})
    assert f"`{name}`" in told.message
    assert f"`{near}`" in told.hint


def test_a_name_like_no_other_comes_with_all() -> None:
    hint = problem(xyzzy=1).hint
    assert all(name in hint for name in setting_names())


@pytest.mark.parametrize("name", setting_names())
@pytest.mark.parametrize("value", [1.5, None, [1], {"x": 1}])
def test_a_value_of_no_fitting_type_is_refused(name: str, value: object) -> None:
    if (name, value) == ("write_after", 1.5):
        pytest.skip("the one setting that may be a fraction")
    assert re.search(rf"`\[*{name}\b", problem(**{name: value}).message)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("notes", "notes", "a list of texts"),
        ("tags", "a b", "a list of texts"),
        ("tags", ["a", 1], "a list of texts"),
        ("fences", "anki", "a list of texts"),
        ("out", ["x"], "a text"),
        ("answer", True, "a text"),
        ("default_deck", 1, "a text"),
        ("inline_tags", "yes", "true or false"),
        ("frontmatter_tags", 1, "true or false"),
        ("max_file_mb", "10", "a whole number"),
        ("max_file_mb", True, "a whole number"),
        ("max_file_mb", 0, "a whole number"),
        ("max_file_mb", -1, "a whole number"),
        ("write_after", "5", "a number of seconds"),
        ("write_after", True, "a number of seconds"),
        ("write_after", -0.1, "a number of seconds"),
        ("write_after", float("nan"), "a number of seconds"),
        ("write_after", float("inf"), "a number of seconds"),
        ("write_after", 10**400, "a number of seconds"),
        ("folder_decks", ["x"], "a table of texts"),
        ("folder_tags", {"x": ["a"]}, "a table of texts"),
    ],
)
def test_a_wrong_type_says_the_right_one(name: str, value: object, wanted: str) -> None:
    assert wanted in problem(**{name: value}).message


def test_an_unknown_answer_names_the_two() -> None:
    told = problem(answer="paragraphs")
    assert "paragraphs" in told.message
    assert "`paragraph` or `section`" in told.hint


@pytest.mark.parametrize("table", [{"default_deck": "A::"}, {"default_deck": ""}, {"folder_decks": {"x": "::B"}}])
def test_a_deck_with_an_empty_part_is_refused(table: dict[str, object]) -> None:
    assert "empty part" in problem(**table).message


DECKS = {"a": "Outer", "a/b": "Inner", "ab": "Other"}


@pytest.mark.parametrize(
    ("path", "deck"),
    [
        ("n.md", "Default"),
        ("a/n.md", "Outer"),
        ("a/x/n.md", "Outer"),
        ("a/b/n.md", "Inner"),
        ("a/b/c/n.md", "Inner"),
        ("ab/n.md", "Other"),
        ("abc/n.md", "Default"),
        ("x/a/n.md", "Default"),
    ],
)
def test_the_innermost_folder_decides_the_deck(path: str, deck: str) -> None:
    assert read(folder_decks=DECKS).deck_for(path) == deck


@pytest.mark.parametrize("folder", ["", ".", "/"])
def test_the_root_is_the_outermost_folder(folder: str) -> None:
    settings = read(folder_decks={folder: "All", "a": "A"})
    assert [settings.deck_for(path) for path in ("n.md", "x/n.md", "a/n.md")] == ["All", "All", "A"]


def test_the_default_deck_holds_where_no_folder_does() -> None:
    settings = read(default_deck="Mine", folder_decks={"a": "A"})
    assert settings.deck_for("n.md") == "Mine"


@pytest.mark.parametrize(
    ("path", "tags"),
    [
        ("n.md", {"all"}),
        ("a/n.md", {"all", "one"}),
        ("a/b/n.md", {"all", "one", "two", "three"}),
        ("ab/n.md", {"all"}),
    ],
)
def test_the_tags_of_all_folders_above_count(path: str, tags: set[str]) -> None:
    settings = read(tags=["all"], folder_tags={"a": "one", "a/b": "two three"})
    assert set(settings.tags_for(path)) == tags


def test_an_unknown_setting_stops_the_build(vault: Vault) -> None:
    vault.write("ankisync.toml", 'defaultdeck = "A"\n')
    vault.write("n.md", "Q: a\nA: b\n")
    run = vault.build()
    assert run.status == 2
    assert "did you mean `default_deck`" in run.err
    assert vault.read("n.md") == "Q: a\nA: b\n"
    assert not (vault.folder / "ankisync.lock").exists()


@pytest.mark.parametrize(
    "text", ['answer = "long"\n', "inline_tags = 1\n", "tags = [\n", 'default_deck = "A::"\n', b"tags = ['\xff']\n"]
)
def test_a_config_that_cannot_be_used_is_a_usage_error(vault: Vault, text: str | bytes) -> None:
    vault.write("ankisync.toml", text)
    vault.write("n.md", "Q: a\nA: b\n")
    assert vault.build().status == 2
    assert vault.read("n.md") == "Q: a\nA: b\n"


def test_pyproject_settings_are_read(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.write("pyproject.toml", '[tool.ankisync]\ndefault_deck = "P"\n')
    vault.write("n.md", "Q: a\nA: b\n")
    assert '"deck": "P"' in vault.run("list", "--format", "json", ".").out


def test_pyproject_settings_are_checked(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.write("pyproject.toml", "[tool.ankisync]\ntag = 1\n")
    run = vault.build(".")
    assert run.status == 2
    assert "`tags`" in run.err
