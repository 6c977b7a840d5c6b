"""A vault that is written to from all sides while `ankisync watch` runs on it: `python -m tests.soak --seconds 600`.

Editors (threads) save as editors do, git changes branches, folders move, settings, styles and pictures change, and
other builds run. Each edit has a text of its own. Whoever writes claims the files first, so that of each file it is
known which text was saved last; ankisync asks nobody. At any time a file must hold that text, but for ID lines.

What the watch keeps is measured twice: its objects, which are to be as many after a thousand builds as before, and its
resident memory, for what no object of Python holds. A line of the lock is allowed for in both: the soak retires
thousands of notes, and each build reads the lines of all of them.
"""

import argparse
import collections
import contextlib
import itertools
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.kept import Kept, a_build, probe, read_kept
from tests.support import PYTHON, Vault
from tests.watch_support import Watched, watching

ID_LINE = re.compile(rb"\n<!--ID: (\d+)-->")
CARD = re.compile(rb"Q: (card\w+)[^\n]*\nA: [^\n]*(?:\n<!--ID: (\d+)-->)*")
WRITE_AFTER, SETTLE = 0.5, 0.05
PATIENCE = 60.0
# Measured: a line more in the lock keeps 90 bytes, and takes 4 KiB while a build reads it.
KEPT_A_LINE, RESIDENT_A_LINE = 150, 4.0
FOLDERS = ("", "b/", "c/", "c/d/", "é f/")
SETTINGS = (
    "",
    "line_breaks = false\n",
    'tags = ["x"]\n',
    "context = false\n",
    "highlight = false\n",
    "write_after = \n",
)
OUTPUT = ("decks", ".ankisync_cache", ".git")
BUG = re.compile(r"Traceback|this is a bug|error\[A605\]")


def bare(text: bytes) -> bytes:
    """A text without its ID lines."""
    return ID_LINE.sub(b"", text)


def ids_in(text: bytes) -> set[bytes]:
    return set(ID_LINE.findall(text))


# How programs save. Each takes the file and its new content.


