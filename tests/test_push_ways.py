"""The options that say to which Anki a push goes; what each way does is in `test_push_collection.py` and so on."""

from pathlib import Path

import anki.collection
import pytest

from tests.anki_support import BEFORE, change
from tests.support import Vault
from tests.test_push import NOTE


def test_a_closed_collection(tmp_path: Path, vault: Vault) -> None:
    file = tmp_path / "User 1" / "collection.anki2"
    file.parent.mkdir()
    anki.collection.Collection(str(file)).close()
    vault.write("a.md", NOTE)
    first = vault.run("push", "--collection", file, now=BEFORE)
    assert (first.status, f"pushed to {file}: 2 new" in first.out) == (0, True)
    assert "nothing to send, 2 as in Anki" in vault.run("push", "--collection", file, now=BEFORE + 30).out
    change(vault, "a.md", "A: cat", "A: tomcat")
    dry = vault.run("push", "--collection", file, "--dry-run", now=BEFORE + 60)
    assert "would push" in dry.out
    assert "1 changed" in vault.run("push", "--collection", file, now=BEFORE + 90).out
    col = anki.collection.Collection(str(file))
    try:
        assert sorted(col.get_note(note)["Back"] for note in col.find_notes("")) == ["dog", "tomcat"]
    finally:
        col.close()


def test_a_collection_that_is_none(tmp_path: Path, vault: Vault) -> None:
    vault.write("a.md", NOTE)
    run = vault.run("push", "--collection", tmp_path / "nothing.anki2", now=BEFORE)
    assert (run.status, run.codes) == (1, ["A801"])


def test_without_the_extra(tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.write("a.md", NOTE)
    monkeypatch.setitem(__import__("sys").modules, "anki.collection", None)
    run = vault.run("push", "--collection", tmp_path / "nothing.anki2", now=BEFORE)
    assert (run.status, 'pip install "ankisync-md[anki]"' in run.err) == (2, True)


def test_a_sync_server_wants_a_user(vault: Vault) -> None:
    vault.write("a.md", NOTE)
    run = vault.run("push", "--sync", "http://127.0.0.1:9")
    assert (run.status, "ANKISYNC_SYNC_USER" in run.err) == (2, True)


def test_a_sync_server_that_is_not_there(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANKISYNC_SYNC_USER", "me")
    monkeypatch.setenv("ANKISYNC_SYNC_PASSWORD", "secret")
    vault.write("a.md", NOTE)
    run = vault.run("push", "--sync", "http://127.0.0.1:9", now=BEFORE)
    assert (run.status, run.codes) == (1, ["A801"])


def test_one_anki_at_a_time(vault: Vault) -> None:
    assert vault.run("push", "--sync", "http://127.0.0.1:9", "--url", "http://127.0.0.1:8765").status == 2
