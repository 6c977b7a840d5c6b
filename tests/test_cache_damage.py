"""Whatever happens to the cache, a build is what it would be without one: the same bytes, and nothing told of it."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ankisync import cache, glance, memory
from ankisync.package import kept
from tests.support import NOW, PYTHON, Run, Vault
from tests.watch_support import watching

CACHE = ".ankisync_cache"
FUZZ = int(os.environ.get("ANKISYNC_FUZZ", "1"))
# Later than any file of a test: stamps count.
LATE = 1_990_000_000.0
DECKS = 4


def fill(vault: Vault, notes: int = 15, now: float = LATE) -> None:
    """Some files in some decks, one with a picture, built, read once more as a whole, and seen to be current."""
    vault.write("p.png", b"\x89PNG")
    for number in range(2 * DECKS):
        cards = "".join(f"Q: question {number} {each}\nA: some answer {each}\n\n" for each in range(notes))
        vault.write(
            f"n{number}.md", f"TARGET DECK: Deck{number % DECKS}\n\n{cards}Q: picture {number}\nA: ![[p.png]]\n"
        )
    # Told of all, a build reads all files again: then the store of blocks is filled.
    for step, options in enumerate(((), ("-v",), ())):
        assert vault.build(*options, now=now + step, seed=step).status == 0


def cached(vault: Vault) -> list[Path]:
    return sorted(path for path in (vault.folder / CACHE).rglob("*") if path.is_file())


def contents(vault: Vault) -> dict[str, bytes]:
    return {name: data for name, (data, _) in vault.state().items()}


class Twins:
    """A vault with a cache, and what becomes of a copy of it that has none."""

    def __init__(self, vault: Vault, folder: Path, seed: int, now: float = LATE) -> None:
        self.vault, self.folder, self.dice = vault, folder, random.Random(seed)
        self.steps, self.now, self.count = 0, now, seed * 1000

    def edit(self) -> None:
        """A card is changed, added or deleted, or none."""
        name = f"n{self.dice.randrange(2 * DECKS)}.md"
        text = self.vault.read(name)
        self.count += 1
        kind = self.dice.choice(("nothing", "change", "change", "add", "delete", "style"))
        if kind == "change":
            self.vault.write(name, text.replace(f"some answer {self.dice.randrange(15)}", f"another {self.count}", 1))
        elif kind == "add":
            self.vault.write(name, f"{text}\nQ: new {self.count}\nA: yes\n")
        elif kind == "delete":
            cards = text.split("\n\n")
            self.vault.write(name, "\n\n".join(cards[:5] + cards[6:]))
        elif kind == "style":
            self.vault.write("notetypes/Basic/notetype.toml", "")
            self.vault.write("notetypes/Basic/style.css", f".card {{ margin: {self.count}px }}")

    def compare(self) -> Run:
        """Build, with and without a cache."""
        self.steps += 1
        other = Vault(self.folder / f"cold{self.steps}")
        shutil.copytree(self.vault.folder, other.folder, ignore=shutil.ignore_patterns(CACHE))
        now = self.now + 10 * self.steps
        ran, cold = (each.build(now=now, seed=self.steps) for each in (self.vault, other))
        assert ran.status != 70, ran.err
        assert ran == cold
        assert contents(self.vault) == contents(other)
        shutil.rmtree(other.folder)
        return ran


# What may happen to a file. Each takes all files, one of them, and dice.

Damage = Callable[[list[Path], Path, random.Random], None]


def truncated(_all: list[Path], path: Path, dice: random.Random) -> None:
    os.truncate(path, dice.randrange(path.stat().st_size + 1))


def flipped(_all: list[Path], path: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes() or b"\0")
    for _ in range(dice.choice((1, 1, 1, 20))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def zeroed(_all: list[Path], path: Path, dice: random.Random) -> None:
    data = path.read_bytes()
    at = dice.randrange(len(data) // 4096 + 1) * 4096
    path.write_bytes(data[:at] + bytes(len(data[at : at + 4096])) + data[at + 4096 :])


def longer(_all: list[Path], path: Path, dice: random.Random) -> None:
    path.write_bytes(path.read_bytes() + dice.randbytes(dice.randrange(5000)))


def garbage(_all: list[Path], path: Path, dice: random.Random) -> None:
    path.write_bytes(dice.randbytes(dice.randrange(5000)))


def gone(_all: list[Path], path: Path, _dice: random.Random) -> None:
    path.unlink()


def swapped(files: list[Path], path: Path, dice: random.Random) -> None:
    other = dice.choice([each for each in files if each.suffix == path.suffix])
    data, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(data)


def folder(_all: list[Path], path: Path, dice: random.Random) -> None:
    path.unlink()
    path.mkdir()
    if dice.random() < 0.5:
        (path / "file").write_bytes(b"x")


def staged_folder(_all: list[Path], path: Path, _dice: random.Random) -> None:
    path.with_name(f"{path.name}.new").mkdir(exist_ok=True)


def loop(_all: list[Path], path: Path, _dice: random.Random) -> None:
    path.unlink()
    path.symlink_to(path.name)


DAMAGES = (truncated, flipped, zeroed, longer, garbage, gone, swapped, folder, staged_folder, loop)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_changes_no_byte(vault: Vault, tmp_path: Path, damage: Damage) -> None:
    fill(vault)
    twins = Twins(vault, tmp_path, DAMAGES.index(damage))
    for _ in range(4 * FUZZ):
        files = cached(vault)
        for path in twins.dice.sample(files, twins.dice.choice((1, 2, len(files)))):
            if path.is_file():
                damage(files, path, twins.dice)
        twins.edit()
        twins.compare()
    assert_in_use(twins)


def assert_in_use(twins: Twins) -> None:
    """The cache is whole again, once all packages have been written."""
    for number in range(DECKS):
        twins.vault.write(f"n{number}.md", twins.vault.read(f"n{number}.md") + "\nQ: last\nA: one\n")
    twins.compare()
    twins.compare()
    twins.compare()
    names = {path.name for path in cached(twins.vault)}
    assert {"memory", "sight"} <= names
    assert sum(name.endswith(".kept") for name in names) == DECKS


@pytest.mark.parametrize("damage", [folder, loop])
@pytest.mark.parametrize("name", ["build.lock", "holder", ".gitignore", "memory", "sight"])
def test_what_lies_in_the_place_of_a_file_of_the_cache_goes(vault: Vault, damage: Damage, name: str) -> None:
    fill(vault, notes=1)
    damage([], vault.folder / CACHE / name, random.Random(1))
    vault.write("n0.md", vault.read("n0.md") + "\nQ: last\nA: one\n")
    for step in (3, 4):
        ran = vault.build(now=LATE + step)
        assert (ran.status, ran.err) == (0, "")
    assert (vault.folder / CACHE / name).is_file()


def test_the_folder_of_packages_may_be_anything(vault: Vault, tmp_path: Path) -> None:
    fill(vault, notes=1)
    place = vault.folder / CACHE / "packages"
    shutil.rmtree(place)
    place.write_bytes(b"")
    twins = Twins(vault, tmp_path, 1)
    vault.write("n0.md", vault.read("n0.md") + "\nQ: last\nA: one\n")
    twins.compare()
    assert place.is_dir()


def test_a_cache_of_older_runs_changes_no_byte(vault: Vault, tmp_path: Path) -> None:
    """Single files of older runs, and whole caches."""
    fill(vault)
    twins = Twins(vault, tmp_path, 5)
    shelf: list[Path] = []
    for step in range(9 * FUZZ):
        shelf.append(Path(shutil.copytree(vault.folder / CACHE, tmp_path / f"kept{step}")))
        twins.edit()
        older = twins.dice.choice(shelf)
        if step % 3 == 0:
            shutil.rmtree(vault.folder / CACHE)
            shutil.copytree(older, vault.folder / CACHE)
        else:
            files = [path for path in older.rglob("*") if path.is_file()]
            for path in twins.dice.sample(files, twins.dice.choice((1, 2, 8))):
                shutil.copyfile(path, vault.folder / CACHE / path.relative_to(older))
        twins.compare()


@pytest.mark.parametrize("edited", [True, False])
def test_a_cache_of_another_version_is_not_read(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: bool
) -> None:
    monkeypatch.setattr(memory, "_FORM", 99)
    monkeypatch.setattr(glance, "_FORM", 99)
    monkeypatch.setattr(kept, "_FORMAT", 99)
    fill(vault)
    monkeypatch.undo()
    twins = Twins(vault, tmp_path, 1)
    if edited:
        vault.write("n0.md", vault.read("n0.md") + "\nQ: last\nA: one\n")
    twins.compare()
    assert_in_use(twins)


def test_the_cache_of_another_vault_changes_no_byte(vault: Vault, tmp_path: Path) -> None:
    fill(vault)
    other = Vault(tmp_path / "other")
    shutil.copytree(vault.folder, other.folder)
    shutil.rmtree(other.folder / "decks")
    other.write("n1.md", "TARGET DECK: Deck1\n\nQ: of the other\nA: yes\n")
    twins = Twins(other, tmp_path, 1)
    twins.compare()
    shutil.rmtree(other.folder / CACHE)
    shutil.copytree(vault.folder / CACHE, other.folder / CACHE)
    twins.compare()


def test_the_cache_does_not_grow_with_what_is_gone(vault: Vault, tmp_path: Path) -> None:
    fill(vault, notes=3)
    before = len(cached(vault))
    twins = Twins(vault, tmp_path, 1)
    for step in range(6):
        text = vault.read("n0.md").split("\n", 1)[1]
        vault.write("n0.md", f"TARGET DECK: Other{step}\n{text}")
        (vault.folder / CACHE / "packages" / f"killed{step}.anki2.new").write_bytes(b"x")
        twins.compare()
    assert len(cached(vault)) == before + 1 - 1  # one more deck, and no sight of having nothing to do
    assert vault.build("-o", tmp_path / "elsewhere", now=LATE + 1000).status == 0
    assert vault.build(now=LATE + 2000).status == 0
    assert len(cached(vault)) <= before + 1


def killed_at_a_step(vault: Vault, dice: random.Random) -> int:
    command = [PYTHON, "-m", "tests.killed", str(vault.folder), str(dice.randrange(1, 60)), str(dice.randrange(10**6))]
    return subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, check=False).returncode


def killed_at_a_moment(vault: Vault, dice: random.Random) -> int:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [PYTHON, "-m", "ankisync", "build"]
    with subprocess.Popen(command, cwd=vault.folder, env=environment, stdout=-3, stderr=-3) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.03 + 0.15 * dice.random())
        process.kill()
    return process.returncode


@pytest.mark.parametrize("kill", [killed_at_a_step, killed_at_a_moment])
def test_a_kill_while_the_cache_is_written(
    vault: Vault, tmp_path: Path, kill: Callable[[Vault, random.Random], int]
) -> None:
    # The clock of the builds that are killed is that of tests, or the real one.
    now = NOW if kill is killed_at_a_step else time.time() + 10
    fill(vault, now=now)
    twins = Twins(vault, tmp_path, 11, now)
    kills = 0
    for _ in range(4 * FUZZ):
        twins.edit()
        twins.edit()
        kills += kill(vault, twins.dice) == -signal.SIGKILL
        twins.compare()
        assert [path for path in vault.folder.rglob(".*") if ".ankisync-" in path.name] == []
    assert kills > 0
    assert len(cached(vault)) <= 7 + 4 * DECKS


def limited(vault: Vault) -> subprocess.CompletedProcess[str]:
    """A build in a process for which modes of files hold, though root may have started it."""
    command = [PYTHON, "-m", "ankisync", "build"]
    if os.geteuid() == 0:
        rights = "-dac_override,-dac_read_search,-fowner"
        command = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", *command]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(command, cwd=vault.folder, env=environment, capture_output=True, text=True, check=False)


needs_rights = pytest.mark.skipif(
    sys.platform != "linux" or (os.geteuid() == 0 and shutil.which("setpriv") is None), reason="root may do anything"
)


@needs_rights
@pytest.mark.parametrize("what", ["folder", "files", "unreadable", "packages"])
def test_a_cache_that_must_not_be_written_changes_no_byte(vault: Vault, tmp_path: Path, what: str) -> None:
    fill(vault, notes=3, now=time.time())
    vault.write("n0.md", vault.read("n0.md").replace("some answer", "another"))
    place = vault.folder / CACHE
    files = [path for path in cached(vault) if path.name != "build.lock"]
    modes = {
        "folder": ([place], 0o555),
        "files": (files, 0o444),
        "unreadable": (files, 0),
        "packages": ([place / "packages"], 0),
    }
    for path in modes[what][0]:
        path.chmod(modes[what][1])
    try:
        for _ in range(2):
            ran = limited(vault)
            assert (ran.returncode, ran.stderr) == (0, "")
    finally:
        place.chmod(0o755)
        (place / "packages").chmod(0o755)
    cold = Vault(Path(shutil.copytree(vault.folder, tmp_path / "cold", ignore=shutil.ignore_patterns(CACHE, "decks"))))
    assert cold.build(now=time.time()).status == 0
    assert contents(vault) == contents(cold)


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """A file system of a few bytes on a folder."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="no file system can be mounted here")
@pytest.mark.parametrize("pages", [1, 8, 40])
def test_a_full_disk_under_the_cache_changes_no_byte(vault: Vault, tmp_path: Path, pages: int) -> None:
    fill(vault)
    shutil.rmtree(vault.folder / CACHE)
    (vault.folder / CACHE).mkdir()
    twins = Twins(vault, tmp_path, pages)
    with small_disk(vault.folder / CACHE, 4096 * pages):
        with contextlib.suppress(OSError):
            (vault.folder / CACHE / "ballast").write_bytes(b"x" * 4096 * (pages // 4 + 1))
        for _ in range(4):
            twins.edit()
            twins.compare()
        assert not [path for path in cached(vault) if path.name.endswith(".new")]


def test_a_cache_deleted_beside_a_watch_is_no_news(vault: Vault) -> None:
    """It goes between builds and, sooner or later, during one."""
    vault.write("ankisync.toml", "write_after = 0.2\n")
    fill(vault, notes=3, now=time.time())
    with watching(vault, "--settle", "0.02") as watched:
        for step in range(8):
            vault.write(
                "n0.md",
                watched.read("n0.md")
                .replace("question 0 ", f"step {step} ")
                .replace(f"step {step - 1}", f"step {step}"),
            )
            until = time.monotonic() + 0.25
            while time.monotonic() < until:
                shutil.rmtree(vault.folder / CACHE, ignore_errors=True)
                time.sleep(0.003)
        watched.wait(lambda: any(f"step {step} " in front for front in watched.fronts("Deck0")))
        watched.settled()
        assert [code for code in watched.codes if code not in ("A601", "A606")] == []
        assert "Traceback" not in "\n".join(watched.err)
    ids = [each for name in vault.folder.glob("*.md") for each in name.read_text().split("\n") if "ID:" in each]
    assert len(ids) == len(set(ids)) == 2 * DECKS * 4 + 1


def test_a_cache_deleted_while_the_lock_is_taken_is_made_again(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(vault, notes=1)
    real, deleted = cache._make_way, 0  # noqa: SLF001 - the moment that is meant has no other name

    def make_way(folder: Path) -> None:
        nonlocal deleted
        deleted += 1
        if deleted == 1:
            shutil.rmtree(folder)
        real(folder)

    monkeypatch.setattr(cache, "_make_way", make_way)
    vault.write("n0.md", vault.read("n0.md") + "\nQ: last\nA: one\n")
    ran = vault.build(now=LATE + 10)
    assert (ran.status, ran.err, deleted) == (0, "", 2)
