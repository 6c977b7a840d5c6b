"""The first look at a text: which of Markdown's signs it has."""

# The bytes of words: none that Markdown or HTML reads within a line, no control character. Bytes of other letters are
# above 0x7f.
_WORDS = frozenset(range(0x20, 0x100)) - frozenset(b'"$%&*<=>@[\\]^_`~\x7f')


def _blanked(words: frozenset[int]) -> bytes:
    """A table that makes words blanks, and what else is a blank to Python a zero."""
    return bytes(ord(" ") if byte in words else byte if byte > ord(" ") else 0 for byte in range(0x100))


# U+001F too, by which Anki parts fields; not the tab.
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n") | {0x7F}

# To make blanks of words and to part by them costs half of deleting them, a quarter of an expression.
_IN_LINE, _IN_LINES = _blanked(_WORDS), _blanked(_WORDS | {ord("\n")})
_BARE = _blanked(frozenset(range(0x100)) - _CONTROLS)


def signs_of_line(text: str) -> bytes:
    """All in a text that is no word; a control character, a new line too, as a zero."""
    return b"".join(text.encode("utf-8", "surrogatepass").translate(_IN_LINE).split())


def signs_of_lines(text: str) -> bytes:
    """The same, where new lines are nothing."""
    return b"".join(text.encode("utf-8", "surrogatepass").translate(_IN_LINES).split())


def has_controls(text: str) -> bool:
    """Whether there is a control character in a text, but for tabs and new lines."""
    return text != "" and not text.encode("utf-8", "surrogatepass").translate(_BARE).isspace()
