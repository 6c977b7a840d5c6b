"""From a `Source` to a `Document`: the cards of one file and everything that is to be told about it.

Adding a syntax is adding a module with a recogniser, and naming that in `RECOGNISERS`.
"""

from collections.abc import Sequence
from operator import attrgetter

from ankisync.config import StyleName
from ankisync.diagnostics import diagnose, whole
from ankisync.model import Deletion, Diagnostic, Document, IdMark, NoteId
from ankisync.parse.answer import inline_id
from ankisync.parse.block import read_blocks
from ankisync.parse.blocks import blocks_of
from ankisync.parse.containers import Lists
from ankisync.parse.deletions import no_deletions, read_deletions
from ankisync.parse.found import Card, Found, Recogniser, take
from ankisync.parse.frontmatter import find_frontmatter, read_frontmatter
from ankisync.parse.frozen import read_frozen
from ankisync.parse.inline_note import read_inline
from ankisync.parse.lines import read_callouts, read_double_colons, read_headings, read_tables
from ankisync.parse.marks import KEYWORDS, Kind, Scan
from ankisync.parse.paragraphs import read_cloze_paragraphs, read_highlights, read_ruled, read_tagged
from ankisync.parse.question import read_questions
from ankisync.parse.quick import quick_cards
from ankisync.parse.regions import Kind as RegionKind
from ankisync.parse.regions import find_regions
from ankisync.parse.scan import scan_lines
from ankisync.parse.syntax import Syntax
from ankisync.source import Source, apply_edits, edited
from ankisync.values import replace

# In this order: what is marked most plainly comes first, and what has been read is not read again.
RECOGNISERS: tuple[tuple[StyleName, Recogniser], ...] = (
    (StyleName.START_END, read_blocks),
    (StyleName.START_END, read_inline),
    (StyleName.QUESTION_ANSWER, read_questions),
    (StyleName.CALLOUT, read_callouts),
    (StyleName.FLASHCARD_TAG, read_tagged),
    (StyleName.TABLE, read_tables),
    (StyleName.RULED, read_ruled),
    (StyleName.HEADING, read_headings),
    (StyleName.DOUBLE_COLON, read_double_colons),
    (StyleName.CLOZE_PARAGRAPH, read_cloze_paragraphs),
    (StyleName.HIGHLIGHT_CLOZE, read_highlights),
)

_ANY_ID = 1_000_000_000_000


def parse(source: Source, syntax: Syntax) -> Document:
    """Read one file. Never raises for what a user wrote: what cannot be read is a diagnostic."""
    if not any(sign in source.text for sign in syntax.signs):
        return Document(source, (), (), source.digits)
    texts = source.texts()
    # Looking for one character is many times faster than looking for several, and most files have no `=`.
    conflict = _conflict(texts) if "=" in source.text and "=======" in source.text else None
    if conflict is not None:
        place = whole(source.path)._replace(line=conflict + 1)
        return Document(source, (), (diagnose("A109", place),), source.digits)
    return _with_sound_deletions(_parse(source, texts, syntax), syntax)


def _with_sound_deletions(document: Document, syntax: Syntax) -> Document:
    """The document with those deletions only that leave its cards as they are: where text above a DELETE would become
    a card with text below it, or another card would read differently, that is told instead.
    """
    found = document.deletions
    if not found or _leave_cards(document, found, syntax):
        return document
    kept: list[Deletion] = []
    for deletion in found:
        kept += [deletion] if _leave_cards(document, (*kept, deletion), syntax) else []
    refused = tuple(diagnose("A232", each.location) for each in found if each not in kept)
    return replace(document, deletions=tuple(kept), diagnostics=(*document.diagnostics, *refused))


def _leave_cards(document: Document, deletions: Sequence[Deletion], syntax: Syntax) -> bool:
    """Whether the file reads as the same cards without these deletions, once those that lack an ID have one."""
    own = [block.ids or (IdMark(NoteId(_ANY_ID + at), block.location),) for at, block in enumerate(document.blocks)]
    new = [each.insertion.edit(ids[0].id) for each, ids in zip(document.blocks, own, strict=True) if each.insertion]
    try:
        text = apply_edits(document.source.text, (*new, *(each.edit for each in deletions)))
    except ValueError:  # a new ID would go into what is to be taken out
        return False
    source = edited(document.source, text)
    after = _parse(source, source.texts(), syntax)
    wanted = [
        (block.hash, block.deck, [mark.id for mark in ids]) for block, ids in zip(document.blocks, own, strict=True)
    ]
    read = [(block.hash, block.deck, [mark.id for mark in block.ids]) for block in after.blocks]
    told = {each.code for each in after.diagnostics} <= {each.code for each in document.diagnostics}
    return told and read == wanted and len(after.unclaimed) == len(document.unclaimed)


