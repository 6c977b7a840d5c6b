"""`Q:`/`A:` cards: what is one, and where its question and its answer begin and end."""

import time

import pytest

from ankisync.config import Settings
from ankisync.diagnostics import errors
from ankisync.render import render_field
from tests.support import document

ID = "<!--ID: 1702818043968-->"
NEXT_ID = "<!--ID: 1702818043977-->"
SECTION = Settings(answer="section")


def cards(text: str, settings: Settings | None = None) -> list[tuple[str, str]]:
    """(question, answer) of each card."""
    found = []
    for block in document(text, settings).blocks:
        (front, question), (back, answer) = block.fields
        assert (block.notetype, front, back) == ("Basic", "Front", "Back")
        found.append((question, answer))
    return found


def codes(text: str, settings: Settings | None = None) -> list[str]:
    return [each.code for each in document(text, settings).diagnostics]


def ids(text: str, settings: Settings | None = None) -> list[list[int]]:
    return [[mark.id for mark in block.ids] for block in document(text, settings).blocks]


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("Q: a\nA: b\n", "a", "b"),
        ("Q: a\nA: b", "a", "b"),
        ("Q:a\nA:b\n", "a", "b"),
        ("Q:    a   \nA:\tb\t\n", "a", "b"),
        ("Q: a\nb\nA: x\ny\n", "a\nb", "x\ny"),
        ("Q: a\n\n\nA: x\n", "a", "x"),
        ("Q: a\n\nb\nA: x\n", "a\n\nb", "x"),
        ("Q: a\n\nb\n\n\nc\n\nA: x\n", "a\n\nb\n\n\nc", "x"),
        ("Q:\na\nb\nA:\nx\ny\n", "a\nb", "x\ny"),
        ("Q: \na\nA: \nx\n", "a", "x"),
        ("Q:\n\na\n\nA: x\n", "a", "x"),
        ("Q: a  \nb  \nA: c  \nd  \n", "a  \nb", "c  \nd"),
        ("Q: 1\nA: 2\n", "1", "2"),
        ("Q: \u200ba\nA: b\u200b\n", "\u200ba", "b\u200b"),
        ("Q: a? A: no\nA: b\n", "a? A: no", "b"),
        ("Q: a\nA: b Q: c\n", "a", "b Q: c"),
        ("Q: a\n A: b\nA: c\n", "a\n A: b", "c"),
        ("Q: a\nA:: b\nA: c\n", "a\nA:: b", "c"),
        ("Q: a\n# Heading\nA: b\n", "a\n# Heading", "b"),
        ("Q: a\nA: b\n\nmore\n", "a", "b"),
        ("text\nQ: a\nA: b\n", "a", "b"),
        ("# Heading\nQ: a\nA: b\n", "a", "b"),
        ("Q: a\nA: b\nxQ: c\nyA: d\n", "a", "b\nxQ: c\nyA: d"),
    ],
)
def test_a_card_is_read(text: str, question: str, answer: str) -> None:
    assert cards(text) == [(question, answer)]
    assert codes(text) == []


@pytest.mark.parametrize(
    "answer",
    [
        "1. first\n2. second",
        "- x\n- y\n  - z",
        "* x",
        "```\nx\n```",
        "```py\nx\n\ny\n```\nafter",
        "~~~~\nx\n~~~\n~~~~",
        "$$\nx\n\ny\n$$",
        "$$x$$",
        "x $$\ny\n\nz\n$$ w",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "> q\n> r",
        "> q\n>\n> r",
        "# Heading",
        "---",
        "![](p.png)",
        "[[note]]\n![[p.png]]",
        "b\n# Heading\n---\nmore",
        "b\n***\nmore",
        "b\n^block-id",
        "b <!-- comment -->",
        "b <!-- com\n\nment --> more",
        "b\n```\nQ: c\nA: d\n```",
        "b\nTHE END\nof it",
        "SELECT x;\nDELETE FROM t;\nDELETE FROM u",
        "b\nsee `STARTI [Basic] x ENDI`",
        "b\nQ:: c\n**Q:** d\n## Q: e",
        "b\n TARGET DECK: x\n> FILE TAGS: y",
    ],
)
def test_an_answer_may_be_any_block(answer: str) -> None:
    text = f"Q: a\nA: {answer}\n"
    assert cards(text) == [("a", answer)]
    assert codes(text) == []
    assert cards(f"{text}{ID}\n") == [("a", answer)]
    assert ids(f"{text}{ID}\n") == [[1702818043968]]
    assert cards(f"Q: a\nA:\n{answer}\n") == [("a", answer)]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("A: 1. first\n2. second", "<ol>\n<li>first</li>\n<li>second</li>\n</ol>"),
        ("A: - first\n- second", "<ul>\n<li>first</li>\n<li>second</li>\n</ul>"),
        ("A: - first\n\n  second", "<ul>\n<li>\n<p>first</p>\n<p>second</p>\n</li>\n</ul>"),
        ("A: ```\nx\n\ny\n```", "<pre><code>x\n\ny\n</code></pre>"),
        ("A: > first\n> second", "<blockquote>\n<p>first<br />\nsecond</p>\n</blockquote>"),
        ("A: $$\nx\n$$", "\\[x\\]"),
        ("A: # first", "<h1>first</h1>"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "> ", "- "])
