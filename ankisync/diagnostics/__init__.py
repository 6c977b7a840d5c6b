"""Everything that is ever told about notes, files and the lock, worded in this room.

`diagnose` fills a row of `TABLE`; no other module words a message. Codes: A1 reading, A2 syntax, A3 deck and tags,
A4 identity, A5 rendering and media, A6 writing, A7 configuration and lock, A8 pushing to Anki.
"""

from collections.abc import Iterable, Mapping

from ankisync.diagnostics import notes, push, run
from ankisync.diagnostics.rule import ERROR, Rule
from ankisync.model import Diagnostic, Location

TABLE: Mapping[str, Rule] = dict(sorted({**notes.TABLE, **run.TABLE, **push.TABLE}.items()))


def diagnose(code: str, location: Location, **values: object) -> Diagnostic:
    """The diagnostic of a code at a place, its wording filled with `values`. An unknown code or a name that the
    wording wants and `values` lack is a bug (`KeyError`).
    """
    rule = TABLE[code]
    return Diagnostic(code, rule.severity, location, rule.message.format_map(values), rule.hint.format_map(values))


def whole(path: str) -> Location:
    """The place of what concerns a whole file."""
    return Location(path, 1, 1)


def errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether one of them is an error: only these make exit status 1."""
    return any(diagnostic.severity is ERROR for diagnostic in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place, then code, each once."""
    return tuple(sorted(set(diagnostics), key=lambda each: (each.location, each.code, each.message)))
