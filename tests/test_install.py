"""The README's ways to install, each in an empty folder with nothing but Python: slow, since each is a real one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments import copy_project, needs_tree
from tests.support import PYTHON

ROOT = Path(__file__).parent.parent
_SH = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN, _, WAYS = _SH.findall((ROOT / "README.md").read_text(encoding="utf-8"))[:3]
# How this machine reaches PyPI is no part of what is tested.
_NETWORK = re.compile(r"(?i)proxy|^PIP_|^UV_|^SSL_|_CA_BUNDLE$")
_TOOLS = ("pipx", "uv")

pytestmark = [
    pytest.mark.installs,
    needs_tree,
    pytest.mark.skipif(sys.platform == "win32", reason="the README's commands are those of a POSIX shell"),
]


def shell(line: str, cwd: Path, **environment: str) -> str:
    """What a command prints, in a clean environment; it must succeed."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    proxies = {name: value for name, value in os.environ.items() if _NETWORK.search(name)}
    ended = subprocess.run(
        ["bash", "-c", line],
        cwd=cwd,
        env={**kept, **proxies, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone, as it is committed or about to be."""
    folder = tmp_path_factory.mktemp("install") / "copy"
    copy_project(folder)
    return folder


def test_one_line_installs_and_builds_the_notes(copy: Path, tmp_path: Path) -> None:
    python = Path(sys.base_prefix) / "bin"
    told = shell(RUN, copy, PATH=f"{python}{os.pathsep}{os.environ['PATH']}", HOME=str(tmp_path))
    assert " 0 new, 0 changed, " in told
    assert sorted((copy / "decks").glob("*.apkg"))


@pytest.mark.parametrize("way", WAYS.strip("\n").split("\n"))
def test_each_way_to_install_gives_a_command_that_works(copy: Path, tmp_path: Path, way: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shell(f"{PYTHON} -m venv {tmp_path / 'tools'}", tmp_path)
    bin_ = tmp_path / "tools" / "bin"
    tool = way.split(" ", 1)[0]
    if tool in _TOOLS:
        shell(f"{bin_}/pip install --quiet {tool}", tmp_path)
    path = os.pathsep.join([str(bin_), str(home / ".local" / "bin"), os.environ["PATH"]])
    environment = {
        "HOME": str(home),
        "PATH": path,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PYTHON": PYTHON,
        "UV_SYSTEM_CERTS": "1",
    }
    shell(way, copy, **environment)
    work = tmp_path / "cards"
    work.mkdir()
    (work / "a.md").write_text("Q: house?\nA: la maison\n", encoding="utf-8")
    assert "wrote decks/Default.apkg (1 note)" in shell("ankisync build .", work, **environment)
    where = shell("command -v ankisync", work, **environment)
    assert str(tmp_path) in where