def test_a_block_that_begins_on_the_answers_line_is_rendered_as_one(text: str, html: str, prefix: str) -> None:
    first, *rest = text.split("\n")
    margin = prefix.replace("-", " ")
    note = "\n".join([f"{prefix}Q: a", f"{margin}{first}", *(f"{margin}{line}" for line in rest)])
    [(_, answer)] = cards(f"{note}\n")
    assert render_field(answer).replace("\n\\]", "\\]").replace("\\[\n", "\\[") == html


def test_a_table_that_begins_on_the_answers_line_is_rendered_as_one() -> None:
    [(_, answer)] = cards("Q: a\nA: | x | y |\n|---|---|\n| 1 | 2 |\n")
    assert render_field(answer).startswith("<table>")


@pytest.mark.parametrize(
    "question",
    [
        "1. first\n2. second",
        "```\nx\n\nA: y\nQ: z\n```",
        "a:\n```py\nA: y\n```\nmore",
        "$$\nx\n\ny\n$$",
        "| a |\n|---|",
        "> a",
        "what <!-- A: -->\nis it",
        "what <!--\nA: x\n--> is it",
    ],
)
def test_a_question_may_be_any_block(question: str) -> None:
    assert cards(f"Q: {question}\nA: b\n") == [(question, "b")]
    assert cards(f"Q:\n{question}\n\nA: b\n") == [(question, "b")]


@pytest.mark.parametrize(
    ("rest", "next_question"),
    [
        (f"{ID}\nmore\n", None),
        (f"{ID}\n\nmore\n", None),
        ("\nmore\n", None),
        ("\n\n", None),
        ("<!-- comment -->\nmore\n", None),
        ("<!-- not closed\nmore\n", None),
        ("Q: c\nA: d\n", "c"),
        ("- Q: c\n- A: d\n", "c"),
        ("> Q: c\n> A: d\n", "c"),
        ("START\nBasic\nx\nEND\n", "x"),
        ("  START  \nBasic\nx\nEND\n", "x"),
        ("STARTI [Basic] x Back: y ENDI\n", "x"),
        ("TARGET DECK: X\n", None),
        ("TARGET DECK\nX\n", None),
        ("FILE TAGS: X\n", None),
    ],
)
def test_an_answer_ends_at(rest: str, next_question: str | None) -> None:
    found = cards(f"Q: a\nA: b\nc\n{rest}")
    assert found[0] == ("a", "b\nc")
    assert [question for question, _ in found[1:]] == ([next_question] if next_question else [])


@pytest.mark.parametrize("line", [" ", "\t", "  \t ", "    "])
def test_a_line_of_white_space_does_not_end_an_answer(line: str) -> None:
    assert cards(f"Q: a\nA: b\n{line}\nc\n") == [("a", f"b\n{line}\nc")]


