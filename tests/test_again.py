"""A build that remembers the last one does, byte for byte, what one does that remembers nothing."""

import os
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fragments import CARDS
from tests.support import NOW, Run, Vault

if TYPE_CHECKING:
    from collections.abc import Callable

CACHE = ".ankisync_cache"
# Later than any file of a test: stamps count. The usual time of tests is before: then digests do.
LATE = 1_990_000_000.0
PICTURES = [f"\x89PNG {number}".encode() for number in range(3)]
NAMES = ("a.md", "b.md", "c/d.md", "c/e.md", "c/f/g.md", "ü.md", "c/h.md", "i.md", "j.md", "k/l.md", "k/m.md")
SETTINGS = (
    "",
    "inline_tags = true\n",
    'default_deck = "Else"\n',
    "line_breaks = false\n",
    'exclude = ["c"]\n',
    'vault = "V"\n',
)
EXTRA = (
    "Q: picture %d\nA: ![[p0.png]]\n\n",
    "Q: other %d\nA: ![x](p1.png) ![[p9.png]]\n\n",
    "Q: passage %d\nA: ![[b]]\n\n",
    "Q: passage %d\nA: ![[d#Part]]\n\n",
    "# Part\n\ntext %d\n\n",
    "TARGET DECK: Deck%d\n\n",
    "TARGET DECK: one::two\n\n",
    "TARGET DECK: deck%d\n\n",
    "TARGET DECK: a?b\n\n",
    "TARGET DECK: a_b\n\n",
    "Q: web %d\nA: ![x](https://example.com/x.png)\n\n",
    "<!--ID: 1702818043%03d-->\n\n",
    "Q: only a question %d\n\n",
    "DELETE\n<!--ID: 1702818043%03d-->\n\n",
    "Patient ID 1702818043968, %d\n\n",
    "STARTI [Basic] f%d Back: b ENDI\n\n",
    "START\nCloze\ntext {{c1::x%d}}\nEND\n\n",
)


