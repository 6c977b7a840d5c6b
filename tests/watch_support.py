"""A real `ankisync watch` in a process of its own, and waiting for what it does."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import PYTHON, Vault

PATIENCE = 40.0
ID = re.compile(r"<!--ID: (\d+)-->")


def wait_for(what: Callable[[], object], why: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds, however slow the machine is."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, why()
        time.sleep(0.01)


@dataclass
class Watched:
    """A vault with `ankisync watch` at work on it. `out` and `err` are what it has said so far, in lines."""

    vault: Vault
    process: subprocess.Popen[str]
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)

    def wait(self, what: Callable[[], object]) -> None:
        wait_for(what, lambda: (self.out, self.err, self.process.poll()))

    def read(self, name: str) -> str:
        """A file's text; empty while it is not there."""
        try:
            return (self.vault.folder / name).read_bytes().decode()
        except FileNotFoundError:
            return ""

    def write(self, name: str, text: str) -> None:
        self.vault.write(name, text)

    def has_id(self, name: str, count: int = 1) -> bool:
        return len(ID.findall(self.read(name))) == count

    def fronts(self, deck: str = "A") -> list[str]:
        """The first fields of the notes in a package, as HTML without its paragraph."""
        return fronts(self.vault.folder / "decks" / f"{deck}.apkg")

    @property
    def lines(self) -> list[str]:
        """The lines of builds after the first one, without their times."""
        told = [line for line in self.out if re.match(r"\d\d:\d\d:\d\d ", line)]
        return [line[9:] for line in told]

    @property
    def codes(self) -> list[str]:
        return re.findall(r": (?:error|warning|info)\[(A\d+)\]: ", "\n".join(self.err))

    def settled(self) -> None:
        """Wait until all that was done to the vault has been seen, built, and made still: that of a new card has."""
        name = f"settled{time.monotonic_ns()}.md"
        self.write(name, "TARGET DECK: Settled\n\nQ: seen?\nA: yes\n")
        self.wait(lambda: self.has_id(name))
        self.wait(lambda: any(name in line for line in self.lines))

    def settled_json(self) -> None:
        """The same where builds are told as JSON."""
        name = f"settled{time.monotonic_ns()}.md"
        self.write(name, "TARGET DECK: Settled\n\nQ: seen?\nA: yes\n")
        self.wait(lambda: any(name in str(each["written"]) for each in objects(self.out)))

    def ended(self, number: signal.Signals) -> int:
        """Send a signal, and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def watching(vault: Vault, *options: str, ready: bool = True, before: str = "") -> Iterator[Watched]:
    """`ankisync watch` at work; where `ready`, its first build is done. `before` is Python that it runs first."""
    command = [PYTHON, "-m", "ankisync", "watch", *options]
    if before:
        code = f"import sys\n{before}\nfrom ankisync.cli import main\nmain(sys.argv[1:])"
        command = [PYTHON, "-c", code, "watch", *options]
    with subprocess.Popen(
        command,
        cwd=vault.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    ) as process:
        watched = Watched(vault, process)
        readers = [
            threading.Thread(target=lambda: watched.out.extend(line.rstrip("\n") for line in process.stdout or ())),
            threading.Thread(target=lambda: watched.err.extend(line.rstrip("\n") for line in process.stderr or ())),
        ]
        for reader in readers:
            reader.start()
        try:
            if ready:
                watched.wait(lambda: any(line.startswith("watching ") for line in (*watched.out, *watched.err)))
            yield watched
        finally:
            process.kill()
            for reader in readers:
                reader.join()


def fronts(package: Path) -> list[str]:
    """The first fields of the notes in a package; none while there is no package."""
    try:
        with zipfile.ZipFile(package) as archive, tempfile.TemporaryDirectory() as folder:
            name = archive.extract("collection.anki2", folder)
            with contextlib.closing(sqlite3.connect(name)) as database:
                rows = database.execute("select flds from notes order by id").fetchall()
    except FileNotFoundError:
        return []
    return [re.sub(r"<[^>]*>", "", fields.split("\x1f")[0]).strip() for (fields,) in rows]


def objects(lines: Sequence[str]) -> list[dict[str, object]]:
    """Lines of JSON."""
    return [json.loads(line) for line in lines]
