"""Notetypes up to schema 14: all of them as JSON in one cell.

What is let through is what Anki's own reader lets through (26.09, by experiment): an `id` may be digits in a text, the
id of a field or template may be missing or odd, and the order is that of the lists (Anki does not look at `ord`).
"""

import json
import re
import sqlite3
from collections.abc import Mapping

from ankisync.export.cells import Malformed, integer, text
from ankisync.notetypes import Field, Notetype, NotetypeId, Template

_CLOZE = 1
_KINDS = (0, _CLOZE)
_INTEGER = re.compile(r"-?[0-9]{1,19}")

Row = Mapping[str, object]


def read_notetypes(connection: sqlite3.Connection) -> dict[NotetypeId, Notetype]:
    """All notetypes by id. Raises `ValueError` for what is none, `RecursionError` for JSON nested too deeply."""
    cells = connection.execute("SELECT models FROM col").fetchall()
    models = _row(json.loads(text(cells[0][0] if cells else None)))
    found = [_notetype(_row(value)) for value in models.values()]
    return {notetype.id: notetype for notetype in found}


def _notetype(row: Row) -> Notetype:
    name = text(row.get("name"))
    kind = integer(row.get("type"))
    if kind not in _KINDS:
        raise Malformed(f"the notetype {name!r} is of an unknown kind")
    css = row.get("css")
    return Notetype(
        key=name,
        name=name,
        id=_id(row.get("id")),
        mod=0,
        fields=tuple(Field(text(each.get("name")), _part_id(each)) for each in _rows(row.get("flds"))),
        templates=tuple(_template(each) for each in _rows(row.get("tmpls"))),
        css=text(css) if isinstance(css, str) else "",
        cloze=kind == _CLOZE,
    )


def _template(row: Row) -> Template:
    return Template(text(row.get("name")), _part_id(row), text(row.get("qfmt")), text(row.get("afmt", "")))


def _id(value: object) -> NotetypeId:
    number = int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else value
    return NotetypeId(integer(number))


def _part_id(row: Row) -> int | None:
    """The id of a field or template; anything but a number is none to Anki."""
    value = row.get("id")
    return integer(value) if type(value) is int else None


def _rows(value: object) -> list[Row]:
    """The fields or templates of a notetype: at least one."""
    if not isinstance(value, list) or not value:
        raise Malformed("a notetype has no fields or no templates")
    return [_row(each) for each in value]


def _row(value: object) -> Row:
    if not isinstance(value, dict):
        raise Malformed("something in the notetypes is no JSON object")
    return value
