"""The cards of a vault with what they embed: files, and passages of notes. Pure: files are asked for by functions."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from urllib.parse import unquote

from ankisync.cloze import native
from ankisync.diagnostics import diagnose
from ankisync.identity import note_hash
from ankisync.media.index import Index, Listing
from ankisync.media.names import stored_name
from ankisync.media.passages import passage
from ankisync.media.references import wanted
from ankisync.media.resolve import Resolution, Result, resolve, resolve_note
from ankisync.model import Attachment, Block, Diagnostic, Document, Embed, Location, files_of
from ankisync.parse.altering import altering
from ankisync.parse.syntax import Syntax
from ankisync.source import Source, Span
from ankisync.values import dataclass, field, replace

# Looking for a near name is slow; a vault without its pictures would wait for it.
_MAX_NEAR = 20
_MAX_DEPTH, _MAX_EMBEDS = 5, 100


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that has no digest, for the system's reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Files:
    """What is asked of the disk: the listing of media files, the digest of one, the paths of all `notes` of the vault
    and the text of one, None where it cannot be read; `with_text` gives a source that was left without its text that,
    if it is still there.
    """

    listing: Callable[[], Listing]
    digest: Callable[[str], str | Unreadable]
    notes: Sequence[str]
    source: Callable[[str], Source | None]
    with_text: Callable[[Source], Source]


@dataclass(frozen=True, slots=True)
class Attached:
    """A document whose cards have what they embed; what is told of that, which references lead into the web, which
    files and notes are `used`.
    """

    document: Document
    told: tuple[Diagnostic, ...] = ()
    remote: tuple[Location, ...] = ()
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Text that is looked at: a part of a file, the `chain` of embeds by which it was reached from a `card`."""

    source: Source
    span: Span
    card: Location
    chain: tuple[tuple[str, str], ...] = ()

    def of(self, target: str, source: Source) -> Location:
        """Where a target stands in it; `source` has the text."""
        texts = (source.text.find(each, self.span.start, self.span.end) for each in (target, unquote(target)))
        at = next((offset for offset in texts if offset >= 0), -1)
        if at < 0:
            return self.card
        line = bisect_right(source.lines.starts, at) - 1
        return Location(source.path, line + 1, at - source.lines.starts[line] + 1)


def texts_of(embeds: Iterable[Embed]) -> Iterator[str]:
    """All passages that a note takes in."""
    for embed in embeds:
        yield embed.text
        yield from texts_of(embed.embeds)


