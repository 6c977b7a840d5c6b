"""JavaScript's regular expressions: the same matches as Node's, in all that is asked of both."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ankisync.parse.javascript import BadPattern, Expression, OutOfTime, find_all, read_expression
from tests.fragments import thorough
from tests.support import CORPUS, needs_corpus

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not here")

SCRIPT = r"""
const vm = require("vm");
const context = vm.createContext({});
const search = new vm.Script(`JSON.stringify(texts.map((text) => {
  const found = [];
  expression.lastIndex = 0;
  for (let match; (match = expression.exec(text)); ) {
    if (match[0] === "") expression.lastIndex++;
    else found.push(match.indices.map((span) => span ?? null));
  }
  return found;
}))`);
const answer = ({ pattern, texts }) => {
  try { context.expression = new RegExp(pattern, "gmd"); } catch { return "no pattern"; }
  context.texts = texts;
  try { return JSON.parse(search.runInContext(context, { timeout: 5000 })); } catch { return "out of time"; }
};
require("readline").createInterface({ input: process.stdin })
  .on("line", (line) => console.log(JSON.stringify(answer(JSON.parse(line)))));
"""

QUESTION = r"^Q: ((?:.+\n)*)\n*A: (.+(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))*)"
WIKI = (
    QUESTION,
    r"^(.*[^\n:]{1}):{2}([^\n:]{1}.*)",
    r"^#+(.+)\n*((?:\n(?:^[^\n#].{0,2}$|^[^\n#].{3}(?<!<!--).*))+)",
    r"((?:[^\n][\n]?)+\n)-{3,}((?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))*)",
    r"((?:[^\n][\n]?)+) #flashcard ?\n*((?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))+)",
    r"\|([^\n|]+)\|\n\|(?:[^\n|]+)\|\n\|([^\n|]+)\|\n?",
    r"((?:.+\n)*(?:.*{.*)(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))*)",
    r"((?:.+\n)*(?:.*==.*)(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))*)",
    r"(?:\> \[!anki\]-) ([^\n]+)\n(.+(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))*)",
    r"^Q: ((?:[^\n][\n]?)+)\n+A: ([\s\S]*?(?=\n{3,}))",
    r"^Q: ((?:.+\n)*)\n*A: ([\s\S]*?(?=\+\+\+|---|<!--ID: ))",
)
TAGS, ID = r"(Tags: .*)", r"\n?(?:<!--)?(?:ID: (\d+).*)"
TAILS = (TAGS + ID, ID, TAGS, "")
NOTES = (
    "Q: one\nA: two Tags: a b\n<!--ID: 1702818043968-->\n\n\n\nQ: more\nand more\n\nA: text\n---\n",
    "front::back Tags: a\nID: 1702818043969 and more\nother::side\n",
    "# front\n\nback\nlast Tags: a\n<!--ID: 1702818043970-->\n## next\ntext\n",
    "one\ntwo\n---\nthree Tags: a\n<!--ID: 1702818043971-->\n\nfour\n-----\nfive\n",
    "one #flashcard\ntwo Tags: a\n<!--ID: 1702818043972-->\n\nthree #flashcard \n\nfour\n",
    "| one |\n|---|\n| two |\nTags: a\n<!--ID: 1702818043973-->\n\n| a |\n|---|\n| b |\n| c |\n",
    "one {two} three Tags: a\n<!--ID: 1702818043974-->\n\none\n{two}\nthree\n",
    "one ==two== three Tags: a\n<!--ID: 1702818043975-->\n\none\n==two==\nthree\n",
    "> [!anki]- one\n> two Tags: a\n<!--ID: 1702818043976-->\n\n> [!anki]- three\n> four\n",
)

Span = tuple[int, int]
Row = tuple[Span | None, ...]


class Node:
    """One process of Node, asked again and again."""

    def __init__(self) -> None:
        assert NODE is not None
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([NODE, "-e", SCRIPT], stdin=pipe, stdout=pipe, text=True, encoding="utf-8")

    def find_all(self, pattern: str, texts: Sequence[str]) -> list[list[Row]] | str:
        """For each text the spans of the matches and their groups; or "no pattern", or "out of time"."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"pattern": pattern, "texts": texts}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, str):
            return answer
        return [list(in_characters(text, rows)) for text, rows in zip(texts, answer, strict=True)]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    asked = Node()
    with asked.process:
        yield asked


