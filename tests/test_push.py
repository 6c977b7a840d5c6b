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


def test_an_edit_is_sent_alone_and_leaves_the_review_of_its_card(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    ids = vault.ids()
    anki.col.decks.set_current(anki.col.decks.id_for_name("French"))  # type: ignore[arg-type]
    card = anki.col.sched.getCard()
    assert card is not None
    anki.col.sched.answerCard(card, 3)
    reviewed = anki.col.db.all("SELECT id, ivl, reps, due, queue FROM cards ORDER BY id")  # type: ignore[union-attr]
    change(vault, "a.md", "A: cat", "A: tomcat")
    run = push(vault, anki, now=BEFORE + 60)
    assert "1 changed, 1 as in Anki" in run.out
    assert backs(anki, vault) == ["tomcat", "dog"]
    assert vault.ids() == ids
    assert anki.col.db.all("SELECT id, ivl, reps, due, queue FROM cards ORDER BY id") == reviewed  # type: ignore[union-attr]
    assert anki.col.note_count() == 2


def test_a_build_between_an_edit_and_a_push_changes_nothing(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    change(vault, "a.md", "A: cat", "A: tomcat")
    vault.build(now=BEFORE + 60)
    assert "1 changed" in push(vault, anki, now=BEFORE + 120).out
    assert backs(anki, vault) == ["tomcat", "dog"]


def test_tags_are_sent_and_those_that_anki_gives_stay(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    note = vault.ids()[0]
    anki.ask("addTags", notes=[note], tags="leech")
    assert "nothing to send" in push(vault, anki, now=BEFORE + 30).out
    change(vault, "a.md", "TARGET DECK: French\n", "TARGET DECK: French\nFILE TAGS: animal\n")
    push(vault, anki, now=AFTER)
    assert sorted(anki.notes(note)[0]["tags"]) == ["animal", "leech"]


def test_cards_follow_the_deck_of_their_file(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    change(vault, "a.md", "TARGET DECK: French", "TARGET DECK: French::Animals")
    run = push(vault, anki, now=BEFORE + 60)
    assert "2 moved" in run.out
    assert "an import moves no cards" not in run.out
    assert decks(anki, vault) == {"French::Animals"}
    assert "nothing to send" in push(vault, anki, now=BEFORE + 120).out


def decks(anki: Server, vault: Vault) -> set[str]:
    cards = [card for note in anki.notes(*vault.ids()) for card in note["cards"]]
    return set(anki.names("getDecks", cards=cards))


def test_cards_follow_a_deck_that_changed_builds_ago(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    change(vault, "a.md", "TARGET DECK: French", "TARGET DECK: Spanish")
    vault.build(now=BEFORE + 60)
    change(vault, "a.md", "TARGET DECK: Spanish", "TARGET DECK: Other")
    vault.build(now=BEFORE + 70)
    assert "2 moved" in push(vault, anki, now=BEFORE + 80).out
    assert decks(anki, vault) == {"Other"}


def test_a_card_that_was_moved_in_anki_stays_there(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    (card, *_) = anki.notes(vault.ids()[0])[0]["cards"]
    anki.ask("changeDeck", cards=[card], deck="Mine")
    assert "nothing to send" in push(vault, anki, now=BEFORE + 30).out
    change(vault, "a.md", "TARGET DECK: French", "TARGET DECK: French::Animals")
    run = push(vault, anki, now=BEFORE + 60)
    assert ("1 moved" in run.out, run.codes) == (True, ["A812"])
    assert decks(anki, vault) == {"Mine", "French::Animals"}
    assert push(vault, anki, now=BEFORE + 90).codes == []


def test_a_card_in_a_filtered_deck_is_moved_from_its_home(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    filtered = anki.col.decks.new_filtered("Cram * now")
    anki.col.sched.rebuild_filtered_deck(filtered)
    deck = anki.col.sched.get_or_create_filtered_deck(filtered)
    deck.config.search_terms[0].search = "chat"
    anki.col.sched.add_or_update_filtered_deck(deck)
    assert decks(anki, vault) == {"French", "Cram * now"}
    change(vault, "a.md", "TARGET DECK: French", "TARGET DECK: French::Animals")
    run = push(vault, anki, now=BEFORE + 60)
    assert ("2 moved" in run.out, run.codes) == (True, [])
    anki.col.sched.empty_filtered_deck(filtered)
    assert decks(anki, vault) == {"French::Animals"}


def edit(anki: Server, note: int, back: str) -> None:
    anki.ask("updateNoteFields", note={"id": note, "fields": {"Back": back}})


def test_an_edit_in_anki_is_kept_and_told(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    edit(anki, vault.ids()[0], "my cat")
    run = push(vault, anki, now=AFTER)
    assert (run.status, run.codes) == (0, ["A802"])
    assert "a.md:3:1" in run.err
    assert "1 edited in Anki and kept, 1 as in Anki" in run.out
    change(vault, "a.md", "A: cat", "A: tomcat")
    again = push(vault, anki, now=AFTER + 60)
    assert (again.status, again.codes) == (0, ["A803"])
    assert backs(anki, vault) == ["my cat", "dog"]


def test_an_edit_in_anki_that_the_notes_take_over_is_settled(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    edit(anki, vault.ids()[0], "my cat")
    change(vault, "a.md", "A: cat", "A: my cat")
    assert push(vault, anki, now=AFTER).codes == []
    change(vault, "a.md", "A: my cat", "A: our cat")
    assert "1 changed" in push(vault, anki, now=AFTER + 60).out
    assert backs(anki, vault) == ["our cat", "dog"]


@pytest.mark.parametrize("touched", [True, False])
def test_force_and_touch_let_the_notes_win(vault: Vault, anki: Server, touched: bool) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    note = vault.ids()[0]
    edit(anki, note, "my cat")
    assert push(vault, anki, now=AFTER).codes == ["A802"]
    if touched:
        vault.run("touch", str(note), now=AFTER)
    run = push(vault, anki, *([] if touched else ["--force"]), now=AFTER + 60)
    assert ("1 changed" in run.out, run.codes) == (True, [])
    assert backs(anki, vault) == ["cat", "dog"]
    assert vault.lock().entries[vault.lock().entries[note].id].mod == anki.notes(note)[0]["mod"]  # type: ignore[index]
    assert "nothing to send" in push(vault, anki, now=AFTER + 90).out


def test_an_edit_in_anki_after_a_touch_is_kept(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    vault.run("touch", "--all", now=BEFORE + 10)
    edit(anki, vault.ids()[0], "my cat")
    assert push(vault, anki, now=AFTER).codes == ["A803"]
    assert backs(anki, vault) == ["my cat", "dog"]


def test_what_was_edited_in_anki_before_the_first_push_is_kept(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    vault.build(now=BEFORE)
    anki.ask("importPackage", path=str(vault.folder / "decks" / "French.apkg"))
    edit(anki, vault.ids()[0], "my cat")
    run = push(vault, anki, now=AFTER)
    assert (run.codes, sends(anki)) == (["A802"], 1)
    change(vault, "a.md", "A: cat", "A: tomcat")
    assert push(vault, anki, now=AFTER + 60).codes == ["A803"]
    assert backs(anki, vault) == ["my cat", "dog"]


def test_a_package_that_was_imported_by_hand_is_no_edit(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    change(vault, "a.md", "A: cat", "A: tomcat")
    vault.build(now=BEFORE + 60)
    anki.ask("importPackage", path=str(vault.folder / "decks" / "French.apkg"))
    change(vault, "a.md", "A: tomcat", "A: wild cat")
    run = push(vault, anki, now=BEFORE + 120)
    assert ("1 changed" in run.out, run.codes) == (True, [])
    assert backs(anki, vault) == ["wild cat", "dog"]


def test_a_package_built_after_a_push_is_not_behind_it(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    edit(anki, vault.ids()[0], "my cat")
    push(vault, anki, "--force", now=BEFORE)
    assert backs(anki, vault)[0] == "cat"
    change(vault, "a.md", "A: cat", "A: tomcat")
    vault.build(now=BEFORE + 60)
    anki.ask("importPackage", path=str(vault.folder / "decks" / "French.apkg"))
    assert backs(anki, vault)[0] == "tomcat"


def test_a_note_deleted_in_anki_comes_back_and_is_told(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    anki.ask("deleteNotes", notes=[vault.ids()[0]])
    run = push(vault, anki, now=BEFORE + 60)
    assert (run.status, run.codes) == (0, ["A808"])
    assert "1 returning" in run.out
    assert backs(anki, vault) == ["cat", "dog"]
    assert push(vault, anki, now=BEFORE + 90).codes == []


def test_retired_notes_are_told_and_deleted_where_that_is_asked_for(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    gone = vault.ids()[1]
    text = vault.read("a.md")
    vault.write("a.md", text[: text.index("Q: chien")])
    told = push(vault, anki, now=BEFORE + 60)
    assert (told.status, told.codes) == (0, ["A408", "A809"])
    refused = push(vault, anki, "--delete", now=BEFORE + 70)
    assert (refused.status, refused.codes) == (1, ["A813"])
    assert plan(vault, anki, "--delete", now=BEFORE + 80)["deleted"] == [
        {"id": gone, "path": "a.md", "question": "chien", "edited": False}
    ]
    assert anki.col.note_count() == 2
    done = push(vault, anki, "--delete", "--yes", now=BEFORE + 90)
    assert (done.status, done.codes, "1 deleted" in done.out) == (0, [], True)
    assert anki.col.note_count() == 1
    assert push(vault, anki, "--delete", now=BEFORE + 99).codes == []


def test_a_retired_note_that_comes_back_is_sent_again(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    text = vault.read("a.md")
    vault.write("a.md", text[: text.index("Q: chien")])
    push(vault, anki, "--delete", "--yes", now=BEFORE + 90)
    vault.write("a.md", text)
    assert push(vault, anki, now=BEFORE + 100).codes == []
    assert backs(anki, vault) == ["cat", "dog"]


def test_so_many_are_never_deleted(vault: Vault, anki: Server) -> None:
    cards = [f"Q: q{number}\nA: a\n\n" for number in range(40)]
    vault.write("a.md", "TARGET DECK: French\n\n" + "".join(cards))
    push(vault, anki)
    parts = vault.read("a.md").split("\n\n")
    for end in (35, 31, 27, 23, 19):  # few enough at a time to be believed
        vault.write("a.md", "\n\n".join(parts[: end + 1]) + "\n")
        assert "A409" not in vault.build(now=BEFORE + 100 - end).codes
    run = push(vault, anki, "--delete", "--yes", now=BEFORE + 200)
    assert (run.status, run.codes) == (1, ["A810"])
    assert anki.col.note_count() == 40


def test_ids_of_another_tool_are_not_doubled(vault: Vault, anki: Server) -> None:
    anki.ask("createDeck", deck="French")
    note = anki.ask(
        "addNote", note={"deckName": "French", "modelName": "Basic", "fields": {"Front": "chat", "Back": "x"}}
    )
    vault.write("a.md", f"TARGET DECK: French\n\nQ: chat\nA: cat\n<!--ID: {note}-->\n")
    run = push(vault, anki, now=AFTER)
    assert (run.status, run.codes) == (1, ["A807"])
    assert anki.col.note_count() == 1
    assert anki.notes(int(str(note)))[0]["fields"]["Back"]["value"] == "x"


def test_a_note_of_another_type_in_anki_is_not_sent(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    note = vault.ids()[0]
    vault.write("a.md", f"TARGET DECK: French\n\nSTART\nCloze\n{{{{c1::chat}}}}\n<!--ID: {note}-->\nEND\n")
    run = push(vault, anki, now=BEFORE + 60)
    assert (run.status, "A805" in run.codes) == (1, True)
    assert anki.notes(note)[0]["modelName"] == "ankisync Basic"


def test_a_type_that_lacks_a_field_in_anki_is_told(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    model = anki.col.models.by_name("ankisync Basic")
    assert model is not None
    field = next(each for each in model["flds"] if each["name"] == "Spare 2")
    anki.col.models.remove_field(model, field)
    anki.col.models.update_dict(model)
    change(vault, "a.md", "A: cat", "A: tomcat")
    run = push(vault, anki, now=AFTER)
    assert (run.status, run.codes) == (1, ["A806"])
    assert backs(anki, vault) == ["cat", "dog"]


def test_a_field_that_was_added_in_anki_loses_no_edit(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    anki.ask("modelFieldAdd", modelName="ankisync Basic", fieldName="Mnemonic", index=0)
    change(vault, "a.md", "A: cat", "A: tomcat")
    run = push(vault, anki, now=AFTER)
    assert (run.status, run.codes) == (0, [])
    assert backs(anki, vault) == ["tomcat", "dog"]
    assert "nothing to send" in push(vault, anki, now=AFTER + 60).out


def mnemonic(anki: Server, note_id: int) -> str:
    """The last field of a note, which is the user's own."""
    fields = anki.col.db.scalar("SELECT flds FROM notes WHERE id = ?", note_id)  # type: ignore[union-attr]
    return str(fields).rpartition("\x1f")[2]


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_text_in_a_field_that_was_added_is_not_lost(vault: Vault, anki: Server, force: tuple[str, ...]) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    first, _ = vault.ids()
    anki.ask("modelFieldAdd", modelName="ankisync Basic", fieldName="Mnemonic")
    anki.ask("updateNoteFields", note={"id": first, "fields": {"Mnemonic": "a hat"}})
    push(vault, anki, now=AFTER)
    change(vault, "a.md", "A: cat", "A: tomcat")
    change(vault, "a.md", "A: dog", "A: hound")
    run = push(vault, anki, *force, now=AFTER + 60)
    assert (run.status, run.codes) == (1, ["A814"])
    assert backs(anki, vault) == ["cat", "hound"]
    assert mnemonic(anki, first) == "a hat"
    anki.ask("updateNoteFields", note={"id": first, "fields": {"Mnemonic": ""}})
    assert push(vault, anki, "--force", now=AFTER + 120).status == 0
    assert backs(anki, vault) == ["tomcat", "hound"]


def test_errors_in_notes_do_not_stop_the_sound_cards(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE + "\nQ: broken\n\nSTART\nNothing\nx\nEND\n")
    run = push(vault, anki)
    assert run.status == 1
    assert backs(anki, vault)[:2] == ["cat", "dog"]


def test_a_dry_run_writes_nothing_anywhere(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    change(vault, "a.md", "A: cat", "A: tomcat")
    vault.write("b.md", "Q: new\nA: one\n")
    before, requests = vault.state(), len(anki.requests)
    run = push(vault, anki, "--dry-run", now=BEFORE + 60)
    assert "would push to User 1: 1 new, 1 changed, 1 as in Anki" in run.out
    assert "    new: b.md:1: new" in run.out
    assert "    changed: a.md:3: chat" in run.out
    found = plan(vault, anki, now=BEFORE + 60)
    assert [(each["id"], each["path"], each["line"]) for each in found["new"]] == [(None, "b.md", 1)]
    assert [each["question"] for each in found["changed"]] == ["chat"]
    assert vault.state() == before
    assert set(anki.requests[requests:]) <= {"multi", "notesModTime", "notesInfo", "getDecks", "findCards"}


def test_pictures_go_along(vault: Vault, anki: Server) -> None:
    vault.write("cat.png", b"\x89PNG\r\n\x1a\n0000")
    vault.write("a.md", "TARGET DECK: French\n\nQ: chat\nA: ![[cat.png]]\n")
    assert push(vault, anki).status == 0
    (name,) = anki.names("getMediaFilesNames", pattern="*.png")
    assert f'src="{name}"' in backs(anki, vault)[0]


def test_the_editor_in_the_browser_shows_what_was_pushed(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    anki.addon.editor.show(anki.col, vault.ids()[0])
    change(vault, "a.md", "A: cat", "A: tomcat")
    push(vault, anki, now=BEFORE + 60)
    anki.addon.editor.type_a_character(anki.col, 0)
    assert backs(anki, vault) == ["tomcat", "dog"]


@pytest.mark.parametrize("tag", ["leech", "marked"])
def test_what_anki_did_by_itself_holds_no_edit_up(vault: Vault, anki: Server, tag: str) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    change(vault, "a.md", "A: cat", "A: tomcat")
    vault.build(now=BEFORE + 60)
    anki.ask("addTags", notes=vault.ids(), tags=tag)  # now, that is: after the edit
    run = push(vault, anki, now=BEFORE + 120)
    assert ("1 changed" in run.out, run.codes) == (True, [])
    assert backs(anki, vault) == ["tomcat", "dog"]
    assert "nothing to send" in push(vault, anki, now=BEFORE + 130).out


def test_a_new_card_takes_its_place_among_the_new_ones(vault: Vault, anki: Server) -> None:
    vault.write("a.md", "TARGET DECK: French\n\nQ: one\nA: 1\n\nQ: three\nA: 3\n")
    push(vault, anki)
    change(vault, "a.md", "Q: three", "Q: two\nA: 2\n\nQ: three")
    push(vault, anki, now=BEFORE + 60)
    due = anki.col.db.all("SELECT n.sfld, c.due FROM cards c JOIN notes n ON n.id = c.nid ORDER BY c.due, n.sfld")  # type: ignore[union-attr]
    assert due == [["one", 1], ["three", 2], ["two", 2]]


def test_another_look_is_pushed_though_no_note_changed(vault: Vault, anki: Server) -> None:
    vault.write("notetypes/Basic/notetype.toml", "")
    vault.write("notetypes/Basic/style.css", ".card { color: red }")
    vault.write("a.md", NOTE)
    push(vault, anki, now=BEFORE)
    mods = anki.ask("notesModTime", notes=vault.ids())
    vault.write("notetypes/Basic/style.css", ".card { color: blue }")
    run = push(vault, anki, now=AFTER)
    assert ("1 restyled, 2 as in Anki" in run.out, run.codes) == (True, [])
    assert anki.ask("modelStyling", modelName="ankisync Basic") == {"css": ".card { color: blue }"}
    assert anki.ask("notesModTime", notes=vault.ids()) == mods
    assert "nothing to send" in push(vault, anki, now=AFTER + 60).out


def test_a_look_that_was_changed_in_anki_stays(vault: Vault, anki: Server) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki, now=BEFORE)
    anki.ask("updateModelStyling", model={"name": "ankisync Basic", "css": ".card { color: green }"})
    change(vault, "a.md", "A: cat", "A: tomcat")
    assert "1 changed" in push(vault, anki, now=AFTER).out
    assert anki.ask("modelStyling", modelName="ankisync Basic") == {"css": ".card { color: green }"}


@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_deleting_is_asked_after_a_list(
    vault: Vault, anki: Server, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    vault.write("a.md", NOTE)
    push(vault, anki)
    text = vault.read("a.md")
    vault.write("a.md", text[: text.index("Q: chien")])
    asked: list[str] = []
    monkeypatch.setattr("ankisync.pushing._may_ask", lambda _: True)

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return answer

    monkeypatch.setattr("click.confirm", confirm)
    run = push(vault, anki, "--delete", now=BEFORE + 60)
    assert asked == ["Delete this note in User 1?"]
    assert "a.md: nid:" in run.err
    assert anki.col.note_count() == (1 if answer else 2)
    assert run.status == 0
