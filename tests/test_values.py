"""Our classes of values do what those of `dataclasses` do."""

import copy
import dataclasses
import pickle

import pytest

from ankisync import values
from ankisync.lock import Entry
from ankisync.model import DeckName, NoteHash, NoteId


@values.dataclass(frozen=True, slots=True)
class Point:
    """A frozen one."""

    x: int
    y: int = 2
    names: list[str] = values.field(default_factory=list)
    memo: object = values.field(default=None, compare=False, repr=False)

    @property
    def both(self) -> int:
        return self.x + self.y


@dataclasses.dataclass(frozen=True, slots=True)
class Twin:
    """The same by `dataclasses`."""

    x: int
    y: int = 2
    names: list[str] = dataclasses.field(default_factory=list)
    memo: object = dataclasses.field(default=None, compare=False, repr=False)


@values.dataclass(frozen=True, slots=True)
class One:
    x: tuple[int, ...] = ()


@values.dataclass(slots=True)
class Loose:
    x: int = 0


def test_values_are_made_shown_and_compared_alike() -> None:
    for args, named in (((1,), {}), ((1, 3), {"memo": 5}), ((), {"y": 1, "x": 4}), ((1, 2, ["a"]), {})):
        ours, twin = (kind(*args, **named) for kind in (Point, Twin))  # type: ignore[arg-type]
        assert repr(ours) == repr(twin).replace("Twin", "Point")
        assert [getattr(ours, each.name) for each in values.fields(Point)] == list(dataclasses.astuple(twin))
    assert Point(1, memo=1) == Point(1, memo=2) != Point(2)
    assert Point(1).__eq__(Twin(1)) is NotImplemented
    assert Point(1).names is not Point(1).names
    assert Point(1).both == 3
    assert One() == One(()) != One((1,))


def test_a_frozen_value_stays_as_it_is_and_can_be_a_key() -> None:
    point = Point(1)
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        point.other = 2  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        del point.x
    assert {One((1,)): "found"}[One((1,))] == "found"


def test_a_loose_value_changes_and_is_no_key() -> None:
    loose = Loose()
    loose.x = 5
    assert loose == Loose(5)
    with pytest.raises(TypeError):
        hash(loose)
    with pytest.raises(AttributeError):
        loose.y = 1  # type: ignore[attr-defined]


def test_what_is_not_asked_for_is_refused() -> None:
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Point(1, z=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        values.replace(Point(1), z=2)  # type: ignore[call-arg]


def test_values_are_replaced_copied_and_pickled() -> None:
    point = Point(1, 5, ["a"], memo=1)
    assert values.replace(point, x=7) == Point(7, 5, ["a"])
    assert dataclasses.replace(point, x=7) == Point(7, 5, ["a"])
    assert copy.copy(point) == point == copy.deepcopy(point)
    assert pickle.loads(pickle.dumps(point)).memo == 1
    assert Point.__match_args__ == tuple(each.name for each in dataclasses.fields(Point))
    assert [each.name for each in dataclasses.fields(Point)] == ["x", "y", "names", "memo"]


def test_a_class_has_its_name_its_text_and_no_dict() -> None:
    entry = Entry(NoteId(1), NoteHash("a"), 1, DeckName("D"), "f.md")
    assert repr(entry).startswith("Entry(id=1, hash='a', mod=1, deck='D', file='f.md', guid=None")
    assert (Point.__doc__, Point.__module__, Point.__qualname__) == ("A frozen one.", __name__, "Point")
    assert not hasattr(entry, "__dict__")
