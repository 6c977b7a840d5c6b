"""A vault that is edited, moved, copied, built and killed in any order: no identity is lost, none is given twice.

The model knows each card by a number in its text and writes the files itself; what ankisync adds to them is read back
by the lines of IDs alone, not by our parser.
"""

import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ankisync.apply import files as apply_files
from ankisync.identity import guid_of, note_hash
from ankisync.lock import NAME, Lock, read_lock, write_lock
from ankisync.model import Guid, NoteId
from tests.fragments import NOW, packed, thorough
from tests.support import Run, Vault

_ID_LINE = re.compile(r"[ >]*<!--ID: ([0-9]+)-->")
_QUESTION = re.compile(r"[ >-]*Q: card ([0-9]+) ")
_STYLES = (("", "", ""), ("> ", "> ", "> "), ("- ", "- ", "  "), ("- ", "  ", "  "))
_DECKS = ("One", "Two", "Two::Sub", "two")
_ENDINGS = ("\n", "\r\n")
_PLACES = st.integers(0, 99)
_SECONDS = st.sampled_from((-3_600, -60, 0, 60, 100_000))
_STEPS = ((os, "replace"), (os, "fsync"), (os, "link"), (Path, "unlink"), (apply_files, "swap"))
_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass
class Card:
    """A card in a file: which one it is, which text of it, and the ID that stands below it."""

    key: int
    version: int
    style: int
    id: int | None = None

    @property
    def front(self) -> str:
        return f"card {self.key} version {self.version}"

    def lines(self) -> list[str]:
        first, second, below = _STYLES[self.style]
        own = [] if self.id is None else [f"{below}<!--ID: {self.id}-->"]
        return [f"{first}Q: {self.front}", f"{second}A: answer", *own, ""]


@dataclass
class File:
    """A note file: its deck, the form of its lines, its cards."""

    deck: str
    ending: str
    cards: list[Card] = field(default_factory=list)

    def text(self) -> str:
        lines = [f"TARGET DECK: {self.deck}", "", *(line for card in self.cards for line in card.lines())]
        return "".join(line + self.ending for line in lines)


class Packed(NamedTuple):
    """What is known of a note from a package."""

    guid: str
    mod: int
    front: str


class Killed(BaseException):
    """Stands for the end of the process."""


class Steps:
    """Counts what is done to the disk, and ends the process at one step; `dead` is for all that follows, as a kill is,
    where an exception would still let it clean up.
    """

    def __init__(self, left: int, late: bool, dead: bool) -> None:
        self.left, self.late, self.dead = left, late, dead
        self.killed = False

    def guard(self, real: Callable[_P, _T]) -> Callable[_P, _T]:
        """The operation, which may be the last one, done or not done."""

        def step(*arguments: _P.args, **named: _P.kwargs) -> _T:
            self.left -= 1
            if self.left != 0:
                if self.killed and self.dead:
                    raise Killed
                return real(*arguments, **named)
            self.killed = True
            if self.late:
                real(*arguments, **named)
            raise Killed

        return step


@contextmanager
def _dying(left: int, late: bool, dead: bool) -> Iterator[None]:
    steps = Steps(left, late, dead)
    with ExitStack() as stack:
        for owner, name in _STEPS:
            stack.enter_context(mock.patch.object(owner, name, steps.guard(getattr(owner, name))))
        yield


