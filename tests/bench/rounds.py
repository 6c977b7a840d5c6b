"""The rounds: all tools in turn on one vault, case by case, and whether what they built is right."""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.bench.cases import Case
from tests.bench.decks import count_notes
from tests.bench.measure import Usage, measure, middle
from tests.bench.peers import Peers
from tests.bench.tools import Ankdown, Floor, Ours, Tool, Work
from tests.bench.vaults import Shape
from tests.bench.watching import SAVES, can_watch, watch

OURS = "ours"

_GRAIN = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the vaults go, how often each case is measured, and who. `checkouts` are label and folder."""

    folder: Path
    rounds: int
    python: str
    checkouts: tuple[tuple[str, Path], ...]
    peers: Peers | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool used in the rounds of a case. `wrong` tells what it should not have built."""

    case: Case
    tool: str
    usages: tuple[Usage, ...]
    wrong: str = ""

    @property
    def middle(self) -> Usage:
        """The medians."""
        return middle(self.usages)


def run(cases: Sequence[Case], plan: Plan) -> Iterator[Result]:
    """The results as they come. A last one of each vault, without usages, tells where decks differ from cold ones.

    Raises `Failed` where a command fails.
    """
    for shape, some in groupby(cases, key=lambda case: case.shape):
        with tempfile.TemporaryDirectory(dir=plan.folder, prefix=f"{shape.name}-") as folder:
            yield from _on_vault(shape, tuple(some), plan, Path(folder))


def _on_vault(shape: Shape, cases: Sequence[Case], plan: Plan, folder: Path) -> Iterator[Result]:
    ours = tuple(Ours(label, plan.python, path, folder / label) for label, path in plan.checkouts)
    for each in ours:
        each.verify()
    others: list[Tool] = [Floor(folder / "floor", plan.peers)]
    if plan.peers and any(case.work is Work.COLD for case in cases) and not shape.decks:
        others.append(Ankdown(folder / "ankdown", plan.peers))
    for tool in (*ours, *others):
        _tell(f"{shape.name}: {tool.label} gets its files")
        tool.make(shape)
    for case in cases:
        _tell(case.name)
        before = {each.label: each.digest() for each in ours}
        watched = case.work is Work.WATCH
        found = _watches(ours, plan.rounds) if watched else _rounds(case.work, (*ours, *others), plan.rounds)
        for tool in (*ours, *others):
            if tool.label in found:
                wrong = _count(shape, tool) if tool.packages() else ""
                if isinstance(tool, Ours):
                    wrong = wrong or _compare(case.work, before[tool.label], tool.digest())
                yield Result(case, tool.label, tuple(found[tool.label]), wrong)
    for each in ours:
        yield Result(cases[-1], each.label, (), _as_cold(each))


def _rounds(work: Work, tools: Sequence[Tool], rounds: int) -> dict[str, list[Usage]]:
    """One after the other in each round, so that what else the machine does falls on all of them."""
    found = defaultdict(list)
    if work is Work.NOTHING:
        _leave_alone(tools)
    for _ in range(rounds):
        for tool in tools:
            if command := tool.ready(work):
                found[tool.label].append(measure(command))
    return found


def _leave_alone(tools: Sequence[Tool]) -> None:
    """Files that were just written may change again within the grain of the clock, and are looked into until then. What
    is measured is a vault that was left alone, and built once since.
    """
    time.sleep(_GRAIN)
    for tool in tools:
        if command := tool.ready(Work.NOTHING):
            measure(command)


def _watches(ours: Sequence[Ours], rounds: int) -> dict[str, list[Usage]]:
    saves = SAVES if rounds > 1 else 1
    able = [each for each in ours if can_watch(each)]
    if not able:
        _tell("there is no `ankisync watch`, or no /proc to measure it by")
    return {each.label: list(watch(each, saves)) for each in able}


def _count(shape: Shape, tool: Tool) -> str:
    notes = count_notes(tool.packages())
    return "" if notes == shape.cards else f"{notes} notes for {shape.cards} cards"


def _compare(work: Work, before: str, after: str) -> str:
    """What is wrong with the decks, by their digests. Without the lock, edited notes have another `mod`, and may."""
    if work is Work.COLD_WITHOUT_LOCK:
        return ""
    same = work in (Work.COLD, Work.NOTHING)
    if same == (before == after):
        return ""
    return "decks are not those of the build before" if same else "no deck was changed"


def _as_cold(ours: Ours) -> str:
    """Whether the decks as they stand after all changes are those of a cold build."""
    before = ours.digest()
    if command := ours.ready(Work.COLD):
        measure(command)
    return "" if ours.digest() == before else "decks differ from those of a cold build"


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
