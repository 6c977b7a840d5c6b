"""The same ID in several places, without help from the lock and with it."""

import pytest

from tests.support import Vault

ONE, TWO = 1702818043968, 1702818043977


def card(answer: str = "b", number: int = ONE) -> str:
    return f"Q: a\nA: {answer}\n<!--ID: {number}-->\n"


def built(vault: Vault) -> dict[int, str]:
    """The file from which each note was built."""
    return {entry.id: entry.file for entry in vault.lock().entries.values()}


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["note.md", "note (1).md"], "note.md"),
        (["note.md", "note 2.md"], "note.md"),
        (["note.md", "note copy.md"], "note.md"),
        (["note.md", "note - Copy.md"], "note.md"),
        (["note.md", "a/note.md"], "a/note.md"),
        (["a.md", "b.md"], "a.md"),
        (["aa.md", "b.md"], "aa.md"),
        (["b/x.md", "a/x.md"], "a/x.md"),
        (["chapter one.md", "zoo.md"], "chapter one.md"),
    ],
)
def test_equal_copies_are_one_note(vault: Vault, names: list[str], kept: str) -> None:
    for name in names:
        vault.write(name, card())
    run = vault.build()
    assert (run.status, run.codes) == (0, ["A403"])
    assert built(vault) == {ONE: kept}
    assert all(vault.read(name) == card() for name in names)


@pytest.mark.parametrize(
    "name",
    [
        "note.sync-conflict-20260101-120000-ABCDEFG.md",
        "note (someone's conflicted copy 2026-01-01).md",
        "a conflicted copy.md",
    ],
)
def test_what_a_sync_tool_left_is_not_read(vault: Vault, name: str) -> None:
    vault.write("note.md", card())
    vault.write(name, card("other"))
    run = vault.build()
    assert (run.status, run.codes) == (0, ["A108"])
    assert built(vault) == {ONE: "note.md"}


def test_one_warning_for_a_pair_of_files(vault: Vault) -> None:
    text = "\n".join(card(str(number), ONE + number) for number in range(20))
    for name in ("one.md", "two.md"):
        vault.write(name, text)
    run = vault.build()
    assert run.codes == ["A403"]
    assert "two.md:1:1" in run.err
    assert "one.md:1" in run.err
    assert "19 more" in run.err
    assert len(built(vault)) == 20


def test_one_warning_for_each_pair_of_files(vault: Vault) -> None:
    for name in ("one.md", "two.md", "x/one.md"):
        vault.write(name, card() + "\n" + card("c", TWO))
    assert vault.build().codes == ["A403", "A403"]


def test_equal_copies_in_one_file_are_one_note(vault: Vault) -> None:
    vault.write("one.md", f"{card()}\n{card()}")
    run = vault.build()
    assert (run.status, run.codes) == (0, ["A403"])
    assert "one.md:5:1" in run.err
    assert built(vault) == {ONE: "one.md"}


def test_differing_copies_are_left_out(vault: Vault) -> None:
    vault.write("one.md", f"{card('b')}\n{card('x', TWO)}")
    vault.write("two.md", card("c"))
    run = vault.build()
    assert (run.status, run.codes) == (1, ["A402"])
    assert "two.md:1:1" in run.err
    assert "one.md:1" in run.err
    assert built(vault) == {TWO: "one.md"}


def test_an_error_for_each_pair_of_places(vault: Vault) -> None:
    for name, answer in (("one.md", "b"), ("two.md", "c"), ("zoo.md", "d")):
        vault.write(name, card(answer))
    assert vault.build().codes == ["A402", "A402"]


def test_copies_that_differ_only_in_their_endings_are_equal(vault: Vault) -> None:
    vault.write("one.md", card())
    vault.write("two.md", "\ufeff" + card().replace("\n", "\r\n"))
    assert vault.build().codes == ["A403"]


def test_copies_with_other_tags_differ(vault: Vault) -> None:
    vault.write("one.md", card())
    vault.write("two.md", f"FILE TAGS: x\n{card()}")
    assert vault.build().codes == ["A402"]


def test_the_copy_whose_text_the_lock_has_is_kept(vault: Vault) -> None:
    vault.write("two.md", card("c"))
    vault.build()
    vault.write("one.md", card("b"))
    run = vault.build()
    assert (run.status, run.codes) == (1, ["A402"])
    assert "one.md:1:1" in run.err
    assert built(vault) == {ONE: "two.md"}


def test_of_two_new_texts_the_one_in_the_locks_file_is_kept(vault: Vault) -> None:
    vault.write("two.md", card("c"))
    vault.build()
    vault.write("two.md", card("d"))
    vault.write("one.md", card("b"))
    run = vault.build()
    assert (run.status, run.codes) == (1, ["A402"])
    assert "one.md:1:1" in run.err
    assert built(vault) == {ONE: "two.md"}


def test_of_equal_copies_the_one_in_the_locks_file_is_kept(vault: Vault) -> None:
    vault.write("two.md", card())
    vault.build()
    vault.write("one.md", card())
    assert vault.build().codes == ["A403"]
    assert built(vault) == {ONE: "two.md"}


def test_a_note_that_only_moved_is_no_copy(vault: Vault) -> None:
    vault.write("two.md", card())
    vault.build()
    (vault.folder / "two.md").rename(vault.folder / "one.md")
    run = vault.build()
    assert (run.status, run.codes) == (0, [])
    assert built(vault) == {ONE: "one.md"}
