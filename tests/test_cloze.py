"""From `{x}` and `==x==` to Anki's clozes, and what a user then sees."""

import html
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import anki.collection  # before `anki.decks`, which cannot be imported first
import anki.decks
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ankisync.cards import cloze_numbers
from ankisync.cloze import Forms, has_cloze, native
from ankisync.render import render_field
from tests.anki_support import Anki, open_anki

NONE, CURLY, HIGHLIGHTS, BOTH = Forms(), Forms(curly=True), Forms(highlights=True), Forms(curly=True, highlights=True)


def one(text: str, forms: Forms) -> str:
    (made,) = native([text], forms)
    return made


# (Markdown, with Anki's clozes); None: unchanged.
CURLIES = [
    # Numbers
    ("{a} {b}", "{{c1::a}} {{c2::b}}"),
    ("a b", None),
    ("{2:a} {1|b} {c3:c} {c4|d} {c5::e} {6::f}", "{{c2::a}} {{c1::b}} {{c3::c}} {{c4::d}} {{c5::e}} {{c6::f}}"),
    ("{a} {1:b} {c} {3:d}", "{{c2::a}} {{c1::b}} {{c4::c}} {{c3::d}}"),
    ("{1:a} {1:b}", "{{c1::a}} {{c1::b}}"),
    ("{01:a}", "{{c1::a}}"),
    ("{{c1::a}} {b} {{c2,3::c}} {d}", "{{c1::a}} {{c4::b}} {{c2,3::c}} {{c5::d}}"),
    ("`{{c1::a}}` ${{c2::b}}$ {c}", "`{{c1::a}}` ${{c2::b}}$ {{c3::c}}"),
    ("{x1: a} {C1:b} {c:c} {-1:d}", "{{c1::x1: a}} {{c2::C1:b}} {{c3::c:c}} {{c4::-1:d}}"),
    ("{1 : a}", "{{c1::1 : a}}"),
    ("{1: a}", "{{c1:: a}}"),
    ("{1:2:3}", "{{c1::2:3}}"),
    # Anki has no card for these numbers.
    ("{1066: Hastings} {0:a} {501|b}", "{{c1::1066: Hastings}} {{c2::0:a}} {{c3::501|b}}"),
    ("{500:a}", "{{c500::a}}"),
    ("{" + "9" * 5000 + ":a}", "{{c1::" + "9" * 5000 + ":a}}"),
    # Hints
    ("{a::hint} {2:b::other}", "{{c1::a::hint}} {{c2::b::other}}"),
    ("{a:b}", "{{c1::a:b}}"),
    # Nothing to ask
    ("{}", None),
    ("{ }", None),
    ("{\n}", None),
    ("{1:} {c1::} {1| }", None),
    ("{::hint} { ::hint}", None),
    ("{ a }", "{{c1:: a }}"),
    # Lines
    ("{a\nb}", "{{c1::a\nb}}"),
    ("{a\n\nb}", None),
    ("{a\n \nb}", "{{c1::a\n \nb}}"),
    ("{a\n}", "{{c1::a\n}}"),
    ("{\na}", None),
    ("{a\n\nb} {c}", "{a\n\nb} {{c1::c}}"),
    # Without partner, and doubles
    ("{a", None),
    ("a}", None),
    ("} a {", None),
    ("{a}}", None),
    ("{{a}}", None),
    ("{{a}", None),
    ("{{a} b}", None),
    ("{{{a}}}", None),
    ("{{a}} {b}", "{{a}} {{c1::b}}"),
    ("{{ a {b} }}", "{{ a {{c1::b}} }}"),
    ("{a}} {b}", "{a}} {{c1::b}}"),
    ("{a} b}", "{{c1::a}} b}"),
    ("{a {b} c", "{a {{c1::b}} c"),
    # Nested
    ("{a {b} c}", "{{c1::a {{c2::b}} c}}"),
    ("{a{b}c}", "{{c1::a{{c2::b}}c}}"),
    ("{a {b}}", "{{c1::a {{c2::b}}}}"),
    ("{a {b {c}}}", "{{c1::a {{c2::b {{c3::c}}}}}}"),
    ("{a {b}}}", None),
    ("{3:a {1:b} c {d}}", "{{c3::a {{c1::b}} c {{c2::d}}}}"),
    ("{a {{c1::b}} c}", "{{c2::a {{c1::b}} c}}"),
    ("{a {{c1::b}}}", "{{c2::a {{c1::b}}}}"),
    ("{{c1::a {b} c}}", "{{c1::a {{c2::b}} c}}"),
    ("{{c1::a {b}}}", "{{c1::a {{c2::b}}}}"),
    ("{{c1::a {b {c}} d}}", "{{c1::a {{c2::b {{c3::c}}}} d}}"),
    ("{{c1::a {b}}", None),
    ("{{c1::a {{b}} c}}", None),
    # Anki's own
    ("{{c1::a}}", None),
    ("{{c1::a::hint}} {{c2,3::b}} {{c0::c}}", None),
    ("{{{c1::a}}}", None),
    ("{{c70000::a}} {b}", "{{c70000::a}} {{c1::b}}"),
    (r"C:\dir\{{c1::file}}", None),
    # Escapes
    (r"\{a}", None),
    (r"\{a\}", None),
    (r"\\{a}", r"\\{{c1::a}}"),
    (r"\{{a}\}", r"\{{{c1::a}}\}"),
    (r"{a\} b}", r"{{c1::a\} b}}"),
    (r"{a \{b\} c}", r"{{c1::a \{b\} c}}"),
    ("a\\\n{b}", "a\\\n{{c1::b}}"),
    # What Anki would take for the end
    (r"{a\}}", r"{{c1::a\}<!-- -->}}"),
    (r"{a\}\}b}", r"{{c1::a\}<!-- -->\}b}}"),
    ("{a {{b}} c}", "{{c1::a {{b}<!-- -->} c}}"),
    (r"\}} {a}\}", r"\}} {{c1::a}}\}"),
    # ... and for a beginning
    (r"\{\{c1::a\}\} {b}", r"\{<!-- -->\{c1::a\}\} {{c1::b}}"),
    (r"\{\{a\}\} {b}", r"\{\{a\}\} {{c1::b}}"),
    # Code
    ("`{a}` {b}", "`{a}` {{c1::b}}"),
    ("``{a} ` {b}`` {c}", "``{a} ` {b}`` {{c1::c}}"),
    ("` {a}", "` {{c1::a}}"),
    (r"\`{a}\`", r"\`{{c1::a}}\`"),
    ("a ` b\n\n{c} ` d", "a ` b\n\n{{c1::c}} ` d"),
    ("- a ` b\n- {c} ` d", "- a ` b\n- {{c1::c}} ` d"),
    ("{`a}`}", "{{c1::`a}`}}"),
    ("```\n{a}\n\n{b}\n```\n{c}", "```\n{a}\n\n{b}\n```\n{{c1::c}}"),
    ("~~~ x\n{a}\n```\n{b}\n~~~~\n{c}", "~~~ x\n{a}\n```\n{b}\n~~~~\n{{c1::c}}"),
    ("````\n{a}\n```\n{b}", None),
    ("> ```\n> {a}\n\n{b}", "> ```\n> {a}\n\n{{c1::b}}"),
    ("- ```\n  {a}\n\n  {b}\n  ```\n- {c}", "- ```\n  {a}\n\n  {b}\n  ```\n- {{c1::c}}"),
    ("a ``` {b}", "a ``` {{c1::b}}"),
    ("{a\n```\n{b}\n\n}\n```\nc}", "{{c1::a\n```\n{b}\n\n}\n```\nc}}"),
    # Math
    (r"$\frac{a}{b}$ {c}", r"$\frac{a}{b}$ {{c1::c}}"),
    (r"$$\frac{a}{b}$$ {c}", r"$$\frac{a}{b}$$ {{c1::c}}"),
    ("$$\n{a}\n\n{b}\n$$\n{c}", "$$\n{a}\n\n{b}\n$$\n{{c1::c}}"),
    ("> $$\n> {a}\n> $$", None),
    ("$5 {a} and $10", "$5 {{c1::a}} and $10"),
    ("$ {a} $", "$ {{c1::a}} $"),
    (r"\${a}\$", r"\${{c1::a}}\$"),
    (r"{$\{a\}$}", r"{{c1::$\{a\}$}}"),
    ("{$a$} {$b$}", "{{c1::$a$}} {{c2::$b$}}"),
    ("`$`{a}`$`", "`$`{{c1::a}}`$`"),
    ("- $5 {a}\n- {b}$", "- $5 {{c1::a}}\n- {{c2::b}}$"),
    ("| $5 {a} |\n| {b}$ |", "| $5 {{c1::a}} |\n| {{c2::b}}$ |"),
    # A frequent table and list
    ("| {a} | {1|b} |", "| {{c2::a}} | {{c1::b}} |"),
    ("- {a}\n- {b}", "- {{c1::a}}\n- {{c2::b}}"),
    ("==a==", None),
]

