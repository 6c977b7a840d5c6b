"""The lock after a push: what Anki has by now."""

from collections.abc import Mapping

from ankisync import apply, cache
from ankisync.apply import Output
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, whole
from ankisync.keeping import Keeper
from ankisync.lock import NAME, Lock, write_lock
from ankisync.locklines import LockText, read_index
from ankisync.model import Diagnostic, NoteId
from ankisync.push.records import Record
from ankisync.reading import LockFile, read_lock_bytes, read_lock_file
from ankisync.request import Request
from ankisync.stamps import stamp
from ankisync.values import replace


def note_down(request: Request, keeper: Keeper, records: Mapping[NoteId, Record]) -> tuple[Diagnostic, ...]:
    """Write into the lock, as it is by now, what a push brought about. A build may have written it meanwhile."""
    if not records:
        return ()
    try:
        with cache.hold(request.root.folder, request.holder):
            return _note_down(request, keeper, records)
    except cache.Busy as busy:
        return (diagnose("A606", whole(cache.FOLDER), holder=str(busy)),)
    except cache.CannotHold as error:
        return (diagnose("A602", whole(cache.FOLDER), reason=str(error)),)


def _note_down(request: Request, keeper: Keeper, records: Mapping[NoteId, Record]) -> tuple[Diagnostic, ...]:
    file = read_lock_bytes(request.root.folder)
    if not isinstance(file, LockFile):
        why = file.message if isinstance(file, ConfigProblem) else "it is gone"
        return (diagnose("A602", whole(NAME), reason=why),)
    memory = keeper.recall()
    known = memory is not None and memory.lock == file.stamp
    index = memory.index if memory and known else read_index(file.data)
    text = LockText(file.piece, index) if index else None
    found = text.part(records) if text else read_lock_file(file)
    before = found if isinstance(found, Lock) else found[0] if isinstance(found, tuple) else None
    if before is None:
        return ()
    after = _after(before, records)
    if after.entries == before.entries:
        return ()
    then = text.exchanged(before, after) if text else None
    pieces = then.pieces() if then else (write_lock(after),)
    output = Output(
        request.root.folder / NAME, NAME, lambda target: target.writelines(pieces), file.before(request.now_ms)
    )
    applied = apply.apply(request.root.folder, (), lambda _: [output])
    at = stamp(request.root.folder / NAME)
    if applied.written and memory and known and then and at and _same_mods(before, after):
        # Let the next build know that nothing but this changed in the lock.
        keeper.remember(replace(memory, lock=at, index=then.index))
    return tuple(applied.diagnostics)


def _after(lock: Lock, records: Mapping[NoteId, Record]) -> Lock:
    known = {note_id: each for note_id, each in records.items() if note_id in lock.entries}
    changed = {note_id: each.entry(lock.entries[note_id]) for note_id, each in known.items()}
    return lock.with_entries({**lock.entries, **changed})


def _same_mods(before: Lock, after: Lock) -> bool:
    """Whether packages are as current as they were: the `mod` of a note goes into them."""
    return all(before.entries[each.id].mod == each.mod for each in after.entries.values())