class Study(RuleBasedStateMachine):
    """A person who studies, with a clumsy hand."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.vault = Vault(Path(self.folder.name))
        self.vault.write("ankisync.toml", b"")
        self.files: dict[str, File] = {}
        self.deleted: list[Card] = []
        self.keys = 0
        self.names = 0
        self.builds = 0
        self.now = NOW
        self.owner: dict[int, int] = {}
        self.sent: dict[int, Packed] = {}
        self.guids: dict[int, str] = {}
        self.settled = True
        self.committed: tuple[dict[str, File], bytes] | tuple[()] = ()

    def teardown(self) -> None:
        self.folder.cleanup()

    # what the model knows

    def _cards(self) -> list[tuple[File, Card]]:
        return [(file, card) for file in self.files.values() for card in file.cards]

    def _file(self, place: int) -> tuple[str, File]:
        names = sorted(self.files)
        name = names[place % len(names)]
        return name, self.files[name]

    def _card(self, place: int) -> tuple[File, Card]:
        cards = self._cards()
        return cards[place % len(cards)]

    def _save(self) -> None:
        """Write all files that the model has changed."""
        for name, file in self.files.items():
            path = self.vault.folder / name
            data = file.text().encode()
            if not path.exists() or path.read_bytes() != data:
                path.write_bytes(data)

    def _fresh_name(self) -> str:
        self.names += 1
        return f"file {self.names}.md"

    def _lock(self) -> Lock:
        path = self.vault.folder / NAME
        lock, told = read_lock(path.read_bytes()) if path.exists() else (Lock({}), ())
        assert not told
        return lock

    # what a person does

    @initialize(endings=st.lists(st.sampled_from(_ENDINGS), min_size=2, max_size=2))
    def start(self, endings: list[str]) -> None:
        for place, ending in enumerate(endings):
            self.files[self._fresh_name()] = File(_DECKS[place], ending)
            for _ in range(2):
                self.add(place, self.keys, 99)
        self.build()

    @rule(place=_PLACES, style=_PLACES, at=_PLACES)
    @precondition(lambda self: self.files)
    def add(self, place: int, style: int, at: int) -> None:
        _, file = self._file(place)
        self.keys += 1
        file.cards.insert(at % (len(file.cards) + 1), Card(self.keys, 0, style % len(_STYLES)))
        self._save()

    @rule(deck=st.sampled_from(_DECKS), ending=st.sampled_from(_ENDINGS))
    def add_file(self, deck: str, ending: str) -> None:
        self.files[self._fresh_name()] = File(deck, ending)
        self._save()

    @rule(place=_PLACES, version=st.integers(0, 2))
    @precondition(lambda self: self._cards())
    def edit(self, place: int, version: int) -> None:
        self._card(place)[1].version = version
        self._save()

    @rule(place=_PLACES, version=st.integers(0, 2), seconds=_SECONDS)
    @precondition(lambda self: self.files)
    def edit_a_file_and_build(self, place: int, version: int, seconds: int) -> None:
        for card in self._file(place)[1].cards:
            card.version = version
        self._save()
        self.wait_and_build(seconds)

    @rule(what=st.sampled_from(("style", "move", "reorder", "rename", "deck")), place=_PLACES, to=_PLACES)
    @precondition(lambda self: self._cards())
    def rearrange(self, what: str, place: int, to: int) -> None:
        """Changes that are none to Anki's notes."""
        file, card = self._card(place)
        name, other = self._file(to)
        if what == "style":
            card.style = to % len(_STYLES)
        elif what == "move":
            file.cards.remove(card)
            other.cards.append(card)
        elif what == "reorder":
            file.cards.reverse()
        elif what == "deck":
            other.deck = _DECKS[place % len(_DECKS)]
        else:
            self.files[self._fresh_name()] = self.files.pop(name)
            (self.vault.folder / name).unlink()
        self._save()

    @rule(place=_PLACES)
    @precondition(lambda self: self._cards())
    def delete(self, place: int) -> None:
        file, card = self._card(place)
        file.cards.remove(card)
        self.deleted.append(card)
        self._save()

    @rule(place=_PLACES, to=_PLACES)
    @precondition(lambda self: self.deleted and self.files)
    def bring_back(self, place: int, to: int) -> None:
        card = self.deleted.pop(place % len(self.deleted))
        self._file(to)[1].cards.append(card)
        self._save()

    @rule(place=_PLACES)
    @precondition(lambda self: self._cards())
    def lose_an_id_line(self, place: int) -> None:
        self._card(place)[1].id = None
        self._save()

    @rule(place=_PLACES)
    @precondition(lambda self: self.files)
    def lose_all_id_lines_of_a_file(self, place: int) -> None:
        for card in self._file(place)[1].cards:
            card.id = None
        self._save()

    @rule(place=_PLACES)
    @precondition(lambda self: 0 < len(self.files) < 5)
    def copy(self, place: int) -> None:
        name, file = self._file(place)
        copy = replace(file, cards=[replace(card) for card in file.cards])
        self.names += 1
        self.files[f"{name.removesuffix('.md')} ({self.names}).md"] = copy
        self._save()

    @rule(place=_PLACES)
    @precondition(lambda self: len(self.files) > 1)
    def delete_file(self, place: int) -> None:
        name, _ = self._file(place)
        (self.vault.folder / name).unlink()
        self.deleted += self.files.pop(name).cards

    @rule()
    def lose_the_lock_and_build(self) -> None:
        """What stands in no package with a note of this vault, by its ID or its text, is forgotten."""
        (self.vault.folder / NAME).unlink(missing_ok=True)
        standing = {card.id for _, card in self._cards()}
        texts = {card.front for _, card in self._cards()}
        packages = self._packages().values()
        ours = [rows for rows in packages if rows.keys() & standing or any(row[2] in texts for row in rows.values())]
        self.sent = {note_id: Packed(*row) for rows in ours for note_id, row in rows.items()}
        self.guids = {note_id: row.guid for note_id, row in self.sent.items()}
        self.build()

    @rule(place=_PLACES)
    @precondition(lambda self: self._lock().entries)
    def adopt_and_build(self, place: int) -> None:
        """A note gets the guid that another tool gave it in Anki."""
        lock = self._lock()
        entry = sorted(lock.entries.values(), key=lambda entry: entry.id)[place % len(lock.entries)]
        if entry.guid is None:
            self.guids[entry.id] = f"own {entry.id}"
            own = entry._replace(guid=Guid(self.guids[entry.id]))
            self.vault.write(NAME, write_lock(lock.with_entries({**lock.entries, entry.id: own})))
        self.build()

    @rule()
    def commit(self) -> None:
        lock = self.vault.folder / NAME
        self.committed = deepcopy(self.files), lock.read_bytes() if lock.exists() else b""

    @rule()
    @precondition(lambda self: self.committed)
    def check_out(self) -> None:
        """The notes and the lock as they were; the decks are in no repository."""
        for name in self.files:
            (self.vault.folder / name).unlink()
        assert self.committed
        files, lock = self.committed
        self.files = deepcopy(files)
        self._save()
        self.vault.write(NAME, lock)
        self.sent = {note_id: Packed(*row) for rows in self._packages().values() for note_id, row in rows.items()}
        self.guids = {note_id: row.guid for note_id, row in self.sent.items()}
        self.guids |= {entry.id: str(entry.guid) for entry in self._lock().entries.values() if entry.guid}

    # what ankisync does

    def _run(self, *arguments: str | Path) -> Run:
        self.builds += 1
        self.now += 1
        run = self.vault.run(*arguments, now=self.now, seed=self.builds)
        assert "Traceback" not in run.out + run.err
        return run

    @rule(seconds=_SECONDS)
    def wait_and_build(self, seconds: int) -> None:
        self.now += seconds
        self.build()

    @rule()
    def build(self) -> None:
        expected = self._expected()
        before = self._lock()
        told = self._told(self._run("build", "--format", "json"))
        self._read_back()
        assert all(card.id is not None for _, card in self._cards())
        assert before.entries.keys() <= self._lock().entries.keys()
        assert all(card.id == note_id for card, note_id in expected)
        self._look_at_packages(told)
        self.settled = True
        self._build_again()

    @rule(place=_PLACES)
    @precondition(lambda self: self.files)
    def build_one_file(self, place: int) -> None:
        name, _ = self._file(place)
        others = {other: (self.vault.folder / other).read_bytes() for other in self.files if other != name}
        told = self._told(self._run("build", "--format", "json", name))
        assert others == {other: (self.vault.folder / other).read_bytes() for other in others}
        self._read_back()
        assert all(card.id is not None for card in self.files[name].cards)
        self._look_at_packages(told)

    @rule()
    def build_locked(self) -> None:
        notes = {name: value for name, value in self.vault.state().items() if not name.startswith("decks")}
        run = self._run("build", "--locked", "--format", "json")
        assert run.status in (0, 1, 3)
        assert {name: value for name, value in self.vault.state().items() if not name.startswith("decks")} == notes
        self._look_at_packages(json.loads(run.out), locked=True)

    @rule(left=st.integers(1, 25), late=st.booleans(), dead=st.booleans(), swaps=st.booleans())
    def be_killed(self, left: int, late: bool, dead: bool, swaps: bool) -> None:
        """A build that ends early, also on a system that cannot exchange two files at one instant."""
        before = self._lock()
        swap = apply_files.swap if swaps else mock.Mock(side_effect=NotImplementedError)
        try:
            with mock.patch.object(apply_files, "swap", swap), _dying(left, late, dead):
                self._run("build")
        except Killed:
            self.settled = False
        self._read_back()
        assert before.entries.keys() <= self._lock().entries.keys()
        self._packages()

    def _told(self, run: Run) -> dict[str, object]:
        assert run.status in (0, 1), run
        assert "A605" not in run.out
        told = json.loads(run.out)
        assert isinstance(told, dict)
        return told

    def _build_again(self) -> None:
        """A second build changes nothing."""
        state = self.vault.state()
        assert self._run("build").status in (0, 1)
        assert self._run("check").status in (0, 1)
        assert self.vault.state() == state
        assert not list(self.vault.folder.rglob("*.ankisync-tmp"))

    def _expected(self) -> list[tuple[Card, int]]:
        """Cards without ID that must get back the one they had: their text is in the lock once, under an ID that
        stands nowhere, and nobody else has it.
        """
        standing = {card.id for _, card in self._cards()}
        lost = [card for _, card in self._cards() if card.id is None]
        copies = Counter(card.front for card in lost)
        found: list[tuple[Card, int]] = []
        for card in lost:
            hash_ = note_hash("Basic", (("Front", card.front), ("Back", "answer")), ())
            ids = [
                entry.id for entry in self._lock().entries.values() if entry.hash == hash_ and entry.id not in standing
            ]
            if len(ids) == copies[card.front] == 1:
                found.append((card, ids[0]))
        return found

    # what must always hold

    def _read_back(self) -> None:
        """The files hold what the person wrote, and IDs where there were none."""
        for name, file in self.files.items():
            text = self.vault.read(name)
            self._read_ids(file, text)
            assert text == file.text()

    def _read_ids(self, file: File, text: str) -> None:
        cards = iter(file.cards)
        card: Card | None = None
        for line in text.split(file.ending):
            if _QUESTION.match(line):
                card = next(cards)
            if match := _ID_LINE.fullmatch(line):
                assert card is not None
                if card.id is None:
                    self._give(card, int(match[1]))

    def _give(self, card: Card, note_id: int) -> None:
        """An ID that appears is that of this very card, or of none that there ever was."""
        assert note_id in self.owner or note_id // 1000 <= self.now
        assert self.owner.setdefault(note_id, card.key) == card.key
        card.id = note_id

    @invariant()
    def no_id_is_anywhere_that_never_stood_in_a_note(self) -> None:
        assert all(self.owner[card.id] == card.key for _, card in self._cards() if card.id is not None)
        assert self._lock().entries.keys() <= self.owner.keys()
        assert {note_id for rows in self._packages().values() for note_id in rows} <= self.owner.keys()

    def _packages(self) -> dict[str, dict[int, tuple[str, int, str]]]:
        """All packages there are, by name; in none is a note twice."""
        found = {}
        for path in sorted((self.vault.folder / "decks").glob("*.apkg")):
            rows = packed(path)
            found[path.name] = {row.id: (row.guid, row.mod, row.flds.split("\x1f")[0]) for row in rows}
            assert len(found[path.name]) == len(rows)
        return found

    def _look_at_packages(self, told: dict[str, object], locked: bool = False) -> None:
        """Each note is in one package, with the text of a card that has its ID, and with a `mod` that only goes up."""
        plan, diagnostics = told["plan"], told["diagnostics"]
        assert isinstance(plan, dict)
        assert isinstance(diagnostics, list)
        blocked = {each["path"] for each in diagnostics if each["code"] == "A603"}
        packages = self._packages()
        files = [each["file"] for each in plan["packages"] if f"decks/{each['file']}" not in blocked]
        rows = [(note_id, Packed(*row)) for file in files for note_id, row in packages[file].items()]
        notes = dict(rows)
        assert len(notes) == len(rows)
        standing = {(card.id, card.front) for _, card in self._cards()}
        assert {(note_id, row.front) for note_id, row in notes.items()} <= standing
        texts = Counter(note_id for note_id, _ in standing)
        assert blocked or {note_id for note_id, count in texts.items() if count == 1 and note_id} <= notes.keys()
        entries = self._lock().entries
        assert locked or all(entries[NoteId(note_id)].mod == row.mod for note_id, row in rows)
        for note_id, row in rows:
            self._send(note_id, row)

    def _send(self, note_id: int, row: Packed) -> None:
        before = self.sent.get(note_id)
        assert row.guid == self.guids.get(note_id, guid_of(NoteId(note_id)))
        if before is not None:
            assert row.mod > before.mod if row.front != before.front else row.mod >= before.mod
            assert row.front != before.front or row.mod == before.mod or not self.settled
        self.sent[note_id] = row


