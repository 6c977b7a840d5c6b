"""Whether a text may embed something: the first look, before anything that finds out what."""

import re

# Without one of these the renderer asks for nothing.
_SIGN = re.compile(r"!\[|\[sound:|<(?:img|audio|video|source)(?![a-z0-9-])", re.IGNORECASE)


def may_embed(text: str) -> bool:
    """Whether a text may embed something at all; quick."""
    return ("[" in text or "<" in text) and _SIGN.search(text) is not None
