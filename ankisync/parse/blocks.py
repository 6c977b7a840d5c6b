"""From the cards of a file to its blocks: with the deck, tags and headings that they have of the file, their hash, and
the place of an ID for those without one.
"""

from bisect import bisect_left
from collections.abc import Sequence

from ankisync.diagnostics import diagnose
from ankisync.identity import id_parts, note_hash
from ankisync.model import Block, Diagnostic, Fields, Insertion
from ankisync.parse.altering import altering, offsets_altered
from ankisync.parse.decks import read_decks
from ankisync.parse.found import Card
from ankisync.parse.frontmatter import Frontmatter
from ankisync.parse.frozen import Frozen
from ankisync.parse.marks import Scan
from ankisync.parse.outline import Outline, read_outline
from ankisync.parse.paragraphs import makes_cloze
from ankisync.parse.tags import all_tags, file_tags, take_inline_tags
from ankisync.source import Span


def blocks_of(
    scan: Scan, frontmatter: Frontmatter, frozen: Frozen, cards: Sequence[Card], *, verbatim: bool
) -> tuple[tuple[Block, ...], tuple[Diagnostic, ...]]:
    """The cards of a file, in its order, with its decks and tags (merged); those whose deck is in error are left out.
    `verbatim`: each field is a piece of the file's text, to the letter.
    """
    if frontmatter.broken:
        return (), ()
    settings = scan.syntax.settings
    decks, deck_problems = read_decks(scan, frontmatter, settings)
    shared, tag_problems = file_tags(scan, frontmatter, settings)
    shared = all_tags(shared)
    outline = read_outline(scan) if cards else Outline((), ())
    starts, ends = scan.source.lines.starts, scan.source.lines.ends
    verbatim = verbatim and not settings.inline_tags
    plain = verbatim and scan.source.plain
    altered_at = offsets_altered(settings, scan.source.text) if verbatim else ()
    # Most files have one deck, and no heading but at their top: for their cards nothing is looked up.
    only, lowest, below = decks.only, outline.lowest, outline.whole
    new = tuple.__new__  # of the kinds of tuples that there is one of for each card: half the cost of calling them
    blocks: list[Block] = []
    told = [*deck_problems, *tag_problems]
    for card in cards:
        kind, shape, fields, tags, ids, place, first, last, _, _ = card
        key, cloze = shape.key, shape.cloze
        inline: tuple[str, ...] = ()
        fields = frozen.put(key, fields) if frozen.fields else fields
        if cloze and not makes_cloze(scan, [text for _, text in fields]):
            told.append(diagnose("A229", place))
            continue
        deck = only or decks.at(first)
        if deck is None:
            continue
        if settings.inline_tags:
            fields, inline = _inline_tags(fields)
        tags = all_tags(shared, tags, inline) if tags or inline else shared
        span = new(Span, (starts[first], ends[last]))
        usual = verbatim and not cloze and not (altered_at and _any_within(altered_at, span))
        altered = () if usual else altering(settings, fields, cloze=cloze)
        hash_ = note_hash(key, fields, tags, (), altered, plain=plain)
        insertion = None if ids else _insertion(scan, card)
        context = below if first > lowest else outline.above(first)
        blocks.append(new(Block, (kind, key, fields, tags, ids, deck, insertion, span, place, hash_, context, (), ())))
    return tuple(blocks), tuple(told)


def _any_within(offsets: Sequence[int], span: Span) -> bool:
    """Whether one of the offsets, which are sorted, is in a range."""
    at = bisect_left(offsets, span[0])
    return at < len(offsets) and offsets[at] < span[1]


def _insertion(scan: Scan, card: Card) -> Insertion:
    """Below the card's last line, with the ending of that line; inside a line the ID is followed by a blank."""
    before, after = id_parts(comment=scan.syntax.settings.id_comments or _in_open_fence(scan, card.last))
    lines = scan.source.lines
    if card.inside is not None:
        return Insertion(lines.starts[card.last] + card.inside, before, f"{after} ")
    return Insertion(lines.ends[card.last], f"{scan.source.ending(card.last)}{card.prefix}{before}", after)


def _in_open_fence(scan: Scan, last: int) -> bool:
    """Whether a line is in a fence that is not closed: what is written below it is in the fence, where only a comment
    is an ID.
    """
    return any(region.first <= last <= region.last and not region.closed for region in scan.regions.regions)


def _inline_tags(fields: Fields) -> tuple[Fields, tuple[str, ...]]:
    """The fields without their tag words. A side that is nothing else keeps them: a card has two sides."""
    taken = [(name, text, *take_inline_tags(text)) for name, text in fields]
    left = tuple((name, rest.strip() or text) for name, text, rest, _ in taken)
    return left, tuple(tag for _, _, rest, tags in taken if rest.strip() for tag in tags)