HIGHLIGHTED = [
    ("==a== ==b==", "{{c1::a}} {{c2::b}}"),
    ("==a", None),
    ("a == b", None),
    ("a = = b == c", None),
    ("==2:a== ==1|b== ==c3::c== ==d::hint==", "{{c2::a}} {{c1::b}} {{c3::c}} {{c4::d::hint}}"),
    ("==a== ==1:b== {{c2::c}}", "{{c3::a}} {{c1::b}} {{c2::c}}"),
    ("==a\nb==", None),
    ("==a\nb== c ==d==", "==a\nb{{c1:: c }}d=="),
    ("== a ==", "{{c1:: a }}"),
    ("====", None),
    ("==== a ====", None),
    ("== ==", None),
    ("==::hint==", None),
    ("===a===", None),
    ("a\n==\nb", None),
    ("a\n=====\n==b==", "a\n=====\n{{c1::b}}"),
    ("==a====b==", "{{c1::a}}{{c2::b}}"),
    ("==a=b==", "{{c1::a=b}}"),
    ("==$$x$$==", "{{c1::$$x$$}}"),
    ("==$x$==", "{{c1::$x$}}"),
    ("$a==b==c$", None),
    ("`==a==` ==b==", "`==a==` {{c1::b}}"),
    ("=={a}==", "{{c1::{a}<!-- -->}}"),
    ("==a}}b==", "{{c1::a}<!-- -->}b}}"),
    ("==`a`==", "{{c1::`a`}}"),
    ("```\n==a==\n```", None),
    ("==a `b==` c==", "{{c1::a `b==` c}}"),
    (r"\==a==", None),
    (r"==a \== b==", r"{{c1::a \== b}}"),
    ("=={{c1::a}} b==", "{{c2::{{c1::a}} b}}"),
    ("{{c1::==a== b}}", "{{c1::{{c2::a}} b}}"),
    ("=={{c1::a== b}}", None),
    ("{a} {1:b}", None),
    (r"\{\{c1::a\}\}", None),
]

