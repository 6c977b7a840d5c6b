"""The package's own regular expressions mean the same on every Python that it runs on."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TypeGuard

import pytest

import ankisync
from ankisync.config import StyleName
from ankisync.expression import expression
from ankisync.inline import _closing
from ankisync.opaque import _MATH_END, _fence_end
from ankisync.parse.quick import _card
from ankisync.parse.syntax import CONTAINERS
from tests.fragments import read_choice
from tests.support import syntax

# Python 3.11.2, which is Debian 12's, loses its place in `(?:…)*+` where the group may have to go back within itself:
# it matches what it must not, misses what it must, or never ends. From two times on, `{2,}+`, 3.11.7 is wrong too.
# `(?>(?:…)*)` is right on both, and so is one character or class, `[ab]*+`.
# It keeps some 130 bytes for each time around until it ends, so what is common in it goes a run at a time, `[^$]++`.
POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+")
CHOICES: tuple[dict[str, object], ...] = (
    {},
    {"styles": []},
    {"styles": [*map(str, StyleName)], "keywords": {"target_deck": "Deck", "delete": "(x)*+"}},
)


def is_expression(value: object) -> TypeGuard[re.Pattern[str] | re.Pattern[bytes]]:
    """Whether it is a pattern, or one of `ankisync.expression`, which are of another class and have all that it has."""
    return isinstance(value, re.Pattern) or type(value).__module__ == "ankisync.expression"


def inside(value: object) -> Iterator[str]:
    """The texts of the `re` patterns in a value of a module or a class."""
    if is_expression(value):
        yield value.pattern if isinstance(value.pattern, str) else value.pattern.decode("latin-1")
    elif isinstance(value, Mapping):
        yield from inside(tuple(value.values()))
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from inside(each)


def standing() -> Iterator[str]:
    """The patterns of all modules."""
    for room in pkgutil.walk_packages(ankisync.__path__, "ankisync."):
        if not room.name.endswith("__main__"):
            yield from inside(vars(importlib.import_module(room.name)))


def made() -> Iterator[str]:
    """Patterns that functions make."""
    for choice in CHOICES:
        patterns = syntax(read_choice(choice)).patterns
        yield from inside([getattr(patterns, each.name) for each in fields(patterns)])
    yield from inside((_card(section=True), _card(section=False)))
    yield from inside((_fence_end("```", "(?!)"), _closing(2)))


def test_no_group_is_repeated_possessively_which_python_3_11_2_misreads() -> None:
    found = [*standing(), *made()]
    assert _MATH_END["$"].pattern in found
    assert any(CONTAINERS in pattern for pattern in found)
    assert [pattern for pattern in found if POSSESSIVE_GROUP.search(pattern)] == []


@pytest.mark.parametrize("wrong", ["(?:a|bc)*+", "(a)++", "(?:a)?+", "(?:a){2,3}+", r"(?:[^$\\]|\\.|\\)*+"])
def test_such_a_group_is_seen(wrong: str) -> None:
    assert POSSESSIVE_GROUP.search(wrong)


@pytest.mark.parametrize("right", ["(?>(?:a|bc)*)", "[ab]*+", "x{3,}+", "(?:ab)+", r"(?:a+|b*+)?"])
def test_other_repetitions_are_free(right: str) -> None:
    assert not POSSESSIVE_GROUP.search(right)


def test_an_expression_that_waits_is_compiled_when_it_is_asked_and_does_what_a_pattern_does() -> None:
    waiting, usual = expression("(?P<a>x)|(", re.IGNORECASE), re.compile("(?P<a>x)|y", re.IGNORECASE)
    with pytest.raises(re.error):
        waiting.search("x")
    waiting = expression("(?P<a>x)|y", re.IGNORECASE)
    assert [match.span() for match in waiting.finditer("yX")] == [match.span() for match in usual.finditer("yX")]
    assert waiting.sub("-", "axY", 1) == usual.sub("-", "axY", 1) == "a-Y"
    assert (waiting.pattern, waiting.flags, waiting.groupindex) == (usual.pattern, usual.flags, usual.groupindex)
