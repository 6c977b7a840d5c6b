"""Task lists: `- [ ]`, `- [x]`, and the other signs that people put there.

Our own, because the plugin of `mdit-py-plugins` cuts three characters off whatever the box became, such as a link.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_BOX = re.compile(r"\[([ xX/<>?!*+\"-])\][ \t]+(?=\S)")


def add_tasks(markdown: MarkdownIt) -> None:
    """Teach a parser boxes at the start of list items. They cannot be ticked in Anki."""
    markdown.core.ruler.before("inline", "task_mark", _find)
    markdown.core.ruler.after("inline", "task_box", _show)


def _find(state: StateCore) -> None:
    """Take the box off the text before it is parsed, so that no reference called `x` makes a link of it."""
    lists: list[Token] = []
    for index, token in enumerate(state.tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open" and (text := _first_text(state.tokens, index)):
            box = _BOX.match(text.content)
            if box:
                text.content = text.content[box.end() :]
                text.meta["task"] = box[1]
                token.attrSet("class", "task-item")
                lists[-1].attrSet("class", "task-list")


def _first_text(tokens: list[Token], item: int) -> Token | None:
    if [token.type for token in tokens[item + 1 : item + 3]] != ["paragraph_open", "inline"]:
        return None
    return tokens[item + 2]


def _show(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and "task" in token.meta:
            sign = str(token.meta["task"])
            kind = "" if sign in " xX" else f' data-task="{escapeHtml(sign)}"'
            checked = "" if sign == " " else ' checked="checked"'
            box = Token("html_inline", "", 0)
            box.content = f'<input type="checkbox"{kind} disabled="disabled"{checked} /> '
            box.meta["ours"] = True
            token.children = [box, *(token.children or ())]
