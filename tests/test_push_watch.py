"""`ankisync watch --push`: a card that is saved is the card in Anki, as soon as there is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.anki_server import Server, served, without_live
from tests.anki_support import change
from tests.support import Vault
from tests.watch_support import watching

pytestmark = without_live

NOTE = "TARGET DECK: A\n\nQ: chat\nA: cat\n"
HASTY = "import ankisync.watching.pusher as p; p._AGAIN = 0.2; p._PATIENCE = 0.5"


@pytest.fixture
def anki(tmp_path: Path, vault: Vault) -> Iterator[Server]:
    with served(tmp_path / "anki") as server:
        vault.write("ankisync.toml", f'anki_url = "{server.url}"\nwrite_after = 0.1\n')
        vault.write("a.md", NOTE)
        yield server


def backs(anki: Server) -> list[str]:
    if not anki.running:
        return []
    found = [int(str(each)) for each in anki.names("findNotes", query="deck:*")]
    return sorted(note["fields"]["Back"]["value"] for note in anki.notes(*found))


def test_what_is_saved_is_pushed(vault: Vault, anki: Server) -> None:
    with watching(vault, "--push") as watched:
        assert backs(anki) == ["cat"]
        change(vault, "a.md", "A: cat", "A: tomcat")
        watched.wait(lambda: backs(anki) == ["tomcat"])
        watched.wait(lambda: "pushed to User 1: 1 changed" in watched.lines)
        watched.settled()
        watched.wait(lambda: "pushed to User 1: 1 new" in watched.lines[1:])
        assert anki.requests.count("importPackage") == 3


def test_anki_that_is_not_there_is_caught_up_with(vault: Vault, anki: Server) -> None:
    anki.stop()
    with watching(vault, "--push", before=HASTY) as watched:
        change(vault, "a.md", "A: cat", "A: tomcat")
        watched.settled()
        assert sum("not pushed yet" in line for line in watched.err) == 1
        anki.start()
        watched.wait(lambda: any("pushed to User 1: 2 new" in line for line in watched.lines))
        assert backs(anki) == ["tomcat", "yes"]
        anki.stop()
        change(vault, "a.md", "A: tomcat", "A: wild cat")
        watched.wait(lambda: sum("not pushed yet" in line for line in watched.err) == 2)
        anki.start()
        watched.wait(lambda: "wild cat" in backs(anki))


def test_a_dialog_in_anki_delays_no_deck(vault: Vault, anki: Server) -> None:
    with watching(vault, "--push", before=HASTY) as watched:
        with anki.dialog():
            change(vault, "a.md", "A: cat", "A: tomcat")
            watched.settled()
            watched.wait(lambda: any("is a dialog open in Anki?" in line for line in watched.err))
        watched.wait(lambda: backs(anki) == ["tomcat", "yes"])


def test_what_is_retired_is_told_and_stays(vault: Vault, anki: Server) -> None:
    with watching(vault, "--push") as watched:
        vault.write("a.md", "TARGET DECK: A\n\nnothing\n")
        watched.wait(lambda: "A809" in watched.codes)
        watched.settled()
        assert watched.codes.count("A809") == 1
        watched.wait(lambda: backs(anki) == ["cat", "yes"])


def test_another_profile_is_left_alone(tmp_path: Path, vault: Vault, anki: Server) -> None:
    assert vault.run("push").status == 0
    (anki.folder / "Other").mkdir()
    anki.addon.profiles.names = ("User 1", "Other")
    anki.addon.profiles.open("Other")
    with watching(vault, "--push", before=HASTY) as watched:
        watched.wait(lambda: any("`ankisync push` asks" in line for line in watched.err))
        assert backs(anki) == []


def test_once(vault: Vault, anki: Server) -> None:
    assert vault.run("watch", "--once", "--push").status == 0
    assert backs(anki) == ["cat"]


def test_without_push_nothing_is_asked_of_anki(vault: Vault, anki: Server) -> None:
    assert vault.run("watch", "--once").status == 0
    assert anki.requests == []
