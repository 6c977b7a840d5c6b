"""Each style: what fires, the twins that must not, and what a build writes."""

import pytest

from ankisync.model import Block
from tests.fragments import read_choice, written
from tests.support import document

ID = 1702818043968
Card = tuple[tuple[str, ...], list[int]]


def blocks(text: str, *styles: str, **table: object) -> tuple[Block, ...]:
    return document(text, read_choice({"styles": list(styles), **table})).blocks


def read(text: str, *styles: str, **table: object) -> list[Card]:
    """The cards as (fields but the empty ones at the end, IDs)."""
    found = []
    for block in blocks(text, *styles, **table):
        texts = [field for _, field in block.fields]
        while texts and not texts[-1]:
            texts.pop()
        found.append((tuple(texts), [int(mark.id) for mark in block.ids]))
    return found


def codes(text: str, *styles: str, **table: object) -> list[str]:
    return [each.code for each in document(text, read_choice({"styles": list(styles), **table})).diagnostics]


WRITTEN = [
    ("flashcard-tag", "front #flashcard\nback\nmore\n", ("front", "back\nmore")),
    ("flashcard-tag", "front\nmore\n#flashcard\n\nback\n", ("front\nmore", "back")),
    ("flashcard-tag", "# front #flashcard\n- a\n- b\n", ("# front", "- a\n- b")),
    ("flashcard-tag", "front #flashcard\n```\na\n\nb\n```\n", ("front", "```\na\n\nb\n```")),
    ("flashcard-tag", "> front #flashcard\n> back\n", ("> front", "> back")),
    ("flashcard-tag", "$$\nx\n$$ #flashcard\nback\n", ("$$\nx\n$$", "back")),
    ("heading", "# front\nback\nmore\n", ("front", "back\nmore")),
    ("heading", "### front ###\n\n- a\n- b\n", ("front", "- a\n- b")),
    ("heading", "# front\n```\n# a\n\nb\n```\n", ("front", "```\n# a\n\nb\n```")),
    ("double-colon", "front :: back\n", ("front", "back")),
    ("double-colon", "a::b\n", ("a", "b")),
    ("double-colon", "a :: b :: c\n", ("a :: b", "c")),
    ("double-colon", "a :: `b::c` $d::e$\n", ("a", "`b::c` $d::e$")),
    ("cloze-paragraph", "a {b}\nc\n", ("a {b}\nc",)),
    ("cloze-paragraph", "- {2:b}\n- {{c1::c}}\n", ("- {2:b}\n- {{c1::c}}",)),
    ("highlight-cloze", "a\n==b== c\n", ("a\n==b== c",)),
    ("ruled", "front\nmore\n---\nback\nmore\n", ("front\nmore", "back\nmore")),
    ("ruled", "- a\n------\n> b\n", ("- a", "> b")),
    ("table", "| front |\n|---|\n| back |\n", ("front", "back")),
    ("table", "|front|\n| :-: |\n|a \\| b|\n", ("front", "a \\| b")),
]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("style", "text", "fields"), WRITTEN)
def test_a_card_gets_its_id_right_below_it_and_is_the_same_then(
    style: str, text: str, fields: tuple[str, ...], ending: str
) -> None:
    assert read(text, style) == [(fields, [])]
    for rest in ("", "\n\ntext\n", "\n<!-- comment -->\n"):
        given = (text.removesuffix("\n") + (rest and "\n") + rest.removeprefix("\n")).replace("\n", ending)
        after = text.removesuffix("\n") + "\n<!--ID: NEW-->" + (rest and "\n") + rest.removeprefix("\n")
        assert written(given, {"styles": [style]}) == after.replace("\n", ending if ending in given else "\n")
    known = text + f"<!--ID: {ID}-->\n"
    assert read(known, style) == [(fields, [ID])]
    assert written(known, {"styles": [style]}) == known


@pytest.mark.parametrize(("style", "text", "fields"), WRITTEN)
def test_a_style_that_is_off_reads_nothing(style: str, text: str, fields: tuple[str, ...]) -> None:
    assert read(text) == []
    assert fields