@dataclass
class Attacher:
    """One pass over cards of a vault; `told`, `remote` and `used` are those of the document at hand."""

    syntax: Syntax
    files: Files
    told: list[Diagnostic] = field(default_factory=list)
    remote: list[Location] = field(default_factory=list)
    used: dict[str, None] = field(default_factory=dict)
    digests: dict[str, str | Unreadable] = field(default_factory=dict)
    near: dict[str, str] = field(default_factory=dict)
    left: int = 0

    @cached_property
    def index(self) -> Index:
        """The media files; only asked for where a card embeds something."""
        return Index(self.files.listing())

    @cached_property
    def notes(self) -> Index:
        """The notes."""
        return Index(Listing(self.index.root, (), tuple(self.files.notes), {}, frozenset()))

    def attach(self, document: Document, places: Iterable[int]) -> Attached:
        """A document with what its cards embed, of which those at these places may embed something."""
        self.told, self.remote, self.used = [], [], {}
        blocks = list(document.blocks)
        for place in places:
            blocks[place] = self._block(document.source, blocks[place])
        document = replace(document, blocks=tuple(blocks))
        return Attached(document, tuple(self.told), tuple(self.remote), tuple(self.used))

    def _block(self, source: Source, block: Block) -> Block:
        texts = tuple(text for _, text in block.fields)
        cloze = self.syntax.notetypes.by_key[block.notetype].cloze
        forms = self.syntax.settings.cloze_forms
        targets = wanted(native(texts, forms) if cloze else texts, cloze=cloze)
        self.left = _MAX_EMBEDS
        media, embeds = self._all(targets, _Place(source, block.span, block.location))
        if not media and not embeds:
            return block
        digests = {each.digest for each in files_of(media, embeds)} | {digest_of_embed(each) for each in embeds}
        passages = tuple(("", text) for text in texts_of(embeds))
        settings = {
            *altering(self.syntax.settings, block.fields, cloze=cloze),
            *altering(self.syntax.settings, passages, cloze=False),
        }
        hash_ = note_hash(block.notetype, block.fields, block.tags, tuple(digests), tuple(settings))
        return block._replace(media=media, embeds=embeds, hash=hash_)

    def _all(self, targets: Iterable[str], place: _Place) -> tuple[tuple[Attachment, ...], tuple[Embed, ...]]:
        found = [self._one(target, place) for target in targets]
        media = tuple(each for each in found if isinstance(each, Attachment))
        return media, tuple(each for each in found if isinstance(each, Embed))

    def _one(self, target: str, place: _Place) -> Attachment | Embed | None:
        found = resolve(target, place.source.path, self.index, self.syntax.settings.attachments)
        if found.result is Result.FOUND:
            return self._attachment(target, found, place)
        if found.result is Result.OTHER:
            return self._embed(target, place)
        self._tell(found.result, target, place)
        return None

    def _where(self, target: str, place: _Place) -> Location:
        """Where a target stands. Only what is told needs the text of the file for it."""
        return place.of(target, self.files.with_text(place.source))

    def _attachment(self, target: str, found: Resolution, place: _Place) -> Attachment | None:
        path = self.index.path(found.name)
        self.used[path] = None
        if path not in self.digests:
            self.digests[path] = self.files.digest(path)
        digest = self.digests[path]
        if isinstance(digest, Unreadable):
            self.told.append(diagnose("A505", self._where(target, place), name=path, reason=digest.reason))
            return None
        if found.cased or found.sharing > 1:
            self._tell_doubts(found, target, self._where(target, place))
        return Attachment(target, stored_name(path, digest), path, digest)

    def _embed(self, target: str, place: _Place) -> Embed | None:
        name, part = resolve_note(target, place.source.path, self.notes)
        source = self._source(self.notes.path(name)) if name else None
        text = passage(source.text, part) if source else None
        if source is None or text is None:
            self.told.append(diagnose("A507", self._where(target, place), target=unquote(target)))
        elif (key := (name, part)) in place.chain:
            self.told.append(diagnose("A508", self._where(target, place), target=unquote(target)))
        elif len(place.chain) >= _MAX_DEPTH or not self.left:
            self.told.append(diagnose("A509", self._where(target, place), target=unquote(target)))
        else:
            self.left -= 1
            within = _Place(source, Span(0, len(source.text)), place.card, (*place.chain, key))
            return Embed(target, text, *self._all(wanted([text], cloze=False), within))
        return None

    def _source(self, path: str) -> Source | None:
        self.used[path] = None
        return self.files.source(path)

    def _tell(self, result: Result, target: str, place: _Place) -> None:
        shown = unquote(target)
        if result is Result.REMOTE:
            self.remote.append(self._where(target, place))
        elif result is Result.MISSING:
            self.told.append(diagnose("A501", self._where(target, place), target=shown, near=self._near(shown)))
        elif result is Result.OUTSIDE:
            self.told.append(diagnose("A504", self._where(target, place), target=shown))

    def _tell_doubts(self, found: Resolution, target: str, location: Location) -> None:
        shown = unquote(target)
        if found.cased:
            self.told.append(diagnose("A502", location, target=shown, name=found.name))
        if found.sharing > 1:
            self.told.append(diagnose("A503", location, count=found.sharing, target=shown, name=found.name))

    def _near(self, target: str) -> str:
        """The hint for a file that is not there: the names that are nearest to it."""
        name = target.replace("\\", "/").rpartition("/")[2].casefold()
        if name not in self.near:
            import difflib

            few = len(self.near) < _MAX_NEAR
            names = difflib.get_close_matches(name, self.index.by_file, 3, 0.6) if few else []
            places = [each for found in names for each in self.index.by_file[found][:3]]
            self.near[name] = ", ".join(f"`{each}`" for each in places[:3])
        near = self.near[name]
        return f"did you mean {near}?" if near else "put the file into the vault, or correct its name"


def digest_of_embed(embed: Embed) -> str:
    """The digest of an embedded text and of the texts in it."""
    inner = "".join(map(digest_of_embed, embed.embeds))
    return sha256(f"{embed.target}\n{inner}\n{embed.text}".encode("utf-8", "surrogatepass")).hexdigest()
