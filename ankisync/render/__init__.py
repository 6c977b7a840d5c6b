"""Fields from Markdown to the HTML that Anki shows. Pure: the same Markdown is the same HTML, whoever renders it."""

import re
from collections.abc import Callable, Mapping
from functools import cache

from ankisync.expression import expression
from ankisync.render.finish import finished
from ankisync.render.options import DEFAULT, Media, Memo, Options
from ankisync.render.signs import signs_of_line

__all__ = ["DEFAULT", "LIBRARIES", "VERSION", "Media", "Memo", "Options", "render_field"]

# Raised where a text comes out as other HTML, lest a build with what is kept differs from one without.
VERSION = 4
# Whose versions alter what comes out, with the module of each.
LIBRARIES: Mapping[str, str] = {
    "markdown-it-py": "markdown_it",
    "mdit-py-plugins": "mdit_py_plugins",
    "linkify-it-py": "linkify_it",
    "Pygments": "pygments",
}

# Before the parser too: without them what is left could be a tag. It has its own ways with `\0` and `\r`.
_CONTROLS_BEFORE = expression(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]+")

_NUMBER = expression(r"[0-9]+[.)](?:\s|\Z)")

# What the quick way would colour, which takes long.
_COLOURED = expression(r"^```+[A-Za-z0-9+#-]", re.MULTILINE)


def render_field(
    markdown: str,
    options: Options = DEFAULT,
    *,
    cloze: bool = False,
    media: Media | None = None,
    memo: Memo | None = None,
) -> str:
    """The HTML of one field of a note: Markdown as people write it in Obsidian, with math; raw HTML stays if it is
    harmless. One paragraph alone comes without its `<p>`.

    `cloze` for fields of a cloze notetype: `{{c1::text::hint}}` comes out as it is, and nothing in code or math opens
    or closes one by chance. `media` is asked for what is embedded. `memo` is asked for what takes long, where nothing
    is embedded.
    """
    # One line of words, that have one pair of signs among them at most. To look for one sign first, where two are
    # meant, takes a fifth of the time.
    if (
        markdown[:1].isalnum()
        and "\n" not in markdown
        and ("/" not in markdown or ":/" not in markdown)
        and not markdown[-1].isspace()
        and (markdown[0].isalpha() or not _NUMBER.match(markdown))
    ):
        signs = signs_of_line(markdown)
        words = _paired()(markdown, signs, cloze) if signs else markdown
        if words is not None:
            return words
    coloured = memo and media is None and options.highlight and "```" in markdown and _COLOURED.search(markdown)
    quickly = None if coloured else _quick()(markdown, options, cloze, media)
    if quickly is not None:
        return quickly
    if memo is None or media is not None:
        return _slowly(markdown, options, cloze, media)
    return memo(f"{options} {cloze} {markdown}", lambda: _anyhow(markdown, options, cloze))


def _anyhow(markdown: str, options: Options, cloze: bool) -> str:
    quickly = _quick()(markdown, options, cloze, None)
    return _slowly(markdown, options, cloze, None) if quickly is None else quickly


def _slowly(markdown: str, options: Options, cloze: bool, media: Media | None) -> str:
    return finished(_engine(options, cloze)(_CONTROLS_BEFORE.sub("", markdown), media))


@cache
def _quick() -> Callable[[str, Options, bool, Media | None], str | None]:
    from ankisync.render.quick import quick

    return quick


@cache
def _paired() -> Callable[[str, bytes, bool], str | None]:
    from ankisync.render.quick_inline import paired

    return paired


@cache
def _engine(options: Options, cloze: bool) -> Callable[[str, Media | None], str]:
    from ankisync.render.markdown import engine

    return engine(options, cloze=cloze)
