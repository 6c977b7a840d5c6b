"""Which notetype a name in the Markdown means, and which of its fields a label."""

import unicodedata
from collections.abc import Iterable, Mapping

from ankisync.config import ConfigProblem, Settings
from ankisync.notetypes import Notetype, own_notetype, stock
from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """What a card may fill. `labels` are pairs (label in the notes, field); `places` the fields in the order in which
    a card without labels fills them. `key` names the notetype in hashes.
    """

    key: str
    labels: tuple[tuple[str, str], ...]
    places: tuple[str, ...]
    cloze: bool


@dataclass(frozen=True, slots=True)
class Notetypes:
    """All notetypes that a card can name: `shapes` by folded name, `by_key` the notetypes that they are built as, where
    no adopted one takes their place.
    """

    shapes: Mapping[str, Shape]
    by_key: Mapping[str, Notetype]
    names: tuple[str, ...]

    def find(self, name: str) -> Shape | None:
        """The notetype of a name; case and Unicode composition do not count."""
        return self.shapes.get(_fold(name))

    def nearest(self, name: str) -> str | None:
        """The known name that is most like one that is not known."""
        import difflib

        near = difflib.get_close_matches(_fold(name), list(self.shapes), 1, 0.6)
        return next((each for each in self.names if near and _fold(each) == near[0]), None)


def read_notetypes(
    settings: Settings, adopted: Iterable[Notetype], styled: Mapping[str, Notetype]
) -> Notetypes | ConfigProblem:
    """The stock notetypes, those of `[fields]`, those that the user styled, the aliases, and adopted ones whose name is
    not taken.

    An alias that has `[fields]` of its own maps these to the fields of what it stands for, by place: names of fields
    are localized too.
    """
    fields = {_fold(name): names for name, names in settings.fields}
    aliases = {_fold(name): target for name, target in settings.notetype_aliases}
    known = dict(stock())
    for name, names in settings.fields:
        if _fold(name) not in aliases:
            key = next((key for key in stock() if _fold(key) == _fold(name)), name)
            if names != stock()[key].places if key in stock() else True:
                known[key] = own_notetype(key, names, cloze="cloze" in key.casefold())
    for name in styled:
        if _fold(name) in fields:
            return ConfigProblem(f"`{name}` is in `[fields]` and in the folder notetypes: keep one of them")
    known |= styled
    taken = {_fold(key) for key in known} | set(aliases)
    known |= {each.key: each for each in adopted if _fold(each.key) not in taken}
    shapes = {_fold(key): _shape(notetype) for key, notetype in known.items()}
    for name, target in settings.notetype_aliases:
        shape = shapes.get(_fold(target))
        if shape is None:
            return ConfigProblem(f"`notetype_aliases`: there is no notetype `{target}`")
        shapes[_fold(name)] = _alias(shape, fields.get(_fold(name), ()))
    names = (*known, *(name for name, _ in settings.notetype_aliases))
    found = Notetypes(shapes, known, tuple(names))
    return _unknown(settings, found) or found


def _unknown(settings: Settings, notetypes: Notetypes) -> ConfigProblem | None:
    """A notetype that a style or a pattern names and that is none."""
    named = [(f"style.{style.name}", style.notetype) for style in settings.styles]
    named += [("custom", custom.notetype) for custom in settings.custom]
    for where, name in named:
        if notetypes.find(name) is None:
            near = notetypes.nearest(name)
            hint = f"did you mean `{near}`?" if near else "name its fields in `[fields]`, or adopt an export with it"
            return ConfigProblem(f"`{where}`: there is no notetype `{name}`", hint)
    return None


def _shape(notetype: Notetype) -> Shape:
    labels = tuple((unicodedata.normalize("NFC", name), name) for name in notetype.labels)
    return Shape(notetype.key, labels, notetype.places, notetype.cloze)


def _alias(shape: Shape, names: tuple[str, ...]) -> Shape:
    own = tuple(zip(names, shape.places, strict=False))
    rest = tuple(each for each in shape.labels if each[0] not in names)
    return Shape(shape.key, (*own, *rest), shape.places, shape.cloze)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()
