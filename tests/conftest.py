import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import Vault

# What CI finds must not depend on chance: new finds are made by hand, where examples differ from run to run.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """An empty vault that says it is one."""
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "ankisync.toml").write_bytes(b"")
    return Vault(folder)
