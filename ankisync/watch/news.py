"""What a build has to say that the builds before it did not. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from ankisync.diagnostics import in_order
from ankisync.model import Diagnostic, Severity
from ankisync.values import dataclass

RETRIED = frozenset(("A601", "A606", "A609"))
"""What passes by itself: the file, the vault or the picture is looked at again, and nobody has to do anything."""

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told now (`fresh`), the files that had trouble and have none any more, and what stands after it."""

    fresh: tuple[Diagnostic, ...]
    mended: tuple[str, ...]
    after: "Standing"


@dataclass(frozen=True, slots=True)
class Standing:
    """The diagnostics that were told and still hold."""

    told: tuple[Diagnostic, ...] = ()

    def hear(self, found: Iterable[Diagnostic], restless: frozenset[str]) -> News:
        """What is new in the diagnostics of a build.

        Errors and warnings of restless files are held back, and what was told of such a file stands until it is still.
        What happened in this build only (`info`) is never held back: no later build would tell it. A line that merely
        moved is no news.
        """
        lasting = [each for each in found if each.code not in RETRIED]
        shown = [each for each in lasting if not _held(each, restless)]
        kept = [each for each in self.told if _held(each, restless)]
        fresh = _more(shown, self.told)
        sick = _sick(shown)
        mended = [path for path in _sick(self.told) if path not in sick and path not in restless]
        return News(in_order(fresh), tuple(sorted(mended)), Standing(in_order((*shown, *kept))))

    def count(self, severity: Severity) -> int:
        """How many of a severity stand."""
        return sum(each.severity is severity for each in self.told)


def _held(diagnostic: Diagnostic, restless: frozenset[str]) -> bool:
    return diagnostic.location.path in restless and diagnostic.severity is not Severity.INFO


def _sick(diagnostics: Iterable[Diagnostic]) -> set[str]:
    return {each.location.path for each in diagnostics if each.severity is not Severity.INFO}


def _more(now: Iterable[Diagnostic], before: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those that are more than there were, told apart by what they say; of several that say the same, those at places
    where none was.
    """
    counts, places = Counter(map(_key, before)), set(before)
    groups: defaultdict[_Key, list[Diagnostic]] = defaultdict(list)
    for each in now:
        groups[_key(each)].append(each)
    was_there: Callable[[Diagnostic], bool] = places.__contains__
    return [
        each
        for key, group in groups.items()
        for each in sorted(group, key=was_there)[: max(0, len(group) - counts[key])]
    ]


def _key(diagnostic: Diagnostic) -> _Key:
    return diagnostic.location.path, diagnostic.code, diagnostic.message
