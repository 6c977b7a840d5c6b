"""Footnotes and definition lists: the plugins of `mdit-py-plugins`, bent where cards need it."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin


def add_footnotes(markdown: MarkdownIt) -> None:
    """Teach a parser `[^1]` with `[^1]: text`, and `^[text]`, shown below the field's text.

    Numbers without links: Anki's webview refuses `#anchors` (aqt's `AnkiWebPage.acceptNavigationRequest`), so there are
    no ids that two fields of a card could share either. A note that nothing refers to is shown, not dropped.
    """
    footnote_plugin(markdown)
    markdown.core.ruler.before("footnote_tail", "footnote_unused", _keep_unused)
    markdown.add_render_rule("footnote_ref", _reference)
    markdown.add_render_rule("footnote_block_open", _open)
    markdown.add_render_rule("footnote_block_close", _close)
    markdown.add_render_rule("footnote_open", _item)
    markdown.add_render_rule("footnote_anchor", _nothing)


def _keep_unused(state: StateCore) -> None:
    data = state.env.get("footnotes")
    if not data:
        return
    for label, number in data["refs"].items():
        if number < 0:
            data["refs"][label] = len(data["list"])
            data["list"][len(data["list"])] = {"label": label[1:], "count": 0}


def _reference(
    _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return f'<sup class="footnote">[{tokens[index].meta["id"] + 1}]</sup>'


def _open(_self: RendererProtocol, *_: object) -> str:
    return '<section class="footnotes">\n<ol>\n'


def _close(_self: RendererProtocol, *_: object) -> str:
    return "</ol>\n</section>\n"


def _item(_self: RendererProtocol, *_: object) -> str:
    return "<li>"


def _nothing(_self: RendererProtocol, *_: object) -> str:
    return ""


def add_definitions(markdown: MarkdownIt) -> None:
    """Teach a parser terms with `: definition` lines below. The plugin's other sign stays text: `~ 5` is "about 5"."""
    plain = MarkdownIt("commonmark")
    deflist_plugin(plain)
    rule = next(rule.fn for rule in plain.block.ruler.__rules__ if rule.name == "deflist")

    def colons_only(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line = start if silent else start + 1
        if line < end and not silent and state.isEmpty(line):
            line += 1
        if line >= end or state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]][:1] != ":":
            return False
        return bool(rule(state, start, end, silent))

    markdown.block.ruler.before("paragraph", "deflist", colons_only, {"alt": ["paragraph", "reference", "blockquote"]})
