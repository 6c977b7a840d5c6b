"""What a hostile reviewer broke: each case as it was found, with its twin."""

from pathlib import Path

import pytest

from tests.fragments import read_choice
from tests.support import Vault, document

ONE, TWO, THREE = (f"<!--ID: {number}-->" for number in (1700000000001, 1700000000002, 1700000000003))


def cards(text: str, **table: object) -> list[tuple[list[int], list[str]]]:
    """(IDs, fields) of the cards of a text."""
    blocks = document(text, read_choice(table)).blocks
    return [([mark.id for mark in block.ids], [value for _, value in block.fields]) for block in blocks]


def codes(text: str, **table: object) -> list[str]:
    return [each.code for each in document(text, read_choice(table)).diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        f"DELETE\n{ONE} STARTI [Basic] c Back: d ENDI\n",
        f"DELETE {TWO} what :: that\n",
        f"DELETE\n{THREE}<!-- my own remark, keep -->\n",
        f"DELETE {TWO} {THREE}\n",
        "DELETE ID: 1700000000001 keep this text\n",
    ],
)
def test_a_delete_takes_no_other_text_with_it(vault: Vault, text: str) -> None:
    vault.write("a.md", text)
    vault.write("ok.md", "Q: a\nA: b\n")
    run = vault.build()
    assert run.status == 1
    assert set(run.codes) & {"A232", "A233"}
    assert vault.read("a.md").replace("<!--ID: 17", "").count("ID") >= text.replace("<!--ID: 17", "").count("ID")
    for word in ("that", "remark", "keep", "1700000000003" if THREE in text else ""):
        assert word not in text or word in vault.read("a.md")
    assert "<!--ID" in vault.read("ok.md")


def test_a_delete_alone_with_its_id_goes(vault: Vault) -> None:
    vault.write("a.md", f"text\n\nDELETE\n{ONE}  \n\nmore\n")
    assert vault.build().status == 0
    assert vault.read("a.md") == "text\n\n\nmore\n"


def test_a_delete_in_a_block_is_told_and_not_sent_to_anki() -> None:
    text = f"START\nBasic\nfoo\nBack: bar\nDELETE\n{ONE}\nEND\n"
    assert (cards(text), codes(text)) == ([], ["A214"])
    assert cards(text.replace("DELETE\n", "DELETE FROM t\n"))[0][1] == ["foo", "bar\nDELETE FROM t"]


@pytest.mark.parametrize("line", [f"| i j {ONE} |", f"x DELETE {ONE} y", f"front::back {ONE}"])
def test_an_id_in_the_middle_of_a_line_is_told(vault: Vault, line: str) -> None:
    vault.write("a.md", f"{line}\n")
    assert vault.check().codes == ["A405"]
    vault.write("a.md", f"`{ONE}`\n\n```\n{line}\n```\n")
    assert vault.check().codes == []


def test_a_note_whose_id_is_on_no_card_any_more_is_told(vault: Vault) -> None:
    vault.write("a.md", "| STARTI [Basic] i Back: j ENDI |\n")
    vault.build()
    (note_id,) = vault.ids()
    vault.write("a.md", f"| i j <!--ID: {note_id}--> |\n")
    run = vault.build()
    assert "A419" in run.codes
    assert str(note_id) in run.err
    assert vault.lock().entries[note_id].retired is None  # type: ignore[index]


PATTERN = r"^((?:[^\n][\n]?)+) #card ?\n*((?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))+)"


def test_the_id_that_a_pattern_took_counts_before_one_in_its_text() -> None:
    custom = [{"notetype": "Basic", "pattern": PATTERN}]
    ((ids, _),) = cards(f"old text\n{ONE}\nsecond #card\nanswer\n{TWO}\n", custom=custom, styles=[])
    assert ids == [1700000000002, 1700000000001]


@pytest.mark.parametrize(
    ("note", "ids", "fields"),
    [
        (f"STARTI [Basic] front {ONE} Back: back ENDI", [1700000000001], ["front", "back"]),
        ("STARTI [Basic] Patient ID: 7712345678 means? Back: b ENDI", [], ["Patient ID: 7712345678 means?", "b"]),
        ("STARTI [Basic] ID: 42 Back: x ENDI", [], ["ID: 42", "x"]),
        ("STARTI [Basic] see Tags: in text Back: b ENDI", [], ["see Tags: in text", "b"]),
        ("STARTI [Basic] what is `ENDI` Back: x ENDI", [], ["what is `ENDI`", "x"]),
        ("STARTI [Basic] a ` b Back: x ENDI", [], ["a ` b", "x"]),
        (f"STARTI [Basic] i Back: j ENDI\n{ONE}", [1700000000001], ["i", "j"]),
        ("STARTI [Basic] i Back: j ID: 1700000000001 ENDI", [1700000000001], ["i", "j"]),
    ],
)
def test_an_inline_note_keeps_its_fields_and_its_id(note: str, ids: list[int], fields: list[str]) -> None:
    assert cards(f"{note}\n") == [(ids, fields)]
    assert codes(f"{note}\n") == []


