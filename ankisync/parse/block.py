"""`START … END` blocks."""

from collections.abc import Iterator, Sequence

from ankisync.diagnostics import diagnose
from ankisync.model import IdMark, Location
from ankisync.parse.answer import FoundId, ids_below, in_fence
from ankisync.parse.blank import shows_nothing
from ankisync.parse.containers import strip
from ankisync.parse.found import Card, Findings, Found
from ankisync.parse.ids import IdText, find_inline_id, read_id_line
from ankisync.parse.labels import Text, read_labelled
from ankisync.parse.marks import BlockLines, Scan
from ankisync.parse.tags import take_tags
from ankisync.shapes import Shape

KIND = "start-end"


def read_blocks(scan: Scan, _taken: bytes) -> Found:
    """All blocks of a file. One that is not closed is told at its START."""
    findings = Findings()
    for lines in scan.blocks:
        if lines.end is None:
            findings.told.append(diagnose("A217", scan.place(lines.start), end=scan.syntax.settings.keywords.end))
        else:
            _read(scan, lines, lines.end, findings)
    return findings.found()


def _read(scan: Scan, lines: BlockLines, end: int, findings: Findings) -> None:
    rows, within = _without_ids(list(_rows(scan, lines, end)))
    ids = within or ids_below(scan, end + 1, lines.containers)
    findings.claimed.update(each.line for each in ids)
    findings.covered.append((lines.start, end + 1))
    place = scan.place(lines.start, _indent(scan.texts[lines.start]))
    shape = find_shape(scan, rows[0].text.strip() if rows else "", place, findings)
    if shape is None:
        return
    texts, tags = _take_tags(rows[1:])
    fields, slips = read_labelled(texts, shape)
    for slip in slips:
        findings.told.append(diagnose("A219", scan.place(slip.line), written=slip.written, meant=slip.meant))
    for each in within:
        if any(row.line > each.line for row in rows):
            findings.told.append(diagnose("A220", scan.place(each.line), text=each.id.text))
    if not sound_ids(scan, ids, findings):
        return
    if shows_nothing([fields[0][1]]):
        findings.told.append(diagnose("A221", place, field=shape.places[0]))
        return
    marks = tuple(IdMark(each.id.id, scan.place(each.line)) for each in ids if each.id.id)
    prefix = scan.texts[end][: _indent(scan.texts[end])]
    findings.cards.append(Card(KIND, shape, fields, tags, marks, place, lines.start, end - 1, prefix))


def find_shape(scan: Scan, name: str, place: Location, findings: Findings) -> Shape | None:
    """The notetype that a block names, or None, and that is told."""
    shape = scan.syntax.notetypes.find(name)
    if shape is None:
        near = scan.syntax.notetypes.nearest(name)
        hint = f"did you mean `{near}`?" if near else "the first line of a block names its notetype"
        findings.told.append(diagnose("A218", place, name=name, near=hint))
    return shape


def sound_ids(scan: Scan, ids: Sequence[FoundId], findings: Findings) -> bool:
    """Whether the first ID of a card, if it has one, can be read. Those that cannot are told."""
    broken = [each for each in ids if each.id.id is None]
    findings.told += [diagnose("A401", scan.place(each.line), text=each.id.text) for each in broken]
    return not ids or ids[0].id.id is not None


def _rows(scan: Scan, lines: BlockLines, end: int) -> Iterator[Text]:
    """The lines between START and END, without the quotes around them."""
    for index in range(lines.start + 1, end):
        text = strip(scan.texts[index], lines.containers)
        hidden = bool(scan.regions.inside[index]) or in_fence(scan, index)
        yield Text(index, scan.texts[index] if text is None else text, hidden)


def _without_ids(rows: list[Text]) -> tuple[list[Text], tuple[FoundId, ...]]:
    """The lines without IDs and blank lines around them; the IDs, that on the last line first: it is the one that
    counts.
    """
    kept: list[Text] = []
    ids: list[FoundId] = []
    last = max((row.line for row in rows if row.text.strip()), default=0)
    for row in rows:
        found = _id_of(row, last)
        before = row.text[: found.start].rstrip(" \t") if found else row.text
        if found:
            ids.append(FoundId(found, row.line))
        if not found or before.strip(" \t"):
            kept.append(row._replace(text=before))
    while kept and not kept[-1].text.strip(" \t"):
        kept.pop()
    while kept and not kept[0].text.strip(" \t"):
        kept.pop(0)
    return kept, tuple(sorted(ids, key=lambda each: (each.line != last, each.line)))


def _id_of(row: Text, last: int) -> IdText | None:
    """The ID on a line: a comment anywhere (in code on a line of its own), the bare form on the last line only."""
    at = _indent(row.text)
    found = read_id_line(row.text, at) or (None if row.hidden else find_inline_id(row.text))
    return None if found is None or (found.bare and row.line != last) else found


def _take_tags(rows: list[Text]) -> tuple[list[Text], tuple[str, ...]]:
    if not rows or rows[-1].hidden:
        return rows, ()
    kept, tags = take_tags([row.text for row in rows])
    return [row._replace(text=text) for row, text in zip(rows, kept, strict=False)], tags


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t>"))
