"""IDs: what is read as one, whose it is, what is told of the others."""

import pytest

from ankisync.config import Settings
from ankisync.diagnostics import errors
from tests.support import Vault, document

CARD = "Q: a\nA: b\n"
ONE, TWO = 1702818043968, 1702818043977
ID, OTHER = f"<!--ID: {ONE}-->", f"<!--ID: {TWO}-->"


def ids(text: str, settings: Settings | None = None) -> list[list[int]]:
    """The IDs of each card."""
    return [[mark.id for mark in block.ids] for block in document(text, settings).blocks]


def answers(text: str, settings: Settings | None = None) -> list[str]:
    return [block.fields[1][1] for block in document(text, settings).blocks]


def told(text: str) -> list[tuple[str, int]]:
    """(code, line) of what is told."""
    return [(each.code, each.location.line) for each in document(text).diagnostics]


def unclaimed(text: str) -> list[tuple[int, int]]:
    """(ID, line) of the IDs that belong to no card."""
    return [(mark.id, mark.location.line) for mark in document(text).unclaimed]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (f"<!--ID: {ONE}-->", ONE),
        (f"<!-- ID: {ONE} -->", ONE),
        (f"<!--ID:{ONE}-->", ONE),
        (f"<!--  ID:  {ONE}\t-->", ONE),
        (f"ID: {ONE}", ONE),
        (f"ID:{ONE}", ONE),
        (f"<!--ID: {ONE}--> text after it", ONE),
        (f"<!--ID: {ONE}-->text after it", ONE),
        (f"ID: {ONE} text after it", ONE),
        (f"ID: {ONE}  ", ONE),
        ("<!--ID: 1702818043-->", 1702818043),
        ("<!--ID: 1702818043968123-->", 1702818043968123),
        ("ID: 1702818043", 1702818043),
        ("ID: 1702818043968123", 1702818043968123),
    ],
)
def test_each_form_of_an_id_is_read(line: str, number: int) -> None:
    assert ids(f"{CARD}{line}\n") == [[number]]
    assert answers(f"{CARD}{line}\n") == ["b"]
    assert told(f"{CARD}{line}\n") == []
    assert ids(f"{CARD}\n\n{line}") == [[number]]


