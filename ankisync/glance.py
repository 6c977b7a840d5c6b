"""Telling at a glance that a build would do nothing. It imports next to nothing: imports are most of such a build."""

import marshal
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from ankisync.stamps import FolderStamp, Ground, Stamp, stamp

_FORM = 1
_CHECK = 16
_MARKERS = ("ankisync.toml", "ankisync.lock", ".obsidian", ".git")
_MAY_MARK = "pyproject.toml"
_LIBRARIES = ("markdown_it", "mdit_py_plugins", "linkify_it", "pygments", "genanki")

Told = tuple[str, str, tuple[str, int, int], str, str]
"""A diagnostic: code, severity, place, message, hint."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a build that did nothing depended on, and what it told: as long as `ground` is as it was, the next one does
    the same. `root` is the vault's folder; `size` and `decks` count its notes and decks.
    """

    root: str
    ground: Ground
    size: int
    decks: int
    told: tuple[Told, ...]


def write_sight(sight: Sight) -> bytes:
    """A sight as bytes, with a digest in front."""
    folders = [(path, each.at and tuple(each.at), each.names) for path, each in sight.ground.folders.items()]
    files = [(path, at and tuple(at)) for path, at in sight.ground.rules.items()]
    value = (_form(), sight.root, folders, files, sight.size, sight.decks, sight.told)
    data = marshal.dumps(value)  # type: ignore[arg-type]  # of texts, numbers and bytes only
    return blake2b(data, digest_size=_CHECK).digest() + data


def read_sight(data: bytes) -> Sight | None:
    """The sight that bytes hold; None where they are damaged, or another version wrote them."""
    if blake2b(data[_CHECK:], digest_size=_CHECK).digest() != data[:_CHECK]:
        return None
    try:
        form, root, folders, files, size, decks, told = marshal.loads(data[_CHECK:])  # noqa: S302 - we wrote it
    except (ValueError, EOFError, TypeError):
        return None
    if form != _form():
        return None
    stamps = {path: FolderStamp(at and Stamp(*at), names) for path, at, names in folders}
    ground = Ground(stamps, {path: at and Stamp(*at) for path, at in files})
    return Sight(root, ground, size, decks, tuple(told))


def _form() -> tuple[object, ...]:
    return _FORM, sys.version, sys.byteorder


def vault_above(folder: Path) -> Path | None:
    """The folder of the vault that a command without PATHs means, if that is plain to see."""
    for each in (folder, *folder.parents):
        if any(os.path.lexists(each / name) for name in _MARKERS):
            return each
        if os.path.lexists(each / _MAY_MARK):
            return None
    return None


def program() -> Mapping[str, Stamp | None]:
    """The stamps of what renders and packs: our own files, and the first file of each library."""
    return {path: stamp(path) for path in (*_own_files(), *_libraries())}


def _own_files() -> Iterator[str]:
    for folder, _, names in os.walk(os.path.dirname(__file__)):
        yield from (os.path.join(folder, name) for name in names if not name.endswith(".pyc"))


def _libraries() -> Sequence[str]:
    specs = (find_spec(name) for name in _LIBRARIES)
    return [spec.origin for spec in specs if spec is not None and spec.origin]
