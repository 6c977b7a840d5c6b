"""One ID on several cards: which of them is the note, and what is told of the others."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ankisync.diagnostics import diagnose
from ankisync.expression import expression
from ankisync.lock import Entry, lock_path
from ankisync.model import Block, Diagnostic, IdMark, NoteHash, NoteId

# What file managers and sync tools append to the name of a copy: `note (1)`, `note 2`, `note copy`, `note - Copy`.
_COPY = expression(r"(?i)[ _-](?:\(?[0-9]{1,3}\)|[0-9]|copy(?: [0-9]+| \([0-9]+\))?)$|conflict")


class Claim(NamedTuple):
    """A card and the ID under which it would be built."""

    block: Block
    mark: IdMark

    @property
    def hash(self) -> NoteHash:
        """The digest of the card's text."""
        return self.block.hash

    @property
    def file(self) -> str:
        """The file in which the card stands."""
        return self.block.location.path

    @property
    def name_order(self) -> tuple[bool, str, int]:
        """Files that are not named like a copy first, then by path."""
        return _COPY.search(self.file.rpartition(".")[0]) is not None, self.file, self.block.location.line


def resolve(
    claims: Iterable[Claim], entries: Mapping[NoteId, Entry]
) -> tuple[dict[NoteId, Claim], tuple[Diagnostic, ...]]:
    """At most one claim for each ID. Kept is the one whose text is the lock's, else whose file is the lock's, else,
    if all are equal, the one with the plainest file name; if that does not decide, none.
    """
    kept: dict[NoteId, Claim] = {}
    more: defaultdict[NoteId, list[Claim]] = defaultdict(list)
    for claim in claims:
        note_id = claim.mark.id
        if kept.setdefault(note_id, claim) is not claim:
            more[note_id].append(claim)
    told: list[Diagnostic] = []
    equal: defaultdict[tuple[str, str], list[tuple[Claim, Claim]]] = defaultdict(list)
    for note_id, others in more.items():
        same = [kept.pop(note_id), *others]
        chosen = _choose(same, entries.get(note_id))
        if chosen is not None:
            kept[note_id] = chosen
        for one, other in _pairs(same, chosen):
            if chosen is not None and one.hash == other.hash:
                equal[one.file, other.file].append((one, other))
            else:
                told.append(_differ(one, other))
    return kept, (*told, *(_copies(pairs) for pairs in equal.values()))


def _choose(same: Sequence[Claim], entry: Entry | None) -> Claim | None:
    candidates = [claim for claim in same if entry and claim.hash == entry.hash]
    if not candidates:
        candidates = [claim for claim in same if entry and lock_path(claim.file) == entry.file]
        if len({claim.hash for claim in candidates}) > 1:
            return None
    if not candidates and len({claim.hash for claim in same}) == 1:
        candidates = list(same)
    at_home = [claim for claim in candidates if entry and lock_path(claim.file) == entry.file]
    return min(at_home or candidates, key=lambda claim: claim.name_order, default=None)


def _pairs(same: Sequence[Claim], chosen: Claim | None) -> list[tuple[Claim, Claim]]:
    """(the one left out, the one it is told against)."""
    if chosen is None:
        return [(each, same[0]) for each in same[1:]]
    return [(each, chosen) for each in same if each is not chosen]


def _differ(one: Claim, other: Claim) -> Diagnostic:
    place = other.block.location
    return diagnose("A402", one.block.location, id=one.mark.id, other=f"{place.path}:{place.line}")


def _copies(pairs: Sequence[tuple[Claim, Claim]]) -> Diagnostic:
    """One warning for all equal cards of a pair of files."""
    one, other = pairs[0]
    more = f" (and {len(pairs) - 1} more between these files)" if len(pairs) > 1 else ""
    place = other.block.location
    values = {"id": one.mark.id, "other": f"{place.path}:{place.line}", "more": more}
    return diagnose("A403", one.block.location, **values)