BROKEN = [
    "<!--ID: 123-->",
    "<!--ID: 170281804-->",
    "<!--ID: 17028180439681234-->",
    "<!--ID: 17028180439680000000-->",
    "<!-- ID: 123 -->",
    "<!--ID:123-->",
    "<!--ID: -->",
    "<!--ID: x-->",
    "<!--ID: 1702818O43968-->",
    "<!--ID: 1702818043968",
    "<!--ID: 1702818043968 >",
    "<!--ID 1702818043968-->",
    "<!--id: 1702818043968-->",
    "<!--ID: 0000000000000-->",
    "ID: 123",
    "ID: 17028180439680000000",
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_card_over_a_broken_id_is_left_out(line: str) -> None:
    text = f"{CARD}{line}\n\nQ: c\nA: d\n{OTHER}\n"
    assert ids(text) == [[TWO]]
    assert told(text) == [("A401", 3)]
    assert errors(document(text).diagnostics)


@pytest.mark.parametrize("line", BROKEN)
def test_a_broken_id_counts_under_blank_lines_too(line: str) -> None:
    assert ids(f"{CARD}\n\n{line}\n") == []
    assert told(f"{CARD}\n\n{line}\n") == [("A401", 5)]


@pytest.mark.parametrize("line", ["A: b <!--ID: 123-->", "A: b <!--ID: 17028180439680000000-->"])
def test_a_broken_id_on_the_last_line_counts_too(line: str) -> None:
    assert ids(f"Q: a\n{line}\n") == []
    assert told(f"Q: a\n{line}\n") == [("A401", 2)]


@pytest.mark.parametrize(
    "text",
    [
        f"{CARD}{ID}\n<!--ID: 12-->\n",
        f"{CARD}{ID}\n\n<!--ID: 12-->\n",
        f"Q: a\nA: b {ID}\n<!--ID: 12-->\n",
        f"Q: a\nA: b {ID}\nID: 12\n",
    ],
)
def test_a_broken_second_id_is_told_and_the_first_counts(text: str) -> None:
    assert ids(text) == [[ONE]]
    assert [code for code, _ in told(text)] == ["A401"]


def test_a_broken_first_id_leaves_the_card_out_whatever_follows() -> None:
    text = f"{CARD}<!--ID: 12-->\n{ID}\n"
    assert ids(text) == []
    assert [code for code, _ in told(text)] == ["A401"]


@pytest.mark.parametrize("line", ["<!--ID: 123-->", "<!--ID: 17028180439680000000-->"])
def test_a_broken_id_under_no_card_is_told(line: str) -> None:
    text = f"text\n{line}\n\n{CARD}"
    assert ids(text) == [[]]
    assert told(text) == [("A401", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "ID: 123 apples",
        "Patient ID: 77",
        "ID: none",
        "ID: 1702818043968abc",
        "ID 1702818043968",
        "id: 1702818043968",
        "IDs: 1702818043968",
        "1702818043968",
        "<!-- 1702818043968 -->x",
    ],
)
def test_what_is_no_id_is_text(line: str) -> None:
    if not line.startswith("<!--"):
        assert answers(f"{CARD}{line}\n") == [f"b\n{line}"]
    assert ids(f"{CARD}{line}\n") == [[]]
    assert told(f"{CARD}{line}\n") == []


@pytest.mark.parametrize("line", ["ID: 123", "ID: 17028180439680000000", "ID: 1702818043968"])
def test_a_bare_id_under_no_card_is_text(line: str) -> None:
    assert told(f"text\n{line}\n\n{CARD}") == []
    assert unclaimed(f"text\n{line}\n\n{CARD}") == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"Q: a\nA: b {ID}\n", "b"),
        (f"Q: a\nA: b <!-- ID: {ONE} -->\n", "b"),
        (f"Q: a\nA: b <!--ID:{ONE}-->\n", "b"),
        (f"Q: a\nA: b{ID}\n", "b"),
        (f"Q: a\nA: b ID: {ONE}\n", "b"),
        (f"Q: a\nA: b {ID} rest\n", "b"),
        (f"Q: a\nA: b\nc {ID}\n", "b\nc"),
        (f"Q: a\nA:\nb {ID}\n", "b"),
        (f"Q: a\nA: - b\n- c {ID}\n", "- b\n- c"),
        (f"> Q: a\n> A: b {ID}\n", "b"),
        (f"- Q: a\n- A: b {ID}\n", "b"),
        (f"Q: a\nA: `x` b {ID}\n", "`x` b"),
    ],
)
def test_an_id_on_the_last_line_is_read_and_the_text_before_it_stays(text: str, answer: str) -> None:
    assert ids(text) == [[ONE]]
    assert answers(text) == [answer]
    assert told(text) == []


def test_an_id_ends_its_card() -> None:
    assert answers(f"{CARD}{ID}\nc\n") == ["b"]
    assert answers(f"Q: a\nA: b {ID}\nc\n") == ["b"]
    assert answers(f"Q: a\nA: b {ID}\nc\n", Settings(answer="section")) == ["b"]


def test_an_id_in_inline_code_is_text() -> None:
    text = f"Q: a\nA: b `{ID}`\n"
    assert ids(text) == [[]]
    assert answers(text) == [f"b `{ID}`"]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("- b\n- c", ID),
        ("- b\n- c", f"  {ID}"),
        ("- b\n  - c", f"    {ID}"),
        ("1. b\n2. c", f"- {ID}"),
        ("1. b\n2. c", f"3. {ID}"),
        ("> b", ID),
        ("> b", f"> {ID}"),
        ("| b |\n|---|\n| c |", ID),
        ("$$\nb\n$$", ID),
        ("```\nb\n```", ID),
        ("~~~\nb\n~~~", f"  {ID}"),
        ("# b", ID),
        ("b\n---", ID),
        ("    b", f"    {ID}"),
        ("b", f"\t{ID}"),
        ("b", f"> {ID}"),
        ("b", f"> - {ID}"),
        ("![](p.png)", ID),
        ("b `c", ID),
        ("b <!-- not closed", ID),
        ("b $$ not closed", ID),
        ("<div>\nb\n</div>", ID),
    ],
)
def test_an_id_is_read_by_line_under_any_block(answer: str, line: str) -> None:
    text = f"Q: a\nA: {answer}\n{line}\n\nmore\n"
    assert ids(text) == [[ONE]]
    assert answers(text) == [answer.lstrip(" ")]
    assert told(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"{CARD}{ID}\n",
        f"{CARD}\n{ID}\n",
        f"{CARD}\n\n\n{ID}\n",
        f"{CARD} \n{ID}\n",
        f"{CARD}\n\t\n{ID}\n",
        f"> Q: a\n> A: b\n>\n> {ID}\n",
        f"> Q: a\n> A: b\n\n{ID}\n",
        f"> Q: a\n> A: b\n{ID}\n",
        f"- Q: a\n- A: b\n\n{ID}\n",
        f"- Q: a\n- A: b\n- {ID}\n",
        f"{CARD}{ID}",
    ],
)
def test_an_id_belongs_to_the_card_above_it(text: str) -> None:
    assert ids(text) == [[ONE]]
    assert answers(text) == ["b"]
    assert unclaimed(text) == []


