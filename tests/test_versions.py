"""The versions that decide whether packages are made anew: found quickly, and the true ones."""

from importlib.metadata import version
from pathlib import Path

import pytest

from ankisync import glance, render
from ankisync.planning.rules import version_of

LIBRARIES = sorted({**render.LIBRARIES, "genanki": "genanki"}.items())


@pytest.mark.parametrize(("distribution", "module"), LIBRARIES)
def test_the_name_of_the_folder_tells_the_version(distribution: str, module: str) -> None:
    assert version_of(distribution, module) == version(distribution)


def library(site: Path, *folders: str) -> None:
    (site / "two_words").mkdir()
    (site / "two_words" / "__init__.py").touch()
    for folder, found in zip(folders, ("1.2", "9.9"), strict=False):
        (site / folder).mkdir()
        (site / folder / "METADATA").write_bytes(f"Metadata-Version: 2.1\nName: Two-Words\nVersion: {found}\n".encode())


@pytest.mark.parametrize(
    "folders",
    [
        ("two_words-1.2.dist-info",),
        ("Two_Words-1.2.dist-info", "two_words_more-9.9.dist-info"),
        ("two_words-01.2rc1.dist-info",),
        ("two_words-1.2.dist-info", "words-9.9.dist-info"),
    ],
)
def test_the_version_is_that_of_the_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: tuple[str, ...]
) -> None:
    library(tmp_path, *folders)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert version_of("Two-Words", "two_words") == version("Two-Words") == "1.2"


def test_of_two_versions_the_one_is_told_that_python_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library(tmp_path, "two_words-1.2.dist-info", "two_words-9.9.dist-info")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert version_of("Two-Words", "two_words") == version("Two-Words")


def test_a_glance_looks_at_all_that_renders_and_packs() -> None:
    assert set(glance.LIBRARIES) == {*render.LIBRARIES.values(), "genanki"}
