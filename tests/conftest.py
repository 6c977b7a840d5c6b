from pathlib import Path

import pytest

from tests.support import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """An empty vault that says it is one."""
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "ankisync.toml").write_bytes(b"")
    return Vault(folder)
