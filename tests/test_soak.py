"""Twenty seconds of what `python -m tests.soak` does for ten minutes, and what a watch keeps from build to build."""

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ankisync import filememory
from ankisync.build import Result, build
from ankisync.discover import Root, find_root
from ankisync.request import Request
from ankisync.shell import Shell
from ankisync.watching import loop, watch
from tests.kept import Kept, a_build, size
from tests.soak import KEPT_A_LINE, RESIDENT_A_LINE, Soak, Taken, growth
from tests.support import NOW, Vault
from tests.watch_support import watching


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("git") is None, reason="git is not here")
def test_nothing_is_lost_while_all_write_at_once(vault: Vault) -> None:
    soak = Soak(vault, seed=1)
    soak.run(20)
    # How often is up to the machine.
    assert soak.done["change"] > 0
    assert growth(soak.memory) < 1.5


CARD = "Q: what {0}?\nA: that {0}\n\n"
WARM, BUILDS = 100, 100
# A name that is kept is then to be seen.
LONG = "x" * 200


def edit(folder: Path, number: int) -> set[str]:
    path = folder / "a.md"
    path.write_bytes(re.sub(rb"A: \w+ \d+", b"A: edit %d" % number, path.read_bytes(), count=1))
    return {str(path)}


def rename(folder: Path, number: int) -> set[str]:
    """It has a name that it never had."""
    (before,) = folder.glob("r*.md")
    return {str(before), str(before.rename(folder / f"r{LONG}{number}.md"))}


def cut_and_paste(folder: Path, number: int) -> set[str]:
    """A card goes, and comes back the next time."""
    path, beside = folder / "a.md", folder / "clipboard"
    if number % 2:
        path.write_bytes(path.read_bytes() + beside.read_bytes())
    else:
        head, last = path.read_bytes().rsplit(b"Q: ", 1)
        path.write_bytes(head)
        beside.write_bytes(b"Q: " + last)
    return {str(path)}


def picture(folder: Path, number: int) -> set[str]:
    """One comes, and goes the next time, each with another name."""
    path = folder / f"p{LONG}{number - number % 2}.png"
    if number % 2:
        path.unlink()
    else:
        path.write_bytes(b"\x89PNG")
    return {str(path)}


def replace_card(folder: Path, number: int) -> set[str]:
    """One note retires, and another one is new."""
    path = folder / "a.md"
    head, *cards = re.split(r"(?=Q: )", path.read_bytes().decode())
    text = head + "".join(cards[1:]) + CARD.format(f"{1000 + number}")
    path.write_bytes(text.encode())
    return {str(path)}


class Over(Exception):
    """All that was to be done is done."""


def kept_by(vault: Vault, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path, int], set[str]]) -> list[Kept]:
    """What a watch keeps that sees this change before each build: after the first builds, and in the end."""
    vault.write("ankisync.toml", "write_after = 0\n")
    for name in ("a", "r", "z"):
        vault.write(f"{name}.md", "".join(CARD.format(f"{number}{ord(name)}") for number in range(4)))
    kept: list[Kept] = []

    def work() -> Iterator[set[str]]:
        for number in range(WARM + BUILDS + 1):
            if number in (WARM, WARM + BUILDS):
                kept.append(Kept(number, size(), vault.read("ankisync.lock").count("\n")))
            yield change(vault.folder, number)

    changes = work()

    class Hands:
        """Eyes that see what is done at their call."""

        delay = 0.0

        def __init__(self, *_: object) -> None: ...

        def changes(self, seconds: float) -> set[str]:
            if seconds > 0 and (found := next(changes, None)) is None:
                raise Over
            return found if seconds > 0 and found else set()

    # Files that are gone stay in the memory until there are so many of them: in a hundred builds, few.
    monkeypatch.setattr(filememory, "_SPARE", 5)
    monkeypatch.setattr(loop, "Notified", Hands)
    monkeypatch.chdir(vault.folder)
    with pytest.raises(Over):
        watch(Shell.start((), None, "text", quiet=True), 0.0, None, once=False)
    return kept


@pytest.mark.parametrize("change", [edit, rename, cut_and_paste, picture])
def test_a_watch_keeps_nothing_of_what_was(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path, int], set[str]]
) -> None:
    early, late = kept = kept_by(vault, monkeypatch, change)
    assert late.lines == early.lines
    assert a_build(kept, 0) < 50


