"""Twenty seconds of what `python -m tests.soak` does for ten minutes."""

import shutil
import sys

import pytest

from tests.soak import Soak, growth
from tests.support import Vault


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("git") is None, reason="git is not here")
def test_nothing_is_lost_while_all_write_at_once(vault: Vault) -> None:
    soak = Soak(vault, seed=1)
    soak.run(20)
    # How often is up to the machine.
    assert soak.done["change"] > 0
    assert growth(soak.memory) < 1.5
