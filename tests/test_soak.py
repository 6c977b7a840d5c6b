"""Twenty seconds of what `python -m tests.soak` does for ten minutes."""

import shutil
import sys
import time

import pytest

from ankisync.build import Result, build
from ankisync.discover import Root, find_root
from ankisync.request import Request
from tests.soak import Soak, growth
from tests.support import NOW, Vault
from tests.watch_support import watching


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("git") is None, reason="git is not here")
def test_nothing_is_lost_while_all_write_at_once(vault: Vault) -> None:
    soak = Soak(vault, seed=1)
    soak.run(20)
    # How often is up to the machine.
    assert soak.done["change"] > 0
    assert growth(soak.memory) < 1.5


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
