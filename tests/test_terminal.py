"""What a person sees at a terminal: colours, widths, hints, and a bug that is no page of text."""

import os
import pty
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankisync.cli import cli
from ankisync.paint import fold
from ankisync.report import diagnostic_text, nothing_changed
from tests.support import PYTHON, Vault, document

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
WRONG = "Q: no answer\n\nQ: fine?\nA: yes\n"
HERE = Path(__file__).parent.parent


def on_a_terminal(folder: Path, *arguments: str, columns: str = "100", **environment: str) -> str:
    """What a terminal gets from a run."""
    leader, follower = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    ended = subprocess.run(
        [PYTHON, "-m", "ankisync", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env={**clean, "TERM": "xterm", "COLUMNS": columns, **environment},
        check=False,
    )
    os.close(follower)
    data = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed: Linux says so by an error
            break
        if not piece:
            break
        data += piece
    os.close(leader)
    assert ended.returncode in (0, 1)
    return data.decode().replace("\r\n", "\n")


@pytest.fixture
def wrong(vault: Vault) -> Vault:
    vault.write("a.md", WRONG)
    return vault


def test_a_terminal_gets_colours_and_the_same_words(wrong: Vault) -> None:
    seen = on_a_terminal(wrong.folder, "check", ".")
    assert "\x1b[1;31merror[A201]\x1b[0m" in seen
    assert "\x1b[32m1 new\x1b[0m" in seen
    plain = wrong.check()
    assert _COLOUR.sub("", seen) == plain.err + plain.out


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_somebody_who_wants_no_colours_gets_none(wrong: Vault, environment: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal(wrong.folder, "check", ".", **environment)


@pytest.mark.parametrize(("environment", "coloured"), [({}, False), ({"FORCE_COLOR": "1"}, True)])
def test_a_pipe_gets_colours_only_where_they_are_forced(
    wrong: Vault, environment: dict[str, str], coloured: bool
) -> None:
    command = [PYTHON, "-m", "ankisync", "check", "."]
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    ended = subprocess.run(
        command, cwd=wrong.folder, capture_output=True, text=True, check=False, env={**clean, **environment}
    )
    assert ("\x1b" in ended.stderr) is coloured
    assert ("\x1b" in ended.stdout) is coloured


@pytest.mark.parametrize("form", ["json", "github"])
def test_forms_for_programs_have_no_colours(wrong: Vault, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    run = wrong.run("check", ".", "--format", form)
    assert "\x1b" not in run.err
    assert form == "github" or "\x1b" not in run.out


def test_a_narrow_terminal_gets_lines_that_fit(vault: Vault) -> None:
    vault.write("a.md", "Q: x?\nA: y\n\nafter\n\nQ: " + "word " * 30 + "\n")
    lines = _COLOUR.sub("", on_a_terminal(vault.folder, "check", ".", columns="60")).split("\n")
    assert [line for line in lines if len(line) > 60] == []
    assert any(line.startswith("    ") for line in lines)


def test_a_path_is_not_taken_for_colours(vault: Vault) -> None:
    vault.write("a\x1b[31m.md", WRONG)
    assert "\x1b[31m" not in on_a_terminal(vault.folder, "check", ".")


@given(st.text(alphabet="ab 好́-"), st.integers(40, 80))
def test_folding_keeps_every_word(text: str, width: int) -> None:
    folded = fold(text, width, "  ")
    assert folded.replace("\n  ", " ") == text
    assert fold(text, None, "  ") == text
    assert all(len(line) <= width for line in folded.split("\n") if " " in line.strip())


def test_wide_characters_take_two_columns() -> None:
    assert fold("好好好好 好好好好 ab", 13, "") == "好好好好\n好好好好 ab"
    assert fold("aaaa bbbb ab", 13, "") == "aaaa bbbb ab"


def test_a_diagnostic_without_a_width_is_two_lines() -> None:
    (told,) = document("Q: " + "word " * 60 + "\n").diagnostics
    assert diagnostic_text(told, str).count("\n") == 1
    assert diagnostic_text(told, str, 60).count("\n") > 1


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("biuld",), "did you mean `build`?"),
        (("a.md",), "to build from it: `ankisync build a.md`"),
        (("zzz",), "there are build, check, list,"),
        (("build", "--lokced"), "--locked"),
    ],
)
def test_what_is_not_known_is_answered_with_what_was_meant(wrong: Vault, words: tuple[str, ...], hint: str) -> None:
    run = wrong.run(*words)
    assert run.status == 2
    assert hint in run.err