TOGETHER = [
    ("==a== {b} ==c==", "{{c1::a}} {{c2::b}} {{c3::c}}"),
    ("==a {b} c==", "{{c1::a {{c2::b}} c}}"),
    ("{a ==b== c}", "{{c1::a {{c2::b}} c}}"),
    ("=={a}==", "{{c1::{{c2::a}}}}"),
    ("==a {b== c}", "{{c1::a {b}} c}"),
    ("{a ==b} c==", "{{c1::a ==b}} c=="),
    ("{a ==b} ==c==", "{{c1::a ==b}} {{c2::c}}"),
    ("a == b {c}", "a == b {{c1::c}}"),
]

# Without any form: only math in a cloze is touched.
MATHS = [
    (r"{{c1::$\frac{a}{\frac{b}{c}}$}}", r"{{c1::$\frac{a}{\frac{b}{c} }$}}"),
    (r"$\frac{a}{\frac{b}{c}}$ {{c1::x}}", None),
    (r"{{c1::$\frac{a}{b}$}}", None),
    (r"{{c1::$$\sqrt{\sqrt{\sqrt{a}}}$$}}", r"{{c1::$$\sqrt{\sqrt{\sqrt{a} } }$$}}"),
    ("{{c1::\n$$\n\\sqrt{\\sqrt{a}}\n$$\n}}", "{{c1::\n$$\n\\sqrt{\\sqrt{a} }\n$$\n}}"),
    (r"{{c1::$\{a_{b\}}$}}", r"{{c1::$\{a_{b\} }$}}"),
    (r"{{c1::$a_{\{b\}}$}}", r"{{c1::$a_{\{b\} }$}}"),
    (r"{{c1::$\{\{a\}\}$}}", None),
    (r"{{c1::a $\frac{a}{{b}}$ b}} $\frac{a}{{b}}$", r"{{c1::a $\frac{a}{{b} }$ b}} $\frac{a}{{b}}$"),
    (r"{{c1::a {{c2::$x^{y^{z}}$}} b}}", r"{{c1::a {{c2::$x^{y^{z} }$}} b}}"),
    (r"{{c1::x}} $x^{y^{z}}$ {{c2::x}}", None),
    # Clozes in math
    ("$a + {{c1::b}}$", None),
    (r"$\frac{ {{c1::a}} }{b}$", None),
    (r"$\frac{a}{{{c1::b}}}$", None),
    (r"${{c1::\frac{a}{b}}}$", r"${{c1::\frac{a}{b} }}$"),
    (r"${{c1::\frac{a}{b}}} + \sqrt{\sqrt{c}}$", r"${{c1::\frac{a}{b} }} + \sqrt{\sqrt{c}}$"),
    (r"{{c1::$x {{c2::y}}$}}", None),
    (r"{{c1::$\sqrt{\sqrt{ {{c2::y}}}}$}}", r"{{c1::$\sqrt{\sqrt{ {{c2::y}}} }$}}"),
    (r"$x {{c1::y::z}}$", None),
    # Hints
    ("{{c1::$a::b$}}", "{{c1::$a: :b$}}"),
    ("{{c1::$a:::b$::hint}}", "{{c1::$a: : :b$::hint}}"),
    ("{{c1::$a:b$::hint}}", None),
    ("$a::b$ {{c1::x}}", None),
    ("{{c1::$a {{c2::b::c}} d::e$}}", "{{c1::$a {{c2::b::c}} d: :e$}}"),
    # Money, code and broken math
    ("{{c1::$5}} and {{c2::$6}}", None),
    ("{{c1::$5}} and {{c2::x$}}", None),
    (r"{{c1::$\frac{a}{b}}$}}", None),
    ("{{c1::`$a::b$`}}", None),
    (r"{{c1::\$a::b$}}", None),
    (r"{{c1::$x^{y^{z}}$", None),
    (r"{{c1::a ${{c2::b} + x^{y^{z}}$ c}}", None),
    ("{a} ==b== \\{c", None),
    (r"\{\{c1::$a::b$\}\}", None),
]


