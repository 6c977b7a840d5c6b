"""Files that were read by earlier builds, as they were read."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ankisync.cache.store import Store
from ankisync.documents import FORM, read_document, write_document
from ankisync.filememory import FileMemories
from ankisync.mathcheck import math_diagnostics
from ankisync.model import Diagnostic, Document, is_plain
from ankisync.parse import parse
from ankisync.parse.syntax import Syntax
from ankisync.reading import Read, read_file
from ankisync.source import NO_LINES, Source, without_text
from ankisync.stamps import Stamp, stamp
from ankisync.values import replace

if TYPE_CHECKING:
    from ankisync.planning.team import Ahead

# Bytes of notes: to start other processes, and to hand over what they read, takes the time of a third of this.
_MUCH = 6_000_000


class Reader:
    """Reads files, those that `store` has from an earlier build without parsing them. `rules` is a digest of all that
    decides how they are read; `known` tells which ones are as they were. More than one of `processes` reads where that
    pays.
    """

    def __init__(
        self, syntax: Syntax, store: Store | None, rules: bytes, known: FileMemories, processes: int = 1
    ) -> None:
        self.syntax, self.store, self.known, self.processes = syntax, store, known, processes
        self.rules = rules + bytes([FORM])

    def read_all(self, folder: Path, names: Sequence[str]) -> Iterator[Read | Diagnostic]:
        """Files in their order, or why they cannot be read."""
        unopened = {name: read for name in names if (read := self._unchanged(folder, name))}
        others = [name for name in names if name not in unopened]
        ahead = self._ahead(folder, others)
        for name in names:
            yield unopened.pop(name) if name in unopened else self._opened(folder, name, next(ahead, None))

    def read(self, source: Source, at: Stamp) -> Read:
        """A file that was opened."""
        return self._kept(source, at) or self._parse(source, at)

    def _unchanged(self, folder: Path, name: str) -> Read | None:
        """A file that need not even be opened."""
        at = stamp(folder / name) if self.store and name in self.known else None
        if at is None or not self.known.same_stamp(name, at):
            return None
        return self._kept(Source(name, "", False, self.known.digest(name), NO_LINES), at)

    def _ahead(self, folder: Path, names: Sequence[str]) -> Iterator["Ahead | None"]:
        """What other processes read of these files; nothing where there is not enough for them."""
        if self.processes < 2 or len(names) < 2:
            return iter(())
        sizes = (at.size for name in names if (at := stamp(folder / name)))
        if sum(sizes) < _MUCH:
            return iter(())
        from ankisync.planning.team import read_ahead

        return read_ahead(folder, names, self.syntax, self.processes)

    def _opened(self, folder: Path, name: str, ahead: "Ahead | None") -> Read | Diagnostic:
        if ahead is not None:
            document = read_document(ahead.data, Source(name, "", False, ahead.digest, NO_LINES))
            if document is not None and is_plain(document):
                self._put(document, ahead.data)
                return Read(document, ahead.stamp, _told(document))
        found = read_file(folder, name, self.syntax.settings)
        if isinstance(found, Diagnostic):
            return found
        if ahead is not None and document is not None and found[0].digest == ahead.digest:
            return Read(replace(document, source=found[0]), found[1], _told(document))
        return self.read(*found)

    def _kept(self, source: Source, at: Stamp) -> Read | None:
        data = self.store.get(_key(source)) if self.store else None
        head = source.digest + self.rules
        if data is None or data[: len(head)] != head:
            return None
        document = read_document(data[len(head) :], without_text(source))
        return None if document is None else Read(document, at, _told(document))

    def _parse(self, source: Source, at: Stamp) -> Read:
        document = parse(source, self.syntax)
        told = _told(document)
        if is_plain(document):
            if self.store:
                self._put(document, write_document(document))
            document = replace(document, source=without_text(source))
        return Read(document, at, told)

    def _put(self, document: Document, data: bytes) -> None:
        if self.store:
            self.store.put(_key(document.source), document.source.digest + self.rules + data)


def _key(source: Source) -> bytes:
    return source.path.encode("utf-8", "surrogateescape")


def read_anew(source: Source, at: Stamp, syntax: Syntax) -> Read:
    """A file, parsed."""
    return Reader(syntax, None, b"", FileMemories()).read(source, at)


def _told(document: Document) -> tuple[Diagnostic, ...]:
    return (*document.diagnostics, *math_diagnostics(document))
