"""What is published: wheel and sdist hold what they must, and the wheel runs where nothing else is."""

import os
import re
import subprocess
import tarfile
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest

import ankisync
from tests.environments import ROOT, dist, environment, fresh, install, needs_tree, project_files
from tests.support import PYTHON

pytestmark = [pytest.mark.installs, needs_tree, pytest.mark.skipif(os.name != "posix", reason="scripts lie elsewhere")]

# What a user would notice first if the wheel lacked a file; without Anki, in seconds.
QUICK = ("cli", "data", "identity", "init", "publishing", "readme", "unchanged")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dist(tmp_path_factory)


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fresh(tmp_path_factory)


def wheel_names(built: Path) -> set[str]:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def metadata(built: Path) -> Message:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


def sdist_names(built: Path) -> set[str]:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    names = wheel_names(built)
    package = {path.as_posix() for path in project_files() if path.parts[0] == "ankisync"}
    assert {name for name in names if ".dist-info/" not in name} == package
    assert "ankisync/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_sdist_holds_what_the_repository_holds(built: Path) -> None:
    names = sdist_names(built)
    assert {path.as_posix() for path in project_files()} - names == set()
    assert "ankisync/py.typed" in names
    assert names - {path.as_posix() for path in project_files()} <= {"PKG-INFO"}


def test_pypi_would_take_it_and_show_the_readme(built: Path) -> None:
    command = [PYTHON, "-m", "twine", "check", "--strict", *map(str, built.iterdir())]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout.count("PASSED")) == (0, 2), checked.stdout


def test_the_metadata_is_complete(built: Path) -> None:
    found = metadata(built)
    assert found["Version"] == ankisync.__version__
    assert found["Requires-Python"] == ">=3.11"
    assert found["License-Expression"] == "MIT"
    for key in ("Author", "Summary", "Keywords", "Description-Content-Type"):
        assert found[key]
    classifiers = found.get_all("Classifier", [])
    assert "Typing :: Typed" in classifiers
    assert sum(each.startswith("Programming Language :: Python :: 3.") for each in classifiers) == 4


def test_the_version_stands_in_one_place(built: Path) -> None:
    texts = {path: (ROOT / path).read_bytes() for path in project_files() if path.suffix in (".py", ".toml")}
    version = f'= "{ankisync.__version__}"'.encode()
    assert [path.as_posix() for path, text in texts.items() if version in text] == ["ankisync/__init__.py"]


def test_the_wheel_runs_where_nothing_else_is(scripts: Path, built: Path, tmp_path: Path) -> None:
    """Its version, a newcomer's first build, then a part of the tests that came with the sdist."""
    shown = run(tmp_path, scripts / "ankisync", "--version")
    assert ankisync.__version__ in shown
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "first.md").write_bytes(b"Q: one\nA: card\n")
    told = run(notes, scripts / "ankisync", "build", ".")
    assert "wrote decks/Default.apkg (1 note)" in told
    assert re.search(rb"<!--ID: \d{13}-->\n$", (notes / "first.md").read_bytes())
    install(scripts, "pytest", "hypothesis")
    (sdist,) = built.glob("*.tar.gz")
    subprocess.run(["tar", "xzf", str(sdist)], cwd=tmp_path, check=True)
    (unpacked,) = tmp_path.glob("ankisync_md-*")
    (unpacked / "ankisync").rename(tmp_path / "tree")
    tests = [f"tests/test_{name}.py" for name in QUICK]
    where = run(unpacked, scripts / "python", "-c", "import ankisync; print(ankisync.__file__)")
    assert scripts.parent in Path(where.strip()).parents
    counted = run(unpacked, scripts / "python", "-m", "pytest", "-p", "no:cacheprovider", *tests)
    assert re.search(r"^\d{3,} passed", counted, re.MULTILINE), counted


def run(folder: Path, *command: str | Path) -> str:
    ended = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
