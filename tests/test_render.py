"""Rendering: what holds for every text."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ankisync.render import DEFAULT, Options, render_field
from ankisync.render.languages import languages, lexer_names
from ankisync.render.markdown import engine
from ankisync.render.problems import MathProblem, math_problems, read_problems

_PIECES = (
    "a|b c|é|漢字|שלום| |  |\n|\n\n|\t|- |1. |> |# |[ ] |[x] |[!tip]- |: |~ |    |```|```py\n|\n```|`|``|$|$$|\\|\\(|"
    "*|**|_|==|~~|~|^|^abc|%%|[[|]]|![[|](|)|[|]|![|[^1]|[^1]: |^[|{{c1::|{{c2::|}}|{{|::|::hint|}|{|<|>|</|<!--|-->|"
    "<b>|</b>|<div>|<script>|</script>|<style>|</style>|<img src=x onerror=y>|<a href='javascript:x'>| onclick=x |"
    '<div title="|"|\'|=|<svg/onload=x>|https://e.org/a|http://|mailto:a@b.c|&amp;|&#58;|&|x^2|x.md|\x1f|\x0b|\x00|\x7f|'
    "\u2028|\u00a0|[sound:a.mp3]|[[type:Back]]|---|===|::|-|.|)|5|$5"
)
TEXTS = st.lists(st.sampled_from(_PIECES.split("|")), max_size=30).map("".join)


@given(TEXTS | st.text(st.sampled_from("aZ1é漢 .,;:!?'()/+-"), max_size=12), st.booleans(), st.booleans())
@settings(max_examples=500, deadline=None)
def test_what_comes_out_as_it_went_in_does_so_through_the_parser_too(text: str, breaks: bool, cloze: bool) -> None:
    options = Options(line_breaks=breaks)
    if render_field(text, options, cloze=cloze) == text:
        assert plain(engine(options, cloze=cloze)(text, None).rstrip("\n")) == text


def plain(html: str) -> str:
    one = html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == html.count("</p>") == 1
    inner = html[3:-4] if one else html
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ufffd]", "", inner).rstrip("\n")


@given(st.text(st.sampled_from("aZ1é漢 .,;:!?'()/+-\u2028\u00a0\u3000\u0301"), max_size=12))
@settings(max_examples=400, deadline=None)
@example("1.")
@example("1) a")
@example("- a")
@example("a ")
@example("http://e.org")
@example("mailto:a@b.org")
@example("\u00a0a\u00a0")
@example("+")
def test_the_short_way_is_the_parsers_for_words_and_stops(text: str) -> None:
    assert render_field(text) == plain(engine(DEFAULT, cloze=False)(text, None).rstrip("\n"))


def test_the_short_way_is_taken() -> None:
    def refuse(*_: object) -> object:
        raise AssertionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ankisync.render._engine", refuse)
        assert render_field("Born in 1912, e.g. in London (or not): it's said.") == (
            "Born in 1912, e.g. in London (or not): it's said."
        )
        with pytest.raises(AssertionError):
            render_field("<b>Born</b>")


class Watch(HTMLParser):
    """What a browser would run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[str] = []

    def feed(self, data: str) -> None:
        """Browsers take `<![x]>` for a comment; Python's parser raises at some."""
        super().feed(data.replace("<![", "<!x["))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        bad = tag in ("script", "base", "meta", "object", "embed", "plaintext", "textarea")
        handlers = [name for name, _ in attrs if name.startswith("on") or name == "srcdoc"]
        links = [value for _, value in attrs if re.match(r"\s*(?:javascript|vbscript):", value or "", re.IGNORECASE)]
        if bad or handlers or links:
            self.runs.append(f"{tag} {attrs}")


@given(TEXTS, st.booleans())
@settings(max_examples=500, deadline=None)
@example("<scr\x01ipt>alert(1)</script>", False)
@example("<\x01script>alert(1)</script>", False)
@example("<\x00script>alert(1)</script>", False)
@example("<img src=x on\x01error=y>", False)
@example("<a href='java\x01script:x'>a</a>", False)
@example("> [!x]\n> <div\n> onclick=x>", False)
@example("<!-- > <img src=x onerror=y>", False)
@example("<style>\n\n<img src=x onerror=y>", False)
@example("`{{c1::a::<img src=x onerror=y>}}`", True)
@example("```py\n{{c1::a::<img src=x onerror=y>}}", True)
@example("$a{{c1::a::<img src=x onerror=y>}}b$", True)
def test_nothing_runs_and_nothing_is_left_open(text: str, cloze: bool) -> None:
    html = render_field(text, cloze=cloze)
    watch = Watch()
    watch.feed(html)
    watch.close()
    assert watch.runs == []
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", html)
    last = Watch()
    last.feed(html + '<hr id="answer"><p onclick="x">')
    last.close()
    assert last.runs, "the card goes on behind the field"


