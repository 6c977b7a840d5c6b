r"""JavaScript regular expressions in one spelling, so that two that are written differently can be seen to be the same.

Only spellings are evened out, never meanings: a character class of one character is that character, `{1,}` is `+`,
`x{2,}` is `xx+`, a needless `\` or `(?:…)` is gone. The flags are those of the plugin, `g` and `m`, without `u`.
"""

import re

from ankisync.values import dataclass

_LONGEST = 2000
_DEEPEST = 20
_MOST_REPEATS = 8
_SPECIAL = set("\\^$.*+?()[]{}|")
_SPECIAL_IN_CLASS = set("\\^[]-")
_SETS = set("dDwWsS")
_ESCAPED_SETS = {f"\\{name}" for name in _SETS}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f"}
_NAMES = {char: f"\\{name}" for name, char in _CONTROLS.items()}
_CODE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))")
_QUANTIFIER = re.compile(r"(?:([*+?])|\{([0-9]+)(?:(,)([0-9]*))?\})(\??)")
_ONCE = re.compile(r"\{1(?:,1)?\}\??")
_SIGNS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_GROUP = re.compile(r"\((\?:|\?=|\?!|\?<=|\?<!|(?!\?))")


class _Unknown(Exception):
    """The expression is none, or uses something that is not read here."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of an expression in its one spelling. `single`: it matches one character, so that it can be written
    several times in a row; `split`: it holds a `|` outside of any group; `fixed`: no quantifier may follow.
    """

    text: str
    single: bool = False
    split: bool = False
    fixed: bool = False


def canonical(expression: str) -> str | None:
    """The one spelling of an expression; None for one that cannot be read here, whose meaning is then its own."""
    if len(expression) > _LONGEST:
        return None
    reader = _Reader(expression)
    try:
        part = reader.alternatives(0)
    except _Unknown:
        return None
    return part.text if reader.at == len(expression) else None


def literal(text: str) -> str | None:
    """The text that a piece of an expression in its one spelling matches, if it can match that text only."""
    found = []
    escaped = False
    for char in text:
        if not escaped and char == "\\":
            escaped = True
        elif escaped != (char in _SPECIAL):
            return None
        else:
            found.append(char)
            escaped = False
    return None if escaped else "".join(found)


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def alternatives(self, depth: int) -> _Part:
        """Everything up to the end of the group around it, or of the expression."""
        if depth > _DEEPEST:
            raise _Unknown
        branches = [self._sequence(depth)]
        while self._next("|"):
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else _Part("|".join(each.text for each in branches), split=True)

    def _next(self, text: str) -> bool:
        """Whether this text stands here; it is passed over then."""
        here = self.text.startswith(text, self.at)
        self.at += len(text) if here else 0
        return here

    def _sequence(self, depth: int) -> _Part:
        parts = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else _Part("".join(part.text for part in parts), fixed=True)

    def _term(self, depth: int) -> _Part:
        part = self._atom(depth)
        quantifier = _QUANTIFIER.match(self.text, self.at)
        if quantifier is None:
            return part
        self.at = quantifier.end()
        if part.fixed or _QUANTIFIER.match(self.text, self.at):
            raise _Unknown
        return part if _ONCE.fullmatch(quantifier[0]) else _Part(_repeat(part, quantifier), fixed=True)

    def _atom(self, depth: int) -> _Part:
        if _QUANTIFIER.match(self.text, self.at):
            raise _Unknown
        char = self.text[self.at]
        if char == "(":
            return self._group(depth)
        if self._next("["):
            return _Part(self._class(), single=True)
        if char == "\\" and (name := self.text[self.at + 1 : self.at + 2]) in {*_SETS, "b", "B"}:
            self.at += 2
            return _Part(f"\\{name}", single=name in _SETS, fixed=name not in _SETS)
        if char in "^$.":
            self.at += 1
            return _Part(char, single=char == ".", fixed=char != ".")
        return _Part(_quote(self._character(), _SPECIAL), single=True)

    def _group(self, depth: int) -> _Part:
        opening = _GROUP.match(self.text, self.at)
        if opening is None:
            raise _Unknown
        self.at = opening.end()
        inner = self.alternatives(depth + 1)
        if not self._next(")"):
            raise _Unknown
        if opening[1] != "?:":
            return _Part(f"({opening[1]}{inner.text})", fixed=bool(opening[1]))
        once = _ONCE.match(self.text, self.at)
        if once and not _QUANTIFIER.match(self.text, once.end()):
            self.at = once.end()
        needed = inner.split or (inner.fixed and _QUANTIFIER.match(self.text, self.at))
        return _Part(f"(?:{inner.text})") if needed else inner

    def _character(self) -> str:
        """One character, escaped or not."""
        if self.at >= len(self.text):
            raise _Unknown
        if not self._next("\\"):
            self.at += 1
            return self.text[self.at - 1]
        if code := _CODE.match(self.text, self.at - 1):
            self.at = code.end()
            return chr(int(code[1] or code[2], 16))
        name = self.text[self.at : self.at + 1]
        if name not in _CONTROLS and (not name or name.isalnum() or not name.isascii()):
            raise _Unknown  # the number of a group, a property, or no escape at all
        self.at += 1
        return _CONTROLS.get(name, name)

    def _class(self) -> str:
        """A character class whose opening bracket has been read, its members in order."""
        negated = self._next("^")
        chars: set[str] = set()
        others: set[str] = set()
        while not self._next("]"):
            self._member(chars, others)
        if not chars and not others if negated else {"\\s", "\\S"} <= others:
            return r"[\S\s]"
        if not negated and len(chars) == 1 and not others:
            return _quote(chars.pop(), _SPECIAL)
        if not negated and not chars and len(others) == 1 and others <= _ESCAPED_SETS:
            return others.pop()
        inner = [*sorted(_quote(char, _SPECIAL_IN_CLASS) for char in chars), *sorted(others)]
        return f"[{'^' if negated else ''}{''.join(inner)}]"

    def _member(self, chars: set[str], others: set[str]) -> None:
        """Read a character, a set of them, or a range."""
        name = self.text[self.at + 1 : self.at + 2]
        if self.text.startswith("\\", self.at) and name in _SETS:
            self.at += 2
            others.add(f"\\{name}")
            return
        first = self._character()
        if not self.text.startswith("-", self.at) or self.text.startswith("-]", self.at):
            chars.add(first)
            return
        self.at += 1
        last = self._character()
        if last < first:
            raise _Unknown
        others.add("-".join(_quote(char, _SPECIAL_IN_CLASS) for char in (first, last)))


def _quote(char: str, special: set[str]) -> str:
    return _NAMES.get(char) or (f"\\{char}" if char in special else char)


def _repeat(part: _Part, quantifier: re.Match[str]) -> str:
    """A piece with its quantifier. What matches one character is written out as often as it must be there."""
    symbol, least, comma, most, lazy = quantifier.groups()
    low, high = _SIGNS[symbol] if symbol else (int(least), int(most) if most else None if comma else int(least))
    if high is not None and (high < low or not high):
        raise _Unknown
    if high == low:
        lazy = ""
    if part.single and low > 1 and high in (low, None) and low <= _MOST_REPEATS:
        return part.text * low + ("" if high else f"+{lazy}")
    signs = {span: sign for sign, span in _SIGNS.items()}
    return part.text + signs.get((low, high), f"{{{low}}}" if high == low else f"{{{low},{high or ''}}}") + lazy
