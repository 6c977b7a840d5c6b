"""A plan with all that it depends on."""

from collections.abc import Mapping

from ankisync.attachments import Attachments, Lister
from ankisync.filememory import FileMemories, FileMemory
from ankisync.locklines import LockText
from ankisync.memory import Memory
from ankisync.model import Diagnostic, Ledger
from ankisync.plan import Inputs, Plan
from ankisync.planning.rules import Rules
from ankisync.planning.telling import under_paths
from ankisync.reading import LockFile, Reading
from ankisync.request import Request
from ankisync.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Kept:
    """What a pass over a part of a vault took from the `memory` of the last build: the `files` that it left out, some
    of which have a new stamp (`restamped`), the `lock`, of which it read a part, and what gives the `listing` of media
    files.
    """

    memory: Memory | None = None
    files: FileMemories = field(default_factory=FileMemories)
    restamped: Mapping[str, FileMemory] = field(default_factory=dict)
    lock: LockText | None = None
    listing: Lister | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what it depends on, and everything that is to be told before it is carried out. `lock_file` is the lock
    as it was read, `attachments` holds what was read; of all files, or of those that `kept` leaves; `published` is what
    the packages hold that readers have, where they were named.
    """

    request: Request
    rules: Rules
    inputs: Inputs
    plan: Plan
    lock_file: LockFile | None
    attachments: Attachments
    kept: Kept
    diagnostics: tuple[Diagnostic, ...]
    published: Ledger = field(default_factory=dict)

    @property
    def reading(self) -> Reading:
        """What was read."""
        return self.attachments.reading

    @property
    def shown_files(self) -> frozenset[str]:
        """The files that are told of: those under the PATHs, else all."""
        return under_paths(self.request, self.reading.files)
