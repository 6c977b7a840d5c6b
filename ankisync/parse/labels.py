"""Fields by label, as in `START … END`, inline notes and FROZEN: `Back: text` switches to the field Back."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ankisync.expression import expression
from ankisync.model import Fields
from ankisync.shapes import Shape

_LABEL = expression(r"(?P<label>[^\s:][^:]{0,60}):(?!:)")


class Text(NamedTuple):
    """A line of text: its number in the file, and whether it lies in code or math, where no label is read."""

    line: int
    text: str
    hidden: bool


class Slip(NamedTuple):
    """A line that begins with what is nearly a label."""

    line: int
    written: str
    meant: str


def read_labelled(texts: Sequence[Text], shape: Shape) -> tuple[Fields, tuple[Slip, ...]]:
    """The fields of some lines. Text before the first label is the first field's, a label that comes again appends, a
    field that is not named is empty. Labels stand at the margin and are case-sensitive (Obsidian_to_Anki's rule).
    """
    labels = sorted(shape.labels, key=lambda pair: len(pair[0]), reverse=True)
    found: dict[str, list[str]] = {place: [] for place in shape.places}
    current = shape.places[0]
    slips = []
    for each in texts:
        field, rest = (None, each.text) if each.hidden else _label(each.text, labels)
        current = field or current
        found.setdefault(current, []).append(rest)
        meant = None if field or each.hidden else _nearly(each.text, shape)
        slips += [Slip(each.line, *meant)] if meant else []
    return tuple((name, stripped(rows)) for name, rows in found.items()), tuple(slips)


def read_words(text: str, shape: Shape) -> Fields:
    """The fields of an inline note: a label is a word of its own, `Back: 4`."""
    names = "|".join(re.escape(label) for label, _ in sorted(shape.labels, key=lambda pair: len(pair[0]), reverse=True))
    text = unicodedata.normalize("NFC", text)
    parts = re.split(rf"(?:^|(?<=[ \t]))({names}):(?=[ \t]|$)", text)
    fields = dict(shape.labels)
    found: dict[str, list[str]] = {place: [] for place in shape.places}
    found[shape.places[0]].append(parts[0].strip())
    for label, rest in zip(parts[1::2], parts[2::2], strict=True):
        found.setdefault(fields[label], []).append(rest.strip())
    return tuple((name, " ".join(filter(None, texts))) for name, texts in found.items())


def stripped(rows: Iterable[str]) -> str:
    """A field without any blanks around it, as Obsidian_to_Anki takes all of them."""
    return "\n".join(rows).strip()


def trimmed(rows: Iterable[str]) -> str:
    """A field: without blank lines around it; the indentation of its first line counts (it may be code)."""
    lines = list(rows)
    while lines and not lines[0].strip(" \t"):
        lines.pop(0)
    return "\n".join(lines).rstrip(" \t\n")


def _label(text: str, labels: Sequence[tuple[str, str]]) -> tuple[str | None, str]:
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    for label, field in labels:
        if composed.startswith(f"{label}:"):
            return field, composed[len(label) + 1 :].lstrip(" \t")
    return None, text


def _nearly(text: str, shape: Shape) -> tuple[str, str] | None:
    """(what is written, the label that is meant) where a line begins within one edit of a label."""
    match = _LABEL.match(text)
    if match is None:
        return None
    written = match["label"]
    meant = next((label for label, _ in shape.labels if _one_edit(written.casefold(), label.casefold())), None)
    return (written, meant) if meant else None


def _one_edit(one: str, other: str) -> bool:
    """Whether two words are equal or differ by one letter put in, left out, changed, or swapped with the next."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = long[:at] + long[at + 1 : at + 2] + long[at : at + 1] + long[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or short == swapped
