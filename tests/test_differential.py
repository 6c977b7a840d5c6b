"""Two real vaults with the settings of their plugin: `init` takes these over, and every card is the one that the
plugin's own patterns give in a real JavaScript engine.
"""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import Vault, copy_corpus, needs_corpus

ID = re.compile(r"<!--ID: ([0-9]+)-->")
SCRIPT = Path(__file__).with_name("plugin.js")
NODE = shutil.which("node")

# IDs in the files that are no card's, and why.
NO_CARD = {
    "sem3": {
        1698837073872: "its question was deleted: only the picture and the ID are left",
        1698717431007: "in code whose question was deleted",
        1698795346312: "below text that a blank line parts from the answer: the plugin makes a new note there too",
    },
    "economics": {},
}
# Cards whose text is not the plugin's, and why.
_MERGED = "no empty line parts it from the card above: the plugin makes one note of both, and loses the first"
_HALF = "the plugin ends the answer at the first empty line in code; the code stays whole here"
_NO_ANSWER = "the card above has no answer: the plugin takes this whole card for it, here it is told"
DIFFERENT = {
    "sem3": {
        1698719097160: _MERGED,
        1699227518266: _HALF,
        1699227518278: _MERGED,
        1699484629214: _MERGED,
        1702678377692: _NO_ANSWER,
    },
    "economics": {1742261238768: _MERGED, 1744071739551: _MERGED, 1747461655690: _MERGED},
}

pytestmark = [needs_corpus, pytest.mark.skipif(NODE is None, reason="there is no Node here")]


@dataclass(frozen=True)
class Read:
    """A card: where it stands, and all that is read of it."""

    path: str
    deck: str
    tags: frozenset[str]
    fields: tuple[str, str]


@dataclass(frozen=True)
class Both:
    """A vault as the plugin and as ankisync read it, by ID."""

    name: str
    vault: Vault
    plugin: dict[int, Read]
    ours: dict[int, Read]


def ask_plugin(vault: Vault) -> dict[int, Read]:
    assert NODE
    names = sorted(path.relative_to(vault.folder).as_posix() for path in vault.folder.rglob("*.md"))
    files = [{"path": name, "text": vault.read(name)} for name in names]
    data = json.loads((vault.folder / "data.json").read_bytes())
    asked = json.dumps({"data": data, "files": files})
    run = subprocess.run([NODE, str(SCRIPT)], input=asked, capture_output=True, text=True, check=True)
    return {
        row["id"]: Read(row["path"], row["deck"].strip(), frozenset(filter(None, row["tags"])), tuple(row["fields"]))
        for row in json.loads(run.stdout)
        if row["id"]
    }


def ask_ankisync(vault: Vault) -> dict[int, Read]:
    rows = json.loads(vault.run("list", "--format", "json").out)
    return {
        row["id"]: Read(
            row["path"], row["deck"], frozenset(row["tags"]), (row["fields"]["Front"].strip(), row["fields"]["Back"])
        )
        for row in rows
        if row["id"]
    }


@pytest.fixture(scope="module", params=["sem3", "economics"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    name: str = request.param
    vault = copy_corpus(name, tmp_path_factory.mktemp("vaults") / name)
    started = vault.run("init")
    assert started.status == 0, started.err
    return Both(name, vault, ask_plugin(vault), ask_ankisync(vault))


def ids_in_files(both: Both) -> set[int]:
    return {int(number) for path in both.vault.folder.rglob("*.md") for number in ID.findall(path.read_text("utf-8"))}


def test_every_id_is_the_id_of_a_card_but_for_those_that_are_listed(both: Both) -> None:
    assert ids_in_files(both) - both.ours.keys() == NO_CARD[both.name].keys()


def test_the_plugin_reads_no_card_that_is_not_read_here(both: Both) -> None:
    assert both.plugin.keys() <= both.ours.keys()
    assert len(both.plugin) == {"sem3": 377, "economics": 75}[both.name]


def test_deck_and_tags_of_every_card_are_those_of_the_plugin(both: Both) -> None:
    for note_id, read in both.plugin.items():
        ours = both.ours[note_id]
        assert (ours.path, ours.deck, ours.tags) == (read.path, read.deck, read.tags), note_id


def test_the_fields_of_every_card_are_those_of_the_plugin_but_for_those_that_are_listed(both: Both) -> None:
    different = {note_id for note_id, read in both.plugin.items() if read.fields != both.ours[note_id].fields}
    assert different == DIFFERENT[both.name].keys()


def test_what_the_plugin_would_merge_or_cut_is_whole_here(both: Both) -> None:
    for note_id, why in DIFFERENT[both.name].items():
        plugin, ours = both.plugin[note_id].fields, both.ours[note_id].fields
        if why is _MERGED:
            assert plugin[0].endswith(ours[0])
            assert plugin[1] == ours[1]
        elif why is _HALF:
            assert ours[0] == plugin[0]
            assert ours[1].startswith(plugin[1])
        else:
            assert ours[0] in plugin[1]
            assert plugin[1].endswith(ours[1])
