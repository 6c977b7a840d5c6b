"""`ankisync push` with nothing but HTTP to look through: into the stand-in or, where ANKISYNC_LIVE_URL is set, into a
real Anki that is open on this machine (`tests/anki_server.py` says which profiles it may have).
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ankisync.pushing.reach import KEY
from tests.anki_server import Asked, reached, served, without_live
from tests.anki_support import AFTER, BEFORE, change
from tests.support import PYTHON, Run, Vault

NOTE = "TARGET DECK: French\n\nQ: chat\nA: cat\n\nQ: chien\nA: dog\n"
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"


@pytest.fixture
def anki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    with reached(tmp_path / "anki") as anki:
        if anki.key:
            monkeypatch.setenv(KEY, anki.key)
        yield anki


@pytest.fixture
def pushed(vault: Vault, anki: Asked) -> Vault:
    """Two notes that are in Anki."""
    vault.write("a.md", NOTE)
    assert push(vault, anki).status == 0
    return vault


def push(vault: Vault, anki: Asked, *arguments: str, now: float = BEFORE) -> Run:
    return vault.run("push", "--url", anki.url, *arguments, now=now)


def backs(vault: Vault, anki: Asked) -> list[str]:
    return [note["fields"]["Back"]["value"] if note else "-" for note in anki.notes(*vault.ids())]


def count(anki: Asked) -> int:
    return len(anki.names("findNotes", query="deck:*"))


def decks(vault: Vault, anki: Asked) -> set[str]:
    cards = [card for note in anki.notes(*vault.ids()) for card in note["cards"]]
    return set(anki.names("getDecks", cards=cards))


def mods(vault: Vault, anki: Asked) -> object:
    return anki.ask("notesModTime", notes=vault.ids())


def cut(vault: Vault, start: str) -> None:
    """Take a file's text from there on away."""
    text = vault.read("a.md")
    vault.write("a.md", text[: text.index(start)])


def test_a_first_push_sends_all_and_a_second_one_nothing(vault: Vault, anki: Asked) -> None:
    vault.write("a.md", NOTE)
    first = push(vault, anki)
    assert (first.status, first.codes) == (0, [])
    assert f"pushed to {anki.ask('getActiveProfile')}: 2 new" in first.out
    assert (backs(vault, anki), decks(vault, anki)) == (["cat", "dog"], {"French"})
    before, state = mods(vault, anki), vault.state()
    assert "nothing to send, 2 as in Anki" in push(vault, anki, now=BEFORE + 30).out
    assert (mods(vault, anki), vault.state(), count(anki)) == (before, state, 2)


def test_an_edit_arrives_in_the_note_that_is_there(pushed: Vault, anki: Asked) -> None:
    before = anki.notes(*pushed.ids())
    change(pushed, "a.md", "A: cat", "A: tomcat")
    run = push(pushed, anki, now=BEFORE + 60)
    assert ("1 changed, 1 as in Anki" in run.out, run.codes) == (True, [])
    assert (backs(pushed, anki), count(anki)) == (["tomcat", "dog"], 2)
    after = anki.notes(*pushed.ids())
    assert [note["cards"] for note in after] == [note["cards"] for note in before]
    assert after[1] == before[1]


def test_cards_follow_the_deck_of_their_file(pushed: Vault, anki: Asked) -> None:
    change(pushed, "a.md", "TARGET DECK: French", "TARGET DECK: French::Animals")
    assert "2 moved" in push(pushed, anki, now=BEFORE + 60).out
    assert decks(pushed, anki) == {"French::Animals"}
    assert "nothing to send" in push(pushed, anki, now=BEFORE + 90).out


def test_a_card_that_was_moved_in_anki_stays_there(pushed: Vault, anki: Asked) -> None:
    (card, *_) = anki.notes(pushed.ids()[0])[0]["cards"]
    anki.ask("changeDeck", cards=[card], deck="Mine")
    change(pushed, "a.md", "A: cat", "A: tomcat")
    push(pushed, anki, now=AFTER)
    assert (decks(pushed, anki), backs(pushed, anki)) == ({"Mine", "French"}, ["tomcat", "dog"])


def test_retired_notes_stay_until_deleting_is_asked_for(pushed: Vault, anki: Asked) -> None:
    cut(pushed, "Q: chien")
    assert push(pushed, anki, now=BEFORE + 60).codes == ["A408", "A809"]
    assert push(pushed, anki, "--delete", now=BEFORE + 70).codes == ["A813"]
    assert count(anki) == 2
    done = push(pushed, anki, "--delete", "--yes", now=BEFORE + 80)
    assert (done.status, "1 deleted" in done.out, count(anki)) == (0, True, 1)
    assert backs(pushed, anki) == ["cat"]