@pytest.mark.parametrize(("text", "made"), CURLIES)
def test_curly_braces_become_clozes(text: str, made: str | None) -> None:
    assert one(text, CURLY) == (made or text)


@pytest.mark.parametrize(("text", "made"), HIGHLIGHTED)
def test_highlights_become_clozes(text: str, made: str | None) -> None:
    assert one(text, HIGHLIGHTS) == (made or text)


@pytest.mark.parametrize(("text", "made"), TOGETHER)
def test_both_forms_stand_together(text: str, made: str) -> None:
    assert one(text, BOTH) == made


@pytest.mark.parametrize(("text", "made"), MATHS)
def test_math_in_a_cloze_neither_ends_it_nor_is_its_hint(text: str, made: str | None) -> None:
    assert one(text, NONE) == (made or text)


@pytest.mark.parametrize(("text", "made"), [each for each in [*CURLIES, *HIGHLIGHTED, *TOGETHER] if each[1]])
def test_a_form_that_is_not_asked_for_is_text(text: str, made: str) -> None:
    assert one(text, NONE) == text
    assert one(text, HIGHLIGHTS) == text or "==" in text
    assert one(text, CURLY) == text or "{" in text


@pytest.mark.parametrize(
    ("table", "forms"), [(CURLIES, CURLY), (HIGHLIGHTED, HIGHLIGHTS), (TOGETHER, BOTH), (MATHS, NONE)]
)
def test_what_is_made_stays_as_it_is(table: list[tuple[str, str | None]], forms: Forms) -> None:
    results = [made or text for text, made in table]
    assert [one(text, forms) for text in results] == results


