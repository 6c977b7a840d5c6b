"""What is remembered of the note files: few of many are looked into in a build."""

import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ankisync.model import Attachment, DeckName, Diagnostic, Location, NoteId
from ankisync.notetypes import NotetypeId
from ankisync.packaging import Part
from ankisync.plain import PlainPlace, PlainTold, packed, plain_place, plain_told, read_told, unpacked
from ankisync.sealed import plain_stamp, read_stamp
from ankisync.source import Digest
from ankisync.stamps import PlainStamp, Stamp, is_as
from ankisync.values import dataclass

_SETTLED, _EMBEDS, _TELLS = 1, 2, 4
_SPARE = 100

_PlainMedia = Sequence[tuple[str, str, str, str]]
_PlainPart = tuple[str, bytes, bytes, tuple[int, ...], tuple[str, ...], _PlainMedia]
_Row = tuple[Sequence[_PlainPart], Sequence[PlainPlace], Sequence[PlainTold], Sequence[PlainPlace]]


@dataclass(frozen=True, slots=True)
class FileMemory:
    """One note file. `stamp` is None where a change within the grain of the clock would not show in it.

    `settled`: all that stands in it is in the lock and the packages, and nothing about its identity was told. `parts`
    are its parts of packages; `digits` the runs of digits in it beside the IDs of these, in blanks; `unclaimed` are the
    places of IDs that belong to no card, `strange` counts its notes that another tool made and that were never bound;
    `told`, `embeds`, `uses` and `remote` are as they were read.
    """

    stamp: Stamp | None
    digest: Digest
    settled: bool
    parts: tuple[Part, ...]
    digits: str
    unclaimed: tuple[Location, ...]
    strange: int
    told: tuple[Diagnostic, ...]
    embeds: bool
    uses: tuple[str, ...]
    remote: tuple[Location, ...]

    @property
    def ids(self) -> Iterator[NoteId]:
        """The IDs of its notes."""
        return (note_id for part in self.parts for note_id in part.ids)


class _Columns(NamedTuple):
    """Of some files: what is asked of all of them in each build, value by value, and the rest in `rows`."""

    stamps: list[PlainStamp]
    flags: list[int]
    uses: list[tuple[str, ...]]
    digits: list[str]
    strange: list[int]
    greatest: list[int]
    digests: list[bytes]
    rows: list[bytes]

    def copied(self) -> "_Columns":
        """A copy for changes."""
        one, two = (self.stamps[:], self.flags[:], self.uses[:]), (self.digits[:], self.strange[:], self.greatest[:])
        return _Columns(*one, *two, self.digests[:], self.rows[:])

    def of(self, places: Iterable[int]) -> "_Columns":
        """The values at these places only."""
        order = list(places)
        every = order == list(range(len(self.rows)))
        return self if every else _Columns(*([each[at] for at in order] for each in self))  # type: ignore[arg-type]

    def put(self, at: int, file: FileMemory) -> None:
        """Have a file at a place, a new one at the end."""
        tells = bool(file.unclaimed or file.told or file.remote)
        self.stamps[at : at + 1] = [plain_stamp(file.stamp)]
        self.flags[at : at + 1] = [_SETTLED * file.settled | _EMBEDS * file.embeds | _TELLS * tells]
        self.uses[at : at + 1] = [file.uses]
        self.digits[at : at + 1] = [file.digits]
        self.strange[at : at + 1] = [file.strange]
        self.greatest[at : at + 1] = [max([max(part.ids, default=0) for part in file.parts], default=0)]
        self.digests[at : at + 1] = [file.digest]
        self.rows[at : at + 1] = [marshal.dumps(_row(file))]  # type: ignore[arg-type]  # plain values only


