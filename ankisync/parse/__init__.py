"""From a `Source` to a `Document`: the cards of one file and everything that is to be told about it.

Adding a syntax is adding a module with a recogniser, and naming that in `RECOGNISERS`.
"""

from collections.abc import Sequence

from ankisync.config import Settings
from ankisync.diagnostics import diagnose, whole
from ankisync.identity import DIGIT_RUN, note_hash
from ankisync.model import Block, DeckName, Diagnostic, Document, Fields, IdMark
from ankisync.parse.containers import Lists
from ankisync.parse.decks import read_decks
from ankisync.parse.found import Card, Found, Recogniser
from ankisync.parse.frontmatter import Frontmatter, find_frontmatter, read_frontmatter
from ankisync.parse.marks import Kind, Scan, scan_lines
from ankisync.parse.question import read_questions
from ankisync.parse.regions import Kind as RegionKind
from ankisync.parse.regions import find_regions
from ankisync.parse.tags import all_tags, file_tags, take_inline_tags
from ankisync.source import Source, Span

RECOGNISERS: tuple[Recogniser, ...] = (read_questions,)

_SIGNS = ("Q:", "A:", "ID", "START", "TARGET DECK", "FILE TAGS")


def parse(source: Source, settings: Settings) -> Document:
    """Read one file. Never raises for what a user wrote: what cannot be read is a diagnostic."""
    digits = frozenset(DIGIT_RUN.findall(source.text))
    if not any(sign in source.text for sign in _SIGNS):
        return Document(source, (), (), digits, (), 0)
    texts = [source.text[line.start : line.end] for line in source.lines]
    conflict = _conflict(texts)
    if conflict is not None:
        place = whole(source.path)._replace(line=conflict + 1)
        return Document(source, (), (diagnose("A109", place),), digits, (), 0)
    return _parse(source, texts, settings, digits)


def _parse(source: Source, texts: Sequence[str], settings: Settings, digits: frozenset[str]) -> Document:
    first, listed = find_frontmatter(source.path, texts)
    lists = Lists(texts)
    regions = find_regions(source, texts, lists, first, frozenset(settings.fences))
    scan = scan_lines(source, texts, lists, first, regions)
    frontmatter, told = read_frontmatter(source.path, texts, first, _unwanted(scan, settings))
    mode = frontmatter.answer or settings.answer
    found = tuple(recogniser(scan, mode) for recogniser in RECOGNISERS)
    blocks, more = _blocks(scan, frontmatter, settings, found)
    unclaimed, broken = _unclaimed(scan, found)
    if not any(part.cards for part in found):
        told = ()  # nothing in this file depends on its frontmatter
    diagnostics = (
        *listed,
        *told,
        *_swallowed(scan),
        *more,
        *(each for part in found for each in part.diagnostics),
        *broken,
    )
    return Document(source, blocks, diagnostics, digits, unclaimed, scan.unread)


def _unwanted(scan: Scan, settings: Settings) -> frozenset[str]:
    """Frontmatter keys that something else decides, so that no YAML has to be read for them."""
    keys = set() if settings.frontmatter_tags else {"tags"}
    if any(mark.kind is Kind.DECK for mark in scan.marks.values()):
        keys.add("deck")
    return frozenset(keys)


def _conflict(texts: Sequence[str]) -> int | None:
    """The line where an unresolved merge begins: git's three markers, in their order."""
    start: int | None = None
    middle = False
    for index, text in enumerate(texts):
        if text.startswith("<<<<<<< "):
            start, middle = index, False
        elif start is not None and text == "=======":
            middle = True
        elif middle and text.startswith(">>>>>>> "):
            return start
    return None


def _blocks(
    scan: Scan, frontmatter: Frontmatter, settings: Settings, found: Sequence[Found]
) -> tuple[tuple[Block, ...], tuple[Diagnostic, ...]]:
    """The cards with the file's decks and tags; those whose deck is in error are left out, never put elsewhere."""
    if frontmatter.broken:
        return (), ()
    decks, deck_problems = read_decks(scan, frontmatter, settings)
    tags, tag_problems = file_tags(scan, frontmatter, settings)
    blocks = []
    for card in sorted((card for part in found for card in part.cards), key=lambda card: card.first):
        deck = decks.at(card.first)
        if deck is not None:
            blocks.append(_block(scan.source, card, deck, tags, settings.inline_tags))
    return tuple(blocks), deck_problems + tag_problems


def _block(source: Source, card: Card, deck: DeckName, file_tags: tuple[str, ...], inline_tags: bool) -> Block:
    fields, inline = _inline_tags(card) if inline_tags else (card.fields, ())
    tags = all_tags(file_tags, card.tags, inline)
    end = source.lines[card.last].end
    return Block(
        kind=card.kind,
        notetype=card.notetype,
        fields=fields,
        tags=tags,
        ids=card.ids,
        deck=deck,
        insert_at=end,
        ending="" if card.ids else source.ending(card.last),
        prefix=card.prefix,
        span=Span(source.lines[card.first].start, end),
        location=card.location,
        hash=note_hash(card.notetype, fields, tags),
    )


def _inline_tags(card: Card) -> tuple[Fields, tuple[str, ...]]:
    """The fields without their tag words. A side that is nothing else keeps them: a card has two sides."""
    taken = [(name, text, *take_inline_tags(text)) for name, text in card.fields]
    fields = tuple((name, rest.strip() or text) for name, text, rest, _ in taken)
    return fields, tuple(tag for _, _, rest, tags in taken if rest.strip() for tag in tags)


def _swallowed(scan: Scan) -> tuple[Diagnostic, ...]:
    """A fence that is never closed and a stray `$$`, where cards stand below them."""
    told = []
    for region in scan.swallowing:
        column = region.start - scan.source.lines[region.first].start
        if region.kind is RegionKind.FENCE:
            told.append(diagnose("A205", scan.place(region.first, column), fence=region.fence))
        else:
            told.append(diagnose("A211", scan.place(region.first, column - 2)))
    return tuple(told)


def _unclaimed(scan: Scan, found: Sequence[Found]) -> tuple[tuple[IdMark, ...], tuple[Diagnostic, ...]]:
    """IDs that no card claims (a bare `ID: n` is then just text), and comments that mean to be IDs but are none."""
    claimed = frozenset(line for part in found for line in part.claimed)
    marks = [scan.marks[line] for line in sorted(scan.marks) if line not in claimed]
    left = [mark for mark in marks if mark.id is not None and not mark.id.bare]
    ids = tuple(IdMark(mark.id.id, scan.place(mark.line, mark.at)) for mark in left if mark.id and mark.id.id)
    broken = tuple(
        diagnose("A401", scan.place(mark.line, mark.at), text=mark.id.text)
        for mark in left
        if mark.id and mark.id.id is None
    )
    return ids, broken