@pytest.mark.parametrize(("style", "text", "fields"), WRITTEN)
def test_no_style_reads_frontmatter_fences_comments_and_math(style: str, text: str, fields: tuple[str, ...]) -> None:
    inner = text.replace("```", "~~~").replace("$$", "")
    for hidden in (f"---\nkey: 1\n{inner}---\n", f"```\n{inner}```\n", f"<!--\n{inner}-->\n", f"$$\n{inner}$$\n"):
        if style != "ruled" or not hidden.startswith("---"):
            assert [card for card in read(hidden, style) if card[0] == fields] == []


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("flashcard-tag", "front #flashcards\nback\n"),
        ("flashcard-tag", "front#flashcard\nback\n"),
        ("flashcard-tag", "#flashcard front\nback\n"),
        ("flashcard-tag", "front #flashcard #other\nback\n"),
        ("flashcard-tag", "front #Flashcard\nback\n"),
        ("flashcard-tag", "`front #flashcard`\nback\n"),
        ("heading", "#front\nback\n"),
        ("heading", "####### front\nback\n"),
        ("heading", "# front\n## other\n"),
        ("heading", "# front\n<!-- comment -->\nback\n"),
        ("heading", "> # front\n> back\n"),
        ("double-colon", "a :::: b\n"),
        ("double-colon", "a ::\n"),
        ("double-colon", ":: b\n"),
        ("double-colon", "`a::b`\n"),
        ("double-colon", "[[a::b]]\n"),
        ("double-colon", "$a::b$\n"),
        ("double-colon", "| a :: b |\n"),
        ("double-colon", "a {{c1::b}} c\n"),
        ("double-colon", "TARGET DECK: A::B\n"),
        ("double-colon", "    a\n\n---\n"),
        ("cloze-paragraph", "a {} b\n"),
        ("cloze-paragraph", "a \\{b}\n"),
        ("cloze-paragraph", "`{b}`\n"),
        ("cloze-paragraph", "$\\frac{a}{b}$\n"),
        ("cloze-paragraph", "{a\n\nb}\n"),
        ("highlight-cloze", "a == b\n"),
        ("highlight-cloze", "`==a==`\n"),
        ("callout", "> [!note] front\n> back\n"),
        ("callout", "[!anki] front\nback\n"),
        ("ruled", "front\n\n---\nback\n"),
        ("ruled", "front\n---\n\nback\n"),
        ("ruled", "front\n--\nback\n"),
        ("ruled", "front\n***\nback\n"),
        ("ruled", "---\nkey: 1\n---\ntext\n"),
        ("table", "| a | b |\n|---|---|\n| c | d |\n"),
        ("table", "| a |\n|---|\n"),
        ("table", "| a |\n| b |\n| c |\n"),
    ],
)
def test_what_only_looks_like_a_card_is_none(style: str, text: str) -> None:
    assert read(text, style) == []
    assert written(text, {"styles": [style]}) == text


def test_back_to_back_cards_of_a_tag_are_separate() -> None:
    text = "a #flashcard\nb\nc #flashcard\nd\n"
    assert read(text, "flashcard-tag") == [(("a", "b"), []), (("c", "d"), [])]
    after = "a #flashcard\nb\n<!--ID: NEW-->\nc #flashcard\nd\n<!--ID: NEW-->\n"
    assert written(text, {"styles": ["flashcard-tag"]}) == after
    known = after.replace("NEW", str(ID), 1).replace("NEW", str(ID + 1))
    assert read(known, "flashcard-tag") == [(("a", "b"), [ID]), (("c", "d"), [ID + 1])]


def test_no_line_is_on_two_cards() -> None:
    text = "a #flashcard\n\nb\n#flashcard\nc\n"
    assert read(text, "flashcard-tag") == [(("a", "b"), [])]
    assert codes(text, "flashcard-tag") == ["A221"]
    assert written(text, {"styles": ["flashcard-tag"]}) == "a #flashcard\n\nb\n<!--ID: NEW-->\n#flashcard\nc\n"


