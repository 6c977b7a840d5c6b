"""The deck of each card of a file, and what is wrong with deck names."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache

from ankisync.config import Settings
from ankisync.diagnostics import diagnose
from ankisync.model import DeckName, Diagnostic
from ankisync.names import read_deck_name
from ankisync.parse.frontmatter import Frontmatter
from ankisync.parse.marks import Kind, Scan
from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Decks:
    """The decks of a file: `lines[i]` is a line from which on `names[i]` holds; None is a deck that is in error."""

    lines: tuple[int, ...]
    names: tuple[DeckName | None, ...]
    otherwise: DeckName | None

    @property
    def only(self) -> DeckName | None:
        """The deck of all cards, where they have one and the same."""
        if not self.lines:
            return self.otherwise
        return self.names[0] if len(self.lines) == 1 else None

    def at(self, line: int) -> DeckName | None:
        """The deck of a card that starts on a line. Cards above the first deck line use the first."""
        if not self.lines:
            return self.otherwise
        return self.names[max(bisect_right(self.lines, line) - 1, 0)]


def read_decks(scan: Scan, frontmatter: Frontmatter, settings: Settings) -> tuple[Decks, tuple[Diagnostic, ...]]:
    """Deck line, then frontmatter `deck`, then the innermost folder with a deck, then the default deck."""
    marks = [mark for mark in scan.marks.values() if mark.kind is Kind.DECK]
    marks.sort(key=lambda mark: mark.line)
    found = [_name(scan, mark.value, mark.line) for mark in marks]
    names = tuple(name for name, _ in found)
    told = [problem for _, problem in found if problem]
    otherwise: DeckName | None = settings.deck_for(scan.source.path)
    if frontmatter.deck is not None and not marks:
        otherwise, problem = _frontmatter_deck(scan, frontmatter.deck, frontmatter.line_of("deck"))
        told += [problem] if problem else []
    return Decks(tuple(mark.line for mark in marks), names, otherwise), (*told, *_slips(scan))


def _slips(scan: Scan) -> list[Diagnostic]:
    """Lines that are probably meant to name a deck: the keyword in other letters, or without its colon."""
    word = scan.syntax.settings.keywords.target_deck
    seen = (line for line in _lines_like(scan, word) if line not in scan.marks and not scan.regions.inside[line])
    folded = word.casefold()
    return [diagnose("A306", scan.place(line), word=word) for line in seen if _is_slip(scan.texts[line], word, folded)]


def _lines_like(scan: Scan, word: str) -> Sequence[int]:
    """The lines that may begin with a word in whatever case, by number. Only of ASCII every spelling is as long as the
    word.
    """
    every, text = range(scan.first, len(scan.texts)), scan.source.text
    if not every or "\r" in text or not word.isascii():
        return every
    starts = scan.source.lines.starts
    found = _next_line_like(word).finditer(text, starts[scan.first])
    return [scan.first, *(bisect_right(starts, match.end()) - 1 for match in found)]


@cache
def _next_line_like(word: str) -> re.Pattern[str]:
    return re.compile(rf"\n(?=(?i:{re.escape(word)}))")


def _is_slip(text: str, word: str, folded: str) -> bool:
    written, rest = text[: len(word)], text[len(word) :].strip()
    if written == word:
        return "::" in rest and not rest.startswith(":")
    return written.casefold() == folded and rest.startswith(":")


def _frontmatter_deck(scan: Scan, value: object, line: int) -> tuple[DeckName | None, Diagnostic | None]:
    if not isinstance(value, str):
        return None, diagnose("A304", scan.place(line))
    return _name(scan, "" if value.casefold() in ("null", "~") else value, line)


def _name(scan: Scan, value: str, line: int) -> tuple[DeckName | None, Diagnostic | None]:
    if not value.strip():
        return None, diagnose("A301", scan.place(line))
    name = _deck_of(value)
    return name, None if name else diagnose("A302", scan.place(line), name=value.strip())


@lru_cache(maxsize=1000)
def _deck_of(value: str) -> DeckName | None:
    """As `read_deck_name`: many files name the same deck."""
    return read_deck_name(value)