_CODE = "a|}}|{{|{|}|::|:|c1|{{ x }}|std::x|\n|\\|'|\"|#|//|<b>|x = {'a': {}}|{{c|{{c1:|c1::"
CODE = st.lists(st.sampled_from(_CODE.split("|")), max_size=12).map("".join)


@given(
    CODE, st.sampled_from(["`` {} ``", "```\n{}\n```", "```python\n{}\n```", "```js\n{}\n```", "$a{}b$", "$$\n{}\n$$"])
)
@settings(max_examples=500, deadline=None)
def test_nothing_in_code_or_math_opens_or_closes_a_cloze(code: str, form: str) -> None:
    """The marks that Anki finds in the field are those of the two clozes around the code."""
    if re.search(r"\{\{c[0-9]+::", code) or "``" in code or (form.startswith("``") and "\n" in code):
        return
    text = "{{c1::a}}\n\n" + form.replace("{}", code) + "\n\n{{c2::b}}"
    html = render_field(text, cloze=True)
    if form.startswith("$") and r"\(" not in html and r"\[" not in html:
        return
    assert re.findall(r"\{\{c[0-9]+::|\}\}", html) == ["{{c1::", "}}", "{{c2::", "}}"]


@given(CODE)
@settings(max_examples=300, deadline=None)
def test_colours_change_no_letter_of_code(code: str) -> None:
    text = f"```python\n{code}\n```"
    for cloze in (False, True):
        coloured, bare = (render_field(text, Options(highlight=highlight), cloze=cloze) for highlight in (True, False))
        assert shown(coloured) == shown(bare)


def shown(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_the_same_markdown_is_the_same_html_whatever_came_before(text: str) -> None:
    first = render_field(text)
    render_field("[a]: b\n\n[^1]: c\n\n==d")
    assert render_field(text) == first


class Pictures:
    """Media that are known by their targets."""

    def html(self, target: str, text: str) -> str | None:
        return f"<i>{target},{text}</i>" if target.startswith("x") else None

    def name(self, target: str) -> str | None:
        return "new&1.png" if target == "x&y.png" else None


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("![alt|300](x%20y.png)", "<i>x%20y.png,alt|300</i>"),
        ("![alt](<x ü.png>)", "<i>x%20%C3%BC.png,alt</i>"),
        ("![[x ü.png|300x200]]", "<i>x ü.png,300x200</i>"),
        ("![[x.png]] and ![[y.png]]", "<i>x.png,</i> and ![[y.png]]"),
        ("![a](y.png)", '<img src="y.png" alt="a" />'),
        ('<img class=a src="x&amp;y.png" width=3>', '<img class=a src="new&amp;1.png" width=3>'),
        ("<audio controls src='x&y.png'></audio>", '<audio controls src="new&amp;1.png"></audio>'),
        ("<img src=other.png>", "<img src=other.png>"),
        ("<iframe src='x&y.png'></iframe>", "<iframe src='x&y.png'></iframe>"),
        ("`![[x.png]]` `<img src=x&y.png>`", "<code>![[x.png]]</code> <code>&lt;img src=x&amp;y.png&gt;</code>"),
        ("a[^1]\n\n[^1]: ![[x.png]]", None),
        ("> [!tip] ![[x.png]]", None),
        ("| ![[x.png\\|300]] |\n|---|", None),
    ],
)
def test_media_are_asked_for_what_is_embedded(markdown: str, html: str | None) -> None:
    rendered = render_field(markdown, media=Pictures())
    assert rendered == html if html is not None else "<i>x.png," in rendered


