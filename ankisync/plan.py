"""All passes composed into one `Plan`: a value that is printed, compared, applied or not."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ankisync.diagnostics import diagnose, in_order, whole
from ankisync.expression import expression
from ankisync.lock import Lock
from ankisync.looks import Look
from ankisync.model import Block, DeckName, Deletion, Diagnostic, Document, FilePlan, Ledger, Note, NoteId, Status
from ankisync.packaging import PackagePlan, plan_packages, read_parts
from ankisync.parse import parse
from ankisync.parse.syntax import Syntax
from ankisync.reconcile import Reconciled, lock_after, reconcile
from ankisync.settling import NOTHING, Outside, Vault
from ankisync.source import Edit, Source, apply_edits, edited, encode
from ankisync.values import dataclass, field, replace

_LINE_END = expression(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a plan depends on. `now` is in seconds, `one` the single package that was asked for, `engine` names
    the versions that render,
    `looks` are those of the notetypes that the user styled.
    """

    syntax: Syntax
    vault: Vault
    lock: Lock
    ledger: Ledger
    now: int
    one: str | None
    engine: str
    looks: Mapping[str, Look] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build would do: files to write, the lock and the packages that would be, and what is to be told. `notes`
    and `lock` are those of the files that were looked at; `outside` is what stays as it is.
    """

    files: tuple[FilePlan, ...]
    notes: tuple[Note, ...]
    lock: Lock
    lock_changed: bool
    packages: tuple[PackagePlan, ...]
    retired: tuple[NoteId, ...]
    deletions: tuple[Deletion, ...]
    waiting: int
    doubted: bool
    diagnostics: tuple[Diagnostic, ...]
    outside: Outside = NOTHING

    @property
    def size(self) -> int:
        """The number of all notes."""
        return len(self.notes) + self.outside.size

    @property
    def unchanged(self) -> int:
        """The number of notes that are in the lock as they are."""
        return len(self.with_status(Status.UNCHANGED)) + self.outside.size

    @property
    def decks(self) -> frozenset[DeckName]:
        """The decks of all notes."""
        return frozenset((*(note.deck for note in self.notes), *self.outside.decks))

    def with_status(self, status: Status) -> tuple[Note, ...]:
        """The notes that are new, changed or unchanged to the lock."""
        return tuple(note for note in self.notes if note.status is status)

    @property
    def moved(self) -> tuple[Note, ...]:
        """The notes whose deck is another one than the lock has."""
        return tuple(note for note in self.notes if note.moved_from is not None)

    @property
    def retyped(self) -> tuple[Note, ...]:
        """The notes whose notetype is another one than the lock has."""
        return tuple(note for note in self.notes if note.retyped)

    @property
    def leaving(self) -> tuple[NoteId, ...]:
        """The notes that retire now, because they stand nowhere any more or are marked for deletion."""
        return tuple(sorted({*self.retired, *(each.id for each in self.deletions)}))

    @property
    def writes(self) -> bool:
        """Whether a build would write a note or the lock."""
        return bool(self.files) or bool(self.deletions) or self.lock_changed or self.waiting > 0


def make_plan(inputs: Inputs, fresh: Iterator[NoteId]) -> Plan:
    """The plan for a vault; `fresh` yields IDs that are free. Pure."""
    reconciled = reconcile(inputs.vault, inputs.lock, inputs.ledger, inputs.now, fresh)
    files, bugs = _files(inputs, reconciled)
    dropped = frozenset(bug.location.path for bug in bugs)
    return _compose(inputs, reconciled, files, dropped, bugs)


def without(inputs: Inputs, plan: Plan, skipped: frozenset[str]) -> Plan:
    """The plan as far as it could be carried out: IDs that were to go into `skipped` files stand in no note, so they
    are in neither lock nor packages.
    """
    reconciled = Reconciled(plan.notes, plan.retired, plan.deletions, plan.waiting, plan.doubted, plan.diagnostics)
    files = tuple(file for file in plan.files if file.path not in skipped)
    return _compose(inputs, reconciled, files, skipped, ())


def _compose(
    inputs: Inputs,
    reconciled: Reconciled,
    files: tuple[FilePlan, ...],
    dropped: frozenset[str],
    bugs: tuple[Diagnostic, ...],
) -> Plan:
    sound = (note for note in reconciled.notes if not (note.insertion and note.location.path in dropped))
    notes = _placed(sound, files, inputs.vault.documents)
    deletions = tuple(each for each in reconciled.deletions if each.location.path not in dropped)
    done = tuple(each for each in deletions if each.location.path in inputs.vault.writable)
    lock = lock_after(inputs.lock, replace(reconciled, notes=notes, deletions=done), inputs.now)
    lock = replace(lock, looks=inputs.looks)
    return Plan(
        files=files,
        notes=notes,
        lock=lock,
        lock_changed=inputs.lock.rewrite or (lock.entries, lock.looks) != (inputs.lock.entries, inputs.lock.looks),
        packages=_packages(inputs, notes),
        retired=reconciled.retired,
        deletions=deletions,
        waiting=reconciled.waiting,
        doubted=reconciled.doubted,
        diagnostics=in_order((*reconciled.diagnostics, *bugs)),
        outside=inputs.vault.outside,
    )


def _packages(inputs: Inputs, notes: Iterable[Note]) -> tuple[PackagePlan, ...]:
    """The packages of these notes and of those that are outside of this pass."""
    own = read_parts(notes, inputs.engine, inputs.syntax.settings, one=inputs.one is not None)
    outside = inputs.vault.outside
    parts = sorted((*own, *outside.parts), key=lambda part: part.path) if outside.parts else own
    known = {each.id: each for each in (*inputs.syntax.notetypes.by_key.values(), *inputs.lock.adopted.values())}
    return plan_packages(parts, inputs.one, inputs.engine, known, outside.packages)


def _placed(notes: Iterable[Note], files: Iterable[FilePlan], documents: Iterable[Document]) -> tuple[Note, ...]:
    """The notes with the lines on which their cards stand once the files are written."""
    moved = _moved(files, documents)
    return tuple(_shifted(note, moved[note.location.path]) if note.location.path in moved else note for note in notes)


def after_writing(
    told: Iterable[Diagnostic], files: Iterable[FilePlan], documents: Iterable[Document]
) -> tuple[Diagnostic, ...]:
    """What is told, at the lines where it stands once these files are written."""
    moved = _moved(files, documents)
    return tuple(_told_after(each, moved.get(each.location.path, ())) for each in told)


def _moved(files: Iterable[FilePlan], documents: Iterable[Document]) -> dict[str, list[tuple[int, int]]]:
    """By file that is written, how many lines each of its edits adds."""
    edits = {file.path: file.edits for file in files}
    named = ((document.source, edits.get(document.source.path)) for document in documents)
    return {source.path: _shifts(source, own) for source, own in named if own is not None}


def _told_after(told: Diagnostic, shifts: Iterable[tuple[int, int]]) -> Diagnostic:
    by = _moved_by(told.location.line, shifts)
    return replace(told, location=told.location._replace(line=told.location.line + by)) if by else told


def _shifts(source: Source, edits: Iterable[Edit]) -> list[tuple[int, int]]:
    """By line (from 1) of an edit, how many lines it adds."""
    starts = [line.start for line in source.lines]
    texts = [(edit, source.text[edit.span.start : edit.span.end]) for edit in edits]
    return [(bisect_right(starts, edit.span.start), _ends(edit.text) - _ends(text)) for edit, text in texts]


def _shifted(note: Note, shifts: Iterable[tuple[int, int]]) -> Note:
    by = _moved_by(note.location.line, shifts)
    return note._replace(line=note.location.line + by) if by else note


def _moved_by(line: int, shifts: Iterable[tuple[int, int]]) -> int:
    """How many lines a line (from 1) moves down."""
    return sum(added for at, added in shifts if at < line)


def _ends(text: str) -> int:
    return len(_LINE_END.findall(text))


def _files(inputs: Inputs, reconciled: Reconciled) -> tuple[tuple[FilePlan, ...], tuple[Diagnostic, ...]]:
    """The files with new IDs, and without deletions. One that would not read back as the same cards is left alone and
    told as a bug.
    """
    given: defaultdict[str, list[Note]] = defaultdict(list)
    going: defaultdict[str, list[Deletion]] = defaultdict(list)
    for note in reconciled.notes:
        if note.insertion is not None:
            given[note.location.path].append(note)
    for deletion in reconciled.deletions:
        if deletion.location.path in inputs.vault.writable:
            going[deletion.location.path].append(deletion)
    plans: list[FilePlan] = []
    bugs: list[Diagnostic] = []
    for document in inputs.vault.documents:
        notes, gone = given[document.source.path], going[document.source.path]
        if notes or gone:
            edits = (*(note.insertion for note in notes if note.insertion), *(each.edit for each in gone))
            text = apply_edits(document.source.text, edits)
            if reads_back(document, text, notes, gone, inputs.syntax):
                source = document.source
                plans.append(FilePlan(source.path, source.digest, encode(source, text), edits))
            else:
                bugs.append(diagnose("A605", whole(document.source.path)))
    return tuple(plans), tuple(bugs)


def reads_back(document: Document, text: str, notes: Sequence[Note], gone: Sequence[Deletion], syntax: Syntax) -> bool:
    """Whether an edited text reads as the same cards, each with the ID that it was given, and nothing else new."""
    source = document.source
    again = parse(edited(source, text), syntax)
    if len(again.blocks) != len(document.blocks) or not _same_unclaimed(document, again, notes):
        return False
    if {each.id for each in again.deletions} != {each.id for each in document.deletions} - {each.id for each in gone}:
        return False
    # A place tells a card from every other of its file, unless lines above it were taken out: the order does so too.
    ids = {note.location: note.id for note in notes}
    for before, after in zip(document.blocks, again.blocks, strict=True):
        meant = tuple(mark.id for mark in before.ids) or tuple(filter(None, [ids.get(before.location)]))
        same = _text(before) == _text(after)
        if not same or tuple(mark.id for mark in after.ids) != meant:
            return False
    told = {each.code for each in again.diagnostics}
    return told <= {each.code for each in document.diagnostics}


def _same_unclaimed(document: Document, again: Document, notes: Iterable[Note]) -> bool:
    """Whether no ID that was given belongs to no card, and no other one appeared. One that stood there may have lost a
    question without an answer, far above it, that it was taken to be of: it was that of no card before either.
    """
    given = {note.id for note in notes}
    before = set(document.digits.split())
    return all(mark.id not in given and str(mark.id) in before for mark in again.unclaimed)


def _text(block: Block) -> tuple[object, ...]:
    """What is to stay of a card; its hash follows from that and from files."""
    return block.notetype, block.fields, block.tags, block.deck
