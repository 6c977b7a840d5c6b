"""When to build, and which files not to write into. Pure: time comes in as a number of seconds on any one clock."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from ankisync.values import dataclass, field, replace

LONGEST = 5.0
"""Seconds for which a burst may put the build off: a program that writes without end must not stop all builds."""


class Build(NamedTuple):
    """Build now, and write into none of the `restless` files."""

    restless: frozenset[str]


class Sleep(NamedTuple):
    """Nothing to do before that moment; None: before something changes."""

    until: float | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """What changed and is not settled yet.

    A build is due `settle` seconds after the last change, and once more when a file that was restless in the last
    build has been still for `write_after` seconds. `moments` is when a file last changed, for those that are not known
    to be still; `first` and `last` bound the changes that no build has seen, `retry` is when a build that failed is
    tried again.
    """

    settle: float
    write_after: float
    moments: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    first: float | None = None
    last: float | None = None
    retry: float | None = None

    def changed(self, moments: Mapping[str, float]) -> "Schedule":
        """After changes: the names of files, and when each changed."""
        if not moments:
            return self
        known = (self.first, self.last, *moments.values())
        times = [moment for moment in known if moment is not None]
        later = {name: max(moment, self.moments.get(name, moment)) for name, moment in moments.items()}
        return replace(self, moments={**self.moments, **later}, first=min(times), last=max(times))

    def again(self, at: float) -> "Schedule":
        """With one more build at that moment, whatever changes."""
        return replace(self, retry=at)

    def next(self, now: float) -> Build | Sleep:
        """What to do at this moment."""
        due = self._due()
        if due is None or now < due:
            return Sleep(due)
        return Build(frozenset(name for name, moment in self.moments.items() if moment + self.write_after > now))

    def built(self, restless: frozenset[str]) -> "Schedule":
        """With a build started that leaves these files alone. It sees all changes so far; they wait for another one."""
        waiting = {name: moment for name, moment in self.moments.items() if name in restless}
        return replace(self, moments=waiting, first=None, last=None, retry=None)

    def waits(self, names: Iterable[str], now: float) -> "Schedule":
        """With these files not known to be still, though no change was seen: a build found them just saved."""
        return replace(self, moments={**dict.fromkeys(names, now), **self.moments})

    def _due(self) -> float | None:
        if self.first is not None and self.last is not None:
            return min(self.last + self.settle, self.first + max(self.settle, LONGEST))
        still = [moment + self.write_after for moment in self.moments.values()]
        return min([*still, *([] if self.retry is None else [self.retry])], default=None)