def test_identities_survive_everything() -> None:
    run_state_machine_as_test(Study, settings=settings(thorough(50), stateful_step_count=30))


def test_what_a_killed_run_left_is_not_lost_in_the_next_write(vault: Vault) -> None:
    vault.write("n.md", "Q: x\nA: y\n")
    saved = "Q: x\nA: a save that only this leftover holds\n"
    vault.write(".n.md.ankisync-old", saved)
    run = vault.build()
    assert "A607" in run.codes
    kept = [path for path in vault.folder.iterdir() if path.is_file() and path.read_bytes() == saved.encode()]
    assert len(kept) == 1
    assert vault.build(seed=2).status == run.status
    assert kept[0].read_bytes() == saved.encode()


def test_a_note_that_only_a_package_remembers_goes_past_it_at_once(vault: Vault) -> None:
    vault.write("a.md", "TARGET DECK: One\n\nQ: a\nA: y\n")
    other = vault.write("b.md", "TARGET DECK: Two\n\nQ: b\nA: y\n")
    assert vault.build().status == 0
    text = vault.read("b.md").replace("TARGET DECK: Two", "TARGET DECK: One")
    (before,) = packed(vault.folder / "decks" / "Two.apkg")
    other.unlink()
    (vault.folder / NAME).unlink()
    assert vault.build().status == 0
    vault.write("b.md", text.replace("Q: b", "Q: b, edited"))
    assert vault.build().status == 0
    rows = {row.id: row for row in packed(vault.folder / "decks" / "One.apkg")}
    assert rows[before.id].mod > before.mod
    state = vault.state()
    assert vault.build().status == 0
    assert vault.state() == state
