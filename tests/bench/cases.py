"""What is measured and what issue 5 asks of it, as tables of values."""

from dataclasses import dataclass, replace
from typing import Literal

from tests.bench.tools import Work
from tests.bench.vaults import Shape

Figure = Literal["cpu", "wall", "peak"]


@dataclass(frozen=True, slots=True)
class Target:
    """What our figure must be and what would be more than that: seconds or MB, or a multiple of what `of`, another
    tool, has in the same case.
    """

    figure: Figure
    must: float
    beyond: float
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of work on a vault."""

    name: str
    shape: Shape
    work: Work
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Growth:
    """How many times the CPU time of one case another may take."""

    name: str
    small: str
    large: str
    must: float = 11.0


_MEDIUM, _LARGE = Shape(10_000), Shape(100_000)
_MEDIUM_ONE, _LARGE_ONE = replace(_MEDIUM, one=True), replace(_LARGE, one=True)

_REAL = Target("cpu", 1.0, 0.4, "ankdown")
_STUDY = Target("cpu", 1.0, 0.4, "ankdown")  # 1.5 where markdown-it-py alone renders
_NOTHING = (Target("cpu", 3.0, 1.7, "floor"), Target("cpu", 0.150, 0.080))
_PEAK = Target("peak", 300, 100)
_FILE = Target("cpu", 0.200, 0.100)
_FILE_ONE = Target("cpu", 0.900, 0.300)
_WATCH = Target("wall", 0.100, 0.050)

# Cases of one vault follow each other: it is made once for them. The lock goes last.
CASES = (
    Case("cold-200", Shape(200), Work.COLD),
    Case("nothing-200", Shape(200), Work.NOTHING),
    Case("cold-real-10k", replace(_MEDIUM, real=True), Work.COLD, (_REAL,)),
    Case("cold-highlight-10k", replace(_MEDIUM, highlight=True), Work.COLD),
    Case("cold-10k", _MEDIUM, Work.COLD, (_STUDY,)),
    Case("nothing-10k", _MEDIUM, Work.NOTHING),
    Case("file-10k", _MEDIUM, Work.FILE),
    Case("style-10k", _MEDIUM, Work.STYLE),
    Case("watch-10k", _MEDIUM, Work.WATCH),
    Case("cold-nolock-10k", _MEDIUM, Work.COLD_WITHOUT_LOCK),
    Case("cold-one-10k", _MEDIUM_ONE, Work.COLD),
    Case("file-one-10k", _MEDIUM_ONE, Work.FILE),
    Case("cold-10decks", replace(_MEDIUM_ONE, decks=10), Work.COLD),
    Case("cold-3000decks", replace(_MEDIUM_ONE, decks=3_000), Work.COLD),
    Case("cold-10packages", replace(_MEDIUM, decks=10), Work.COLD),
    Case("cold-3000packages", replace(_MEDIUM, decks=3_000), Work.COLD),
    Case("cold-100k", _LARGE, Work.COLD, (_STUDY, _PEAK)),
    Case("nothing-100k", _LARGE, Work.NOTHING, _NOTHING),
    Case("file-100k", _LARGE, Work.FILE, (_FILE,)),
    Case("style-100k", _LARGE, Work.STYLE),
    Case("watch-100k", _LARGE, Work.WATCH, (_WATCH,)),
    Case("cold-one-100k", _LARGE_ONE, Work.COLD, (_PEAK,)),
    Case("file-one-100k", _LARGE_ONE, Work.FILE, (_FILE_ONE,)),
)

GROWTHS = (
    Growth("10k to 100k cards", "cold-10k", "cold-100k"),
    Growth("10k to 100k cards, one package", "cold-one-10k", "cold-one-100k"),
    Growth("10 to 3,000 decks in one package", "cold-10decks", "cold-3000decks"),
    Growth("10 to 3,000 packages", "cold-10packages", "cold-3000packages"),
)
