"""A build that has nothing to do: told without reading a note."""

from pathlib import Path

from ankisync import cache
from ankisync.glance import Sight, read_sight, vault_above
from ankisync.say import say, width


def tell_unchanged(*, quiet: bool) -> int | None:
    """Tell what the last build told, if nothing at all changed since, and return the exit status; else None."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return None
    root = vault_above(here)
    data = cache.load(root, cache.SIGHT) if root else None
    sight = read_sight(data) if data else None
    if sight is None or sight.root != str(root) or not sight.ground.as_it_was():
        return None
    return _tell(sight, here, quiet=quiet)


def _tell(sight: Sight, here: Path, *, quiet: bool) -> int:
    from ankisync import report
    from ankisync.diagnostics import errors
    from ankisync.model import Severity
    from ankisync.plain import read_told

    root = Path(sight.root)
    told = [read_told(*each) for each in sight.told]
    for each in told:
        if not quiet or each.severity is Severity.ERROR:
            say(report.diagnostic_text(each, lambda name: report.near(root, name, here), width()), err=True)
    if not quiet:
        say(report.nothing_changed(sight.size, sight.decks))
    return 1 if errors(told) else 0
