"""START/END, STARTI/ENDI, DELETE, FROZEN, notetypes and their names, renamed keywords, IDs that are no comments."""

import pytest

from ankisync.model import Block
from tests.fragments import read_choice, written
from tests.support import document

ID = 1702818043968


def read(text: str, **table: object) -> tuple[Block, ...]:
    return document(text, read_choice(table)).blocks


def texts(block: Block) -> tuple[str, ...]:
    """The fields of a card without the empty ones at its end."""
    found = [text for _, text in block.fields]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def ids(block: Block) -> list[int]:
    return [mark.id for mark in block.ids]


def codes(text: str, **table: object) -> list[str]:
    return [each.code for each in document(text, read_choice(table)).diagnostics]


def test_a_block_is_a_card() -> None:
    text = f"START\nBasic\nfront\nBack: back\nTags: a b\n<!--ID: {ID}-->\nEND\n"
    (card,) = read(text)
    assert (card.notetype, texts(card), card.tags, ids(card)) == ("Basic", ("front", "back"), ("a", "b"), [ID])
    assert written(text, {}) == text


@pytest.mark.parametrize(
    "text",
    [
        "- START\nBasic\nfront\nEND\n",
        "```\nSTART\nBasic\nfront\nEND\n```\n",
        "START it\nBasic\nfront\nEND\n",
        "Start\nBasic\nfront\nEnd\n",
    ],
)
def test_what_only_looks_like_a_block_is_none(text: str) -> None:
    assert read(text) == ()
    assert written(text, {}) == text


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("START\nBasic\nx\nEND\n", "START\nBasic\nx\n<!--ID: NEW-->\nEND\n"),
        ("START\nBasic\nx\nTags: a\nEND", "START\nBasic\nx\nTags: a\n<!--ID: NEW-->\nEND"),
        ("> START\n> Basic\n> x\n> END\n", "> START\n> Basic\n> x\n> <!--ID: NEW-->\n> END\n"),
        ("\tSTART \nBasic\nx\n\tEND\n", "\tSTART \nBasic\nx\n\t<!--ID: NEW-->\n\tEND\n"),
        ("START\nBasic\nx\n\nEND\n", "START\nBasic\nx\n\n<!--ID: NEW-->\nEND\n"),
    ],
)
def test_the_id_of_a_block_goes_before_its_end(text: str, after: str, ending: str) -> None:
    assert written(text.replace("\n", ending), {}) == after.replace("\n", ending)


def test_a_block_takes_labels_in_any_order_and_appends_to_one_that_comes_again() -> None:
    (card,) = read("START\nBasic\nBack: b\nmore\nFront: a\nBack: c\nDefinice: text\nEND\n")
    assert texts(card) == ("a", "b\nmore\nc\nDefinice: text")


def test_labels_are_at_the_margin_in_their_case_and_not_in_code() -> None:
    (card,) = read("START\nBasic\na\n Back: b\nback; c\n```\nBack: d\n```\nEND\n")
    assert texts(card)[0] == "a\n Back: b\nback; c\n```\nBack: d\n```"


def test_a_label_is_told_only_if_it_is_nearly_one() -> None:
    assert codes("START\nBasic\na\nBcak: b\nEND\n") == ["A219"]
    assert codes("START\nBasic\na\nDefinice: b\nEND\n") == []


def test_an_end_in_a_fence_or_with_text_behind_it_does_not_end_a_block() -> None:
    (card,) = read("START\nBasic\na\n```\nEND\n```\nEND of it\nEND\n")
    assert texts(card) == ("a\n```\nEND\n```\nEND of it",)


def test_a_block_that_is_not_closed_swallows_no_other() -> None:
    text = "START\nBasic\nlost\n\nSTART\nBasic\nkept\nEND\n\nQ: x\nA: y\n"
    assert [texts(card) for card in read(text)] == [("kept",), ("x", "y")]
    assert codes(text) == ["A217"]


def test_the_id_of_a_block_is_the_one_on_its_last_line() -> None:
    (card,) = read(f"START\nBasic\na\n<!--ID: 1600000000001-->\nBack: b <!--ID: {ID}-->\nEND\n")
    assert (ids(card), texts(card)) == ([ID, 1600000000001], ("a", "b"))
    assert codes(f"START\nBasic\na\n<!--ID: 1600000000001-->\nBack: b <!--ID: {ID}-->\nEND\n") == ["A220"]


