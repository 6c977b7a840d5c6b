"""Which notetype a note is delivered under, and which of its fields takes which text.

Anki refuses an update that comes under another notetype than the note has, so a note stays under the one it was first
delivered or adopted under, as long as its text fits.
"""

from collections.abc import Mapping
from functools import lru_cache

from ankisync.lock import Entry, Lock
from ankisync.model import Fields
from ankisync.notetypes import BASIC_ID, Notetype, NotetypeId
from ankisync.shapes import Notetypes


def notetype_for(key: str, entry: Entry | None, lock: Lock, notetypes: Notetypes) -> Notetype:
    """The notetype for a note whose card names `key`: an adopted one that the lock has for the note (for new notes: for
    the key), where it is of the same kind; else ours. A card that names another type than it did is as a new one.
    """
    ours = notetypes.by_key[key]
    if not lock.adopted:
        return ours
    renamed = entry is not None and entry.type not in (None, key)
    bound = lock.types.get(key) if entry is None or renamed else entry.notetype
    adopted = lock.adopted.get(bound) if bound is not None else None
    return adopted if adopted is not None and adopted.cloze == ours.cloze else ours


def delivered_under(entry: Entry) -> NotetypeId:
    """The notetype under which the lock has a note."""
    return entry.notetype or BASIC_ID


@lru_cache(maxsize=1000)
def places_in(fields: tuple[str, ...], by_place: tuple[str, ...], names: tuple[str, ...]) -> Mapping[str, str]:
    """Which of the `fields` of a notetype takes each of a card's (`names`): the one of its name, else the one in its
    place (`by_place` are those that are filled so), unless that is named by another (an adopted notetype may have
    localized fields, all of them or one beside `Text`). Fields that have no place are not in it.
    """
    named = set(fields) & set(names)
    placed = {name: place for name, place in zip(names, by_place, strict=False) if place not in named}
    return placed | {name: name for name in names if name in named}


def homeless(notetype: Notetype, fields: Fields) -> str | None:
    """A field with text that the notetype has no place for."""
    own = notetype.names
    for name, _ in fields:
        if name not in own:
            break
    else:
        return None
    places = places_in(own, notetype.places, tuple([name for name, _ in fields]))
    return next((name for name, text in fields if text and name not in places), None)
