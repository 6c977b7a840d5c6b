"""Code and math as HTML, kept apart from what Anki reads in fields. Both ways to render, the parser's and the quick
one, take these.
"""

from ankisync.expression import expression
from ankisync.render.cloze import around_marks, cloze_marks, hide_signs, part_braces

# Anki plays, typesets and asks for what stands in these brackets, in code too.
_ANKI = expression(r"\[(?=sound:|anki:|latex\]|\$\]|\$\$\]|\[type:)")


def escape_html(text: str) -> str:
    """A text as HTML, for attributes too: as markdown-it's `escapeHtml`, which costs its whole import."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def is_bare(text: str) -> bool:
    """Whether there is nothing to escape in a text."""
    return not ("&" in text or "<" in text or ">" in text or '"' in text)


def code_html(content: str, *, cloze: bool) -> str:
    """Code without colours. With `cloze`, native clozes stay, and nothing else looks like a part of one."""
    return around_marks(content, cloze_marks(content), code_in_cloze, plain_code) if cloze else plain_code(content)


def plain_code(content: str) -> str:
    """A piece of code where no cloze matters."""
    return _ANKI.sub("&#91;", escape_html(content)) if "[" in content else escape_html(content)


def code_in_cloze(content: str) -> str:
    """A piece of code between the marks of clozes."""
    return hide_signs(plain_code(content))


def math_html(content: str, *, cloze: bool) -> str:
    """TeX without its delimiters. With `cloze`, native clozes inside stay, and other closing braces come apart, which
    means the same.
    """
    text = content.strip()
    return around_marks(text, cloze_marks(text), _math_in_cloze, _plain_math).rstrip() if cloze else _plain_math(text)


def _plain_math(content: str) -> str:
    return content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _math_in_cloze(content: str) -> str:
    return part_braces(_plain_math(content))
