"""The results as a plain text, and as values for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from tests.bench.cases import GROWTHS, Case, Figure, Growth, Target
from tests.bench.measure import Usage
from tests.bench.rounds import OURS, Result

_UNITS: Mapping[Figure, tuple[str, str]] = {"cpu": ("CPU", "s"), "wall": ("wall", "s"), "peak": ("peak", "MB")}


def lines(cases: Sequence[Case], results: Sequence[Result]) -> Iterator[str]:
    """A paragraph a case: who used what, as multiples of whom, and what was to be reached; growth and faults last."""
    measured = [result for result in results if result.usages]
    for case in cases:
        used = {result.tool: result.middle for result in measured if result.case == case}
        if OURS not in used:
            yield f"{case.name}: not measured\n"
            continue
        yield f"{case.name}: {case.work.value}; {case.shape.cards:,} cards ({case.shape.name})"
        yield from _rows(used)
        yield from (_verdict(target, used) for target in case.targets)
        yield ""
    yield from _growths({result.case.name: result for result in measured if result.tool == OURS})
    wrong = [result for result in results if result.wrong]
    yield from (
        f"WRONG: {result.case.shape.name}, {result.case.name}, {result.tool}: {result.wrong}" for result in wrong
    )
    if len(measured) < len(results) and not wrong:
        yield "decks after a cold build, after one with nothing to do and after all changes: the same bytes"


def values(results: Sequence[Result]) -> list[dict[str, object]]:
    """The results for JSON: case, tool, what is wrong, and the figures of every round."""
    return [
        {
            "case": result.case.name,
            "work": result.case.work.value,
            "shape": asdict(result.case.shape),
            "tool": result.tool,
            "wrong": result.wrong,
            "rounds": [asdict(usage) for usage in result.usages],
        }
        for result in results
    ]


def _rows(used: Mapping[str, Usage]) -> Iterator[str]:
    others = [label for label in used if label != OURS]
    yield f"  {'':<10}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}" + "".join(f"{f'CPU to {label}':>16}" for label in others)
    for label, usage in used.items():
        ratios = "".join(f"{usage.cpu / used[other].cpu:>14.2f} x" for other in others if used[other].cpu)
        yield f"  {label:<10}{usage.cpu:>9.3f}{usage.wall:>9.3f}{usage.peak:>9.0f}{ratios}"


def _verdict(target: Target, used: Mapping[str, Usage]) -> str:
    name, unit = _UNITS[target.figure]
    ours = _figure(used[OURS], target.figure)
    if target.of is None:
        return f"  {name} {_judged(ours, target, unit)}"
    if target.of not in used:
        return f"  {name} to {target.of}: not measured"
    return f"  {name} to {target.of} {_judged(ours / _figure(used[target.of], target.figure), target, 'x')}"


def _judged(reached: float, target: Target, unit: str) -> str:
    words = "not reached"
    if reached <= target.must:
        words = "reached, and beyond" if reached <= target.beyond else "reached"
    return f"{reached:.3g} {unit}, must {target.must:g}, beyond {target.beyond:g}: {words}"


def _figure(usage: Usage, figure: Figure) -> float:
    return {"cpu": usage.cpu, "wall": usage.wall, "peak": usage.peak}[figure]


def _growths(ours: Mapping[str, Result]) -> Iterator[str]:
    for growth in GROWTHS:
        if growth.small in ours and growth.large in ours:
            yield _growth(growth, ours[growth.small], ours[growth.large])


def _growth(growth: Growth, small: Result, large: Result) -> str:
    times = large.middle.cpu / small.middle.cpu
    head = f"growth, {growth.name}: {times:.1f} x, must {growth.must:g}"
    if shrunk := _shrunk(small.case, large.case):
        return f"{head}: {shrunk}"
    return f"{head}: {'reached' if times <= growth.must else 'not reached'}"


def _shrunk(small: Case, large: Case) -> str:
    return "both are of one size (--cards)" if small.shape == large.shape else ""