@pytest.mark.parametrize("with_edit", [True, False])
def test_an_edit_in_anki_is_kept_until_forced(pushed: Vault, anki: Asked, with_edit: bool) -> None:
    anki.ask("updateNoteFields", note={"id": pushed.ids()[0], "fields": {"Back": "my cat"}})
    if with_edit:
        change(pushed, "a.md", "A: cat", "A: tomcat")
    run = push(pushed, anki, now=AFTER)
    assert (run.status, run.codes) == (0, ["A803" if with_edit else "A802"])
    assert backs(pushed, anki) == ["my cat", "dog"]
    assert "1 changed" in push(pushed, anki, "--force", now=AFTER + 60).out
    assert backs(pushed, anki) == ["tomcat" if with_edit else "cat", "dog"]
    assert "nothing to send" in push(pushed, anki, now=AFTER + 90).out


def test_a_note_that_was_deleted_in_anki_comes_back(pushed: Vault, anki: Asked) -> None:
    anki.ask("deleteNotes", notes=pushed.ids()[:1])
    assert count(anki) == 1
    run = push(pushed, anki, now=BEFORE + 60)
    assert ("1 returning" in run.out, run.codes) == (True, ["A808"])
    assert backs(pushed, anki) == ["cat", "dog"]
    assert push(pushed, anki, now=BEFORE + 90).codes == []


def test_notes_of_the_user_are_left_alone(pushed: Vault, anki: Asked) -> None:
    anki.ask("createDeck", deck="French")
    fields = {"Front": "chat", "Back": "mine"}
    own = anki.ask("addNote", note={"deckName": "French", "modelName": "Basic", "fields": fields})
    (before,) = anki.notes(int(str(own)))
    change(pushed, "a.md", "A: cat", "A: tomcat")
    cut(pushed, "Q: chien")
    assert push(pushed, anki, "--delete", "--yes", now=AFTER).status == 0
    assert (anki.notes(int(str(own))), count(anki)) == ([before], 2)


def test_a_picture_goes_along(vault: Vault, anki: Asked) -> None:
    vault.write("cat.gif", GIF)
    vault.write("a.md", "TARGET DECK: French\n\nQ: chat\nA: ![[cat.gif]]\n")
    assert push(vault, anki).status == 0
    (back,) = backs(vault, anki)
    (name,) = re.findall(r'src="([^"]+)"', back)
    assert isinstance(anki.ask("retrieveMediaFile", filename=name), str)


def test_a_dry_run_changes_nothing(pushed: Vault, anki: Asked) -> None:
    change(pushed, "a.md", "A: cat", "A: tomcat")
    pushed.write("b.md", "Q: new\nA: one\n")
    before, state = mods(pushed, anki), pushed.state()
    assert "1 new, 1 changed, 1 as in Anki" in push(pushed, anki, "--dry-run", now=BEFORE + 60).out
    assert (mods(pushed, anki), pushed.state(), count(anki)) == (before, state, 2)


def test_a_wrong_key_is_told_and_changes_nothing(pushed: Vault, anki: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    if not anki.key:
        pytest.skip("this Anki wants no key")
    change(pushed, "a.md", "A: cat", "A: tomcat")
    for wrong in ("wrong", ""):
        monkeypatch.setenv(KEY, wrong)
        run = push(pushed, anki, now=BEFORE + 60)
        assert (run.status, run.codes, "ANKISYNC_ANKICONNECT_KEY" in run.err) == (1, ["A801"], True)
    assert backs(pushed, anki) == ["cat", "dog"]
    monkeypatch.setenv(KEY, anki.key)
    push(pushed, anki, now=BEFORE + 90)
    assert backs(pushed, anki) == ["tomcat", "dog"]


def live(url: str, key: str) -> subprocess.CompletedProcess[str]:
    """This file, run as against a real Anki."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_CORE_"))}
    environment = {**own, "ANKISYNC_LIVE_URL": url, "ANKISYNC_LIVE_KEY": key}
    command = [PYTHON, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-p", "no:xdist", __file__]
    here = Path(__file__).parent.parent
    return subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False, timeout=300)


@without_live
def test_these_tests_run_against_an_anki_of_another_process(tmp_path: Path) -> None:
    with served(tmp_path / "anki", "My tests", key="secret") as server:
        ended = live(server.url, "secret")
        assert ended.returncode == 0, ended.stdout
        skipped = re.findall(r"^SKIPPED .*: (.+)$", ended.stdout, re.MULTILINE)
        assert set(skipped) == {"a real Anki takes no faults to order"}


@without_live
def test_a_profile_that_is_not_for_tests_is_not_emptied(tmp_path: Path) -> None:
    with served(tmp_path / "anki", "User 1") as server:
        server.ask("createDeck", deck="Mine")
        ended = live(server.url, "")
        assert ended.returncode != 0
        assert "the profile 'User 1' would be emptied" in ended.stdout + ended.stderr
        assert "Mine" in server.names("deckNames")