def test_a_tag_without_an_answer_is_told() -> None:
    assert codes("a #flashcard\n", "flashcard-tag") == ["A224"]
    assert codes("a #flashcard\n\nb #flashcard\nc\n", "flashcard-tag") == ["A224"]
    assert codes("a #flashcard\nQ: b\nA: c\n", "flashcard-tag", "q-a") == ["A224"]


def test_the_tag_words_can_be_set() -> None:
    table = {"style": {"flashcard-tag": {"tag": ["#card", "#karte"], "notetype": "Basic (and reversed card)"}}}
    text = "a #card\nb\n\nc #karte\nd\n\ne #flashcard\nf\n"
    found = blocks(text, "flashcard-tag", **table)
    assert [(card.notetype, card.fields[0][1]) for card in found] == [
        ("Basic (and reversed card)", "a"),
        ("Basic (and reversed card)", "c"),
    ]


def test_a_heading_answers_with_a_paragraph_or_with_all_up_to_the_next_heading() -> None:
    text = "# a\nb\n\nc\n\n# d\ne\n"
    assert read(text, "heading") == [(("a", "b"), []), (("d", "e"), [])]
    section = {"style": {"heading": {"back": "section"}}}
    assert read(text, "heading", **section) == [(("a", "b\n\nc"), []), (("d", "e"), [])]
    assert written(text, {"styles": ["heading"], **section}) == (
        "# a\nb\n\nc\n<!--ID: NEW-->\n\n# d\ne\n<!--ID: NEW-->\n"
    )


def test_a_heading_below_the_least_level_is_none() -> None:
    assert read("# a\nb\n\n## c\nd\n", "heading", style={"heading": {"level": 2}}) == [(("c", "d"), [])]


def test_the_deepest_heading_is_the_question() -> None:
    assert read("# a\n## b\nc\n", "heading") == [(("b", "c"), [])]


def test_a_heading_over_a_card_of_another_style_is_none() -> None:
    assert read("# front\n\nQ: x\n", "heading", "q-a") == []
    assert read("# front\n\nQ: x\n", "heading") == [(("front", "Q: x"), [])]


def test_three_colons_ask_both_ways() -> None:
    assert [card.notetype for card in blocks("a ::: b\n\nc :: d\n", "double-colon")] == [
        "Basic (and reversed card)",
        "Basic",
    ]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("- a :: b\n", "- a :: b\n  <!--ID: NEW-->\n"),
        ("  10. a :: b\n", "  10. a :: b\n      <!--ID: NEW-->\n"),
        ("> a :: b\n", "> a :: b\n> <!--ID: NEW-->\n"),
        ("- a :: b\n- c :: d", "- a :: b\n  <!--ID: NEW-->\n- c :: d\n  <!--ID: NEW-->"),
        ("> - a :: b\r\n", "> - a :: b\r\n>   <!--ID: NEW-->\r\n"),
    ],
)
def test_double_colons_in_lists_and_quotes_are_the_text_behind_the_marker(text: str, after: str) -> None:
    assert read(text, "double-colon")[0][0] == ("a", "b")
    assert written(text, {"styles": ["double-colon"]}) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("> [!anki] a\n> b\n", "> [!anki] a\n> b\n> <!--ID: NEW-->\n"),
        ("> [!Anki]- a\n> b\n>\n> c\n\nd\n", "> [!Anki]- a\n> b\n>\n> c\n> <!--ID: NEW-->\n\nd\n"),
        (">[!anki]+ a\r\n>b\r\n", ">[!anki]+ a\r\n>b\r\n><!--ID: NEW-->\r\n"),
        (">> [!anki] a\n>> b\n> c\n", ">> [!anki] a\n>> b\n>> <!--ID: NEW-->\n> c\n"),
        ("> [!anki] a\n> b\n>\n", "> [!anki] a\n> b\n> <!--ID: NEW-->\n>\n"),
        ("> [!anki] a\n> b", "> [!anki] a\n> b\n> <!--ID: NEW-->"),
    ],
)
def test_a_callout_is_a_card_and_its_id_stays_in_it(text: str, after: str) -> None:
    assert read(text, "callout")[0][0][0] == "a"
    assert written(text, {"styles": ["callout"]}) == after
    assert read(after.replace("NEW", str(ID)), "callout") == [(read(text, "callout")[0][0], [ID])]