def test_numbers_continue_over_the_fields_and_pass_those_that_are_given_in_any() -> None:
    assert native(["{a} {b}", "", "{c} {2:d}", "{{c4::e}} {f}"], CURLY) == (
        "{{c1::a}} {{c3::b}}",
        "",
        "{{c5::c}} {{c2::d}}",
        "{{c4::e}} {{c6::f}}",
    )


def test_a_cloze_does_not_reach_from_one_field_into_the_next() -> None:
    assert native(["{a", "b}", "==c", "d=="], BOTH) == ("{a", "b}", "==c", "d==")


def test_a_note_without_fields_stays_one() -> None:
    assert native([], CURLY) == ()


def test_anki_has_500_numbers_and_the_last_is_for_all_that_follow() -> None:
    made = one("{a} " * 502, CURLY)
    assert made.count("{{c499::") == 1
    assert made.count("{{c500::") == 3
    assert cloze_numbers(made) == frozenset(range(1, 501))


def test_braces_nest_as_deep_as_anki_reads() -> None:
    def nested(depth: int) -> str:
        return "{x " * depth + "y" + " z}" * depth

    assert cloze_numbers(one(nested(10), CURLY)) == frozenset(range(1, 11))
    assert cloze_numbers(one(nested(12), CURLY)) == frozenset(range(1, 11))


def test_a_note_has_a_cloze_if_anki_sees_one_that_has_a_card() -> None:
    assert has_cloze(["", "{{c2::a}}"])
    assert not has_cloze(["{a}", "{{c0::a}}", "{{c1::a", "}}"])
    assert not has_cloze([])


# Texts made of sound parts, each with what shall come of it.


@dataclass(frozen=True)
class Part:
    """Text: as written, and as it shall be outside a cloze and inside one."""

    text: str
    inside: str


@dataclass(frozen=True)
class Cloze:
    """A cloze: what it opens and closes with, its number if it is given, what it holds."""

    opens: str
    number: int | None
    parts: tuple["Part | Cloze", ...]
    hint: str
    closes: str


def same(text: str) -> Part:
    return Part(text, text)


WORDS = [*map(same, ["word", "a, b", "é\u2028", "x:y", "**b**", "[t](u)", r"\{ x", r"x \} y", r"\$", "5 %", "|"])]
HIDDEN = [
    *map(
        same,
        ["`{x}`", "`` {1:`} ``", "`==x==`", "`$`", "$x$", r"$\frac{a}{b}$", "$\\{a\\}$", "$$x_{1}$$", "{{c4::k::h}}"],
    ),
    Part(r"$a^{b^{c}}$", r"$a^{b^{c} }$"),
    Part("$a::b$", "$a: :b$"),
    Part(r"${{c6::x}}^{y^{z}}$", r"${{c6::x}}^{y^{z} }$"),
]
BLOCKS = ["\n\n```\n{x} ==y==\n\n{z}\n```\n\n", "\n\n$$\n\\frac{a}{b}\n$$\n\n", "\n\n", "\n- ", "\n> "]
WORD, ANY = st.sampled_from(WORDS), st.sampled_from([*WORDS, *HIDDEN])
PREFIXES = [("", None), ("", None), ("1:", 1), ("2|", 2), ("c3:", 3), ("c5::", 5), ("7::", 7)]


def clozes(parts: st.SearchStrategy["Part | Cloze"]) -> st.SearchStrategy["Part | Cloze"]:
    """Braces around parts; they begin and end with a word, so that no two braces touch."""

    def build(prefix: tuple[str, int | None], first: Part, middle: list[Part | Cloze], last: Part, hint: str) -> Cloze:
        return Cloze("{" + prefix[0], prefix[1], (first, *middle, last), hint, "}")

    return st.builds(
        build, st.sampled_from(PREFIXES), WORD, st.lists(parts, max_size=3), WORD, st.sampled_from(["", "::h"])
    )


def highlights() -> st.SearchStrategy["Part | Cloze"]:
    def build(prefix: tuple[str, int | None], parts: list[Part]) -> Cloze:
        return Cloze("==" + prefix[0], prefix[1], tuple(parts), "", "==")

    lines = ANY.filter(lambda part: "\n" not in part.text)
    return st.builds(build, st.sampled_from(PREFIXES), st.lists(lines, min_size=1, max_size=3))


