"""Notetypes from schema 15 on: tables of names, with the rest as Protocol Buffers (Anki's `notetypes.proto`)."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from ankisync.export.cells import Malformed, blob, integer, text
from ankisync.export.protobuf import Message, read_integer, read_message, read_text
from ankisync.notetypes import Field, Notetype, NotetypeId, Template

_CLOZE = 1

# The numbers of values in `Notetype.Config`, `Notetype.Field.Config` and `Notetype.Template.Config`.
_KIND, _CSS = 1, 3
_FIELD_ID = 9
_FRONT, _BACK, _TEMPLATE_ID = 1, 2, 8

Parts = defaultdict[int, list[tuple[str, Message]]]


def read_notetypes(connection: sqlite3.Connection) -> dict[NotetypeId, Notetype]:
    """All notetypes by id. Raises `ValueError` for what is none. Packages hold fields and templates of notetypes that
    were taken out of them; these are passed over.
    """
    fields = _parts(connection.execute("SELECT ntid, name, config FROM fields ORDER BY ntid, ord"))
    templates = _parts(connection.execute("SELECT ntid, name, config FROM templates ORDER BY ntid, ord"))
    found: dict[NotetypeId, Notetype] = {}
    for number, name, config in connection.execute("SELECT id, name, config FROM notetypes"):
        found[NotetypeId(number)] = _notetype(number, text(name), read_message(blob(config)), fields, templates)
    return found


def _notetype(number: int, name: str, config: Message, fields: Parts, templates: Parts) -> Notetype:
    if not fields[number] or not templates[number]:
        raise Malformed(f"the notetype {name!r} has no fields or no templates")
    return Notetype(
        key=name,
        name=name,
        id=NotetypeId(number),
        mod=0,
        fields=tuple(Field(each, read_integer(part, _FIELD_ID)) for each, part in fields[number]),
        templates=tuple(_template(each, part) for each, part in templates[number]),
        css=read_text(config, _CSS),
        cloze=read_integer(config, _KIND) == _CLOZE,
    )


def _template(name: str, part: Message) -> Template:
    return Template(name, read_integer(part, _TEMPLATE_ID), read_text(part, _FRONT), read_text(part, _BACK))


def _parts(rows: Iterable[tuple[object, ...]]) -> Parts:
    """Fields or templates by notetype, in the order in which they come."""
    parts: Parts = defaultdict(list)
    for notetype, name, config in rows:
        parts[integer(notetype)].append((text(name), read_message(blob(config))))
    return parts