def test_a_watch_keeps_little_of_a_note_that_retired(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    early, late = kept = kept_by(vault, monkeypatch, replace_card)
    assert late.lines > early.lines + BUILDS // 2
    assert a_build(kept, KEPT_A_LINE) < 50


def test_a_kilobyte_that_each_build_keeps_is_found(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    leaked: list[bytes] = []

    def leaking(folder: Path, number: int) -> set[str]:
        leaked.append(bytes(1000))
        return edit(folder, number)

    assert a_build(kept_by(vault, monkeypatch, leaking), 0) > 900


@pytest.mark.parametrize("leak", [0, 4])
def test_memory_that_the_lines_of_the_lock_take_is_no_growth(leak: int) -> None:
    """What is no line's is: 4 KiB at each look."""
    lines = [240 + 5 * number for number in range(1200)]
    memory = [Taken(round(32_000 + RESIDENT_A_LINE * each + leak * at), each) for at, each in enumerate(lines)]
    assert leak or growth(memory) < 1.001
    assert (growth(memory) > 1.04) == (leak > 0)


SAVED_IN_A_BUILD = """
import os
from pathlib import Path
from ankisync.watching import loop
seed = loop.random_seed
def save():
    if Path("go").exists():
        Path("go").unlink()
        Path("new.md").write_bytes(b"TARGET DECK: N\\n\\nQ: new\\nA: the first half of")
    return seed()
loop.random_seed = save
"""


def test_a_note_that_is_saved_while_a_build_begins_is_left_until_it_is_still(vault: Vault) -> None:
    """The watch has not seen it when it decides what is still; but the build reads it, half written."""
    after = 1.5
    vault.write("ankisync.toml", f"write_after = {after}\n")
    vault.write("a.md", "TARGET DECK: A\n\nQ: one\nA: yes\n")
    vault.build(now=time.time() - 100)
    with watching(vault, "--settle", "0.01", before=SAVED_IN_A_BUILD) as watched:
        vault.write("go", "")
        vault.write("a.md", vault.read("a.md").replace("one", "two"))
        watched.wait(lambda: watched.fronts() == ["two"])
        watched.wait(lambda: watched.read("new.md"))
        saved = (vault.folder / "new.md").stat().st_mtime
        watched.wait(lambda: watched.has_id("new.md"))
        assert (vault.folder / "new.md").stat().st_mtime >= saved + after - 0.02
        watched.wait(lambda: watched.fronts("N") == ["new"])
        assert watched.err == []


@pytest.mark.parametrize("restless", [True, False])
def test_what_is_missing_in_a_file_that_is_being_saved_is_not_lost(vault: Vault, restless: bool) -> None:
    """An editor that saves in place makes the file empty first. Its cards are not retired for that, and a copy of one
    gets no ID that comes back in the next moment.
    """
    card = "Q: one\nA: yes\n"
    vault.write("x.md", card)
    assert vault.build().status == 0
    full = vault.read("x.md")
    vault.write("x.md", "")
    vault.write("y.md", card)
    root = find_root((vault.folder,))
    assert isinstance(root, Root)
    held = frozenset(["x.md"] if restless else [])
    result = build(Request(root, (), int(NOW * 1000) + 9000, 5, restless=held))
    assert isinstance(result, Result)
    assert [each.code for each in result.diagnostics] == ([] if restless else ["A406"])
    assert ("y.md" in result.written) == (not restless)
    if restless:
        vault.write("x.md", full)
        assert vault.build(now=NOW + 20, seed=6).err == ""
        assert len(set(vault.ids())) == 2
    else:
        assert vault.read("y.md") == full


def test_a_card_that_is_deleted_beside_a_watch_is_retired_when_its_file_is_still(vault: Vault) -> None:
    vault.write("ankisync.toml", "write_after = 0.5\n")
    vault.write("x.md", "Q: one\nA: yes\n\nQ: two\nA: yes\n")
    vault.build(now=time.time() - 100)
    text = vault.read("x.md")
    with watching(vault, "--settle", "0.01") as watched:
        vault.write("x.md", text[: text.index("Q: two")])
        watched.wait(lambda: watched.fronts("Default") == ["one"])
        watched.wait(lambda: watched.codes == ["A408"])
