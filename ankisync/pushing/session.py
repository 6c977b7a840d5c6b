"""One push: read what Anki holds, compare, carry out, read back what came of it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ankisync.build import Result
from ankisync.diagnostics import diagnose, in_order, whole
from ankisync.keeping import Keeper
from ankisync.lock import NAME, Entry
from ankisync.model import Diagnostic, NoteId
from ankisync.notetypes import stock
from ankisync.package import MediaChanged
from ankisync.push import compare, records, telling
from ankisync.push.compare import SENT, Gone, Judged, Known, Move, PushPlan
from ankisync.push.held import Anki, HeldNote, mods_of
from ankisync.push.records import Record
from ankisync.push.wanted import Wanted, plain_deck
from ankisync.push.words import first_field
from ankisync.pushing.gather import carrier, gather, looks_of, note_ids
from ankisync.pushing.known import Book, forgotten, open_book, planned_book
from ankisync.pushing.noting import note_down
from ankisync.pushing.parcel import parcel
from ankisync.pushing.target import Target
from ankisync.request import Request
from ankisync.values import dataclass, field, replace

Approve = Callable[[PushPlan], bool | Diagnostic]
"""Whether to delete what a plan has as gone; a diagnostic says why not."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a push: that it `force`s what was edited in Anki, is only to be `planned`; `last` is what the
    last push left, `another` that it went to another Anki.
    """

    last: Target
    force: bool = False
    planned: bool = False
    another: bool = False


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did, or would do: the plan as far as it was carried out, whether what is gone was deleted, and what
    is to be kept of the `target`.
    """

    target: Target
    plan: PushPlan
    deleted: bool
    diagnostics: tuple[Diagnostic, ...]

    @property
    def name(self) -> str:
        """The name of the Anki."""
        return self.target.name or ""


