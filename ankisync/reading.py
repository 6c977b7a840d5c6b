"""The files of a vault read into documents, and what is wrong with them. Effects: reads files, writes none."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from ankisync.apply.files import Before
from ankisync.config import ConfigProblem, Settings
from ankisync.diagnostics import diagnose, whole
from ankisync.discover import LEFTOVERS, Files, Root, everything, reason
from ankisync.expression import expression
from ankisync.lock import NAME, Lock, LockTooNew, read_lock
from ankisync.looks import FOLDER as NOTETYPES
from ankisync.looks import read_notetype
from ankisync.model import Diagnostic, Document, Location, NoteId
from ankisync.notetypes import Notetype
from ankisync.progress import Tell, nobody
from ankisync.source import Digest, NotText, Source, Trouble, digest_of, read_source
from ankisync.stamps import Stamp, stamp_of
from ankisync.values import dataclass

_MB = 1024 * 1024
_TOLD = 50
_DIGITS = expression(rb"[0-9]{10,}")
_CODES = {Trouble.NOT_UTF8: "A101", Trouble.BINARY: "A102", Trouble.NUL: "A103"}


@dataclass(frozen=True, slots=True)
class Read:
    """One file as it was read: its `stamp` from before, what is `told` of it. `embeds` where a card may embed
    something; `uses` are the paths of what its cards embed, files and notes; `remote` are references into the web.
    """

    document: Document
    stamp: Stamp
    told: tuple[Diagnostic, ...]
    embeds: bool = False
    uses: tuple[str, ...] = ()
    remote: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, in the order of names. `complete` where nothing withheld its content."""

    files: Files
    read: tuple[Read, ...]
    failed: tuple[Diagnostic, ...]
    complete: bool

    @property
    def documents(self) -> tuple[Document, ...]:
        """The files that were read."""
        return tuple(each.document for each in self.read)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that is told of files."""
        return (*self.files.diagnostics, *self.failed, *(told for each in self.read for told in each.told))


class Parser(Protocol):
    """What reads files."""

    def read_all(self, folder: Path, names: Sequence[str]) -> Iterator[Read | Diagnostic]:
        """Files in their order, or why they cannot be read."""


def read_vault(root: Root, files: Files, parser: Parser, tell: Tell = nobody) -> Reading:
    """Read every note of the vault; `tell` is told how many are read."""
    found: list[Read] = []
    failed: list[Diagnostic] = []
    for done, read in enumerate(parser.read_all(root.folder, files.names)):
        if done % _TOLD == 0:
            tell("reading", done, len(files.names))
        if isinstance(read, Diagnostic):
            failed.append(read)
        else:
            found.append(read)
    return Reading(files, tuple(found), tuple(failed), files.complete and not failed)


def read_file(folder: Path, name: str, settings: Settings) -> tuple[Source, Stamp] | Diagnostic:
    """One file as a `Source` with its stamp from before, or why it cannot be one."""
    path = folder / name
    limit = settings.max_file_mb
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return diagnose("A105", whole(name), reason="it is not a regular file")
        if status.st_size > limit * _MB:
            return diagnose("A104", whole(name), size=status.st_size, limit=limit)
        data = path.read_bytes()
    except OSError as error:
        return diagnose("A105", whole(name), reason=reason(error))
    source = read_source(name, data)
    if isinstance(source, NotText):
        return diagnose(_CODES[source.trouble], whole(name), offset=source.offset)
    return source, stamp_of(status)


class LockMoved(OSError):
    """The lock is another one by now."""


class LockFile:
    """The lock as it lay there, with its `stamp` from before it was read. Without `data` it is read as far as anybody
    asks for it: then the stamp must be one that tells of any change since.
    """

    def __init__(self, path: Path, at: Stamp, data: bytes | None = None) -> None:
        self.path, self.stamp, self._data = path, at, data

    @property
    def is_read(self) -> bool:
        """Whether it was read as a whole."""
        return self._data is not None

    @property
    def data(self) -> bytes:
        """All its bytes. Raises `OSError`."""
        if self._data is None:
            self._data = self.piece(0, self.stamp.size)
        return self._data

    def piece(self, start: int, end: int) -> bytes:
        """Its bytes from one place to another. Raises `OSError`; where it changed meanwhile, `LockMoved`."""
        if self._data is not None:
            return self._data[start:end]
        with self.path.open("rb", buffering=0) as file:
            file.seek(start)
            data = file.read(end - start)
            if stamp_of(os.fstat(file.fileno())) != self.stamp or len(data) != end - start:
                raise LockMoved(errno.ESTALE, "it changed meanwhile")
        return data

    def before(self, now_ms: int) -> Before:
        """The lock as it must still be when another one takes its place."""
        return Before(lambda: self.digest, self.stamp if self.stamp.lasts(now_ms) else None)

    @cached_property
    def digest(self) -> Digest:
        """The digest of the bytes: of many lines, it takes its time."""
        return digest_of(self.data)


def read_lock_bytes(folder: Path, known: Stamp | None = None) -> LockFile | ConfigProblem | None:
    """The lock as it lies there; None where there is none. One with the stamp that is `known` is not read yet."""
    path = folder / NAME
    try:
        at = stamp_of(path.stat())
        return LockFile(path, at, None if at == known else path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        return ConfigProblem(f"{NAME} cannot be read: {reason(error)}")


def read_lock_file(file: LockFile | None) -> tuple[Lock | None, tuple[Diagnostic, ...]] | ConfigProblem:
    """The lock in it. One that cannot be used at all stops everything."""
    try:
        return read_lock(file.data) if file else (None, ())
    except LockTooNew as error:
        return ConfigProblem(str(error), "use the newer ankisync that wrote it")


def read_given(folder: Path) -> frozenset[NoteId]:
    """The IDs that a killed run may have written into notes: its lock was staged before, and lies there still."""
    try:
        data = (folder / f".{NAME}{LEFTOVERS[0]}").read_bytes()
        lock, _ = read_lock(data)
    except (OSError, LockTooNew):
        return frozenset()
    return frozenset(each.id for each in lock.entries.values() if not each.foreign)


def read_styled(folder: Path) -> Mapping[str, Notetype] | ConfigProblem:
    """The notetypes in the folder `notetypes` of a vault, by name."""
    found: dict[str, Notetype] = {}
    for path in sorted(each for each in (folder / NOTETYPES).glob("*") if each.is_dir()):
        texts = _texts(path)
        if not texts:
            continue
        made = texts if isinstance(texts, ConfigProblem) else read_notetype(path.name, texts)
        if isinstance(made, ConfigProblem):
            return made
        found[made.key] = made
    return found


def _texts(folder: Path) -> dict[str, str] | ConfigProblem:
    files = [path for path in folder.iterdir() if path.suffix in (".toml", ".html", ".css")]
    try:
        return {path.name: path.read_bytes().decode().replace("\r\n", "\n") for path in files}
    except (OSError, UnicodeDecodeError) as error:
        return ConfigProblem(f"{NOTETYPES}/{folder.name} cannot be read: {error}")


def look_elsewhere(root: Root, known: Iterable[str], wanted: frozenset[NoteId]) -> tuple[frozenset[NoteId], bool]:
    """Which of these IDs stand in text files under the root that are not read for cards; and whether all those
    could be read.
    """
    texts: set[bytes] = set()
    complete = True
    for name in everything(root) - frozenset(known):
        path = root.folder / name
        try:
            if path.is_file():
                texts.update(_DIGITS.findall(path.read_bytes()))
        except FileNotFoundError:
            continue
        except OSError:
            complete = False
    joined = b" ".join(texts)
    return frozenset(note_id for note_id in wanted if str(note_id).encode() in joined), complete
