"""Same notes, same lock: the same bytes, wherever and whenever they are built."""

import os
import shutil
import subprocess
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from ankisync.notetypes import stock
from tests.support import NOW, PYTHON, Vault

NOTES = {
    "a.md": "TARGET DECK: One::Two\nFILE TAGS: b a\n\nQ: $x$\nA: 1. first\n2. second\n\nQ: c\nA: d\n",
    "sub/ü.md": "TARGET DECK: Öne\n\nQ: e\nA: f\n\nTARGET DECK: One\nQ: g\nA: h\n",
}


def decks(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "decks").glob("*.apkg"))}


def build(folder: Path, hash_seed: str, zone: str, umask: int) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone}
    command = [PYTHON, "-m", "ankisync", "build", "--locked"]
    subprocess.run(command, cwd=folder, env=environment, umask=umask, check=True, capture_output=True)


def test_two_folders_seconds_apart_two_hash_seeds_zones_and_umasks(vault: Vault, tmp_path: Path) -> None:
    for name, text in NOTES.items():
        vault.write(name, text)
    assert vault.build(now=NOW).status == 0
    built = decks(vault.folder)
    shutil.rmtree(vault.folder / "decks")
    elsewhere = Path(shutil.copytree(vault.folder, tmp_path / "somewhere else" / "copy"))
    build(vault.folder, "1", "Asia/Tokyo", 0o022)
    subprocess.run(["sleep", "3"], check=True)
    build(elsewhere, "2", "America/New_York", 0o077)
    assert len(built) == 2
    assert decks(vault.folder) == decks(elsewhere) == built


def test_another_text_is_other_bytes(vault: Vault) -> None:
    vault.write("a.md", NOTES["a.md"])
    vault.build()
    before = decks(vault.folder)
    vault.write("a.md", vault.read("a.md").replace("A: d", "A: e"))
    vault.build()
    assert decks(vault.folder) != before


def test_nothing_of_the_machine_is_in_a_package(vault: Vault) -> None:
    vault.write("a.md", NOTES["a.md"])
    vault.build()
    (package,) = (vault.folder / "decks").glob("*.apkg")
    with zipfile.ZipFile(package) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o644}
        assert [info.filename for info in archive.infolist()] == ["collection.anki2", "media", "ankisync.jsonl"]
        content = b"".join(archive.read(info) for info in archive.infolist())
    assert os.fsencode(vault.folder) not in content


@pytest.mark.parametrize("key", sorted(stock()))
def test_the_look_of_a_notetype_moves_with_its_mod(key: str) -> None:
    """When this fails, the look was changed: raise the notetype's `mod`, then the digest here."""
    notetype = stock()[key]
    texts = [notetype.css, *(text for each in notetype.templates for text in (each.front, each.back))]
    digest = sha256("\0".join(texts).encode()).hexdigest()[:16]
    assert (notetype.mod, digest) == LOOKS[key]


LOOKS = {
    "Basic": (1_764_000_000, "69661b93983de483"),
    "Basic (and reversed card)": (1_764_000_000, "7a7266c9d4119cf9"),
    "Basic (optional reversed card)": (1_764_000_000, "590e473e9acc2c62"),
    "Basic (type in the answer)": (1_764_000_000, "99817c3aafbf45a4"),
    "Cloze": (1_764_000_000, "294c0c5b36f68dc5"),
}
