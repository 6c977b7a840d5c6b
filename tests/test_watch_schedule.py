"""When `watch` builds, by a clock that is a number."""

from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from ankisync.watch import Build, Schedule, Sleep
from ankisync.watch.schedule import LONGEST

SETTLE, AFTER = 0.1, 5.0
START = Schedule(SETTLE, AFTER)
NAMES = ("a.md", "b.md", "c.md")

Event = tuple[float, str]
Built = tuple[float, frozenset[str]]


def runs(schedule: Schedule, events: list[Event], took: float = 0.0) -> Iterator[Built]:
    """Each build's start and restless files, of a loop that sleeps as it is told. A build takes `took` seconds, and
    what changes meanwhile is seen after it.
    """
    now, waiting = 0.0, sorted(events)
    for _ in range(10 * len(events) + 10):
        seen = {}
        while waiting and waiting[0][0] <= now:
            moment, name = waiting.pop(0)
            seen[name] = moment
        schedule = schedule.changed(seen)
        action = schedule.next(now)
        if isinstance(action, Build):
            yield now, action.restless
            schedule = schedule.built(action.restless)
            now += took
        elif action.until is None and not waiting:
            return
        else:
            now = min(([] if action.until is None else [action.until]) + [moment for moment, _ in waiting[:1]])
    raise AssertionError("it goes on for ever")


def test_a_save_is_built_when_it_has_settled_and_again_when_the_file_is_still() -> None:
    assert list(runs(START, [(1.0, "a.md")])) == [(1.1, frozenset({"a.md"})), (6.0, frozenset())]


def test_nothing_is_built_where_nothing_changes() -> None:
    assert START.next(1e9) == Sleep(None)
    assert START.changed({}) is START


def test_a_burst_is_one_build() -> None:
    burst = [(1.0 + n / 50, f"{n}.md") for n in range(100)]
    (first, restless), *_ = runs(START, burst)
    assert (round(first, 6), len(restless)) == (3.08, 100)


def test_a_program_that_never_stops_writing_does_not_stop_builds() -> None:
    endless = [(n / 20, "log.md") for n in range(20 * 30)]
    builds = [now for now, _ in runs(START, endless)]
    assert max(late - early for early, late in zip([0.0, *builds], builds, strict=False)) <= LONGEST + SETTLE


def test_typing_on_keeps_the_file_restless_and_no_other() -> None:
    events = [(float(second), "typed.md") for second in range(1, 20, 2)] + [(2.0, "done.md")]
    builds = list(runs(START, events))
    assert all("typed.md" in restless for now, restless in builds if now < 24)
    assert (7.0, frozenset({"typed.md"})) in builds or (7.1, frozenset({"typed.md"})) in builds
    assert builds[-1] == (24.0, frozenset())


def test_without_waiting_ids_go_with_the_first_build() -> None:
    assert list(runs(Schedule(SETTLE, 0), [(1.0, "a.md")])) == [(1.1, frozenset())]


def test_a_stillness_shorter_than_the_settle_time_brings_no_second_build() -> None:
    assert list(runs(Schedule(1.0, 0.5), [(1.0, "a.md")])) == [(2.0, frozenset())]


def test_a_build_that_failed_is_tried_again() -> None:
    failed = START.built(frozenset()).again(2.0)
    assert (failed.next(1.5), failed.next(2.0)) == (Sleep(2.0), Build(frozenset()))
    assert failed.built(frozenset()).next(9.0) == Sleep(None)


def test_a_shorter_stillness_holds_at_once() -> None:
    schedule = START.changed({"a.md": 1.0}).built(frozenset({"a.md"}))
    assert schedule.next(2.0) == Sleep(6.0)
    shorter = Schedule(SETTLE, 0.5, schedule.moments)
    assert shorter.next(2.0) == Build(frozenset())


_EVENTS = st.lists(st.tuples(st.integers(0, 400).map(lambda n: n / 16), st.sampled_from(NAMES)), max_size=30)


@given(_EVENTS, st.sampled_from((0.0, 0.125, 1.0)), st.sampled_from((0.0, 0.0625, 2.0)), st.sampled_from((0.0, 0.5)))
@example([(0.0, "a.md"), (0.125, "a.md")], 0.125, 0.0625, 0.5)
def test_any_saves(events: list[Event], settle: float, after: float, took: float) -> None:
    builds = list(runs(Schedule(settle, after), events, took))
    assert len(builds) <= 2 * len(events)
    for now, restless in builds:
        past = {name: moment for moment, name in sorted(events) if moment <= now}
        # No build writes into a file before it is still, nor takes a still one for restless.
        assert restless == {name for name, moment in past.items() if moment + after > now}
    for moment, name in events:
        # Every save is in a build, and its file is written into in the end.
        assert any(now >= moment for now, _ in builds)
        assert any(now >= moment + after and name not in restless for now, restless in builds)
        seen = min(now for now, _ in builds if now >= moment)
        assert seen <= moment + max(settle, LONGEST) + took
    for now, _ in builds:
        due = [moment for moment, _ in events if now - settle < moment <= now]
        first = min((moment for moment, _ in events if not any(moment <= at < now for at, _ in builds)), default=now)
        # No build comes amid saves that follow each other, but for those that never end.
        assert not due or now - first >= LONGEST


@given(_EVENTS)
def test_files_apart_do_not_delay_each_other(events: list[Event]) -> None:
    alone = [now for now, _ in runs(START, [each for each in events if each[1] == "a.md"])]
    last = max((moment for moment, name in events if name == "a.md"), default=None)
    together = list(runs(START, events))
    if last is not None:
        written = min(now for now, restless in together if now >= last + AFTER and "a.md" not in restless)
        assert alone[-1] == last + AFTER
        assert written <= last + AFTER + LONGEST
