"""Planning again, from what the last build remembers: only what changed is read, and what is tied to it.

The same passes run as over a whole vault, over the documents, the lines of the lock and the notes of a part of it. What
is left out must have no say in that part: a file is left out where all its cards are in the lock as they are, and none
of its IDs stands in a file that is not left out.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ankisync.attachments import attach
from ankisync.config import ConfigProblem
from ankisync.discover import Files, walk
from ankisync.lock import Lock, read_lock
from ankisync.locklines import LockText
from ankisync.memory import Memory
from ankisync.model import NoteId
from ankisync.packaging import Part
from ankisync.plan import Inputs, make_plan
from ankisync.planning.changed import Changed, find_changed, ids_in
from ankisync.planning.planned import Kept, Planned
from ankisync.planning.rules import Rules, inputs_of, read_rules
from ankisync.planning.telling import about_the_run, account_from, account_of, strange_notes
from ankisync.planning.whole import fresh_ids, told_of, vault_of
from ankisync.reading import LockFile, Reading
from ankisync.request import Request
from ankisync.settling import Outside
from ankisync.shelf import is_current


def replan(
    request: Request, starts: Sequence[Path], lock_file: LockFile, memory: Memory
) -> Planned | ConfigProblem | None:
    """The plan; None where the memory is not of this vault as it lies there, and all must be read."""
    if request.verbose or request.now_ms < memory.now_ms or not _same_lock(lock_file, memory):
        return None
    rules = read_rules(request, read_lock(lock_file.data[: memory.lines.head])[0], (), memory.engine)
    if isinstance(rules, ConfigProblem):
        return rules
    if inputs_of(request, starts, rules) != memory.inputs or not _same_packages(request, memory):
        return None
    files = _files(request, starts, memory)
    text = LockText(lock_file.data, memory.lines)
    changed = find_changed(request, rules.syntax, files, text, memory) if files.complete else None
    return None if changed is None else _plan(request, rules, files, lock_file, text, memory, changed)


def _same_lock(file: LockFile, memory: Memory) -> bool:
    return file.stamp == memory.lock or file.digest == memory.lock_digest


def _same_packages(request: Request, memory: Memory) -> bool:
    """Whether our packages lie there as they were left: then they hold nothing that the lock does not."""
    return all(is_current(request, name, at, mark) for name, (at, mark) in memory.packages.items())


def _files(request: Request, starts: Sequence[Path], memory: Memory) -> Files:
    if memory.ground.as_it_was():
        return Files(tuple(memory.files), (), memory.notices, True, memory.ground)
    return walk(request.root, starts)


def _plan(
    request: Request,
    rules: Rules,
    files: Files,
    lock_file: LockFile,
    text: LockText,
    memory: Memory,
    changed: Changed,
) -> Planned | None:
    """The plan over what changed; None where a package is to go, which takes a look at all of them."""
    reading = Reading(files, changed.read, (), complete=True)
    attachments = attach(request.root, reading, rules.syntax, memory.media, changed.listing)
    reading = attachments.reading
    gone = [memory.files[path] for path in memory.files if path not in changed.kept]
    ids = {note_id for file in gone for note_id in file.ids} | memory.loose
    ids = ids.union(*map(ids_in, reading.documents))
    lock = text.part(ids)
    parts = changed.kept.parts()
    standing = _standing(lock, parts, changed.kept.digits())
    outside = Outside(parts, standing, entries=sum(len(part.ids) for part in parts))
    vault = vault_of(request, reading, lock, rules, outside)
    inputs = Inputs(rules.syntax, vault, lock, {}, request.now_ms // 1000, request.one, rules.engine.name, rules.looks)
    plan = make_plan(inputs, fresh_ids(request, reading.documents, lock, _others(memory)))
    if not memory.packages.keys() <= {package.file for package in plan.packages}:
        return None
    own = {each.document.source.path: account_of(each) for each in reading.read}
    kept = {path: account_from(changed.kept[path]) for path in changed.kept if changed.kept.tells(path)}
    accounts = [(own.get(path) or kept[path]) for path in files.names if path in own or path in kept]
    strange = strange_notes(plan.notes, lock) + changed.kept.strange()
    told = (one for each in kept.values() for one in each.told)
    shown = told_of(request, reading, plan, about_the_run(rules.syntax, lock, accounts, strange), told)
    kept_files = Kept(memory, changed.kept, changed.restamped)
    return Planned(request, rules, inputs, plan, lock_file, attachments, kept_files, shown)


def _standing(lock: Lock, parts: Iterable[Part], digits: str) -> frozenset[NoteId]:
    """Which IDs of a part of the lock stand, perhaps as part of a longer number, in files that are left out: among the
    IDs of their notes, or the other digits in them.
    """
    texts = {note_id: str(note_id) for note_id in lock.entries}
    longest = len(str(max((max(part.ids) for part in parts), default=0)))
    if any(len(text) < longest for text in texts.values()):
        digits += " ".join(str(note_id) for part in parts for note_id in part.ids)
    return frozenset(note_id for note_id, text in texts.items() if text in digits)


def _others(memory: Memory) -> Iterable[int]:
    """The numbers that stood in the vault or its lock at the last build."""
    for file in memory.files.values():
        yield from file.ids
        yield from (int(digits) for digits in file.digits.split() if len(digits) <= 16)
    yield from memory.loose
