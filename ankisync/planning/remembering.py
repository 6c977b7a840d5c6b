"""What a build leaves for the next one to know."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ankisync.config import ConfigProblem
from ankisync.discover import scope
from ankisync.lock import NAME, lock_path, write_lock
from ankisync.locklines import LockLines, LockText, exchange, read_lines
from ankisync.memory import FileMemories, FileMemory, Memory
from ankisync.model import Document, Note
from ankisync.package import read_mark
from ankisync.packaging import Part
from ankisync.plan import Plan
from ankisync.planning.changed import listing_digest
from ankisync.planning.planned import Planned
from ankisync.planning.rules import inputs_of
from ankisync.planning.telling import account_of, strange_notes
from ankisync.reading import LockFile, Read
from ankisync.shelf import own_packages
from ankisync.stamps import Ground, Stamp, stamp


def lock_after(planned: Planned, plan: Plan) -> tuple[bytes, LockLines | None]:
    """The lock as the plan leaves it, with its lines where they are known. Where only a part of it was read, its other
    lines are as they were.
    """
    memory, file = planned.kept.memory, planned.lock_file
    if memory is None or file is None:
        return write_lock(plan.lock) if plan.lock_changed or file is None else file.data, None
    text = LockText(file.data, memory.lines)
    text = exchange(text, planned.inputs.lock, plan.lock) if plan.lock_changed else text
    return text.data, text.lines


def remember(
    planned: Planned, plan: Plan, lock_then: tuple[bytes, LockLines | None], written: Iterable[str]
) -> Memory | None:
    """The memory of a build that carried out `plan` as far as it could; `lock_then` is what `lock_after` gave,
    `written` are the files that it wrote. None where lock and packages are not what was planned, and where packages
    hold what the lock does not (an adoption that a revert took out of it, a later `mod` that readers have): they must
    be read again.
    """
    request, now = planned.request, planned.request.now_ms
    lock = _lock(planned, plan, lock_then, frozenset(written))
    starts = scope(request.root, request.paths)
    packages = _packages(planned, plan)
    if lock is None or packages is None or isinstance(starts, ConfigProblem) or not planned.reading.complete:
        return None
    if request.previous or any(plan.lock.entries[note.id].guid_in_anki != note.guid for note in plan.notes):
        return None
    read = _read(planned, plan, frozenset(written))
    before = memory.files if (memory := planned.kept.memory) else FileMemories({})
    files = before.with_files(planned.reading.files.names, {**planned.kept.restamped, **read})
    settled = {note_id for file in read.values() if file.settled for note_id in file.ids}
    listing, ground = _ground(planned)
    return Memory(
        engine=planned.rules.engine,
        inputs=inputs_of(request, starts, planned.rules),
        now_ms=now,
        ground=ground.lasting(now),
        notices=planned.reading.files.diagnostics,
        files=files,
        media=_media(planned, read),
        listing=listing,
        lock=lock[0].stamp,
        lock_digest=lock[0].digest,
        lines=lock[1],
        loose=frozenset(plan.lock.entries.keys() - settled),
        packages=packages,
    )


def _lock(
    planned: Planned, plan: Plan, lock_then: tuple[bytes, LockLines | None], written: frozenset[str]
) -> tuple[LockFile, LockLines] | None:
    """The lock that lies there, and its lines, if it is the one that the plan leaves."""
    data, lines = lock_then
    at = stamp(planned.request.root.folder / NAME)
    if plan.lock_changed:
        file = LockFile(data, at) if at and NAME in written else None
    else:
        file = planned.lock_file if planned.lock_file and planned.lock_file.stamp == at else None
    lines = lines or read_lines(data) if file else None
    return (file, lines) if file and lines else None


def _packages(planned: Planned, plan: Plan) -> Mapping[str, tuple[Stamp | None, str]] | None:
    """The packages that lie there; None where they are not just those of the plan."""
    request, memory = planned.request, planned.kept.memory
    wanted = {package.file: package.fingerprint for package in plan.packages}
    if memory is None and {path.name: mark for path, mark in own_packages(request).items()} != wanted:
        return None
    before = memory.packages if memory else {}
    found = {name: (stamp(request.folder / name), mark) for name, mark in wanted.items()}
    doubted = (name for name, each in found.items() if before.get(name) != each)
    return found if all(read_mark(request.folder / name) == wanted[name] for name in doubted) else None


def _read(planned: Planned, plan: Plan, written: frozenset[str]) -> Mapping[str, FileMemory]:
    """The files that were read, by path."""
    read = {each.document.source.path: each for each in planned.reading.read}
    parts: defaultdict[str, list[Part]] = defaultdict(list)
    for package in plan.packages:
        for part in package.parts:
            if part.path in read:
                parts[part.path].append(part)
    notes: defaultdict[str, list[Note]] = defaultdict(list)
    for note in plan.notes:
        notes[note.location.path].append(note)
    open_ = {each.location.path for each in plan.diagnostics} | written
    return {path: _file(planned, plan, each, parts[path], notes[path], path in open_) for path, each in read.items()}


def _file(
    planned: Planned, plan: Plan, read: Read, parts: Sequence[Part], notes: Sequence[Note], is_open: bool
) -> FileMemory:
    document = read.document
    path = document.source.path
    settled = not is_open and not document.deletions and _is_settled(document, notes, plan, lock_path(path))
    ids = {str(note.id) for note in notes}
    account = account_of(read)
    return FileMemory(
        stamp=read.stamp if read.stamp.lasts(planned.request.now_ms) else None,
        digest=document.source.digest,
        settled=settled,
        parts=tuple(parts),
        digits=" ".join(each for each in document.digits.split() if each not in ids),
        unclaimed=account.unclaimed,
        strange=strange_notes(notes, plan.lock),
        told=read.told,
        embeds=read.embeds,
        uses=read.uses,
        remote=read.remote,
    )


def _is_settled(document: Document, notes: Sequence[Note], plan: Plan, place: str) -> bool:
    """Whether each card carries just the ID of its note, and the lock has all of them as they are."""
    carried = [tuple(mark.id for mark in block.ids) for block in document.blocks]
    if carried != [(note.id,) for note in notes]:
        return False
    entries = (plan.lock.entries[note.id] for note in notes)
    return all(entry.file == place and entry.retired is None for entry in entries)


def _media(planned: Planned, read: Mapping[str, FileMemory]) -> Mapping[str, tuple[Stamp, str]]:
    """The digests of the files that cards use: of those that were left out as they were."""
    known = dict(planned.attachments.digests)
    if planned.kept.memory:
        kept = planned.kept.files
        used = {path for name in kept if kept.embeds(name) for path in kept.uses(name)}
        known |= {path: each for path, each in planned.kept.memory.media.items() if path in used and path not in known}
    now = planned.request.now_ms
    return {path: known[path] for path in sorted(known) if known[path][0].lasts(now)}


def _ground(planned: Planned) -> tuple[bytes, Ground]:
    """A digest of the listing of media files, and on what all listings depend."""
    memory, files, listed = planned.kept.memory, planned.reading.files, planned.attachments.listing
    if listed is not None:
        return listing_digest(listed[0]), files.ground.joined(listed[1])
    if memory is not None and files.ground is memory.ground:
        return memory.listing, memory.ground
    return b"", files.ground