def test_the_body_of_a_callout_comes_without_its_quotes() -> None:
    assert read("> [!anki] a\n> - b\n>   - c\n>\n> ```\n> d\n> ```\n", "callout") == [
        (("a", "- b\n  - c\n\n```\nd\n```"), [])
    ]


def test_colons_in_a_cloze_form_that_is_on_do_not_split() -> None:
    for text, form in (("a {b::c} d\n", "curly_cloze"), ("a ==1::b== c\n", "highlight_cloze")):
        assert read(text, "double-colon", **{form: True}) == []
        assert len(read(text, "double-colon")) == 1
    assert read("{{c1::a}} :: {{c2::b}}\n", "double-colon") == [(("{{c1::a}}", "{{c2::b}}"), [])]


def test_a_callout_without_title_or_body_is_told() -> None:
    assert codes("> [!anki]\n> b\n", "callout") == ["A225"]
    assert codes("> [!anki] a\n", "callout") == ["A225"]
    assert codes("> [!note]\n> b\n", "callout") == []


def test_the_types_of_a_callout_can_be_set() -> None:
    table = {"style": {"callout": {"type": ["quiz"]}}}
    assert read("> [!quiz] a\n> b\n\n> [!anki] c\n> d\n", "callout", **table) == [(("a", "b"), [])]


def test_further_rows_of_a_table_are_told_and_the_id_goes_below_them() -> None:
    text = "| a |\n|---|\n| b |\n| c |\n"
    assert (read(text, "table"), codes(text, "table")) == ([(("a", "b"), [])], ["A226"])
    assert written(text, {"styles": ["table"]}) == text + "<!--ID: NEW-->\n"


def test_a_second_rule_ends_a_ruled_card() -> None:
    for text in ("a\n---\nb\n---\nc\n", "a\n---\nb\n---\n---\nc\n"):
        assert read(text, "ruled") == [(("a", "b"), [])]
        assert written(text, {"styles": ["ruled"]}) == text.replace("b\n", "b\n<!--ID: NEW-->\n")


def test_a_cloze_paragraph_ends_at_a_blank_line_and_a_comment_and_not_at_a_line_of_blanks() -> None:
    assert read("a {b}\n\nc\n", "cloze-paragraph") == [(("a {b}",), [])]
    assert read("a {b}\n<!-- c -->\n", "cloze-paragraph") == [(("a {b}",), [])]
    assert read("a {b}\n \nc\n", "cloze-paragraph") == [(("a {b}\n \nc",), [])]


def test_two_cloze_paragraphs_with_ids_and_no_blank_line_are_two_notes() -> None:
    text = f"a {{b}}\n<!--ID: {ID}-->\nc {{d}}\n<!--ID: {ID + 1}-->\n"
    assert read(text, "cloze-paragraph") == [(("a {b}",), [ID]), (("c {d}",), [ID + 1])]


def test_cloze_styles_bring_their_cloze_form_only() -> None:
    assert read("a {b}\n", "highlight-cloze") == []
    assert read("a ==b==\n", "cloze-paragraph") == []
    text = "a {b} ==c==\n"
    assert [card[0] for card in read(text, "cloze-paragraph", "highlight-cloze")] == [("a {b} ==c==",)]


def test_an_inline_note_is_no_reason_for_a_card_around_it() -> None:
    text = "x STARTI [Cloze] {{c1::a}} ENDI y\n\nz STARTI [Basic] a :: b ENDI\n"
    found = blocks(text, "start-end", "cloze-paragraph", "double-colon")
    assert [card.kind for card in found] == ["inline", "inline"]
    assert len(blocks("x STARTI [Cloze] {{c1::a}} ENDI {b}\n", "start-end", "cloze-paragraph")) == 2