def in_characters(text: str, rows: list[list[list[int] | None]]) -> Iterator[Row]:
    """Spans in UTF-16 units as spans in characters; what lies between the two units of one goes behind it."""
    places = [0]
    for index, character in enumerate(text):
        places += [index + 1] * (1 if character < "\U00010000" else 2)
    for row in rows:
        spans = tuple((places[span[0]], places[span[1]]) if span else None for span in row)
        if spans[0] and spans[0][0] < spans[0][1]:
            yield spans


def read(pattern: str) -> Expression:
    expression = read_expression(pattern)
    assert isinstance(expression, Expression), expression
    return expression


def rows_of(expression: Expression, text: str) -> list[Row] | None:
    """The spans of the matches and their groups, None where they take too long."""
    try:
        return [((match.start, match.end), *match.spans) for match in find_all(expression, text, 0, 1.0)]
    except OutOfTime:
        return None


def groups_of(pattern: str, text: str) -> list[tuple[str | None, ...]]:
    """The texts of the matches and their groups."""
    found = find_all(read(pattern), text, 0, 5.0)
    return [(text[match.start : match.end], *match.groups) for match in found]


def assert_same(node: Node, pattern: str, texts: Sequence[str]) -> int:
    """Both say that it is no pattern, or both find the same in every text; the number of matches."""
    theirs = node.find_all(pattern, texts)
    expression = read_expression(pattern)
    if isinstance(expression, BadPattern) or theirs == "no pattern":
        assert isinstance(expression, BadPattern), pattern
        assert theirs == "no pattern", (pattern, expression)
        return 0
    ours = [rows_of(expression, text) for text in texts]
    if isinstance(theirs, str):
        return 0
    pairs = zip(texts, ours, theirs, strict=True)
    assert [pair for pair in pairs if pair[1] not in (None, pair[2])] == [], (pattern, expression.translated)
    return sum(map(len, filter(None, ours)))


# What JavaScript does, and Python's `re` does otherwise


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (".+", "a\rb\nc\u2028d\u2029e\u0085f", ["a", "b", "c", "d", "e\u0085f"]),
        ("^.", "a\rb\nc\u2028d\x85e", ["a", "b", "c", "d"]),
        (".$", "a\rb\nc\u2028d\x85e", ["a", "b", "c", "e"]),
        (r"\d", "1\u0661", ["1"]),
        (r"\w+", "aé_1", ["a", "_1"]),
        (r"\bé", "aé é", ["é"]),
        (r"\s", "\u00a0\ufeff\u3000\x1c\x85", ["\u00a0", "\ufeff", "\u3000"]),
        ("[^]", "a\n", ["a", "\n"]),
        ("a[]|b", "ab", ["b"]),
        ("[[]a]", "[a]a]", ["[a]"]),
        ("[a&&b]+", "a&b", ["a&b"]),
        ("[a||b]+", "a|b", ["a|b"]),
        (r"[\w-a]+", "b-c", ["b-c"]),
        ("{e<=1}a", "b {e<=1}a", ["{e<=1}a"]),
        ("ab{e}", "ac ab{e}", ["ab{e}"]),
        ("a{,2}", "aa a{,2}", ["a{,2}"]),
        ("x{2}y", "xxy x{2}y", ["xxy"]),
        ("]}", "]}", ["]}"]),
        (r"\/\-\@\é\_", "/-@é_", ["/-@é_"]),
        (r"\cJ\x41\u0042\0\101\8", "\nAB\0A8", ["\nAB\0A8"]),
        (r"\u{3}\x4\c", "uuux4\\c", ["uuux4\\c"]),
        (r"(a)\1\2", "aa\2", ["aa\2"]),
        (r"[\b\1\c_]+", "\b\1\x1f", ["\b\1\x1f"]),
        (r"\k<a>", "k<a>", ["k<a>"]),
        (r"(?<a>x)\k<a>", "xx k<a>", ["xx"]),
        (r"(?<=a+)b", "aab", ["b"]),
        ("(?=a)*a", "a", ["a"]),
        ("a|", "aba", ["a", "a"]),
        ("|a", "aa", []),
        ("(?:|a)+b", "aab", ["aab"]),
        (r"\p{1}\m", "pm", ["pm"]),
        ("[a-]+", "a-", ["a-"]),
        ("[-a]+", "a-", ["a-"]),
        ("(?<$\u00e9_1\u200d>x)\\k<$\\u00e9_1\\u{200D}>", "xx", ["xx"]),
    ],
)
def test_a_pattern_finds_what_javascript_finds(pattern: str, text: str, found: list[str]) -> None:
    assert [row[0] for row in groups_of(pattern, text)] == found


