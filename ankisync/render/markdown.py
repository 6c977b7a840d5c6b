"""The Markdown engine for fields: markdown-it-py as we set it up."""

from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from ankisync.render.callouts import add_callouts
from ankisync.render.cloze import hide_signs
from ankisync.render.code import add_code
from ankisync.render.comments import add_comments
from ankisync.render.direction import add_direction
from ankisync.render.links import add_links
from ankisync.render.marks import add_marks
from ankisync.render.math import add_math
from ankisync.render.notes import add_definitions, add_footnotes
from ankisync.render.options import Media, Options
from ankisync.render.raw import add_raw, close_hiding
from ankisync.render.tasks import add_tasks

# The preset's 20 drops what stands deeper, ten levels of a list, without a word.
_MAX_NESTING = 100


class _ClozeRenderer(RendererHTML):
    """Attributes hold nothing that Anki would take for part of a cloze."""

    @staticmethod
    def renderAttrs(token: Token) -> str:  # noqa: N802 - the name that markdown-it calls
        """The attributes of a tag, escaped."""
        return hide_signs(RendererHTML.renderAttrs(token))


def engine(options: Options, *, cloze: bool) -> Callable[[str, Media | None], str]:
    """From Markdown and the place where media come from to HTML: CommonMark, tables, strikethrough, and all that the
    modules of this package add. `cloze`: native clozes come out as they went in.
    """
    renderer = _ClozeRenderer if cloze else RendererHTML
    settings = {"breaks": options.line_breaks, "html": True, "xhtmlOut": True, "maxNesting": _MAX_NESTING}
    markdown = MarkdownIt("commonmark", settings, renderer_cls=renderer)
    markdown.enable(["table", "strikethrough"])
    add_math(markdown, cloze=cloze)
    add_comments(markdown)
    add_callouts(markdown)
    add_tasks(markdown)
    add_direction(markdown)
    add_marks(markdown)
    add_footnotes(markdown)
    add_definitions(markdown)
    add_links(markdown, options, renderer(), cloze=cloze)
    add_code(markdown, highlight=options.highlight, cloze=cloze)
    add_raw(markdown, cloze=cloze)

    def render(text: str, media: Media | None) -> str:
        env: dict[str, object] = {"media": media}
        html = str(markdown.render(text, env))
        return close_hiding(html) if "raw" in env else html

    return render