def test_an_empty_line_ends_an_answer() -> None:
    assert cards("Q: a\nA: b\n\nc\n") == [("a", "b")]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("- x\n\n  more\n", "- x\n\n  more"),
        ("- x\n\n\tmore\n", "- x\n\n\tmore"),
        ("1. x\n\n   more\n2. y\n", "1. x\n\n   more\n2. y"),
        ("b\n- x\n\n\n  more\n\n  again\n", "b\n- x\n\n\n  more\n\n  again"),
        ("- x\n\n  - y\n\n    z\n\nprose\n", "- x\n\n  - y\n\n    z"),
        ("- x\n\n more\n", "- x"),
        ("- x\n\nmore\n", "- x"),
        ("b\n\n  more\n", "b"),
    ],
)
def test_indented_lines_after_a_blank_one_belong_to_a_list(text: str, answer: str) -> None:
    assert cards(f"Q: a\nA: {text}")[0] == ("a", answer)


def test_a_line_that_says_delete_without_an_id_below_is_text() -> None:
    assert cards("Q: a\nA: verbs:\nGET\nDELETE\nPUT\n") == [("a", "verbs:\nGET\nDELETE\nPUT")]


@pytest.mark.parametrize(
    "text",
    [
        "Q:: a\nA:: b\n",
        "**Q:** a\n**A:** b\n",
        "**Q**: a\n**A**: b\n",
        "## Q: a\n## A: b\n",
        "q: a\na: b\n",
        "Question: a\nAnswer: b\n",
        " Q: a\n A: b\n",
        "    Q: a\n    A: b\n",
        "\tQ: a\n\tA: b\n",
        "FAQ: a\nUSA: b\n",
        "Q : a\nA : b\n",
        "`Q: a`\n`A: b`\n",
        "| Q: a | A: b |\n",
        "Q\uff1aa\nA\uff1ab\n",
    ],
)
def test_what_only_looks_like_a_card_is_text(text: str) -> None:
    assert cards(text) == []
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Q: a\n", [("A201", 1)]),
        ("Q: a\n\ntext\n", [("A201", 1)]),
        ("Q: a\nQ: b\n", [("A201", 1), ("A201", 2)]),
        ("Q: a\n**A:** b\n", [("A201", 1)]),
        ("Q: a\n\nTARGET DECK: X\n\nA: b\n", [("A201", 1), ("A202", 5)]),
        ("Q: a\nFILE TAGS: x\nA: b\n", [("A201", 1), ("A202", 3)]),
        ("Q: a\nSTARTI [None] x ENDI\nA: b\n", [("A201", 1), ("A218", 2), ("A202", 3)]),
        (f"Q: a\n{ID}\nA: b\n", [("A201", 1), ("A202", 3)]),
        ("A: b\n", [("A202", 1)]),
        ("## Q: a\nA: b\n", [("A202", 2)]),
        ("Q:: a\nA: b\n", [("A202", 2)]),
        ("Q:\nA: b\n", [("A203", 1)]),
        ("Q:  \n\n\nA: b\n", [("A203", 1)]),
        ("Q: <!-- c -->\nA: b\n", [("A203", 1)]),
        ("Q: a\nA:\n", [("A204", 2)]),
        ("Q: a\nA: \t\n", [("A204", 2)]),
        ("Q: a\nA:\n\nb\n", [("A204", 2)]),
        ("Q: a\nA: <!-- c -->\n", [("A204", 2)]),
        ("Q: a\nA:\nTARGET DECK: X\n", [("A204", 2)]),
    ],
)
def test_half_a_card_is_told_and_left_out(text: str, told: list[tuple[str, int]]) -> None:
    read = document(text)
    assert read.blocks == ()
    found = sorted(((each.code, each.location.line) for each in read.diagnostics), key=lambda each: each[1])
    assert found == told


@pytest.mark.parametrize("broken", ["Q: a\n", "A: b\n", "Q:\nA: b\n", "Q: a\nA:\n"])
def test_half_a_card_blocks_no_other(broken: str) -> None:
    text = f"Q: x\nA: y\n\n{broken}\nQ: z\nA: w\n"
    assert cards(text) == [("x", "y"), ("z", "w")]
    assert len(codes(text)) == 1