def test_tags_behind_an_id_in_an_inline_note_are_tags() -> None:
    (block,) = document(f"STARTI [Basic] a Back: b {ONE} Tags: x y ENDI\n").blocks
    assert block.tags == ("x", "y")


def test_an_end_keyword_within_a_word_ends_nothing(vault: Vault) -> None:
    words = '[keywords]\nstart = "BEGIN"\nend = "STOP"\nstart_inline = "START"\nend_inline = "END"\n'
    vault.write("ankisync.toml", words)
    vault.write("a.md", "RESTART [Basic] q2 Back: r2 WEEKEND [x] END\n\nSTART [Basic] q Back: WEEKEND END\n")
    vault.build()
    assert vault.read("a.md").startswith("RESTART [Basic] q2 Back: r2 WEEKEND [x] END\n")
    assert "Back: WEEKEND <!--ID: " in vault.read("a.md")


def test_a_path_answers_for_its_own_files_only(vault: Vault) -> None:
    vault.write("a.md", "Q: a\nA: b\n")
    vault.write("z.md", "Q: c\nA: d\n")
    vault.build()
    vault.write("z.md", "DELETE\n" + vault.read("z.md").split("\n")[2] + "\n")
    assert vault.check("a.md").status == 0
    assert vault.build("--locked", "a.md").status == 0
    assert "retired" not in vault.check("a.md").out
    assert vault.check("z.md").status == 3
    assert vault.build("--locked").status == 3
    assert vault.check().status == 3


@pytest.mark.parametrize("content", [b'{ "settings": ', '{"settings": {}}'.encode("utf-16"), b"[]"])
def test_init_does_not_pass_over_the_plugins_own_file(tmp_path: Path, content: bytes) -> None:
    vault = Vault(tmp_path)
    vault.write(".obsidian/plugins/obsidian-to-anki-plugin/data.json", content)
    assert vault.run("init").status == 2
    assert not (tmp_path / "ankisync.toml").exists()


def test_a_label_is_read_in_either_unicode_form() -> None:
    table = {"fields": {"\u00dcbung": ["Frage", "R\u00fcckseite"]}}
    for label in ("R\u00fcckseite", "Ru\u0308ckseite"):
        assert cards(f"START\n\u00dcbung\nf\n{label}: b\nEND\n", **table) == [([], ["f", "b"])]


@pytest.mark.parametrize("front", ["<!-- x -->", "<br>", "%%x%%", "<div></div>"])
def test_a_front_that_shows_nothing_is_told_in_every_form(front: str) -> None:
    assert codes(f"START\nBasic\n{front}\nBack: x\nEND\n") == ["A221"]
    assert codes(f"STARTI [Basic] {front} Back: x ENDI\n") == ["A221"]
    assert codes(f"Q: {front}\nA: x\n") == ["A203"]
    assert codes(f"Q: a {front}\nA: x\n\nSTART\nBasic\na {front}\nEND\n") == []


def test_a_cloze_that_only_the_braces_of_math_would_close_is_none() -> None:
    """Nothing in math closes a cloze once it is rendered: this one is never closed, and hides what follows."""
    text = r"{{c2::open $\frac{a}{b}}$ 1. {{c1::x}}"
    assert codes(f"START\nCloze\n{text}\nEND\n") == ["A229"]
    assert codes(f"START\nCloze\n{text}}}}}\nEND\n") == []
    assert codes("START\nCloze\n{{c1::$\\frac{a}{b_{c}}$}}\nEND\n") == []


def test_an_id_far_below_a_question_without_an_answer_keeps_no_card_from_its_id(vault: Vault) -> None:
    """It was taken for the question's until a card in between had one of its own; then the file was left alone."""
    vault.write("ankisync.toml", 'styles = ["q-a", "flashcard-tag"]\n')
    vault.write("a.md", f"Q: only asked\n\nwords #flashcard\nmore words\n\n> \n{ONE}\n")
    first = vault.build()
    assert "A605" not in first.codes
    assert len(vault.ids()) == 1
    assert vault.read("a.md").count("<!--ID") == 2
    state = vault.state()
    vault.build()
    assert vault.state() == state
