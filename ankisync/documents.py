"""Files as they were read, in the form in which the cache keeps them."""

import marshal
import sys
from collections.abc import Sequence

from ankisync.model import Block, DeckName, Document, IdMark, Insertion, Location, NoteHash, NoteId
from ankisync.plain import plain_place, plain_told, read_told
from ankisync.source import Source, Span

FORM = 3

_Row = tuple[
    str,
    str,
    tuple[tuple[str, str], ...],
    tuple[str, ...],
    Sequence[tuple[int, int, int]],
    str,
    tuple[int, str, str] | None,
    tuple[int, int],
    tuple[int, int],
    str,
    tuple[str, ...],
]


def write_document(document: Document) -> bytes:
    """A plain file whose cards have nothing attached yet; without its text."""
    value = (
        sys.version_info[:2],
        [_row(block) for block in document.blocks],
        [plain_told(each) for each in document.diagnostics],
        document.digits,
        [(mark.id, *plain_place(mark.location)) for mark in document.unclaimed],
    )
    return marshal.dumps(value)


def read_document(data: bytes, source: Source) -> Document | None:
    """The file with these cards. None where another Python wrote the data."""
    version, rows, told, digits, unclaimed = marshal.loads(data)  # noqa: S302 - whoever kept it has checked it
    if version != sys.version_info[:2]:
        return None
    return Document(
        source=source,
        blocks=tuple([_block(source.path, *row) for row in rows]),
        diagnostics=tuple([read_told(*each) for each in told]),
        digits=digits,
        unclaimed=tuple([IdMark(NoteId(number), Location(*place)) for number, *place in unclaimed]),
    )


def _row(block: Block) -> _Row:
    kind, notetype, fields, tags, ids, deck, place, (start, end), (_, line, column), hash_, context, _, _ = block
    return (
        str(kind),  # a style's name may be of an enumeration
        notetype,
        fields,
        tags,
        [(number, at.line, at.column) for number, at in ids],
        deck,
        place and (place.at, place.before, place.after),
        (start, end),
        (line, column),
        hash_,
        context,
    )


def _block(
    path: str,
    kind: str,
    notetype: str,
    fields: tuple[tuple[str, str], ...],
    tags: tuple[str, ...],
    ids: Sequence[tuple[int, int, int]],
    deck: str,
    insertion: tuple[int, str, str] | None,
    span: tuple[int, int],
    place: tuple[int, int],
    hash_: str,
    context: tuple[str, ...],
) -> Block:
    return Block(
        kind,
        notetype,
        fields,
        tags,
        tuple([IdMark(NoteId(number), Location(path, line, column)) for number, line, column in ids]),
        DeckName(deck),
        insertion and Insertion(*insertion),
        Span(*span),
        Location(path, *place),
        NoteHash(hash_),
        context,
    )
