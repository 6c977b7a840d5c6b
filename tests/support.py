"""What the tests share: a vault to build in, the command line run in process, real notes to read."""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from ankisync.cli import main
from ankisync.config import Settings
from ankisync.lock import NAME, Lock, read_lock
from ankisync.model import Document
from ankisync.notetypes import stock
from ankisync.parse import parse
from ankisync.parse.syntax import Syntax, read_syntax
from ankisync.shapes import Notetypes, read_notetypes
from ankisync.source import Source, read_source

SHARED = Path(__file__).parent.parent.parent / "shared"
CORPUS = SHARED / "corpus"
NOW = 1_790_000_000.0
PYTHON = sys.executable

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")


@dataclass(frozen=True)
class Run:
    """What one run of the command line did."""

    status: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        """The codes of the diagnostics, in the order of the output; but for the line that IDs of another tool bring to
        every build until they are adopted (`test_adopt.py`).
        """
        found = re.findall(r": (?:error|warning|info)\[(A\d+)\]: ", self.err)
        return [code for code in found if code != "A414"]


@dataclass(frozen=True)
class Vault:
    """A folder with notes, and ankisync run in it."""

    folder: Path

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()

    def run(self, *arguments: str | Path, now: float = NOW, seed: int = 1) -> Run:
        """Run ankisync in the folder, at a given time (seconds) and with a given random seed."""
        return run(self.folder, *arguments, now=now, seed=seed)

    def build(self, *arguments: str | Path, now: float = NOW, seed: int = 1) -> Run:
        return self.run("build", *arguments, now=now, seed=seed)

    def check(self, *arguments: str | Path, now: float = NOW) -> Run:
        return self.run("check", *arguments, now=now)

    def lock(self) -> Lock:
        return read_lock((self.folder / NAME).read_bytes())[0]

    def settle(self) -> None:
        """Say that IDs of other tools are in nobody's Anki, so that builds do not tell of them."""
        assert self.run("adopt", "--none").status == 0

    def ids(self) -> list[int]:
        """The IDs of the cards as read, in the order of the vault."""
        rows = json.loads(self.run("list", "--format", "json").out)
        return [row["id"] for row in rows]

    def state(self) -> dict[str, tuple[bytes, int]]:
        """Content and modification time of every file but the cache's."""
        files = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        kept = (path for path in files if ".ankisync_cache" not in path.parts and ".git" not in path.parts)
        return {str(path.relative_to(self.folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in kept}


def run(folder: Path, *arguments: str | Path, now: float = NOW, seed: int = 1) -> Run:
    """Run the command line in this process, from a folder."""
    out, err = io.StringIO(), io.StringIO()
    here = Path.cwd()
    os.chdir(folder)
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch("ankisync.shell.time.time_ns", return_value=int(now * 1e9)),
            mock.patch("ankisync.shell.random_seed", return_value=seed),
            pytest.raises(SystemExit) as exit_,
        ):
            main([str(argument) for argument in arguments])
    finally:
        os.chdir(here)
    code = exit_.value.code
    return Run(code if isinstance(code, int) else 1, out.getvalue(), err.getvalue())


def loaded(folder: Path, *arguments: str) -> set[str]:
    """The modules that a run of the command line in a process of its own loads. It must end with status 0."""
    code = (
        "import sys, ankisync.cli\n"
        f"try: ankisync.cli.main({list(arguments)})\n"
        "except SystemExit as ended: assert ended.code == 0, ended\n"
        "print('loaded:', *sys.modules)"
    )
    ended = subprocess.run([PYTHON, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return set(ended.stdout.rpartition("loaded:")[2].split())


def source(text: str | bytes, path: str = "note.md") -> Source:
    """A text as a source."""
    read = read_source(path, text if isinstance(text, bytes) else text.encode())
    assert isinstance(read, Source)
    return read


def syntax(settings: Settings | None = None) -> Syntax:
    """What is read with these settings, where nothing was adopted."""
    notetypes = read_notetypes(settings or Settings(), (), {})
    assert isinstance(notetypes, Notetypes)
    return read_syntax(settings or Settings(), notetypes)


def document(text: str | bytes, settings: Settings | None = None, path: str = "note.md") -> Document:
    """A text as read."""
    return parse(source(text, path), syntax(settings))


def copy_corpus(name: str, folder: Path) -> Vault:
    """A writable copy of some real notes, to build in."""
    shutil.copytree(CORPUS / name, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return Vault(folder)


BASIC = stock()["Basic"]
