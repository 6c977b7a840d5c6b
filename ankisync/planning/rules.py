"""What decides how a vault is read and what its packages look like: settings, notetypes, versions."""

import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from ankisync import __version__, render
from ankisync.config import ConfigProblem, Settings
from ankisync.fields import rendering
from ankisync.glance import program
from ankisync.lock import Lock
from ankisync.looks import Look, dress
from ankisync.memory import Engine
from ankisync.notetypes import Notetype
from ankisync.packaging import look_of, shape_of
from ankisync.parse.syntax import Syntax, read_syntax
from ankisync.reading import read_styled
from ankisync.request import Request
from ankisync.shapes import read_notetypes
from ankisync.values import dataclass, replace

_METADATA = ".dist-info"


@dataclass(frozen=True, slots=True)
class Rules:
    """How files are read, the looks of notetypes for the lock, and the versions that render, with how."""

    syntax: Syntax
    looks: Mapping[str, Look]
    engine: Engine


def read_rules(
    request: Request, lock: Lock | None, known: Iterable[Notetype] = (), engine: Engine | None = None
) -> Rules | ConfigProblem:
    """The rules of a vault. `known` are notetypes that cards may name beside the lock's, `engine` the one that the last
    build knew.
    """
    settings = request.root.settings
    styled = read_styled(request.root.folder)
    if isinstance(styled, ConfigProblem):
        return styled
    # A build that does not write the lock must not put the clock into a package either.
    dressed = dress(styled, lock.looks if lock else {}, 0 if request.locked else request.now_ms // 1000)
    if isinstance(dressed, ConfigProblem):
        return dressed
    notetypes = read_notetypes(settings, (*known, *(lock.adopted.values() if lock else ())), dressed[0])
    if isinstance(notetypes, ConfigProblem):
        return notetypes
    return Rules(read_syntax(settings, notetypes), dressed[1], _engine(request, engine))


def _engine(request: Request, before: Engine | None) -> Engine:
    """The engine of today. As long as the program lies there as it did before, nobody is asked for versions."""
    at = blake2b(repr(program()).encode("utf-8", "surrogateescape"), digest_size=16).digest()
    versions = before.versions if before and before.program == at else _versions()
    return Engine(at, versions, str(rendering(request.root.settings)))


def _versions() -> str:
    libraries = {**render.LIBRARIES, "genanki": "genanki"}
    return " ".join((__version__, str(render.VERSION), *(version_of(*each) for each in libraries.items())))


def version_of(distribution: str, module: str) -> str:
    """The version of an installed library. Where one folder of metadata lies beside it, its name tells; loading what
    can read the metadata takes ten times as long.
    """
    start = f"{distribution.replace('-', '_').lower()}-"
    names = [name for name in _beside(module) if name.lower().startswith(start) and name.endswith(_METADATA)]
    found = names[0][len(start) : -len(_METADATA)] if len(names) == 1 else ""
    if found.isascii() and found.replace(".", "").isdigit():
        return found
    from importlib.metadata import version

    return version(distribution)


def _beside(module: str) -> Sequence[str]:
    """The names in the folder in which the folder of a module lies."""
    spec = find_spec(module)
    try:
        return os.listdir(os.path.dirname(os.path.dirname(spec.origin))) if spec and spec.origin else ()
    except OSError:
        return ()


def inputs_of(request: Request, starts: Sequence[Path], rules: Rules) -> bytes:
    """A digest of all beside files and lock on which a plan depends, but for the looks of notetypes."""
    shapes = sorted((key, shape_of(each)) for key, each in rules.syntax.notetypes.by_key.items())
    settings = replace(request.root.settings, write_after=0.0, anki_url="", anki_key="")
    engine = (rules.engine.name, rules.engine.program)
    value = (settings, [str(each) for each in starts], str(request.target), engine, shapes)
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def looks_digest(syntax: Syntax, lock: Lock) -> bytes:
    """A digest of all that is delivered of notetypes: the rest on which a package depends, beside notes and inputs."""
    known = {each.id: each for each in (*syntax.notetypes.by_key.values(), *lock.adopted.values())}
    digest = blake2b(digest_size=16)
    for id_ in sorted(known):
        digest.update(look_of(known[id_]))
    return digest.digest()


# What decides about packages, but not about what is read in a file.
_NOT_FOR_READING = (
    "notes", "out", "exclude", "max_file_mb", "context", "source", "source_url", "attachments", "media_roots",
    "write_after", "anki_url", "anki_key",
)  # fmt: skip


def reading_rules(request: Request, rules: Rules) -> bytes:
    """A digest of all that decides how a file is read."""
    settings = replace(request.root.settings, **{name: getattr(Settings(), name) for name in _NOT_FOR_READING})
    shapes = sorted((key, shape_of(each)) for key, each in rules.syntax.notetypes.by_key.items())
    value = (settings, shapes, rules.engine.program)
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=16).digest()
