"""What a run says: the summary, the diagnostics in each form, the notes as a list. Pure: values to text."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ankisync.identity import guid_of
from ankisync.model import Block, DeckName, Diagnostic, FilePlan, Note, NoteId, Severity, Status
from ankisync.paint import Colour, fold, paint

if TYPE_CHECKING:
    from ankisync.lock import Lock
    from ankisync.plan import Plan

Show = Callable[[str], str]

_SEARCH_LIMIT = 500
_INDENT = "    "
_COLOURS = {Severity.ERROR: Colour.ERROR, Severity.WARNING: Colour.WARNING, Severity.INFO: Colour.INFO}
_NO_CARDS = """\
no cards found. A card is a question and an answer in a Markdown file:

    TARGET DECK: French

    Q: What is the French word for house?
    A: la maison

next: write one, then `ankisync build`; `ankisync init` shows all settings"""
_ADOPT = "next: `ankisync adopt EXPORT` binds the IDs of another tool to your notes in Anki, then `ankisync build`"
_CHECKED = "next: `ankisync build`"
_FIRST = "next: import the decks into Anki (File, Import); `ankisync watch` keeps them current while you write"


def printable(text: str) -> str:
    """A text with what would disturb a terminal or a log line written as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def diagnostic_text(diagnostic: Diagnostic, show: Show, width: int | None = None) -> str:
    """`path:line:col: error[A204]: message`, the hint on a second line; in colours, broken at `width` columns if that
    is given.
    """
    place = diagnostic.location
    where = printable(f"{show(place.path)}:{place.line}:{place.column}")
    kind = f"{diagnostic.severity}[{diagnostic.code}]"
    text = fold(f"{where}: {kind}: {printable(diagnostic.message)}", width, _INDENT)
    text = text.replace(where, paint(where, Colour.STRONG), 1)
    text = text.replace(f"{kind}:", f"{paint(kind, _COLOURS[diagnostic.severity])}:", 1)
    hint = fold(printable(diagnostic.hint), width and width - len(_INDENT), _INDENT)
    return f"{text}\n{_INDENT}{paint(hint, Colour.FAINT)}"


def diagnostic_github(diagnostic: Diagnostic, show: Show) -> str:
    """A workflow command of GitHub Actions, which puts the message at its line."""
    place = diagnostic.location
    kind = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}[diagnostic.severity]
    where = f"file={_property(show(place.path))},line={place.line},col={place.column},title={diagnostic.code}"
    return f"::{kind} {where}::{_data(f'{diagnostic.message}: {diagnostic.hint}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def diagnostic_row(diagnostic: Diagnostic) -> dict[str, object]:
    """A diagnostic for JSON; its path is relative to the vault's root."""
    place = diagnostic.location
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }


def result_json(plan: "Plan", written: Sequence[str] | None, diagnostics: Iterable[Diagnostic]) -> str:
    """The one object that `build --format json` and `check --format json` print; `written` is None where the plan is
    not carried out.
    """
    value = {
        "plan": _plan_row(plan, written is None),
        "written": list(written or ()),
        "diagnostics": [diagnostic_row(each) for each in diagnostics],
    }
    return json.dumps(value, ensure_ascii=False, indent=2)


def _plan_row(plan: "Plan", planned_only: bool) -> dict[str, object]:
    return {
        "new": [_place_row(note, planned_only) for note in plan.with_status(Status.NEW)],
        "changed": [_place_row(note, planned_only) for note in plan.with_status(Status.CHANGED)],
        "moved": [{**_place_row(note, planned_only), "from": note.moved_from} for note in plan.moved],
        "retyped": [_place_row(note, planned_only) for note in plan.retyped],
        "retired": list(plan.leaving),
        "unchanged": plan.unchanged,
        "waiting": plan.waiting,
        "files": [file.path for file in plan.files],
        "lock": plan.lock_changed,
        "packages": [{"file": package.file, "notes": package.size} for package in plan.packages],
    }


