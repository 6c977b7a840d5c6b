"""Edits on both sides, builds, imports by hand and pushes, in any order: after each push Anki holds what the rules say.

The rules: what nobody edited in Anki says what the notes say; what somebody edited there stays, until it is touched
or forced; cards follow their deck, unless somebody moved them in Anki; nothing is doubled, nothing goes that is not
told to; and a second push changes nothing.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest import mock

import pytest

from ankisync.model import NoteId
from ankisync.push.held import HeldNote
from tests.push_support import ModelAnki
from tests.support import NOW, Vault

DECKS = ("One", "Two", "Two::Sub")
ACTIONS = (
    "write", "write", "write", "change_deck", "add", "take_over", "edit", "edit", "leech", "move", "delete", "build",
    "build", "imports", "write_and_import", "touch", "push", "push", "force", "break_off", "break_off_late",
)  # fmt: skip


@dataclass
class Card:
    """A card in its own file: which text of it, its deck, its ID once it has one."""

    key: int
    version: int = 0
    deck: str = "One"
    id: int | None = None

    @property
    def back(self) -> str:
        return f"{self.key} version {self.version}"

    def text(self) -> str:
        own = "" if self.id is None else f"<!--ID: {self.id}-->\n"
        return f"TARGET DECK: {self.deck}\n\nQ: card {self.key}\nA: {self.back}\n{own}"


@dataclass
class Side:
    """What is known of a note in Anki: whether somebody edited it there, and when; the deck of the last push; whether
    the lock knows it as pushed.
    """

    edited: int | None = None
    deck: str | None = None
    pushed: bool = False


class Study:
    """Two editors and a person who builds, imports and pushes."""

    def __init__(self, folder: Path, *, old: bool) -> None:
        self.old = old
        self.vault = Vault(folder)
        self.vault.write("ankisync.toml", b"")
        self.anki = ModelAnki(old=old)
        self.cards: list[Card] = []
        self.sides: dict[int, Side] = {}
        self.keys = 0
        self.runs = 0
        self.now = int(NOW)

    # Time

    def run(self, *arguments: str) -> tuple[int, list[str], str]:
        self.runs += 1
        with mock.patch("ankisync.pushing.reach.Way.open", return_value=self.anki):
            run = self.vault.run(*arguments, now=self.now, seed=self.runs)
        assert "bug" not in run.err, run.err
        for card in self.cards:
            ids = [line for line in self.vault.read(f"{card.key}.md").split("\n") if line.startswith("<!--ID: ")]
            card.id = int(ids[0][8:-3]) if ids else None
        return run.status, run.codes, run.out

    def tick(self, seconds: int = 1) -> None:
        self.now += seconds
        self.anki.now = self.now

    # In the notes

    def begin(self, count: int, way: str) -> None:
        """A vault whose cards Anki has, or not."""
        for _ in range(count):
            self.add()
        if way == "import":
            self.build()
            self.imports()
        elif way == "push":
            self.push()

    def act(self, action: str, place: int) -> None:
        """One step; what it is about is one of a few cards, or notes in Anki."""
        card = self.cards[place % len(self.cards)]
        notes = sorted(self.anki.held)
        note = notes[place % len(notes)] if notes else None
        if action in ("write", "change_deck", "take_over", "write_and_import", "touch"):
            getattr(self, action)(card)
        elif action in ("edit", "leech", "move", "delete"):
            if note is not None:
                getattr(self, action)(note)
        elif action in ("force", "break_off", "break_off_late"):
            self.push(force=True) if action == "force" else self.break_off(1 + place % 8, late=action.endswith("late"))
        else:
            getattr(self, action)()
        self.nothing_is_doubled()

    def add(self) -> None:
        if len(self.cards) == 3:
            return
        card = Card(self.keys, deck=DECKS[self.keys % len(DECKS)])
        self.keys += 1
        self.cards.append(card)
        self.save(card)

    def write(self, card: Card) -> None:
        card.version += 1
        self.save(card)

    def change_deck(self, card: Card) -> None:
        card.deck = DECKS[(DECKS.index(card.deck) + 1) % len(DECKS)]
        self.save(card)

    def take_over(self, card: Card) -> None:
        """The card says what Anki says."""
        held = self.anki.held.get(card.id or 0)
        if held and dict(held.fields)["Back"].endswith("in Anki"):
            card.version = 1_000 + self.now
            side = self.sides[card.id or 0]
            self.tick()
            self.anki.edit(card.id or 0, card.back)
            side.edited = self.now
            self.save(card)

    def save(self, card: Card) -> None:
        self.tick()
        self.vault.write(f"{card.key}.md", card.text())

    # In Anki

    def edit(self, note: int) -> None:
        self.tick()
        self.anki.edit(note, f"{self.now} in Anki")
        self.sides[note].edited = self.now

    def leech(self, note: int) -> None:
        # Of a note that was never pushed nobody knows what it said: a greater `mod` is an edit then.
        if self.sides[note].pushed and "leech" not in self.anki.held[note].tags:
            self.tick()
            self.anki.tag(note, "leech")
            self.sides[note].edited = self.now if self.sides[note].edited else None

    def move(self, note: int) -> None:
        decks = ("Mine", *DECKS)
        self.anki.move_cards([card.id for card in self.anki.held[note].cards], decks[self.now % 4])

    def delete(self, note: int) -> None:
        self.anki.delete_notes([note])
        self.sides[note].edited = None

    # Ways from here to there

    def write_and_import(self, card: Card) -> None:
        self.write(card)
        self.build()
        self.imports()

    def build(self) -> None:
        self.tick()
        status, _, _ = self.run("build")
        assert status == 0

    def imports(self) -> None:
        self.tick()
        before = dict(self.anki.held)
        for package in sorted((self.vault.folder / "decks").glob("*.apkg")):
            self.anki.import_package(package)
        for note_id, held in self.anki.held.items():
            side = self.sides.setdefault(note_id, Side())
            if held.fields != before[note_id].fields if note_id in before else True:
                side.edited = self.now if self.old and note_id in before else None

    def touch(self, card: Card) -> None:
        if card.id is not None and card.id in self.vault.lock().entries:
            self.tick()
            assert self.run("touch", str(card.id))[0] == 0
            self.sides.setdefault(card.id, Side()).pushed = False

    def break_off(self, calls: int, *, late: bool) -> None:
        """A push that comes so far. What an old Anki did then is not known: it has set a time of its own."""
        self.tick()
        before = dict(self.anki.held)
        self.anki.breaks = (calls, late)
        status, codes, _ = self.run("push", *(["--force"] if late else []))
        done = self.anki.breaks is not None
        self.anki.breaks = None
        assert status == (0 if done else 1), codes
        for note_id, held in self.anki.held.items():
            side = self.sides.setdefault(note_id, Side())
            if note_id not in before or held.fields != before[note_id].fields:
                side.edited = None  # written over: as the rules have it, or the next push would tell
        if done:
            self.tick()
            self.push()

    def push(self, *, force: bool = False) -> None:
        self.tick()
        self.run("build")
        before, mods = dict(self.anki.held), {key: each.mod for key, each in self.vault.lock().entries.items()}
        self.tick()
        status, codes, out = self.run("push", *(["--force"] if force else []))
        assert status == 0, (codes, out)
        for card in self.cards:
            self.check(card, before, mods, force=force)
        assert before.keys() - self.anki.held.keys() == set()
        changes, lock = self.anki.changes, self.vault.lock()
        self.tick()
        assert "nothing to send" in self.run("push")[2]
        assert (self.anki.changes, self.vault.lock()) == (changes, lock)

    def check(self, card: Card, before: Mapping[int, HeldNote], mods: Mapping[NoteId, int], *, force: bool) -> None:
        """What Anki holds of a card after a push."""
        assert card.id is not None
        held, was = self.anki.held[card.id], before.get(card.id)
        side = self.sides.setdefault(card.id, Side())
        back = dict(held.fields)["Back"]
        stays = side.edited is not None and not force and (side.pushed or side.edited > mods[NoteId(card.id)])
        (deck,) = {each.deck for each in held.cards}
        if was is None or not stays:
            assert back == card.back, (card, side, held)
            side.edited = None
        else:
            assert back == dict(was.fields)["Back"], (card, side, held)
            side.edited = None if back == card.back else side.edited
        if was is None:
            assert deck == card.deck
        elif side.deck is not None:
            (lay,) = {each.deck for each in was.cards}
            assert deck == (card.deck if lay == side.deck else lay)
        side.deck, side.pushed = card.deck, True

    def nothing_is_doubled(self) -> None:
        fronts = [dict(note.fields)["Front"] for note in self.anki.by_guid.values()]
        assert len(fronts) == len(set(fronts))


@pytest.mark.parametrize("first", range(0, 100, 20))
@pytest.mark.parametrize("old", [False, True], ids=["today", "before 25.02"])
def test_anki_holds_what_the_rules_say(old: bool, first: int) -> None:
    """Walks at random: steps are many and their order counts, which is more than shrinking is worth."""
    for seed in range(first, first + (10 if old else 20)):
        random = Random(seed)
        with tempfile.TemporaryDirectory() as folder:
            study = Study(Path(folder), old=old)
            study.begin(random.randint(1, 2), random.choice(("none", "import", "push", "push")))
            for _ in range(random.randint(6, 12)):
                action, place = random.choice(ACTIONS), random.randrange(24)
                if not (old and action.startswith("break_off")):
                    study.act(action, place)
            study.push()
