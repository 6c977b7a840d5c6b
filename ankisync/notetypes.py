"""Our notetypes: names, stable ids, fields and templates. HTML and CSS are package data beside this module.

The ids are for ever (Anki matches notetypes, fields and templates by them), and so are number and order of fields and
templates: Anki refuses updates to notes whose notetype changed shape. `mod` moves with each release of their look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Field:
    """A field; a `spare` one is for later use and starts out collapsed in Anki's editor."""

    name: str
    id: int
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A card template; `front` and `back` are file names in the package data."""

    name: str
    id: int
    front: str
    back: str


@dataclass(frozen=True, slots=True)
class Notetype:
    """A notetype. `key` is its stable name in the Markdown and in hashes; `name` is what Anki shows."""

    key: str
    name: str
    id: int
    mod: int
    fields: tuple[Field, ...]
    templates: tuple[Template, ...]
    css: str


BASIC = Notetype(
    key="Basic",
    name="ankisync Basic",
    id=1_763_900_000_001,
    mod=1_764_000_000,
    fields=(
        Field("Front", 1_763_900_000_101),
        Field("Back", 1_763_900_000_102),
        Field("Context", 1_763_900_000_103),
        Field("Source", 1_763_900_000_104),
        Field("Extra", 1_763_900_000_105),
        Field("Spare 1", 1_763_900_000_106, spare=True),
        Field("Spare 2", 1_763_900_000_107, spare=True),
    ),
    templates=(Template("Card 1", 1_763_900_000_201, "basic/front.html", "basic/back.html"),),
    css="style.css",
)

NOTETYPES: Mapping[str, Notetype] = {BASIC.key: BASIC}


def notetype_data(name: str) -> str:
    """The text of a template or style sheet."""
    return (files("ankisync") / "notetype_data" / name).read_text(encoding="utf-8")