@pytest.mark.parametrize(
    ("pattern", "text", "row"),
    [
        (r"(?:(a)|b)\1c", "bc", ("bc", None)),
        (r"(?:(a)|b)\1c", "aac", ("aac", "a")),
        (r"\1(a)", "aa", ("a", "a")),
        (r"(a\1)b", "ab", ("ab", "a")),
        (r"(?<=^\1(a))b", "aab", ("b", "a")),
        (r"(?<=^(a)\1)b", "ab", ("b", "a")),
        (r"(?<=(a?)+)b", "ab", ("b", "a")),
        (r"(?:(a)|b){2}", "ab", ("ab", None)),
        (r"(?:(a)|b){0,1}b", "ab", ("ab", "a")),
        (r"(?:(a)|b)*", "ab", ("ab", None)),
        (r"(?:(a)|b)*", "ba", ("ba", "a")),
        (r"(?:(a)|(b))+", "aba", ("aba", "a", None)),
        (r"(?:(a*)|b)*c", "abc", ("abc", None)),
        (r"(?:()|b)*c", "bc", ("bc", None)),
        (r"(?:(a)|b)*\1c", "abc", ("abc", None)),
        (r"(a*)*b", "b", ("b", None)),
        (r"(a*)+b", "b", ("b", "")),
        (r"(a*)?b", "b", ("b", None)),
        (r"(?:(?=(a))a)+b", "aab", ("aab", "a")),
        (r"(?!(a)c)\1ab", "ab", ("ab", None)),
        (r"(z)((a+)?(b+)?(c))*", "zaacbbbcac", ("zaacbbbcac", "z", "ac", "a", None, "c")),
    ],
)
def test_a_group_is_captured_as_in_javascript(pattern: str, text: str, row: tuple[str | None, ...]) -> None:
    assert groups_of(pattern, text)[0] == row


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "a group is not closed"),
        ("a)", "a `)` closes nothing"),
        ("[a", "a `[` is not closed"),
        ("[z-a]", "out of order"),
        ("[a--b]", "out of order"),
        ("a{2,1}", "`{2,1}` are out of order"),
        ("*", "nothing that `*` could repeat"),
        ("a++", "nothing that `+` could repeat"),
        ("a*+", "nothing that `+` could repeat"),
        ("^{2}", "nothing that `{2}` could repeat"),
        ("(?>a)", "no group of the kind"),
        ("(?i)a", "no group of the kind"),
        ("(?i:a)", "no group of the kind"),
        ("(?P<a>b)", "no group of the kind"),
        ("(?#a)", "no group of the kind"),
        ("(?<=a)*", "cannot be repeated"),
        ("a\\", "ends in a backslash"),
        ("(?<1>a)", "the name of a group"),
        ("(?<\u200da>a)", "the name of a group"),
        ("(?<a>b)(?<a>c)", "two groups have one name"),
        (r"(?<a>b)\k<c>", "not followed by the name of a group"),
        (r"(?<a>b)[\k]", "stands in brackets"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    refused = read_expression(pattern)
    assert isinstance(refused, BadPattern)
    assert reason in refused.reason


@pytest.mark.parametrize(
    "pattern",
    ["(" * 51 + ")" * 51, "()" * 1001, "a{65536}", "(?:|a){65535}", "(a*){9999}", "(" * 40 + "a*" + ")+" * 40],
)
def test_what_is_too_much_for_us_is_refused(pattern: str) -> None:
    assert isinstance(read_expression(pattern), BadPattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 50 + "b" + ")" * 50,
        "(" * 50 + "b" + ")*" * 50,
        "(?:b|" * 50 + "b*" + ")*" * 50,
        "(?=" * 50 + "b" + ")" * 50 + "b",
        "(b)" + "()" * 999,
        "b{1}{".removesuffix("{"),
        "b{1,65535}",
        "b{1,99999999999}",
        "(?:b?){1,65535}",
        "(b?){1,99}",
    ],
)
def test_what_is_just_not_too_much_runs(pattern: str) -> None:
    assert [row[0] for row in groups_of(pattern, "b")] == ["b"]


