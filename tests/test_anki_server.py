"""The stand-in for AnkiConnect has the traps that the real one has (`reference/anki-connect.md`); each once."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import genanki
import pytest

from tests.anki_server import BODY_LIMIT, Asked, Fault, Refused, Server, reached, served, without_live
from tests.support import NOW, Vault

pytestmark = without_live


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Server]:
    with served(tmp_path / "anki") as server:
        yield server


def package(vault: Vault, text: str = "TARGET DECK\nFrench::Words\n\nQ: chat\nA: cat\n") -> Path:
    vault.write("a.md", text)
    assert vault.build().status == 0
    (found,) = (vault.folder / "decks").glob("*.apkg")
    return found


def taken(anki: Server, vault: Vault) -> int:
    """One note in Anki."""
    assert anki.ask("importPackage", path=str(package(vault))) is True
    (note,) = vault.ids()
    return note


def basic(deck: str, front: str = "f") -> dict[str, object]:
    return {"deckName": deck, "modelName": "Basic", "fields": {"Front": front, "Back": "b"}}


def test_an_import_keeps_the_note_id_and_is_read_back(anki: Server, vault: Vault) -> None:
    note = taken(anki, vault)
    (info,) = anki.notes(note)
    assert (info["noteId"], info["modelName"], info["profile"]) == (note, "ankisync Basic", "User 1")
    assert info["fields"]["Front"] == {"value": "chat", "order": 0}
    assert anki.ask("notesModTime", notes=[note]) == [{"noteId": note, "mod": info["mod"]}]
    assert anki.ask("getDecks", cards=info["cards"]) == {"French::Words": info["cards"]}
    assert anki.ask("findNotes", query=f"nid:{note}") == [note]
    (card,) = anki.rows("cardsInfo", cards=info["cards"])
    assert (card["deckName"], card["note"], card["ord"]) == ("French::Words", note, 0)


def test_what_is_not_there_is_an_empty_answer_in_its_place(anki: Server, vault: Vault) -> None:
    note = taken(anki, vault)
    first, second = anki.notes(42, note)
    assert (first, second["noteId"]) == ({}, note)
    assert anki.ask("notesModTime", notes=[42]) == [{}]
    assert anki.ask("cardsInfo", cards=[42]) == [{}]
    assert anki.ask("getDecks", cards=[42]) == {"Default": [42]}
    assert anki.ask("deleteNotes", notes=[42]) is None


def test_moves_deletes_and_decks(anki: Server, vault: Vault) -> None:
    note = taken(anki, vault)
    cards = anki.ask("findCards", query=f"nid:{note}")
    assert anki.ask("changeDeck", cards=cards, deck="New:: Deep ") is None
    assert anki.ask("getDecks", cards=cards) == {"New::Deep": cards}
    assert anki.ask("createDeck", deck="new::deep") == anki.ask("deckNamesAndIds")["New::Deep"]  # type: ignore[index]
    anki.ask("deleteNotes", notes=[note])
    assert anki.ask("findNotes", query="deck:*") == []


def test_a_path_is_taken_from_ankis_own_folder(anki: Server, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(package(vault).parent)
    with pytest.raises(Refused):
        anki.ask("importPackage", path="French.apkg")


def test_a_package_of_the_same_second_is_passed_over_and_true_is_all_that_is_said(anki: Server, vault: Vault) -> None:
    note = taken(anki, vault)
    anki.ask("updateNoteFields", note={"id": note, "fields": {"Back": "mine"}})
    assert anki.ask("importPackage", path=str(package(vault))) is True
    assert anki.col.get_note(note)["Back"] == "mine"  # type: ignore[arg-type]


def test_a_field_that_is_added_takes_the_changed_content_with_it(anki: Server, tmp_path: Path) -> None:
    def import_of(names: tuple[str, ...], answer: str, when: float) -> None:
        sides = [{"name": "Card 1", "qfmt": "{{Front}}", "afmt": "{{Back}}"}]
        model = genanki.Model(1_607_392_319, "Ours", fields=[{"name": name} for name in names], templates=sides)
        deck = genanki.Deck(2_059_400_110, "D")
        deck.add_note(genanki.Note(model=model, guid="g", fields=["q", answer, *("new" for _ in names[2:])]))
        genanki.Package(deck).write_to_file(tmp_path / "one.apkg", timestamp=when)
        anki.ask("importPackage", path=str(tmp_path / "one.apkg"))

    now = time.time()
    import_of(("Front", "Back"), "old", now - 100)
    import_of(("Front", "Back", "Extra"), "changed", now - 50)
    (note,) = anki.notes(*anki.col.find_notes("deck:D"))
    assert [field["value"] for field in note["fields"].values()] == ["q", "old", ""]
    assert anki.ask("modelFieldNames", modelName="Ours") == ["Front", "Back", "Extra"]


def test_what_is_stored_is_normalised(anki: Server, vault: Vault) -> None:
    note = taken(anki, vault)
    anki.ask("updateNoteFields", note={"id": note, "fields": {"Back": "e\u0301\r\nb", "back": "no such field"}})
    anki.ask("addTags", notes=[note], tags="one two")
    (info,) = anki.notes(note)
    assert (info["fields"]["Back"]["value"], sorted(info["tags"])) == ("\xe9\nb", ["one", "two"])


def test_notetypes(anki: Server) -> None:
    assert "Basic" in anki.names("modelNames")
    assert anki.names("modelNamesAndIds") == anki.names("modelNames")
    anki.ask("modelFieldAdd", modelName="Basic", fieldName="Note", index=0)
    assert anki.ask("modelFieldNames", modelName="Basic") == ["Note", "Front", "Back"]
    anki.ask("updateModelStyling", model={"name": "Basic", "css": "b {}"})
    anki.ask("updateModelTemplates", model={"name": "Basic", "templates": {"Card 1": {"Front": "{{Front}}!"}}})
    assert anki.ask("modelStyling", modelName="Basic") == {"css": "b {}"}
    assert anki.ask("modelTemplates", modelName="Basic")["Card 1"]["Front"] == "{{Front}}!"  # type: ignore[index]
    with pytest.raises(Refused, match=r"^model was not found: None such$"):
        anki.ask("modelFieldNames", modelName="None such")


def test_media_arrive_with_the_package_and_come_back_as_base64(anki: Server, vault: Vault) -> None:
    vault.write("p.gif", b"GIF89a")
    anki.ask("importPackage", path=str(package(vault, "TARGET DECK\nD\n\nQ: a\nA: ![](p.gif)\n")))
    (name,) = anki.names("getMediaFilesNames")
    assert anki.ask("retrieveMediaFile", filename=name) == "R0lGODlh"
    assert anki.ask("retrieveMediaFile", filename="none.gif") is False


@pytest.mark.parametrize(("version", "bare"), [(None, True), (4, True), (5, False), (6, False)])
def test_a_request_without_version_is_answered_without_envelope(anki: Server, version: int | None, bare: bool) -> None:
    request = {"action": "version"} if version is None else {"action": "version", "version": version}
    assert anki.post(request) == (6 if bare else {"result": 6, "error": None})


def test_multi_has_envelopes_where_the_inner_action_has_a_version(anki: Server) -> None:
    actions = [{"action": "version", "version": 6}, {"action": "version"}, {"action": "none"}, {"action": "version"}]
    failed = {"result": None, "error": "unsupported action"}
    assert anki.ask("multi", actions=actions) == [{"result": 6, "error": None}, 6, failed, 6]


@pytest.mark.parametrize("action", ["nope", "handle", "_note", "col", ""])
def test_an_unknown_action(anki: Server, action: str) -> None:
    with pytest.raises(Refused, match=r"^unsupported action$"):
        anki.ask(action)


def test_a_parameter_too_many_is_told_in_pythons_words(anki: Server) -> None:
    with pytest.raises(Refused, match=r"^AnkiConnect\.deckNames\(\) got an unexpected keyword argument 'x'$"):
        anki.ask("deckNames", x=1)


def test_what_is_no_request(anki: Server) -> None:
    assert anki.post_bytes(b"") == b"AnkiConnect v.6"
    assert anki.post("text") == {"result": None, "error": "unsupported action"}


def test_the_key_is_asked_of_every_request_and_of_each_in_a_multi(tmp_path: Path) -> None:
    with served(tmp_path, key="secret") as anki:
        assert anki.ask("version") == 6
        for key in (None, "wrong"):
            with pytest.raises(Refused, match=r"^valid api key must be provided$"):
                Asked(anki.url, key).ask("version")
        inner = {"action": "version", "version": 6}
        refused, let_in = anki.rows("multi", actions=[inner, {**inner, "key": "secret"}])
        assert (refused["error"], let_in["result"]) == ("valid api key must be provided", 6)


def test_a_key_is_wrong_where_none_is_set(anki: Server) -> None:
    with pytest.raises(Refused, match=r"^valid api key must be provided$"):
        Asked(anki.url, "any").ask("version")


def _again(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", b'{"action": "version"}')
    connection.getresponse()


def test_the_connection_is_closed_after_a_reply_that_does_not_say_so(anki: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", anki.port, timeout=5)
    connection.request("POST", "/", b'{"action": "version"}')
    response = connection.getresponse()
    assert (response.version, response.getheader("Connection"), response.read()) == (11, None, b"6")
    assert connection.sock is not None  # this client would use it again
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        _again(connection)
    connection.close()


def test_a_request_takes_its_time(tmp_path: Path) -> None:
    with served(tmp_path, slow=True) as anki:
        start = time.monotonic()
        for _ in range(4):
            anki.ask("deckNames")
        assert time.monotonic() - start >= 0.1


def test_a_big_request_is_not_answered(anki: Server) -> None:
    anki.timeout = 0.5
    with pytest.raises(TimeoutError):
        anki.ask("deckNames", pad="x" * BODY_LIMIT)


def test_version_answers_while_a_dialog_is_open_and_deck_names_wait(anki: Server) -> None:
    answers: list[object] = []
    waiting = threading.Thread(target=lambda: answers.append(anki.ask("deckNames")))
    with anki.dialog():
        waiting.start()
        assert anki.ask("version") == 6
        waiting.join(0.2)
        assert answers == []
    waiting.join(5)
    assert answers == [["Default"]]


def test_a_request_that_nobody_waits_for_any_more_is_carried_out(anki: Server) -> None:
    anki.timeout = 0.2
    with anki.dialog(), pytest.raises(TimeoutError):
        anki.ask("createDeck", deck="Late")
    anki.timeout = 5
    assert "Late" in anki.names("deckNames")


def test_another_profile(tmp_path: Path) -> None:
    with served(tmp_path, "User 1", "Ärzte") as anki:
        anki.ask("createDeck", deck="Here")
        assert anki.ask("getProfiles") == ["User 1", "Ärzte"]
        assert anki.ask("loadProfile", name="nobody") is False
        assert anki.ask("loadProfile", name="Ärzte") is True
        with pytest.raises(Refused, match=r"^collection is not available$"):
            anki.ask("deckNames")
        time.sleep(0.15)
        assert (anki.ask("deckNames"), anki.ask("getActiveProfile")) == (["Default"], "Ärzte")


def test_the_editor_keeps_old_text_and_one_character_writes_it_back(anki: Server, vault: Vault) -> None:
    note = taken(anki, vault)
    anki.addon.editor.show(anki.col, note)
    anki.ask("updateNoteFields", note={"id": note, "fields": {"Front": "changed"}})
    anki.addon.editor.type_a_character(anki.col, 1)
    assert anki.col.get_note(note).fields[:2] == ["chat", "catx"]  # type: ignore[arg-type]


def test_the_editor_is_fresh_after_a_deck_is_made_that_is_there(anki: Server, vault: Vault) -> None:
    note = taken(anki, vault)
    anki.addon.editor.show(anki.col, note)
    anki.ask("updateNoteFields", note={"id": note, "fields": {"Front": "changed"}})
    anki.ask("createDeck", deck="Default")
    anki.addon.editor.type_a_character(anki.col, 1)
    assert anki.col.get_note(note).fields[:2] == ["changed", "catx"]  # type: ignore[arg-type]


def test_an_old_version_adds_into_default_and_tells_no_time(tmp_path: Path) -> None:
    for old, deck in ((False, "D"), (True, "Default")):
        with served(tmp_path / deck, old=old) as anki:
            anki.ask("createDeck", deck="D")
            note = anki.ask("addNote", note=basic("D"))
            (info,) = anki.notes(int(str(note)))
            assert anki.names("getDecks", cards=info["cards"]) == [deck]
            assert ("mod" in info) is not old


@pytest.mark.parametrize("old", [False, True])
def test_an_old_anki_gives_an_updated_note_the_time_of_the_import(tmp_path: Path, vault: Vault, old: bool) -> None:
    start = int(time.time())
    with served(tmp_path / "anki", old=old) as anki:
        note = taken(anki, vault)
        assert anki.ask("notesModTime", notes=[note]) == [{"noteId": note, "mod": note // 1000}]
        vault.write("a.md", vault.read("a.md").replace("cat", "a cat"))
        assert vault.build(now=NOW + 10).status == 0
        anki.ask("importPackage", path=str(vault.folder / "decks/French.apkg"))
        (second,) = anki.rows("notesModTime", notes=[note])
        assert int(str(second["mod"])) >= start if old else second["mod"] == NOW + 10


def test_a_note_cannot_be_added_into_no_deck(anki: Server) -> None:
    with pytest.raises(Refused, match=r"^deck was not found: None such$"):
        anki.ask("addNote", note=basic("None such"))
    with pytest.raises(Refused, match=r"^Note was not found: 42$"):
        anki.ask("updateNoteFields", note={"id": 42, "fields": {}})


@pytest.mark.parametrize(("kind", "made"), [("stop before", False), ("stop after", True)])
def test_anki_stops_in_the_middle_and_is_started_again(anki: Server, kind: Fault, made: bool) -> None:
    anki.fault(kind, request=2)
    anki.ask("version")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        anki.ask("createDeck", deck="D")
    with pytest.raises(ConnectionRefusedError):
        anki.ask("version")
    anki.start()
    assert ("D" in anki.names("deckNames")) is made


def test_no_answer(anki: Server) -> None:
    anki.timeout = 0.2
    anki.fault("silent")
    with pytest.raises(TimeoutError):
        anki.ask("createDeck", deck="D")
    assert "D" in anki.names("deckNames")


def test_garbage_and_half_an_answer(anki: Server) -> None:
    anki.fault("garbage")
    with pytest.raises(ValueError, match="Expecting value"):
        anki.ask("version")
    anki.fault("half")
    with pytest.raises(http.client.IncompleteRead):
        anki.ask("version")
    assert anki.ask("version") == 6


def test_stopped_is_not_there(anki: Server) -> None:
    anki.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", anki.port), timeout=5)


def test_a_client_to_any_anki_begins_with_none_of_its_notes(tmp_path: Path) -> None:
    with reached(tmp_path) as anki:
        anki.ask("createDeck", deck="D")
        anki.ask("addNote", note=basic("D"))
        anki.empty()
        assert (anki.ask("findNotes", query="deck:*"), anki.ask("deckNames")) == ([], ["Default"])
