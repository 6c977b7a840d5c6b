"""Environments and repositories that take seconds to make: once for all tests, for all processes that run them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parent.parent

needs_tree = pytest.mark.skipif(not (ROOT / "ankisync").is_dir(), reason="the tree is away: the wheel is tested")
_MADE = {".venv", "__pycache__", "node_modules", "decks", ".hypothesis"}


def copy_project(folder: Path) -> None:
    """A copy of this repository's files as they are now, without what is made from them."""
    for path in project_files():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)


def project_files() -> list[Path]:
    """The files of this repository that git does not ignore, or all of an unpacked sdist, from its root."""
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
    else:
        paths = [Path(os.fsdecode(name)) for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if _MADE.isdisjoint(path.parts) and (ROOT / path).is_file()]


def dist(factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel made from it."""
    return once(factory, "dist", _make_dist)


def _make_dist(folder: Path) -> None:
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, env=environment(), capture_output=True, check=True)


def fresh(factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment in which is the wheel, with what it asks for, and nothing else."""
    (wheel,) = dist(factory).glob("*.whl")
    return once(factory, "fresh", lambda folder: _make_fresh(folder, wheel)) / "bin"


def _make_fresh(folder: Path, wheel: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install(folder / "bin", str(wheel))


def install(scripts: Path, *what: str) -> None:
    """Install into an environment with its own pip."""
    command = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
    subprocess.run(command, env=environment(), capture_output=True, check=True)


def environment(**more: str) -> dict[str, str]:
    """This process's environment, without what would lead Python to this checkout, or pytest to its coverage."""
    away = ("PYTHON", "VIRTUAL_ENV", "PYTEST_", "COV_CORE_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(away)}
    return kept | more


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made once for all the processes that run the tests."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        if not Path(f"{folder}.made").exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a try that failed
            folder.mkdir()
            make(folder)
            Path(f"{folder}.made").touch()
    return folder


def git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run git with no one's settings but these."""
    names = {f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    system = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
    environment = {**system, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **names}
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr
    return done
