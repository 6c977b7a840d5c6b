"""A note's fields as Anki gets them: HTML in the order of its notetype, with those that ankisync fills itself."""

import unicodedata
from dataclasses import dataclass

from ankisync.binding import in_place
from ankisync.cloze import Forms, native
from ankisync.config import Settings
from ankisync.model import Note
from ankisync.notetypes import Field, Role
from ankisync.render import DEFAULT, Media, Options, render_field

_BETWEEN = " \u203a "
_NATIVE_ONLY = Forms()
_SEARCH = "obsidian://search?vault={vault}&query={id}"


@dataclass(frozen=True, slots=True)
class Rendering:
    """How the fields of a vault are rendered. `source` is the URL of a card's place with `{id}`, `{path}`, `{line}`,
    empty where there is none; `context` whether the headings above a card go into it.
    """

    options: Options = DEFAULT
    forms: Forms = _NATIVE_ONLY
    context: bool = True
    source: str = ""


def rendering(settings: Settings) -> Rendering:
    """The rendering that the settings ask for."""
    options = Options(settings.line_breaks, settings.highlight, settings.wikilinks, settings.vault)
    from urllib.parse import quote

    search = _SEARCH.replace("{vault}", quote(settings.vault, safe="")) if settings.vault else ""
    source = settings.source_url or search
    return Rendering(options, settings.cloze_forms, settings.context, source if settings.source else "")


def render_fields(note: Note, how: Rendering) -> tuple[str, ...]:
    """The HTML of a note's fields, in the order of its notetype's."""
    notetype = note.notetype
    texts = in_place(notetype, note.fields)
    texts = native(texts, how.forms) if notetype.cloze else texts
    media = _shown(note, how) if note.media or note.embeds else None
    rendered = []
    for field, text in zip(notetype.fields, texts, strict=True):
        html = _ours(field, note, how) if field.role is Role.OURS else ""
        if text and not html:
            html = render_field(text, how.options, cloze=notetype.cloze, media=media)
        rendered.append(html if html.isascii() else unicodedata.normalize("NFC", html))
    return tuple(rendered)


def _shown(note: Note, how: Rendering) -> Media:
    from ankisync.media import Shown

    return Shown(note.media, note.embeds, how.options)


def _ours(field: Field, note: Note, how: Rendering) -> str:
    """What ankisync puts into a field itself. No brace of it may look like a cloze."""
    text = _context(note, how) if field.name == "Context" else _source(note, how) if field.name == "Source" else ""
    return text.replace("{", "&#123;").replace("}", "&#125;")


def _context(note: Note, how: Rendering) -> str:
    return render_field(_BETWEEN.join(note.context), how.options) if how.context and note.context else ""


def _source(note: Note, how: Rendering) -> str:
    """A link that finds the card: by its ID in Obsidian, whatever its file is called by then, or by path and line."""
    if not how.source:
        return ""
    import html
    from urllib.parse import quote

    place = note.location
    values = {"{id}": str(note.id), "{path}": quote(place.path), "{line}": str(note.line)}
    url = how.source
    for name, value in values.items():
        url = url.replace(name, value)
    name = place.path.rpartition("/")[2].rpartition(".")[0]
    return f'<a href="{html.escape(url)}">{html.escape(name, quote=False)}</a>'
