"""Files that were read by earlier builds, as they were read."""

from dataclasses import replace
from pathlib import Path

from ankisync.cache.store import Store
from ankisync.documents import FORM, read_document, write_document
from ankisync.embeds import may_embed
from ankisync.mathcheck import math_diagnostics
from ankisync.memory import FileMemories
from ankisync.model import Document, is_plain
from ankisync.parse import parse
from ankisync.parse.syntax import Syntax
from ankisync.reading import Read
from ankisync.source import NO_LINES, Source, without_text
from ankisync.stamps import Stamp, stamp


class Reader:
    """Reads files, those that `store` has from an earlier build without parsing them. `rules` is a digest of all that
    decides how they are read; `known` tells which ones are as they were.
    """

    def __init__(self, syntax: Syntax, store: Store | None, rules: bytes, known: FileMemories) -> None:
        self.syntax, self.store, self.known = syntax, store, known
        self.rules = rules + bytes([FORM])

    def unchanged(self, folder: Path, name: str) -> Read | None:
        """A file that need not even be opened."""
        at = stamp(folder / name) if self.store and name in self.known else None
        if at is None or not self.known.same_stamp(name, at):
            return None
        return self._kept(Source(name, "", False, self.known.digest(name), NO_LINES), at)

    def read(self, source: Source, at: Stamp) -> Read:
        """A file that was opened."""
        return self._kept(source, at) or self._parse(source, at)

    def _kept(self, source: Source, at: Stamp) -> Read | None:
        data = self.store.get(source.path.encode("utf-8", "surrogateescape")) if self.store else None
        head = source.digest + self.rules
        if data is None or data[: len(head)] != head:
            return None
        document = read_document(data[len(head) :], without_text(source))
        return None if document is None else _told(document, at)

    def _parse(self, source: Source, at: Stamp) -> Read:
        document = parse(source, self.syntax)
        if not _is_complete(document):
            return _told(document, at)
        if self.store:
            data = source.digest + self.rules + write_document(document)
            self.store.put(source.path.encode("utf-8", "surrogateescape"), data)
        return _told(replace(document, source=without_text(source)), at)


def read_anew(source: Source, at: Stamp, syntax: Syntax) -> Read:
    """A file, parsed."""
    return Reader(syntax, None, b"", FileMemories({})).read(source, at)


def _told(document: Document, at: Stamp) -> Read:
    return Read(document, at, (*document.diagnostics, *math_diagnostics(document)))


def _is_complete(document: Document) -> bool:
    """Whether nobody asks for the text of a file again."""
    return is_plain(document) and not any(may_embed(text) for block in document.blocks for _, text in block.fields)
