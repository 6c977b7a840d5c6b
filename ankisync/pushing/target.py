"""What is kept of the last push beside the lock: the Anki to which it went, and what its notes said after that."""

from collections.abc import Mapping
from pathlib import Path

from ankisync import cache
from ankisync.model import NoteId
from ankisync.sealed import seal, unseal
from ankisync.values import dataclass, field

_FORM = 1


@dataclass(frozen=True, slots=True)
class Target:
    """The Anki of the last push by its name, None before the first one; `said` are digests (`push.wanted.digest`) of
    what Anki had from us. Where they are lost, only the `mod` of a note tells whether it was edited in Anki. `looks`
    are digests of the notetypes that were sent, by id.
    """

    name: str | None = None
    said: Mapping[NoteId, bytes] = field(default_factory=dict)
    looks: Mapping[int, bytes] = field(default_factory=dict)


def read_target(root: Path) -> Target:
    """What the last push from here left."""
    data = cache.load(root, cache.TARGET)
    value = unseal(data) if data else None
    if not isinstance(value, tuple) or value[0] != _FORM:
        return Target()
    _, name, rows, looks = value
    return Target(name, {NoteId(note_id): digest for note_id, digest in rows}, dict(looks))


def keep_target(root: Path, before: Target, after: Target) -> None:
    """Keep what a push left."""
    if after != before:
        cache.save(root, cache.TARGET, seal((_FORM, after.name, list(after.said.items()), list(after.looks.items()))))