@dataclass
class Session:
    """A push of what a build left into an open Anki. `diagnostics` are gathered as it goes."""

    result: Result
    keeper: Keeper
    anki: Anki
    asked: Asked
    told: list[Diagnostic] = field(default_factory=list)
    said: dict[NoteId, bytes] = field(default_factory=dict)
    looks: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def request(self) -> Request:
        """What was asked of the build."""
        return self.result.planned.request

    @property
    def now(self) -> int:
        """The time of the build in seconds."""
        return self.request.now_ms // 1000

    def run(self, approve: Approve) -> Pushed:
        """Push. Raises `Unreached`; what was done until then is done, and found by the next push."""
        self.said = {} if self.asked.another else dict(self.asked.last.said)
        self.looks = looks_of(self.result.planned, self.result.plan)
        plan, entries = self._plan(self._book())
        self.told += telling.told_of(plan)
        approved = approve(plan) if plan.gone else False
        if isinstance(approved, Diagnostic):
            self.told.append(approved)
        deletes = approved is True
        if not (deletes or isinstance(approved, Diagnostic)):
            self.told += telling.told_of_gone(plan)
        if not self.asked.planned:
            plan = self._carry_out(plan, entries, deletes=deletes)
        return Pushed(Target(self.anki.name(), self.said, self.looks), plan, deletes, in_order(self.told))

    def _book(self) -> Book:
        book = planned_book(self.result) if self.asked.planned else open_book(self.result)
        return forgotten(book) if self.asked.another else book

    def _plan(self, book: Book) -> tuple[PushPlan, Mapping[NoteId, Entry]]:
        """The plan, and the entries of the notes that it looks at."""
        plan = self.result.plan
        ids = [note_id for note_id in note_ids(self.result.planned, plan) if note_id in book]
        retired = [each for each in book.entries.values() if each.retired is not None and _is_ours(each)]
        mods = mods_of(self.anki, [*ids, *(each.id for each in retired)])
        # A note that is not there stands still nowhere.
        open_ = [note_id for note_id in ids if book.still.get(note_id, -1) != mods.get(note_id)]
        entries = book.of(open_)
        wanted, told = gather(self.result.planned, plan, self.keeper, frozenset(open_)) if open_ else ((), ())
        self.told += told
        left = [each for each in retired if each.id in mods]
        asked = [note_id for note_id in (*open_, *(each.id for each in left)) if note_id in mods]
        held = self.anki.notes(asked) if asked else {}
        known = Known(self._types(), self.said)
        found = compare.compare(wanted, held, entries, known, self.now, force=self.asked.force)
        gone = tuple(
            Gone(each, first_field(held.get(each.id)), compare.is_edited(each, mods[each.id])) for each in left
        )
        carriers = self._carriers([note_id for note_id in ids if book.still.get(note_id, -1) == mods.get(note_id)])
        settled, total = len(ids) - len(open_), len(ids) + len(gone)
        return replace(found, gone=gone, carriers=carriers, settled=settled, total=total), entries

    def _carriers(self, still: Collection[NoteId]) -> tuple[Wanted, ...]:
        """A note for each notetype with another look than the last push brought; Anki passes over the notes."""
        before = {} if self.asked.another else self.asked.last.looks
        changed = [id_ for id_, look in self.looks.items() if before.get(id_, look) != look]
        planned, plan = self.result.planned, self.result.plan
        found = {id_: carrier(planned, plan, self.keeper, id_, still) for id_ in changed}
        # Where none can carry it, the next push is to look again.
        self.looks = {id_: look for id_, look in self.looks.items() if found.get(id_, look) is not None}
        self.looks |= {id_: before[id_] for id_, each in found.items() if each is None}
        return tuple(each for each in found.values() if each is not None)

    def _types(self) -> Collection[str]:
        inputs = self.result.planned.inputs
        known = (*inputs.syntax.notetypes.by_key.values(), *inputs.lock.adopted.values(), *stock().values())
        return {each.name for each in known}

    def _carry_out(self, plan: PushPlan, entries: Mapping[NoteId, Entry], *, deletes: bool) -> PushPlan:
        """Do it, and write down what came of it. Gives back the plan without what did not."""
        sent, mods = self._send(plan, entries)
        for deck, cards in compare.moves_by_deck(plan.moves).items():
            self.anki.move(cards, deck)
        if deletes:
            self.anki.delete([each.id for each in plan.gone])
        if plan.sent or plan.moves or plan.carriers or deletes:
            self.anki.refresh()
        moved = self._moved(plan.moves)
        gone = self._deleted(plan.gone) if deletes else plan.gone
        judged = tuple(each for each in plan.judged if each.verdict not in SENT or each.wanted.note.id in sent)
        done = replace(
            plan, judged=tuple(sent.get(each.wanted.note.id, each) for each in judged), moves=moved, gone=gone
        )
        lost = {move.wanted.note.id for move in plan.moves} - {move.wanted.note.id for move in moved}
        found = _records(done, entries, mods, lost)
        found |= {each.id: records.deleted(each.entry) for each in gone} if deletes else {}
        self.told += note_down(self.request, self.keeper, found)
        self.said |= {each.wanted.note.id: digest for each in done.judged if (digest := records.said_by(each))}
        return done

    def _send(
        self, plan: PushPlan, entries: Mapping[NoteId, Entry]
    ) -> tuple[Mapping[NoteId, Judged], Mapping[NoteId, int]]:
        """Send notes. Which of them arrived, and their `mod` in Anki."""
        sent = plan.sent
        if not (sent or plan.carriers) or not self._take(sent, entries, plan.carriers):
            return {}, {}
        ids = [each.wanted.note.id for each in sent]
        mods = dict(mods_of(self.anki, ids))
        arrived = {each.wanted.note.id: each for each in sent if each.has_arrived(mods.get(each.wanted.note.id))}
        doubted = [each for each in sent if each.wanted.note.id not in arrived]
        for last in (False, True):
            if not doubted:
                break
            held = self.anki.notes([each.wanted.note.id for each in doubted])
            mods |= {note_id: note.mod for note_id, note in held.items()}
            here = [
                each
                for each in doubted
                if each.has_arrived(mods.get(each.wanted.note.id), held.get(each.wanted.note.id))
            ]
            arrived |= {each.wanted.note.id: each for each in here}
            lost = [each for each in doubted if each.wanted.note.id not in arrived]
            doubted = [] if last else list(records.second_try(lost, held, self.now))
            if doubted and not self._take(doubted, entries):
                break
        self.told += [
            telling.lost(each.wanted, "did not arrive") for each in sent if each.wanted.note.id not in arrived
        ]
        return arrived, mods

    def _take(self, sent: Sequence[Judged], entries: Mapping[NoteId, Entry], carriers: Sequence[Wanted] = ()) -> bool:
        """Have Anki import a package of these notes; whether there was one."""
        self.told += note_down(self.request, self.keeper, records.before_sending(sent, entries))
        try:
            with parcel(self.request.root.folder, sent, carriers, self.now) as package:
                self.anki.take(package)
        except MediaChanged as changed:
            self.told.append(diagnose("A609", whole(NAME), name=str(changed)))
        except OSError as error:
            self.told.append(diagnose("A602", whole("push.apkg"), reason=error.strerror or type(error).__name__))
        else:
            return True
        self.looks = self.asked.last.looks
        return False

    def _moved(self, moves: Sequence[Move]) -> tuple[Move, ...]:
        """The moves that came about."""
        held = self.anki.notes([move.wanted.note.id for move in moves]) if moves else {}
        done = tuple(move for move in moves if _lies_there(move, held.get(move.wanted.note.id)))
        self.told += [telling.lost(move.wanted, "was not moved") for move in moves if move not in done]
        return done

    def _deleted(self, gone: Sequence[Gone]) -> tuple[Gone, ...]:
        left = mods_of(self.anki, [each.id for each in gone])
        self.told += [
            diagnose("A804", whole(each.entry.file), id=each.id, what="was not deleted")
            for each in gone
            if each.id in left
        ]
        return tuple(each for each in gone if each.id not in left)


def _is_ours(entry: Entry) -> bool:
    """Whether the note in Anki with this ID is known to be ours: else it is that of the tool that made the ID."""
    return not entry.foreign or entry.guid is not None


def _lies_there(move: Move, held: HeldNote | None) -> bool:
    deck = plain_deck(move.wanted.note.deck)
    return held is not None and all(plain_deck(card.deck) == deck for card in held.cards if card.id in move.cards)


def _records(
    plan: PushPlan, entries: Mapping[NoteId, Entry], mods: Mapping[NoteId, int], unmoved: Iterable[NoteId]
) -> dict[NoteId, Record]:
    """What is to be known of each note that was looked at. `mods` are those in Anki of what was sent."""
    away = frozenset(unmoved)
    found = {}
    for each in plan.judged:
        note_id = each.wanted.note.id
        mod = mods[note_id] if each.verdict in SENT else each.held.mod if each.held else None
        record = records.record_of(each, entries[note_id], mod, placed=note_id not in away)
        if record is not None:
            found[note_id] = record
    return found
