"""What can go wrong between `ankisync push` and Anki: nothing is lost, nothing doubled, the next push puts it right."""

from pathlib import Path

import pytest

from ankisync.anki import connect
from tests.anki_server import Fault, Server, served, without_live
from tests.anki_support import BEFORE, change
from tests.support import Vault
from tests.test_push import NOTE, backs, push

pytestmark = without_live

FAULTS: tuple[Fault, ...] = ("stop before", "stop after", "silent", "garbage", "half")


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a minute."""
    monkeypatch.setattr("ankisync.pushing.PATIENCE", 1.0)
    monkeypatch.setattr(connect, "_ANSWER", 1.0)
    monkeypatch.setattr(connect, "_IMPORT", 1.0)


# One that is silent takes its time, and is the same as any other for what is not asked after it.
@pytest.mark.parametrize(
    ("fault", "request_"),
    [(fault, number) for fault in FAULTS for number in range(1, 9) if fault != "silent" or number in (1, 3, 6)],
)
def test_a_push_that_breaks_off_is_made_good_by_the_next(
    tmp_path: Path, vault: Vault, fault: Fault, request_: int
) -> None:
    with served(tmp_path / "anki") as anki:
        vault.write("a.md", NOTE)
        vault.write("b.md", "TARGET DECK: Old\n\nQ: moved\nA: away\n")
        assert push(vault, anki).status == 0
        change(vault, "a.md", "A: cat", "A: tomcat")
        change(vault, "b.md", "TARGET DECK: Old", "TARGET DECK: New\n\nQ: more\nA: of it\n")
        anki.fault(fault, request_)
        run = push(vault, anki, now=BEFORE + 60)
        assert (run.status, run.codes.count("A801")) == (1, 1)
        if not anki.running:
            anki.start()
        push(vault, anki, now=BEFORE + 120)
        assert backs(anki, vault) == ["tomcat", "dog", "of it", "away"]
        assert anki.col.note_count() == 4
        (card,) = anki.notes(vault.ids()[3])[0]["cards"]
        assert anki.ask("getDecks", cards=[card]) == {"New": [card]}
        sent = anki.requests.count("importPackage")
        assert "nothing to send" in push(vault, anki, now=BEFORE + 180).out
        assert anki.requests.count("importPackage") == sent


def test_what_was_forced_before_a_push_broke_off_is_no_edit(tmp_path: Path, vault: Vault) -> None:
    with served(tmp_path / "anki") as anki:
        vault.write("a.md", NOTE)
        push(vault, anki)
        anki.ask("updateNoteFields", note={"id": vault.ids()[0], "fields": {"Back": "my cat"}})
        anki.fault("stop after", 6)
        assert push(vault, anki, "--force", now=BEFORE + 30).codes == ["A801"]
        anki.start()
        assert backs(anki, vault)[0] == "cat"
        change(vault, "a.md", "A: cat", "A: tomcat")
        run = push(vault, anki, now=BEFORE + 60)
        assert (run.codes, backs(anki, vault)[0]) == ([], "tomcat")


def test_no_anki(vault: Vault) -> None:
    vault.write("a.md", NOTE)
    run = vault.run("push", "--url", "http://127.0.0.1:9", now=BEFORE)
    assert (run.status, run.codes) == (1, ["A801"])
    assert "is Anki open, with the add-on AnkiConnect?" in run.err
    assert (vault.folder / "decks" / "French.apkg").is_file()


def test_something_else_on_the_port(tmp_path: Path, vault: Vault) -> None:
    with served(tmp_path / "anki") as anki:
        vault.write("a.md", NOTE)
        anki.fault("garbage")
        run = push(vault, anki)
    assert "is not AnkiConnect" in run.err


@pytest.mark.parametrize(("key", "status"), [("wrong", 1), ("right", 0), (None, 1)])
def test_a_key(tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, key: str | None, status: int) -> None:
    if key:
        monkeypatch.setenv("ANKISYNC_ANKICONNECT_KEY", key)
    with served(tmp_path / "anki", key="right") as anki:
        vault.write("a.md", NOTE)
        run = push(vault, anki)
        assert run.status == status
        assert ("set ANKISYNC_ANKICONNECT_KEY" in run.err) == bool(status)


def test_a_key_in_the_config_serves_too(tmp_path: Path, vault: Vault) -> None:
    with served(tmp_path / "anki", key="right") as anki:
        vault.write("a.md", NOTE)
        vault.write("ankisync.toml", f'anki_key = "right"\nanki_url = "{anki.url}"\n')
        assert vault.run("push", now=BEFORE).status == 0
        assert backs_by(anki, "right", vault) == ["cat", "dog"]


def backs_by(anki: Server, key: str, vault: Vault) -> list[str]:
    assert anki.key == key
    return backs(anki, vault)


def test_a_config_leads_to_no_other_machine(vault: Vault) -> None:
    vault.write("a.md", NOTE)
    vault.write("ankisync.toml", 'anki_url = "http://anki.example.org:8765"\n')
    run = vault.run("push", now=BEFORE)
    assert (run.status, "another machine" in run.err) == (2, True)
    assert not (vault.folder / "decks").exists()


@pytest.mark.parametrize("url", ["anki", "ftp://127.0.0.1", "http://", "http://127.0.0.1:x"])
def test_a_url_that_is_none(vault: Vault, url: str) -> None:
    assert vault.run("push", "--url", url).status == 2


def test_an_old_version(tmp_path: Path, vault: Vault) -> None:
    """It sets the time of the import, and does not tell it in `notesInfo`."""
    with served(tmp_path / "anki", old=True) as anki:
        vault.write("a.md", NOTE)
        assert push(vault, anki).status == 0
        for number, text in enumerate(("tomcat", "wild cat")):
            change(vault, "a.md", "A: cat" if not number else "A: tomcat", f"A: {text}")
            run = push(vault, anki, now=BEFORE + 60 + number)
            assert (run.codes, "1 changed" in run.out) == ([], True)
            assert backs(anki, vault) == [text, "dog"]
        assert "nothing to send" in push(vault, anki, now=BEFORE + 180).out


def test_another_profile(tmp_path: Path, vault: Vault) -> None:
    with served(tmp_path / "anki", "Anna", "Bert") as anki:
        vault.write("a.md", NOTE)
        assert "pushed to Anna: 2 new" in push(vault, anki).out
        anki.addon.profiles.open("Bert")
        run = push(vault, anki, now=BEFORE + 30)
        assert (run.status, run.codes) == (1, ["A811"])
        assert anki.col.note_count() == 0
        run = push(vault, anki, "--yes", now=BEFORE + 60)
        assert (run.codes, "pushed to Bert: 2 new" in run.out) == ([], True)
        assert anki.col.note_count() == 2
        assert "nothing to send" in push(vault, anki, now=BEFORE + 90).out


def test_a_profile_that_is_about_to_open_is_waited_for(tmp_path: Path, vault: Vault) -> None:
    with served(tmp_path / "anki", "Anna") as anki:
        vault.write("a.md", NOTE)
        anki.addon.profiles.open_soon("Anna")
        assert push(vault, anki).status == 0


def test_a_dialog(tmp_path: Path, vault: Vault) -> None:
    with served(tmp_path / "anki") as anki:
        vault.write("a.md", NOTE)
        with anki.dialog():
            run = push(vault, anki)
        assert "is a dialog open in Anki?" in run.err
        assert push(vault, anki, now=BEFORE + 60).status == 0
        assert anki.col.note_count() == 2


def test_two_pushes_at_once_take_turns(tmp_path: Path, vault: Vault) -> None:
    from ankisync import cache

    with served(tmp_path / "anki") as anki, cache.hold(vault.folder, "somebody", pushes=True):
        vault.write("a.md", NOTE)
        run = push(vault, anki)
        assert (run.status, run.codes, "somebody" in run.err) == (1, ["A606"], True)
        assert anki.requests == []
