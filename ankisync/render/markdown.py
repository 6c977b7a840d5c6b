"""The Markdown engine for fields: markdown-it-py as we set it up."""

from collections.abc import Callable

from markdown_it import MarkdownIt

from ankisync.render.math import add_math

# The preset's 20 drops what stands deeper, ten levels of a list, without a word.
_MAX_NESTING = 100


def engine() -> Callable[[str], str]:
    """From Markdown to HTML: CommonMark, tables, strikethrough, math; single newlines are line breaks."""
    markdown = MarkdownIt("commonmark", {"breaks": True, "html": True, "xhtmlOut": True, "maxNesting": _MAX_NESTING})
    markdown.enable(["table", "strikethrough"])
    add_math(markdown)
    return lambda text: str(markdown.render(text))