def _place_row(note: Note, planned_only: bool) -> dict[str, object]:
    """A note; an ID that is not written yet is none."""
    note_id = None if planned_only and note.insertion else note.id
    return {"id": note_id, "deck": note.deck, "path": note.location.path, "line": note.location.line}


def next_step(plan: "Plan", written: Sequence[str] | None, told: Iterable[Diagnostic], *, first: bool) -> str:
    """What to do after a run, if that is plain; `written` is None for a plan that is not carried out, `first` tells
    that the vault had no note before.
    """
    if not (plan.writes if written is None else first and plan.size):
        return ""
    if any(each.code == "A414" for each in told):
        return _ADOPT
    return _CHECKED if written is None else _FIRST


def summary(plan: "Plan", written: Sequence[str] | None, show: Show, then: str = "", *, pushed: bool = False) -> str:
    """The summary of a build; of a plan that is not carried out where `written` is None. `then` is what to do next. One
    that is `pushed` has nothing to say of what an import cannot do.
    """
    lines = [_counts(plan)]
    if written is None:
        lines += [f"would write {printable(show(file.path))} ({_edits(file)})" for file in plan.files]
        lines += ["would write ankisync.lock"] if plan.lock_changed else []
    else:
        sizes = {package.file: package.size for package in plan.packages}
        lines += [f"wrote {printable(show(name))}{_size(name, sizes)}" for name in written]
    beyond = [] if pushed else _beyond(plan)
    return "\n".join([*lines, *beyond, *[paint(then, Colour.FAINT)] * bool(then)])


def _edits(file: FilePlan) -> str:
    new = sum(bool(edit.text) for edit in file.edits)
    gone = len(file.edits) - new
    return ", ".join([f"{new} new"] * bool(new) + [f"{gone} deleted"] * bool(gone))


def _counts(plan: "Plan") -> str:
    counts = (len(plan.with_status(Status.NEW)), len(plan.with_status(Status.CHANGED)), plan.unchanged)
    parts = [_count(count, status) for count, status in zip(counts, Status, strict=True)]
    parts += [f"{len(plan.moved)} moved"] if plan.moved else []
    parts += [f"{len(plan.retyped)} of another type"] if plan.retyped else []
    parts += [f"{len(plan.leaving)} retired"] if plan.leaving else []
    parts += [f"{plan.waiting} waiting for an ID"] if plan.waiting else []
    return _sum(plan.size, len(plan.decks), parts) if plan.size or plan.waiting else _NO_CARDS


def _count(count: int, status: Status) -> str:
    """A number of notes, in a colour where it tells of something."""
    text = f"{count} {status}"
    return paint(text, Colour.GOOD) if count and status is not Status.UNCHANGED else text


def nothing_changed(size: int, decks: int) -> str:
    """The summary of a build that has nothing to do."""
    return (
        _sum(size, decks, [f"0 {Status.NEW}", f"0 {Status.CHANGED}", f"{size} {Status.UNCHANGED}"])
        if size
        else _NO_CARDS
    )


def _sum(size: int, decks: int, parts: Iterable[str]) -> str:
    total = paint(f"{some(size, 'note')} in {some(decks, 'deck')}", Colour.STRONG)
    return f"{total}: {', '.join(parts)}"


def near(root: Path, name: str, here: Path) -> str:
    """A file of a vault as it is told: relative to the current folder where the two are above each other, else
    absolute.
    """
    path = root / name
    related = here in path.parents or root in (here, *here.parents)
    return Path(os.path.relpath(path, here)).as_posix() if related else path.as_posix()


def some(count: int, what: str) -> str:
    """So many of a thing, in words."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _size(name: str, sizes: dict[str, int]) -> str:
    count = sizes.get(name.replace("\\", "/").rsplit("/", 1)[-1])
    return "" if count is None else f" ({some(count, 'note')})"


def _beyond(plan: "Plan") -> list[str]:
    """What an .apkg cannot do, with a search to paste into Anki's browser for each."""
    by_deck: defaultdict[DeckName, list[NoteId]] = defaultdict(list)
    for note in plan.moved:
        by_deck[note.deck].append(note.id)
    lines = []
    for deck, ids in sorted(by_deck.items()):
        lines.append(f"an import moves no cards: in Anki's browser, move these to {printable(deck)}:")
        lines += _searches(ids)
    if plan.retyped:
        lines.append("an import changes no note's type: in Anki's browser, change that of these before you import:")
        lines += _searches([note.id for note in plan.retyped])
    if plan.leaving:
        lines.append("an import deletes no notes: these stand in no file any more:")
        lines += _searches(plan.leaving)
    return lines


