"""The values that the passes hand to each other. A *note* is an Anki note; the Markdown side is a *file*."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple, NewType

from ankisync.notetypes import Notetype, NotetypeId
from ankisync.source import Digest, Edit, Source, Span
from ankisync.values import dataclass

NoteId = NewType("NoteId", int)
Guid = NewType("Guid", str)
DeckName = NewType("DeckName", str)
NoteHash = NewType("NoteHash", str)

Fields = tuple[tuple[str, str], ...]


class Location(NamedTuple):
    """A place in the vault: `path` relative to its root; line and column count from 1, in characters."""

    path: str
    line: int
    column: int


class Severity(StrEnum):
    """`error`: something is left out or would be wrong. `warning`: all is built, look at it. `info`: told once."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to tell, worded by `ankisync.diagnostics`."""

    code: str
    severity: Severity
    location: Location
    message: str
    hint: str


class IdMark(NamedTuple):
    """An ID as it stands in a file, and where."""

    id: NoteId
    location: Location


class Insertion(NamedTuple):
    """Where a new ID goes into a file: at offset `at`, its digits between `before` and `after`."""

    at: int
    before: str
    after: str

    def edit(self, note_id: NoteId) -> Edit:
        """The edit that writes an ID."""
        return Edit(Span(self.at, self.at), f"{self.before}{note_id}{self.after}")


class Deletion(NamedTuple):
    """A note that the file says is to go, and the edit that takes that word and its ID out of the file."""

    id: NoteId
    location: Location
    edit: Edit


class Attachment(NamedTuple):
    """A picture, sound or video that a card uses: the `target` that its text names, the `name` under which Anki has it,
    the file's `path` relative to the root (or absolute, outside of it), and the `digest` of its content.
    """

    target: str
    name: str
    path: str
    digest: str


class Embed(NamedTuple):
    """A passage of a note that a card takes in: the `target` that its text names, the passage's `text`, and what that
    embeds in its turn.
    """

    target: str
    text: str
    media: tuple[Attachment, ...]
    embeds: tuple["Embed", ...]


def files_of(media: Iterable[Attachment], embeds: Iterable[Embed]) -> Iterator[Attachment]:
    """All files that a note uses, in what it embeds too."""
    yield from media
    for embed in embeds:
        yield from files_of(embed.media, embed.embeds)


class Block(NamedTuple):
    """A card as it stands in a file. It is a tuple, as `Note` is: there is one for each card, and a dataclass that is
    frozen takes five times as long to make.

    `notetype` is the key of its notetype; `fields` are (name, Markdown) pairs with LF line ends, `tags` are all that
    apply to it, `ids` its ID marks in the order in which they count, `insertion` is where one goes that has none,
    `context` the headings above it, `media` and `embeds` what it embeds.
    """

    kind: str
    notetype: str
    fields: Fields
    tags: tuple[str, ...]
    ids: tuple[IdMark, ...]
    deck: DeckName
    insertion: Insertion | None
    span: Span
    location: Location
    hash: NoteHash
    context: tuple[str, ...] = ()
    media: tuple[Attachment, ...] = ()
    embeds: tuple[Embed, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One file, read: its cards and what is to be told about it.

    `digits` are the runs of ten digits or more in the whole text, in fences and comments too, with blanks between: what
    stands there is neither retired nor given to another note. `unclaimed` are IDs that belong to no card; `deletions`
    are notes that it says are to go.
    """

    source: Source
    blocks: tuple[Block, ...]
    diagnostics: tuple[Diagnostic, ...]
    digits: str
    unclaimed: tuple[IdMark, ...] = ()
    deletions: tuple[Deletion, ...] = ()


def is_plain(document: Document) -> bool:
    """Whether nobody will ask for the text of a file again: each card has its ID, and nothing in it is to go."""
    return not document.deletions and all(block.ids for block in document.blocks)


class Status(StrEnum):
    """What a note is to the lock. `NEW` has no entry in it yet."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Note(NamedTuple):
    """An Anki note: a card of the Markdown with its identity settled.

    `mod` is in seconds; `fields`, `media` and `embeds` are as in its block, `notetype` is the one that it is delivered
    under, `key` what its card names; `foreign` and `cards` as in the lock; `moved_from` is the deck that the lock has
    for it where that is another one, `retyped` tells that its notetype is another one than the lock's; `context` are
    the headings above it, `line` is where it stands after the build; `insertion` is the edit that writes its ID into
    the file, for a card that has none there yet; `packed` is the `mod` with which a package that is about to be
    replaced holds it, 0 where none does.
    """

    id: NoteId
    guid: Guid
    hash: NoteHash
    mod: int
    notetype: Notetype
    fields: Fields
    tags: tuple[str, ...]
    deck: DeckName
    location: Location
    status: Status
    foreign: bool = False
    cards: tuple[tuple[int, int], ...] = ()
    key: str = ""
    moved_from: DeckName | None = None
    retyped: bool = False
    context: tuple[str, ...] = ()
    line: int = 0
    insertion: Edit | None = None
    media: tuple[Attachment, ...] = ()
    embeds: tuple[Embed, ...] = ()
    packed: int = 0


@dataclass(frozen=True, slots=True)
class FilePlan:
    """What is to be written into one note file that still has the digest with which it was read."""

    path: str
    digest: Digest
    content: bytes
    edits: tuple[Edit, ...]


class Delivered(NamedTuple):
    """What a package that exists holds of one note; `guid` is None where it is the one that follows from the ID,
    `foreign`, `notetype`, `type` and `cards` as in the lock.
    """

    hash: NoteHash
    mod: int
    deck: DeckName
    guid: Guid | None
    foreign: bool = False
    notetype: NotetypeId | None = None
    cards: tuple[tuple[int, int], ...] = ()
    type: str | None = None


Ledger = Mapping[NoteId, Delivered]