@pytest.mark.parametrize("broken", ["Q: a\n", "A: b\n", "Q:\nA: b\n", "Q: a\nA:\n", "Q: a\nA: <!-- c -->\n"])
def test_half_a_card_keeps_its_id_known(broken: str) -> None:
    text = f"{broken}{ID}\n\nQ: x\nA: y\n"
    assert ids(text) == [[]]
    assert "1702818043968" in document(text).digits


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Q: 1\nA: x\nQ: 2\nA: y\n", [("1", "x"), ("2", "y")]),
        ("Q: 1\nA: x\ny\nQ: 2\nz\nA: w\n", [("1", "x\ny"), ("2\nz", "w")]),
        (f"Q: 1\nA: x\n{ID}\nQ: 2\nA: y\n{NEXT_ID}\n", [("1", "x"), ("2", "y")]),
        ("Q: 1\nA: x\nQ: 2\nA: y\nQ: 3\nA: z", [("1", "x"), ("2", "y"), ("3", "z")]),
        ("- Q: 1\n- A: x\n- Q: 2\n- A: y\n", [("1", "x"), ("2", "y")]),
        ("> Q: 1\n> A: x\n> Q: 2\n> A: y\n", [("1", "x"), ("2", "y")]),
        ("Q: 1\nA: ```\nx\n```\nQ: 2\nA: y\n", [("1", "```\nx\n```"), ("2", "y")]),
    ],
)
def test_cards_back_to_back_are_separate(text: str, found: list[tuple[str, str]]) -> None:
    assert cards(text) == found
    assert codes(text) == []


def test_each_card_back_to_back_has_its_own_id() -> None:
    text = f"Q: 1\nA: x\n{ID}\nQ: 2\nA: y\n{NEXT_ID}\nQ: 3\nA: z\n"
    assert ids(text) == [[1702818043968], [1702818043977], []]


def test_a_second_answer_is_text_and_told() -> None:
    text = "Q: a\nA: b\nA: c\n"
    assert cards(text) == [("a", "b\nA: c")]
    assert codes(text) == ["A209"]


def test_an_answer_below_a_finished_card_belongs_to_none() -> None:
    text = "Q: a\nA: b\n\nA: c\n"
    assert cards(text) == [("a", "b")]
    assert codes(text) == ["A202"]


def test_a_question_without_an_answer_does_not_take_the_next_ones() -> None:
    text = "Q: a\nQ: b\nA: x\n"
    assert cards(text) == [("b", "x")]
    assert codes(text) == ["A201"]


def test_a_blank_line_in_a_question_does_not_reach_over_another_card() -> None:
    text = "Q: a\n\nb\n\nQ: c\nA: d\n"
    assert cards(text) == [("c", "d")]
    assert codes(text) == ["A201"]


CONTAINERS = pytest.mark.parametrize(
    ("text", "found", "prefix"),
    [
        ("> Q: a\n> b\n> A: c\n> d\n", ("a\nb", "c\nd"), "> "),
        (">Q: a\n>A: b\n", ("a", "b"), ">"),
        ("> > Q: a\n> > A: b\n", ("a", "b"), "> > "),
        (">> Q: a\n>> A: b\n", ("a", "b"), ">> "),
        ("> [!question] Title\n> Q: a\n> A: b\n", ("a", "b"), "> "),
        ("> [!faq]- Title\n>\n> Q: a\n>\n> A: b\n", ("a", "b"), "> "),
        ("- Q: a\n- A: b\n", ("a", "b"), "  "),
        ("- Q: a\n\n- A: b\n", ("a", "b"), "  "),
        ("- Q: a\n  b\n- A: c\n  d\n", ("a\nb", "c\nd"), "  "),
        ("- Q: a\n  A: b\n", ("a", "b"), "  "),
        ("- Q: a\n\n  A: b\n", ("a", "b"), "  "),
        ("* Q: a\n* A: b\n", ("a", "b"), "  "),
        ("+ Q: a\n  A: b\n", ("a", "b"), "  "),
        ("-   Q: a\n-   A: b\n", ("a", "b"), "    "),
        ("1. Q: a\n2. A: b\n", ("a", "b"), "   "),
        ("1) Q: a\n   A: b\n", ("a", "b"), "   "),
        ("10. Q: a\n11. A: b\n", ("a", "b"), "    "),
        ("- x\n  - Q: a\n  - A: b\n", ("a", "b"), "    "),
        ("- x\n\t- Q: a\n\t- A: b\n", ("a", "b"), "\t  "),
        ("- x\n  Q: a\n  A: b\n", ("a", "b"), "  "),
        ("> - Q: a\n> - A: b\n", ("a", "b"), ">   "),
        ("> - Q: a\n>   A: b\n", ("a", "b"), ">   "),
        ("- > Q: a\n  > A: b\n", ("a", "b"), "  > "),
        ("- Q: a\n- A: 1. x\n  2. y\n", ("a", "1. x\n2. y"), "  "),
        ("- Q: a\n  A: - b\n    - c\n", ("a", "- b\n  - c"), "  "),
        ("- Q: a\n  A: ```\n  x\n\n  y\n  ```\n", ("a", "```\nx\n\ny\n```"), "  "),
        ("> Q: a\n> A: ```\n> x\n>\n> y\n> ```\n", ("a", "```\nx\n\ny\n```"), "> "),
        ("> Q: a\n> A: $$\n> x\n> $$\n", ("a", "$$\nx\n$$"), "> "),
        ("> Q: a\n> A:\n> b\n", ("a", "b"), "> "),
        ("- Q:\n  a\n- A:\n  b\n", ("a", "b"), "  "),
    ],
)


