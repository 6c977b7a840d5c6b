"""JavaScript's syntax of regular expressions, as V8 reads it without the `u` flag (ECMAScript 2024 with Annex B)."""

import re

from ankisync.parse.javascript.characters import DOT, ESCAPED, Ranges, complement, single, union
from ankisync.parse.javascript.escapes import Escapes, Refused
from ankisync.parse.javascript.tree import (
    Choice,
    Edge,
    Group,
    Look,
    Node,
    Reference,
    Repeat,
    Sequence,
    Set,
)

_MOST_DEPTH = 50  # this reader, the passes over its tree and the `regex` package's compiler recurse
_MOST_ROUNDS = 65_535  # the `regex` package takes memory for what it must repeat
_NO_END = 2**31 - 1  # V8's infinity
_INTERVAL = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_LOOKS = {"(?=": (False, False), "(?!": (False, True), "(?<=": (True, False), "(?<!": (True, True)}
_BEHIND = ("(?<=", "(?<!")
_SIMPLE = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def read_tree(units: str) -> tuple[Node, int]:
    """The tree of an expression, whose characters are UTF-16 units, and the number of its groups.

    Raises `Refused` with the reason where V8 says SyntaxError, and where an expression is beyond what we run.
    """
    reader = _Reader(units)
    node = reader.choice()
    if not reader.done:
        raise Refused("a `)` closes nothing")
    return node, reader.group_count


class _Reader(Escapes):
    """A place in the expression, moved on by what reads there."""

    def __init__(self, units: str) -> None:
        super().__init__(units)
        self.groups_read = 0
        self.depth = 0

    def choice(self) -> Node:
        """Options up to a closing parenthesis or the end."""
        options = [self.sequence()]
        while self.take("|"):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self) -> Node:
        items: list[Node] = []
        while not self.done and self.next not in "|)":
            items.append(self.term())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def term(self) -> Node:
        """An atom with its quantifier, or a condition, which takes none."""
        atom = self.condition()
        if atom is not None:
            return atom
        at = self.at
        if self.quantifier() is not None:
            raise Refused(f"there is nothing that `{self.units[at : self.at]}` could repeat")
        atom = self.atom()
        quantifier = self.quantifier()
        if quantifier is None:
            return atom
        if self.units.startswith(_BEHIND, at):
            raise Refused("what was before (`(?<=`, `(?<!`) cannot be repeated")
        least, most = quantifier
        return Repeat(atom, least, most, lazy=self.take("?"))

    def condition(self) -> Node | None:
        for mark in ("^", "$", "\\b", "\\B"):
            if self.take(mark):
                return Edge(mark[-1])
        return None

    def quantifier(self) -> tuple[int, int | None] | None:
        if self.next in _SIMPLE:
            self.at += 1
            return _SIMPLE[self.units[self.at - 1]]
        interval = _INTERVAL.match(self.units, self.at)
        if interval is None:
            return None
        self.at = interval.end()
        least = _rounds(interval[1])
        most = _rounds(interval[3] or str(_NO_END)) if interval[2] else least
        if most < least:
            raise Refused(f"the numbers in `{interval[0]}` are out of order")
        if least > _MOST_ROUNDS:
            raise Refused(f"`{interval[0]}` repeats more often than we can")
        return least, (None if most == _NO_END else most)

    def atom(self) -> Node:
        if self.take("("):
            return self.parenthesis()
        if self.take("["):
            return Set(self.character_class())
        if self.take("."):
            return Set(DOT)
        if self.take("\\"):
            return self.escape()
        return Set(single(ord(self.advance())))

    def parenthesis(self) -> Node:
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise Refused(f"its groups are nested more than {_MOST_DEPTH} deep")
        node = self.group()
        if not self.take(")"):
            raise Refused("a group is not closed")
        self.depth -= 1
        return node

    def group(self) -> Node:
        if self.take("?:"):
            return self.choice()
        for mark, (behind, negative) in _LOOKS.items():
            if self.take(mark[1:]):
                return Look(behind, negative, self.choice())
        if self.take("?") and not self.group_name():
            raise Refused("JavaScript has no group of the kind that a `(?` begins")
        self.groups_read += 1
        return Group(self.groups_read, self.choice())

    def escape(self) -> Node:
        """What follows a backslash outside brackets."""
        if self.done:
            raise Refused("it ends in a backslash")
        number = self.reference_number()
        if number is not None:
            return Reference(number)
        if self.names and self.take("k"):
            return Reference(self.named_reference())
        if self.next in ESCAPED:
            return Set(ESCAPED[self.advance()])
        return Set(single(self.character_escape(in_class=False)))

    def character_class(self) -> Ranges:
        """What stands in brackets, the opening one taken."""
        negative = self.take("^")
        ranges: list[tuple[int, int]] = []
        while not self.take("]"):
            ranges += self.class_range()
        return complement(union(ranges)) if negative else union(ranges)

    def class_range(self) -> Ranges:
        """A range; or a single atom, or two around a hyphen of which one is a set by itself."""
        first = self.class_atom()
        if self.next != "-" or self.units.startswith("-]", self.at):
            return first if isinstance(first, tuple) else single(first)
        self.at += 1
        last = self.class_atom()
        if isinstance(first, tuple) or isinstance(last, tuple):
            atoms = [atom if isinstance(atom, tuple) else single(atom) for atom in (first, last)]
            return (*atoms[0], *single(ord("-")), *atoms[1])
        if first > last:
            raise Refused("the ends of a range in brackets are out of order")
        return ((first, last),)

    def class_atom(self) -> int | Ranges:
        """A character, or a set by its name."""
        if self.done:
            raise Refused("a `[` is not closed")
        if not self.take("\\"):
            return ord(self.advance())
        if self.next in ESCAPED:
            return ESCAPED[self.advance()]
        return self.character_escape(in_class=True)


def _rounds(digits: str) -> int:
    return min(int(digits), _NO_END) if len(digits) < 20 else _NO_END
