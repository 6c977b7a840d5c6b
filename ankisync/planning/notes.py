"""The notes of a plan, file by file; those of files that were left out are read when they are asked for."""

from collections import defaultdict
from functools import cached_property

from ankisync.attachments import attach
from ankisync.diagnostics import diagnose, whole
from ankisync.locklines import LockLines, LockText
from ankisync.model import Diagnostic, Note
from ankisync.packaging import Part
from ankisync.plan import Plan
from ankisync.planning.blocks import read_anew
from ankisync.planning.planned import Planned
from ankisync.reading import Reading, read_file
from ankisync.settling import Known, note_of


class Gone(Exception):
    """A file is not any more as it was when the plan was made; `why` tells it."""

    def __init__(self, why: Diagnostic) -> None:
        super().__init__(why.message)
        self.why = why


class Notes:
    """Gives the notes of the parts of packages."""

    def __init__(self, planned: Planned, plan: Plan) -> None:
        self.planned = planned
        self.listing = planned.attachments.listing
        self.by_file: defaultdict[str, list[Note]] = defaultdict(list)
        for note in plan.notes:
            self.by_file[note.location.path].append(note)

    def of(self, part: Part) -> list[Note]:
        """The notes of a part, in its order. Raises `Gone`."""
        if part.path not in self.planned.kept.files:
            ids = frozenset(part.ids)
            return [note for note in self.by_file[part.path] if note.id in ids]
        return self._read(part)

    @cached_property
    def _lock(self) -> LockText:
        """The lock as it was read. Where its lines lie is found out once."""
        file, memory = self.planned.lock_file, self.planned.kept.memory
        return LockText(file.data, memory.lines) if file and memory else LockText(b"", LockLines(0, (), ()))

    def _read(self, part: Part) -> list[Note]:
        planned, request = self.planned, self.planned.request
        memory = planned.kept.memory
        found = read_file(request.root.folder, part.path, request.root.settings)
        if memory is None or isinstance(found, Diagnostic):
            raise Gone(diagnose("A601", whole(part.path)))
        if found[0].digest != memory.files.digest(part.path):
            raise Gone(diagnose("A601", whole(part.path)))
        syntax = planned.rules.syntax
        reading = Reading(planned.reading.files, (read_anew(*found, syntax),), (), complete=True)
        attachments = attach(request.root, reading, syntax, memory.media, self.listing)
        self.listing = attachments.listing
        read = attachments.reading.read[0]
        lock = self._lock.part(part.ids)
        known = Known(lock, {}, syntax.notetypes, planned.inputs.now, request.locked)
        blocks = {block.ids[0].id: block for block in read.document.blocks if block.ids}
        return [note_of(note_id, blocks[note_id], known) for note_id in part.ids]
