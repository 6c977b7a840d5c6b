"""`ankisync touch`: raise the `mod` of notes, so that the next import takes them over what was edited in Anki."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ankisync import apply, cache
from ankisync.apply import Output
from ankisync.config import ConfigProblem
from ankisync.diagnostics import diagnose, in_order, whole
from ankisync.discover import relative
from ankisync.identity import MAX_MOD
from ankisync.lock import NAME, Entry, Lock, lock_path, write_lock
from ankisync.model import Delivered, Diagnostic, NoteId
from ankisync.reading import read_lock_bytes, read_lock_file
from ankisync.request import Request
from ankisync.shelf import whole_ledger


def touch(
    request: Request, ids: Sequence[NoteId], everything: bool
) -> tuple[tuple[NoteId, ...], tuple[Diagnostic, ...]] | ConfigProblem:
    """Raise the `mod` of the notes with these IDs, of those in the request's paths, or of all that are not retired.

    Returns the IDs touched. An ID or path for which the lock has no note touches nothing at all.
    """
    try:
        with cache.hold(request.root.folder, request.holder):
            return _touch(request, ids, everything)
    except cache.Busy as busy:
        return (), (diagnose("A606", whole(cache.FOLDER), holder=str(busy)),)
    except cache.CannotHold as error:
        return (), (diagnose("A602", whole(cache.FOLDER), reason=str(error)),)


def _touch(
    request: Request, ids: Sequence[NoteId], everything: bool
) -> tuple[tuple[NoteId, ...], tuple[Diagnostic, ...]] | ConfigProblem:
    file = read_lock_bytes(request.root.folder)
    if isinstance(file, ConfigProblem):
        return file
    found = read_lock_file(file)
    if isinstance(found, ConfigProblem):
        return found
    lock, told = found
    if lock is None or file is None:
        return ConfigProblem(f"there is no {NAME} here", "build first: `ankisync build`")
    chosen = _choose(request, lock, ids, everything)
    if isinstance(chosen, ConfigProblem):
        return chosen
    delivered = whole_ledger(request)
    raised = {entry.id: _raised(entry, delivered.get(entry.id), request.now_ms // 1000) for entry in chosen}
    after = lock.with_entries({**lock.entries, **raised})
    output = Output(
        request.root.folder / NAME, NAME, lambda file: file.write(write_lock(after)), file.before(request.now_ms)
    )
    applied = apply.apply(request.root.folder, (), lambda _: [output])
    return tuple(raised) if applied.written else (), in_order((*told, *applied.diagnostics))


def _raised(entry: Entry, delivered: Delivered | None, now: int) -> Entry:
    """The entry with a `mod` above all that Anki can have from us. What was pushed is forgotten: by that a push knows
    that an edit in Anki is to give way, as long as it is older than this.
    """
    above = [each + 1 for each in (entry.mod, *entry.pushed, *([delivered.mod] if delivered else []))]
    deck = entry.pushed_deck or (entry.deck if entry.pushed else None)
    return entry._replace(mod=min(max(now, *above), MAX_MOD), pushed=(), pushed_deck=deck)


def _choose(request: Request, lock: Lock, ids: Sequence[NoteId], everything: bool) -> tuple[Entry, ...] | ConfigProblem:
    active = [entry for entry in lock.entries.values() if entry.retired is None]
    if everything:
        return tuple(active)
    unknown = [note_id for note_id in ids if note_id not in lock.entries]
    if unknown:
        return ConfigProblem(f"the lock has no note {unknown[0]}", "build first, or look at `ankisync list`")
    chosen = {note_id: lock.entries[note_id] for note_id in ids}
    for path in request.paths:
        inside = _inside(path, request.root.folder, active)
        if not inside:
            return ConfigProblem(f"the lock has no note in {relative(path, request.root.folder)}", "build first")
        chosen |= {entry.id: entry for entry in inside}
    return tuple(chosen.values())


def _inside(path: Path, root: Path, entries: Iterable[Entry]) -> list[Entry]:
    name = lock_path(relative(path, root))
    return [entry for entry in entries if name in ("", entry.file) or entry.file.startswith(f"{name}/")]
