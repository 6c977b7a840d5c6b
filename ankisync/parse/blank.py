"""Sides of cards that show nothing."""

import re
from collections.abc import Iterable

from ankisync.expression import expression
from ankisync.source import without_comments

_UNSEEN = expression(
    r"[\x00-\x08\x0b-\x1f\x7f]|^ {0,3}\[[^\[\]\n]+\]:[ \t]*[^ \t\n]+[ \t]*(?:\"[^\"\n]*\"|'[^'\n]*')?[ \t]*$",
    re.MULTILINE,
)
_HIDDEN = expression(r"%%[\s\S]*?%%|</?(?:br|div) ?/?>", re.IGNORECASE)


def shows_nothing(texts: Iterable[str]) -> bool:
    """Whether lines have no text, or only such as Markdown and Anki do not show: comments, control characters, the
    addresses of links, empty breaks. Anki offers such cards for deletion.
    """
    text = "\n".join(texts)
    plain = "<" not in text and "%%" not in text and "]:" not in text
    if plain and text.lstrip()[:1].isalnum():  # the expressions take no letter out of such a text
        return False
    return not _UNSEEN.sub("", _HIDDEN.sub("", without_comments(text))).strip()