def test_a_block_with_an_unknown_type_is_told_with_the_nearest_name_and_its_id_is_known() -> None:
    done = document(f"START\nBassic\nx\n<!--ID: {ID}-->\nEND\n")
    assert (done.blocks, done.unclaimed, [each.code for each in done.diagnostics]) == ((), (), ["A218"])
    assert "`Basic`" in done.diagnostics[0].hint


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("basic", "Basic"),
        ("Basic (and  reversed card)", "Basic (and reversed card)"),
        ("Basis", "Basic"),
        ("L\u00dcCKENTEXT", "Cloze"),
        ("Lu\u0308ckentext", "Cloze"),
    ],
)
def test_a_type_is_found_in_any_case_and_under_its_aliases(name: str, key: str) -> None:
    aliases = {"Basis": "Basic", "L\u00fcckentext": "Cloze"}
    (card,) = read(f"START\n{name}\n{{{{c1::x}}}}\nEND\n", notetype_aliases=aliases)
    assert card.notetype == key


def test_an_alias_with_fields_maps_them_by_place_and_takes_ours_too() -> None:
    table = {"notetype_aliases": {"Basis": "Basic"}, "fields": {"Basis": ["Vorne", "Hinten"]}}
    (card, other) = read("START\nBasis\nVorne: a\nHinten: b\nEND\n\nSTART\nBasis\na\nBack: c\nEND\n", **table)
    assert (card.fields[:2], other.fields[:2]) == (
        (("Front", "a"), ("Back", "b")),
        (("Front", "a"), ("Back", "c")),
    )


def test_a_users_own_fields_make_a_notetype() -> None:
    table = {"fields": {"Word": ["Wort", "Satz"]}}
    (card,) = read("START\nWord\nSatz: b\nWort: a\nEND\n", **table)
    assert (card.notetype, card.fields) == ("Word", (("Wort", "a"), ("Satz", "b")))
    assert codes("START\nWord\nSatz: b\nWort: a\nEND\n") == ["A218"]


def test_a_block_without_its_first_field_is_told() -> None:
    assert codes("START\nBasic\nBack: b\nEND\n") == ["A221"]
    assert codes("START\nBasic\nFront: a\nEND\n") == []


def test_a_cloze_block_wants_a_cloze() -> None:
    assert codes("START\nCloze\nno {cloze}\nEND\n") == ["A229"]
    assert codes("START\nCloze\na {cloze}\nEND\n", curly_cloze=True) == []


def test_inline_notes_leave_what_is_around_them() -> None:
    text = "- a STARTI [Basic] one Back: 1 Tags: t ENDI b STARTI [Basic] two Back: 2 ENDI c\n"
    assert [(texts(card), card.tags) for card in read(text)] == [(("one", "1"), ("t",)), (("two", "2"), ())]
    assert written(text, {}) == (
        "- a STARTI [Basic] one Back: 1 Tags: t <!--ID: NEW--> ENDI b "
        "STARTI [Basic] two Back: 2 <!--ID: NEW--> ENDI c\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "`STARTI [Basic] x ENDI`\n",
        "<!-- STARTI [Basic] x ENDI -->\n",
        "$$STARTI [Basic] x ENDI$$\n",
        "THE STARTING POINT [Basic] AND ITS ENDING\n",
        "```\nSTARTI [Basic] x ENDI\n```\n",
        "TARGET DECK: STARTI [Basic] x ENDI\n",
    ],
)
def test_what_only_looks_like_an_inline_note_is_none(text: str) -> None:
    done = document(text)
    assert (done.blocks, done.diagnostics) == ((), ())
    assert written(text, {}) == text


def test_a_label_in_an_inline_note_is_a_word() -> None:
    (card,) = read("STARTI [Basic] a Back:b Back: c ENDI\n")
    assert texts(card) == ("a Back:b", "c")


@pytest.mark.parametrize("mark", [f"<!--ID: {ID}-->", f"ID: {ID}", f"<!-- ID:{ID} -->"])
def test_an_inline_note_keeps_its_id(mark: str) -> None:
    text = f"STARTI [Basic] a Back: b {mark} ENDI\n"
    (card,) = read(text)
    assert (texts(card), ids(card)) == (("a", "b"), [ID])
    assert written(text, {}) == text


@pytest.mark.parametrize("text", ["STARTI [Basic] a Back: b ENDI", "- STARTI [Basic] a Back: b ENDI"])
def test_the_id_of_an_inline_note_may_stand_behind_it(text: str) -> None:
    text = f"before\n{text} <!--ID: {ID}--> \nafter\n"
    (card,) = read(text)
    assert (texts(card), ids(card), codes(text)) == (("a", "b"), [ID], [])
    assert document(text).unclaimed == ()
    assert written(text, {}) == text


@pytest.mark.parametrize(
    "text",
    [
        f"x STARTI [Basic] a ENDI <!--ID: {ID}-->\n",
        f"STARTI [Basic] a ENDI x <!--ID: {ID}-->\n",
        f"STARTI [Basic] a ENDI <!--ID: {ID}--> x\n",
        f"STARTI [Basic] a ENDI ID: {ID}\n",
        f"STARTI [Basic] a ENDI STARTI [Basic] b ENDI <!--ID: {ID}-->\n",
    ],
)
def test_an_id_behind_more_than_an_inline_note_is_not_its_id(text: str) -> None:
    assert {tuple(ids(card)) for card in read(text)} == {()}


