"""Which notes go into which package, and what the packages are called."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b

from ankisync.config import Settings
from ankisync.identity import fold_deck
from ankisync.model import Attachment, DeckName, Note, NoteId, files_of
from ankisync.names import top_deck
from ankisync.notetypes import Notetype, NotetypeId
from ankisync.values import dataclass, replace

SUFFIX = ".apkg"

_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?$")
_MAX_BYTES = 120


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one file that go into one package. `top` is their top-level deck as the first of them spells it,
    empty where one package takes all; `key` is a digest of all that goes in of them but their place; `ids` are in the
    order of the file; `notetypes`, `decks` and `media` are those that they use.
    """

    path: str
    top: str
    key: bytes
    ids: tuple[NoteId, ...]
    notetypes: tuple[NotetypeId, ...]
    decks: tuple[DeckName, ...]
    media: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """A package to be: its file name, its parts in the order of the vault, the notetypes that they use, and the digest
    of all that goes in. `top` is the top-level deck that it is for, as its first note spells it; `size` is the number
    of its notes, `decks` are their decks. One that is left as it lies there has its size and decks, and no parts.
    """

    file: str
    top: str
    parts: tuple[Part, ...]
    notetypes: tuple[Notetype, ...]
    fingerprint: str
    size: int
    decks: tuple[DeckName, ...]


def read_parts(notes: Iterable[Note], engine: str, settings: Settings, *, one: bool) -> tuple[Part, ...]:
    """The parts of these notes, in their order. `engine` tells what renders, and how; `one`: one package takes all."""
    found: defaultdict[tuple[str, str], list[Note]] = defaultdict(list)
    folded: dict[DeckName, str] = {}
    shapes: dict[NotetypeId, bytes] = {}
    before = None
    own: list[Note] = []
    for note in notes:
        deck, notetype, path = note.deck, note.notetype, note.location.path
        if (path, deck, notetype.id) != before:
            before = (path, deck, notetype.id)
            if deck not in folded:
                folded[deck] = "" if one else fold_deck(DeckName(top_deck(deck)))
            if notetype.id not in shapes:
                shapes[notetype.id] = shape_of(notetype)
            own = found[path, folded[deck]]
        own.append(note)
    keys = _Keys(engine, settings, shapes)
    return tuple(_part(path, same, keys, one=one) for (path, _), same in found.items())


@dataclass(frozen=True, slots=True)
class _Keys:
    """What the keys of parts depend on beside their notes."""

    engine: str
    settings: Settings
    shapes: Mapping[NotetypeId, bytes]

    def of(self, notes: Iterable[Note]) -> bytes:
        """The key of a part with these notes."""
        digest = blake2b(self.engine.encode(), digest_size=16, person=b"ankisync part")
        digest.update("".join(self._texts(notes)).encode("utf-8", "surrogatepass"))
        return digest.digest()

    def _texts(self, notes: Iterable[Note]) -> Iterator[str]:
        """All that goes in of each note but its place, as `repr` writes it of two tuples, `(id … foreign)` and `more`.
        What most notes of a file, which all of these are of, share is written once.
        """
        before: tuple[object, ...] = ()
        behind = ""
        lined = _rides_line(self.settings)
        for note in notes:
            # All names at once: to ask for each would take twice the time.
            id_, guid, hash_, mod, kind, _, tags, deck, _, _, foreign, cards, _, _, _, context, line, _, *used = note
            shared = (deck, tags, cards, foreign, kind.id, context, line if lined else 0, used)
            if shared != before:
                more = (self.shapes[kind.id], _riding(note, self.settings), note.media, note.embeds)
                before, behind = shared, f"{repr((deck, tags, cards, foreign))[1:]}, {more!r})"
            yield f"(({id_!r}, {guid!r}, {hash_!r}, {mod!r}, {behind}"


def _part(path: str, notes: Sequence[Note], keys: _Keys, *, one: bool) -> Part:
    using = [note for note in notes if note.media or note.embeds]
    return Part(
        path=path,
        top="" if one else top_deck(notes[0].deck),
        key=keys.of(notes),
        ids=tuple(note.id for note in notes),
        notetypes=tuple(sorted({note.notetype.id for note in notes})),
        decks=tuple(dict.fromkeys(note.deck for note in notes)),
        media=tuple({each.name: each for note in using for each in files_of(note.media, note.embeds)}.values()),
    )


def plan_packages(
    parts: Iterable[Part],
    one: str | None,
    engine: str,
    notetypes: Mapping[NotetypeId, Notetype],
    others: Sequence[PackagePlan] = (),
) -> tuple[PackagePlan, ...]:
    """One package for each top-level deck, or all in the file `one`. Parts come in the order of the vault; `notetypes`
    are at least those that they use. `others` are packages for which there are no parts: they stay as they are, but for
    their file names.
    """
    by_top: defaultdict[str, list[Part]] = defaultdict(list)
    for part in parts:
        by_top[fold_deck(DeckName(part.top))].append(part)
    folds = {fold_deck(DeckName(each.top)): each for each in others}
    tops = {fold: found[0].top for fold, found in by_top.items()} | {fold: each.top for fold, each in folds.items()}
    names = _file_names(tops) if one is None else dict.fromkeys(tops, one)
    used = {each for found in by_top.values() for part in found for each in part.notetypes}
    looks = {each: look_of(notetypes[each]) for each in used}
    plans = [_package(names[fold], found, engine, notetypes, looks) for fold, found in by_top.items()]
    plans += [each if each.file == names[fold] else replace(each, file=names[fold]) for fold, each in folds.items()]
    return tuple(sorted(plans, key=lambda plan: plan.file))


def _package(
    file: str,
    parts: Sequence[Part],
    engine: str,
    notetypes: Mapping[NotetypeId, Notetype],
    looks: Mapping[NotetypeId, bytes],
) -> PackagePlan:
    used = tuple(notetypes[each] for each in sorted({each for part in parts for each in part.notetypes}))
    digest = blake2b(engine.encode(), digest_size=16, person=b"ankisync apkg")
    for part in parts:
        digest.update(part.key)
    for notetype in used:
        digest.update(looks[notetype.id])
    size, decks = sum(len(part.ids) for part in parts), tuple({deck: None for part in parts for deck in part.decks})
    return PackagePlan(file, parts[0].top, tuple(parts), used, digest.hexdigest(), size, decks)


def _riding(note: Note, settings: Settings) -> tuple[object, ...]:
    """What goes into a package beside what is hashed: it rides along, and moves no `mod` (DESIGN §4)."""
    context = (note.context,) if settings.context else ()
    if settings.source and (settings.vault or settings.source_url):
        return (*context, note.location.path, note.line if _rides_line(settings) else 0)
    return context


def _rides_line(settings: Settings) -> bool:
    return settings.source and "{line}" in settings.source_url


def look_of(notetype: Notetype) -> bytes:
    """A digest of all that is delivered of a notetype."""
    return blake2b(repr(notetype).encode("utf-8", "backslashreplace"), digest_size=16).digest()


def shape_of(notetype: Notetype) -> bytes:
    """A digest of what decides the rows of its notes: all but its style and the backs of its cards."""
    fronts = tuple((each.name, each.id, each.front) for each in notetype.templates)
    shape = (notetype.id, notetype.key, notetype.mod == 0, notetype.fields, fronts, notetype.cloze, notetype.sort)
    return blake2b(repr(shape).encode("utf-8", "backslashreplace"), digest_size=16).digest()


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