@pytest.mark.parametrize(("style", "text", "fields"), [each for each in WRITTEN if "```" not in each[1]])
def test_a_tags_line_and_tags_at_the_end_are_tags(style: str, text: str, fields: tuple[str, ...]) -> None:
    if style == "table":
        pytest.skip("a table has no place for tags")
    above = text.removesuffix("\n")
    settings = {"styles": [style]}
    (card,) = blocks(f"{above} Tags: a b\n", style)
    assert (card.tags, card.fields[len(fields) - 1][1]) == (("a", "b"), fields[-1])
    if style != "double-colon":
        (card,) = blocks(f"{above}\nTags: a b\n", style)
        assert (card.tags, card.fields[len(fields) - 1][1]) == (("a", "b"), fields[-1])
        assert written(f"{above}\nTags: a b\n", settings) == f"{above}\nTags: a b\n<!--ID: NEW-->\n"


def test_a_broken_id_leaves_the_card_out_and_gives_it_no_second_one() -> None:
    for style, text, _ in WRITTEN:
        broken = text + "<!--ID: 12-->\n"
        assert (read(broken, style), codes(broken, style)) == ([], ["A401"]), style
        assert written(broken, {"styles": [style]}) == broken


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Q: a {b} :: c\nA: d ==e==\n", ["q-a"]),
        ("# a\nQ: b\nA: c\n", ["q-a"]),
        ("# a #flashcard\nb {c}\n", ["flashcard-tag"]),
        ("# a\nb :: c\n", ["heading"]),
        ("> [!anki] a {b}\n> c :: d\n", ["callout"]),
        ("a {b}\n---\nc :: d\n", ["ruled"]),
        ("| a {b} |\n|---|\n| c :: d |\n", ["table"]),
        ("a {b} :: c\n", ["double-colon"]),
        ("a #flashcard\nb\n> [!anki] c\n> d\n", ["flashcard-tag", "callout"]),
        ("START\nBasic\na :: b {c}\nEND\n# d\ne\n", ["start-end", "heading"]),
    ],
)
def test_no_style_reads_what_another_has_claimed(text: str, kinds: list[str]) -> None:
    every = ["q-a", "start-end", "flashcard-tag", "heading", "double-colon", "cloze-paragraph"]
    every += ["highlight-cloze", "callout", "ruled", "table"]
    assert [card.kind for card in blocks(text, *every)] == kinds
    written(text, {"styles": every})


def test_an_id_below_a_style_that_is_off_is_left_alone_and_known() -> None:
    text = f"a #flashcard\nb\n<!--ID: {ID}-->\n"
    done = document(text)
    assert (done.blocks, [mark.id for mark in done.unclaimed]) == ((), [ID])
    assert document(text, read_choice({"styles": ["flashcard-tag"]})).unclaimed == ()


OLD, OTHER = f"<!--ID: {ID}-->", f"<!--ID: {ID + 1}-->"
ASKED = [
    ("heading", "## front%s\nback\n"),
    ("flashcard-tag", "front%s #flashcard\nback\n"),
    ("flashcard-tag", "front\n$$\nx\n$$%s #flashcard\nback\n"),
    ("callout", "> [!anki] front%s\n> back\n"),
    ("ruled", "front%s\n---\nback\n"),
    ("table", "| front%s |\n|---|\n| back |\n"),
    ("double-colon", "front%s :: back\n"),
    ("q-a", "Q: front%s\nA: back\n"),
    ("q-a", "Q: front\n$$\nx\n$$%s\nA: back\n"),
]


@pytest.mark.parametrize(("style", "text"), ASKED)
def test_an_id_in_a_question_is_told_once_and_the_card_gets_no_second_one(style: str, text: str) -> None:
    found = document(text % f" {OLD}", read_choice({"styles": [style]}))
    assert ([each.code for each in found.diagnostics], found.blocks, found.unclaimed) == (["A215"], (), ())
    assert str(ID) in found.digits
    assert written(text % f" {OLD}", {"styles": [style]}) == text % f" {OLD}"


@pytest.mark.parametrize("number", ["", " 42", f" ID: {ID} text", f" `{OLD}`"])
@pytest.mark.parametrize(("style", "text"), ASKED)
def test_what_is_no_id_may_stand_in_a_question(style: str, text: str, number: str) -> None:
    ((_, ids),) = read(text % number, style)
    assert (ids, codes(text % number, style)) == ([], [])


