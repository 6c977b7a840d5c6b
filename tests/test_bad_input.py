"""Bad input: each kind has its own diagnostic, the rest is built, nothing is harmed, nothing is called retired."""

import os
from collections.abc import Callable

import pytest

from tests.support import NOW, Vault

GOOD = "TARGET DECK: Good\n\nQ: sound\nA: card\n"
CARD = "Q: a\nA: b\n"
ID = "<!--ID: 1702818043968-->\n"


def frontmatter(text: str) -> str:
    return f"---\n{text}\n---\n{CARD}"


BAD: dict[str, tuple[bytes | str, list[str]]] = {
    "not UTF-8": (b"Q: caf\xe9\nA: b\n", ["A101"]),
    "a binary": (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", ["A102"]),
    "UTF-16": ("Q: a\nA: b\n".encode("utf-16"), ["A102"]),
    "NUL bytes": (b"Q: a\nA: b\x00\x00\n", ["A103"]),
    "50 MB": (b"Q: a\nA: b\n" * (5 * 1024 * 1024), ["A104"]),
    "git conflict": ("<<<<<<< HEAD\nQ: a\n=======\nQ: b\n>>>>>>> other\nA: c\n", ["A109"]),
    "broken YAML": (frontmatter("deck: [a"), ["A207"]),
    "YAML with tabs": (frontmatter("deck:\n\t- a"), ["A207"]),
    "YAML with too many aliases": (frontmatter("a: &a x\ndeck: [" + "*a, " * 30 + "]"), ["A207"]),
    "YAML too long": (frontmatter("deck: x\nother: " + "y" * 20_000), ["A207"]),
    "YAML too deep": (frontmatter("deck: " + "{a: " * 3000 + "}" * 3000), ["A207"]),
    "YAML with a bad tag": (frontmatter("deck: !!python/object:os.system x"), []),
    "frontmatter that is a list": (frontmatter("- deck: x\n- tags: y"), ["A208"]),
    "a list that looks like frontmatter": (frontmatter("- one\n- two"), ["A213"]),
    "a deck that is a list": (frontmatter("deck: [a, b]"), ["A304"]),
    "an empty deck in frontmatter": (frontmatter("deck:"), ["A301"]),
    "tags that are a mapping": (frontmatter("tags: {a: b}"), ["A305"]),
    "an unknown answer mode": (frontmatter("ankisync-answer: chapter"), ["A210"]),
    "empty deck name": ("TARGET DECK:\n\n" + CARD, ["A301"]),
    "empty part of a deck name": ("TARGET DECK: a::::b\n" + CARD, ["A302"]),
    "an ID of 3 digits": ("Q: a\nA: b\n<!--ID: 123-->\n", ["A401"]),
    "an ID of 20 digits": ("Q: a\nA: b\n<!--ID: 17028180439681702818-->\n", ["A401"]),
    "an ID above every card": (ID + "\n" + CARD, ["A405"]),
    "an ID in the future": ("Q: a\nA: b\n<!--ID: 9999999999999999-->\n", ["A410"]),
    "two IDs": ("Q: a\nA: b\n" + ID + "<!--ID: 1702818043999-->\n", ["A404"]),
    "the same ID twice in one file": (CARD + ID + "\nQ: c\nA: d\n" + ID, ["A402"]),
    "Q without A": ("Q: a\n", ["A201"]),
    "A without Q": ("A: a\n", ["A202"]),
    "an empty question": ("Q:\nA: a\n", ["A203"]),
    "an empty answer": ("Q: a\nA:\n", ["A204"]),
    "an unclosed fence over a card": ("```\n" + CARD, ["A205"]),
    "a card between two dollar signs": ("it costs $$\n\n" + CARD + "\nor $$\n", ["A211"]),
}
BUILT = {"A213", "A305", "A405", "A404"}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_input_is_told_and_the_rest_is_built(vault: Vault, name: str) -> None:
    content, codes = BAD[name]
    path = vault.write("bad.md", content)
    before = path.read_bytes()
    vault.write("good.md", GOOD)
    run = vault.build()
    assert run.codes == codes
    assert run.status == int(any(code not in BUILT and code != "A202" for code in codes))
    assert "Traceback" not in run.err
    assert "wrote decks/Good.apkg (1 note)" in run.out
    written = path.read_bytes()
    assert written == before or b"<!--ID: " in written.replace(before, b"")


QUIET: dict[str, bytes | str] = {
    "mixed line endings": b"Q: a\r\nA: b\n\rQ: c\rA: d\r\n",
    "U+2028 in a question": "Q: a\u2028b\nA: c\n",
    "form feeds and vertical tabs": "Q: a\x0bb\x0cc\nA: c\x85d\n",
    "zero-width characters": "Q: a\u200bb\nA: \u200dc\n",
    "a byte order mark": b"\xef\xbb\xbfQ: a\nA: b\n",
    "an empty file": b"",
    "blank lines only": "\n\n \t\n",
    "frontmatter that nothing needs": "---\ntitle: [broken\n---\nQ: a\nA: b\n",
    "a look-alike": "Q:: x\nA:: y\n\n## Q: z\n\n**Q:** a\n",
}


@pytest.mark.parametrize("name", sorted(QUIET))
def test_odd_but_sound_input_gets_no_word(vault: Vault, name: str) -> None:
    content = QUIET[name]
    path = vault.write("日本語 ü.md", content)
    before = path.read_bytes()
    run = vault.build()
    assert (run.status, run.err) == (0, "")
    after = path.read_bytes()
    assert after.startswith(before[:3])
    assert vault.build().status == 0
    assert path.read_bytes() == after


def one_card_gone(vault: Vault) -> None:
    (vault.folder / "bad.md").chmod(0)


def becomes_binary(vault: Vault) -> None:
    vault.write("bad.md", b"\xff\xfe\x00")


def fence_left_open(vault: Vault) -> None:
    vault.write("bad.md", "```\n" + vault.read("bad.md"))


def conflict(vault: Vault) -> None:
    vault.write("bad.md", f"<<<<<<< a\n{vault.read('bad.md')}=======\n>>>>>>> b\n")


def is_excluded(vault: Vault) -> None:
    vault.write("ankisync.toml", 'exclude = ["bad.md"]\n')


def deck_is_broken(vault: Vault) -> None:
    vault.write("bad.md", "TARGET DECK: ::\n" + vault.read("bad.md"))


def answer_is_lost(vault: Vault) -> None:
    vault.write("bad.md", vault.read("bad.md").replace("A: b\n", ""))


def id_gets_a_digit_more(vault: Vault) -> None:
    vault.write("bad.md", vault.read("bad.md").replace("-->", "7-->"))


def moves_out_of_the_notes(vault: Vault) -> None:
    (vault.folder / "node_modules").mkdir()
    vault.write("ankisync.toml", 'exclude = ["/node_modules"]\n')
    (vault.folder / "bad.md").rename(vault.folder / "node_modules" / "bad.md")


@pytest.mark.parametrize(
    "harm",
    [
        becomes_binary,
        fence_left_open,
        conflict,
        is_excluded,
        deck_is_broken,
        answer_is_lost,
        id_gets_a_digit_more,
        moves_out_of_the_notes,
    ],
)
def test_what_cannot_be_read_is_not_retired(vault: Vault, harm: Callable[[Vault], None]) -> None:
    vault.write("good.md", GOOD)
    vault.write("bad.md", CARD)
    vault.build()
    before = vault.lock().entries
    harm(vault)
    run = vault.build(now=NOW + 100)
    assert "A408" not in run.codes
    assert run.codes != []
    assert vault.lock().entries == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_told(vault: Vault) -> None:
    vault.write("bad.md", CARD)
    one_card_gone(vault)
    assert vault.build().codes == ["A105"]


def test_a_file_that_cannot_be_read_is_told_and_nothing_is_retired(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.write("good.md", GOOD)
    vault.write("bad.md", CARD)
    vault.build()
    vault.write("good.md", "nothing any more\n")
    before = vault.lock().entries
    real = type(vault.folder).read_bytes

    def read_bytes(path: "os.PathLike[str]") -> bytes:
        if str(path).endswith("bad.md"):
            raise PermissionError(13, "Permission denied")
        return real(path)  # type: ignore[arg-type]

    monkeypatch.setattr(type(vault.folder), "read_bytes", read_bytes)
    run = vault.build(now=NOW + 100)
    assert (run.status, run.codes) == (1, ["A105"])
    assert "Permission denied" in run.err
    monkeypatch.undo()
    assert vault.lock().entries == before
    assert vault.build().codes == ["A604", "A408"]


def test_half_the_vault_gone_retires_nothing_but_a_few_notes_do(vault: Vault) -> None:
    for number in range(20):
        vault.write(f"{number}.md", f"Q: {number}\nA: x\n")
    vault.build()
    gone = {number: vault.read(f"{number}.md") for number in range(10)}
    for number in gone:
        (vault.folder / f"{number}.md").unlink()
    run = vault.build(now=NOW + 100)
    assert (run.status, run.codes) == (0, ["A409"])
    assert all(entry.retired is None for entry in vault.lock().entries.values())
    for number in range(5, 10):
        vault.write(f"{number}.md", gone[number])
    assert vault.build(now=NOW + 200).codes == ["A408"] * 5


def test_a_damaged_lock_line_is_told_with_its_number_kept_and_its_note_held_back(vault: Vault) -> None:
    vault.write("good.md", GOOD)
    vault.write("bad.md", CARD)
    vault.build()
    lines = vault.read("ankisync.lock").split("\n")
    lines[1] = lines[1].replace('"hash":"', '"hash":')
    vault.write("ankisync.lock", "\n".join(lines))
    run = vault.build(now=NOW + 100)
    assert (run.status, run.codes) == (1, ["A701"])
    assert "ankisync.lock:2:1: error[A701]" in run.err
    assert lines[1] in vault.read("ankisync.lock").split("\n")
    assert run.out.startswith("1 note in 1 deck")


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ('defualt_deck = "x"\n', "did you mean `default_deck`?"),
        ("tags = 3\n", "`tags` must be a list of texts"),
        ("inline_tags = 'yes'\n", "`inline_tags` must be true or false"),
        ('answer = "chapter"\n', "`answer` is `chapter`"),
        ("= broken", "ankisync.toml cannot be read"),
        ('notes = ["nowhere"]\n', "`notes` names `nowhere`"),
        ('default_deck = "a::"\n', "`default_deck` has an empty part"),
        ('[folder_decks]\na = "x::"\n', "the deck of `a`"),
    ],
)
def test_a_bad_setting_is_exit_2_and_nothing_is_built(vault: Vault, config: str, says: str) -> None:
    vault.write("good.md", GOOD)
    vault.write("ankisync.toml", config)
    before = vault.state()
    run = vault.build()
    assert (run.status, says in run.err) == (2, True)
    assert vault.state() == before


def test_a_lock_of_a_newer_version_stops_everything(vault: Vault) -> None:
    vault.write("good.md", GOOD)
    vault.write("ankisync.lock", '{"ankisync":2}\n')
    before = vault.state()
    run = vault.build()
    assert (run.status, "has the form 2" in run.err) == (2, True)
    assert vault.state() == before


def test_a_lock_that_is_a_folder_stops_everything(vault: Vault) -> None:
    vault.write("good.md", GOOD)
    (vault.folder / "ankisync.lock").mkdir()
    assert vault.build().status == 2
    assert vault.read("good.md") == GOOD
