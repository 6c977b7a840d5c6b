"""Which notes go into which package, and what the packages are called."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

from ankisync.config import Settings
from ankisync.identity import fold_deck
from ankisync.model import DeckName, Note
from ankisync.names import top_deck
from ankisync.notetypes import Notetype

SUFFIX = ".apkg"

_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?$")
_MAX_BYTES = 120


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """A package to be: its file name, its notes in the order of the vault, and the digest of all that goes in."""

    file: str
    notes: tuple[Note, ...]
    fingerprint: str


def plan_packages(notes: Iterable[Note], one: str | None, engine: str, settings: Settings) -> tuple[PackagePlan, ...]:
    """One package for each top-level deck, or all notes in the file `one`. `engine` tells what renders, and how."""
    notes = tuple(notes)
    if one is not None:
        return (PackagePlan(one, notes, _fingerprint(notes, engine, settings)),) if notes else ()
    by_top: defaultdict[str, list[Note]] = defaultdict(list)
    for note in notes:
        by_top[fold_deck(DeckName(top_deck(note.deck)))].append(note)
    names = _file_names({fold: top_deck(found[0].deck) for fold, found in by_top.items()})
    plans = (
        PackagePlan(names[fold], tuple(found), _fingerprint(found, engine, settings)) for fold, found in by_top.items()
    )
    return tuple(sorted(plans, key=lambda plan: plan.file))


def _fingerprint(notes: Sequence[Note], engine: str, settings: Settings) -> str:
    digest = blake2b(engine.encode(), digest_size=16, person=b"ankisync apkg")
    for note in notes:
        row = [note.id, note.guid, note.hash, note.mod, note.deck, note.notetype.id, note.cards]
        digest.update(json.dumps([*row, *_riding(note, settings)]).encode())
    for _, notetype in sorted({note.notetype.id: note.notetype for note in notes}.items()):
        digest.update(_look(notetype))
    return digest.hexdigest()


def _riding(note: Note, settings: Settings) -> list[object]:
    """What goes into a package beside what is hashed: it rides along, and moves no `mod` (DESIGN §4)."""
    riding: list[object] = [note.context] if settings.context else []
    if settings.source and (settings.vault or settings.source_url):
        riding += [note.location.path, note.line if "{line}" in settings.source_url else 0]
    return riding


@cache
def _look(notetype: Notetype) -> bytes:
    return blake2b(repr(notetype).encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _file_names(tops: dict[str, str]) -> dict[str, str]:
    """A file name for each folded top-level name. Where two would meet, those that were altered carry a short hash."""
    plain = {fold: _file_name(top) for fold, top in tops.items()}
    meeting: defaultdict[str, list[str]] = defaultdict(list)
    for fold, name in plain.items():
        meeting[name.casefold()].append(fold)
    for folds in meeting.values():
        for fold in folds:
            if len(folds) > 1 and plain[fold] != tops[fold]:
                plain[fold] = f"{plain[fold]}-{_short_hash(fold)}"
    return {fold: name + SUFFIX for fold, name in plain.items()}


def _file_name(top: str) -> str:
    name = _REFUSED.sub("_", unicodedata.normalize("NFC", top))
    name = re.sub(r"^\.|[. ]+$", lambda match: "_" * len(match[0]), name)
    if _RESERVED.match(name):
        name = f"_{name}"
    data = name.encode("utf-8", "replace")
    if len(data) <= _MAX_BYTES:
        return name
    return f"{data[:_MAX_BYTES].decode('utf-8', 'ignore')}-{_short_hash(top)}"


def _short_hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=3).hexdigest()