class FileMemories(Mapping[str, FileMemory]):
    """Files by path, in order. Each is made of its row when it is asked for: a build asks for few of many."""

    def __init__(self, places: Mapping[str, int] | None = None, columns: _Columns | None = None) -> None:
        self._places = places or {}
        self._columns = columns or _Columns([], [], [], [], [], [], [], [])

    def __getitem__(self, path: str) -> FileMemory:
        at, columns = self._places[path], self._columns
        return _read_file(
            path,
            columns.stamps[at],
            columns.digests[at],
            columns.flags[at],
            columns.digits[at],
            columns.strange[at],
            columns.uses[at],
            *marshal.loads(columns.rows[at]),  # noqa: S302 - the checksum of the whole says that we wrote it
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, path: object) -> bool:
        return path in self._places

    def with_files(self, names: Iterable[str], files: Mapping[str, FileMemory]) -> "FileMemories":
        """The files of these names, in their order: those given, else those that are here."""
        columns = self._columns.copied()
        known = dict(self._places)
        for path, file in files.items():
            at = known.setdefault(path, len(columns.rows))
            columns.put(at, file)
        places = {name: known[name] for name in names}
        if len(columns.rows) > 2 * len(places) + _SPARE:
            # A process that builds for days sees many files come and go.
            return FileMemories({name: at for at, name in enumerate(places)}, columns.of(places.values()))
        return FileMemories(places, columns)

    def changed(self, folder: str, names: Iterable[str]) -> list[str]:
        """Which of the files of these names, in a folder, are not here, or have another stamp than here."""
        stamps = self._columns.stamps
        places = self._places
        return [name for name in names if (at := places.get(name)) is None or not is_as(f"{folder}/{name}", stamps[at])]

    def as_they_were(self, folder: str) -> bool:
        """Whether all files, in a folder, of which that can be said have the stamp that they have here."""
        stamps = self._columns.stamps
        known = ((path, stamps[at]) for path, at in self._places.items())
        return all(at is None or is_as(f"{folder}/{path}", at) for path, at in known)

    def same_stamp(self, path: str, at: Stamp | None) -> bool:
        """Whether a file that is here has this stamp, and that tells something."""
        return path in self._places and at is not None and self._columns.stamps[self._places[path]] == at

    def digest(self, path: str) -> Digest:
        """The digest of a file's bytes."""
        return Digest(self._columns.digests[self._places[path]])

    def unsettled(self) -> list[str]:
        """The files that are not settled."""
        flags = self._columns.flags
        return [path for path, at in self._places.items() if not flags[at] & _SETTLED]

    def embedding(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The files of which a card may embed something, each with what it does embed."""
        flags, uses = self._columns.flags, self._columns.uses
        return ((path, uses[at]) for path, at in self._places.items() if flags[at] & _EMBEDS)

    def telling(self) -> list[str]:
        """The files of which there is anything to tell, on their own or with others."""
        flags = self._columns.flags
        return [path for path, at in self._places.items() if flags[at] & _TELLS]

    def stamps(self) -> Iterator[tuple[str, Stamp | None]]:
        """All files with their stamps."""
        stamps = self._columns.stamps
        return ((path, read_stamp(stamps[at])) for path, at in self._places.items())

    def strange(self) -> int:
        """How many notes of all files another tool made, and nobody bound."""
        strange = self._columns.strange
        return sum([strange[at] for at in self._places.values()])

    def greatest(self) -> int:
        """The greatest ID of a note; 0 where there is none."""
        greatest = self._columns.greatest
        return max([greatest[at] for at in self._places.values()], default=0)

    def digits(self) -> str:
        """The runs of digits in all files, beside the IDs of their notes, in blanks."""
        digits = self._columns.digits
        return " ".join([digits[at] for at in self._places.values() if digits[at]])

    def plain(self) -> tuple[object, ...]:
        """All files as plain values."""
        return list(self._places), *self._columns.of(self._places.values())


def read_files(names: Iterable[str], *columns: Sequence[object]) -> FileMemories:
    """The files of what `FileMemories.plain` gave."""
    return FileMemories({name: at for at, name in enumerate(names)}, _Columns(*columns))  # type: ignore[arg-type]


def _row(each: FileMemory) -> _Row:
    return (
        [_plain_part(part) for part in each.parts],
        [plain_place(place) for place in each.unclaimed],
        [plain_told(one) for one in each.told],
        [plain_place(place) for place in each.remote],
    )


def _read_file(
    path: str,
    stamp: PlainStamp,
    digest: bytes,
    flags: int,
    digits: str,
    strange: int,
    uses: tuple[str, ...],
    parts: Sequence[_PlainPart],
    places: Sequence[PlainPlace],
    told: Sequence[PlainTold],
    remote: Sequence[PlainPlace],
) -> FileMemory:
    return FileMemory(
        stamp=read_stamp(stamp),
        digest=Digest(digest),
        settled=bool(flags & _SETTLED),
        parts=tuple([_part(path, *each) for each in parts]),
        digits=digits,
        unclaimed=tuple([Location(*place) for place in places]),
        strange=strange,
        told=tuple([read_told(*each) for each in told]),
        embeds=bool(flags & _EMBEDS),
        uses=uses,
        remote=tuple([Location(*place) for place in remote]),
    )


def _plain_part(part: Part) -> _PlainPart:
    media = [(each.target, each.name, each.path, each.digest) for each in part.media]
    return part.top, part.key, packed("Q", part.ids), part.notetypes, part.decks, media


def _part(
    path: str,
    top: str,
    key: bytes,
    ids: bytes,
    notetypes: tuple[int, ...],
    decks: tuple[str, ...],
    media: _PlainMedia,
) -> Part:
    return Part(
        path,
        top,
        key,
        tuple(unpacked("Q", ids)),  # type: ignore[arg-type]  # numbers that were note ids
        tuple(map(NotetypeId, notetypes)),
        tuple(map(DeckName, decks)),
        tuple([Attachment(*each) for each in media]),
    )