@CONTAINERS
def test_a_card_in_a_container_is_read_without_its_prefix(text: str, found: tuple[str, str], prefix: str) -> None:
    assert cards(text) == [found]
    assert codes(text) == []
    [block] = document(text).blocks
    assert block.insertion is not None
    assert block.insertion.before == f"\n{prefix}<!--ID: "


@CONTAINERS
def test_an_id_behind_the_prefix_is_read(text: str, found: tuple[str, str], prefix: str) -> None:
    assert cards(f"{text}{prefix}{ID}\n") == [found]
    assert ids(f"{text}{prefix}{ID}\n") == [[1702818043968]]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("> Q: a\n> A: b\nlazy\n", "b"),
        ("> Q: a\n> A: b\n\n> c\n", "b"),
        ("> Q: a\n> A: b\n>\n> c\n", "b"),
        ("> Q: a\n> A: b\n> \n> c\n", "b"),
        ("> > Q: a\n> > A: b\n> c\n", "b"),
        ("- Q: a\n- A: b\nlazy\n", "b"),
        ("- Q: a\n- A: b\n- c\n", "b"),
        ("- Q: a\n  A: b\n- c\n", "b"),
        ("- Q: a\n  A: b\n\n  c\n", "b"),
        ("- x\n  - Q: a\n  - A: b\n- c\n", "b"),
        ("> - Q: a\n>   A: b\n> c\n", "b"),
    ],
)
def test_an_answer_ends_with_its_container(text: str, answer: str) -> None:
    assert cards(text) == [("a", answer)]


@pytest.mark.parametrize(
    "text",
    [
        "> Q: a\nA: b\n",
        "Q: a\n> A: b\n",
        "- Q: a\nA: b\n",
        "Q: a\n- A: b\n",
        "> Q: a\n\n> A: b\n",
        "> > Q: a\n> A: b\n",
    ],
)
def test_a_question_and_an_answer_in_different_containers_are_no_card(text: str) -> None:
    assert cards(text) == []
    assert codes(text)[0] == "A201"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("b\n\n- x\n", "list"),
        ("b\n\n1. x\n", "list"),
        ("b\n\n\n- x\n", "list"),
        ("- b\n\n- x\n", "list"),
        ("b\n\n```\nx\n```\n", "code fence"),
        ("b\n\n~~~\nx\n~~~\n", "code fence"),
        ("b\n\n| x |\n|---|\n", "table"),
        ("b\n\n![](p.png)\n", "picture"),
        ("b\n\n![[p.png]]\n", "picture"),
        ("b\n\n    x\n", "indented text"),
        ("b\n\n\tx\n", "indented text"),
    ],
)
def test_where_a_long_answer_would_go_on_is_told(answer: str, what: str) -> None:
    [told] = document(f"Q: a\nA: {answer}").diagnostics
    assert told.code == "A206"
    assert what in told.message
    assert not errors([told])


@pytest.mark.parametrize(
    "text",
    [
        "Q: a\nA: b\n\ntext\n",
        "Q: a\nA: b\n\n# Heading\n",
        "Q: a\nA: b\n\n---\n",
        "Q: a\nA: b\n\nQ: c\nA: d\n",
        "Q: a\nA: b\n\n> quote\n",
        "Q: a\nA: b\n\n",
        f"Q: a\nA: b\n{ID}\n\n- x\n",
        f"Q: a\nA: b\n\n{ID}\n\n- x\n",
        "Q: a\nA: b\n\n- Q: c\n- A: d\n",
        "Q: a\nA: b\n<!-- c -->\n\n- x\n",
    ],
)
def test_where_the_two_readings_agree_nothing_is_told(text: str) -> None:
    assert codes(text) == []


