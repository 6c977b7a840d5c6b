"""What is done last to a field's HTML, whichever way it was rendered."""

from ankisync.expression import expression
from ankisync.render.signs import has_controls

# Anki's reviewer puts a box to type in for these in any text.
TYPE_BOX = "[[type:"

# Anki parts fields by U+001F and refuses a whole package over one that stands in a text.
_CONTROLS = expression(r"[\x00-\x08\x0b-\x1f\x7f]+")
_OPEN, _CLOSE = "<p>", "</p>"


def finished(html: str) -> str:
    """HTML of blocks as a field has it: without what Anki trips over; a paragraph alone comes without its `<p>`."""
    if has_controls(html):
        html = _CONTROLS.sub("", html)
    html = html.rstrip("\n").replace(TYPE_BOX, "[&#91;type:")
    if html.startswith(_OPEN) and html.endswith(_CLOSE) and html.count(_OPEN) == html.count(_CLOSE) == 1:
        return html[len(_OPEN) : -len(_CLOSE)]
    return html
