"""What is embedded, where its target and its words are so plain that nothing in them is read twice.

A field may turn out not to be plain behind an embed, and then the engine asks for all of them: so nobody is asked
until all is read. Until then an embed stands in the HTML as it is written, between two signs that no text has.
"""

import re

from ankisync.render.escapes import escape_html
from ankisync.render.options import Media

_SIGN = "\0"
_PLAIN = r"[^\x00-\x1f\x7f\"$%&*<=>@\[\\\]^_`{|}~!:]"
# The target of an image is percent-encoded before anyone is asked; in these letters nothing is to be encoded.
EMBED = rf"""(?P<embed>
    !\[\[(?P<note>(?!\s)(?>(?:{_PLAIN}|_)+)(?<!\s))(?:\|(?P<words>(?>(?:{_PLAIN}|\|)*)))?\]\](?!\()
    | !\[(?P<alt>(?>(?:[^\W_]|[\ .,'()|+-])*))\]\((?P<file>(?>(?:\.\.?/)*)[A-Za-z0-9_]++(?>(?:[./-]?[A-Za-z0-9_])*))\)
)"""
_EMBED = re.compile(EMBED, re.VERBOSE)


def kept(embed: str) -> str:
    """An embed, as it is written, for `filled` to find."""
    return f"{_SIGN}{embed}{_SIGN}"


def filled(html: str, media: Media | None) -> str:
    """HTML with what `media` gives for its embeds: it is asked in their order, just as the engine asks."""
    pieces = html.split(_SIGN)
    pieces[1::2] = [_shown(embed, media) for embed in pieces[1::2]]
    return "".join(pieces)


def _shown(embed: str, media: Media | None) -> str:
    match = _EMBED.fullmatch(embed)
    # Only what this expression matches is ever kept.
    assert match is not None  # noqa: S101
    note, words, alt, file = match.group("note", "words", "alt", "file")
    found = media.html(note or file, words or alt or "") if media else None
    if found is not None:
        return found
    return escape_html(embed) if note else f'<img src="{file}" alt="{escape_html(alt)}" />'
