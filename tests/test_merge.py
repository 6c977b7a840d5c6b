"""Two people, two machines, one repository: both add and edit cards, rename files, build; real git merges it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ankisync.init import UNION
from ankisync.lock import NAME, Entry
from tests.environments import git
from tests.support import NOW, Vault

LATER = NOW + 86_400


def cards(name: str, count: int) -> str:
    """Cards so far apart that git merges edits of two that are neighbours."""
    return "".join(
        f"Q: {name} {number}?\nA: one\n  two\n  three\n  four\n  {name} {number}.\n\n" for number in range(count)
    )


@dataclass(frozen=True)
class Person:
    """Someone with a clone."""

    name: str
    vault: Vault

    def git(self, *arguments: str, check: bool = True) -> int:
        return git(self.vault.folder, *arguments, check=check).returncode

    def edit(self, path: str, before: str, after: str) -> None:
        text = self.vault.read(path)
        assert text.count(before) == 1
        self.vault.write(path, text.replace(before, after))

    def work(self, chance: random.Random, first: bool, moves: bool) -> None:
        """Add a file of cards and a card to an old file, edit cards, rename a file where one `moves`; build and commit.
        The two sides touch other cards, or git would stop at the notes already.
        """
        for number in chance.sample(range(0 if first else 1, 30, 2), 3):
            self.edit("base 1.md", f"Q: base 1 {number}?", f"Q: base 1 {number}, said {self.name}?")
        self.vault.write(f"{self.name}.md", cards(self.name, chance.randint(1, 12)))
        mine = "base 2.md" if first else "base 3.md"
        self.vault.write(mine, cards(f"{self.name} more", 1) + self.vault.read(mine))
        if moves:
            self.git("mv", "base 4.md" if first else "base 5.md", f"{self.name} old.md")
        run = self.vault.build(now=NOW + chance.randint(1, 1000), seed=chance.getrandbits(64))
        assert run.status == 0, run.err
        self.commit(self.name)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)


def begin(folder: Path, count: int, attributes: str = "") -> tuple[Person, Person]:
    """A repository with `count` cards, built, and two clones of it."""
    base = Vault(folder / "base")
    base.write("ankisync.toml", "")
    base.write(".gitignore", "decks/\n")
    base.write(".gitattributes", attributes)
    for number in range(1, 6):
        base.write(f"base {number}.md", cards(f"base {number}", count // 5))
    assert base.build().status == 0
    git(base.folder, "init", "--quiet")
    git(base.folder, "add", "--all")
    git(base.folder, "commit", "--quiet", "--message", "base")
    for name in ("ann", "bob"):
        git(folder, "clone", "--quiet", str(base.folder), name)
    return Person("ann", Vault(folder / "ann")), Person("bob", Vault(folder / "bob"))


def entries(vault: Vault) -> Mapping[int, Entry]:
    return {int(note_id): entry for note_id, entry in vault.lock().entries.items()}


def merge_conflicts(folder: Path, seed: int, union: bool, moves: bool, count: int = 200) -> bool:
    """Let both work and one merge; check what comes of it. Whether the lock conflicted."""
    ann, bob = begin(folder, count, f"{UNION}\n" if union else "")
    chance = random.Random(seed)
    ann.work(chance, first=True, moves=moves)
    bob.work(chance, first=False, moves=moves)
    sides = (entries(ann.vault), entries(bob.vault))
    stopped = bob.git("pull", "--quiet", "--no-rebase", "--no-edit", str(ann.vault.folder), "HEAD", check=False) != 0
    conflicts = git(bob.vault.folder, "diff", "--name-only", "--diff-filter=U").stdout.splitlines()
    assert conflicts == ([NAME] if stopped else [])
    run = bob.vault.build(now=LATER, seed=seed)
    assert (run.status, set(run.codes) - {"A702"}) == (0, set()), run.err
    assert ("A702" in run.codes) is stopped
    bob.commit("merged")
    assert_both_are_there(bob, *sides)
    return stopped


def assert_both_are_there(bob: Person, anns: Mapping[int, Entry], bobs: Mapping[int, Entry]) -> None:
    """Every ID of both, none twice, each with the `mod` of who built it, for nothing changed in the merge; and a build
    by anyone writes nothing more.
    """
    found = entries(bob.vault)
    assert set(found) == anns.keys() | bobs.keys()
    ids = bob.vault.ids()
    assert (len(ids), set(ids)) == (len(found), set(found))
    for note_id, entry in found.items():
        newest = max((side[note_id] for side in (anns, bobs) if note_id in side), key=lambda each: each.mod)
        assert (entry.mod, entry.hash) == (newest.mod, newest.hash)
    assert len(bob.vault.read(NAME).splitlines()) == len(found) + 1
    assert bob.vault.check(now=LATER + 1).status == 0


@pytest.mark.parametrize("seed", range(10))
def test_with_the_line_in_gitattributes_a_merge_never_stops(tmp_path: Path, seed: int) -> None:
    assert not merge_conflicts(tmp_path, seed, union=True, moves=seed % 2 == 0)


@pytest.mark.parametrize("seed", range(10))
def test_without_it_the_next_build_repairs_what_git_left(tmp_path: Path, seed: int) -> None:
    """A renamed file changes the lines of all its cards: then git always stops. Else it depends on the size."""
    moves = seed % 2 == 0
    assert merge_conflicts(tmp_path, seed, union=False, moves=moves) or not moves


@pytest.mark.parametrize("attributes", ["", f"{UNION}\n"])
def test_a_card_that_both_edited_is_one_note_newer_than_either(tmp_path: Path, attributes: str) -> None:
    """Git takes both edits, of other lines of the card; neither lock line has the hash of what came out."""
    ann, bob = begin(tmp_path, 50, attributes)
    ann.edit("base 1.md", "Q: base 1 3?", "Q: base 1 3, said ann?")
    bob.edit("base 1.md", "  base 1 3.", "  base 1 3, said bob.")
    for person, now in ((ann, NOW + 500), (bob, NOW + 100)):
        assert person.vault.build(now=now).status == 0
        person.commit(person.name)
    before = (entries(ann.vault), entries(bob.vault))
    stopped = bob.git("pull", "--quiet", "--no-rebase", "--no-edit", str(ann.vault.folder), "HEAD", check=False)
    assert bool(stopped) is (not attributes)
    check = bob.vault.check(now=NOW)
    assert check.status == 3
    run = bob.vault.build(now=NOW)  # a clock that lags
    assert (run.status, run.codes) == (0, [] if attributes else ["A702"])
    found = entries(bob.vault)
    assert set(found) == set(before[0]) == set(before[1])
    changed = {note_id: entry.mod for note_id, entry in found.items() if entry.hash != before[0][note_id].hash}
    assert list(changed.values()) == [NOW + 501]
    assert "said ann" in bob.vault.read("base 1.md")
    assert "said bob" in bob.vault.read("base 1.md")
    assert bob.vault.check(now=NOW).status == 0


@pytest.mark.parametrize("attributes", ["", f"{UNION}\n"])
def test_one_edits_a_card_that_the_other_took_out(tmp_path: Path, attributes: str) -> None:
    """Git stops at the note; whoever keeps the card keeps its ID, and it is retired no more."""
    ann, bob = begin(tmp_path, 50, attributes)
    text = bob.vault.read("base 1.md")
    whole = text[text.index("Q: base 1 3?") : text.index("Q: base 1 4?")]
    ann.edit("base 1.md", whole, "")
    bob.edit("base 1.md", "Q: base 1 3?", "Q: base 1 3, said bob?")
    for person, now in ((ann, NOW + 500), (bob, NOW + 100)):
        assert person.vault.build(now=now).status == 0
        person.commit(person.name)
    kept = bob.vault.read("base 1.md")
    assert bob.git("pull", "--quiet", "--no-rebase", "--no-edit", str(ann.vault.folder), "HEAD", check=False) != 0
    bob.vault.write("base 1.md", kept)
    run = bob.vault.build(now=LATER)
    assert run.status == 0, run.err
    assert len(bob.vault.ids()) == len(set(bob.vault.ids())) == 50
    assert not any(entry.retired for entry in entries(bob.vault).values())
    assert bob.vault.check(now=LATER).status == 0
