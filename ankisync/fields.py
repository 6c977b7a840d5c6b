"""A note's fields as Anki gets them: HTML in the order of its notetype, with those that ankisync fills itself."""

import unicodedata
from typing import NamedTuple

from ankisync.binding import places_in
from ankisync.cloze import Forms, native
from ankisync.config import Settings
from ankisync.model import Note
from ankisync.notetypes import Notetype, Role
from ankisync.render import DEFAULT, Media, Memo, Options, render_field
from ankisync.values import dataclass, field

_BETWEEN = " \u203a "
_NATIVE_ONLY = Forms()
_SEARCH = "obsidian://search?vault={vault}&query={id}"


@dataclass(frozen=True, slots=True)
class Rendering:
    """How the fields of a vault are rendered. `source` is the URL of a card's place with `{id}`, `{path}`, `{line}`,
    empty where there is none; `context` whether the headings above a card go into it.

    What notes have in common is found out once; `memo` keeps what takes long.
    """

    options: Options = DEFAULT
    forms: Forms = _NATIVE_ONLY
    context: bool = True
    source: str = ""
    memo: Memo | None = field(default=None, compare=False, repr=False)
    _shapes: dict[tuple[int, tuple[str, ...]], "_Shape"] = field(default_factory=dict, compare=False, repr=False)
    _contexts: dict[tuple[str, ...], str] = field(default_factory=dict, compare=False, repr=False)

    def shape(self, notetype: Notetype, names: tuple[str, ...]) -> "_Shape":
        """Where a card's fields of these names stand in a notetype."""
        key = (id(notetype), names)
        found = self._shapes.get(key)
        if found is None:
            found = self._shapes[key] = _shape(notetype, names)
        return found

    def shown(self, context: tuple[str, ...]) -> str:
        """The HTML of the headings above a card."""
        found = self._contexts.get(context)
        if found is None:
            found = self._contexts[context] = _ours(render_field(_BETWEEN.join(context), self.options))
        return found


class _Shape(NamedTuple):
    """A notetype, which is kept so that no other one gets its address, as it takes a card's fields: `indexes` are
    those of the card's that have a place in it, None where these are all in their order, `places` where they go;
    `context` and `source` are the places that ankisync fills itself; `empty` are fields without a text.
    """

    notetype: Notetype
    empty: tuple[str, ...]
    indexes: tuple[int, ...] | None
    places: tuple[int, ...]
    context: tuple[int, ...]
    source: tuple[int, ...]


def _shape(notetype: Notetype, names: tuple[str, ...]) -> _Shape:
    found = places_in(notetype.names, notetype.places, names)
    by_place = {found[name]: index for index, name in enumerate(names) if name in found}
    taken = [(by_place[name], place) for place, name in enumerate(notetype.names) if name in by_place]
    ours = [(each.name, place) for place, each in enumerate(notetype.fields) if each.role is Role.OURS]
    context, source = (tuple(place for name, place in ours if name == wanted) for wanted in ("Context", "Source"))
    indexes, places = (tuple(pair[side] for pair in taken) for side in (0, 1))
    all_ = indexes == tuple(range(len(names)))
    return _Shape(notetype, ("",) * len(notetype.names), None if all_ else indexes, places, context, source)


def rendering(settings: Settings) -> Rendering:
    """The rendering that the settings ask for."""
    options = Options(settings.line_breaks, settings.highlight, settings.wikilinks, settings.vault)
    source = settings.source_url or (_search(settings.vault) if settings.source and settings.vault else "")
    return Rendering(options, settings.cloze_forms, settings.context, source if settings.source else "")


def _search(vault: str) -> str:
    """The URL by which Obsidian finds a card in a vault."""
    from urllib.parse import quote

    return _SEARCH.replace("{vault}", quote(vault, safe=""))


def render_fields(note: Note, how: Rendering) -> tuple[str, ...]:
    """The HTML of a note's fields, in the order of its notetype's."""
    notetype, given = note.notetype, note.fields
    names, texts = zip(*given, strict=True) if given else ((), ())
    cloze, options, memo = notetype.cloze, how.options, how.memo
    _, empty, indexes, places, context, source = how.shape(notetype, names)
    if indexes is not None:
        texts = tuple([texts[index] for index in indexes])
    media = _shown(note, how) if note.media or note.embeds else None
    fields = list(empty)
    for place, text in zip(places, native(texts, how.forms) if cloze else texts, strict=True):
        if text:
            html = render_field(text, options, cloze=cloze, media=media, memo=memo)
            fields[place] = html if html.isascii() else _composed(html)
    if note.context and how.context:
        for place in context:
            fields[place] = how.shown(note.context) or fields[place]
    for place in source if how.source else ():
        fields[place] = _ours(_source(note, how))
    return tuple(fields)


def _shown(note: Note, how: Rendering) -> Media:
    from ankisync.media import Shown

    return Shown(note.media, note.embeds, how.options)


def _ours(html: str) -> str:
    """What ankisync puts into a field itself, in which no brace may look like a cloze."""
    return _composed(html.replace("{", "&#123;").replace("}", "&#125;"))


def _composed(html: str) -> str:
    """As Anki stores it: in NFC."""
    return html if html.isascii() else unicodedata.normalize("NFC", html)


def _source(note: Note, how: Rendering) -> str:
    """A link that finds the card: by its ID in Obsidian, whatever its file is called by then, or by path and line."""
    import html
    from urllib.parse import quote

    place = note.location
    values = {"{id}": str(note.id), "{path}": quote(place.path), "{line}": str(note.line)}
    url = how.source
    for name, value in values.items():
        url = url.replace(name, value)
    name = place.path.rpartition("/")[2].rpartition(".")[0]
    return f'<a href="{html.escape(url)}">{html.escape(name, quote=False)}</a>'