@pytest.mark.parametrize(
    ("style", "text", "cards"),
    [
        ("cloze-paragraph", f"- a {{b}} {OLD}\n- c {{d}} {OTHER}\n", [("- a {b}", ID), ("- c {d}", ID + 1)]),
        ("cloze-paragraph", f"a {{b}} {OLD}\ntext\n", [("a {b}", ID)]),
        ("cloze-paragraph", f"a {{b}}\n$$\nx\n$$ {OLD}\ntext\n", [("a {b}\n$$\nx\n$$", ID)]),
        ("cloze-paragraph", f"a {{b}} {OLD}\n---\ntext\n", [("a {b}", ID)]),
        ("highlight-cloze", f"a ==b== {OLD}\n \n", [("a ==b==", ID)]),
        ("ruled", f"a\n---\nb {OLD}\n \n", [("a", "b", ID)]),
        ("ruled", f"a\n---\nb {OLD}\nc\n---\nd {OTHER}\n", [("a", "b", ID), ("c", "d", ID + 1)]),
        ("ruled", f"a\n---\nb {OLD}\n---\nd\n", [("a", "b", ID)]),
        (
            "flashcard-tag",
            f"a #flashcard\nb {OLD}\nc\nd #flashcard\ne {OTHER}",
            [("a", "b", ID), ("c\nd", "e", ID + 1)],
        ),
        ("callout", f"> [!anki] long title\n> b {OLD}\n> text\n", [("long title", "b", ID)]),
        ("table", f"| a |\n|---|\n| b {OLD} |\n", [("a", "b", ID)]),
    ],
)
def test_an_id_at_the_end_of_a_line_ends_its_card(style: str, text: str, cards: list[tuple[object, ...]]) -> None:
    assert [(*fields, *ids) for fields, ids in read(text, style)] == cards
    assert codes(text, style) == []
    assert written(text, {"styles": [style]}) == text


def test_an_id_ends_the_section_of_a_heading() -> None:
    table = {"style": {"heading": {"back": "section"}}}
    text = f"# a\nb\n\nc {OLD}\n\nmore\n"
    assert read(text, "heading", **table) == [(("a", "b\n\nc"), [ID])]
    assert read(text.replace(OLD, ""), "heading", **table) == [(("a", "b\n\nc \n\nmore"), [])]


def test_an_id_in_the_first_row_of_a_table_is_its_own_whatever_follows() -> None:
    text = f"| a |\n|---|\n| b {OLD} |\n| c |\n"
    assert read(text, "table") == [(("a", "b"), [ID])]
    assert codes(text, "table") == ["A226"]
    assert written(text, {"styles": ["table"]}) == text


@pytest.mark.parametrize(
    ("style", "text", "cards"),
    [
        ("double-colon", "TARGET DECK\nFoo::Bar\n", []),
        ("double-colon", "TARGET DECK\n\nFoo::Bar\na :: b\n", [("a", "b")]),
        ("double-colon", "TARGET DECK: Foo\na :: b\n", [("a", "b")]),
        ("flashcard-tag", "TARGET DECK\nMath\na #flashcard\nb\n", [("a", "b")]),
        ("flashcard-tag", "a #flashcard\nTARGET DECK\nMath\n", []),
        ("cloze-paragraph", "FILE TAGS\nalg\n{x} is foo\n", [("{x} is foo",)]),
        ("cloze-paragraph", "FILE TAGS\n{alg}\n", []),
    ],
)
def test_the_value_of_a_keyword_is_no_text_of_a_card(style: str, text: str, cards: list[tuple[str, ...]]) -> None:
    assert [fields for fields, _ in read(text, style)] == cards
    written(text, {"styles": [style]})


def test_a_pattern_of_the_user_reads_no_keyword_and_no_value_of_one() -> None:
    table = {
        "custom": [{"notetype": "Basic", "pattern": "^(.+): (.+)$"}, {"notetype": "Basic", "pattern": "^(.+)=(.+)$"}]
    }
    text = "TARGET DECK: Foo\nFILE TAGS\na=b\n\nc: d\n\ne=f\n"
    assert [fields for fields, _ in read(text, **table)] == [("c", "d"), ("e", "f")]
