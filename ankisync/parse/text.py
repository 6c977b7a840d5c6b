"""The text of a card as rows of a file: without the containers around it, its IDs, and blank lines at its end."""

from collections.abc import Sequence
from typing import NamedTuple

from ankisync.diagnostics import diagnose
from ankisync.model import IdMark
from ankisync.parse.answer import FoundId, ids_below, ids_in_fences, in_fence, inline_id
from ankisync.parse.containers import Containers, strip
from ankisync.parse.found import Findings
from ankisync.parse.ids import find_inline_id
from ankisync.parse.marks import Scan
from ankisync.parse.scan import inline_notes
from ankisync.parse.tags import TAGS_LABEL, take_tags


class Rows(NamedTuple):
    """Lines of text, and their numbers in the file."""

    lines: Sequence[int]
    texts: Sequence[str]


def card_ids(scan: Scan, first: int, last_begins: int, end: int, containers: Containers = ()) -> tuple[FoundId, ...]:
    """The IDs of a card on lines `first` to `end`, the one that counts first: at its last line's end (behind column
    `last_begins`), below it, else in a fence within it.
    """
    inline = inline_id(scan, end - 1, last_begins)
    found = (FoundId(inline, end - 1),) if inline else ()
    return found + ids_below(scan, end, containers) or ids_in_fences(scan, first, end)


def rows(scan: Scan, first: int, at: int, end: int, ids: Sequence[FoundId] = (), containers: Containers = ()) -> Rows:
    """The rows from column `at` of line `first` up to line `end`: at least one, without `ids` and trailing blanks."""
    texts = [scan.texts[first][at:], *scan.texts[first + 1 : end]]
    if containers:
        texts[1:] = [text if (rest := strip(text, containers)) is None else rest for text in texts[1:]]
    if scan.inline_ends:
        texts = [shown(scan, line, text) for line, text in enumerate(texts, first)]
    lines: Sequence[int] = range(first, first + len(texts))
    if taken := [each.line for each in ids if first <= each.line < end]:
        lines, texts = _without_ids(scan, lines, texts, taken)
    while len(texts) > 1 and not texts[-1].strip(" \t"):
        texts.pop()
        lines = lines[:-1]
    return Rows(lines, texts)


def _without_ids(
    scan: Scan, lines: Sequence[int], texts: Sequence[str], taken: Sequence[int]
) -> tuple[list[int], list[str]]:
    """The rows without the IDs on the lines `taken`; a line inside a region that holds one is nothing else."""
    regions = scan.regions
    within = {line for line in taken if regions.inside[line] and line not in regions.behind}
    kept = [(line, text) for line, text in zip(lines, texts, strict=True) if line not in within]
    bare = [without_id(text) if line in taken else text for line, text in kept]
    return [line for line, _ in kept], bare


def has_misplaced_id(scan: Scan, asked: Rows, findings: Findings) -> bool:
    """Whether an ID comment stands in a question, where none is read. It is told: the card would be given another."""
    for line, text in zip(asked.lines, asked.texts, strict=False):
        if "ID:" not in text and not scan.regions.inside[line]:
            continue
        found = inline_id(scan, line) if scan.regions.inside[line] else find_inline_id(text)
        if found is not None and not found.bare:
            findings.told.append(diagnose("A215", scan.place(line), text=found.text))
            findings.claimed.add(line)
            return True
    return False


def without_id(text: str) -> str:
    """A line without the ID at its end."""
    found = find_inline_id(text)
    return text[: found.start].rstrip(" \t") if found else text


def shown(scan: Scan, line: int, text: str) -> str:
    """The text of a line, or a part of it, without the IDs of the inline notes in it: these are no text of the card
    around them.
    """
    return without_inline_ids(scan, text) if line in scan.inline_ends else text


def without_inline_ids(scan: Scan, text: str) -> str:
    """A text without the IDs of its inline notes, and without the blank that is written behind each."""
    kept, done = [], 0
    for note in inline_notes(text, scan.syntax.patterns.inline):
        found = find_inline_id(note["text"])
        if found:
            start = note.start("text") + found.start
            end = start + len(found.text)
            kept.append(text[done:start])
            done = end + text.startswith(" ", end)
    return "".join([*kept, text[done:]])


def without_inline_notes(scan: Scan, text: str) -> str:
    """A text without its inline notes."""
    kept, done = [], 0
    for note in inline_notes(text, scan.syntax.patterns.inline):
        kept.append(text[done : note.start()])
        done = note.end()
    return "".join([*kept, text[done:]])


def tagged(scan: Scan, found: Rows) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts of a card's last rows without their `Tags:`, and the tags."""
    if TAGS_LABEL not in found.texts[-1] or in_fence(scan, found.lines[-1]):
        return tuple(found.texts), ()
    return take_tags(found.texts)


def id_marks(scan: Scan, ids: Sequence[FoundId]) -> tuple[IdMark, ...]:
    """The sound ones among a card's IDs. A broken ID below a sound one is left where it is; the sound one counts."""
    return tuple([IdMark(each.id.id, scan.place(each.line)) for each in ids if each.id.id is not None])