def test_of_two_ids_of_an_inline_note_the_one_within_counts() -> None:
    text = f"STARTI [Basic] a <!--ID: {ID}--> ENDI <!--ID: {ID + 1}-->\n"
    (card,) = read(text)
    assert (ids(card), [mark.id for mark in document(text).unclaimed]) == ([ID], [ID + 1])


def test_an_answer_ends_above_an_inline_note_with_its_id() -> None:
    (around, inner) = read(f"Q: x\nA: y\nSTARTI [Basic] a ENDI <!--ID: {ID}-->\n")
    assert ((texts(around), ids(around)), (texts(inner), ids(inner))) == ((("x", "y"), []), (("a",), [ID]))


def test_an_inline_note_that_is_broken_is_told() -> None:
    assert codes("STARTI [Basic] x\n") == ["A222"]
    assert codes("STARTI x ENDI\n") == ["A223"]
    assert codes("STARTI [Nope] x ENDI\n") == ["A218"]
    assert codes("STARTI [Basic] x <!--ID: 12--> ENDI\n") == ["A401"]
    assert codes("STARTI [Basic] x ENDI <!--ID: 12-->\n") == ["A401"]


def test_an_id_of_an_inline_note_is_no_text_of_the_card_around_it() -> None:
    text = "Q: x\nA: a STARTI [Basic] b ENDI c\n"
    (around, inner) = read(text)
    assert texts(around) == ("x", "a STARTI [Basic] b ENDI c")
    after = "Q: x\nA: a STARTI [Basic] b <!--ID: NEW--> ENDI c\n<!--ID: NEW-->\n"
    assert written(text, {}) == after
    known = after.replace("NEW", str(ID), 1).replace("NEW", str(ID + 1))
    assert [(texts(card), ids(card)) for card in read(known)] == [
        (texts(around), [ID + 1]),
        (texts(inner), [ID]),
    ]


def test_an_inline_note_in_a_block_is_its_text() -> None:
    (card,) = read("START\nBasic\nx\nBack: STARTI [Basic] y ENDI\nEND\n")
    assert texts(card) == ("x", "STARTI [Basic] y ENDI")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (f"DELETE\n<!--ID: {ID}-->\n", ""),
        (f"a\n\nDELETE\n<!--ID: {ID}-->\n\nb\n", "a\n\n\nb\n"),
        (f"a\n\nDELETE <!--ID: {ID}-->\n", "a\n\n"),
        (f"a\n\nDELETEID: {ID}\n", "a\n\n"),
        (f"> DELETE\n> <!--ID: {ID}-->\n> a\n", "> a\n"),
        (f"a\r\n\r\nDELETE\r\nID: {ID}\r\n", "a\r\n\r\n"),
        (f"a\nDELETE\n<!--ID: {ID}-->\nb", "a\n\nb"),
    ],
)
def test_delete_takes_itself_and_its_id_out(text: str, after: str) -> None:
    done = document(text)
    assert ([each.id for each in done.deletions], done.unclaimed, done.diagnostics) == ([ID], (), ())
    assert written(text, {}) == after


@pytest.mark.parametrize(
    "text",
    [
        "Q: how\nA: so:\nDELETE FROM t\n",
        f"xDELETE\n<!--ID: {ID}-->\n",
        f"DELETE\n\n<!--ID: {ID}-->\n",
        f"```\nDELETE\n<!--ID: {ID}-->\n```\n",
        f"- DELETE\n- <!--ID: {ID}-->\n",
    ],
)
def test_what_only_looks_like_a_delete_is_none(text: str) -> None:
    assert document(text).deletions == ()


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (f"Q: x\nA: y\n\nDELETE\n<!--ID: {ID}-->\n", {}),
        (f"START\nBasic\nx\nEND\nDELETE\n<!--ID: {ID}-->\n", {}),
        (f"tag #flashcard\nanswer\nDELETE\n<!--ID: {ID}-->\n", {"styles": ["flashcard-tag"]}),
        (f"# x\nDELETE\n<!--ID: {ID}-->\n\ntext\n", {"styles": ["heading"]}),
        ("# x\nDELETE\n", {"styles": ["heading"]}),
        ("Q: x\nA: y\nDELETE\n", {}),
    ],
)
def test_a_card_that_still_stands_over_a_delete_is_told_and_nothing_is_done(
    text: str, table: dict[str, object]
) -> None:
    done = document(text, read_choice(table))
    assert (done.blocks, done.deletions) == ((), ())
    assert [each.code for each in done.diagnostics] in (["A214"], ["A232"])
    assert written(text, table) == text


