"""Planning a vault as a whole: every file is read."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ankisync import shelf
from ankisync.attachments import Attachments, attach
from ankisync.cache.store import Store
from ankisync.config import ConfigProblem
from ankisync.discover import walk
from ankisync.filememory import FileMemories
from ankisync.identity import new_ids
from ankisync.lock import Lock, lock_path
from ankisync.lost import missing
from ankisync.memory import Memory
from ankisync.model import Diagnostic, Document, NoteId
from ankisync.notetypes import Notetype
from ankisync.plan import Inputs, Plan, make_plan
from ankisync.planning.blocks import Reader
from ankisync.planning.planned import Kept, Planned
from ankisync.planning.published import about_published
from ankisync.planning.rules import Rules, read_rules, reading_rules
from ankisync.planning.telling import (
    about_the_run,
    account_of,
    every_unclaimed,
    in_scope,
    paths_without_notes,
    strange_notes,
    under_paths,
)
from ankisync.progress import Tell
from ankisync.reading import LockFile, Read, Reading, look_elsewhere, read_given, read_lock_file, read_vault
from ankisync.request import Request
from ankisync.settling import NOTHING, Outside, Vault
from ankisync.values import dataclass, replace

# More than it takes to read a vault. Later times than these tell of a clock that is wrong, and of nothing else.
_AHEAD_MS = 60_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """What planning starts from."""

    rules: Rules
    lock: Lock
    attachments: Attachments
    told: tuple[Diagnostic, ...]


def plan_all(
    request: Request,
    starts: Sequence[Path],
    lock_file: LockFile | None,
    known: Iterable[Notetype],
    memory: Memory | None,
    store: Store | None,
    tell: Tell,
) -> Planned | ConfigProblem:
    """The plan over all files. What the `memory` of the last build tells to be unchanged is not read, what `store` has
    from earlier ones is not parsed again.
    """
    seen = _see(request, starts, lock_file, tuple(known), memory, store, tell)
    if isinstance(seen, ConfigProblem):
        return seen
    reading, lock, rules = seen.attachments.reading, seen.lock, seen.rules
    vault = vault_of(request, reading, lock, rules)
    inputs = Inputs(rules.syntax, vault, lock, {}, request.now_ms // 1000, request.one, rules.engine.name, rules.looks)
    plan = make_plan(inputs, fresh_ids(request, reading.documents, lock))
    ledger = shelf.replaced(request, plan.packages, lock)
    told = seen.told
    if ledger:
        inputs = replace(inputs, ledger=ledger)
        plan = make_plan(inputs, fresh_ids(request, reading.documents, lock))
        told += shelf.only_in_packages(request, reading.documents, lock, ledger)
    published = shelf.published(request)
    if published:
        inputs = replace(inputs, ledger=shelf.merged((ledger, published)))
        ahead = make_plan(inputs, fresh_ids(request, reading.documents, lock))
        told += about_published(request, plan, ahead, published)
        # What readers have is no fault of the lock: where it may not be written, it is none that it stays behind.
        plan = replace(ahead, lock_changed=plan.lock_changed) if request.locked else ahead
    told += tuple(every_unclaimed(reading.read)) if request.verbose else ()
    accounts = [account_of(each) for each in reading.read]
    run = about_the_run(rules.syntax, lock, accounts, strange_notes(plan.notes, lock))
    shown = told_of(request, reading, plan, run, told)
    return Planned(request, rules, inputs, plan, lock_file, seen.attachments, Kept(), shown, published)


def _see(
    request: Request,
    starts: Sequence[Path],
    lock_file: LockFile | None,
    known: tuple[Notetype, ...],
    memory: Memory | None,
    store: Store | None,
    tell: Tell,
) -> _Seen | ConfigProblem:
    """All files, and the lock: the one there is, else what our packages tell."""
    found = read_lock_file(lock_file)
    if isinstance(found, ConfigProblem):
        return found
    lock, told = found
    files = walk(request.root, starts)
    digests = memory.media if memory else {}

    def seen(lock: Lock | None) -> tuple[Rules, Attachments] | ConfigProblem:
        rules = read_rules(request, lock, known, memory.engine if memory else None)
        if isinstance(rules, ConfigProblem):
            return rules
        before = memory.files if memory else FileMemories()
        # The build after a first one finds by its memory what changed; one that reads all again fills the store.
        kept = store if memory else None
        reader = Reader(rules.syntax, kept, reading_rules(request, rules), before, request.processes)
        return rules, attach(request.root, read_vault(request.root, files, reader, tell), rules.syntax, digests)

    read = seen(lock)
    if not isinstance(read, ConfigProblem) and (lock is None or lock.empty):
        lock, restored = shelf.restore(request, read[1].reading.documents)
        told += restored
        # Cards may name what only the packages knew.
        read = seen(lock) if lock.adopted else read
    return read if isinstance(read, ConfigProblem) else _Seen(read[0], lock or Lock({}), read[1], told)


def vault_of(request: Request, reading: Reading, lock: Lock, rules: Rules, outside: Outside = NOTHING) -> Vault:
    """The vault for a plan; what stands in it nowhere is looked for in other files under the root."""
    named = under_paths(request, reading.files)
    restless = request.restless | saved_late(request, reading.read)
    writable = frozenset() if request.locked else named - restless
    unsure = frozenset(map(lock_path, restless))
    absent = missing(reading.documents, lock) - outside.standing
    elsewhere: frozenset[NoteId] = frozenset()
    complete = reading.complete
    if absent and complete:
        elsewhere, complete = look_elsewhere(request.root, reading.files.names, absent)
    notetypes = rules.syntax.notetypes
    return Vault(
        reading.documents,
        notetypes,
        writable,
        complete,
        elsewhere,
        request.locked,
        named,
        outside,
        unsure,
        request.retire,
        read_given(request.root.folder),
    )


def saved_late(request: Request, read: Iterable[Read]) -> frozenset[str]:
    """The notes that somebody saved after `still_ms`, and may still be writing."""
    if request.still_ms is None:
        return frozenset()
    since, until = request.still_ms * 1_000_000, (request.now_ms + _AHEAD_MS) * 1_000_000
    return frozenset(each.document.source.path for each in read if since < each.stamp.modified < until)


def fresh_ids(
    request: Request, documents: Sequence[Document], lock: Lock, others: Iterable[int] = ()
) -> Iterator[NoteId]:
    """Free IDs: those that stand in any line of the vault or in the lock are taken, and `others`."""
    texts = (digits for document in documents for digits in document.digits.split())
    taken = {int(digits) for digits in texts if len(digits) <= 16}
    yield from new_ids(request.now_ms, request.seed, frozenset(taken | set(lock.entries) | lock.suspects | set(others)))


def told_of(
    request: Request, reading: Reading, plan: Plan, run: Iterable[Diagnostic], told: Iterable[Diagnostic]
) -> tuple[Diagnostic, ...]:
    """All that is told before a plan is carried out."""
    empty = paths_without_notes(request, reading.files)
    return in_scope(request, reading.files, (*reading.diagnostics, *told, *plan.diagnostics, *run, *empty))
