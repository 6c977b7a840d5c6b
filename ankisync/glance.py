"""Telling at a glance that a build would do nothing. It imports next to nothing: imports are most of such a build."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from ankisync.sealed import plain_ground, read_ground, seal, unseal
from ankisync.stamps import Ground, Stamp, stamp
from ankisync.values import dataclass

_FORM = 2
MARKERS = ("ankisync.toml", "ankisync.lock", ".obsidian", ".git")
MAY_MARK = "pyproject.toml"
LIBRARIES = ("markdown_it", "mdit_py_plugins", "linkify_it", "pygments", "genanki")

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
    """A sight as bytes, with a checksum in front."""
    return seal((_form(), sight.root, plain_ground(sight.ground), sight.size, sight.decks, sight.told))


def read_sight(data: bytes) -> Sight | None:
    """The sight that bytes hold; None where they are damaged, or another version wrote them."""
    value = unseal(data)
    if not isinstance(value, tuple) or value[0] != _form():
        return None
    _, root, ground, size, decks, told = value
    return Sight(root, read_ground(*ground), size, decks, tuple(told))


def _form() -> tuple[object, ...]:
    return _FORM, sys.version, sys.byteorder


def vault_above(folder: Path) -> Path | None:
    """The folder of the vault that a command without PATHs means, if that is plain to see."""
    for each in (folder, *folder.parents):
        if any(os.path.lexists(each / name) for name in MARKERS):
            return each
        if os.path.lexists(each / MAY_MARK):
            return None
    return None


def program() -> Mapping[str, Stamp | None]:
    """The stamps of what renders and packs: our own files, and the first file of each library."""
    return {path: stamp(path) for path in (*_own_files(), *_libraries())}


def _own_files() -> Iterator[str]:
    for folder, _, names in os.walk(os.path.dirname(__file__)):
        yield from (os.path.join(folder, name) for name in names if not name.endswith(".pyc"))


def _libraries() -> Sequence[str]:
    specs = (find_spec(name) for name in LIBRARIES)
    return [spec.origin for spec in specs if spec is not None and spec.origin]
