"""The author's own HTML: kept as it is, but for what would run something or swallow the rest of the card.

Anything that is no whole and harmless tag is shown as text, so nothing is lost and nothing is hidden: `<script>` and
its like, tags with event handlers, links that run code, tags and comments that are never closed.
"""

import html
import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ankisync.render.cloze import hide_signs
from ankisync.render.options import Media

_ATTRIBUTE = (
    r"[ \t\n]++(?P<name>[A-Za-z_:][A-Za-z0-9_.:-]*+)"
    r"(?>(?:[ \t\n]*+=[ \t\n]*+(?:\"(?P<double>[^\"<]*+)\"|'(?P<single>[^'<]*+)'|(?P<bare>[^\s\"'=<>`]++)))?)"
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_TAG = re.compile(
    r"</?(?P<tag>[A-Za-z][A-Za-z0-9-]*+)"
    rf"(?P<attributes>(?>(?:{re.sub('[?]P<[a-z]+>', '?:', _ATTRIBUTE)})*))[ \t\n]*+/?>"
)
_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
# What closes at once in browsers, or not where CommonMark thinks.
_COMMENT = re.compile(r"<!--(?!>|->)(?>(?:[^-]++|-(?!-!?>))*)-->", re.DOTALL)
_DECLARATION = re.compile(r"<[!?](?>(?:[^<>]++|<(?![A-Za-z/!?]))*)>")
# They run something, change the page around the card, or take all that follows as their text.
_RUN = frozenset(("script", "object", "embed", "applet", "set", "animate", "animatemotion", "animatetransform"))
_CHANGE = frozenset(("base", "meta", "link", "frame", "frameset", "template"))
_TAKE = frozenset(("noframes", "noscript", "noembed", "xmp", "plaintext", "listing", "title", "textarea"))
_REFUSED = _RUN | _CHANGE | _TAKE
_URLS = frozenset(("href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "cite", "ping"))
_RUNS = re.compile(r"(?:javascript|vbscript):|data:(?!image/|audio/|video/)", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20]+")
_HIDES = re.compile(r"<(/?)(style|iframe|video|audio|canvas|details|dialog|select)(?=[\s/>])", re.IGNORECASE)
_WITH_MEDIA = frozenset(("img", "audio", "video", "source"))
SOUND = re.compile(r"\[sound:(?P<name>[^\]\n]++)\]")


def add_raw(markdown: MarkdownIt, *, cloze: bool) -> None:
    """Render raw HTML, inline and as blocks, without what is not harmless; `env["media"]` is asked for sources. With
    `cloze`, a tag holds nothing that Anki would take for part of a cloze.
    """

    def render(
        _self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[index]
        if "ours" in token.meta:
            return token.content
        env["raw"] = True
        return harmless(token.content, env.get("media"), cloze=cloze)

    markdown.add_render_rule("html_inline", render)
    markdown.add_render_rule("html_block", render)


def harmless(text: str, media: Media | None = None, *, cloze: bool = False) -> str:
    """Raw HTML in which each tag is whole and harmless; the `<` of all others is an entity."""
    pieces = []
    at = 0
    while match := _OPENING.search(text, at):
        pieces.append(with_sounds(text[at : match.start()], media))
        length, kept = _kept(text, match.start(), media) or (1, "&lt;")
        at = match.start() + length
        pieces.append(hide_signs(kept) if cloze else kept)
    return "".join([*pieces, with_sounds(text[at:], media)])


def with_sounds(text: str, media: Media | None) -> str:
    """A text in which each `[sound:name]` has the stored name."""

    def stored(match: re.Match[str]) -> str:
        name = media.name(html.unescape(match["name"])) if media else None
        return match[0] if name is None else f"[sound:{name}]"

    return SOUND.sub(stored, text) if "[sound:" in text else text


def _kept(text: str, start: int, media: Media | None) -> tuple[int, str] | None:
    """How much of the text stays from `start` on, and as what; None for a sign that must be no tag."""
    if text.startswith("<!--", start):
        return (len("<!--"), "<!--") if _COMMENT.match(text, start) else None
    if text.startswith(("<!", "<?"), start):
        declaration = _DECLARATION.match(text, start)
        return (len(declaration[0]), declaration[0]) if declaration else None
    tag = _TAG.match(text, start)
    if tag is None:
        return None
    attributes = list(_ATTRIBUTES.finditer(tag["attributes"]))
    if tag["tag"].lower() in _REFUSED or any(_runs(attribute) for attribute in attributes):
        return len(tag[0]), escapeHtml(tag[0])
    return tag.end() - start, _with_media(tag, attributes, media) if media else tag[0]


def _runs(attribute: re.Match[str]) -> bool:
    name = attribute["name"].lower()
    value = _BLANKS.sub("", html.unescape(_value(attribute)))
    return name.startswith("on") or name == "srcdoc" or (name in _URLS and bool(_RUNS.match(value)))


def _value(attribute: re.Match[str]) -> str:
    return attribute["double"] or attribute["single"] or attribute["bare"] or ""


def _with_media(tag: re.Match[str], attributes: Sequence[re.Match[str]], media: Media) -> str:
    """The tag with its `src` exchanged for the stored name."""
    for attribute in attributes if tag["tag"].lower() in _WITH_MEDIA else ():
        name = media.name(html.unescape(_value(attribute))) if attribute["name"].lower() == "src" else None
        if name is not None:
            start = tag.start("attributes") - tag.start()
            before, behind = tag[0][: start + attribute.start()], tag[0][start + attribute.end() :]
            return f'{before} src="{escapeHtml(name)}"{behind}'
    return tag[0]


def close_hiding(field: str) -> str:
    """A field in which each element is closed that would hide what follows it on the card, such as a `<video>`."""
    waiting: list[str] = []
    for close, tag in _HIDES.findall(field):
        name = tag.lower()
        if not close:
            waiting.append(name)
        elif name in waiting:
            waiting.reverse()
            waiting.remove(name)
            waiting.reverse()
    return field + "".join(f"</{name}>" for name in reversed(waiting))
