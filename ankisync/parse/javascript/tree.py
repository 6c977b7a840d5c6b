"""A JavaScript expression as a tree, and what its parts can and must match."""

from ankisync.parse.javascript.characters import Ranges
from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Set:
    """One character out of some."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Edge:
    r"""A condition on the place: `kind` is `^`, `$`, `b` or `B`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The text that a group captured, or nothing where it has not taken part."""

    group: int


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group. Numbers count from 1."""

    number: int
    body: "Node"


@dataclass(frozen=True, slots=True)
class Look:
    """A condition on what comes next, or on what came before (which is matched from right to left)."""

    behind: bool
    negative: bool
    body: "Node"


@dataclass(frozen=True, slots=True)
class Repeat:
    """The body `least` to `most` times; `most` None: without end."""

    body: "Node"
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other; without items it matches the empty text."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first option that leads to a match."""

    options: tuple["Node", ...]


Node = Set | Edge | Reference | Group | Look | Repeat | Sequence | Choice

EMPTY = Sequence(())


def nullable(node: Node) -> bool:
    """Whether it may match the empty text."""
    match node:
        case Set():
            return False
        case Group():
            return nullable(node.body)
        case Repeat():
            return node.least == 0 or nullable(node.body)
        case Sequence():
            return all(map(nullable, node.items))
        case Choice():
            return any(map(nullable, node.options))
    return True


def empty_last(node: Node) -> bool:
    """Whether it tries the empty text only after all else that it can match (True too where it never does)."""
    match node:
        case Group():
            return empty_last(node.body)
        case Repeat():
            return not nullable(node) or (empty_last(node.body) and not node.lazy)
        case Sequence():
            return not nullable(node) or all(map(empty_last, node.items))
        case Choice():
            *others, last = node.options
            return not any(map(nullable, others)) and empty_last(last)
    return True


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes directly below it."""
    match node:
        case Group() | Look() | Repeat():
            return (node.body,)
        case Sequence():
            return node.items
        case Choice():
            return node.options
    return ()


def groups(node: Node) -> frozenset[int]:
    """The groups that it captures when it matches, or may capture."""
    if isinstance(node, Look) and node.negative:
        return frozenset()
    own = frozenset({node.number} if isinstance(node, Group) else ())
    return own.union(*map(groups, parts(node)))


def certain_groups(node: Node) -> frozenset[int]:
    """The groups that every match of it captures."""
    match node:
        case Group():
            return certain_groups(node.body) | {node.number}
        case Repeat():
            return certain_groups(node.body) if node.least else frozenset()
        case Look():
            return frozenset() if node.negative else certain_groups(node.body)
        case Sequence():
            return frozenset().union(*map(certain_groups, node.items))
        case Choice():
            return frozenset.intersection(*map(certain_groups, node.options))
    return frozenset()


def stale_groups(node: Repeat) -> frozenset[int]:
    """The groups that one of its rounds may leave as an earlier round captured them."""
    return groups(node.body) - certain_groups(node.body) if node.most != 1 else frozenset()


def settle(
    node: Node, captured: frozenset[int] = frozenset(), *, backwards: bool = False
) -> tuple[Node, frozenset[int]]:
    """The tree without what can have no effect, and the groups that may be captured after it, given those before.

    A reference matches the empty text if its group cannot have been captured when it is met: it stands before the
    group (in the order of matching), within it, in another option, or outside the negative condition that holds it.
    Each round of a repetition begins with its own groups not captured, so that earlier rounds do not count.
    """
    match node:
        case Reference():
            return (node if node.group in captured else EMPTY), captured
        case Group():
            body, after = settle(node.body, captured, backwards=backwards)
            return Group(node.number, body), after | {node.number}
        case Look():
            body, after = settle(node.body, captured, backwards=node.behind)
            return Look(node.behind, node.negative, body), (captured if node.negative else after)
        case Repeat():
            return _settle_repeat(node, captured, backwards)
        case Sequence():
            return _settle_sequence(node, captured, backwards)
        case Choice():
            settled = [settle(option, captured, backwards=backwards) for option in node.options]
            return Choice(tuple(option for option, _ in settled)), captured.union(*(after for _, after in settled))
    return node, captured


def _settle_repeat(node: Repeat, captured: frozenset[int], backwards: bool) -> tuple[Node, frozenset[int]]:
    body, after = settle(node.body, captured, backwards=backwards)
    if node.most == 0 or body == EMPTY:
        return EMPTY, captured
    return Repeat(body, node.least, node.most, node.lazy), after


def _settle_sequence(node: Sequence, captured: frozenset[int], backwards: bool) -> tuple[Node, frozenset[int]]:
    settled = []
    for item in reversed(node.items) if backwards else node.items:
        fresh, captured = settle(item, captured, backwards=backwards)
        if fresh != EMPTY:
            settled.append(fresh)
    if backwards:
        settled.reverse()
    return (settled[0] if len(settled) == 1 else Sequence(tuple(settled))), captured
