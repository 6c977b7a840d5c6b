"""Real notes by other people, read in place or copied to a temporary folder to build in."""

import json
import re
from pathlib import Path

import pytest

from ankisync.package import read_ledger
from tests.support import CORPUS, NOW, Vault, copy_corpus, needs_corpus

ID_LINE = re.compile(rb"(?:\r\n|\n|\r)<!--ID: (\d+)-->")
COUNTS = {"seed": 3, "coding-interview": 275, "owasp-top-10": 210, "lookalikes": 0}
WEB = {"coding-interview": ["A506"]}  # its pictures are on the web

pytestmark = needs_corpus


def texts(vault: Vault) -> dict[str, bytes]:
    return {str(path.relative_to(vault.folder)): path.read_bytes() for path in vault.folder.rglob("*.md")}


def packed(vault: Vault) -> list[int]:
    return [note_id for path in (vault.folder / "decks").glob("*.apkg") for note_id in read_ledger(path)]


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_notes_with_ids_are_built_under_them_and_stay_as_they_are(tmp_path: Path, name: str) -> None:
    vault = copy_corpus(name, tmp_path / "vault")
    before = texts(vault)
    run = vault.build(".")
    assert (run.status, run.codes) == (0, WEB.get(name, []))
    assert texts(vault) == before
    ids = [int(number) for text in before.values() for number in ID_LINE.findall(text)]
    assert sorted(packed(vault)) == sorted(ids)
    assert len(ids) == COUNTS[name]


def test_the_seed_is_one_deck_named_docker(tmp_path: Path) -> None:
    vault = copy_corpus("seed", tmp_path / "vault")
    rows = json.loads(vault.run("list", ".", "--format", "json").out)
    assert [row["id"] for row in rows] == [1702818043968, 1702818043974, 1702818043977]
    assert {row["deck"] for row in rows} == {"docker"}
    vault.build(".")
    assert [path.name for path in (vault.folder / "decks").iterdir()] == ["docker.apkg"]


@pytest.mark.parametrize("name", ["coding-interview", "owasp-top-10"])
def test_without_their_ids_they_get_new_ones_by_insertions_only(tmp_path: Path, name: str) -> None:
    vault = copy_corpus(name, tmp_path / "vault")
    for path in vault.folder.rglob("*.md"):
        path.write_bytes(ID_LINE.sub(b"", path.read_bytes()))
    before = texts(vault)
    run = vault.build(".")
    assert (run.status, run.codes) == (0, WEB.get(name, []))
    assert f"{COUNTS[name]} new" in run.out
    after = texts(vault)
    changed = [file for file in before if before[file] != after[file]]
    assert len(changed) == COUNTS[name]
    assert {file: ID_LINE.sub(b"", text) for file, text in after.items()} == before
    state = vault.state()
    assert vault.build(".", now=NOW + 1000, seed=2).status == 0
    assert vault.state() == state
    assert vault.check().status == 0


@pytest.mark.parametrize("name", ["sem3", "economics", "j1c-vault", "copilot-exam"])
def test_cards_of_other_tools_are_left_alone_and_told_in_a_line(tmp_path: Path, name: str) -> None:
    vault = copy_corpus(name, tmp_path / "vault")
    before = texts(vault)
    run = vault.build(".")
    assert run.status == 0
    assert set(run.codes) <= {"A405"}
    assert texts(vault) == before


def test_the_corpus_is_never_written(tmp_path: Path) -> None:
    state = {path: path.stat().st_mtime_ns for path in CORPUS.rglob("*")}
    Vault(CORPUS / "seed").run("check", ".")
    Vault(tmp_path).run("list", CORPUS / "owasp-top-10")
    assert {path: path.stat().st_mtime_ns for path in CORPUS.rglob("*")} == state
