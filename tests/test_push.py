"""`ankisync push` into a running Anki, over HTTP: what it sends, keeps, moves and deletes, and what it never does."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.anki_server import Server, served, without_live
from tests.anki_support import AFTER, BEFORE, change
from tests.support import Run, Vault

pytestmark = without_live

NOTE = "TARGET DECK: French\n\nQ: chat\nA: cat\n\nQ: chien\nA: dog\n"


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Server]:
    with served(tmp_path / "anki") as server:
        yield server


def push(vault: Vault, anki: Server, *arguments: str, now: float = BEFORE) -> Run:
    return vault.run("push", "--url", anki.url, *arguments, now=now)


def plan(vault: Vault, anki: Server, *arguments: str, now: float = BEFORE) -> dict[str, list[dict[str, object]]]:
    """What a push would do."""
    run = push(vault, anki, "--dry-run", "--format", "json", *arguments, now=now)
    found: dict[str, list[dict[str, object]]] = json.loads(run.out)["push"]
    return found


def backs(anki: Server, vault: Vault) -> list[str]:
    return [note["fields"]["Back"]["value"] if note else "-" for note in anki.notes(*vault.ids())]


def sends(anki: Server) -> int:
    return anki.requests.count("importPackage")


def test_a_first_push_sends_all_and_a_second_one_nothing(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    first = push(vault, anki)
    assert (first.status, first.codes) == (0, [])
    assert "pushed to User 1: 2 new" in first.out
    assert backs(anki, vault) == ["cat", "dog"]
    state = vault.state()
    asked = len(anki.requests)
    second = push(vault, anki)
    assert "pushed to User 1: nothing to send, 2 as in Anki" in second.out
    assert anki.requests[asked:] == ["multi", "notesModTime"]
    assert vault.state() == state
