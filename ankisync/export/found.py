"""What an export holds, and why a file is none."""

from collections.abc import Mapping

from ankisync.model import Guid, NoteId
from ankisync.notetypes import Notetype, NotetypeId
from ankisync.values import dataclass

EXPORT = "in Anki, File > Export makes an Anki Deck Package (.apkg) or an Anki Collection Package (.colpkg)"
AGAIN = "copy the file again, or export it again from Anki"
REPAIR = "in Anki, run Tools > Check Database, and export again"
OLDER = "export again with 'Support older Anki versions' ticked, or look for a newer ankisync"
CLOSE = "close Anki (where it is closed, open and close it once), or name an .apkg or .colpkg that it exported"


@dataclass(frozen=True, slots=True)
class ExportedNote:
    """A note as Anki has it: `mod` in seconds; `cards` are (ord, card id), sorted, none for a note that lost them.

    The guid is what stands there: it may be empty, and two notes may share one.
    """

    id: NoteId
    guid: Guid
    notetype: NotetypeId
    mod: int
    cards: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Export:
    """A collection or a part of one, read whole: at least one note, and the notetype of each."""

    notes: Mapping[NoteId, ExportedNote]
    notetypes: Mapping[NotetypeId, Notetype]


@dataclass(frozen=True, slots=True)
class NoExport:
    """Why a file cannot be read, as half a sentence after its name, and what to do about it."""

    reason: str
    hint: str


class Unreadable(Exception):
    """What `read_export` gives back as a `NoExport`; never seen outside of this package."""

    def __init__(self, reason: str, hint: str) -> None:
        # SQLite's words may hold what stands in a damaged page.
        shown = "".join(each if each.isprintable() else " " for each in reason)
        super().__init__(shown)
        self.outcome = NoExport(shown, hint)
