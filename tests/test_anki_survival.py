"""What a second import leaves alone in a real Anki, and what it brings."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ankisync.identity import guid_of
from ankisync.lock import NAME as LOCK
from ankisync.model import NoteId
from tests.anki_support import AFTER, BEFORE, Anki, Imported, change, lock_mods, open_anki, packages, searches
from tests.support import BASIC, Vault

NOTE = """\
TARGET DECK: Deck
FILE TAGS: topic

# Heading

Q: one
A: first

Q: two
A: second

Q: three
A: third

Q: four
A: fourth
"""
BACKS = ["first", "second", "third", "fourth"]


@dataclass(frozen=True)
class Scene:
    """A vault with `note.md`, built long ago, and the collection that took it. `ids` in the order of the document."""

    vault: Vault
    anki: Anki
    ids: tuple[int, ...]

    def change(self, old: str, new: str, name: str = "note.md") -> None:
        change(self.vault, name, old, new)

    def build(self, *arguments: str, now: float = AFTER) -> str:
        """Build without an error or a warning; what it said on stdout."""
        run = self.vault.build(*arguments, now=now, seed=5)
        assert run.status == 0, run.err
        assert "error[" not in run.err
        assert "warning[" not in run.err
        return run.out

    def sync(self, now: float = AFTER) -> Imported:
        """Build, and import all packages."""
        self.build(now=now)
        return self.anki.take_decks(self.vault)

    def backs(self) -> list[str]:
        return [self.anki.back(note_id) for note_id in self.ids]

    def updated(self, *places: int) -> Imported:
        """An import that updates these notes and finds the others as they are."""
        changed = {self.ids[place] for place in places}
        return Imported(updated=tuple(sorted(changed)), duplicate=tuple(sorted(set(self.ids) - changed)))


Alter = Callable[[Scene, pytest.MonkeyPatch], None]


@pytest.fixture
def scene(vault: Vault, tmp_path: Path) -> Iterator[Scene]:
    vault.write("note.md", NOTE)
    vault.build(now=BEFORE)
    with open_anki(tmp_path / "anki") as anki:
        ids = tuple(vault.ids())
        assert anki.take_decks(vault) == Imported(new=tuple(sorted(ids)))
        yield Scene(vault, anki, ids)


def lose(vault: Vault, what: tuple[str, ...]) -> None:
    for name in what:
        path = vault.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def studied(scene: Scene) -> Scene:
    """The cards reviewed, learning, flagged and rescheduled, suspended."""
    assert (scene.anki.study("Deck", 4), scene.anki.study("Deck", 1)) == scene.ids[:2]
    third, fourth = (scene.anki.card(note_id).id for note_id in scene.ids[2:])
    scene.anki.col.set_user_flag_for_cards(2, [third])
    scene.anki.col.sched.set_due_date([third], "7")
    scene.anki.col.sched.suspend_cards([fourth])
    return scene


def test_one_edited_answer_updates_one_note_and_no_card(studied: Scene) -> None:
    cards, history = studied.anki.scheduling()
    assert len(history) >= 3
    assert studied.anki.card(studied.ids[0]).ivl > 0
    studied.change("first", "first, better")
    assert studied.sync() == studied.updated(0)
    assert studied.backs() == ["first, better", *BACKS[1:]]
    assert studied.anki.scheduling() == (cards, history)


def test_all_answers_edited_leave_every_card_and_every_review_as_it_was(studied: Scene) -> None:
    before = studied.anki.scheduling()
    for back in BACKS:
        studied.change(f"A: {back}", f"A: {back}!")
    assert studied.sync() == studied.updated(0, 1, 2, 3)
    assert studied.anki.scheduling() == before


def test_an_edited_question_is_the_same_card(studied: Scene) -> None:
    before = studied.anki.scheduling()
    studied.change("Q: one", "Q: number one")
    assert studied.sync() == studied.updated(0)
    assert studied.anki.note(studied.ids[0]).fields[:2] == ["number one", "first"]
    assert studied.anki.scheduling() == before


def test_cards_put_in_another_order_and_another_file_change_nothing(studied: Scene) -> None:
    before = studied.anki.tables()
    header, *cards = studied.vault.read("note.md").split("Q: ")
    studied.vault.write("note.md", header + "".join(f"Q: {card.strip()}\n\n" for card in reversed(cards[:2])))
    studied.vault.write("moved.md", header + "".join(f"Q: {card.strip()}\n\n" for card in reversed(cards[2:])))
    assert studied.sync() == studied.updated()
    assert studied.anki.tables() == before


def test_an_edit_made_in_anki_to_another_card_is_still_there(scene: Scene) -> None:
    scene.anki.edit(scene.ids[1], "edited in Anki")
    scene.change("first", "edited in Markdown")
    assert scene.sync() == scene.updated(0)
    assert scene.backs() == ["edited in Markdown", "edited in Anki", "third", "fourth"]


def test_tags_added_in_anki_stay_on_notes_whose_markdown_did_not_change(scene: Scene) -> None:
    for note_id in scene.ids:
        scene.anki.tag(note_id, "marked leech mine")
    scene.change("first", "first, better")
    assert scene.sync() == scene.updated(0)
    assert [sorted(scene.anki.note(note_id).tags) for note_id in scene.ids[1:]] == [
        ["leech", "marked", "mine", "topic"]
    ] * 3


def test_where_both_changed_the_later_edit_wins(scene: Scene) -> None:
    scene.change("first", "Markdown, long ago")
    scene.build(now=BEFORE + 100)
    scene.anki.edit(scene.ids[0], "Anki, now")
    scene.anki.edit(scene.ids[1], "Anki, now")
    scene.change("second", "Markdown, later")
    assert scene.sync() == scene.updated(1)
    assert scene.backs()[:2] == ["Anki, now", "Markdown, later"]


def test_a_tags_line_arrives_on_its_note_alone(studied: Scene) -> None:
    before = studied.anki.scheduling()
    studied.change("A: first\n", "A: first\nTags: hard\n")
    assert studied.sync() == studied.updated(0)
    assert [sorted(studied.anki.note(note_id).tags) for note_id in studied.ids] == [["hard", "topic"], *[["topic"]] * 3]
    assert studied.backs() == BACKS
    assert studied.anki.scheduling() == before


def test_file_tags_arrive_on_all_notes_of_the_file(scene: Scene) -> None:
    scene.vault.write("other.md", "TARGET DECK: Deck\n\nQ: elsewhere\nA: x\n")
    (other,) = scene.sync(now=BEFORE + 50).new
    scene.change("FILE TAGS: topic", "FILE TAGS: subject")
    taken = scene.sync()
    assert (taken.updated, taken.duplicate) == (tuple(sorted(scene.ids)), (other,))
    assert [scene.anki.note(note_id).tags for note_id in scene.ids] == [["subject"]] * 4
    assert scene.anki.note(other).tags == []


def test_a_tag_taken_away_in_the_markdown_is_gone_in_anki(scene: Scene) -> None:
    scene.change("FILE TAGS: topic\n", "")
    assert scene.sync() == scene.updated(0, 1, 2, 3)
    assert [scene.anki.note(note_id).tags for note_id in scene.ids] == [[]] * 4


def test_tags_in_another_order_or_doubled_change_nothing(scene: Scene) -> None:
    scene.change("FILE TAGS: topic", "FILE TAGS: alpha topic")
    scene.sync(now=BEFORE + 50)
    before = scene.anki.tables()
    scene.change("FILE TAGS: alpha topic", "FILE TAGS: #topic, alpha alpha")
    assert scene.sync() == scene.updated()
    assert scene.anki.tables() == before


@pytest.mark.parametrize("second", [AFTER, BEFORE], ids=["in the same second", "with the clock put back"])
@pytest.mark.parametrize("lost", [(), ("decks",)], ids=["decks kept", "decks lost"])
def test_two_edits_arrive_whatever_the_clock_says(scene: Scene, second: float, lost: tuple[str, ...]) -> None:
    scene.change("first", "once")
    assert scene.sync(now=AFTER) == scene.updated(0)
    scene.change("once", "twice")
    lose(scene.vault, lost)
    assert scene.sync(now=second) == scene.updated(0)
    assert scene.backs()[0] == "twice"


def test_a_text_put_back_by_hand_arrives_too(scene: Scene) -> None:
    scene.change("first", "once")
    scene.sync(now=BEFORE + 50)
    scene.change("once", "first")
    assert scene.sync(now=BEFORE + 100) == scene.updated(0)
    assert scene.backs() == BACKS


def test_what_was_changed_about_deck_and_notetype_in_anki_survives(scene: Scene) -> None:
    models, decks = scene.anki.col.models, scene.anki.col.decks
    notetype = models.by_name(BASIC.name)
    assert notetype is not None
    notetype["css"] += ".card { color: teal; }"
    notetype["flds"][1]["name"] = "Rückseite"
    notetype["tmpls"][0]["afmt"] = "{{FrontSide}}<hr id=answer>{{Rückseite}}"
    models.update_dict(notetype)
    deck = decks.by_name("Deck")
    assert deck is not None
    deck["desc"] = "my own words"
    decks.update_dict(deck)
    scene.change("first", "first, better")
    assert scene.sync() == scene.updated(0)
    kept = models.by_name(BASIC.name)
    assert kept is not None
    assert kept["css"].endswith(".card { color: teal; }")
    assert kept["flds"][1]["name"] == "Rückseite"
    assert scene.anki.note(scene.ids[0])["Rückseite"] == "first, better"
    assert [each.name for each in models.all_names_and_ids() if "ankisync" in each.name] == [BASIC.name]
    again = decks.by_name("Deck")
    assert again is not None
    assert again["desc"] == "my own words"


def test_a_changed_deck_is_told_with_a_search_that_finds_exactly_its_cards(scene: Scene) -> None:
    scene.vault.write("other.md", "TARGET DECK: Other\n\nQ: elsewhere\nA: x\n")
    scene.sync(now=BEFORE + 50)
    scene.change("Q: three", "TARGET DECK: New::Place\n\nQ: three")
    out = scene.build()
    (search,) = searches(out)
    assert "2 moved" in out
    assert "New::Place" in out
    moved = [scene.anki.card(note_id).id for note_id in scene.ids[2:]]
    assert scene.anki.find(search) == sorted(moved)


def test_cards_of_a_changed_deck_stay_in_the_old_one_until_they_are_moved_in_anki(studied: Scene) -> None:
    cards, history = studied.anki.scheduling()
    studied.change("TARGET DECK: Deck", "TARGET DECK: New")
    (search,) = searches(studied.build())
    assert studied.anki.take_decks(studied.vault) == studied.updated()
    assert studied.anki.scheduling() == (cards, history)
    assert {studied.anki.deck_of(note_id) for note_id in studied.ids} == {"Deck"}
    new = studied.anki.col.decks.id_for_name("New")
    assert new is not None
    studied.anki.col.set_deck(studied.anki.find(search), new)
    studied.change("first", "first, better")
    assert studied.sync(now=AFTER + 10) == studied.updated(0)
    assert {studied.anki.deck_of(note_id) for note_id in studied.ids} == {"New"}


def test_each_new_deck_has_a_search_of_its_own(scene: Scene) -> None:
    scene.change("Q: three", "TARGET DECK: B\n\nQ: three")
    scene.change("Q: four", "TARGET DECK: A\n\nQ: four")
    lines = [line.strip() for line in scene.build().split("\n")]
    for deck, note_id in (("A", scene.ids[3]), ("B", scene.ids[2])):
        (place,) = (index for index, line in enumerate(lines) if line.endswith(f" {deck}:"))
        assert scene.anki.find(lines[place + 1]) == [scene.anki.card(note_id).id]


def test_many_moved_cards_are_all_found_by_the_searches_together(vault: Vault, tmp_path: Path) -> None:
    vault.write("note.md", "TARGET DECK: Old\n" + "".join(f"\nQ: q{place}\nA: a\n" for place in range(1100)))
    vault.build(now=BEFORE)
    with open_anki(tmp_path / "anki") as anki:
        anki.take_decks(vault)
        change(vault, "note.md", "TARGET DECK: Old", "TARGET DECK: New")
        found = [anki.find(search) for search in searches(vault.build(now=AFTER).out)]
    assert len(found) > 1
    assert sorted(card for cards in found for card in cards) == sorted(vault.ids())


def test_no_search_is_offered_where_no_deck_changed(scene: Scene) -> None:
    scene.change("first", "first, better")
    assert searches(scene.build()) == []
    scene.change("TARGET DECK: Deck", "TARGET DECK: New")
    assert len(searches(scene.build(now=AFTER + 10))) == 1
    assert searches(scene.build(now=AFTER + 20)) == []


@pytest.mark.parametrize("name", ["DECK", "deck", " Deck "])
def test_a_deck_spelled_otherwise_is_the_deck_that_anki_has_and_nothing_is_to_be_moved(scene: Scene, name: str) -> None:
    scene.change("TARGET DECK: Deck", f"TARGET DECK: {name}")
    out = scene.build()
    scene.anki.take_decks(scene.vault)
    assert scene.anki.decks() == {"Default", "Deck"}
    assert searches(out) == []


def cut(vault: Vault, question: str, name: str = "note.md") -> str:
    """Take a card out of a note; what was cut."""
    before, after = vault.read(name).split(f"Q: {question}\n")
    card, rest = after.split("-->\n", 1)
    vault.write(name, before + rest)
    return f"Q: {question}\n{card}-->\n"


def paste(vault: Vault, text: str) -> None:
    vault.write("note.md", vault.read("note.md") + f"\n{text}")


def test_a_note_taken_out_is_told_as_retired_and_stays_in_anki(studied: Scene) -> None:
    before = studied.anki.tables()
    cut(studied.vault, "two")
    run = studied.vault.build(now=AFTER)
    assert run.codes == ["A408"]
    assert str(studied.ids[1]) in run.err
    (search,) = searches(run.out)
    assert studied.anki.find(search) == [studied.anki.card(studied.ids[1]).id]
    kept = tuple(sorted(set(studied.ids) - {studied.ids[1]}))
    assert studied.anki.take_decks(studied.vault) == Imported(duplicate=kept)
    assert studied.anki.tables() == before


def test_a_retired_note_is_told_once(scene: Scene) -> None:
    cut(scene.vault, "two")
    assert scene.vault.build(now=AFTER).codes == ["A408"]
    again = scene.vault.build(now=AFTER + 10)
    assert (again.codes, searches(again.out)) == ([], [])


def test_a_note_that_only_moved_to_another_file_is_not_retired(scene: Scene) -> None:
    card = cut(scene.vault, "two")
    scene.vault.write("other.md", f"TARGET DECK: Deck\nFILE TAGS: topic\n\n{card}")
    run = scene.vault.build(now=AFTER)
    assert (run.codes, searches(run.out)) == ([], [])
    assert scene.anki.take_decks(scene.vault) == scene.updated()


@pytest.mark.parametrize("with_id", [True, False], ids=["with its ID", "without its ID"])
def test_a_text_that_comes_back_is_the_same_note(studied: Scene, with_id: bool) -> None:
    card = cut(studied.vault, "two")
    studied.sync(now=AFTER)
    before = studied.anki.tables()
    paste(studied.vault, card if with_id else card.split("<!--")[0])
    run = studied.vault.build(now=AFTER + 10)
    assert run.codes == ([] if with_id else ["A406"])
    assert sorted(studied.vault.ids()) == sorted(studied.ids)
    assert studied.anki.take_decks(studied.vault) == studied.updated()
    assert studied.anki.tables() == before
    assert studied.anki.note(studied.ids[1]).guid == guid_of(NoteId(studied.ids[1]))


def test_a_note_that_came_back_is_told_again_when_it_goes_again(scene: Scene) -> None:
    card = cut(scene.vault, "two")
    scene.build(now=AFTER)
    paste(scene.vault, card)
    scene.build(now=AFTER + 10)
    cut(scene.vault, "two")
    run = scene.vault.build(now=AFTER + 20)
    assert (run.codes, searches(run.out)) == (["A408"], [f"nid:{scene.ids[1]}"])


def test_a_text_that_comes_back_changed_with_its_id_updates_the_same_note(studied: Scene) -> None:
    card = cut(studied.vault, "two")
    studied.sync(now=AFTER)
    before = studied.anki.scheduling()
    paste(studied.vault, card.replace("second", "second, better"))
    assert studied.sync(now=AFTER + 10) == studied.updated(1)
    assert studied.backs()[1] == "second, better"
    assert studied.anki.scheduling() == before


def test_a_changed_text_without_id_is_a_new_note_and_the_old_one_stays(studied: Scene) -> None:
    card = cut(studied.vault, "two").split("<!--")[0]
    studied.sync(now=AFTER)
    paste(studied.vault, card.replace("second", "another thing"))
    taken = studied.sync(now=AFTER + 10)
    assert len(taken.new) == 1
    assert studied.backs() == BACKS


@pytest.mark.parametrize("removed", [(), ("note.md",)], ids=["at once", "after a build without the file"])
def test_ids_that_a_formatter_took_out_come_back_and_nothing_is_doubled(scene: Scene, removed: tuple[str, ...]) -> None:
    text = re.sub(r"<!--ID: \d+-->\n", "", scene.vault.read("note.md"))
    for name in removed:
        (scene.vault.folder / name).unlink()
        scene.vault.build(now=AFTER)
    scene.vault.write("note.md", text)
    assert scene.vault.build(now=AFTER + 10).codes == ["A406"] * 4
    assert scene.vault.ids() == list(scene.ids)
    assert scene.anki.take_decks(scene.vault) == scene.updated()


def user_edits(scene: Scene) -> None:
    """An answer edited in Anki, a tag added in Anki."""
    scene.anki.edit(scene.ids[1], "edited in Anki")
    scene.anki.tag(scene.ids[2], "mine")


LOST = [(LOCK,), (LOCK, "decks"), ("decks",)]


@pytest.mark.parametrize("lost", LOST, ids=["the lock", "the lock and the decks", "the decks"])
def test_nothing_made_in_anki_is_overwritten_when_files_of_ours_are_lost(scene: Scene, lost: tuple[str, ...]) -> None:
    scene.change("first", "first, better")
    scene.sync(now=BEFORE + 50)
    user_edits(scene)
    before = scene.anki.tables()
    lose(scene.vault, lost)
    assert scene.vault.build(now=AFTER).codes == (["A704"] if lost == (LOCK,) else [])
    assert packages(scene.vault) != []
    assert scene.anki.take_decks(scene.vault) == scene.updated()
    assert scene.anki.tables() == before


@pytest.mark.parametrize("lost", LOST, ids=["the lock", "the lock and the decks", "the decks"])
def test_after_a_loss_the_next_edit_arrives_and_only_that(scene: Scene, lost: tuple[str, ...]) -> None:
    scene.change("first", "first, better")
    scene.sync(now=BEFORE + 50)
    user_edits(scene)
    lose(scene.vault, lost)
    scene.build(now=AFTER)
    scene.change("first, better", "first, best")
    assert scene.sync(now=AFTER + 10) == scene.updated(0)
    assert scene.backs() == ["first, best", "edited in Anki", "third", "fourth"]
    assert sorted(scene.anki.note(scene.ids[2]).tags) == ["mine", "topic"]


@pytest.mark.parametrize("lost", [(LOCK,), ("decks",)], ids=["the lock", "the decks"])
def test_an_edit_made_before_the_loss_was_noticed_arrives(scene: Scene, lost: tuple[str, ...]) -> None:
    user_edits(scene)
    scene.change("first", "first, better")
    lose(scene.vault, lost)
    assert scene.sync() == scene.updated(0)
    assert scene.backs() == ["first, better", "edited in Anki", "third", "fourth"]


def test_with_neither_lock_nor_decks_a_build_is_a_function_of_the_notes_and_overwrites_nothing(scene: Scene) -> None:
    user_edits(scene)
    before = scene.anki.tables()
    lose(scene.vault, (LOCK, "decks"))
    scene.change("second", "changed in Markdown")
    assert scene.sync() == scene.updated()
    assert scene.anki.tables() == before
    assert lock_mods(scene.vault) == {note_id: note_id // 1000 for note_id in scene.ids}


@pytest.mark.parametrize("left", ["", '{"ankisync":1}\n'], ids=["no byte", "the header alone"])
def test_an_emptied_lock_is_made_again_from_the_packages(scene: Scene, left: str) -> None:
    scene.change("first", "first, better")
    scene.sync(now=BEFORE + 50)
    user_edits(scene)
    mods = lock_mods(scene.vault)
    scene.vault.write(LOCK, left)
    assert scene.sync() == scene.updated()
    assert lock_mods(scene.vault) == mods


def test_the_lock_is_made_again_from_one_package_too(scene: Scene) -> None:
    one = scene.vault.folder / "one.apkg"
    scene.change("first", "first, better")
    scene.build("-o", "one.apkg", now=BEFORE + 50)
    scene.anki.take(one)
    user_edits(scene)
    mods = lock_mods(scene.vault)
    lose(scene.vault, (LOCK, "decks"))
    assert scene.vault.build("-o", "one.apkg", now=AFTER).codes == ["A704"]
    assert lock_mods(scene.vault) == mods
    assert scene.anki.take(one) == scene.updated()


def test_a_fresh_clone_builds_the_same_package_from_the_lock_alone(scene: Scene, tmp_path: Path) -> None:
    scene.change("first", "first, better")
    scene.sync(now=BEFORE + 50)
    clone = Vault(Path(shutil.copytree(scene.vault.folder, tmp_path / "clone")))
    lose(clone, ("decks",))
    assert clone.build("--locked", now=AFTER).status == 0
    assert [each.read_bytes() for each in packages(clone)] == [each.read_bytes() for each in packages(scene.vault)]
    assert scene.anki.take_decks(clone) == scene.updated()


def committed(vault: Vault) -> dict[str, bytes]:
    """What git would hold: the note and the lock."""
    return {name: (vault.folder / name).read_bytes() for name in ("note.md", LOCK)}


def check_out(vault: Vault, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        vault.write(name, data)


def test_after_a_git_revert_the_old_text_arrives_all_the_same(studied: Scene) -> None:
    old = committed(studied.vault)
    studied.change("first", "a mistake")
    studied.sync(now=BEFORE + 50)
    user_edits(studied)
    before = studied.anki.scheduling()
    check_out(studied.vault, old)
    assert studied.sync() == studied.updated(0)
    assert studied.backs() == ["first", "edited in Anki", "third", "fourth"]
    assert sorted(studied.anki.note(studied.ids[2]).tags) == ["mine", "topic"]
    assert studied.anki.scheduling() == before


def test_a_revert_and_its_revert_arrive_one_after_the_other(scene: Scene) -> None:
    old = committed(scene.vault)
    scene.change("first", "new")
    scene.sync(now=BEFORE + 50)
    new = committed(scene.vault)
    for files, text in ((old, "first"), (new, "new"), (old, "first")):
        check_out(scene.vault, files)
        assert scene.sync() == scene.updated(0)
        assert scene.backs()[0] == text
        assert scene.sync() == scene.updated()


def test_an_earlier_state_that_is_the_same_moves_nothing(scene: Scene) -> None:
    old = committed(scene.vault)
    user_edits(scene)
    before = scene.anki.tables()
    check_out(scene.vault, old)
    assert scene.sync() == scene.updated()
    assert scene.anki.tables() == before


def test_a_revert_that_moves_cards_to_the_deck_they_had_arrives(scene: Scene) -> None:
    old = committed(scene.vault)
    scene.change("TARGET DECK: Deck", "TARGET DECK: Other")
    scene.change("first", "a mistake")
    scene.sync(now=BEFORE + 50)
    check_out(scene.vault, old)
    assert scene.sync() == scene.updated(0)
    assert scene.backs() == BACKS


def test_a_card_that_a_revert_took_away_and_another_brought_back_is_the_same_note(scene: Scene) -> None:
    old = committed(scene.vault)
    paste(scene.vault, "Q: five\nA: fifth\n")
    (added,) = scene.sync(now=BEFORE + 50).new
    new = committed(scene.vault)
    scene.anki.edit(added, "edited in Anki")
    check_out(scene.vault, old)
    assert scene.sync() == scene.updated()
    check_out(scene.vault, new)
    assert scene.sync() == Imported(duplicate=tuple(sorted((*scene.ids, added))))
    assert scene.anki.back(added) == "edited in Anki"


def test_a_lock_that_went_back_alone_overwrites_nothing(scene: Scene) -> None:
    old = committed(scene.vault)[LOCK]
    scene.change("first", "first, better")
    scene.sync(now=BEFORE + 50)
    scene.anki.edit(scene.ids[0], "edited in Anki")
    before = scene.anki.tables()
    scene.vault.write(LOCK, old)
    assert scene.sync() == scene.updated()
    assert scene.anki.tables() == before
    scene.change("first, better", "first, best")
    assert scene.sync(now=AFTER + 10) == scene.updated(0)


def rename_file(scene: Scene, _patch: pytest.MonkeyPatch) -> None:
    target = scene.vault.folder / "folder" / "renamed.md"
    target.parent.mkdir()
    (scene.vault.folder / "note.md").rename(target)


def rename_heading(scene: Scene, _patch: pytest.MonkeyPatch) -> None:
    scene.change("# Heading", "## Another heading\n\nwith a text")


def installed_anew(patch: pytest.MonkeyPatch) -> None:
    """Other versions come as other files, which is how a build knows of them."""
    patch.setattr("ankisync.planning.rules.program", lambda: {"renderer.py": None})
    patch.setattr("ankisync.unchanged.read_sight", lambda _data: None)


def new_library(_scene: Scene, patch: pytest.MonkeyPatch) -> None:
    installed_anew(patch)
    patch.setattr("ankisync.planning.rules.version_of", lambda name, _module: f"{name} 99.0")


def new_renderer(_scene: Scene, patch: pytest.MonkeyPatch) -> None:
    installed_anew(patch)
    patch.setattr("ankisync.render.VERSION", 99)
    patch.setattr("ankisync.fields.render_field", lambda text, *_options, **_more: f"<div>{text}</div>")


def other_line_ends(scene: Scene, _patch: pytest.MonkeyPatch) -> None:
    scene.vault.write("note.md", scene.vault.read("note.md").replace("\n", "\r\n"))


@pytest.mark.parametrize("alter", [rename_file, rename_heading, new_library, new_renderer, other_line_ends])
def test_what_is_not_the_card_s_own_text_moves_no_mod(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, alter: Alter
) -> None:
    user_edits(scene)
    before, mods = scene.anki.tables(), lock_mods(scene.vault)
    alter(scene, monkeypatch)
    assert scene.sync() == scene.updated()
    assert lock_mods(scene.vault) == mods
    assert scene.anki.tables() == before


def test_a_note_saved_in_decomposed_letters_moves_no_mod(scene: Scene) -> None:
    scene.change("first", "café")
    scene.sync(now=BEFORE + 50)
    scene.anki.edit(scene.ids[0], "edited in Anki")
    before = scene.anki.tables()
    scene.change("café", "cafe\u0301")
    assert scene.sync() == scene.updated()
    assert scene.anki.tables() == before


@pytest.mark.parametrize("alter", [new_library, new_renderer])
def test_another_engine_makes_the_packages_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch, alter: Alter) -> None:
    assert "wrote" not in scene.build()
    alter(scene, monkeypatch)
    assert "wrote decks/Deck.apkg" in scene.build()
    assert "wrote" not in scene.build()


def test_what_another_engine_renders_arrives_with_the_next_edit(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    new_renderer(scene, monkeypatch)
    scene.change("first", "first, better")
    assert scene.sync() == scene.updated(0)
    assert scene.backs() == ["<div>first, better</div>", *BACKS[1:]]


def test_touch_makes_the_markdown_win_over_an_edit_made_in_anki(studied: Scene) -> None:
    user_edits(studied)
    studied.anki.edit(studied.ids[0], "edited in Anki too")
    before = studied.anki.scheduling()
    touched = studied.vault.run("touch", str(studied.ids[1]), now=AFTER)
    assert touched.status == 0
    assert re.search(r"\b1 notes? ", touched.out)
    assert studied.sync(now=AFTER + 10) == studied.updated(1)
    assert studied.backs() == ["edited in Anki too", *BACKS[1:]]
    assert sorted(studied.anki.note(studied.ids[2]).tags) == ["mine", "topic"]
    assert studied.anki.scheduling() == before


def test_without_touch_the_edit_made_in_anki_stays(scene: Scene) -> None:
    user_edits(scene)
    assert scene.sync() == scene.updated()
    assert scene.backs()[1] == "edited in Anki"


@pytest.mark.parametrize("what", ["note.md", "."])
def test_touch_of_a_path_is_for_the_notes_under_it(scene: Scene, what: str) -> None:
    scene.vault.write("other.md", "TARGET DECK: Deck\n\nQ: elsewhere\nA: x\n")
    (other,) = scene.sync(now=BEFORE + 50).new
    for note_id in (*scene.ids, other):
        scene.anki.edit(note_id, "edited in Anki")
    scene.vault.run("touch", what, now=AFTER)
    taken = scene.sync(now=AFTER + 10)
    assert taken.updated == tuple(sorted(scene.ids if what == "note.md" else (*scene.ids, other)))
    assert scene.backs() == BACKS
    assert scene.anki.back(other) == ("edited in Anki" if what == "note.md" else "x")


def test_touch_all_makes_every_note_win_once(scene: Scene) -> None:
    user_edits(scene)
    scene.vault.run("touch", "--all", now=AFTER)
    assert scene.sync(now=AFTER + 10) == scene.updated(0, 1, 2, 3)
    assert scene.backs() == BACKS
    assert [scene.anki.note(note_id).tags for note_id in scene.ids] == [["topic"]] * 4
    assert scene.sync(now=AFTER + 20) == scene.updated()


def test_touch_twice_in_a_second_wins_twice(scene: Scene) -> None:
    for _ in range(2):
        scene.vault.run("touch", str(scene.ids[0]), now=AFTER)
        assert scene.sync(now=AFTER) == scene.updated(0)
