"""What Anki calls its own notetypes and their fields in other languages.

A new profile gets them in the language of its user, and they keep these names. `notetype_data/localized.json` holds,
for each language of Anki, the five names and the five fields, as Anki's own translations have them; languages in which
no notetype is translated are left out.
"""

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ankisync.notetypes import BASIC, CLOZE, OPTIONAL, REVERSED, TYPED
from ankisync.values import dataclass

Languages = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]

# The places of a notetype's fields among the five: front, back, add reverse, text, back extra.
_TYPES: tuple[tuple[str, tuple[int, ...]], ...] = (
    (BASIC, (0, 1)),
    (REVERSED, (0, 1)),
    (OPTIONAL, (0, 1, 2)),
    (TYPED, (0, 1)),
    (CLOZE, (3, 4)),
)


@dataclass(frozen=True, slots=True)
class Localized:
    """Which of Anki's notetypes a name means, and what its fields are called in the languages that use the name."""

    stock: str
    fields: tuple[tuple[str, ...], ...]


def fold(name: str) -> str:
    """A notetype's name as it is looked up: case, blanks and Unicode composition do not count (Anki's own Spanish names
    are not composed).
    """
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


@cache
def localized() -> Mapping[str, Localized]:
    """What each name in another language than English means, by the folded name."""
    return meanings(languages())


def meanings(words: Languages) -> Mapping[str, Localized]:
    """The meanings of all names by the folded name, English ones left aside, and those too that mean different
    notetypes in two languages.
    """
    found: dict[str, Localized | None] = {}
    for types, fields in words.values():
        for name, (stock, places) in zip(types, _TYPES, strict=True):
            known = found.get(fold(name), Localized(stock, ()))
            names = tuple(fields[place] for place in places)
            found[fold(name)] = _merge(known, stock, names)
    english = {fold(name) for name, _ in _TYPES}
    return {name: each for name, each in found.items() if each is not None and name not in english}


def languages() -> Languages:
    """The names as the file holds them: for each language five notetypes and five fields."""
    text = (files("ankisync") / "notetype_data" / "localized.json").read_text(encoding="utf-8")
    return {code: (tuple(types), tuple(fields)) for code, (types, fields) in json.loads(text).items()}


def _merge(known: Localized | None, stock: str, fields: tuple[str, ...]) -> Localized | None:
    if known is None or known.stock != stock:
        return None
    return known if fields in known.fields else Localized(stock, (*known.fields, fields))
