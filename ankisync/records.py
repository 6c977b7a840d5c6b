"""Adopted notetypes as JSON rows, for the lock's header and the ledger of packages."""

from collections.abc import Iterable, Mapping

from ankisync.notetypes import Field, Notetype, NotetypeId, Template


def notetype_row(notetype: Notetype) -> dict[str, object]:
    """An adopted notetype as a row."""
    return {
        "id": notetype.id,
        "name": notetype.name,
        "cloze": notetype.cloze,
        "fields": [[field.name, field.id] for field in notetype.fields],
        "templates": [[each.name, each.id, each.front, each.back] for each in notetype.templates],
        "css": notetype.css,
    }


def read_notetype_rows(value: object) -> dict[NotetypeId, Notetype]:
    """The notetypes of rows by id; what is no such row is passed over."""
    rows = value if isinstance(value, list) else []
    return {made.id: made for row in rows if isinstance(row, dict) and (made := _read(row))}


def unread_rows(value: object) -> list[object]:
    """What stands there and is no row that this version reads: to be kept as it is."""
    rows = value if isinstance(value, list) else [value] if value is not None else []
    return [row for row in rows if not (isinstance(row, dict) and _read(row))]


def _read(row: Mapping[str, object]) -> Notetype | None:
    number, name, css = row.get("id"), row.get("name"), row.get("css")
    fields = _named(row.get("fields"), 0)
    templates = _named(row.get("templates"), 2)
    if type(number) is not int or not isinstance(name, str) or not isinstance(css, str) or not fields or not templates:
        return None
    return Notetype(
        key=name,
        name=name,
        id=NotetypeId(number),
        mod=0,
        fields=tuple(Field(name, id_) for name, id_, _ in fields),
        templates=tuple(Template(name, id_, *texts) for name, id_, texts in templates),
        css=css,
        cloze=row.get("cloze") is True,
    )


def _named(value: object, texts: int) -> list[tuple[str, int | None, list[str]]]:
    """Rows of a name, an id or null, and so many texts; nothing at all where one of them is none."""
    found = []
    for row in value if isinstance(value, list) else []:
        if not isinstance(row, list) or len(row) != 2 + texts or not (row[1] is None or type(row[1]) is int):
            return []
        if not all(isinstance(each, str) for each in (row[0], *row[2:])):
            return []
        found.append((row[0], row[1], row[2:]))
    return found


def cards_row(cards: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Card ids by ord as a row."""
    return [[ord_, card] for ord_, card in cards]


def read_cards_row(value: object) -> tuple[tuple[int, int], ...]:
    """Card ids by ord; none where the value is no such row."""
    rows = value if isinstance(value, list) else []
    if not all(isinstance(row, list) and len(row) == 2 and all(type(each) is int for each in row) for row in rows):
        return ()
    return tuple((row[0], row[1]) for row in rows)
