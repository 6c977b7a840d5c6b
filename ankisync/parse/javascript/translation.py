r"""A tree as a pattern of the `regex` package.

What JavaScript does otherwise is spelled out in the pattern:

* Each round of a repetition begins with its groups not captured. The package keeps them; so a round first captures
  the empty text into those that it may not reach. Whether a group took part is then told by a *witness*, a group whose
  last capture is the empty text exactly if it did not: the group itself, or, where it may itself match the empty text,
  another that captures a neighbouring character along with it.
* A round that is not needed must not match the empty text. The package allows one such round; so where it could make
  a difference, a round notes all text that is to its right, and is refused if after it the same is to its right.
* A reference to a group that has not taken part matches the empty text; in the package it fails.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ankisync.parse.javascript.characters import DOT, written
from ankisync.parse.javascript.escapes import Refused
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
    empty_last,
    groups,
    nullable,
    parts,
    settle,
    stale_groups,
)

_MOST_TEXT = 20_000  # characters, which the package compiles in a twentieth of a second
_EDGES = {"^": f"(?<!{written(DOT)})", "$": f"(?!{written(DOT)})", "b": r"\b", "B": r"\B"}
_ANY = "(?s:.)"
_SHORT = {(0, None): "*", (1, None): "+", (0, 1): "?"}


class Slot(NamedTuple):
    """Where a group of the expression is found in the translation: the group with its text and, if that may be left
    from an earlier round, the one that must have captured something.
    """

    name: str
    witness: str | None


class Translation(NamedTuple):
    """The pattern, and for each group its slot, None where the group can never take part."""

    pattern: str
    slots: tuple[Slot | None, ...]


def translate(tree: Node, group_count: int) -> Translation:
    """The translation of an expression. It matches what V8 matches, but never the empty text. Raises `Refused`."""
    node, live = settle(tree)
    writer = _Writer(_witnesses(node))
    pattern = writer.write(node)
    if nullable(node):
        pattern = writer.moving(f"(?>{pattern})", backwards=False)
    numbers = range(1, group_count + 1)
    return Translation(pattern, tuple(Slot(_name(n), writer.witnesses.get(n)) if n in live else None for n in numbers))


def _witnesses(tree: Node) -> dict[int, str]:
    """For each group that a round may leave from an earlier one, the name of its witness."""
    nodes = list(_all_nodes(tree))
    stale = frozenset[int]().union(*(stale_groups(node) for node in nodes if isinstance(node, Repeat)))
    within = (node for node in nodes if isinstance(node, Group) and node.number in stale)
    return {node.number: f"w{node.number}" if nullable(node.body) else _name(node.number) for node in within}


def _all_nodes(node: Node) -> Iterator[Node]:
    yield node
    for part in parts(node):
        yield from _all_nodes(part)


def _name(number: int) -> str:
    return f"g{number}"


class _Writer:
    """Writes nodes as patterns. `backwards` is the order of matching, that of conditions on what came before."""

    def __init__(self, witnesses: dict[int, str]) -> None:
        self.witnesses = witnesses
        self.marks = 0

    def write(self, node: Node, *, backwards: bool = False) -> str:
        match node:
            case Set():
                return written(node.ranges)
            case Edge():
                return _EDGES[node.kind]
            case Reference():
                name = _name(node.group)
                return f"(?({name})(?P={name})|)"
            case Group():
                return self._group(node, backwards)
            case Look():
                mark = ("<" if node.behind else "") + ("!" if node.negative else "=")
                return f"(?{mark}{self.write(node.body, backwards=node.behind)})"
            case Repeat():
                return self._repeat(node, backwards)
            case Sequence():
                return "".join(self.write(item, backwards=backwards) for item in node.items)
            case Choice():
                return f"(?:{'|'.join(self.write(option, backwards=backwards) for option in node.options)})"

    def _group(self, node: Group, backwards: bool) -> str:
        name = _name(node.number)
        pattern = f"(?P<{name}>{self.write(node.body, backwards=backwards)})"
        witness = self.witnesses.get(node.number, name)
        if witness == name:
            return pattern
        return f"{pattern}(?:(?=(?P<{witness}>{_ANY}))|(?<=(?P<{witness}>{_ANY})))"

    def _repeat(self, node: Repeat, backwards: bool) -> str:
        one = self._round(node, backwards)
        lazy = "?" if node.lazy else ""
        if not nullable(node.body) or (empty_last(node.body) and not groups(node.body)):
            return one + _quantifier(node.least, node.most) + lazy
        if node.least * len(one) > _MOST_TEXT:
            raise Refused("it repeats what may be empty more often than we can")
        more = None if node.most is None else node.most - node.least
        others = f"(?:{self.moving(one, backwards=backwards)}){_quantifier(0, more)}{lazy}"
        return _in_order(one * node.least, others, backwards)

    def _round(self, node: Repeat, backwards: bool) -> str:
        """One round, as an atom: its groups forgotten, then its body."""
        body = self.write(node.body, backwards=backwards)
        names = {name for number in stale_groups(node) for name in (_name(number), self.witnesses[number])}
        if not names and isinstance(node.body, Set | Choice):
            return body
        return f"(?:{_in_order(''.join(f'(?P<{name}>)' for name in sorted(names)), body, backwards)})"

    def moving(self, pattern: str, *, backwards: bool) -> str:
        """The pattern, but not where it matches the empty text."""
        self.marks += 1
        noted, same = f"(?=(?P<m{self.marks}>(?s:.*)))", rf"(?!(?P=m{self.marks})\Z)"
        return _in_order(noted, _in_order(pattern, same, backwards), backwards)


def _in_order(first: str, then: str, backwards: bool) -> str:
    return then + first if backwards else first + then


def _quantifier(least: int, most: int | None) -> str:
    if least == most:
        return f"{{{least}}}"
    return _SHORT.get((least, most)) or f"{{{least},{'' if most is None else most}}}"
