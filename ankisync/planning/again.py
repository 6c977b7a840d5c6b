"""Planning again, from what the last build remembers: only what changed is read, and what is tied to it.

The same passes run as over a whole vault, over the documents, the lines of the lock and the notes of a part of it. What
is left out must have no say in that part: a file is left out where all its cards are in the lock as they are, and none
of its IDs stands in a file that is not left out.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ankisync.attachments import Lister, attach
from ankisync.config import ConfigProblem
from ankisync.discover import Files, walk
from ankisync.filememory import FileMemories, FileMemory
from ankisync.identity import fold_deck
from ankisync.lock import Lock
from ankisync.locklines import LockText
from ankisync.memory import Memory
from ankisync.model import DeckName, Document, NoteId
from ankisync.names import top_deck
from ankisync.plan import Inputs, Plan, make_plan
from ankisync.planning.changed import Changed, find_changed, ids_in, read_listing
from ankisync.planning.planned import Kept, Planned
from ankisync.planning.rules import Rules, inputs_of, looks_digest, read_rules
from ankisync.planning.telling import about_the_run, account_from, account_of, strange_notes
from ankisync.planning.whole import fresh_ids, told_of, vault_of
from ankisync.reading import LockFile, Reading
from ankisync.request import Request
from ankisync.settling import Outside
from ankisync.shelf import has_others, is_current
from ankisync.stamps import Ground
from ankisync.values import replace

if TYPE_CHECKING:
    from ankisync.media import Listing


def replan(
    request: Request, starts: Sequence[Path], lock_file: LockFile, memory: Memory
) -> Planned | ConfigProblem | None:
    """The plan; None where the memory is not of this vault as it lies there, and all must be read."""
    if request.verbose or request.now_ms < memory.now_ms or not _same_lock(lock_file, memory):
        return None
    text = LockText(lock_file.piece, memory.index)
    rules = read_rules(request, text.part(()), (), memory.engine)
    if isinstance(rules, ConfigProblem):
        return rules
    if inputs_of(request, starts, rules) != memory.inputs or not _same_packages(request, memory):
        return None
    files = _files(request, starts, memory)
    changed = find_changed(request, rules.syntax, files, text, memory) if files.complete else None
    return None if changed is None else _plan(request, rules, files, lock_file, text, memory, changed)


def _same_lock(file: LockFile, memory: Memory) -> bool:
    return file.stamp == memory.lock or memory.index.is_of(file.data)


def _same_packages(request: Request, memory: Memory) -> bool:
    """Whether our packages, and no others, lie there as they were left: they hold nothing that the lock does not."""
    folder = str(request.folder)
    if has_others(request, memory.packages.keys()):
        return False
    return all(is_current(f"{folder}/{name}", at.stamp, at.fingerprint) for name, at in memory.packages.items())


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
    listing = _lister(files, memory, changed.listing)
    attachments = attach(request.root, reading, rules.syntax, memory.media, listing)
    attachments = replace(attachments, listing=attachments.listing or changed.listing)
    reading = attachments.reading
    gone = {path: memory.files[path] for path in memory.files if path not in changed.kept}
    new = {block.hash for document in reading.documents for block in document.blocks if not block.ids}
    ids = {note_id for file in gone.values() for note_id in file.ids} | memory.loose | memory.retired.like(new)
    ids = ids.union(*map(ids_in, reading.documents))
    lock = text.part(ids)
    outside = _outside(request, rules, reading.documents, gone.values(), lock, memory, changed.kept)
    vault = vault_of(request, reading, lock, rules, outside)
    inputs = Inputs(rules.syntax, vault, lock, {}, request.now_ms // 1000, request.one, rules.engine.name, rules.looks)
    plan = make_plan(inputs, fresh_ids(request, reading.documents, lock, _others(memory)))
    if not _as_left(outside, plan, memory):
        return None
    own = {each.document.source.path: account_of(each) for each in reading.read}
    kept = {path: account_from(changed.kept[path]) for path in changed.kept.telling()}
    accounts = [(own.get(path) or kept[path]) for path in files.names if path in own or path in kept]
    strange = strange_notes(plan.notes, lock) + changed.kept.strange()
    told = (one for each in kept.values() for one in each.told)
    shown = told_of(request, reading, plan, about_the_run(rules.syntax, lock, accounts, strange), told)
    kept_files = Kept(memory, changed.kept, changed.restamped, text, _lister(files, memory, attachments.listing))
    return Planned(request, rules, inputs, plan, lock_file, attachments, kept_files, shown)


def _lister(files: Files, memory: Memory, made: tuple["Listing", Ground] | None) -> Lister | None:
    """What gives the listing of media files: one that was made, or that of the last build where the folders are as they
    were; else None.
    """
    if made is not None:
        return lambda: made
    plain = memory.listing if files.ground is memory.ground else None
    return None if plain is None else lambda: (read_listing(*plain), memory.ground)


def _outside(
    request: Request,
    rules: Rules,
    documents: Iterable[Document],
    gone: Iterable[FileMemory],
    lock: Lock,
    memory: Memory,
    kept: FileMemories,
) -> Outside:
    """What is left out. This pass has a say in the packages of all that was and is in the files that are not `kept`,
    and in all packages where notetypes look otherwise.
    """
    touched = {fold_deck(DeckName(part.top)) for file in gone for part in file.parts}
    decks = {block.deck for document in documents for block in document.blocks}
    touched |= {"" if request.one else fold_deck(DeckName(top_deck(deck))) for deck in decks}
    alike = looks_digest(rules.syntax, lock) == memory.looks
    folds = {name: fold_deck(DeckName(each.top)) for name, each in memory.packages.items()}
    apart = {fold: name for name, fold in folds.items() if alike and fold not in touched}
    paths = dict.fromkeys(
        path for name, fold in folds.items() if fold not in apart for path in memory.packages[name].paths
    )
    parts = (part for path in paths if path in kept for part in kept[path].parts)
    left = tuple(part for part in parts if not apart or fold_deck(DeckName(part.top)) not in apart)
    packages = tuple(memory.packages[name].plan(name) for name in apart.values())
    outside = Outside(packages, left, _standing(lock, kept))
    return replace(outside, entries=outside.size)


def _as_left(outside: Outside, plan: Plan, memory: Memory) -> bool:
    """Whether no package is to go or to be called otherwise, which takes a look at all of them."""
    planned = {package.file: package for package in plan.packages}
    return memory.packages.keys() <= planned.keys() and all(planned.get(each.file) is each for each in outside.packages)


def _standing(lock: Lock, kept: FileMemories) -> frozenset[NoteId]:
    """Which IDs of a part of the lock stand, perhaps as part of a longer number, in files that are left out: among the
    IDs of their notes, or the other digits in them.
    """
    texts = {note_id: str(note_id) for note_id in lock.entries}
    digits = kept.digits()
    longest = len(str(kept.greatest()))
    if any(len(text) < longest for text in texts.values()):
        digits += " ".join(str(note_id) for file in kept.values() for note_id in file.ids)
    return frozenset(note_id for note_id, text in texts.items() if text in digits)


def _others(memory: Memory) -> Iterable[int]:
    """The numbers that stood in the vault or its lock at the last build."""
    for file in memory.files.values():
        yield from file.ids
        yield from (int(digits) for digits in file.digits.split() if len(digits) <= 16)
    yield from memory.loose
    yield from memory.retired.ids
