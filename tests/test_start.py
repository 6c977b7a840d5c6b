"""`ankisync build` without the command line's reader does what it does with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import Vault

# What `ankisync.start` takes as it is, and the same said so that it does not.
PLAIN, READ = (("build",), ("build", "-q")), (("build", "--format", "text"), ("build", "-q", "--format", "text"))
CARD = "Q: {}\nA: a\n<!--ID: 170281804396{}-->\n"


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, bytes, bytes]:
    words = [sys.executable, "-m", "ankisync", *arguments]
    path = str(Path(__file__).parent.parent)
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, "PYTHONPATH": path, **environment}, capture_output=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def twins(tmp_path: Path) -> tuple[Vault, Vault]:
    vaults = Vault(tmp_path / "one" / "v"), Vault(tmp_path / "two" / "v")
    for vault in vaults:
        vault.write("ankisync.toml", "")
    return vaults


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("environment", [{}, {"PYTHONIOENCODING": "utf-8"}])
def test_both_ways_say_and_do_the_same(tmp_path: Path, number: int, environment: dict[str, str]) -> None:
    plain, read = twins(tmp_path)
    for text in (CARD.format("ü", 8), CARD.format("ü→", 8) + "\nQ: no answer\n", "", "Q: twice\nA: b\n" + "\0"):
        for vault in (plain, read):
            vault.write("ü.md", text)
        for _ in range(2):
            ours = run(plain.folder, *PLAIN[number], **environment)
            theirs = run(read.folder, *READ[number], **environment)
            assert ours == theirs
    assert plain.state().keys() == read.state().keys()
    assert plain.read("ü.md") == read.read("ü.md")


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("config", ["wrong = 1\n", "[\n", 'notes = ["nowhere"]\n'])
def test_both_ways_refuse_the_same(tmp_path: Path, number: int, config: str) -> None:
    plain, read = twins(tmp_path)
    for vault in (plain, read):
        vault.write("ankisync.toml", config)
    status, out, err = run(plain.folder, *PLAIN[number])
    assert (status, out) == (2, b"")
    assert err.startswith(b"Usage: ankisync build [OPTIONS]")
    assert err.replace(str(plain.folder).encode(), b"") == run(read.folder, *READ[number])[2].replace(
        str(read.folder).encode(), b""
    )


def test_nobody_reads(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "v")
    vault.write("a.md", "Q: a\nA: b\n")
    vault.write("ankisync.toml", "")
    words = [sys.executable, "-m", "ankisync", "build"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            words,
            cwd=vault.folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="nothing here is always full")
def test_where_nothing_more_can_be_said_both_ways_end_the_same(tmp_path: Path) -> None:
    ended = []
    for vault, words in zip(twins(tmp_path), (PLAIN[0], READ[0]), strict=True):
        vault.write("a.md", CARD.format("a", 8))
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "ankisync", *words],
                cwd=vault.folder,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        ended.append((done.returncode, done.stderr.count(b"No space left"), sorted(vault.state())))
    assert ended[0] == ended[1]
    assert ended[0][0] != 0


def test_a_plain_build_loads_no_reader_of_options(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "v")
    vault.write("a.md", CARD.format("a", 8))
    vault.write("ankisync.toml", "")
    code = (
        "import sys, ankisync.start\n"
        "try: ankisync.start.main(['build', '-q'])\n"
        "except SystemExit as ended: assert ended.code == 0\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=vault.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert {"click", "dataclasses", "filelock"} & set(done.stdout.split()) == set()


@pytest.mark.parametrize("again", [False, True])
def test_a_profiler_has_its_say(tmp_path: Path, again: bool) -> None:
    vault = Vault(tmp_path / "v")
    vault.write("a.md", CARD.format("a", 8))
    vault.write("ankisync.toml", "")
    for _ in range(1 + again):
        done = subprocess.run(
            [sys.executable, "-m", "cProfile", "-m", "ankisync", "build", "-q"],
            cwd=vault.folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
            capture_output=True,
            check=False,
        )
    assert b"function calls" in done.stdout
