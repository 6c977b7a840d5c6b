"""Code of all three forms as markdown-it tokens."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ankisync.render.colours import fence_html
from ankisync.render.escapes import code_html


def add_code(markdown: MarkdownIt, *, highlight: bool, cloze: bool) -> None:
    """Render code of all three forms; with `highlight` in colour, where the first word behind a
    fence is a language of `languages.py`.
    """

    def fence(content: str, language: str, _attributes: str) -> str:
        return fence_html(content, language, highlight=highlight, cloze=cloze)

    def inline(
        _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        return f"<code>{code_html(tokens[index].content, cloze=cloze)}</code>"

    def block(
        _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        return f"<pre><code>{code_html(tokens[index].content, cloze=cloze)}</code></pre>\n"

    markdown.options["highlight"] = fence
    markdown.add_render_rule("code_inline", inline)
    markdown.add_render_rule("code_block", block)
