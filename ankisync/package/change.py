"""What became of the parts of a package since the last run. Pure."""

from collections.abc import Mapping, Sequence

from ankisync.package.head import Head
from ankisync.package.kept import Index
from ankisync.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Change:
    """From the last run to this one: `held` are the parts of this run (by number) that were in the last one, with
    where its ledger has them and how many bytes; `gone` are the notes of the last run's other parts. `moves` say which
    places of the last run move by how much: each from its first place up to the next one's; none where none moves.
    `head` tells that it is another one, `large` that a patch would cost more than to build anew.
    """

    held: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    gone: tuple[int, ...] = ()
    moves: tuple[tuple[int, int], ...] = ()
    head: bool = False
    large: bool = False


def compare(parts: Sequence[tuple[bytes, tuple[int, ...]]], head: Head, last: Index) -> Change:
    """The change from the last run to these parts, given as key and ids. A part is the same one wherever it stands."""
    before = _places(last)
    held: dict[int, tuple[int, int]] = {}
    moves: list[tuple[int, int]] = []
    place, fresh = 1, 0
    for number, part in enumerate(parts):
        was = before.pop(part, None)
        if was is None:
            fresh += len(part[1])
        else:
            first, at, size = was
            held[number] = (at, size)
            if part[1]:
                moves.append((first, place - first))
        place += len(part[1])
    gone = tuple(note_id for _, ids in before for note_id in ids)
    large = 3 * max(fresh, len(gone)) > place - 1
    return Change(held, gone, _joined(moves), head != last.head, large)


def _places(last: Index) -> dict[tuple[bytes, tuple[int, ...]], tuple[int, int, int]]:
    """The parts of the last run, each with the place of its first note and where its ledger lies."""
    found = {}
    place, at = 1, len(last.head.adopted.encode())
    for part in last.parts:
        found[part.key, part.ids] = (place, at, part.ledger)
        place += len(part.ids)
        at += part.ledger
    return found


def _joined(moves: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for first, by in sorted(moves):
        if not joined or joined[-1][1] != by:
            joined.append((first, by))
    return tuple(joined) if any(by for _, by in joined) else ()