@pytest.mark.parametrize(
    "text",
    [
        "==a " * 5000,
        "~a " * 5000,
        "^a " * 5000,
        "x^a~b" * 4000,
        "%%a " * 5001,
        "[[a " * 2500,
        "![[a|" * 2000,
        "$a " * 5000,
        "$$a\n" * 3001,
        "> [!a]" * 2000,
        "<a " * 5000,
        "<!-- " * 4000,
        "<a b='" * 4000,
        "<" * 20000,
        "a ^b\n" * 3000,
        "{{c1::" * 4000,
        "`{{c1::` " * 2000,
        "```\n" + "{{c1::a}} }} " * 2000,
        "```python\n" + "'''" * 3000,
        "```python\n" + "(" * 9000,
        "```js\n" + "/*" * 4500,
        "```html\n" + "<a " * 3000,
        "```cpp\n" + "a<" * 4500,
        "http://a" * 2000,
        "http://a.b/ " * 1500,
        "[^1]: a\n" * 2000,
        "a\n: b\n\n" * 2000,
        "- [ ] a\n" * 2000,
        "%%\na\n\n" * 2000,
        "^abc\n" * 4000,
    ],
    ids=lambda text: ascii(text[:16]),
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    render_field(text, cloze="{{c" in text)
    math_problems(text)
    assert time.process_time() - start < 4


@pytest.mark.parametrize("sign", ["\n", "a\n", "<!--", "{{", "'", "(", "/*"])
def test_no_language_takes_long(sign: str) -> None:
    """A piece as long as one is lexed at once; longer code is more pieces, so it takes as much longer."""
    code = (sign * 1500)[:1400]
    slow = {}
    for language in languages():
        start = time.process_time()
        render_field(f"```{language}\n{code}x\n```")
        if (taken := time.process_time() - start) > 3:
            slow[language] = taken
    assert slow == {}


@pytest.mark.parametrize("language", ["C", "python", "css"])
def test_long_code_keeps_every_letter(language: str) -> None:
    code = "".join(f"line {number} = 'x'; // {{}}\n" + "\n" * (number % 3) for number in range(300)) + "y" * 4000
    html = render_field(f"```{language}\n{code}\n```")
    assert shown(html) == f"{code}\n"
    assert "<span" in html


def test_languages_are_those_of_pygments() -> None:
    plain = [language for language in languages() if language not in lexer_names()]
    assert plain == []
    assert "<span" not in render_field("```mcschema\n<a>1</a>\n```")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("$5 and $10", []),
        ("$x$ and $$y$$ and $x_{1}$ for $5", []),
        ("$A$ and $B", []),
        (r"$\alpha", [(0, MathProblem.UNCLOSED)]),
        (r"a $\frac{1}{2} b", [(2, MathProblem.UNCLOSED)]),
        ("a $$x", [(2, MathProblem.UNCLOSED)]),
        ("$$x$$ and $$", [(10, MathProblem.UNCLOSED)]),
        ("a $$ $$", [(2, MathProblem.EMPTY)]),
        (r"$ \alpha $", [(0, MathProblem.BLANKS)]),
        ("$ 5 $", []),
        (r"so $x^{2}$5", [(3, MathProblem.BLANKS)]),
        (r"$\sqrt{2$", [(0, MathProblem.BRACES)]),
        (r"$\sqrt2}$", [(0, MathProblem.BRACES)]),
        (r"$\{$ and $\sqrt{2}$", []),
        (r"\(x\)", [(0, MathProblem.BRACKETS)]),
        (r"\[x^2\]", [(0, MathProblem.BRACKETS)]),
        (r"\[no link\]", []),
        (r"\\(x\\)", []),
        (r"`$$` and ``\(x\)``", []),
        ("```\n$$\n```", []),
        ("```\n$$\n```\n$$", [(11, MathProblem.UNCLOSED)]),
        ("`a $$ b", [(3, MathProblem.UNCLOSED)]),
        (r"\$\alpha", []),
        (r"{{c1::$x^{2}$}} $${{c2::x}}$$", []),
        ("$\\alpha\n\n$5", [(0, MathProblem.UNCLOSED)]),
    ],
)
def test_what_is_wrong_with_math_is_found(text: str, problems: list[tuple[int, MathProblem]]) -> None:
    assert list(math_problems(text)) == problems


_FENCES = ("```\n", "\n```", "\n```py\nx\n```\n", "> ```", "\n\n")
_MATH_TEXTS = st.lists(
    st.sampled_from(
        [*"$$$ {}\\`~\nx9^_.²²", "\\a", "\\{", "$x$", "{a}", "```", "~~~", "$$", "\u00a0", "\\,", *_FENCES]
    ),
    max_size=14,
).map("".join)


@given(_MATH_TEXTS)
@settings(max_examples=2000, deadline=None)
def test_a_text_that_is_passed_over_has_no_problem(text: str) -> None:
    assert math_problems(text) == read_problems(text)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_problems_lie_where_a_delimiter_is(text: str) -> None:
    for offset, problem in math_problems(text):
        assert text[offset] == ("\\" if problem is MathProblem.BRACKETS else "$")


def test_anki_sees_no_box_to_type_in_in_a_field() -> None:
    assert "[[type:" not in render_field("`[[type:Back]]` <b>[[type:Back]]</b> \\[[type:Back]]")


def test_attributes_that_follow_each_other_at_once_are_no_tag() -> None:
    assert render_field("<div\nclass=x\nid=y\n>a</div>").startswith("<div\nclass=x")