def in_place(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def by_rename(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.swp")
    beside.write_bytes(data)
    beside.replace(path)


def by_backup(path: Path, data: bytes) -> None:
    backup = path.with_name(path.name + "~")
    with contextlib.suppress(FileNotFoundError):
        path.rename(backup)
    path.write_bytes(data)
    backup.unlink(missing_ok=True)


def in_pieces(path: Path, data: bytes) -> None:
    """Slower than a build, faster than `write_after`."""
    with path.open("wb", buffering=0) as file:
        for at in (0, len(data) // 2):
            file.write(data[at : at + len(data) // 2 if not at else len(data)])
            time.sleep(0.03)


@dataclass
class Claims:
    """Who may write what: editors claim files, others everything."""

    free: threading.Condition = field(default_factory=threading.Condition)
    taken: set[str] = field(default_factory=set)
    alone: bool = False

    @contextlib.contextmanager
    def of(self, *names: str) -> Iterator[None]:
        with self.free:
            self.free.wait_for(lambda: not self.alone and self.taken.isdisjoint(names))
            self.taken.update(names)
        try:
            yield
        finally:
            with self.free:
                self.taken.difference_update(names)
                self.free.notify_all()

    @contextlib.contextmanager
    def all(self) -> Iterator[None]:
        with self.free:
            self.free.wait_for(lambda: not self.alone)
            self.alone = True
            self.free.wait_for(lambda: not self.taken)
        try:
            yield
        finally:
            with self.free:
                self.alone = False
                self.free.notify_all()


class Taken(NamedTuple):
    """The resident memory of the watch in KiB, and the lines that the lock had at that moment."""

    resident: int
    lines: int


@dataclass
class Soak:
    """The vault, what was saved in it (by path, for this branch and the others), and what was done how often."""

    vault: Vault
    seed: int
    saved: dict[str, bytes] = field(default_factory=dict)
    branches: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branch: str = "main"
    done: collections.Counter[str] = field(default_factory=collections.Counter)
    failures: list[str] = field(default_factory=list)
    memory: list[Taken] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    owners: dict[bytes, bytes] = field(default_factory=dict)
    claims: Claims = field(default_factory=Claims)
    building: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)
    count: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    # The vault.

    def path(self, name: str) -> Path:
        return self.vault.folder / name

    def start(self, files: int = 30, cards: int = 8) -> None:
        self.git("init", "-q", "-b", "main")
        self.vault.write(".gitignore", "decks/\n")
        self.settings(0)
        for number in range(2):
            self.vault.write(f"pictures/p{number}.png", f"\x89PNG {number}".encode())
        for number in range(files):
            name = f"{FOLDERS[number % len(FOLDERS)]}n{number}.md"
            cards_ = b"".join(self.card() for _ in range(cards))
            self.saved[name] = f"TARGET DECK: Deck{number % 7}\n\n".encode() + cards_
            self.vault.write(name, self.saved[name])
        self.commit()

    def card(self) -> bytes:
        number = next(self.count)
        extra = (" ![[p0.png]]", " ![](pictures/p1.png)", " **bold** `code`", "", "")[number % 5]
        return f"Q: card{number}x what?{extra}\nA: edit{number}x{extra}\n\n".encode()

    def settings(self, number: int) -> None:
        text = SETTINGS[number]
        after = "" if "write_after" in text else f"write_after = {WRITE_AFTER}\n"
        self.vault.write("ankisync.toml", after + text)

    # What editors do.

    def now(self, name: str) -> bytes:
        """A file's content, which must be what was saved last. For an instant it may be an older one: while ankisync
        puts a save back that came in the very moment of its own.
        """
        until = time.monotonic() + PATIENCE
        while True:
            text = self.path(name).read_bytes() if self.path(name).exists() else b"(nothing)"
            saved = self.saved[name]
            if bare(text) == bare(saved) and ids_in(saved) <= ids_in(text):
                self.owned(text)
                return text
            if time.monotonic() > until:
                raise AssertionError(f"{name}: saved was\n{saved!r}\nand there is\n{text!r}")
            time.sleep(0.01)

    def owned(self, text: bytes) -> None:
        """An ID belongs to one card for ever."""
        for card in CARD.finditer(text):
            for note_id in ids_in(card[0]):
                owner = self.owners.setdefault(note_id, card[1])
                assert owner == card[1], f"{note_id!r} was given to {owner!r} and to {card[1]!r}"

    def save(self, dice: random.Random, name: str, data: bytes) -> None:
        ways = (in_place, by_rename, by_backup, by_rename)
        way = dice.choice(ways)
        slow = dice.random() < 0.1 and self.building.acquire(blocking=False)
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.saved[name] = data
        try:
            (in_pieces if slow else way)(self.path(name), data)
        finally:
            if slow:
                self.building.release()

    def edit(self, dice: random.Random) -> None:
        """A card is added, changed or deleted, or one is pasted elsewhere in the file."""
        name = dice.choice(list(self.saved))
        with self.claims.of(name):
            if name not in self.saved:
                return
            head, *cards = re.split(rb"(?=Q: card)", self.now(name))
            kind = dice.choice(("add", "change", "change", "change", "delete", "move"))
            kind = "add" if len(cards) < 4 else "delete" if len(cards) > 12 else kind
            at = dice.randrange(len(cards) + 1)
            if kind == "add":
                cards.insert(at, self.card())
            elif kind == "change":
                edited = f"A: edit{next(self.count)}y".encode()
                cards[at % len(cards)] = re.sub(rb"A: edit\w+", edited, cards[at % len(cards)])
            else:
                gone = cards.pop(at % len(cards))
                cards[at:at] = [gone] if kind == "move" else []
            self.save(dice, name, head + b"".join(cards))
            self.done[kind] += 1

    def append(self, dice: random.Random) -> None:
        name = dice.choice(list(self.saved))
        with self.claims.of(name):
            if name in self.saved and self.saved[name].count(b"Q: ") < 12:
                text = self.now(name)
                card = self.card()
                self.saved[name] = text + card
                with self.path(name).open("ab", buffering=0) as file:
                    file.write(card)
                self.done["append"] += 1

    def carry(self, dice: random.Random) -> None:
        """A card goes to another file, its ID with it."""
        one, other = dice.choice(list(self.saved)), dice.choice(list(self.saved))
        with self.claims.of(one, other):
            if one == other or one not in self.saved or other not in self.saved:
                return
            head, *cards = re.split(rb"(?=Q: card)", self.now(one))
            if len(cards) > 4:
                card = cards.pop()
                self.save(dice, one, head + b"".join(cards))
                self.save(dice, other, self.now(other).rstrip(b"\n") + b"\n\n" + card)
                self.done["carry"] += 1

    def rename(self, dice: random.Random) -> None:
        one = dice.choice(list(self.saved))
        other = f"{dice.choice(FOLDERS)}r{next(self.count)}.md"
        with self.claims.of(one, other):
            if one in self.saved:
                self.now(one)
                self.path(other).parent.mkdir(parents=True, exist_ok=True)
                self.path(one).rename(self.path(other))
                self.saved[other] = self.saved.pop(one)
                self.done["rename"] += 1

    def delete(self, dice: random.Random) -> None:
        """A file goes, and a new one comes."""
        one, other = dice.choice(list(self.saved)), f"{dice.choice(FOLDERS)}d{next(self.count)}.md"
        with self.claims.of(one, other):
            if one in self.saved:
                del self.saved[one]
                self.path(one).unlink()
                cards = b"".join(self.card() for _ in range(6))
                self.save(dice, other, f"TARGET DECK: Deck{dice.randrange(9)}\n\n".encode() + cards)
                self.done["delete"] += 1

    # What concerns the whole vault.

    def git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        options = (
            "user.name=a",
            "user.email=a@example.org",
            "core.autocrlf=false",
            "gc.auto=0",
            "commit.gpgsign=false",
        )
        command = ["git", *(part for each in options for part in ("-c", each)), *arguments]
        return subprocess.run(command, cwd=self.vault.folder, capture_output=True, check=False)

    def commit(self) -> None:
        """Commit all there is. `git add` adds nothing at all where a file goes while it looks, a temporary of ankisync
        say: the branch would then hold older texts than were saved in it.
        """
        for _ in range(50):
            added = self.git("add", "-A")
            if added.returncode == 0:
                break
        assert added.returncode == 0, added.stderr
        self.git("commit", "-q", "--allow-empty", "-m", "as it is")

    def check(self) -> None:
        """All files are as they were saved."""
        for name in self.saved:
            self.now(name)

    def checkout(self, dice: random.Random) -> None:
        """Another branch, perhaps a new one. What ankisync writes in between makes git refuse: then once more."""
        with self.claims.all():
            self.check()
            target = dice.choice(["main", "one", "two"])
            new = ["-B"] if target not in self.branches and target != self.branch else []
            for _ in range(50):
                self.commit()
                if self.git("checkout", "-q", *new, target).returncode == 0:
                    break
                time.sleep(0.05)
            else:
                return
            self.branches[self.branch] = dict(self.saved)
            self.saved = dict(self.branches.pop(target, self.saved)) if target != self.branch else self.saved
            self.branch = target
            self.check()
            self.done["checkout"] += 1

    def move_folder(self, dice: random.Random) -> None:
        with self.claims.all():
            self.check()
            one, other = dice.choice((("c/d/", "b/d/"), ("b/d/", "c/d/"), ("b/", "moved/"), ("moved/", "b/")))
            if self.path(one).is_dir() and not self.path(other).exists() and self.path(other).parent.is_dir():
                self.path(one).rename(self.path(other))
                self.saved = {
                    (other + name[len(one) :] if name.startswith(one) else name): text
                    for name, text in self.saved.items()
                }
                self.done["folder"] += 1

    def configure(self, dice: random.Random) -> None:
        with self.claims.all():
            number = dice.randrange(len(SETTINGS))
            self.settings(number)
            time.sleep(0.2)
            self.settings(number if number < len(SETTINGS) - 1 else 0)
            self.done["settings"] += 1

    def dress(self, dice: random.Random) -> None:
        with self.claims.all():
            self.vault.write("notetypes/Basic/notetype.toml", "")
            self.vault.write("notetypes/Basic/style.css", f".card {{ margin: {dice.randrange(5)}px }}")
            self.done["style"] += 1

    def picture(self, dice: random.Random) -> None:
        with self.claims.all():
            by_rename(self.path(f"pictures/p{dice.randrange(2)}.png"), f"\x89PNG {next(self.count)}".encode())
            self.vault.write(f"pictures/new{dice.randrange(5)}.png", b"\x89PNG")
            self.done["picture"] += 1

    def build(self, _dice: random.Random) -> None:
        """Another ankisync beside the watch."""
        with self.building:
            ran = run(self.vault.folder, "build")
            self.done["build"] += 1
            self.done.update(f"build {code}" for code in set(re.findall(r"(?:error|warning)\[A\d+\]", ran.stderr)))
            assert ran.returncode in (0, 1, 2), ran.stderr
            assert not BUG.search(ran.stderr), ran.stderr

    # All of it.

    def work(self, actions: list[Callable[[random.Random], None]], pause: float, number: int) -> None:
        dice = random.Random(self.seed * 100 + number)
        while not self.over.is_set():
            try:
                dice.choice(actions)(dice)
            except Exception as error:  # noqa: BLE001 - it is told in the main thread
                self.failures.append(repr(error))
                self.over.set()
            self.over.wait(dice.random() * pause)

    def run(self, seconds: float) -> None:
        """Everything at once for some seconds, then until all is still; raises where something is not as it must be."""
        self.start()
        with (
            tempfile.TemporaryDirectory() as beside,
            watching(self.vault, "--settle", str(SETTLE), before=probe(Path(beside) / "kept")) as watched,
        ):
            edits = [self.edit] * 6 + [self.append, self.carry, self.rename, self.delete]
            others = [self.checkout, self.move_folder, self.configure, self.dress, self.picture]
            kinds = [(edits, 0.3)] * 3 + [(others, 2.5), ([self.build], 4.0)]
            threads = [
                threading.Thread(target=self.work, args=(actions, pause, number))
                for number, (actions, pause) in enumerate(kinds)
            ]
            for each in threads:
                each.start()
            end = time.monotonic() + seconds
            while time.monotonic() < end and not self.over.wait(0.5) and watched.process.poll() is None:
                self.memory.append(Taken(resident(watched.process.pid), self.lines()))
            self.over.set()
            for each in threads:
                each.join()
            assert not self.failures, self.failures
            self.still(watched)
            self.kept = read_kept(Path(beside) / "kept")
            watched.process.terminate()
            assert watched.process.wait(PATIENCE) == 0, watched.err
            self.done["builds told"] = len(watched.lines)
            self.done.update(f"watch {code}" for code in watched.codes)
        assert not BUG.search("\n".join(watched.err)), watched.err
        self.judge()

    def lines(self) -> int:
        """How many lines the lock has; 0 while there is none."""
        with contextlib.suppress(FileNotFoundError):
            return self.path("ankisync.lock").read_bytes().count(b"\n")
        return 0

    def still(self, watched: Watched) -> None:
        """Wait until the watch has nothing to do any more."""
        self.settings(0)
        until = time.monotonic() + PATIENCE
        while True:
            told = (len(watched.out), len(watched.err))
            time.sleep(2 * WRITE_AFTER + 1)
            checked = run(self.vault.folder, "check")
            if checked.returncode == 0 and told == (len(watched.out), len(watched.err)):
                return
            assert time.monotonic() < until, (checked, watched.out[-5:], watched.err[-20:])

    def judge(self) -> None:
        """The decks are a cold build's, no text is lost, each card has one ID, nothing is left behind."""
        self.check()
        texts = b"\n".join(self.path(name).read_bytes() for name in self.saved)
        ids = ID_LINE.findall(texts)
        assert len(ids) == len(set(ids)), [each for each in ids if ids.count(each) > 1]
        cards = [(card[1], len(ids_in(card[0]))) for card in CARD.finditer(texts)]
        assert {count for _, count in cards} == {1}, [each for each in cards if each[1] != 1]
        assert len(cards) == len(ids) == len({card for card, _ in cards})
        left = [str(path) for path in self.vault.folder.rglob(".*ankisync-*") if ".git" not in path.parts]
        assert left == []
        with tempfile.TemporaryDirectory() as folder:
            cold = Path(folder) / "cold"
            shutil.copytree(self.vault.folder, cold, ignore=shutil.ignore_patterns(*OUTPUT))
            ran = run(cold, "build")
            assert ran.returncode == 0, ran
            here, there = contents(self.vault.folder), contents(cold)
            assert [name for name in here | there if here.get(name) != there.get(name)] == []
            assert sum(name.endswith(".apkg") for name in there) > 5


def contents(folder: Path) -> dict[str, bytes]:
    """All files but those of the cache and of git."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    kept = (path for path in files if ".ankisync_cache" not in path.parts and ".git" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    command = [PYTHON, "-m", "ankisync", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )


def resident(process: int) -> int:
    """The memory of a process in KiB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) if found else 0


def growth(memory: list[Taken]) -> float:
    """How much more the last fifth takes than what was taken after the first third, but for what the lock grew by. The
    most lines that there were count: memory that was taken once is seldom given back.
    """
    third, fifth = len(memory) // 3, max(len(memory) // 5, 1)
    most = itertools.accumulate((each.lines for each in memory), max)
    bare = [each.resident - RESIDENT_A_LINE * lines for each, lines in zip(memory, most, strict=True)]
    early, late = (slice(third, third + fifth), slice(-fifth, None))
    grown = statistics.median(bare[late]) - statistics.median(bare[early])
    return 1 + grown / statistics.median(each.resident for each in memory[early])


def main() -> None:
    """Soak, and say how it was."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Vault(Path(folder)), options.seed)
        soak.run(options.seconds)
    flat, leak = growth(soak.memory), a_build(soak.kept, KEPT_A_LINE)
    lines = soak.memory[-1].lines
    sys.stdout.write(
        f"{dict(soak.done)}\nmemory: {soak.memory[-1].resident} KiB, {flat:.3f} of what it was but for {lines} lines; "
        f"{leak:.0f} bytes a build kept in {soak.kept[-1].builds} builds\n"
    )
    assert flat < 1.1, soak.memory
    assert leak < 300, soak.kept


if __name__ == "__main__":
    main()
