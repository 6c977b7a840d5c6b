"""What a build leaves for the next one to know."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ankisync.config import ConfigProblem
from ankisync.discover import scope
from ankisync.filememory import FileMemories, FileMemory
from ankisync.lock import NAME, lock_path, write_lock
from ankisync.locklines import LockIndex, LockText, read_index
from ankisync.memory import Memory, PackageMemory, PlainListing
from ankisync.model import Document, Note
from ankisync.package import read_mark
from ankisync.packaging import PackagePlan, Part
from ankisync.plan import Plan
from ankisync.planning.changed import plain_listing
from ankisync.planning.planned import Planned
from ankisync.planning.rules import inputs_of, looks_digest
from ankisync.planning.telling import account_of, strange_notes
from ankisync.reading import Read
from ankisync.retired import NOBODY
from ankisync.shelf import own_packages
from ankisync.stamps import Ground, Stamp, stamp


def lock_after(planned: Planned, plan: Plan) -> bytes | LockText:
    """The lock as the plan leaves it. Where only a part of it was read, its other lines are as they were. Raises
    `OSError`.
    """
    text, file = planned.kept.lock, planned.lock_file
    if text is None:
        return write_lock(plan.lock) if plan.lock_changed or file is None else file.data
    return text.exchanged(planned.inputs.lock, plan.lock) if plan.lock_changed else text


def remember(planned: Planned, plan: Plan, lock_then: bytes | LockText, written: Iterable[str]) -> Memory | None:
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
    if request.previous or _holds_other_guids(planned, plan):
        return None
    read = _read(planned, plan, frozenset(written))
    memory, entries = planned.kept.memory, plan.lock.entries
    before = memory.files if memory else FileMemories()
    files = before.with_files(planned.reading.files.names, {**planned.kept.restamped, **read})
    settled = {note_id for file in read.values() if file.settled for part in file.parts for note_id in part.ids}
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
        lock=lock[0],
        index=lock[1],
        loose=frozenset(id_ for id_, entry in entries.items() if entry.retired is None and id_ not in settled),
        retired=(memory.retired if memory else NOBODY).after(entries),
        packages=packages,
        looks=looks_digest(planned.rules.syntax, planned.inputs.lock),
    )


def _holds_other_guids(planned: Planned, plan: Plan) -> bool:
    """Whether a note goes by a guid that only a package knows."""
    if not planned.inputs.ledger:
        return False
    return any(plan.lock.entries[note.id].guid_in_anki != note.guid for note in plan.notes)


def _lock(
    planned: Planned, plan: Plan, lock_then: bytes | LockText, written: frozenset[str]
) -> tuple[Stamp, LockIndex] | None:
    """The lock that lies there, and where its lines are, if it is the one that the plan leaves."""
    at = stamp(planned.request.root.folder / NAME)
    before = planned.lock_file.stamp if planned.lock_file else None
    if at is None or (NAME not in written if plan.lock_changed else at != before):
        return None
    index = lock_then.index if isinstance(lock_then, LockText) else read_index(lock_then)
    return (at, index) if index else None


def _packages(planned: Planned, plan: Plan) -> Mapping[str, PackageMemory] | None:
    """The packages that lie there; None where they are not just those of the plan."""
    request, memory = planned.request, planned.kept.memory
    wanted = {package.file: package.fingerprint for package in plan.packages}
    if memory is None and {path.name: mark for path, mark in own_packages(request).items()} != wanted:
        return None
    before = memory.packages if memory else {}
    folder = str(request.folder)
    found = {package.file: _package(package, before, f"{folder}/{package.file}") for package in plan.packages}
    doubted = (name for name, each in found.items() if name not in before or before[name].mark != each.mark)
    return found if all(read_mark(request.folder / name) == wanted[name] for name in doubted) else None


def _package(package: PackagePlan, before: Mapping[str, PackageMemory], path: str) -> PackageMemory:
    paths = tuple(dict.fromkeys(part.path for part in package.parts)) or before[package.file].paths
    return PackageMemory(stamp(path), package.fingerprint, package.top, package.size, package.decks, paths)


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
    if len(document.blocks) != len(notes):
        return False
    entries = plan.lock.entries
    for block, note in zip(document.blocks, notes, strict=True):
        entry = entries[note.id]
        own = len(block.ids) == 1 and block.ids[0].id == note.id
        if not own or entry.file != place or entry.retired is not None:
            return False
    return True


def _media(planned: Planned, read: Mapping[str, FileMemory]) -> Mapping[str, tuple[Stamp, str]]:
    """The digests of the files that cards use: of those that were left out as they were."""
    now = planned.request.now_ms
    new = {path: each for path, each in planned.attachments.digests.items() if each[0].lasts(now)}
    if planned.kept.memory is None:
        return new
    before = planned.kept.memory.media
    used = {path for _, uses in planned.kept.files.embedding() for path in uses} - planned.attachments.digests.keys()
    return {path: each for path, each in before.items() if path in used} | new


def _ground(planned: Planned) -> tuple[PlainListing | None, Ground]:
    """The listing of media files, and on what all listings depend."""
    memory, files, listed = planned.kept.memory, planned.reading.files, planned.attachments.listing
    if listed is not None:
        return plain_listing(listed[0]), files.ground.joined(listed[1])
    if memory is not None and files.ground is memory.ground:
        return memory.listing, memory.ground
    return None, files.ground
