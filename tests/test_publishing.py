"""What a build gives to those who study from its packages: the summary, the manifest, and never an older note."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from ankisync.package import read_ledger
from tests.media_support import png
from tests.support import NOW, Vault

CARDS = "TARGET DECK: A::B\n\nQ: one?\nA: 1\n\nQ: two?\nA: 2\n\nTARGET DECK: C\n\nQ: three?\nA: ![](p.png)\n"


@pytest.fixture
def cards(vault: Vault) -> Vault:
    vault.write("ankisync.toml", "")
    vault.write("a.md", CARDS)
    vault.write("p.png", png("p"))
    return vault


def manifest(vault: Vault) -> dict[str, dict[str, object]]:
    rows = json.loads(vault.read("decks/manifest.json"))["packages"]
    return {row["file"]: row for row in rows}


def publish(vault: Vault, name: str = "published") -> Path:
    """Hand out the packages as they lie there."""
    folder = vault.folder.parent / name
    folder.mkdir()
    for path in (vault.folder / "decks").glob("*.apkg"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def mods(path: Path) -> list[int]:
    return sorted(each.mod for each in read_ledger(path).values())


def test_a_manifest_tells_what_is_in_each_package(cards: Vault) -> None:
    cards.write("b.md", "TARGET DECK: A::B::D\n\nSTART\nBasic (and reversed card)\nfour\nBack: 4\nEND\n")
    assert "wrote decks/manifest.json" in cards.build("--manifest").out
    found = manifest(cards)
    assert list(found) == ["A.apkg", "C.apkg"]
    a = found["A.apkg"]
    assert (a["notes"], a["cards"], a["media"]) == (3, 4, 0)
    assert a["decks"] == [{"name": "A::B", "notes": 2, "cards": 2}, {"name": "A::B::D", "notes": 1, "cards": 2}]
    assert found["C.apkg"]["media"] == 1
    for file, row in found.items():
        data = (cards.folder / "decks" / file).read_bytes()
        assert (row["sha256"], row["bytes"]) == (sha256(data).hexdigest(), len(data))


def test_there_is_no_manifest_and_no_summary_unless_asked_for(cards: Vault) -> None:
    cards.build()
    assert sorted(path.name for path in (cards.folder / "decks").iterdir()) == ["A.apkg", "C.apkg"]


def test_a_manifest_and_a_summary_are_written_where_nothing_else_is_to_do(cards: Vault) -> None:
    cards.build()
    cards.build()
    assert cards.build("--manifest", "--summary", "s.md").status == 0
    assert manifest(cards).keys() == {"A.apkg", "C.apkg"}
    assert "Nothing is new, changed, moved or retired." in cards.read("s.md")


def test_one_package_for_all_has_its_manifest_beside_it(cards: Vault) -> None:
    cards.build("-o", "out/all.apkg", "--manifest")
    (row,) = json.loads(cards.read("out/manifest.json"))["packages"]
    assert (row["file"], row["notes"]) == ("all.apkg", 3)


def test_a_summary_tells_decks_and_what_is_new_by_its_question(cards: Vault) -> None:
    cards.write("b.md", "Q: who is @you, *a|b* <i>?\nA: x\n\nQ: no answer\n")
    assert cards.build("--summary", "s.md").status == 1
    text = cards.read("s.md")
    assert text.startswith("## 4 notes in 3 decks\n")
    assert "| A::B | 2 | 2 | A.apkg | " in text
    assert "C.apkg, 1 media file" in text
    assert "### New (4)\n\n* one? (A::B, a.md:3)\n* two? (A::B, a.md:6)\n" in text
    assert r"* who is @<!-- -->you, \*a\|b\* \<i\>? (Default, b.md:1)" in text
    assert "### Problems (1)\n\n* **error A201** b.md:5: " in text


def test_a_summary_tells_what_changed_moved_and_retired(cards: Vault) -> None:
    cards.build()
    text = cards.read("a.md").replace("two?", "two, really?").replace("TARGET DECK: C", "TARGET DECK: E")
    (id_line,) = [line for line in text.split("\n") if line.startswith("<!--ID")][:1]
    cards.write("a.md", text.replace(f"Q: one?\nA: 1\n{id_line}\n", ""))
    cards.build("--summary", "s.md", now=NOW + 5)
    told = cards.read("s.md")
    assert "### Changed (1)\n\n* two, really? (A::B, " in told
    assert "### Moved (1)\n\n* three? (C → E, " in told
    assert f"### Retired (1)\n\n* note {id_line[8:-3]} (A::B)\n" in told
    assert "### New" not in told


def test_a_summary_tells_what_is_new_to_readers(cards: Vault) -> None:
    cards.build()
    readers = publish(cards)
    text = cards.read("a.md").replace("two?", "two, really?")
    cards.write("a.md", text.partition("Q: one?")[0] + text[text.index("Q: two") :] + "\nQ: four?\nA: 4\n")
    cards.build(now=NOW + 5)
    assert cards.build("--locked", "--previous", readers, "--summary", "s.md", now=NOW + 6).status == 0
    told = cards.read("s.md")
    assert "### New (1)\n\n* four? (C, " in told
    assert "### Changed (1)\n\n* two, really? (A::B, " in told
    assert "### Retired (1)\n\n* one? (A::B)\n" in told
    assert "### Moved" not in told


def test_a_broken_card_is_not_told_as_retired(cards: Vault) -> None:
    cards.build()
    readers = publish(cards)
    cards.write("a.md", cards.read("a.md").replace("A: 1\n", ""))
    cards.build("--previous", readers, "--summary", "s.md", now=NOW + 5)
    assert "### Retired" not in cards.read("s.md")


def test_long_lists_end(cards: Vault) -> None:
    cards.write("b.md", "".join(f"Q: q{number}\nA: a\n\n" for number in range(130)))
    cards.build("--summary", "s.md")
    assert "* and 33 more\n" in cards.read("s.md")
    assert cards.read("s.md").count("\n* q") == 97


def reverted(vault: Vault) -> Path:
    """Publish a text, then take it back with its lock, as a fresh clone of that commit has it."""
    vault.build()
    before = {name: vault.read(name) for name in ("a.md", "ankisync.lock")}
    vault.write("a.md", before["a.md"].replace("A: 1\n", "A: one\n"))
    vault.build(now=NOW + 100)
    readers = publish(vault)
    for name, text in before.items():
        vault.write(name, text)
    forget_packages(vault)
    return readers


def forget_packages(vault: Vault) -> None:
    for path in (vault.folder / "decks").iterdir():
        path.unlink()


def test_what_readers_have_is_never_undercut(cards: Vault) -> None:
    readers = reverted(cards)
    lock = cards.read("ankisync.lock")
    run = cards.build("--locked", "--previous", readers, now=NOW + 200)
    assert (run.status, run.codes) == (0, ["A708"])
    assert cards.read("ankisync.lock") == lock
    assert max(mods(cards.folder / "decks" / "A.apkg")) > max(mods(readers / "A.apkg"))
    assert mods(cards.folder / "decks" / "C.apkg") == mods(readers / "C.apkg")
    forget_packages(cards)
    assert cards.build("--previous", readers, now=NOW + 300).codes == ["A708"]
    assert cards.read("ankisync.lock") != lock
    assert cards.build("--locked", "--previous", readers, now=NOW + 400).codes == []


def test_without_previous_a_revert_is_older_than_what_readers_have(cards: Vault) -> None:
    readers = reverted(cards)
    run = cards.build("--locked", now=NOW + 200)
    assert (run.status, run.codes) == (0, [])
    assert max(mods(cards.folder / "decks" / "A.apkg")) < max(mods(readers / "A.apkg"))


def test_what_readers_have_stands_in_for_a_lost_lock(cards: Vault) -> None:
    cards.build()
    cards.write("a.md", cards.read("a.md").replace("A: 1\n", "A: one\n"))
    cards.build(now=NOW + 100)
    readers = publish(cards)
    forget_packages(cards)
    (cards.folder / "ankisync.lock").unlink()
    assert cards.build("--previous", readers, now=NOW + 200).codes == ["A704"]
    assert mods(cards.folder / "decks" / "A.apkg") == mods(readers / "A.apkg")


def test_packages_of_another_vault_are_told(cards: Vault, tmp_path: Path) -> None:
    cards.build()
    other = Vault(tmp_path / "other")
    other.write("ankisync.toml", "")
    other.write("x.md", "Q: x\nA: y\n")
    other.build(seed=9)
    run = cards.build("--previous", other.folder / "decks" / "Default.apkg")
    assert (run.status, run.codes) == (0, ["A707"])


def test_previous_must_be_a_package_of_ours(cards: Vault) -> None:
    cards.write("x.apkg", b"PK")
    run = cards.build("--previous", "x.apkg")
    assert run.status == 2
    assert "x.apkg is no package that ankisync made" in run.err
    assert cards.build("--previous", "nowhere.apkg").status == 2
    assert not (cards.folder / "ankisync.lock").exists()
    (cards.folder / "empty").mkdir()
    assert cards.build("--previous", "empty").status == 0


def test_a_summary_that_cannot_be_written_is_told(cards: Vault) -> None:
    cards.write("file", "")
    run = cards.build("--summary", "file/s.md")
    assert (run.status, run.codes) == (1, ["A602"])
    assert (cards.folder / "decks" / "A.apkg").exists()


@pytest.mark.parametrize("option", [("--summary", "s.md"), ("--manifest",)])
def test_a_dry_run_writes_no_summary(cards: Vault, option: tuple[str, ...]) -> None:
    before = cards.state()
    assert cards.build("--dry-run", *option).status == 2
    assert cards.state() == before


def test_locked_names_the_card_and_the_command(cards: Vault) -> None:
    cards.build()
    cards.write("a.md", cards.read("a.md").replace("two?", "two, really?") + "\nQ: four?\nA: 4\n")
    run = cards.build("--locked", "--format", "github", now=NOW + 5)
    assert run.status == 3
    first, second = [line for line in run.err.split("\n") if line.startswith("::")]
    assert first.startswith("::warning file=a.md,line=7,col=1,title=A706::the card `two, really?` has another text")
    assert "::the card `four?` has no ID yet: run `ankisync build`" in second
    assert cards.build("--locked", now=NOW + 6).codes == ["A706", "A706"]


def test_locked_tells_a_deck_and_a_lock_without_cards(cards: Vault) -> None:
    cards.build()
    cards.write("a.md", cards.read("a.md").replace("TARGET DECK: C", "TARGET DECK: D"))
    run = cards.build("--locked", now=NOW + 5)
    assert (run.status, run.codes) == (3, ["A706"])
    assert "the card `three?` is in the deck C in the lock" in run.err
    cards.write("a.md", "")
    run = cards.build("--locked", now=NOW + 6)
    assert (run.status, run.codes[-1]) == (3, "A709")


def test_locked_does_not_list_hundreds(cards: Vault) -> None:
    cards.build()
    cards.write("b.md", "".join(f"Q: q{number}\nA: a\n\n" for number in range(30)))
    run = cards.build("--locked", now=NOW + 5)
    assert (run.codes.count("A706"), run.codes.count("A709")) == (20, 1)
    assert "10 more cards are not what a build would leave" in run.err


def test_locked_tells_nothing_where_the_lock_is_that_of_the_notes(cards: Vault) -> None:
    cards.build()
    run = cards.build("--locked", now=NOW + 5)
    assert (run.status, run.codes) == (0, [])
