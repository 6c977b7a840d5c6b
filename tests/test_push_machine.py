"""Edits on both sides, builds, imports by hand and pushes, in any order: after each push Anki holds what the rules say.

The rules: what nobody edited in Anki says what the notes say; what somebody edited there stays, until it is touched or
forced; cards follow their deck, unless somebody moved them in Anki; nothing is doubled, nothing goes that is not told to;
and a second push changes nothing.
"""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
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

from tests.fragments import thorough
from tests.push_support import ModelAnki
from tests.support import NOW, Vault

DECKS = ("One", "Two", "Two::Sub")
PLACES = st.integers(0, 99)


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


class Push(RuleBasedStateMachine):
    """Two editors and a person who builds, imports and pushes."""

    old = False

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.vault = Vault(Path(self.folder.name))
        self.vault.write("ankisync.toml", b"")
        self.anki = ModelAnki(old=self.old)
        self.cards: list[Card] = []
        self.sides: dict[int, Side] = {}
        self.keys = 0
        self.runs = 0
        self.now = int(NOW)

    def teardown(self) -> None:
        self.folder.cleanup()

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

    @initialize(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        for _ in range(count):
            self.add(0)

    @rule(deck=PLACES)
    def add(self, deck: int) -> None:
        card = Card(self.keys, deck=DECKS[deck % len(DECKS)])
        self.keys += 1
        self.cards.append(card)
        self.save(card)

    @precondition(lambda self: self.cards)
    @rule(place=PLACES)
    def write(self, place: int) -> None:
        card = self.cards[place % len(self.cards)]
        card.version += 1
        self.save(card)

    @precondition(lambda self: self.cards)
    @rule(place=PLACES, deck=PLACES)
    def change_deck(self, place: int, deck: int) -> None:
        card = self.cards[place % len(self.cards)]
        card.deck = DECKS[deck % len(DECKS)]
        self.save(card)

    @precondition(lambda self: self.cards)
    @rule(place=PLACES)
    def take_over(self, place: int) -> None:
        """The card says what Anki says."""
        card = self.cards[place % len(self.cards)]
        held = self.anki.held.get(card.id or 0)
        if held and dict(held.fields)["Back"].endswith("in Anki"):
            card.version = 1_000 + self.now
            side = self.sides[card.id or 0]
            self.tick()
            self.anki.edit(card.id or 0, card.back)
            side.edited = None
            self.save(card)

    def save(self, card: Card) -> None:
        self.tick()
        self.vault.write(f"{card.key}.md", card.text())

    # In Anki

    def note(self, place: int) -> int | None:
        held = sorted(self.anki.held)
        return held[place % len(held)] if held else None

    @rule(place=PLACES)
    def edit_in_anki(self, place: int) -> None:
        note = self.note(place)
        if note is not None:
            self.tick()
            self.anki.edit(note, f"{self.now} in Anki")
            self.sides[note].edited = self.now

    @rule(place=PLACES)
    def leech(self, place: int) -> None:
        note = self.note(place)
        # Of a note that was never pushed nobody knows what it said: a greater `mod` is an edit then.
        if note is not None and self.sides[note].pushed and "leech" not in self.anki.held[note].tags:
            self.tick()
            self.anki.tag(note, "leech")
            self.sides[note].edited = self.now if self.sides[note].edited else None

    @rule(place=PLACES, deck=PLACES)
    def move_in_anki(self, place: int, deck: int) -> None:
        note = self.note(place)
        if note is not None:
            self.anki.move_cards([card.id for card in self.anki.held[note].cards], ("Mine", *DECKS)[deck % 4])

    @rule(place=PLACES)
    def delete_in_anki(self, place: int) -> None:
        note = self.note(place)
        if note is not None:
            self.anki.delete_notes([note])
            self.sides[note].edited = None

    # Ways from here to there

    @rule()
    def build(self) -> None:
        self.tick()
        status, _, _ = self.run("build")
        assert status == 0

    @rule()
    def import_packages(self) -> None:
        self.tick()
        before = dict(self.anki.held)
        for package in sorted((self.vault.folder / "decks").glob("*.apkg")):
            self.anki.import_package(package)
        for note_id, held in self.anki.held.items():
            side = self.sides.setdefault(note_id, Side())
            if held.fields != before[note_id].fields if note_id in before else True:
                side.edited = self.now if self.old and note_id in before else None

    @precondition(lambda self: self.cards)
    @rule(place=PLACES)
    def touch(self, place: int) -> None:
        card = self.cards[place % len(self.cards)]
        if card.id is not None and card.id in self.vault.lock().entries:
            self.tick()
            assert self.run("touch", str(card.id))[0] == 0
            self.sides.setdefault(card.id, Side()).pushed = False

    @precondition(lambda self: not self.old)
    @rule(calls=st.integers(1, 8), late=st.booleans(), force=st.booleans())
    def push_that_breaks_off(self, calls: int, late: bool, force: bool) -> None:
        self.tick()
        before = dict(self.anki.held)
        self.anki.breaks = (calls, late)
        status, codes, _ = self.run("push", *(["--force"] if force else []))
        done = self.anki.breaks is not None
        self.anki.breaks = None
        assert status == (0 if done else 1), codes
        for note_id, held in self.anki.held.items():
            side = self.sides.setdefault(note_id, Side())
            if note_id not in before or held.fields != before[note_id].fields:
                side.edited = None  # written over: as the rules have it, or the next push would tell
        if done:
            self.tick()
            self.push(force=False)

    @rule(force=st.booleans())
    def push(self, force: bool) -> None:
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

    def check(self, card: Card, before: dict[int, object], mods: dict[int, int], *, force: bool) -> None:
        """What Anki holds of a card after a push."""
        assert card.id is not None
        held, was = self.anki.held[card.id], before.get(card.id)
        side = self.sides.setdefault(card.id, Side())
        back = dict(held.fields)["Back"]
        stays = side.edited is not None and not force and (side.pushed or side.edited > mods[card.id])  # type: ignore[index]
        (deck,) = {each.deck for each in held.cards}
        if was is None or not stays:
            assert back == card.back, (card, side, held)
            side.edited = None
        else:
            assert back == dict(was.fields)["Back"], (card, side, held)  # type: ignore[attr-defined]
        if was is None:
            assert deck == card.deck
        elif side.deck is not None:
            (lay,) = {each.deck for each in was.cards}  # type: ignore[attr-defined]
            assert deck == (card.deck if lay == side.deck else lay)
        side.deck, side.pushed = card.deck, True

    @invariant()
    def nothing_is_doubled(self) -> None:
        fronts = [dict(note.fields)["Front"] for note in self.anki.by_guid.values()]
        assert len(fronts) == len(set(fronts))


class OldPush(Push):
    """The same with an Anki of before 25.02."""

    old = True


def test_anki_holds_what_the_rules_say() -> None:
    run_state_machine_as_test(Push, settings=settings(thorough(30, 300), stateful_step_count=25))


def test_an_old_anki_holds_what_the_rules_say() -> None:
    run_state_machine_as_test(OldPush, settings=settings(thorough(15, 150), stateful_step_count=25))