def test_a_misspelt_setting_is_answered_with_the_nearest(wrong: Vault) -> None:
    wrong.write("ankisync.toml", 'defualt_deck = "A"\n')
    run = wrong.build()
    assert run.status == 2
    assert "default_deck" in run.err


def test_version_names_what_ankisync_stands_on(vault: Vault) -> None:
    told = vault.run("--version").out
    for name in ("Python 3.", "SQLite 3.", "zlib 1.", "markdown-it-py ", "genanki 0.13.1", "click "):
        assert name in told


def test_every_help_has_examples_that_are_commands(vault: Vault) -> None:
    vault.write("notes/french.md", WRONG)
    for command in cli.commands:
        told = vault.run(command, "--help").out
        found = re.findall(r"^ +ankisync (\S+)(.*?)  ", told.partition("Examples:")[2], re.MULTILINE)
        assert found, command
        for name, rest in found:
            assert name == command
            options = re.findall(r" (--?[a-z-]+)", rest)
            assert [each for each in options if each not in told.partition("Examples:")[0]] == []


def test_the_first_build_without_cards_shows_a_card_that_is_one(vault: Vault) -> None:
    told = vault.build().out
    assert vault.check().out == told
    vault.write("a.md", re.sub(r"(?m)^    ", "", told))
    assert "1 note in 1 deck: 1 new" in vault.build().out
    assert [note.fields[0][1] for note in document(vault.read("a.md")).blocks] == ["What is the French word for house?"]
    assert "next: " not in nothing_changed(1, 1)


def test_the_next_command_is_named_once(vault: Vault) -> None:
    vault.write("a.md", "Q: x?\nA: y\n")
    assert vault.check().out.endswith("next: `ankisync build`\n")
    assert "next: import the decks into Anki" in vault.build().out
    assert "next:" not in vault.build().out
    assert "next:" not in vault.check().out
    vault.write("b.md", "Q: x2?\nA: y\n")
    assert "next:" not in vault.build().out


def test_a_bug_is_a_short_word_and_a_file(vault: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr("ankisync.shell.plan_vault", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run = vault.check("--format", "json")
    assert run.status == 70
    assert run.out == ""
    assert "ZeroDivisionError: of all things" in run.err
    assert run.err.count("\n") == 2
    (report,) = tmp_path.glob("ankisync-bug-*.txt")
    assert str(report) in run.err
    text = report.read_text(encoding="utf-8")
    for part in ("Traceback", "SQLite 3.", "ankisync check --format json", "in fail"):
        assert part in text


def test_a_bug_is_printed_where_no_file_can_be_written(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ankisync.shell.plan_vault", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    run = vault.check()
    assert run.status == 70
    assert "Traceback" in run.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_complete_commands_and_options(shell: str) -> None:
    source = complete({"_ANKISYNC_COMPLETE": f"{shell}_source"})
    assert "_ANKISYNC_COMPLETE" in source
    words = {"COMP_WORDS": "ankisync che", "COMP_CWORD": "1" if shell != "fish" else "che"}
    assert "check" in complete({"_ANKISYNC_COMPLETE": f"{shell}_complete", **words})
    words = {"COMP_WORDS": "ankisync build --lo", "COMP_CWORD": "2" if shell != "fish" else "--lo"}
    assert "--locked" in complete({"_ANKISYNC_COMPLETE": f"{shell}_complete", **words})


def complete(environment: dict[str, str]) -> str:
    program = str(Path(PYTHON).with_name("ankisync"))
    ended = subprocess.run([program], env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    return ended.stdout
