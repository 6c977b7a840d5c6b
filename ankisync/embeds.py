"""Whether a text may embed something: the first look, before anything that finds out what."""

import re
from collections.abc import Iterable

# Without one of these the renderer asks for nothing.
_SIGN = re.compile(r"!\[|\[sound:|<(?:img|audio|video|source)(?![a-z0-9-])", re.IGNORECASE)


def may_embed(text: str) -> bool:
    """Whether a text may embed something at all; quick."""
    return ("[" in text or "<" in text) and _SIGN.search(text) is not None


def any_embeds(fields: Iterable[tuple[str, str]]) -> bool:
    """Whether the text of a field, which is a pair of name and text, may embed something."""
    # Asked of every card: a loop is a third of the cost of `any`.
    for _, text in fields:  # noqa: SIM110
        if ("[" in text or "<" in text) and may_embed(text):
            return True
    return False