def test_an_expression_knows_its_groups_and_its_source() -> None:
    expression = read(r"(a)(?:b)(?<name>c)(?=(d))(?!(e))")
    assert expression.groups == 4
    assert expression.source == r"(a)(?:b)(?<name>c)(?=(d))(?!(e))"


# Places


def test_offsets_count_characters_not_units() -> None:
    text = "\U0001f600\U0001f600 a \U0001f600 b"
    matches = list(find_all(read("([ab])"), text, 0, 5.0))
    assert [(match.start, match.end, match.spans) for match in matches] == [(3, 4, ((3, 4),)), (7, 8, ((7, 8),))]


def test_a_character_beyond_the_first_plane_counts_as_two() -> None:
    assert groups_of("^.{1,2}$", "\U0001f600") == [("\U0001f600",)]
    assert groups_of("^.{1,1}$", "\U0001f600") == []
    assert groups_of("\U0001f600+", "\U0001f600\U0001f600") == [("\U0001f600",), ("\U0001f600",)]
    assert groups_of("[\U0001f600]{2}", "\U0001f601\U0001f600") == [("\U0001f600",)]


def test_what_cuts_a_character_in_two_cuts_behind_it() -> None:
    assert groups_of("(.)(.)b", "\U0001f600b") == [("\U0001f600b", "\U0001f600", "")]
    assert groups_of(r"\ud83d(.)b", "\U0001f600b") == [("\U0001f600b", "")]
    assert groups_of(r"[\ude00]", "\U0001f600b") == []


@pytest.mark.parametrize(("start", "found"), [(0, [0, 2]), (1, [2]), (2, [2]), (3, [])])
def test_a_search_begins_where_it_is_told_to(start: int, found: list[int]) -> None:
    assert [match.start for match in find_all(read("[ab]"), "a\U0001f600b", start, 5.0)] == found


def test_a_search_sees_what_stands_before_its_start() -> None:
    text = "ab\nab"
    for pattern in ("^b", r"\bb", "(?<!a)b"):
        assert list(find_all(read(pattern), text, 1, 5.0)) == []
    assert [match.start for match in find_all(read("(?<=a)b"), text, 1, 5.0)] == [1, 4]


# Time, and what need not be searched


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|aa)+[^a-z]", "(a*)*[^a-z]", r"(?:(a)|a)*\1[^a-z]", "(?=(a+)+b|(a+)+c)a"],
)
def test_a_search_without_end_is_stopped(pattern: str) -> None:
    with pytest.raises(OutOfTime):
        list(find_all(read(pattern), "a" * 3000 + "z" + "b", 0, 0.1))


def test_a_quick_search_is_not_stopped() -> None:
    assert len(list(find_all(read("(a+)$"), "a\n" * 10_000, 0, 5.0))) == 10_000


def test_the_time_is_that_of_the_whole_search() -> None:
    text = ("a" * 17 + "b\n") * 1_000
    found = find_all(read("^(?:(?:a|aa|a{1,3})+c|.+)$"), text, 0, 0.2)
    assert next(found).end == 18
    with pytest.raises(OutOfTime):
        list(found)


def test_a_text_without_the_required_ones_is_not_searched() -> None:
    slow = read("(?:a+)+[^a](x+)+ #flashcard")
    assert list(find_all(slow, "a" * 5000 + " xx", 0, 0.1)) == []
    assert list(find_all(slow, " #flashcard" + "a" * 5000 + "xx", 0, 0.1)) == []
    assert len(list(find_all(read("q(?:a+)+[b-y]z"), "qabzzq" + "a" * 5000, 0, 0.1))) == 1


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        (QUESTION, "Q: "),
        (QUESTION + ID, "ID: "),
        (WIKI[1], "::"),
        (WIKI[3], "\n---"),
        (WIKI[4], " #flashcard"),
        (WIKI[8], "> [!anki]- "),
        ("abc", "abc"),
        ("(a)(?:b)[c]", "abc"),
        ("a|b", ""),
        ("(ab|ab)c", "abc"),
        ("ab?c", "a"),
        ("ab*cde", "cde"),
        ("(?:abc)?d", "d"),
        ("(?:ab){3}c", "abababc"),
        ("(?:ab){2,}c", "abab"),
        ("a(?=bcd)b", "ab"),
        ("(?<!bcd)a", "a"),
        (r"(a)\1\1bc", "bc"),
        ("^a$", "a"),
        ("x\U0001f600y", "x\U0001f600y"),
        (r"ab\ud83dc", "ab"),
        ("(?:(?:(?:-{99}){99}){99}){99}", "-" * 99),
        (r"\d{99}-{3}:{2}", "---::"),
        ("a(?:-{60}){2}b", "a" + "-" * 60),
        ("", ""),
    ],
)
def test_the_literal_of_an_expression(pattern: str, literal: str) -> None:
    assert read(pattern).literal == literal


