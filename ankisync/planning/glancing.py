"""What lets the next build see at a glance that it would do nothing."""

import os
from collections.abc import Iterable, Iterator

from ankisync.discover import CONFIG_NAME
from ankisync.glance import MAY_MARK, Sight, program
from ankisync.lock import NAME
from ankisync.looks import FOLDER as NOTETYPES
from ankisync.memory import Memory
from ankisync.model import Diagnostic
from ankisync.plain import plain_told
from ankisync.plan import Plan
from ankisync.planning.planned import Planned
from ankisync.request import Request
from ankisync.stamps import FolderStamp, Ground, Stamp, folder_stamp, stamp


def sight_of(planned: Planned, plan: Plan, memory: Memory, told: Iterable[Diagnostic]) -> Sight | None:
    """The sight of a build that wrote nothing; None where a change might not show in it."""
    request = planned.request
    if request.paths or request.out or request.locked or request.verbose or request.strict:
        return None
    files = dict(_files(request, memory))
    folders = {**memory.ground.folders, **_folders(request)}
    ground = Ground(folders, {**memory.ground.rules, **files}, memory.ground.known).lasting(request.now_ms)
    rows = tuple(map(plain_told, told))
    sound = all(at is not None for at in _noted(memory)) and ground.known and ground.as_it_was()
    return Sight(str(request.root.folder), ground, plan.size, len(plan.decks), rows) if sound else None


def _noted(memory: Memory) -> Iterator[Stamp | None]:
    """The stamps that the memory has of what may be changed from outside."""
    yield memory.lock
    yield from (at for _, at in memory.files.stamps())
    used = {path for _, uses in memory.files.embedding() for path in uses}
    # A note that is used is among the files.
    yield from (memory.media[path][0] if path in memory.media else None for path in used - memory.files.keys())


def _files(request: Request, memory: Memory) -> Iterator[tuple[str, Stamp | None]]:
    """All files on which the build depended, with their stamps."""
    root = request.root.folder
    yield from program().items()
    yield from ((str(root / name), stamp(root / name)) for name in (CONFIG_NAME, MAY_MARK))
    yield str(root / NAME), memory.lock
    yield from ((f"{root}/{path}", at) for path, at in memory.files.stamps())
    yield from ((str(root / path), at) for path, (at, _) in memory.media.items())
    yield from ((str(request.folder / name), each.stamp) for name, each in memory.packages.items())
    for folder, _, names in os.walk(root / NOTETYPES):
        yield from ((os.path.join(folder, name), stamp(os.path.join(folder, name))) for name in names)


def _folders(request: Request) -> dict[str, FolderStamp]:
    """The folders that are looked at beside those in which files are searched."""
    root = request.root.folder
    styled = (folder for folder, _, _ in os.walk(root / NOTETYPES))
    places = [str(root), str(request.folder), *styled]
    return {place: folder_stamp(place) for place in places if os.path.isdir(place)}
