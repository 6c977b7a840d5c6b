"""The rules of identity, one by one: which card is which note, what is told, when `mod` moves (DESIGN, section 4)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count

import pytest

from ankisync.lock import NAME, Entry, Lock
from ankisync.lost import missing
from ankisync.model import DeckName, Delivered, Guid, Ledger, Note, NoteHash, NoteId, Status
from ankisync.plan import Inputs, make_plan
from ankisync.reconcile import Reconciled, lock_after, reconcile
from ankisync.settling import Vault
from tests.support import document, syntax

NOW = 1_790_000_000
DAY = 86_400
MOD = 1_750_000_000
FRESH = 1_780_000_000_000
ONE, TWO, THREE = NoteId(1_702_818_043_968), NoteId(1_702_818_043_969), NoteId(1_702_818_043_970)
FUTURE = NoteId((NOW + 2 * DAY) * 1000)

Texts = Mapping[str, str]
Told = list[tuple[str, str, int]]


def _card(name: str, *ids: int) -> str:
    """A card of three lines and one for each ID, and a blank one."""
    return f"Q: {name}\nA: answer\n" + "".join(f"<!--ID: {each}-->\n" for each in ids) + "\n"


def _hash(name: str) -> NoteHash:
    return document(_card(name)).blocks[0].hash


def _entry(note_id: int, name: str, file: str = "n.md", mod: int = MOD) -> Entry:
    """What the lock knows of the card of this name."""
    return Entry(NoteId(note_id), _hash(name), mod, DeckName("Default"), file)


def _lock(*entries: Entry) -> Lock:
    return Lock({entry.id: entry for entry in entries})


def _vault(
    files: Texts, writable: Iterable[str] | None = None, complete: bool = True, elsewhere: Iterable[NoteId] = ()
) -> Vault:
    documents = tuple(document(text, path=path) for path, text in sorted(files.items()))
    return Vault(
        documents,
        syntax().notetypes,
        frozenset(files if writable is None else writable),
        complete,
        frozenset(elsewhere),
    )


def test_a_later_text_is_above_what_was_pushed() -> None:
    pushed = _entry(1702818043968, "old")._replace(pushed=(NOW + 500,))
    (note,) = _settle({"n.md": _card("new", 1702818043968)}, pushed).notes
    assert note.mod == NOW + 501
    (same,) = _settle({"n.md": _card("old", 1702818043968)}, pushed).notes
    assert same.mod == MOD


def test_what_packages_held_since_a_push_is_known() -> None:
    pushed = _entry(1702818043968, "old")._replace(pushed=(MOD - 7,), deck=DeckName("Before"))
    found = _settle({"n.md": _card("new", 1702818043968)}, pushed)
    (entry,) = lock_after(_lock(pushed), found, NOW).entries.values()
    assert (entry.pushed, entry.pushed_deck, entry.deck) == ((MOD - 7, MOD), "Before", "Default")
    never = pushed._replace(pushed=())
    (entry,) = lock_after(_lock(never), _settle({"n.md": _card("new", 1702818043968)}, never), NOW).entries.values()
    assert (entry.pushed, entry.pushed_deck) == ((), None)


def _settle(vault: Vault | Texts, *entries: Entry, ledger: Ledger | None = None) -> Reconciled:
    """The cards against a lock with these entries; new IDs count up from `FRESH`."""
    whole = vault if isinstance(vault, Vault) else _vault(vault)
    return reconcile(whole, _lock(*entries), ledger or {}, NOW, map(NoteId, count(FRESH)))


def _told(reconciled: Reconciled) -> Told:
    places = [(each.code, each.location.path, each.location.line) for each in reconciled.diagnostics]
    return sorted(places)


def _places(reconciled: Reconciled) -> dict[int, tuple[str, int]]:
    """Where each note stands that is built."""
    return {note.id: (note.location.path, note.location.line) for note in reconciled.notes}


def _only(reconciled: Reconciled) -> Note:
    (note,) = reconciled.notes
    return note


# the same ID twice


def test_one_id_on_one_card_is_no_trouble() -> None:
    done = _settle({"a.md": _card("x", ONE), "b.md": _card("x", TWO)})
    assert _told(done) == []
    assert _places(done) == {ONE: ("a.md", 1), TWO: ("b.md", 1)}


def test_of_two_cards_the_one_with_the_text_of_the_lock_is_kept() -> None:
    files = {"a.md": _card("edited", ONE), "much longer.md": _card("x", ONE)}
    done = _settle(files, _entry(ONE, "x", "a.md"))
    assert _places(done) == {ONE: ("much longer.md", 1)}
    assert _told(done) == [("A402", "a.md", 1)]
    assert "much longer.md:1" in done.diagnostics[0].message
    assert _only(done).status is Status.UNCHANGED


def test_of_two_cards_with_new_texts_the_one_in_the_file_of_the_lock_is_kept() -> None:
    files = {"a.md": _card("one", ONE), "much longer.md": _card("other", ONE)}
    done = _settle(files, _entry(ONE, "x", "much longer.md"))
    assert _places(done) == {ONE: ("much longer.md", 1)}
    assert _told(done) == [("A402", "a.md", 1)]
    assert _only(done).status is Status.CHANGED


def test_of_two_cards_that_differ_neither_is_kept_where_the_lock_does_not_help() -> None:
    files = {"a.md": _card("one", ONE), "b.md": _card("other", ONE)}
    for entries in ((), (_entry(ONE, "x", "gone.md"),)):
        done = _settle(files, *entries)
        assert _places(done) == {}
        assert _told(done) == [("A402", "b.md", 1)]
        assert done.retired == ()


def test_of_two_cards_that_differ_in_the_file_of_the_lock_neither_is_kept() -> None:
    done = _settle({"n.md": _card("one", ONE) + _card("other", ONE)}, _entry(ONE, "x"))
    assert _places(done) == {}
    assert _told(done) == [("A402", "n.md", 5)]


def test_of_two_cards_in_one_file_the_one_with_the_text_of_the_lock_is_kept() -> None:
    done = _settle({"n.md": _card("edited", ONE) + _card("x", ONE)}, _entry(ONE, "x"))
    assert _places(done) == {ONE: ("n.md", 5)}
    assert _told(done) == [("A402", "n.md", 1)]


@pytest.mark.parametrize(
    ("plain", "copy"),
    [
        ("note.md", "note (1).md"),
        ("note.md", "a/note copy.md"),
        ("note.md", "Note 2.md"),
        ("z/note.md", "a/note conflict.md"),
        ("a.md", "b.md"),
        ("a/note.md", "b/note.md"),
    ],
)
def test_of_equal_cards_the_one_of_the_plainest_file_name_is_kept(plain: str, copy: str) -> None:
    done = _settle({plain: _card("x", ONE), copy: _card("x", ONE)})
    assert _places(done) == {ONE: (plain, 1)}
    assert _told(done) == [("A403", copy, 1)]


def test_of_equal_cards_the_one_in_the_file_of_the_lock_is_kept() -> None:
    files = {"a.md": _card("x", ONE), "much longer.md": _card("x", ONE)}
    for name in ("x", "before"):
        done = _settle(files, _entry(ONE, name, "much longer.md"))
        assert _places(done) == {ONE: ("much longer.md", 1)}
        assert _told(done) == [("A403", "a.md", 1)]


def test_of_equal_cards_in_one_file_the_first_is_kept() -> None:
    done = _settle({"n.md": _card("x", ONE) + _card("x", ONE)})
    assert _places(done) == {ONE: ("n.md", 1)}
    assert _told(done) == [("A403", "n.md", 5)]


def test_equal_cards_are_told_once_for_each_pair_of_files() -> None:
    cards = _card("x", ONE) + _card("y", TWO) + _card("z", THREE)
    done = _settle({"n.md": cards, "n (1).md": cards, "n (22).md": cards})
    assert set(_places(done).values()) == {("n.md", 1), ("n.md", 5), ("n.md", 9)}
    assert _told(done) == [("A403", "n (1).md", 1), ("A403", "n (22).md", 1)]
    assert all("2 more" in each.message for each in done.diagnostics)


def test_cards_that_differ_are_told_one_by_one() -> None:
    files = {"a.md": _card("x", ONE) + _card("y", TWO), "bb.md": _card("X", ONE) + _card("Y", TWO)}
    assert _told(_settle(files)) == [("A402", "bb.md", 1), ("A402", "bb.md", 5)]


def test_the_lock_keeps_what_it_knows_of_notes_that_are_left_out() -> None:
    entry = _entry(ONE, "x", "gone.md")
    done = _settle({"a.md": _card("one", ONE), "b.md": _card("other", ONE)}, entry)
    assert lock_after(_lock(entry), done, NOW).entries == {ONE: entry}


def test_a_copy_with_another_id_is_another_card() -> None:
    done = _settle({"a.md": _card("x", ONE), "a (1).md": _card("x", TWO)}, _entry(ONE, "x", "a.md"))
    assert set(_places(done)) == {ONE, TWO}
    assert _told(done) == []


# a lost ID line


def test_a_lost_id_is_given_back() -> None:
    done = _settle({"n.md": _card("x")}, _entry(ONE, "x"))
    note = _only(done)
    assert (note.id, note.mod, note.status) == (ONE, MOD, Status.UNCHANGED)
    assert note.insertion is not None
    assert note.insertion.text == f"\n<!--ID: {ONE}-->"
    assert _told(done) == [("A406", "n.md", 1)]
    assert done.retired == ()


def test_a_card_that_the_lock_does_not_know_is_new() -> None:
    done = _settle({"n.md": _card("y")}, _entry(ONE, "x", "other.md"))
    note = _only(done)
    assert (note.id, note.mod, note.status) == (FRESH, FRESH // 1000, Status.NEW)
    assert note.guid == f"ankisync-{FRESH}"
    assert _told(done) == [("A408", "other.md", 1)]


def test_a_lost_id_follows_its_text_into_another_file() -> None:
    done = _settle({"new.md": _card("x")}, _entry(ONE, "x", "old.md"))
    assert _only(done).id == ONE
    assert _told(done) == [("A406", "new.md", 1)]


def test_a_retired_id_is_given_back() -> None:
    entry = _entry(ONE, "x")._replace(retired=MOD + 5)
    done = _settle({"n.md": _card("x")}, entry)
    assert _only(done).id == ONE
    assert lock_after(_lock(entry), done, NOW).entries == {ONE: entry._replace(retired=None)}


@pytest.mark.parametrize(
    "rest",
    [
        _card("other", ONE),
        f"<!-- ID: {ONE} -->\n",
        f"```\n<!--ID: {ONE}-->\n```\n",
        f"<!-- once {ONE} was here -->\n",
        f"a number {ONE}\n",
        f"99{ONE}99\n",
    ],
)
def test_an_id_that_still_stands_somewhere_is_not_given_to_another_card(rest: str) -> None:
    done = _settle({"n.md": _card("x"), "rest.md": rest}, _entry(ONE, "x"))
    assert [note.id for note in done.notes if note.insertion] == [FRESH]
    assert "A406" not in [each.code for each in done.diagnostics]
    assert done.retired == ()


def test_an_id_that_stands_in_a_file_that_is_not_read_is_not_given_to_another_card() -> None:
    done = _settle(_vault({"n.md": _card("x")}, elsewhere=[ONE]), _entry(ONE, "x", "excluded.md"))
    assert _only(done).id == FRESH
    assert _told(done) == [("A111", NAME, 1)]


def test_of_two_lost_ids_with_one_text_neither_is_given_back() -> None:
    done = _settle({"n.md": _card("x")}, _entry(ONE, "x"), _entry(TWO, "x"))
    assert _only(done).id == FRESH
    assert _told(done) == [("A407", "n.md", 1), ("A408", "n.md", 1), ("A408", "n.md", 1)]
    assert f"{ONE}, {TWO}" in next(each.message for each in done.diagnostics if each.code == "A407")


def test_a_lost_id_is_given_to_neither_of_two_equal_cards() -> None:
    done = _settle({"n.md": _card("x") + _card("x")}, _entry(ONE, "x"))
    assert set(_places(done)) == {FRESH, FRESH + 1}
    assert _told(done) == [("A407", "n.md", 1), ("A407", "n.md", 4), ("A408", "n.md", 1)]


def test_a_lost_id_beside_an_equal_card_with_its_own_is_given_back() -> None:
    done = _settle({"n.md": _card("x", TWO) + _card("x")}, _entry(ONE, "x"), _entry(TWO, "x"))
    assert set(_places(done)) == {ONE, TWO}
    assert _told(done) == [("A406", "n.md", 5)]


def test_a_near_match_is_offered_and_not_applied() -> None:
    done = _settle({"n.md": _card("x, edited")}, _entry(ONE, "x"))
    assert _only(done).id == FRESH
    assert _told(done) == [("A407", "n.md", 1), ("A408", "n.md", 1)]
    assert str(ONE) in done.diagnostics[0].message
    assert done.retired == (ONE,)


@pytest.mark.parametrize("entry", [_entry(ONE, "x", "other.md"), _entry(ONE, "x")._replace(retired=MOD)])
def test_no_near_match_is_offered_from_another_file_or_of_old(entry: Entry) -> None:
    codes = [code for code, _, _ in _told(_settle({"n.md": _card("x, edited")}, entry))]
    assert "A407" not in codes


def test_what_is_given_back_is_not_offered_to_its_neighbour() -> None:
    done = _settle({"n.md": _card("x") + _card("new")}, _entry(ONE, "x"))
    assert _places(done) == {ONE: ("n.md", 1), FRESH: ("n.md", 4)}
    assert _told(done) == [("A406", "n.md", 1)]


def test_a_card_waits_where_a_file_that_could_not_be_read_may_hold_its_id() -> None:
    vault = _vault({"n.md": _card("x")}, complete=False)
    done = _settle(vault, _entry(ONE, "x", "unreadable.md"))
    assert done.notes == ()
    assert done.waiting == 1
    assert _told(done) == [("A412", "n.md", 1)]


def test_a_card_in_the_file_of_its_lost_id_does_not_wait() -> None:
    done = _settle(_vault({"n.md": _card("x")}, complete=False), _entry(ONE, "x", "n.md"))
    assert (_only(done).id, done.waiting) == (ONE, 0)


def test_a_new_card_does_not_wait_for_a_file_that_could_not_be_read() -> None:
    done = _settle(_vault({"n.md": _card("new")}, complete=False), _entry(ONE, "x", "unreadable.md"))
    assert (_only(done).id, done.waiting) == (FRESH, 0)
    assert _told(done) == []


def test_cards_in_files_that_may_not_be_written_wait_silently() -> None:
    files = {"a.md": _card("x") + _card("y", TWO), "b.md": _card("z")}
    done = _settle(_vault(files, writable=["b.md"]), _entry(ONE, "x", "a.md"))
    assert _places(done) == {TWO: ("a.md", 4), FRESH: ("b.md", 1)}
    assert done.waiting == 1
    assert (done.retired, _told(done)) == ((), [])


# retired notes


def test_a_note_whose_id_stands_nowhere_is_retired() -> None:
    entry = _entry(ONE, "x", "gone.md")
    done = _settle({"n.md": _card("y", TWO)}, entry)
    assert done.retired == (ONE,)
    assert not done.doubted
    assert _told(done) == [("A408", "gone.md", 1)]
    after = lock_after(_lock(entry), done, NOW).entries
    assert after[ONE] == entry._replace(retired=NOW)
    assert after[TWO].retired is None


@pytest.mark.parametrize(
    "text",
    [
        _card("x", ONE),
        f"Q: broken\n<!--ID: {ONE}-->\n",
        f"```\n<!--ID: {ONE}-->\n```\n",
        f"<!-- {ONE} -->\n",
        f"{ONE}\n",
        f"1{ONE}1\n",
        f"<<<<<<< a\n{_card('x', ONE)}=======\n{_card('y', ONE)}>>>>>>> b\n",
        f"---\ndeck: [\n---\n{_card('x', ONE)}",
    ],
)
def test_a_note_whose_id_stands_anywhere_is_not_retired(text: str) -> None:
    done = _settle({"n.md": text}, _entry(ONE, "x"))
    assert done.retired == ()
    assert not done.doubted
    assert "A408" not in [each.code for each in done.diagnostics]


def test_a_retired_note_is_told_once() -> None:
    entry = _entry(ONE, "x")._replace(retired=MOD)
    done = _settle({"n.md": "text\n"}, entry)
    assert (done.retired, _told(done)) == ((), [])
    assert lock_after(_lock(entry), done, NOW).entries == {ONE: entry}


def test_a_retired_note_comes_back_with_its_history() -> None:
    entry = _entry(ONE, "x")._replace(retired=MOD, guid=Guid("its own"), extra=(("later", "1"),))
    done = _settle({"n.md": _card("x", ONE)}, entry)
    note = _only(done)
    assert (note.guid, note.mod, note.status) == ("its own", MOD, Status.UNCHANGED)
    assert lock_after(_lock(entry), done, NOW).entries == {ONE: entry._replace(retired=None)}


def test_nothing_is_retired_where_a_file_could_not_be_read() -> None:
    done = _settle(_vault({"n.md": "text\n"}, complete=False), _entry(ONE, "x", "gone.md"))
    assert done.retired == ()
    assert done.doubted
    assert _told(done) == []


def test_notes_in_files_that_are_not_read_are_told_once_and_not_retired() -> None:
    entries = [_entry(ONE, "x", "excluded/a.md"), _entry(TWO, "y", "excluded/b.md")]
    done = _settle(_vault({"n.md": "text\n"}, elsewhere=[ONE, TWO]), *entries)
    assert (done.retired, done.doubted) == ((), False)
    assert _told(done) == [("A111", NAME, 1)]
    assert "2 notes" in done.diagnostics[0].message


def test_a_note_in_a_file_that_is_read_is_not_told_as_elsewhere() -> None:
    done = _settle(_vault({"n.md": _card("x", ONE)}), _entry(ONE, "x"))
    assert _told(done) == []


@pytest.mark.parametrize(
    ("gone", "total", "doubted"),
    [
        (1, 1, False),
        (5, 5, False),
        (6, 6, True),
        (6, 29, True),
        (6, 30, False),
        (7, 34, True),
        (7, 35, False),
        (50, 249, True),
        (50, 250, False),
        (50, 1000, False),
        (51, 1000, True),
    ],
)
def test_too_many_at_once_are_not_believed(gone: int, total: int, doubted: bool) -> None:
    entries = [_entry(ONE + number, "x") for number in range(total)]
    retired = [_entry(TWO + total + number, "x")._replace(retired=MOD) for number in range(100)]
    text = "".join(f"{entry.id}\n" for entry in entries[gone:])
    done = _settle({"n.md": text}, *entries, *retired)
    assert done.doubted is doubted
    assert len(done.retired) == (0 if doubted else gone)
    codes = [each.code for each in done.diagnostics]
    assert codes == (["A409"] if doubted else ["A408"] * gone)
    after = lock_after(_lock(*entries), replace(done, notes=()), NOW).entries.values()
    assert sum(entry.retired is not None for entry in after) == len(done.retired)


def test_what_is_given_back_does_not_count_as_gone() -> None:
    entries = [_entry(ONE + number, f"card {number}") for number in range(7)]
    done = _settle({"n.md": "".join(_card(f"card {number}") for number in range(7))}, *entries)
    assert (done.doubted, done.retired) == (False, ())
    assert {note.id for note in done.notes} == {entry.id for entry in entries}


def test_what_has_to_be_looked_for_elsewhere() -> None:
    old = _entry(THREE, "z")._replace(retired=MOD)
    lock = _lock(_entry(ONE, "x"), _entry(TWO, "y"), old)
    documents = [document(_card("x", ONE))]
    assert missing(documents, lock) == {TWO}
    assert missing([*documents, document(_card("z"))], lock) == {TWO, THREE}
    assert missing([*documents, document(_card("z"), path="b.md"), document(f"{THREE}\n{TWO}\n")], lock) == set()


# mod


def _mod(name: str, *entries: Entry, held: Delivered | None = None) -> int:
    """The `mod` of the card of this name with the ID `ONE`."""
    return _only(_settle({"n.md": _card(name, ONE)}, *entries, ledger={ONE: held} if held else {})).mod


def _held(name: str, mod: int) -> Delivered:
    return Delivered(_hash(name), mod, DeckName("Default"), None)


def test_mod_stays_where_the_markdown_stays() -> None:
    assert _mod("x", _entry(ONE, "x")) == MOD
    assert _mod("x", _entry(ONE, "x", "other.md")) == MOD
    assert _mod("x", _entry(ONE, "x")._replace(deck=DeckName("Other"))) == MOD


def test_mod_is_now_where_the_markdown_changed() -> None:
    assert _mod("edited", _entry(ONE, "x")) == NOW


@pytest.mark.parametrize(("before", "after"), [(NOW - 1, NOW), (NOW, NOW + 1), (NOW + 10 * DAY, NOW + 10 * DAY + 1)])
def test_mod_always_goes_up(before: int, after: int) -> None:
    assert _mod("edited", _entry(ONE, "x", mod=before)) == after
    assert _mod("x", _entry(ONE, "x", mod=before)) == before


@pytest.mark.parametrize(("mod", "told"), [(NOW + DAY + 1, ["A703"]), (NOW + DAY, []), (NOW, [])])
@pytest.mark.parametrize("name", ["x", "edited"])
def test_a_mod_in_the_future_is_told(mod: int, told: list[str], name: str) -> None:
    done = _settle({"n.md": _card(name, ONE)}, _entry(ONE, "x", mod=mod))
    assert [each.code for each in done.diagnostics] == told


def test_without_an_entry_mod_is_the_time_in_the_id() -> None:
    assert _mod("x") == ONE // 1000


@pytest.mark.parametrize(
    ("name", "held", "after"),
    [
        ("x", _held("other", MOD + 5), MOD + 6),
        ("x", _held("other", MOD), MOD + 1),
        ("x", _held("other", MOD - 1), MOD),
        ("x", _held("x", MOD), MOD),
        ("x", _held("x", MOD - 1), MOD),
        ("edited", _held("x", MOD), NOW),
        ("edited", _held("x", NOW), NOW + 1),
        ("edited", _held("x", NOW + 5), NOW + 6),
        ("edited", _held("edited", MOD + 5), MOD + 5),
        ("edited", _held("edited", MOD), NOW),
    ],
)
def test_mod_goes_past_what_the_package_holds_with_other_content(name: str, held: Delivered, after: int) -> None:
    assert _mod(name, _entry(ONE, "x"), held=held) == after


def test_without_an_entry_mod_goes_past_what_the_package_holds_with_other_content() -> None:
    assert _mod("x", held=_held("other", NOW)) == NOW + 1
    assert _mod("x", held=_held("other", 5)) == ONE // 1000


def test_what_the_package_holds_of_other_notes_does_not_count() -> None:
    done = _settle({"n.md": _card("x", ONE)}, _entry(ONE, "x"), ledger={TWO: _held("other", NOW)})
    assert _only(done).mod == MOD


# which note a card is


def test_the_guid_of_the_lock_counts() -> None:
    done = _settle({"n.md": _card("x", ONE)}, _entry(ONE, "x")._replace(guid=Guid("its own")))
    assert _only(done).guid == "its own"
    assert _only(_settle({"n.md": _card("x", ONE)}, _entry(ONE, "x"))).guid == f"ankisync-{ONE}"


def test_a_deck_that_changed_is_a_move_and_no_change() -> None:
    note = _only(_settle({"n.md": "TARGET DECK: New\n\n" + _card("x", ONE)}, _entry(ONE, "x")))
    assert (note.deck, note.moved_from, note.status, note.mod) == ("New", "Default", Status.UNCHANGED, MOD)
    assert _only(_settle({"n.md": _card("x", ONE)}, _entry(ONE, "x"))).moved_from is None


def test_an_id_that_stood_there_before_us_is_foreign() -> None:
    done = _settle({"n.md": _card("x", ONE) + _card("y")})
    after = lock_after(_lock(), done, NOW).entries
    assert {note_id: entry.foreign for note_id, entry in after.items()} == {ONE: True, FRESH: False}
    again = _settle({"n.md": _card("x", ONE) + _card("y", FRESH)}, *after.values())
    assert lock_after(_lock(*after.values()), again, NOW).entries == after


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        ((), ONE),
        ((_entry(TWO, "x"),), TWO),
        ((_entry(TWO, "x", "other.md"),), TWO),
        ((_entry(TWO, "before"),), TWO),
        ((_entry(ONE, "x"), _entry(TWO, "x")), ONE),
        ((_entry(TWO, "another", "other.md"),), ONE),
    ],
)
def test_of_two_ids_under_one_card_the_one_that_the_lock_knows_counts(entries: tuple[Entry, ...], kept: int) -> None:
    done = _settle({"n.md": _card("x", ONE, TWO)}, *entries)
    assert _only(done).id == kept
    assert _told(done) == [("A404", "n.md", 4 if kept == ONE else 3)]
    assert done.retired == ()


def test_the_same_id_twice_under_one_card_is_one_id() -> None:
    done = _settle({"n.md": _card("x", ONE, ONE)})
    assert _only(done).id == ONE
    assert _told(done) == []


@pytest.mark.parametrize(
    "text",
    [
        # the text of both first cards is one, so that either could be the note of the second ID
        _card("x", ONE, TWO) + _card("x", TWO) + _card("y", ONE),
        _card("x", ONE, TWO) + _card("z", TWO) + _card("y", ONE),
        _card("x", ONE, TWO) + _card("x", ONE, TWO),
        _card("x", ONE, TWO) + _card("y", TWO, ONE),
    ],
)
def test_a_tangle_of_ids_is_read_the_same_the_second_time(text: str) -> None:
    first = _settle({"n.md": text})
    lock = lock_after(_lock(), first, NOW)
    second = _settle({"n.md": text}, *lock.entries.values())
    assert _places(second) == _places(first)
    assert lock_after(lock, second, NOW).entries == lock.entries


def test_an_id_in_the_future_leaves_its_card_out() -> None:
    entry = _entry(FUTURE, "before", mod=MOD)
    for entries in ((), (entry,)):
        done = _settle({"n.md": _card("x", FUTURE) + _card("y", TWO)}, *entries)
        assert set(_places(done)) == {TWO}
        assert _told(done) == [("A410", "n.md", 3)]
        assert done.retired == ()


def test_an_id_of_today_is_built_though_the_clocks_differ() -> None:
    done = _settle({"n.md": _card("x", (NOW + DAY) * 1000 + 999)})
    assert len(done.notes) == 1
    assert _told(done) == []


def test_a_card_whose_id_may_stand_in_a_damaged_line_of_the_lock_is_left_out() -> None:
    lock = Lock({}, damaged=(f'{{"id":{ONE}',), suspects=frozenset({ONE}))
    done = reconcile(_vault({"n.md": _card("x", ONE) + _card("y", TWO)}), lock, {}, NOW, map(NoteId, count(FRESH)))
    assert set(_places(done)) == {TWO}
    assert lock_after(lock, done, NOW).damaged == lock.damaged


def test_a_file_that_is_not_written_after_all_keeps_its_lost_id_in_the_lock() -> None:
    entry = _entry(ONE, "x")
    inputs = Inputs(syntax(), _vault({"n.md": _card("x")}, writable=[]), _lock(entry), {}, NOW, None, "engine")
    plan = make_plan(inputs, map(NoteId, count(FRESH)))
    assert plan.waiting == 1
    assert not any(note.insertion for note in plan.notes)
