"""Who is measured: ankisync out of a checkout, the floor, ankdown. Each makes its files once and readies each round."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Protocol

from tests.bench import floor
from tests.bench.decks import digest
from tests.bench.measure import Command, Failed, measure
from tests.bench.peers import Peers
from tests.bench.vaults import NOTES, Shape, write_ankdown, write_vault

_CACHE, _LOCK, _DECKS = ".ankisync_cache", "ankisync.lock", "decks"
_LOOK = Path("notetypes") / "Basic"


class Work(Enum):
    """What a round is: the state in which a build finds the vault."""

    COLD = "cold: IDs and lock there, no cache, no decks"
    COLD_WITHOUT_LOCK = "cold, and no lock"
    NOTHING = "nothing changed"
    FILE = "one file changed"
    STYLE = "the style of a notetype changed"
    WATCH = "watch: from a save to the finished deck"


class Tool(Protocol):
    """What the rounds need to know of a tool."""

    @property
    def label(self) -> str:
        """What it is called in the table."""

    def make(self, shape: Shape) -> None:
        """Write what it reads, and bring it to the state after a build."""

    def ready(self, work: Work) -> Command | None:
        """Bring its files to where a round begins; what is to be measured then, None where it does no such work."""

    def packages(self) -> list[Path]:
        """What its last build wrote."""


@dataclass(frozen=True, slots=True)
class Ours:
    """ankisync from a checkout, run by an interpreter that has its dependencies."""

    label: str
    python: str
    checkout: Path
    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def verify(self) -> None:
        """Raises `Failed` where the interpreter would import another ankisync than the checkout's."""
        command = self.command("-c", "import ankisync; print(ankisync.__file__)")
        run = subprocess.run(
            command.words, cwd=self.folder.parent, env=command.variables, capture_output=True, text=True, check=False
        )
        if Path(run.stdout.strip()).parent.parent != self.checkout:
            raise Failed(f"{self.python} imports {run.stdout.strip() or run.stderr}, which is not in {self.checkout}")

    def make(self, shape: Shape) -> None:
        """The vault as somebody has it who has built it before; its IDs are in nobody's Anki."""
        write_vault(shape, self.folder)
        self.change_style()
        measure(self.run("adopt", "--none"))
        measure(self.run("build"))

    def ready(self, work: Work) -> Command | None:
        """Each change is another one than all before it."""
        if work in (Work.COLD, Work.COLD_WITHOUT_LOCK):
            self._clear(lock=work is Work.COLD_WITHOUT_LOCK)
        elif work is Work.FILE:
            self.change_file()
        elif work is Work.STYLE:
            self.change_style()
        return self.run("build")

    def packages(self) -> list[Path]:
        """All decks."""
        return sorted((self.folder / _DECKS).glob("*.apkg"))

    def digest(self) -> str:
        """A digest of all decks."""
        return digest(self.folder / _DECKS)

    def change_file(self) -> str:
        """Put a new word into the first card of the first file, as an editor does that writes in place; the word."""
        path = self.folder / NOTES / "f000" / "n0000.md"
        word = f"edited{next(self._numbers):06}"
        text = re.sub(rb"^Q: (edited\d+ )?", f"Q: {word} ".encode(), path.read_bytes(), count=1, flags=re.MULTILINE)
        path.write_bytes(text)
        return word

    def change_style(self) -> None:
        """Give Basic another colour."""
        look = self.folder / _LOOK
        look.mkdir(parents=True, exist_ok=True)
        (look / "style.css").write_bytes(b".card { color: #%06x; }\n" % next(self._numbers))
        (look / "notetype.toml").write_bytes(b"")

    def run(self, *arguments: str) -> Command:
        """ankisync with arguments, in the vault."""
        return self.command("-m", "ankisync", *arguments)

    def command(self, *arguments: str) -> Command:
        """The interpreter with arguments, in the vault."""
        return Command((self.python, *arguments), self.folder, (("PYTHONPATH", str(self.checkout)),))

    def _clear(self, *, lock: bool) -> None:
        for name in (_CACHE, _DECKS):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        if lock:
            (self.folder / _LOCK).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Floor:
    """The least work. Where the others are not installed, only its look whether anything changed."""

    folder: Path
    peers: Peers | None
    label: str = "floor"

    def make(self, shape: Shape) -> None:
        """A vault of its own."""
        write_vault(shape, self.folder)
        measure(self._run(sys.executable, "state", str(self.folder / NOTES), str(self._state)))

    def ready(self, work: Work) -> Command | None:
        """It knows a whole build and none."""
        if work is Work.NOTHING:
            return self._run(sys.executable, "nothing", str(self._state), flags=("-I", "-S"))
        if work is not Work.COLD or self.peers is None:
            return None
        return self._run(str(self.peers.python), "build", str(self.folder / NOTES), str(self.folder / "all.apkg"))

    def packages(self) -> list[Path]:
        """The one that it makes."""
        return sorted(self.folder.glob("*.apkg"))

    @property
    def _state(self) -> Path:
        return self.folder / "state"

    def _run(self, python: str, *arguments: str, flags: tuple[str, ...] = ("-I",)) -> Command:
        return Command((python, *flags, floor.__file__, *arguments), self.folder)


@dataclass(frozen=True, slots=True)
class Ankdown:
    """ankdown 0.7.1, which builds everything each time."""

    folder: Path
    peers: Peers
    label: str = "ankdown"

    def make(self, shape: Shape) -> None:
        """The same cards in its own form."""
        write_ankdown(shape, self.folder / NOTES)

    def ready(self, work: Work) -> Command | None:
        """It knows a cold build only."""
        words = (str(self.peers.ankdown), "-r", str(self.folder / NOTES), "-p", str(self.folder / "all.apkg"))
        return Command(words, self.folder) if work is Work.COLD else None

    def packages(self) -> list[Path]:
        """The one that it makes."""
        return sorted(self.folder.glob("*.apkg"))
