"""The summary of a build as Markdown, for the page of a CI job or the notes of a release. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ankisync.model import Diagnostic, Location, Severity
from ankisync.package.contents import Contents
from ankisync.plan import Plan
from ankisync.publishing.changes import Change, Changes
from ankisync.report import some

# GitHub shows at most a mebibyte of a summary.
_MOST = 100
_SIGNIFICANT = re.compile(r"([\\`*_{}\[\]<>|#~$&])")


def write_summary(plan: Plan, contents: Mapping[str, Contents], changes: Changes, told: Sequence[Diagnostic]) -> str:
    """Decks with counts and sizes, what is new, changed, moved and retired by its question, and what is wrong. `plan`
    is what was built, `contents` are the packages by file name.
    """
    lines = [f"## {some(plan.size, 'note')} in {some(len(plan.decks), 'deck')}", "", *_decks(contents)]
    kinds = (("New", changes.new), ("Changed", changes.changed), ("Moved", changes.moved), ("Retired", changes.retired))
    for title, found in kinds:
        lines += _section(title, [_line(each) for each in found])
    if not any(found for _, found in kinds):
        lines += ["Nothing is new, changed, moved or retired.", ""]
    if changes.moved or changes.retired:
        lines += ["An import moves no cards and deletes no notes: both are done by hand in Anki.", ""]
    lines += _section("Problems", [_problem(each) for each in told if each.severity is not Severity.INFO])
    return "\n".join(lines).rstrip("\n") + "\n"


def _decks(contents: Mapping[str, Contents]) -> Iterator[str]:
    if not contents:
        return
    yield "| deck | notes | cards | package | size |"
    yield "| --- | ---: | ---: | --- | ---: |"
    for file in sorted(contents):
        package = contents[file]
        media = f", {some(package.media, 'media file')}" if package.media else ""
        whole = f"{_plain(file)}{media} | {_size(package.size)}"
        for deck in package.decks:
            yield f"| {_plain(deck.name)} | {deck.notes} | {deck.cards} | {whole} |"
            whole = " | "
    yield ""


def _section(title: str, rows: Sequence[str]) -> Iterable[str]:
    if not rows:
        return ()
    more = [f"* and {len(rows) - _MOST} more"] if len(rows) > _MOST else []
    return (f"### {title} ({len(rows)})", "", *rows[:_MOST], *more, "")


def _line(change: Change) -> str:
    deck = _plain(change.deck)
    where = f"{_plain(change.before)} → {deck}" if change.before else deck
    place = f", {_place(change.place)}" if change.place else ""
    return f"* {_plain(change.question)} ({where}{place})"


def _problem(diagnostic: Diagnostic) -> str:
    place = _place(diagnostic.location)
    return f"* **{diagnostic.severity} {diagnostic.code}** {place}: {_plain(diagnostic.message)}"


def _place(place: Location) -> str:
    return f"{_plain(place.path)}:{place.line}"


def _plain(text: str) -> str:
    """A text that Markdown takes for nothing else, and that calls nobody."""
    line = " ".join(text.split())
    return _SIGNIFICANT.sub(r"\\\1", line).replace("@", "@<!-- -->")


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