@pytest.mark.parametrize(
    "between",
    [
        "text\n",
        "# Heading\n",
        "---\n",
        "text #flashcard\nanswer\n",
        "<!-- comment -->\n",
        "```\ncode\n```\n",
        "[link](x)\n",
    ],
)
def test_an_id_below_text_is_never_the_cards(between: str) -> None:
    text = f"{CARD}\n{between}{ID}\n"
    assert ids(text) == [[]]
    assert unclaimed(text) == [(ONE, text[: text.index(ID)].count("\n") + 1)]


def test_an_id_above_a_card_is_not_the_cards() -> None:
    assert ids(f"{ID}\n{CARD}") == [[]]
    assert ids(f"text\n{ID}\n{CARD}{OTHER}\n") == [[TWO]]
    assert unclaimed(f"text\n{ID}\n{CARD}{OTHER}\n") == [(ONE, 2)]


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (f"```\nx\n{ID}\n```", "```\nx\n```"),
        (f"```\n{ID}\nx\n\ny\n```", "```\nx\n\ny\n```"),
        (f"```\nx\n\n  <!-- ID: {ONE} -->\n```\nmore", "```\nx\n\n```\nmore"),
        (f"b\n~~~py\nx\n{ID}\n~~~", "b\n~~~py\nx\n~~~"),
        (f"```\nx\n{ID}", "```\nx"),
    ],
)
def test_an_id_comment_in_a_fence_of_the_card_is_the_cards(answer: str, left: str) -> None:
    text = f"Q: a\nA: {answer}\n"
    assert ids(text) == [[ONE]]
    assert answers(text) == [left]
    assert told(text) == []


def test_an_id_comment_in_a_fence_of_the_question_is_the_cards() -> None:
    [block] = document(f"Q: a\n```\nx\n{ID}\n```\nA: b\n").blocks
    assert [mark.id for mark in block.ids] == [ONE]
    assert block.fields == (("Front", "a\n```\nx\n```"), ("Back", "b"))


@pytest.mark.parametrize("end", [f"\n{OTHER}\n", f"\n\n{OTHER}\n"])
def test_an_id_after_the_fence_counts_instead(end: str) -> None:
    assert ids(f"Q: a\nA: ```\nx\n{ID}\n```{end}") == [[TWO]]


@pytest.mark.parametrize("line", [f"ID: {ONE}", f"x = '{ID}'", f"// {ID}", "<!--ID: 123-->"])
def test_other_ids_in_a_fence_are_code(line: str) -> None:
    text = f"Q: a\nA: ```\n{line}\n```\n"
    assert ids(text) == [[]]
    assert answers(text) == [f"```\n{line}\n```"]
    assert told(text) == []


@pytest.mark.parametrize("text", [f"```\n{ID}\n```\n\n", f"> ~~~\n> {ID}\n> ~~~\n\n", f"text\n```\nx\n{ID}\n```\n"])
def test_a_fence_outside_a_card_hides_its_ids(text: str) -> None:
    read = document(text + CARD)
    assert [block.ids for block in read.blocks] == [()]
    assert (read.unclaimed, read.diagnostics) == ((), ())
    assert str(ONE) in read.digits


def test_a_fence_below_the_answer_hides_its_ids() -> None:
    assert ids(f"{CARD}\n```\n{ID}\n```\n") == [[]]


def test_of_two_ids_the_first_counts_and_the_other_is_known() -> None:
    assert ids(f"{CARD}{ID}\n{OTHER}\n") == [[ONE, TWO]]
    assert ids(f"{CARD}{ID}\n\n{OTHER}\n") == [[ONE, TWO]]
    assert ids(f"Q: a\nA: b {ID}\n{OTHER}\n") == [[ONE, TWO]]


@pytest.mark.parametrize("text", [f"{CARD}{ID}\n{OTHER}\n", f"{CARD}{ID}\n\n{OTHER}\n", f"Q: a\nA: b {ID}\n{OTHER}\n"])
def test_a_second_id_is_told_where_it_stands(vault: Vault, text: str) -> None:
    vault.write("n.md", text)
    run = vault.build()
    assert run.codes == ["A404"]
    assert f"n.md:{text[: text.index(OTHER)].count(chr(10)) + 1}:1: warning[A404]" in run.err
    assert str(TWO) in run.err
    assert list(vault.lock().entries) == [ONE]
    assert vault.read("n.md") == text