PARTS = ANY | highlights() | st.recursive(ANY, clozes, max_leaves=12)
DOCUMENT = st.lists(PARTS | st.sampled_from([*map(same, BLOCKS)]), max_size=12)


def written(parts: Sequence[Part | Cloze]) -> str:
    return " ".join(
        part.text if isinstance(part, Part) else part.opens + written(part.parts) + part.hint + part.closes
        for part in parts
    )


def given_numbers(parts: Sequence[Part | Cloze]) -> set[int | None]:
    inner = [given_numbers(part.parts) | {part.number} for part in parts if isinstance(part, Cloze)]
    theirs = {int(number) for number in re.findall(r"\{\{c([0-9]+)::", written(parts))}
    return theirs.union(*inner)


def wanted(parts: Sequence[Part | Cloze], free: Iterator[int], inside: bool = False) -> str:
    made = []
    for part in parts:
        if isinstance(part, Part):
            made.append(part.inside if inside else part.text)
        else:
            number = part.number or next(free)
            made.append("{{c%d::%s%s}}" % (number, wanted(part.parts, free, True), part.hint))  # noqa: UP031
    return " ".join(made)


@settings(max_examples=300, deadline=None)
@given(st.lists(DOCUMENT, min_size=1, max_size=3))
def test_sound_notes_become_what_they_mean(fields: list[list[Part | Cloze]]) -> None:
    texts = [written(parts) for parts in fields]
    taken = set().union(*(given_numbers(parts) for parts in fields))
    free = iter([number for number in range(1, 500) if number not in taken])
    made = native(texts, BOTH)
    assert made == tuple(wanted(parts, free) for parts in fields)
    assert native(made, BOTH) == made


SOUP = [
    *(
        "{",
        "{",
        "}",
        "}",
        "==",
        "\n",
        "\n\n",
        "x",
        "y",
        " ",
        "::",
        "\\",
        "1:",
        "c3::",
        "3",
        "- ",
        "> ",
        "=",
        "{{",
        "}}",
    ),
    *("{a}", "==b==", r"\{", r"\}", "`z`", "`a::b}}`", "\n```\nx}} {{y::z\n```\n", "$y$", r"$\frac{a}{\frac{b}{c}}$"),
]
SOUPS = st.lists(st.sampled_from(SOUP), max_size=16).map("".join)
WILD = st.lists(st.sampled_from([*SOUP, "$", "`", "$$", "{{c1::", "{{c2::", "~~~\n", "```\n"]), max_size=16).map(
    "".join
)
OPENS = re.compile(r"\{\{c([0-9]+)::")
SIGNS = re.compile(r"<!-- -->|[{}=|:0-9c\s]")


@settings(max_examples=500, deadline=None)
@given(SOUPS.filter(lambda text: not OPENS.search(text)), st.sampled_from([CURLY, HIGHLIGHTS, BOTH]))
def test_anki_sees_every_cloze_that_is_made_and_no_other_text_is_lost(text: str, forms: Forms) -> None:
    made = one(text, forms)
    assert cloze_numbers(made) == {int(number) for number in OPENS.findall(made)}
    assert SIGNS.sub("", made) == SIGNS.sub("", text)


@settings(max_examples=300, deadline=None)
@given(SOUPS.filter(lambda text: not OPENS.search(text)))
def test_anki_sees_every_cloze_in_the_html_too(text: str) -> None:
    made = one(text, BOTH)
    assert cloze_numbers(render_field(made, cloze=True)) == cloze_numbers(made)


@settings(max_examples=500, deadline=None)
@given(WILD)
def test_without_a_form_only_blanks_in_math_are_added(text: str) -> None:
    made = one(text, NONE)
    assert made.replace(" ", "") == text.replace(" ", "")
    assert made == text or ("$" in text and "{{c" in text)
    assert one(made, NONE) == made


@settings(max_examples=500, deadline=None)
@given(WILD, st.sampled_from([CURLY, HIGHLIGHTS, BOTH]))
def test_clozes_of_ankis_own_keep_their_numbers(text: str, forms: Forms) -> None:
    assert Counter(OPENS.findall(text)) <= Counter(OPENS.findall(one(text, forms)))


