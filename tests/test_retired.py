"""Notes that stand nowhere any more: a build after an edit reads their lines only where a new card has such a text."""

import random
from pathlib import Path

import pytest

from ankisync.lock import Entry
from ankisync.lock.lines import plain_entry
from ankisync.model import DeckName, NoteHash, NoteId
from ankisync.retired import NOBODY, Retired
from tests.support import NOW, Vault

CARD = "Q: q{0}\nA: a{0}\n<!--ID: {1}-->\n"
FIRST = 1_700_000_000_000


def cards(numbers: range) -> str:
    return "\n".join(CARD.format(number, FIRST + number) for number in numbers)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """With one card a file in `a.md` and `b.md`, and a hundred that are retired."""
    made = Vault(tmp_path / "v")
    made.write("ankisync.toml", "")
    made.write("a.md", cards(range(1)))
    made.write("b.md", cards(range(1, 2)))
    made.write("c.md", cards(range(2, 102)))
    assert made.build().status == 0
    made.settle()
    made.write("c.md", "nothing\n")
    retiring = made.build("--retire", now=NOW + 10)
    assert retiring.codes == ["A408"] * 100
    assert made.build(now=NOW + 20).codes == []
    return made


def edit(vault: Vault, name: str, text: str, now: float, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """A build after an edit: what it tells, and how many entries of the lock it reads."""
    read: list[Entry] = []

    def reading(*arguments: object) -> Entry:
        read.append(plain_entry(*arguments))  # type: ignore[arg-type]
        return read[-1]

    vault.write(name, text)
    with monkeypatch.context() as patched:
        patched.setattr("ankisync.lock.plain_entry", reading)
        return vault.build(now=now).codes, len(read)


def test_an_edit_reads_no_line_of_a_retired_note(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    for now in (NOW + 30, NOW + 40):
        told, read = edit(vault, "a.md", CARD.format(f"x{now}", FIRST), now, monkeypatch)
        assert (told, 0 < read < 10) == ([], True)
    assert len([each for each in vault.lock().entries.values() if each.retired]) == 100


def test_a_card_with_the_text_of_a_retired_note_is_that_note_again(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, read = edit(vault, "b.md", f"{cards(range(1, 2))}\nQ: q50\nA: a50\n", NOW + 30, monkeypatch)
    assert (told, read < 10) == (["A406"], True)
    assert f"<!--ID: {FIRST + 50}-->" in vault.read("b.md")
    assert vault.lock().entries[NoteId(FIRST + 50)].retired is None
    # It is one of the retired no more: once it is gone, a card with its text gets it back once more.
    vault.write("b.md", cards(range(1, 2)))
    assert vault.build(now=NOW + 40).codes == ["A408"]
    assert edit(vault, "a.md", "Q: q50\nA: a50\n", NOW + 50, monkeypatch)[0] == ["A406", "A408"]


def test_another_text_is_a_new_note(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    told, read = edit(vault, "b.md", f"{cards(range(1, 2))}\nQ: q50\nA: another\n", NOW + 30, monkeypatch)
    assert (told, read < 10) == ([], True)
    assert vault.read("b.md").count("<!--ID: ") == 2
    assert f"<!--ID: {FIRST + 50}-->" not in vault.read("b.md")


def test_an_id_that_stands_again_is_retired_no_more(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert edit(vault, "b.md", cards(range(1, 3)), NOW + 30, monkeypatch)[0] == []
    assert vault.lock().entries[NoteId(FIRST + 2)].retired is None
    assert vault.lock().entries[NoteId(FIRST + 3)].retired is not None


def test_all_of_a_text_are_found_and_few_others() -> None:
    chance = random.Random(3)
    gone = {
        NoteId(FIRST + number): Entry(
            NoteId(FIRST + number), NoteHash(f"{chance.getrandbits(96):024x}"), 1, DeckName("D"), "a.md", retired=2
        )
        for number in range(5_000)
    }
    retired = NOBODY.after(gone)
    wanted = [entry.hash for entry in gone.values() if entry.id % 100 == 0]
    found = retired.like(wanted)
    assert {entry.id for entry in gone.values() if entry.hash in wanted} <= found
    assert len(found) < len(wanted) + 5
    assert retired.like(()) == frozenset()


def test_one_that_comes_back_leaves_and_the_others_stay() -> None:
    def entry(number: int, retired: int | None) -> Entry:
        return Entry(NoteId(number), NoteHash(f"h{number}"), 1, DeckName("D"), "a.md", retired=retired)

    before = NOBODY.after({each.id: each for each in (entry(1, 5), entry(2, 5), entry(3, None))})
    assert before.ids == [1, 2]
    after = before.after({each.id: each for each in (entry(1, None), entry(4, 6))})
    assert after.ids == [2, 4]
    assert isinstance(after, Retired)
    assert after.like([NoteHash("h1"), NoteHash("h4")]) == {4}