def _searches(ids: Sequence[NoteId]) -> list[str]:
    parts = [ids[start : start + _SEARCH_LIMIT] for start in range(0, len(ids), _SEARCH_LIMIT)]
    return [f"    nid:{','.join(str(note_id) for note_id in part)}" for part in parts]


Row = tuple[Block, NoteId | None]


def list_json(rows: Iterable[Row], lock: "Lock | None") -> str:
    """The notes as read, one array; a row is a card and the ID under which it is built. `id` and `guid` are null for a
    card without ID.
    """
    return json.dumps([_block_row(*row, lock) for row in rows], ensure_ascii=False, indent=2)


def _block_row(block: Block, built: NoteId | None, lock: "Lock | None") -> dict[str, object]:
    note_id = _id_of(block, built)
    entry = lock.entries.get(note_id) if lock and note_id else None
    return {
        "id": note_id,
        "guid": entry.guid_in_anki if entry else guid_of(note_id) if note_id else None,
        "notetype": block.notetype,
        "deck": block.deck,
        "tags": list(block.tags),
        "fields": dict(block.fields),
        "path": block.location.path,
        "line": block.location.line,
    }


def _id_of(block: Block, built: NoteId | None) -> NoteId | None:
    return built or (block.ids[0].id if block.ids else None)


def list_text(rows: Iterable[Row], show: Show) -> str:
    """The notes as read, a line each: place, ID, deck, first line of the first field."""
    lines = []
    for block, built in rows:
        front = block.fields[0][1].split("\n", 1)[0]
        place = f"{show(block.location.path)}:{block.location.line}"
        lines.append(printable(f"{place}: {_id_of(block, built) or '-'} {block.deck}: {front}"))
    return "\n".join(lines)


def started_text(data: Path | None, told: Sequence[str], left: Sequence[tuple[str, str]]) -> str:
    """What `init` did: the plugin's file, what was taken over from it, what was not and why."""
    if data is None:
        return "wrote ankisync.toml: all settings with their defaults\nnext: `ankisync build`"
    lines = [f"wrote ankisync.toml from {printable(str(data))}"]
    lines += [f"  {printable(line)}" for line in told]
    lines += ["not taken over:"] * bool(left)
    lines += [f"  {printable(what)}: {printable(why)}" for what, why in left]
    lines.append("next: `ankisync check` to see what is read, `ankisync adopt EXPORT` to bind it to your notes in Anki")
    return "\n".join(lines)


def adoption_text(
    bound: Mapping[str, int],
    absent: Sequence[NoteId],
    known: int,
    unread: int,
    renewed: Sequence[str],
    *,
    pushed: bool,
) -> str:
    """What `adopt` did: how many notes were bound under which notetypes, and which ones were not found."""
    names = ", ".join(f"{count} {printable(name)}" for name, count in bound.items())
    lines = [f"bound {some(sum(bound.values()), 'note')}" + (f": {names}" if names else "")]
    lines += [f"{some(known, 'note')} in the export needed no binding"] if known else []
    lines += [f"taken as Anki has it now: the notetype {printable(name)}" for name in renewed]
    if absent:
        lines.append(f"not in the export: {some(len(absent), 'note')} of the vault with an ID of another tool")
        lines += _searches(absent)
    if unread:
        who = some(unread, "note")
        lines.append(f"{who} of the export: the ID stands in the vault, but on no card; `ankisync check` says why")
    if bound:
        when = "at the next import" if pushed else "once its Markdown changes"
        lines.append(f"each is sent {when}; next: `ankisync build`, then import the decks")
    return "\n".join(lines)