def test_a_delete_with_a_broken_id_is_told_once() -> None:
    assert codes("DELETE\n<!--ID: 12-->\n") == ["A401"]


def test_frozen_text_is_put_to_the_fields_of_its_type() -> None:
    text = "FROZEN - Basic:\nBack:  (chapter 3)\n\nQ: x\nA: y\n\nSTART\nBasic\nz\nEND\n\nSTART\nCloze\n{{c1::x}}\nEND\n"
    assert [texts(card) for card in read(text)] == [("x", "y(chapter 3)"), ("z", "(chapter 3)"), ("{{c1::x}}",)]


@pytest.mark.parametrize("head", ["FROZEN -Basic:", "> FROZEN - Basic:", "FROZEN - Basic", "frozen - Basic:"])
def test_what_only_looks_like_frozen_is_none(head: str) -> None:
    assert [texts(card) for card in read(f"{head}\nBack: more\n\nQ: x\nA: y\n")] == [("x", "y")]


def test_the_last_frozen_of_a_type_counts_and_an_unknown_type_is_told() -> None:
    text = "FROZEN - Basic:\nBack: a\n\nFROZEN - Basic:\nBack: b\n\nFROZEN - Nope:\nx\n\nQ: x\nA: y\n"
    assert [texts(card) for card in read(text)] == [("x", "yb")]
    assert codes(text) == ["A228"]


def test_frozen_text_changes_no_byte_and_where_it_stands_does_not_matter() -> None:
    text = f"---\nkey: 1\nFROZEN - Basic:\nBack: z\n---\nQ: x\nA: y\n<!--ID: {ID}-->\n"
    assert [texts(card) for card in read(text)] == [("x", "yz")]
    assert written(text, {}) == text


WORDS = {
    "start": "%%ANKI",
    "end": "END%%",
    "start_inline": "(((",
    "end_inline": ")))",
    "target_deck": "subject:",
    "file_tags": "\U0001f516",
    "delete": "GONE",
    "frozen": "ICE",
}


def test_every_keyword_can_be_renamed() -> None:
    text = (
        f"subject: A::B\n\U0001f516: t\nICE - Basic:\nBack: !\n\n%%ANKI\nBasic\na\nEND%%\n\n"
        f"x (((  [Basic] b ))) y\n\nGONE\n<!--ID: {ID}-->\n"
    )
    settings = read_choice({"keywords": WORDS})
    done = document(text, settings)
    assert [(card.deck, card.tags, texts(card)) for card in done.blocks] == [
        ("A::B", ("t",), ("a", "!")),
        ("A::B", ("t",), ("b", "!")),
    ]
    assert [each.id for each in done.deletions] == [ID]
    after = written(text, {"keywords": WORDS})
    assert "a\n<!--ID: NEW-->\nEND%%\n" in after
    assert "b <!--ID: NEW--> ))) y" in after
    assert "GONE" not in after


def test_a_keyword_that_was_renamed_means_nothing() -> None:
    text = f"TARGET DECK: A\n\nSTART\nBasic\na\nEND\n\nSTARTI [Basic] b ENDI\n\nDELETE\n<!--ID: {ID}-->\n"
    done = document(text, read_choice({"keywords": WORDS}))
    assert (done.blocks, done.deletions) == ((), ())


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("Q: x\nA: y\n", "Q: x\nA: y\nID: NEW\n"),
        ("> Q: x\n> A: y\n", "> Q: x\n> A: y\n> ID: NEW\n"),
        ("- Q: x\n- A: y\n", "- Q: x\n- A: y\n  ID: NEW\n"),
        ("START\nBasic\nx\nEND\n", "START\nBasic\nx\nID: NEW\nEND\n"),
        ("STARTI [Basic] x ENDI\n", "STARTI [Basic] x ID: NEW ENDI\n"),
        ("Q: x\nA: y", "Q: x\nA: y\nID: NEW"),
        ("Q: x\nA: ```\ny", "Q: x\nA: ```\ny\n<!--ID: NEW-->"),  # in a fence only a comment is an ID
    ],
)
def test_ids_need_be_no_comments(text: str, after: str) -> None:
    assert written(text, {"id_comments": False}) == after
    assert written(text, {}) == after.replace("ID: NEW", "<!--ID: NEW-->").replace("<!--<!--", "<!--").replace(
        "-->-->", "-->"
    )


def test_a_file_without_the_style_start_end_has_no_blocks() -> None:
    text = "START\nBasic\nx\nEND\n\nSTARTI [Basic] x ENDI\n"
    assert read(text, styles=["q-a"]) == ()
    assert len(read(text, styles=["start-end"])) == 2
