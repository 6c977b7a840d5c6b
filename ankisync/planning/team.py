"""Reading a big vault with more than one process."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from ankisync.config import Settings
from ankisync.documents import write_document
from ankisync.model import Diagnostic
from ankisync.parse import parse
from ankisync.parse.syntax import Syntax, read_syntax
from ankisync.reading import read_file
from ankisync.shapes import Notetypes
from ankisync.source import Digest
from ankisync.stamps import Stamp

_CHUNK = 20
_AHEAD = 1


class Ahead(NamedTuple):
    """A file that another process read: as `write_document` keeps it, without its text."""

    digest: Digest
    stamp: Stamp
    data: bytes


def read_ahead(folder: Path, names: Sequence[str], syntax: Syntax, processes: int) -> Iterator[Ahead | None]:
    """The files of these names, in their order; None for one that cannot be read, or of which not all fits in here."""
    # A fork has all that is loaded; elsewhere it is not safe.
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    chunks = [names[at : at + _CHUNK] for at in range(0, len(names), _CHUNK)]
    rules = (syntax.settings, syntax.notetypes)
    with ProcessPoolExecutor(processes, context, _begin, rules) as pool:
        waiting: deque[Future[list[Ahead | None]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_read, str(folder), chunk))
            # No further ahead: what nobody takes yet takes memory.
            if len(waiting) > _AHEAD * processes:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


_SYNTAX: list[Syntax] = []
"""That of the process, made once."""


def _begin(settings: Settings, notetypes: Notetypes) -> None:
    _SYNTAX[:] = [read_syntax(settings, notetypes)]


def _read(folder: str, names: Sequence[str]) -> list[Ahead | None]:
    return [_one(Path(folder), name) for name in names]


def _one(folder: Path, name: str) -> Ahead | None:
    syntax = _SYNTAX[0]
    found = read_file(folder, name, syntax.settings)
    if isinstance(found, Diagnostic):
        return None
    source, at = found
    document = parse(source, syntax)
    return None if document.deletions else Ahead(source.digest, at, write_document(document))