# The same as Node


@needs_node
@pytest.mark.parametrize("pattern", WIKI)
def test_a_documented_expression_finds_all_forms_as_node_does(node: Node, pattern: str) -> None:
    more = [note.replace("\n", "\r\n") for note in NOTES] + [note.replace("o", "\U0001f600") for note in NOTES]
    counts = [assert_same(node, pattern + tail, [*NOTES, "\n".join(NOTES), *more]) for tail in TAILS]
    assert sum(counts) > 2


@needs_node
@needs_corpus
def test_the_documented_expressions_find_in_real_notes_what_node_finds(node: Node) -> None:
    texts = real_texts()
    assert len(texts) > 100
    counts = [assert_same(node, pattern + tail, texts) for pattern, tail in product(WIKI, TAILS)]
    assert sum(counts) > 500


def real_texts() -> list[str]:
    """Notes of three vaults that are not long (Node would need seconds), some once more with CRLF, and with emoji."""
    folders = ("sem3", "economics", "coding-interview")
    paths = sorted(path for folder in folders for path in (CORPUS / folder).rglob("*.md"))
    texts = [path.read_bytes().decode() for path in paths if path.stat().st_size < 3_000]
    few = texts[::16]
    ended = [text.replace("\n", "\r\n") for text in few]
    return [*texts[::3], *few, *ended, *(text.replace("e", "\U0001f600") for text in few)]


@needs_node
@pytest.mark.parametrize(
    "pattern", [r"\s", r"\S+", r"\d", r"\D+", r"\w", r"\W+", ".+", "^.", ".$", r"\b.", r"[^\s\w]+", "[^]+", r"[\d-é]+"]
)
def test_every_character_is_in_the_same_sets(node: Node, pattern: str) -> None:
    assert_same(node, pattern, ["".join(chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000)])


