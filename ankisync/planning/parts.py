"""The parts of all packages of a plan, of those too in which a pass over a part of the vault has no say."""

from collections.abc import Iterator, Sequence

from ankisync.identity import fold_deck
from ankisync.model import DeckName
from ankisync.packaging import PackagePlan, Part
from ankisync.plan import Plan
from ankisync.planning.planned import Planned


def parts_of(planned: Planned, plan: Plan) -> Iterator[Sequence[Part]]:
    """The parts of each package, in their order in it."""
    return (package.parts or _remembered(planned, package) for package in plan.packages)


def _remembered(planned: Planned, package: PackagePlan) -> Sequence[Part]:
    """The parts of a package that is taken as it lies there: what the last build put into it."""
    memory = planned.kept.memory
    before = memory.packages.get(package.file) if memory else None
    if memory is None or before is None:
        return ()
    top = fold_deck(DeckName(before.top))
    parts = (part for path in before.paths for part in memory.files[path].parts)
    return [part for part in parts if fold_deck(DeckName(part.top)) == top]