def _parse(source: Source, texts: Sequence[str], syntax: Syntax, answer: str | None = None) -> Document:
    """Read the lines of a file. `answer` is what its frontmatter says of that, where it is known."""
    assumed = answer or syntax.settings.answer
    first, listed = find_frontmatter(source.path, texts)
    lists = Lists(texts, syntax.patterns.passing)
    regions = find_regions(source, texts, lists, first, syntax)
    quick = quick_cards(source, first, regions, syntax, section=assumed == "section")
    scan = scan_lines(source, texts, lists, first, regions, syntax, quick)
    frontmatter, told = read_frontmatter(source.path, texts, first, _unwanted(scan))
    answer = frontmatter.answer or syntax.settings.answer
    if answer != assumed:
        return _parse(source, texts, syntax, answer)
    frozen = read_frozen(scan)
    keywords = [mark for mark in scan.marks.values() if mark.kind in KEYWORDS]
    named = tuple((mark.line, (mark.value_line or mark.line) + 1) for mark in keywords)
    found: list[Found] = []
    if not quick.cards or len(scan.marks) > len(keywords):
        plain = tuple((card.first, card.last + 1) for card in quick.cards)
        found = _recognise(scan, take(bytes(len(texts)), Found(covered=(*frozen.covered, *named, *plain))))
    every = [*quick.cards, *(card for part in found for card in part.cards)]
    # A file with a DELETE has no quick cards.
    deletions = no_deletions(tuple(every)) if quick.cards else read_deletions(scan, every)
    cards = sorted(deletions.cards, key=attrgetter("location", "first")) if found else deletions.cards
    blocks, more = blocks_of(scan, frontmatter, frozen, cards, verbatim=not found)
    claimed = deletions.claimed.union(*(part.claimed for part in found))
    unclaimed, broken = _unclaimed(scan, claimed)
    inline = _inline_unclaimed(scan, quick.free, every, unclaimed)
    unclaimed += tuple(mark for mark in inline if mark.location.line - 1 not in claimed)
    diagnostics = (
        *listed,
        *(told if every else ()),  # without cards nothing in this file depends on its frontmatter
        *_swallowed(scan),
        *(frozen.diagnostics if every else ()),
        *more,
        *(each for part in found for each in part.diagnostics),
        *deletions.diagnostics,
        *broken,
    )
    return Document(source, blocks, diagnostics, source.digits, unclaimed, deletions.found)


def _recognise(scan: Scan, taken: bytes) -> list[Found]:
    """What each syntax that is on, and has a sign in the file, finds in the lines that those before it left."""
    signs = scan.syntax.style_signs
    recognisers = [
        read for style, read in RECOGNISERS if any(sign in scan.source.text for sign in signs.get(style, ()))
    ]
    recognisers += _custom(scan) if scan.syntax.custom else ()
    found = []
    for recogniser in recognisers:
        found.append(recogniser(scan, taken))
        taken = take(taken, found[-1])
    return found


def _custom(scan: Scan) -> list[Recogniser]:
    """The recognisers of the user's own patterns, for which the syntax of JavaScript is loaded."""
    from ankisync.parse.custom import custom_recogniser

    return [custom_recogniser(custom, forms) for custom, forms in scan.syntax.custom]


def _unwanted(scan: Scan) -> frozenset[str]:
    """Frontmatter keys that something else decides, so that no YAML has to be read for them."""
    keys = set() if scan.syntax.settings.frontmatter_tags else {"tags"}
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


def _inline_unclaimed(
    scan: Scan, lines: Sequence[int], cards: Sequence[Card], left: Sequence[IdMark]
) -> tuple[IdMark, ...]:
    """ID comments within `lines` of text that are no card's ID."""
    found = []
    for line in lines if "<!--" in scan.source.text else ():
        if "<!--" in scan.texts[line] and line >= scan.first and not (line in scan.marks or scan.regions.inside[line]):
            inline = inline_id(scan, line)
            if inline is not None and not inline.bare and inline.id is not None:
                found.append(IdMark(inline.id, scan.place(line, inline.start)))
    if not found:
        return ()
    known = {mark.id for card in cards for mark in card.ids} | {mark.id for mark in left}
    return tuple(mark for mark in found if mark.id not in known)


def _unclaimed(scan: Scan, claimed: frozenset[int]) -> tuple[tuple[IdMark, ...], tuple[Diagnostic, ...]]:
    """IDs that no card claims (a bare `ID: n` is then just text), and comments that mean to be IDs but are none."""
    marks = [scan.marks[line] for line in sorted(scan.marks) if line not in claimed]
    left = [mark for mark in marks if mark.id is not None and not mark.id.bare]
    ids = tuple(IdMark(mark.id.id, scan.place(mark.line, mark.at)) for mark in left if mark.id and mark.id.id)
    broken = tuple(
        diagnose("A401", scan.place(mark.line, mark.at), text=mark.id.text)
        for mark in left
        if mark.id and mark.id.id is None
    )
    return ids, broken
