"""`DELETE` above an ID: the note is to go, and so are the marker and the ID line."""

from collections.abc import Sequence

from ankisync.config import StyleName
from ankisync.diagnostics import diagnose
from ankisync.model import Deletion, Diagnostic
from ankisync.parse.found import Card
from ankisync.parse.ids import IdText, find_inline_id, read_id_line
from ankisync.parse.marks import Kind, Mark, Scan
from ankisync.source import Edit, Span
from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Deletions:
    """The notes to delete; the cards that are left; the lines of IDs that a DELETE names; what is told."""

    found: tuple[Deletion, ...]
    cards: tuple[Card, ...]
    claimed: frozenset[int]
    diagnostics: tuple[Diagnostic, ...]


def no_deletions(cards: tuple[Card, ...]) -> Deletions:
    """None, so that all cards are left."""
    return Deletions((), cards, frozenset(), ())


def read_deletions(scan: Scan, cards: Sequence[Card]) -> Deletions:
    """All DELETE of a file. Cards that stand right above one without an ID of their own, or end in one, are told, and
    neither built nor deleted.
    """
    if scan.syntax.settings.keywords.delete not in scan.source.text:
        return no_deletions(tuple(cards))
    lasts = {block.end - 1: block.end for block in scan.blocks if block.end is not None}
    lacking = [card for card in cards if not card.ids and card.inside is None]
    above = {_next_text(scan, lasts.get(card.last, card.last)): card for card in lacking}
    deletions, told = [], []
    claimed = set()
    left_out = [card for card in cards if _ends_in_delete(scan, card)]
    told += [diagnose("A214", card.location) for card in left_out]
    for mark in scan.marks.values():
        if mark.kind is not Kind.DELETE:
            continue
        card = above.get(mark.line)
        found, line = _id(scan, mark)
        claimed.add(line)
        if card is not None:
            left_out.append(card)
            told.append(diagnose("A214", card.location))
        elif found is None or found.id is None:
            told.append(diagnose("A401", scan.place(mark.line), text=found.text if found else scan.texts[line].strip()))
        elif scan.texts[line][found.start + len(found.text) :].strip(" \t"):
            told.append(diagnose("A233", scan.place(line)))
        else:
            deletions.append(Deletion(found.id, scan.place(mark.line), _removal(scan, mark, line)))
    kept = tuple(card for card in cards if card not in left_out)
    return Deletions(tuple(deletions), kept, frozenset(claimed), tuple(told))


def _ends_in_delete(scan: Scan, card: Card) -> bool:
    """Whether the last line of a card is a DELETE: an ID below it would be taken for one to delete. In a block that
    also is the line above its ID, where the plugin reads it.
    """
    if card.inside is not None or (card.ids and card.kind != StyleName.START_END):
        return False
    ids = {mark.line for mark in scan.marks.values() if mark.kind is Kind.ID}
    texts = (scan.texts[line].strip(" \t>") for line in range(card.last, card.first, -1) if line not in ids)
    return next(filter(None, texts), scan.texts[card.last].strip(" \t>")) == scan.syntax.settings.keywords.delete


def _next_text(scan: Scan, last: int) -> int:
    return next((at for at in range(last + 1, len(scan.texts)) if scan.texts[at].strip(" \t>")), len(scan.texts))


def _id(scan: Scan, mark: Mark) -> tuple[IdText | None, int]:
    """The ID of a DELETE, on its own line or the next one, and that line."""
    text = scan.texts[mark.line]
    at = mark.at + len(scan.syntax.settings.keywords.delete)
    rest = text[at:]
    if rest.strip():
        start = at + len(rest) - len(rest.lstrip(" \t"))
        return read_id_line(text, start) or find_inline_id(text, at), mark.line
    following = scan.marks.get(mark.line + 1)
    return (following.id if following else None), mark.line + 1


def _removal(scan: Scan, mark: Mark, last: int) -> Edit:
    """Takes the lines out, or leaves an empty one where text above and below would meet."""
    lines = scan.source.lines
    before = scan.texts[mark.line - 1].strip(" \t>") if mark.line else ""
    after = scan.texts[last + 1].strip(" \t>") if last + 1 < len(lines) else ""
    if before and after:
        return Edit(Span(lines[mark.line].start + mark.at, lines[last].end), "")
    return Edit(Span(lines[mark.line].start, lines[last].next), "")
