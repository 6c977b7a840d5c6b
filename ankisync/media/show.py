"""The HTML of what a note embeds."""

import re
from collections.abc import Sequence

from ankisync.media.names import PLAYED, ending
from ankisync.model import Attachment, Embed
from ankisync.render import DEFAULT, Options, render_field
from ankisync.render.cloze import hide_signs
from ankisync.render.escapes import escape_html

# As in Obsidian: `alt|300`, `alt|300x200`, or the size alone.
_SIZE = re.compile(r"(?:\A|(?P<alt>.*)\|)\s*(?P<width>[0-9]{1,5})(?:x(?P<height>[0-9]{1,5}))?\s*\Z", re.DOTALL)


class Shown:
    """What the renderer asks for what a note embeds: the files and passages that were found. All else stays as it
    stands. Passages are rendered with the same `options`.
    """

    def __init__(self, media: Sequence[Attachment], embeds: Sequence[Embed] = (), options: Options = DEFAULT) -> None:
        self.names = {each.target: each.name for each in media}
        self.embeds = {each.target: each for each in embeds}
        self.options = options

    def html(self, target: str, text: str) -> str | None:
        """A picture as `<img>`; sound and video as `[sound:…]`, which all of Anki's programs play, phones too; a
        passage as a quote, in which nothing is a cloze.
        """
        name = self.names.get(target)
        if name is None:
            return self._passage(self.embeds[target]) if target in self.embeds else None
        return f"[sound:{name}]" if ending(name) in PLAYED else _picture(name, text)

    def _passage(self, embed: Embed) -> str:
        html = render_field(embed.text, self.options, media=Shown(embed.media, embed.embeds, self.options))
        return f'<blockquote class="embed">{hide_signs(html)}</blockquote>'

    def name(self, target: str) -> str | None:
        """The stored name of a file."""
        return self.names.get(target)


def _picture(name: str, text: str) -> str:
    size = _SIZE.match(text)
    alt = (size["alt"] or "") if size else text
    attributes = {"src": name, "alt": alt.strip(), "width": size and size["width"], "height": size and size["height"]}
    pairs = (f' {key}="{_escaped(value)}"' for key, value in attributes.items() if value is not None)
    return f"<img{hide_signs(''.join(pairs))} />"


def _escaped(value: str) -> str:
    """As `html.escape`, which is not worth its import."""
    return escape_html(value).replace("'", "&#x27;")
