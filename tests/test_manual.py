"""The manual is true: it builds, it names all that there is and nothing else, and its examples do what they say.

Each `##` section of a page is a vault of its own, in which nothing is but `.obsidian/` and an export (`set_up`). Its
fences are played in order. `markdown NAME` writes a note (`note.md` without a NAME), `toml NAME` the settings, a fence
in any other language with a NAME that file. `text` says how the cards of all files so far are read (`sheet`).
`console` shows commands behind `$ ` and what they print: `ankisync` runs in this process, all else in a shell.
The IDs shown stand for those that come out, each for the same one all through its section.
"""

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import click
import genanki
import pytest

from ankisync.cli import cli
from ankisync.config import Settings, read_settings, setting_names
from ankisync.diagnostics import TABLE
from tests.support import NOW, Vault

ROOT = Path(__file__).parent.parent
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "notes" / "manual").glob("*.md"))}
MANUAL = "\n".join(PAGES.values())
DOCUMENTED = MANUAL + (ROOT / "README.md").read_text(encoding="utf-8")

HOME = "/home/ana/notes"  # where the vaults of the manual lie
_FENCE = re.compile(r"^(`{3,})([\w-]*)(?: (\S+))?\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_USUAL = {"markdown": "note.md", "toml": "ankisync.toml"}
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_ID = re.compile(r"\b\d{13}\b")


@dataclass(frozen=True)
class Fence:
    """A code fence at the start of a line: its language, the name behind it, what stands in it."""

    language: str
    name: str
    text: str


def sections(page: str) -> list[str]:
    """The `##` sections of a page, what comes before the first one too."""
    bare = _FENCE.sub(lambda fence: re.sub(r"^#", "\0", fence[0], flags=re.MULTILINE), page)
    return [part.replace("\0", "#") for part in re.split(r"^(?=## )", bare, flags=re.MULTILINE)]


def fences(text: str) -> list[Fence]:
    return [Fence(language, name or "", body) for _, language, name, body in _FENCE.findall(text)]


@dataclass
class Stage:
    """A vault in which a section is played; `ids` has the IDs that came out by those that the manual shows."""

    vault: Vault
    ids: dict[str, str] = field(default_factory=dict)
    runs: int = 0
    status: int = 0

    def play(self, part: str) -> str:
        """A section with what its examples say now."""
        return _FENCE.sub(self._play, part)

    def _play(self, fence: re.Match[str]) -> str:
        ticks, language, name, text = fence.groups()
        name = name or _USUAL.get(language)
        if name:
            self.vault.write(name, self._meant(text))
        elif language == "text":
            return f"{ticks}text\n{self._shown(text, sheet(self.vault))}{ticks}"
        elif language == "console":
            return f"{ticks}console\n{_COMMAND.sub(self._run, text)}{ticks}"
        return fence[0]

    def _run(self, shown: re.Match[str]) -> str:
        command, output = shown.groups()
        return f"$ {command}\n{self._shown(output, self.run(self._meant(command)))}"

    def run(self, command: str) -> str:
        """What a command prints."""
        if command == "echo $?":
            return f"{self.status}\n"
        if not command.startswith("ankisync "):
            return subprocess.check_output(["bash", "-ec", command], cwd=self.vault.folder, text=True)
        self.runs += 1
        ended = self.vault.run(*shlex.split(command)[1:], now=NOW + 60 * self.runs, seed=self.runs)
        self.status = ended.status
        return (ended.err + ended.out).replace(str(self.vault.folder), HOME)

    def _meant(self, text: str) -> str:
        return _ID.sub(lambda shown: self.ids.get(shown[0], shown[0]), text)

    def _shown(self, before: str, came: str) -> str:
        """What came, with the IDs that the manual shows where it says the same but for them."""
        if _ID.sub("", before) == _ID.sub("", came):
            self.ids.update(zip(_ID.findall(before), _ID.findall(came), strict=True))
        shown = {came: shown for shown, came in self.ids.items()}
        return _ID.sub(lambda found: shown.get(found[0], found[0]), came)


def sheet(vault: Vault) -> str:
    """How the cards of a vault are read, as the manual says it: for each note its notetype, deck and number of cards,
    its fields and tags. It is built in a copy, which must go without errors and warnings.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Vault(Path(folder) / "vault")
        shutil.copytree(vault.folder, copy.folder)
        built = copy.build("-o", "all.apkg", "--format", "json")
        told = [each for each in json.loads(built.out)["diagnostics"] if each["severity"] != "info"]
        assert (built.status, told) == (0, [])
        rows = json.loads(copy.run("list", "--format", "json").out)
        cards = cards_of(copy.folder / "all.apkg") if rows else Counter()
    return "\n".join("".join(_row(row, cards[row["id"]])) for row in rows) or "no cards\n"


def _row(row: dict[str, object], cards: int) -> Iterator[str]:
    fields, tags = row["fields"], row["tags"]
    assert isinstance(fields, dict)
    assert isinstance(tags, list)
    yield f"{row['notetype']}, deck {row['deck']}, {cards} card{'s' * (cards != 1)}\n"
    yield from (f"{name}: {text}\n" for name, text in fields.items() if text)
    if tags:
        yield f"Tags: {' '.join(tags)}\n"


def cards_of(package: Path) -> Counter[int]:
    """The number of cards of each note of a package."""
    with zipfile.ZipFile(package) as archive, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(archive.read("collection.anki2"))
        return Counter(note for (note,) in database.execute("select nid from cards"))


def set_up(folder: Path) -> Stage:
    """A vault without notes, and in it an export of Anki with the note 1702818044000."""
    (folder / ".obsidian").mkdir(parents=True)
    sides = [{"name": "Card 1", "qfmt": "{{Front}}", "afmt": "{{Back}}"}]
    basic = genanki.Model(1_702_000_000_000, "Basic", [{"name": "Front"}, {"name": "Back"}], sides)
    deck = genanki.Deck(1_702_000_000_001, "French")
    deck.add_note(genanki.Note(basic, ["apple?", "la pomme"], guid="older"))
    genanki.Package(deck).write_to_file(folder / "My Decks.apkg", timestamp=1_702_818_044.0)
    return Stage(Vault(folder))


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return set_up(tmp_path / "vault")


PARTS = [(name, part) for name, page in PAGES.items() for part in sections(page) if fences(part)]


@pytest.mark.skipif(os.name == "nt", reason="the commands between those of ankisync are Unix's")
@pytest.mark.parametrize(("page", "part"), PARTS, ids=[f"{name}: {part.splitlines()[0]}" for name, part in PARTS])
def test_the_examples_do_what_they_say(stage: Stage, page: str, part: str) -> None:
    assert stage.play(part) == part, f"if {page} is to say that: python -m tests.test_manual"


CARD = "```markdown\nTARGET DECK: A\n\nQ: q\nA: a\n```\n"


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("```text\nBasic, deck A, 1 card\nFront: q\nBack: a\n```\n", True),
        ("```text\nBasic, deck A, 2 cards\nFront: q\nBack: a\n```\n", False),
        ("```text\nBasic, deck A, 1 card\nFront: q\n```\n", False),
        ("```console\n$ ankisync build -q\n$ echo $?\n0\n```\n", True),
        ("```console\n$ ankisync build -q\n$ echo $?\n1\n```\n", False),
    ],
)
def test_an_example_that_says_something_else_is_noticed(stage: Stage, said: str, holds: bool) -> None:
    assert (stage.play(CARD + said) == CARD + said) is holds


def test_an_id_stands_for_the_one_that_comes_out(stage: Stage) -> None:
    built = "```console\n$ ankisync build -q\n$ grep ID note.md\n<!--ID: 1700000000001-->\n"
    same = f"{CARD}{built}$ ankisync touch 1700000000001\n1 notes win at the next import; build to pack them\n```\n"
    assert stage.play(same) == same
    assert stage.play(same.replace("touch 1700000000001", "touch 1700000000002")) != same


def test_the_manual_builds_and_has_its_ids() -> None:
    """Nothing is told of it, and its IDs and the lock are committed."""
    check = Vault(ROOT).run("check", "notes/manual", "--format", "json", now=1_900_000_000.0)
    assert (check.status, json.loads(check.out)["diagnostics"]) == (0, [])
    rows = json.loads(Vault(ROOT).run("list", "notes/manual", "--format", "json").out)
    assert {row["deck"].split("::")[0] for row in rows} == {"ankisync"}
    found = Counter(Path(row["path"]).name for row in rows)
    assert {name: count for name, count in found.items() if 8 <= count <= 15}.keys() == PAGES.keys()


def code(text: str) -> str:
    """What stands in the code spans and fences of a text, one below the other."""
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", _FENCE.sub("", text))
    return "\n".join([*inline, *(fence.text for fence in fences(text))])


def option_names() -> set[str]:
    """Every option of every command, in all its forms."""
    parameters = [
        each for command in (cli, *cli.commands.values()) for each in command.get_params(click.Context(command))
    ]
    return {form for each in parameters if isinstance(each, click.Option) for form in each.opts}


def unknown(text: str) -> set[str]:
    """The commands, options, diagnostic codes and settings that a text names and that are not there."""
    written = code(text)
    commands = set(re.findall(r"(?:^|\$ )ankisync ([a-z]+)", written, re.MULTILINE)) - {*cli.commands}
    options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*(?![\w-])", _commands(written))) - option_names()
    codes = set(re.findall(r"\bA\d{3}\b", text)) - {*TABLE}
    settings = {name for name, _ in setting_rows(text)} - {*setting_names()}
    return commands | options | codes | settings


def setting_rows(text: str) -> list[tuple[str, str]]:
    """The settings of the tables that have a usual value in their third column, and that value."""
    return re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:`([^`|]+)`)? ?\| ", text, re.MULTILINE)


def _commands(written: str) -> str:
    """The lines that are a command of ours or its options alone."""
    lines = written.splitlines()
    return "\n".join(line for line in lines if re.match(r"(?:\$ )?ankisync |--?[a-z]", line))


@pytest.mark.parametrize("page", PAGES)
def test_what_the_manual_names_is_there(page: str) -> None:
    assert unknown(PAGES[page]) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`ankisync burn`", {"burn"}),
        ("`--fast`", {"--fast"}),
        ("```sh\nankisync build --fast -z\n```\n", {"--fast", "-z"}),
        ("| A999 | error |", {"A999"}),
        ('| `colour` | text | `"red"` | paints |', {"colour"}),
        ("`ankisync build --dry-run`, `-q`, A101, a `git log --oneline`", set()),
    ],
)
def test_what_is_not_there_is_noticed(text: str, found: set[str]) -> None:
    assert unknown(text) == found


def lacking(text: str) -> set[str]:
    """The commands, long options, settings and diagnostic codes that a text does not name."""
    names = {f"ankisync {name}" for name in cli.commands}
    names |= {option for option in option_names() if option.startswith("--")}
    return {name for name in {*names, *setting_names(), *TABLE} if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)}


def test_all_that_there_is_is_documented() -> None:
    assert lacking(DOCUMENTED) == set()
    assert lacking(re.sub("--dry-run|A511|max_file_mb|ankisync touch", "", DOCUMENTED)) == {
        "--dry-run",
        "A511",
        "max_file_mb",
        "ankisync touch",
    }


def test_the_severities_of_the_diagnostics_are_those_told() -> None:
    rows = re.findall(r"^\| (A\d+) \| (\w+) \|", MANUAL, re.MULTILINE)
    assert dict(rows) == {code: rule.severity.value for code, rule in TABLE.items()}


@pytest.mark.parametrize(
    "text", [fence.text for fence in fences(MANUAL) if fence.language == "toml" and not fence.name]
)
def test_the_settings_shown_are_accepted(text: str) -> None:
    assert isinstance(read_settings(tomllib.loads(text)), Settings)


def test_every_setting_has_a_row_with_the_value_that_holds_without_it() -> None:
    rows = setting_rows(PAGES["settings.md"])
    assert sorted(name for name, _ in rows) == sorted(setting_names())
    usual = {name: tomllib.loads(f"value = {value}")["value"] for name, value in rows if value}
    assert usual.pop("styles") == [style.name for style in Settings().styles]
    assert usual == {name: _plain(getattr(Settings(), name)) for name in usual}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def anchors(page: str) -> set[str]:
    """The names of the headings of a page, as GitHub and Obsidian's exports make them."""
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(page: str) -> set[str]:
    """The links of a page of the manual that lead nowhere: to no file of the repository, or to no heading of a page."""
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?<!`)`[^`\n]+`(?!`)", "", _FENCE.sub("", page)))
    return {link for link in links if not link.startswith("https://") and not _leads(link, page)}


def _leads(link: str, page: str) -> bool:
    name, _, anchor = link.partition("#")
    there = (ROOT / "notes" / "manual" / name).is_file() if name else True
    return there and (not anchor or anchor in anchors(PAGES.get(name, "") if name else page))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    assert dead_links(PAGES[page]) == set()
    assert dead_links(f"{PAGES[page]}\n[a](nowhere.md) [b](#nothing) [c]({page}#nothing)") == {
        "nowhere.md",
        "#nothing",
        f"{page}#nothing",
    }


def test_every_page_is_linked_from_the_first() -> None:
    assert {name for name in PAGES if f"]({name})" in PAGES["getting-started.md"]} == PAGES.keys() - {
        "getting-started.md"
    }


def write() -> None:
    """Let the manual say what its examples do now: a difference to look at."""
    for name, page in PAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            parts = [set_up(Path(folder) / str(place)).play(part) for place, part in enumerate(sections(page))]
        (ROOT / "notes" / "manual" / name).write_bytes("".join(parts).encode())


if __name__ == "__main__":
    write()
