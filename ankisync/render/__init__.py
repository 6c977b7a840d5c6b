"""Fields from Markdown to the HTML that Anki shows. Pure: the same Markdown is the same HTML, whoever renders it."""

from collections.abc import Callable
from functools import cache

VERSION = 1

# Anki parts fields by U+001F and refuses a whole package over one that stands in a text.
_CONTROLS = {code: None for code in (*range(32), 127) if chr(code) not in "\t\n"}
_OPEN, _CLOSE = "<p>", "</p>"


def render_field(markdown: str) -> str:
    """The HTML of one field: CommonMark with tables, strikethrough and math; single newlines are line breaks, raw
    HTML stays. One paragraph alone comes without its `<p>`.
    """
    html = _engine()(markdown).translate(_CONTROLS).rstrip("\n")
    if html.startswith(_OPEN) and html.endswith(_CLOSE) and html.count(_OPEN) == html.count(_CLOSE) == 1:
        return html[len(_OPEN) : -len(_CLOSE)]
    return html


@cache
def _engine() -> Callable[[str], str]:
    from ankisync.render.markdown import engine

    return engine()
