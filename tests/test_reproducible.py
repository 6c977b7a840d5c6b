"""The artifact of a commit: the same bytes from two environments, machines as far apart as one machine can be."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.action_scene import installed_scripts
from tests.environments import copy_project, environment, fresh, needs_tree

pytestmark = [pytest.mark.installs, needs_tree, pytest.mark.skipif(os.name != "posix", reason="there is no umask")]


def artifact(scripts: Path, folder: Path, umask: int, time: int, **more: str) -> dict[str, bytes]:
    """What `build --locked` makes of this repository's notes in a folder, whose files are all of one time."""
    copy_project(folder)
    for path in folder.rglob("*"):
        os.utime(path, (time, time))
    command = [str(scripts / "ankisync"), "build", "--locked", "--manifest", "--summary", "decks/summary.md"]
    (folder / "decks").mkdir(exist_ok=True)
    subprocess.run(command, cwd=folder, env=environment(**more), umask=umask, capture_output=True, check=True)
    return {path.name: path.read_bytes() for path in (folder / "decks").iterdir()}


def test_the_artifact_is_the_same_wherever_it_is_built(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One environment has the wheel, the other what the action installed; neither knows of the other's cache."""
    here = artifact(
        fresh(tmp_path_factory), tmp_path / "a", 0o022, 1_000_000_000, TZ="UTC", LC_ALL="C.UTF-8", PYTHONHASHSEED="1"
    )
    there = artifact(
        installed_scripts(tmp_path_factory),
        tmp_path / "another place" / "ü",
        0o077,
        1_900_000_000,
        TZ="Asia/Tokyo",
        LC_ALL="C",
        PYTHONHASHSEED="2",
        HOME=str(tmp_path),
        COLUMNS="40",
    )
    assert {"manifest.json", "summary.md"} < set(here)
    assert sum(name.endswith(".apkg") for name in here) >= 2
    assert there == here


def test_another_text_is_another_artifact(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The comparison above would see a difference."""
    scripts = fresh(tmp_path_factory)
    before = artifact(scripts, tmp_path / "a", 0o022, 1_000_000_000)
    shutil.rmtree(tmp_path / "a" / "decks")
    note = tmp_path / "a" / "notes" / "containers" / "storage.md"
    note.write_bytes(note.read_bytes().replace(b"\nA: ", b"\nA: So: ", 1))
    (tmp_path / "a" / "decks").mkdir()
    command = [str(scripts / "ankisync"), "build", "--locked"]
    assert subprocess.run(command, cwd=tmp_path / "a", capture_output=True, check=False).returncode == 3
    assert (tmp_path / "a" / "decks" / "Containers.apkg").read_bytes() != before["Containers.apkg"]
    assert (tmp_path / "a" / "decks" / "Learning.apkg").read_bytes() == before["Learning.apkg"]