LARGE = 100_000


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "{",
            "}",
            "$",
            "`",
            "=",
            "\\",
            "{a}",
            "{a",
            "{{",
            "==",
            "==a",
            "=={",
            "{{c1::",
            "{{c1::{\n\n",
            "{ ",
            "{1",
            "{{c1,",
        ),
        *(
            "$$",
            "$$\n",
            "$$ a\n",
            "$a ",
            "> $$ a\n",
            "> ```\n",
            "> ```\na\n",
            "```\n",
            "~~~a\n",
            "> ",
            "- ",
            "`$",
            r"\$$",
        ),
        *("{$}}", "{{c1::$", "{{c1::`", "\n\n{", r"\{{c1", "{::", "{$a::b}}{{$}"),
    ],
)
def test_large_texts_take_linear_time(piece: str) -> None:
    text = piece * (LARGE // len(piece))
    start = time.process_time()
    one(text, BOTH)
    has_cloze([text])
    assert time.process_time() - start < 1


def test_backticks_of_many_lengths_take_linear_time() -> None:
    text = "x".join("`" * run for run in range(1, 140)) * 10
    start = time.process_time()
    one(text, BOTH)
    assert time.process_time() - start < 1


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anki]:
    with open_anki(tmp_path_factory.mktemp("anki") / "col") as opened:
        yield opened


def seen(collection: Anki, field: str) -> list[tuple[str, str]]:
    """Question and answer of each card of a cloze note, as text."""
    notetype = collection.col.models.by_name("Cloze")
    assert notetype is not None
    note = collection.col.new_note(notetype)
    note["Text"] = field
    collection.col.add_note(note, anki.decks.DeckId(1))
    cards = [(card.question(), card.answer()) for card in sorted(note.cards(), key=lambda card: card.ord)]
    collection.col.remove_notes([note.id])
    return [(_text(question), _text(answer)) for question, answer in cards]


def _text(shown: str) -> str:
    bare = re.sub(r"<style>.*?</style>|<!--.*?-->|<[^>]*>", "", shown, flags=re.DOTALL)
    return html.unescape(bare).strip()


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        ("{a} and {b::hint}", [("[...] and b", "a and b"), ("a and [hint]", "a and b")]),
        ("{a {b} c} d", [("[...] d", "a b c d"), ("a [...] c d", "a b c d")]),
        ("{a {b}} c", [("[...] c", "a b c"), ("a [...] c", "a b c")]),
        ("==a== {1:b}", [("a [...]", "a b"), ("[...] b", "a b")]),
        (r"{$\frac{a}{\frac{b}{c}}$} d", [("[...] d", r"\(\frac{a}{\frac{b}{c} }\) d")]),
        (r"${{c1::\frac{a}{b}}}$ c", [(r"\([...]\) c", r"\(\frac{a}{b} \) c")]),
        ("{$a::b$} c", [("[...] c", r"\(a: :b\) c")]),
        ("{$a::b$::h} c", [("[h] c", r"\(a: :b\) c")]),
        ("{`std::vector`} a", [("[...] a", "std::vector a")]),
        ("{`{{ a }}`} b `c::d`", [("[...] b c::d", "{{ a }} b c::d")]),
        (r"{a\}} b", [("[...] b", "a} b")]),
        ("{a {{b}} c} d", [("[...] d", "a {{b}} c d")]),
        (r"\{a\} {b}", [("{a} [...]", "{a} b")]),
        (r"\{\{c3::a\}\} {b}", [("{{c3::a}} [...]", "{{c3::a}} b")]),
        ("{1066: Hastings}", [("[...]", "1066: Hastings")]),
    ],
)
def test_a_user_sees_in_anki_what_was_meant(collection: Anki, text: str, cards: list[tuple[str, str]]) -> None:
    assert seen(collection, render_field(one(text, BOTH), cloze=True)) == cards


@pytest.mark.parametrize(
    "text",
    [r"{{c1::$\frac{a}{\frac{b}{c}}$}} d", "{{c1::$a::b$}} c", "{{c1::`std::vector`}} a", r"{{c1::a\}}} b"],
)
def test_anki_would_show_it_broken_if_it_were_not_kept_apart(collection: Anki, text: str) -> None:
    ((question, _),) = seen(collection, render_field(text))
    assert not question.startswith("[...] ")
