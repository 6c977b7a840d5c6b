"""Notetypes as values: ours, those of a user's `[fields]`, and those adopted from a collection.

The ids are for ever (Anki matches notetypes, fields and templates by them), and so are number and order of fields and
templates: Anki refuses updates to notes whose notetype changed shape. `mod` moves with each release of their look.
HTML and CSS are package data beside this module.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import NewType

from ankisync.values import dataclass

NotetypeId = NewType("NotetypeId", int)

LOOK_MOD = 1_764_000_000

_BASE = 1_763_900_000_000
_OWN_BASE = 1_000_000_000_000


class Role(StrEnum):
    """Who fills a field: a card's text by place or label (`MAIN`), by label only (`EXTRA`), ankisync itself (`OURS`),
    nobody yet (`SPARE`, collapsed in Anki's editor).
    """

    MAIN = "main"
    EXTRA = "extra"
    OURS = "ours"
    SPARE = "spare"


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `id` is None for one of a collection older than field ids."""

    name: str
    id: int | None
    role: Role = Role.MAIN


@dataclass(frozen=True, slots=True)
class Template:
    """A card template; `front` and `back` are HTML with Anki's replacements."""

    name: str
    id: int | None
    front: str
    back: str


@dataclass(frozen=True)
class Notetype:
    """A notetype. `key` is its stable name in the Markdown and in hashes; `name` is what Anki shows; `mod` is in
    seconds, 0 for one that must restyle nothing in a collection that has it; `sort` the place of its sort field.
    """

    key: str
    name: str
    id: NotetypeId
    mod: int
    fields: tuple[Field, ...]
    templates: tuple[Template, ...]
    css: str
    cloze: bool = False
    sort: int = 0

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All its fields, in their order."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def places(self) -> tuple[str, ...]:
        """The fields that a card fills by place, in their order."""
        return tuple(field.name for field in self.fields if field.role is Role.MAIN)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The fields that a card may name."""
        return tuple(field.name for field in self.fields if field.role in (Role.MAIN, Role.EXTRA))


BASIC, REVERSED, OPTIONAL, TYPED, CLOZE = (
    "Basic",
    "Basic (and reversed card)",
    "Basic (optional reversed card)",
    "Basic (type in the answer)",
    "Cloze",
)
BASIC_ID = NotetypeId(_BASE + 1)
"""That of our Basic."""


@cache
def stock() -> Mapping[str, Notetype]:
    """Our own notetypes by key: those that every collection starts with, with our look and fields for later use."""
    front, back = _data("basic/front.html"), _data("basic/back.html")
    forward = ("Card 1", front, back)
    backward = ("Card 2", _data("reversed/front.html"), _data("reversed/back.html"))
    gated = ("Card 2", _data("optional/front.html"), backward[2])
    typed = ("Card 1", _data("typed/front.html"), _data("typed/back.html"))
    cloze = ("Cloze", _data("cloze/front.html"), _data("cloze/back.html"))
    return {
        made.key: made
        for made in (
            _stock(BASIC_ID - _BASE, BASIC, ("Front", "Back"), (forward,)),
            _stock(2, REVERSED, ("Front", "Back"), (forward, backward)),
            _stock(3, OPTIONAL, ("Front", "Back", "Add Reverse"), (forward, gated)),
            _stock(4, TYPED, ("Front", "Back"), (typed,)),
            _stock(5, CLOZE, ("Text", "Back Extra"), (cloze,)),
        )
    }


def _stock(number: int, key: str, main: Sequence[str], templates: Sequence[tuple[str, str, str]]) -> Notetype:
    """A notetype of ours: its ids follow from its number."""
    first = _BASE + (number - 1) * 1000
    named = [*((name, Role.MAIN) for name in main), *_TAIL]
    return Notetype(
        key=key,
        name=f"ankisync {key}",
        id=NotetypeId(_BASE + number),
        mod=LOOK_MOD,
        fields=tuple(Field(name, first + 101 + place, role) for place, (name, role) in enumerate(named)),
        templates=tuple(
            Template(name, first + 201 + ord_, front, f"{back}\n{_data('below.html')}")
            for ord_, (name, front, back) in enumerate(templates)
        ),
        css=_data("style.css"),
        cloze=key == CLOZE,
    )


_TAIL = (
    ("Context", Role.OURS),
    ("Source", Role.OURS),
    ("Extra", Role.EXTRA),
    ("Spare 1", Role.SPARE),
    ("Spare 2", Role.SPARE),
)


def own_notetype(key: str, fields: Sequence[str], *, cloze: bool) -> Notetype:
    """A notetype for a name of the user's and its fields: the first one is asked, the others are the answer.

    Its ids follow from its name and its fields, so that another shape is another notetype.
    """
    name = f"ankisync {key}" if key not in stock() else f"ankisync {key} ({', '.join(fields)})"
    base = _OWN_BASE + _digest(key, *fields, str(cloze)) % _OWN_BASE
    front = f"{{{{cloze:{fields[0]}}}}}" if cloze else f"{{{{{fields[0]}}}}}"
    below = "".join(f"\n{{{{#{each}}}}}<div>{{{{{each}}}}}</div>{{{{/{each}}}}}" for each in fields[1:])
    back = f'{front if cloze else "{{FrontSide}}"}\n\n<hr id="answer">\n{below}'
    return Notetype(
        key=key,
        name=name,
        id=NotetypeId(base),
        mod=LOOK_MOD,
        fields=tuple(Field(each, base + 101 + place) for place, each in enumerate(fields)),
        templates=(Template("Cloze" if cloze else "Card 1", base + 51, front, back),),
        css=_data("style.css"),
        cloze=cloze,
    )


def folder_id(name: str, *part: str) -> NotetypeId:
    """The id of a notetype of a user's folder, or of one of its fields or templates: it follows from the names."""
    return NotetypeId(_OWN_BASE + _digest("folder", name, *part) % _OWN_BASE)


def _digest(*parts: str) -> int:
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8, person=b"ankisync type").digest())


@cache
def _data(name: str) -> str:
    text = (Path(__file__).parent / "notetype_data" / name).read_bytes().decode().replace("\r\n", "\n")
    return text if name.endswith(".css") else text.rstrip("\n")
