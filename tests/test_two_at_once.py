"""Several ankisyncs on one vault: one after the other, no card gets two IDs, no ID is given twice, nobody hangs."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from ankisync.apply import files
from ankisync.apply.files import Outcome, Staged
from ankisync.cache import FOLDER
from ankisync.source import Digest
from tests.support import PYTHON, Vault
from tests.watch_support import watching

FUZZ = int(os.environ.get("ANKISYNC_FUZZ", "1"))
PATIENCE = 60.0
CARD = re.compile(r"Q: (card\d+)\nA: yes\n((?:<!--ID: \d+-->\n)*)")
HOLD = """
import time
from pathlib import Path
from ankisync.cache import hold
with hold(Path(), "the one"):
    print("held", flush=True)
    time.sleep(600)
"""


def start(folder: Path, *command: str) -> "subprocess.Popen[str]":
    """A process in a vault; those started one after the other run at once."""
    return subprocess.Popen(
        [PYTHON, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def ankisync(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return start(folder, "-m", "ankisync", *arguments)


def ended(processes: Iterable["subprocess.Popen[str]"]) -> list[tuple[int, str]]:
    """Wait for processes; their exit statuses and what they said is wrong."""
    said = [(each, each.communicate(timeout=PATIENCE)[1]) for each in processes]
    return [(each.returncode, err) for each, err in said]


class History:
    """All IDs that cards ever had."""

    def __init__(self, vault: Vault) -> None:
        self.vault, self.count = vault, 0
        self.ids: dict[str, int] = {}
        self.owners: dict[int, str] = {}
        vault.write("ankisync.toml", "write_after = 0.1\n")

    def add(self, name: str, cards: int = 3) -> None:
        """New cards at the end of a file."""
        old = (self.vault.folder / name).read_bytes().decode() if (self.vault.folder / name).exists() else ""
        new = [f"Q: card{number}\nA: yes\n\n" for number in range(self.count, self.count + cards)]
        self.count += cards
        self.vault.write(name, old + "".join(new))

    def cards(self) -> dict[str, list[int]]:
        """The cards as they stand in the files, each with its IDs."""
        found: dict[str, list[int]] = {}
        for path in sorted(self.vault.folder.rglob("*.md")):
            for card, ids in CARD.findall(path.read_bytes().decode()):
                assert card not in found, card
                found[card] = [int(each) for each in re.findall(r"\d+", ids)]
        return found

    def check(self, *, whole: bool = True) -> None:
        """No card lost its ID or got another one; no ID is another card's. Where `whole`, all cards have one."""
        found = self.cards()
        assert len(found) == self.count
        for card, ids in found.items():
            assert len(ids) == 1 or (not ids and not whole and card not in self.ids), (card, ids)
            for note_id in ids:
                assert self.ids.setdefault(card, note_id) == note_id
                assert self.owners.setdefault(note_id, card) == card

    def check_built(self) -> None:
        """Lock and decks hold just these IDs, and a build has nothing to do."""
        self.check()
        assert sorted(self.vault.lock().entries) == sorted(self.owners)
        before = self.vault.state()
        assert [status for status, _ in ended([ankisync(self.vault.folder, "build")])] == [0]
        assert self.vault.state() == before
        assert [path.name for path in self.vault.folder.rglob(".*") if ".ankisync-" in path.name] == []


@pytest.fixture
def history(vault: Vault) -> History:
    return History(vault)


def test_builds_started_at_the_same_moment(history: History) -> None:
    for step in range(3 * FUZZ):
        for number in range(3):
            history.add(f"n{(step + number) % 5}.md")
        ran = ended([ankisync(history.vault.folder, "build") for _ in range(3)])
        assert ran == [(0, "")] * 3
        history.check()
    history.check_built()


def test_a_watch_and_all_other_commands(history: History) -> None:
    history.add("n0.md")
    with watching(history.vault, "--settle", "0.02") as watched:
        for step in range(2 * FUZZ):
            history.add(f"n{step % 3}.md")
            commands = (("build",), ("touch", "--all"), ("adopt", "--none"), ("build", "n0.md"))
            ran = ended([ankisync(history.vault.folder, *each) for each in commands])
            told = [(status, err) for status, err in ran if status != 0 or "Traceback" in err]
            # `touch` and `adopt` do not wait for what they cannot overwrite; a build reads again with the next one.
            assert [each for each in told if each[0] != 1 or "A601" not in each[1]] == []
            history.check(whole=False)
        watched.wait(lambda: all(history.cards().values()))
        watched.settled()
        assert "Traceback" not in "\n".join(watched.err)
    for path in history.vault.folder.glob("settled*.md"):
        path.unlink()
    assert ended([ankisync(history.vault.folder, "build")])[0][0] == 0
    history.check()
    assert set(history.owners) <= history.vault.lock().entries.keys()


def test_builds_that_are_killed_beside_others(history: History) -> None:
    dice = random.Random(3)
    killed = 0
    for step in range(4 * FUZZ):
        for number in range(3):
            history.add(f"n{(step + number) % 5}.md")
        one, other = (ankisync(history.vault.folder, "build") for _ in range(2))
        time.sleep(0.05 + 0.15 * dice.random())
        one.kill()
        killed += ended([one])[0][0] == -signal.SIGKILL
        status, told = ended([other])[0]
        assert (status, re.sub(r"(?m)^.*A607.*\n.*\n", "", told)) == (0, "")
        history.check()
    assert killed > 0
    assert ended([ankisync(history.vault.folder, "build")])[0][0] == 0
    history.check_built()


