"""The bytes of one file as text: decoding, the line table, and edits by offset.

Nothing here knows what a card is. Offsets count characters of `Source.text`, from 0; the byte order mark is
kept aside and is in no offset.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple, NewType

from ankisync.expression import expression
from ankisync.values import dataclass

Digest = NewType("Digest", bytes)

BOM = b"\xef\xbb\xbf"
MIN_DIGITS = 10
# What a text is turned into to find its digits and its control characters (which become tabs) in one go. In UTF-8 no
# byte of another character looks like one of these.
_SURVEY = bytes(
    byte if byte in b"0123456789" else ord("\t" if byte < 0x20 and byte != 0x0A else " ") for byte in range(256)
)
_LINE = expression(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
_LINE_FEED = re.compile(r"\n")
_ENDING = expression(r"\r\n|\n|\r")


class Line(NamedTuple):
    """One line: `start` to `end` is its text, `end` to `next` its line ending (empty for a last line without one)."""

    start: int
    end: int
    next: int


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a text, by number from 0. They are kept as offsets, since an object for each line would be the
    largest part of what is kept of a file: `starts`, with the end of the text behind the last one, and `ends`.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> Line:
        return Line(self.starts[index], self.ends[index], self.starts[index + 1])

    def __iter__(self) -> Iterator[Line]:
        return map(Line, self.starts, self.ends, self.starts[1:])


NO_LINES = Lines((0,), ())


class Span(NamedTuple):
    """A half-open range of offsets."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace what `span` covers by `text`; an insertion has an empty span."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded file. `path` is relative to the vault's root with `/`; `digest` is that of the bytes that were read,
    `digits` are the runs of ten digits or more in them, with blanks between; `plain`: there are no control characters
    in them but line feeds.
    """

    path: str
    text: str
    bom: bool
    digest: Digest
    lines: Lines
    digits: str = ""
    plain: bool = False

    def texts(self) -> list[str]:
        """The texts of all lines without their endings."""
        if "\r" not in self.text:
            return self.text.split("\n")[: len(self.lines)]
        return [self.text[start:end] for start, end in zip(self.lines.starts, self.lines.ends, strict=False)]

    def line_text(self, index: int) -> str:
        """The text of a line without its ending."""
        line = self.lines[index]
        return self.text[line.start : line.end]

    def ending(self, index: int) -> str:
        """The ending for a line inserted below line `index`: its own, else the last one in the file, else a newline."""
        line = self.lines[index]
        if line.end < line.next:
            return self.text[line.end : line.next]
        endings = _ENDING.findall(self.text)
        return endings[-1] if endings else "\n"


class Trouble(StrEnum):
    """Why bytes are no text of ours."""

    NOT_UTF8 = "not-utf8"
    BINARY = "binary"
    NUL = "nul"


@dataclass(frozen=True, slots=True)
class NotText:
    """Bytes that could not become a `Source`: `offset` is the byte where it shows."""

    trouble: Trouble
    offset: int


def without_text(source: Source) -> Source:
    """A file whose text has done its service; of many files, it is much of what they take."""
    return Source(source.path, "", source.bom, source.digest, NO_LINES, source.digits, source.plain)


def edited(source: Source, text: str) -> Source:
    """A file with another text in place of its own; the digest stays that of the bytes that were read."""
    survey = _survey(text.encode("utf-8", "surrogatepass"))
    return Source(source.path, text, source.bom, source.digest, line_table(text), *survey)


def digest_of(data: bytes) -> Digest:
    """The digest by which a file is known to be the one that was read."""
    return Digest(blake2b(data, digest_size=16).digest())


def read_source(path: str, data: bytes) -> Source | NotText:
    """Decode a file. UTF-8 with or without a byte order mark; anything else, and NUL bytes, come back as `NotText`."""
    bom = data.startswith(BOM)
    nul = data.find(b"\0")
    try:
        text = data[len(BOM) :].decode() if bom else data.decode()
    except UnicodeDecodeError as error:
        offset = error.start + (len(BOM) if bom else 0)
        return NotText(Trouble.NOT_UTF8, offset) if nul < 0 else NotText(Trouble.BINARY, nul)
    if nul >= 0:
        return NotText(Trouble.NUL, nul)
    return Source(path, text, bom, digest_of(data), line_table(text), *_survey(data))


def _survey(data: bytes) -> tuple[str, bool]:
    """The runs of ten digits or more, sorted and with blanks between, and whether there are no control characters but
    line feeds. To take all other bytes out is much faster than an expression.
    """
    signs = data.translate(_SURVEY)
    runs = {run for run in signs.split() if len(run) >= MIN_DIGITS}
    return b" ".join(sorted(runs)).decode(), b"\t" not in signs


def line_table(text: str) -> Lines:
    r"""The lines of a text. Only `\n`, `\r\n` and `\r` end a line: `str.splitlines` would break at U+2028 and others.

    A text that ends in a line ending has no empty line after it; the empty text has no line.
    """
    if "\r" in text:
        found = [match.span(1) for match in _LINE.finditer(text) if match.start() < len(text)]
        return Lines((*(start for start, _ in found), len(text)), tuple(end for _, end in found))
    ends = [match.start() for match in _LINE_FEED.finditer(text)]
    if text and not text.endswith("\n"):
        ends.append(len(text))
    starts = [0, *[end + 1 for end in ends]]
    starts[-1] = len(text)
    return Lines(tuple(starts), tuple(ends))


def without_comments(text: str) -> str:
    """A text without its HTML comments; one that is never closed is text."""
    pieces = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        pieces.append(text[at:start])
        at = end + 3
    return "".join([*pieces, text[at:]])


def apply_edits(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with all edits made. Edits may come in any order; two that overlap are a bug (`ValueError`).

    Insertions at one offset keep the order in which they were given.
    """
    pieces = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        if edit.span.start < at:
            raise ValueError(f"edits overlap at offset {edit.span.start}")
        pieces += [text[at : edit.span.start], edit.text]
        at = edit.span.end
    return "".join([*pieces, text[at:]])


def encode(source: Source, text: str) -> bytes:
    """The bytes of an edited text, with the byte order mark that the file had."""
    return (BOM if source.bom else b"") + text.encode()
