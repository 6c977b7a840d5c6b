"""Twenty seconds of what `python -m tests.soak` does for ten minutes."""

import shutil
import sys
import time

import pytest

from tests.soak import Soak, growth
from tests.support import Vault
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