def test_who_waits_says_for_whom_and_a_killed_holder_holds_nothing(history: History) -> None:
    history.add("n0.md")
    with start(history.vault.folder, "-c", HOLD) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        (waited,) = ended([ankisync(history.vault.folder, "build")])
        assert waited[0] == 1
        assert "error[A606]" in waited[1]
        assert "the one" in waited[1]
        assert history.cards() == {"card0": [], "card1": [], "card2": []}
        builds = [ankisync(history.vault.folder, "build") for _ in range(2)]
        time.sleep(0.5)
        holder.kill()
    assert ended(builds) == [(0, "")] * 2
    history.check_built()


def test_a_vault_by_another_name_is_the_same_vault(history: History, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(history.vault.folder)
    for step in range(2 * FUZZ):
        history.add(f"n{step % 2}.md")
        ran = ended([ankisync(each, "build") for each in (history.vault.folder, link, link)])
        assert ran == [(0, "")] * 3
        history.check()
    history.check_built()


def test_two_vaults_with_a_folder_in_common_give_one_id(history: History, tmp_path: Path) -> None:
    """Each has a lock of its own: who comes second finds the note changed, and reads it again in its next build."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "ankisync.toml").write_bytes(b"")
    (history.vault.folder / "shared").mkdir()
    (other / "common").symlink_to(history.vault.folder / "shared")
    for step in range(2 * FUZZ):
        for number in range(4):
            history.add(f"shared/n{(step + number) % 6}.md")
        ran = ended([ankisync(each, "build") for each in (history.vault.folder, other, other)])
        assert [each for each in ran if each[0] not in (0, 1) or "Traceback" in each[1]] == []
        ended([ankisync(history.vault.folder, "build")])
        history.check()
    assert [status for status, _ in ended([ankisync(other, "build")])] == [0]
    assert set(history.owners) <= Vault(other).lock().entries.keys()


@pytest.mark.parametrize("name", ["one.md", "ankisync.lock", "Default.apkg"])
def test_what_another_ankisync_stages_in_our_place_is_not_put_into_the_vault(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Of another vault with the same notes, or where the cache folder, and the lock in it, was deleted under us."""
    vault.write("one.md", "Q: first\nA: yes\n")
    assert vault.build().status == 0
    vault.write("one.md", vault.read("one.md") + "\nQ: second\nA: yes\n")
    before = vault.state()

    def theirs(staged: Staged) -> None:
        if staged.target.name == name:
            staged.path.unlink()
            staged.path.write_bytes(b"half of wha")

    exchange, commit = files.exchange_note, files.commit

    def exchange_theirs(staged: Staged, expected: Digest) -> Outcome:
        theirs(staged)
        return exchange(staged, expected)

    def commit_theirs(staged: Staged, expected: files.Before | None) -> bool:
        theirs(staged)
        return commit(staged, expected)

    monkeypatch.setattr("ankisync.apply.exchange_note", exchange_theirs)
    monkeypatch.setattr("ankisync.apply.commit", commit_theirs)
    assert vault.build(seed=2).codes == ["A601"]
    path = next(each for each in before if each.endswith(name))
    assert vault.state()[path] == before[path]
    monkeypatch.undo()
    assert vault.build(seed=3).status == 0
    assert vault.read("one.md").count("<!--ID") == 2


def test_the_lock_deleted_during_a_build_costs_no_note(history: History) -> None:
    """Then two builds are at work at once: neither breaks what the other does."""
    for step in range(2 * FUZZ):
        for number in range(4):
            history.add(f"n{(step + number) % 6}.md")
        builds = [ankisync(history.vault.folder, "build") for _ in range(3)]
        while any(each.poll() is None for each in builds):
            shutil.rmtree(history.vault.folder / FOLDER, ignore_errors=True)
            time.sleep(0.002)
        assert not [each for each in ended(builds) if each[0] not in (0, 1) or "Traceback" in each[1]]
        history.check(whole=False)
        assert ended([ankisync(history.vault.folder, "build")])[0][0] == 0
        history.check()


def test_a_note_that_is_moved_away_before_it_is_staged_is_read_again(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not refused, as if its folder were read-only; and the others are written."""
    vault.write("one.md", "Q: first\nA: yes\n")
    vault.write("b/two.md", "Q: second\nA: yes\n")
    stage = files.stage_note

    def moved(path: Path, content: bytes) -> Staged:
        if path.name == "two.md" and path.exists():
            path.parent.rename(vault.folder / "c")
        return stage(path, content)

    monkeypatch.setattr("ankisync.apply.stage_note", moved)
    ran = vault.build()
    assert (ran.codes, ran.status) == (["A601"], 1)
    assert "b/two.md" in ran.err
    assert "<!--ID" in vault.read("one.md")
    monkeypatch.undo()
    assert vault.build(seed=2).err == ""
    assert "<!--ID" in vault.read("c/two.md")