def test_one_warning_a_card_where_the_readings_differ() -> None:
    assert codes("Q: a\nA: b\n\n- x\n\n- y\n\n```\nz\n```\n") == ["A206"]
    assert codes("Q: a\nA: b\n\n- x\n\nQ: c\nA: d\n\n| y |\n") == ["A206", "A206"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("A: b\n", "b"),
        ("A: b\n\nc\n\nd\n", "b\n\nc\n\nd"),
        ("A: b\n\n\n- x\n\n- y\n", "b\n\n\n- x\n\n- y"),
        ("A:\n\nb\n", "b"),
        ("A: b\n\n\n\n", "b"),
        ("A: b\n\nc\n# Heading\nd\n", "b\n\nc\n# Heading\nd"),
        ("A: b\n---\nd\n", "b\n---\nd"),
        ("A: b\n \n# Heading\n", "b\n \n# Heading"),
        ("A: b\n\n# Heading\nd\n", "b"),
        ("A: b\n\nc\n\n## Heading\n", "b\n\nc"),
        ("A: b\n\n---\nd\n", "b"),
        ("A: b\n\n***\nd\n", "b"),
        ("A: b\n\n#tag no heading\n", "b\n\n#tag no heading"),
        ("A: b\n\n```\n\n# x\n```\n\nc\n", "b\n\n```\n\n# x\n```\n\nc"),
        ("A: b\n\nc\n\nTARGET DECK: X\n", "b\n\nc"),
        ("A: b\n\nc\n\nFILE TAGS: x\n", "b\n\nc"),
        (f"A: b\n\nc\n\n{ID}\nrest\n", "b\n\nc"),
        (f"A: b\n\nc {ID}\n\nrest\n", "b\n\nc"),
    ],
)
def test_a_section_answer_runs_over_blank_lines(text: str, answer: str) -> None:
    assert cards(f"Q: a\n{text}", SECTION) == [("a", answer)]
    assert codes(f"Q: a\n{text}", SECTION) == []


def test_section_answers_end_at_the_next_card() -> None:
    text = "Q: a\nA: b\n\nc\n\nQ: d\nA: e\n\nf\n"
    assert cards(text, SECTION) == [("a", "b\n\nc"), ("d", "e\n\nf")]


def test_a_section_answer_ends_with_its_container() -> None:
    text = "> Q: a\n> A: b\n>\n> c\n\nd\n"
    assert cards(text, SECTION) == [("a", "b\n\nc")]


def test_text_between_a_section_answer_and_its_id_is_the_answer() -> None:
    text = f"Q: a\nA: b\n\n- x\n\nc\n\n{ID}\n"
    assert cards(text, SECTION) == [("a", "b\n\n- x\n\nc")]
    assert ids(text, SECTION) == [[1702818043968]]
    assert cards(text) == [("a", "b")]
    assert ids(text) == [[]]


def test_an_id_below_a_heading_tells_that_it_is_the_answer() -> None:
    text = f"Q: a\nA: b\n\n# Heading\n\nc\n{ID}\n"
    assert cards(text, SECTION) == [("a", "b\n\n# Heading\n\nc")]
    assert ids(text, SECTION) == [[1702818043968]]


def test_a_new_id_of_a_section_answer_goes_below_its_last_line() -> None:
    [block] = document("Q: a\nA: b\n\nc\n\n\n# Heading\n", SECTION).blocks
    assert block.insertion is not None
    assert block.insertion.at == len("Q: a\nA: b\n\nc")


@pytest.mark.parametrize(
    ("setting", "key", "answer"),
    [
        ("paragraph", "section", "b\n\nc"),
        ("section", "paragraph", "b"),
        ("section", "section", "b\n\nc"),
        ("paragraph", "'section'", "b\n\nc"),
    ],
)
def test_the_frontmatter_decides_the_answers_of_its_file(setting: str, key: str, answer: str) -> None:
    text = f"---\nankisync-answer: {key}\n---\nQ: a\nA: b\n\nc\n"
    assert cards(text, Settings(answer=setting)) == [("a", answer)]


