"""The HTML of what a note embeds."""

import re
from collections.abc import Sequence
from html import escape

from ankisync.media.names import PLAYED, ending
from ankisync.model import Attachment
from ankisync.render.cloze import hide_signs

# As in Obsidian: `alt|300`, `alt|300x200`, or the size alone.
_SIZE = re.compile(r"(?:\A|(?P<alt>.*)\|)\s*(?P<width>[0-9]{1,5})(?:x(?P<height>[0-9]{1,5}))?\s*\Z", re.DOTALL)


class Shown:
    """What the renderer asks for a note's media: the files that were found for it. All else stays as it stands."""

    def __init__(self, media: Sequence[Attachment]) -> None:
        self.names = {each.target: each.name for each in media}

    def html(self, target: str, text: str) -> str | None:
        """A picture as `<img>`; sound and video as `[sound:…]`, which all of Anki's programs play, phones too."""
        name = self.names.get(target)
        if name is None:
            return None
        return f"[sound:{name}]" if ending(name) in PLAYED else _picture(name, text)

    def name(self, target: str) -> str | None:
        """The stored name."""
        return self.names.get(target)


def _picture(name: str, text: str) -> str:
    size = _SIZE.match(text)
    alt = (size["alt"] or "") if size else text
    attributes = {"src": name, "alt": alt.strip(), "width": size and size["width"], "height": size and size["height"]}
    pairs = (f' {key}="{escape(value)}"' for key, value in attributes.items() if value is not None)
    return f"<img{hide_signs(''.join(pairs))} />"