ATOMS = st.sampled_from(
    (
        *("a", "a", "b", "b", "ab", "c", "", ":", "-", "{", "}", "]", " ", "\n", "\u2028", "\U0001f600", "a?", "b*"),
        *(".", r"\n", r"\r", r"\s", r"\S", r"\w", r"\W", r"\d", r"\b", r"\B", "^", "$", "[]", "[^]", r"[\s\S]"),
        *("[ab]", "[^a]", "[a\U0001f600]", r"\ud83d", r"\u00a0", "()", "(a)", "(b)", "(a)?", "(a*)", "(a)|b"),
        *(r"\1", r"\1", r"\2", r"\3"),
    )
)
OPENINGS = ("(", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!")
QUANTIFIERS = ("*", "+", "?", "{0}", "{1}", "{2}", "{0,2}", "{1,}", "{2,3}", "{2,}")
WORDS = ("a", "a", "a", "b", "b", "c", "ab", "\n", "\r\n", "\r", " ", ":", "-", "{", "}", "]", "1", "\u2028")
TEXTS = st.lists(st.sampled_from((*WORDS, "\u00a0", "\ufeff", "\U0001f600")), max_size=12).map("".join)
MANY = st.lists(TEXTS, min_size=6, max_size=6)


def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Patterns that are made of some."""
    few = st.lists(inner, min_size=2, max_size=3)
    options = st.lists(inner, min_size=1, max_size=3).map("|".join)
    group = st.builds("{}{})".format, st.sampled_from(OPENINGS), options)
    atom = st.builds("{}{})".format, st.sampled_from(("(", "(?:")), options)
    repeat = st.builds("{}{}{}".format, atom, st.sampled_from(QUANTIFIERS), st.sampled_from(("", "", "?")))
    return st.one_of(few.map("".join), group, repeat, repeat)


PATTERNS = st.recursive(ATOMS, wider, max_leaves=10)

PIECES = st.sampled_from(
    (
        *(
            "(",
            "(",
            ")",
            ")",
            "[",
            "[^",
            "]",
            "]",
            "{",
            "}",
            "|",
            "*",
            "+",
            "?",
            "^",
            "$",
            ".",
            "-",
            ",",
            "\\",
            "<",
            ">",
        ),
        *("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?", "(?>", "(?P<a>", "(?#", "(?)", "(?<a>", "(?<b>", "(?<$>", "(?<>"),
        *(r"(?<\u0061>", r"(?<\u{62}>", "(?<\u00e9>", "(?<\U0001d49c>", "(?<\U0001f600>", "(?<1>", "(?<a\u200d>"),
        *("{1}", "{1", "{,2}", "{2,1}", "{0,99999999999}", "{1,}", "{e}", "{i<=2}", "e<=1", "&&", "--", "||", "~~"),
        *(r"\k", r"\k<a>", r"\k<b>", r"\1", r"\2", r"\10", r"\8", r"\08", r"\377", r"\400", r"\x", r"\x41", r"\u"),
        *(r"\u0041", r"\u{61}", r"\ud83d", r"\ude00", r"\c", r"\cA", r"\c1", r"\c_", r"\d", r"\W", r"\S", r"\b", r"\B"),
        *(r"\p{L}", r"\-", r"\/", r"\v", r"\f", r"\0", r"\t", "[:alpha:]", "[a-z]", r"[\d-z]", r"[\b]", "[--a]"),
        *("a", "b", "z", "k", "1", "_", " ", "\n", "\u2028", "\u00e9", "\U0001f600"),
    )
)
SOUPS = st.lists(PIECES, min_size=1, max_size=6).map("".join)
CLOSED = st.one_of(SOUPS, SOUPS.map(lambda soup: soup + ")" * soup.count("(")), SOUPS.map("[{}]".format))
ALL_KINDS = [
    "abzkAZ0189_ \n\r\t\v\f\b\0\1\a\x1c\x1f-\\c^/()[]{}|&~,:<>=!?*+.$#dL\x7f\x85\u00a0\u00e9"
    "\ufeff\u2028\U0001d49c\U0001f600",
    "a1b8 \1\b\0k<a>u0041 aab--||&&[:alpha:]e<=1 {e}{1}{,2} \\c\\cA\x1f\x11\1c_",
]


@needs_node
@thorough(400)
@given(PATTERNS, MANY)
def test_any_expression_finds_what_node_finds(node: Node, pattern: str, texts: list[str]) -> None:
    assert_same(node, pattern, texts)


@needs_node
@thorough(600)
@given(CLOSED)
def test_any_syntax_is_read_as_node_reads_it(node: Node, pattern: str) -> None:
    assert_same(node, pattern, ALL_KINDS)


@thorough(100)
@given(PATTERNS, MANY)
def test_every_match_holds_what_is_required_of_it(pattern: str, texts: list[str]) -> None:
    expression = read_expression(pattern)
    assume(isinstance(expression, Expression) and expression.literal)
    assert isinstance(expression, Expression)
    unsure = Expression(expression.source, expression.translated, expression.slots, ())
    for text in texts:
        for match in find_all(unsure, text, 0, 1.0):
            assert expression.literal in text[match.start : match.end]
        assert rows_of(expression, text) == rows_of(unsure, text)


@thorough(200)
@given(PATTERNS, MANY)
def test_matches_follow_each_other_and_are_not_empty(pattern: str, texts: list[str]) -> None:
    expression = read_expression(pattern)
    assume(isinstance(expression, Expression))
    assert isinstance(expression, Expression)
    for text in texts:
        matches = list(find_all(expression, text, 0, 1.0))
        assert all(match.start < match.end <= len(text) for match in matches)
        assert all(one.end <= other.start for one, other in pairwise(matches))
        for match in matches:
            assert len(match.groups) == len(match.spans) == expression.groups
            assert match.groups == tuple(span and text[span[0] : span[1]] for span in match.spans)


@thorough(200)
@given(st.text(max_size=20))
def test_an_escaped_text_finds_itself(text: str) -> None:
    escaped = re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)
    assert read(escaped).literal == text
    assert [row[0] for row in groups_of(escaped, f"x{text}x")] == ([text] if text else [])
