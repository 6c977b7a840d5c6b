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
    return any(map(may_embed, [text for _, text in fields]))
