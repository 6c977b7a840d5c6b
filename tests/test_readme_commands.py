"""Every command that the README shows is run as it stands there, and what it shows of the output comes out."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.anki_support import open_anki
from tests.support import PYTHON
from tests.test_adopt import export_package

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_ID = re.compile(r"\b1[0-9]{12}\b")
_MARK = "@@ the next command @@"

PLUGIN_CARD = "TARGET DECK: Words\n\nQ: house?\nA: la maison\n<!--ID: 1702818043968-->\n"


@dataclass(frozen=True)
class Shown:
    """A command, and the output that is shown below it."""

    line: str
    output: str


def sections() -> Iterator[tuple[str, list[Shown]]]:
    """The sections of the README that show commands."""
    for text in re.split(r"^## ", README, flags=re.MULTILINE)[1:]:
        found = [Shown(*each) for block in _BLOCK.findall(text) for each in _COMMAND.findall(block)]
        if found:
            yield text.split("\n", 1)[0], found


def obsidian(folder: Path) -> None:
    """A vault of the plugin, and what Anki exports of its note."""
    (folder / ".obsidian" / "plugins" / "obsidian-to-anki-plugin").mkdir(parents=True)
    data = folder / ".obsidian" / "plugins" / "obsidian-to-anki-plugin" / "data.json"
    data.write_text('{"settings": {"CUSTOM_REGEXPS": {"Basic": ""}, "Defaults": {"Deck": "Words"}}}', encoding="utf-8")
    (folder / "words.md").write_text(PLUGIN_CARD, encoding="utf-8")
    with open_anki(folder.parent / "anki") as opened:
        deck = opened.col.decks.id("Words")
        basic = opened.col.models.by_name("Basic")
        assert deck is not None
        assert basic is not None
        note = opened.col.new_note(basic)
        note["Front"], note["Back"] = "house?", "la maison"
        opened.col.add_note(note, deck)
        assert opened.col.db is not None
        opened.col.db.execute("UPDATE notes SET id = 1702818043968")
        opened.col.db.execute("UPDATE cards SET nid = 1702818043968")
        export_package(opened.col, folder / "My Decks.apkg")


def nothing(_: Path) -> None:
    """An empty folder."""


PREPARED: Mapping[str, Callable[[Path], None]] = {"Coming from Obsidian_to_Anki": obsidian}


def session(folder: Path, commands: list[Shown]) -> list[tuple[int, str]]:
    """The commands in one shell, one after the other: the status of each, and all that it prints."""
    script = "".join(f"{each.line}\nprintf '\\n%s %s\\n' '{_MARK}' $?\n" for each in commands)
    bin_ = str(Path(PYTHON).parent)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANKISYNC", "GIT_"))}
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**clean, "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    *parts, rest = re.split(rf"\n?\n{_MARK} ", ended.stdout)
    texts = [parts[0], *(part.partition("\n")[2] for part in parts[1:])]
    states = [int(part.partition("\n")[0]) for part in [*parts[1:], rest]]
    return list(zip(states, texts, strict=True))


@pytest.mark.skipif(sys.platform == "win32", reason="the README's commands are those of a POSIX shell")
@pytest.mark.parametrize(
    ("title", "commands"), list(sections()), ids=lambda each: each if isinstance(each, str) else ""
)
def test_the_commands_do_what_is_shown(title: str, commands: list[Shown], tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    PREPARED.get(title, nothing)(folder)
    for shown, (status, text) in zip(commands, session(folder, commands), strict=True):
        assert status == ("error[" in shown.output), (shown.line, text)
        if shown.output:
            assert _ID.sub("ID", sorted_lines(text)) == _ID.sub("ID", sorted_lines(shown.output)), shown.line


def sorted_lines(text: str) -> str:
    """The lines of an output; what goes to stderr comes when it likes."""
    return "\n".join(sorted(text.strip("\n").split("\n")))


def test_there_are_commands_to_run() -> None:
    shown = dict(sections())
    assert "The first deck" in shown
    assert sum(len(commands) for commands in shown.values()) >= 9