def test_an_unknown_answer_in_the_frontmatter_leaves_the_cards_out() -> None:
    text = "---\ntitle: t\nankisync-answer: long\n---\nQ: a\nA: b\n"
    assert cards(text) == []
    [told] = document(text).diagnostics
    assert (told.code, told.location.line) == ("A210", 3)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("text\n\nQ: a\nA: b\n", [(3, 1)]),
        ("> Q: a\n> A: b\n", [(1, 3)]),
        ("- x\n  - Q: a\n  - A: b\n", [(2, 5)]),
        ("\ufeff\u2028é\nQ: a\nA: b\n", [(2, 1)]),
        ("x\ry\r\nQ: a\nA: b\n", [(3, 1)]),
    ],
)
def test_a_card_stands_where_its_question_does(text: str, places: list[tuple[int, int]]) -> None:
    locations = [block.location for block in document(text).blocks]
    assert [(place.line, place.column) for place in locations] == places


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1e"])
def test_no_other_character_breaks_a_line(char: str) -> None:
    text = f"Q: a{char}b\nA: c{char}Q: d{char}A: e\n{ID}\n"
    assert cards(text) == [(f"a{char}b", f"c{char}Q: d{char}A: e")]
    assert ids(text) == [[1702818043968]]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_fields_have_lf_whatever_the_file_has(ending: str) -> None:
    text = "Q: a\nb\n\nA: c\n```\nd\n\ne\n```\n<!--ID: 1702818043968-->\n\nQ: f\nA: g".replace("\n", ending)
    assert cards(text) == [("a\nb", "c\n```\nd\n\ne\n```"), ("f", "g")]
    assert ids(text) == [[1702818043968], []]


def test_mixed_endings_are_read() -> None:
    assert cards("Q: a\rA: b\r\n\nQ: c\r\nd\rA: e\r\r\nmore") == [("a", "b"), ("c\nd", "e")]


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("Q: a\r\nA: b\r\n", "\r\n"),
        ("Q: a\nA: b\r\n", "\r\n"),
        ("Q: a\r\nA: b\n", "\n"),
        ("Q: a\rA: b\r", "\r"),
        ("Q: a\r\nA: b", "\r\n"),
        ("Q: a\r\nx\rA: b\nc", "\n"),
        ("Q: a\n\nA: b\r\n\n\n", "\r\n"),
    ],
)
def test_the_id_line_takes_the_ending_of_the_line_above(text: str, ending: str) -> None:
    [block] = document(text).blocks
    assert block.insertion is not None
    assert block.insertion.before == f"{ending}<!--ID: "


def test_conflict_markers_are_an_error_of_the_whole_file() -> None:
    text = f"Q: x\nA: y\n{ID}\n\n<<<<<<< HEAD\nQ: a\nA: b\n=======\nQ: a\nA: c\n>>>>>>> other\n"
    read = document(text)
    assert read.blocks == ()
    assert [(each.code, each.location.line) for each in read.diagnostics] == [("A109", 5)]
    assert "1702818043968" in read.digits


@pytest.mark.parametrize("text", ["a\n=======\n", "<<<<<<< HEAD\nonly one\n", ">>>>>>> x\n=======\n<<<<<<< y\n"])
def test_lines_like_conflict_markers_are_text(text: str) -> None:
    assert cards(f"Q: a\nA: b\n\n{text}") == [("a", "b")]
    assert codes(f"Q: a\nA: b\n\n{text}") == []


@pytest.mark.parametrize(
    "answer",
    ["word " * 4_000, "![](data:image/png;base64," + "QUJD" * 5_000 + ")", "` `` " * 4_000, "x ID: 12 " * 2_000],
    ids=["words", "data URI", "backticks", "IDs"],
)
@pytest.mark.parametrize("settings", [Settings(), Settings(inline_tags=True)], ids=["plain", "inline tags"])
def test_a_long_line_is_read_in_a_blink(answer: str, settings: Settings) -> None:
    started = time.process_time()
    assert len(cards(f"Q: a\nA: {answer}\n", settings)) == 1
    assert time.process_time() - started < 1
