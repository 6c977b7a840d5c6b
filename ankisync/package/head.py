"""What genanki gives: the schema of a collection, and notetypes and decks as its `col` row holds them."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property, lru_cache
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING

from ankisync.identity import DEFAULT_DECK_ID, deck_id, fold_deck
from ankisync.model import DeckName
from ankisync.names import ancestors
from ankisync.notetypes import Notetype, Role
from ankisync.package.ledger import adopted_line
from ankisync.values import dataclass

if TYPE_CHECKING:
    from genanki.deck import Deck
    from genanki.model import Model

_INDEX = "CREATE INDEX "


@dataclass(frozen=True, slots=True)
class Head:
    """What a package says once for all its notes: `models` and `decks` are the JSON texts of the `col` row, `adopted`
    is the ledger's line of adopted notetypes, empty where there are none.
    """

    models: str
    decks: str
    adopted: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """An empty collection: the SQL of its tables, and its `col` row by the names of its columns."""

    tables: str
    row: Mapping[str, object]

    def col(self, head: Head) -> tuple[object, ...]:
        """The `col` row of a package."""
        return tuple({**self.row, "models": head.models, "decks": head.decks}.values())


def head_of(notetypes: Iterable[Notetype], decks: Iterable[DeckName]) -> Head:
    """The head of a package with notes of these notetypes in these decks, given in the order of the notes: of names
    that Anki takes for one, the first counts.
    """
    known = sorted({each.id: each for each in notetypes}.values(), key=lambda each: each.id)
    return Head(_models(tuple(known)), json.dumps(_decks(decks), sort_keys=True), adopted_line(known))


@cache
def read_schema() -> Schema:
    """Genanki's schema, of which each statement stands on lines of its own, without its indexes."""
    import sqlite3

    with _bare_genanki():
        from genanki.apkg_col import APKG_COL
        from genanki.apkg_schema import APKG_SCHEMA
    tables = "\n".join(line for line in APKG_SCHEMA.split("\n") if not line.startswith(_INDEX))
    database = sqlite3.connect(":memory:")
    database.executescript(f"{tables} {APKG_COL}")
    database.row_factory = sqlite3.Row
    row = dict(database.execute("SELECT * FROM col").fetchone())
    database.close()
    return Schema(tables, row)


@contextmanager
def _bare_genanki() -> Iterator[None]:
    """In here, genanki's modules can be imported one by one, without its `__init__`, which loads all of them.

    Nine tenths of the 70 ms of `import genanki` are asyncio, which `cached_property` imports for a decorator that is
    not used here, and PyYAML, for models as YAML: the standard library's decorator and an empty module take their
    places. All of it is gone from `sys.modules` afterwards, so that anyone else gets the real ones.
    """
    before = dict(sys.modules)
    spec = find_spec("genanki")
    if "genanki" not in before and spec is not None:
        sys.modules["genanki"] = module_from_spec(spec)
        stand_in = ModuleType("cached_property")
        stand_in.__dict__["cached_property"] = cached_property
        sys.modules.setdefault("cached_property", stand_in)
        sys.modules.setdefault("yaml", ModuleType("yaml"))
    try:
        yield
    finally:
        for name in ("genanki", "cached_property", "yaml"):
            _put_back(name, before)


def _put_back(library: str, before: dict[str, ModuleType]) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == library and name not in before]:
        del sys.modules[name]


@cache
def _genanki() -> tuple[type["Model"], type["Deck"]]:
    """The classes that make JSON of notetypes and of decks."""
    with _bare_genanki():
        from genanki.deck import Deck
        from genanki.model import Model
    return Model, Deck


@lru_cache(maxsize=100)
def _models(notetypes: tuple[Notetype, ...]) -> str:
    return json.dumps({str(each.id): _model(each) for each in notetypes}, sort_keys=True)


def _model(notetype: Notetype) -> object:
    maker, _ = _genanki()
    fields = [
        {"name": each.name, "collapsed": each.role is Role.SPARE} | ({} if each.id is None else {"id": each.id})
        for each in notetype.fields
    ]
    templates = [
        {"name": each.name, "qfmt": each.front, "afmt": each.back} | ({} if each.id is None else {"id": each.id})
        for each in notetype.templates
    ]
    kind = maker.CLOZE if notetype.cloze else maker.FRONT_BACK
    model = maker(notetype.id, notetype.name, fields, templates, notetype.css, kind, sort_field_index=notetype.sort)
    return model.to_json(notetype.mod, DEFAULT_DECK_ID)


def _decks(names: Iterable[DeckName]) -> dict[str, object]:
    """All decks and the decks above them by id; names that Anki takes for one are one, in their first spelling."""
    _, maker = _genanki()
    spelling: dict[str, DeckName] = {"default": DeckName("Default")}
    for name in dict.fromkeys(names):
        for each in ancestors(name):
            spelling.setdefault(fold_deck(each), each)
    return {str(deck_id(name)): maker(deck_id(name), name).to_json() for name in spelling.values()}