class Twins:
    """Two vaults with the same notes: one remembers, the other forgets before each build."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.warm, self.cold = Vault(folder / "warm"), Vault(folder / "cold")
        self.now = LATE if seed % 3 else NOW
        self.steps = 0
        for vault in self.both:
            vault.write("ankisync.toml", "")

    @property
    def both(self) -> tuple[Vault, Vault]:
        return self.warm, self.cold

    def notes(self) -> list[str]:
        root = self.warm.folder
        return sorted(str(path.relative_to(root)) for path in root.rglob("*.md"))

    def write(self, name: str, data: bytes) -> None:
        for vault in self.both:
            vault.write(name, data)

    def change(self) -> None:
        """Something that a person, a program or git may do."""
        actions: list[Callable[[], None]] = [self.add, self.add, self.cut, self.cut, self.swap, self.move, self.copy]
        actions += [
            self.remove,
            self.touch,
            self.picture,
            self.settings,
            self.shelf,
            self.lock,
            self.style,
            self.ignore,
        ]
        self.random.choice(actions)()

    def add(self) -> None:
        name = self.random.choice(NAMES)
        old = (self.warm.folder / name).read_bytes() if (self.warm.folder / name).exists() else b""
        parts = old.decode().split("\n\n")
        for _ in range(self.random.randint(1, 3)):
            text = self.random.choice((*CARDS, *EXTRA, *EXTRA))
            number = self.random.randrange(6)
            parts.insert(
                self.random.randint(0, len(parts)),
                (text.replace("%03d", f"{number:03d}").replace("%d", str(number))).rstrip("\n"),
            )
        self.write(name, "\n\n".join(parts).encode())

    def _lines(self) -> tuple[str, list[bytes]] | None:
        names = self.notes()
        if not names:
            return None
        name = self.random.choice(names)
        return name, (self.warm.folder / name).read_bytes().split(b"\n")

    def cut(self) -> None:
        """A line goes, an ID perhaps, or gets a letter more."""
        found = self._lines()
        if found:
            name, lines = found
            at = self.random.randrange(len(lines))
            lines[at : at + 1] = [] if self.random.random() < 0.5 else [lines[at] + b"x"]
            self.write(name, b"\n".join(lines))

    def swap(self) -> None:
        """Some lines go to another file."""
        found = self._lines()
        if found:
            name, lines = found
            at = self.random.randrange(len(lines))
            taken = lines[at : at + 4]
            del lines[at : at + 4]
            self.write(name, b"\n".join(lines))
            other = self.random.choice(NAMES)
            path = self.warm.folder / other
            self.write(other, (path.read_bytes() if path.exists() else b"") + b"\n\n" + b"\n".join(taken) + b"\n")

    def _pair(self) -> tuple[str, str] | None:
        names = self.notes()
        return (self.random.choice(names), self.random.choice((*NAMES, "new 2.md", "c/x.md"))) if names else None

    def move(self) -> None:
        pair = self._pair()
        for vault in self.both if pair else ():
            assert pair
            (vault.folder / pair[1]).parent.mkdir(parents=True, exist_ok=True)
            os.replace(vault.folder / pair[0], vault.folder / pair[1])

    def copy(self) -> None:
        pair = self._pair()
        if pair:
            self.write(pair[1], (self.warm.folder / pair[0]).read_bytes())

    def remove(self) -> None:
        pair = self._pair()
        for vault in self.both if pair else ():
            assert pair
            (vault.folder / pair[0]).unlink()

    def touch(self) -> None:
        pair = self._pair()
        for vault in self.both if pair else ():
            assert pair
            os.utime(vault.folder / pair[0])

    def picture(self) -> None:
        name = self.random.choice(("p0.png", "p1.png", "c/p0.png", ".hidden/p9.png"))
        if self.random.random() < 0.3:
            for vault in self.both:
                (vault.folder / name).unlink(missing_ok=True)
        else:
            self.write(name, self.random.choice(PICTURES))

    def settings(self) -> None:
        self.write("ankisync.toml", self.random.choice(SETTINGS).encode())

    def shelf(self) -> None:
        """A package is lost, or exchanged for an older one."""
        decks = sorted((self.warm.folder / "decks").glob("*.apkg"))
        if decks:
            name = self.random.choice(decks).name
            for vault in self.both:
                (vault.folder / "decks" / name).unlink()

    def lock(self) -> None:
        """The lock loses a line, as in a merge."""
        path = self.warm.folder / "ankisync.lock"
        if path.exists() and self.random.random() < 0.5:
            lines = path.read_bytes().split(b"\n")
            del lines[self.random.randrange(len(lines))]
            self.write("ankisync.lock", b"\n".join(lines))

    def style(self) -> None:
        self.write("notetypes/Basic/notetype.toml", b"")
        self.write("notetypes/Basic/style.css", f".card {{ margin: {self.random.randrange(3)}px }}".encode())

    def ignore(self) -> None:
        for vault in self.both:
            (vault.folder / ".git").mkdir(exist_ok=True)
        self.write(self.random.choice((".gitignore", "c/.gitignore")), self.random.choice((b"", b"e.md\n", b"f/\n")))

    def run(self) -> None:
        """The same command in both; what comes out is the same."""
        self.steps += 1
        options: tuple[str, ...] = self.random.choice(((), (), (), ("--locked",), ("--strict",), ("-v",)))
        command = "check" if self.random.random() < 0.1 else "build"
        names = self.notes()
        paths = (self.random.choice(names),) if names and self.random.random() < 0.15 else ()
        options = options if command == "build" else ()
        self.now += 10
        shutil.rmtree(self.cold.folder / CACHE, ignore_errors=True)
        ran: list[Run] = [vault.run(command, *options, *paths, now=self.now, seed=self.steps) for vault in self.both]
        assert ran[0].status != 70, ran[0].err
        assert ran[0] == ran[1]
        states = [{name: data for name, (data, _) in vault.state().items()} for vault in self.both]
        assert states[0].keys() == states[1].keys()
        for name, data in states[0].items():
            assert data == states[1][name], name


@pytest.mark.parametrize("seed", range(int(os.environ.get("ANKISYNC_FUZZ", "1")) * 8))
def test_what_is_remembered_changes_no_byte(tmp_path: Path, seed: int) -> None:
    twins = Twins(tmp_path, seed)
    for _ in range(15):
        twins.add()
    for _ in range(25):
        for _ in range(twins.random.choice((0, 1, 1, 1, 2, 3))):
            twins.change()
        twins.run()