def test_of_two_ids_the_one_that_the_lock_knows_counts(vault: Vault) -> None:
    vault.write("n.md", f"{CARD}{OTHER}\n")
    vault.build()
    vault.write("n.md", f"{CARD}{ID}\n{OTHER}\n")
    run = vault.build()
    assert run.codes == ["A404"]
    assert f"second ID, {ONE}; {TWO} is its ID" in run.err
    assert list(vault.lock().entries) == [TWO]


def test_two_equal_ids_are_one() -> None:
    [block] = document(f"{CARD}{ID}\n{ID}\n").blocks
    assert {mark.id for mark in block.ids} == {ONE}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"text\n{ID}\n", 2),
        (f"text #flashcard\nanswer\n> {ID}\n", 3),
        (f"A: b\n{ID}\n", 2),
        (f"<!-- ID: {ONE} -->\n", 1),
    ],
)
def test_ids_without_a_card_are_left_alone_and_known(text: str, place: int) -> None:
    assert ids(text) == []
    assert unclaimed(text) == [(ONE, place)]
    assert str(ONE) in document(text).digits


def test_unclaimed_ids_are_told_once_a_run(vault: Vault) -> None:
    vault.write("a.md", f"text\n{ID}\n\ntext\n{OTHER}\n\n{CARD}{ID[:-4]}1-->\n")
    vault.write("b.md", "text\n<!--ID: 1702818043999-->\n")
    quiet, loud = vault.check(), vault.check("-v")
    assert quiet.codes == ["A405"]
    assert "a.md:2:1: info[A405]: IDs that belong to no card: 3, in 2 of" in quiet.err
    assert sorted(loud.codes) == ["A405", "A411", "A411", "A411"]
    assert "b.md:2:1: info[A411]: ID 1702818043999" in loud.err


def test_unclaimed_ids_are_never_written_over(vault: Vault) -> None:
    text = f"text\n{ID}\n\nST\n{OTHER}\n"
    vault.write("a.md", text)
    assert vault.build().status == 0
    assert vault.read("a.md") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Q: a\nA: b", "Q: a\nA: b\n<!--ID: {}-->"),
        ("Q: a\nA: b\n", "Q: a\nA: b\n<!--ID: {}-->\n"),
        ("Q: a\nA: b\n\n\nc\n", "Q: a\nA: b\n<!--ID: {}-->\n\n\nc\n"),
        ("Q: a\nA: b\n<!-- c -->\n", "Q: a\nA: b\n<!--ID: {}-->\n<!-- c -->\n"),
        ("Q: a\nA: b\n \n", "Q: a\nA: b\n<!--ID: {}-->\n \n"),
        ("Q: a\nA: b\nTags: x\n", "Q: a\nA: b\nTags: x\n<!--ID: {}-->\n"),
        ("Q: a\nA: ```\nx\n```\n", "Q: a\nA: ```\nx\n```\n<!--ID: {}-->\n"),
        ("Q: a\nA: b  \n", "Q: a\nA: b  \n<!--ID: {}-->\n"),
        ("Q: a\nA: b\n>\n", "Q: a\nA: b\n>\n<!--ID: {}-->\n"),
        ("Q: a\nA: | b |\n> \n", "Q: a\nA: | b |\n> \n<!--ID: {}-->\n"),
        ("> Q: a\n> A: b\n>\n> c\n", "> Q: a\n> A: b\n> <!--ID: {}-->\n>\n> c\n"),
        ("- Q: a\n- A: b\n- c\n", "- Q: a\n- A: b\n  <!--ID: {}-->\n- c\n"),
        ("1. Q: a\n2. A: b", "1. Q: a\n2. A: b\n   <!--ID: {}-->"),
        ("> - Q: a\r\n>   A: b\r\n", "> - Q: a\r\n>   A: b\r\n>   <!--ID: {}-->\r\n"),
        ("Q: a\rA: b\rc", "Q: a\rA: b\rc\r<!--ID: {}-->"),
    ],
)
def test_a_new_id_goes_right_below_the_card(vault: Vault, text: str, expected: str) -> None:
    vault.write("n.md", text)
    run = vault.build()
    assert (run.status, run.codes) == (0, [])
    [number] = vault.lock().entries
    assert vault.read("n.md") == expected.format(number)
    assert vault.build(seed=2).status == 0
    assert vault.read("n.md") == expected.format(number)
