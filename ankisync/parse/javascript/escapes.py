"""The escapes and names of JavaScript's regular expressions, and the place in one that is being read."""

import re

_LETTER = re.compile(r"[A-Za-z]")
_LETTER_IN_CLASS = re.compile(r"[A-Za-z0-9_]")
_OCTAL = re.compile(r"[0-3][0-7]{0,2}|[4-7][0-7]?")
_CODE = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})")
_CONTROLS = {"f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}
_NAME = re.compile(r"<([^<>]+)>")
_NAME_ESCAPE = re.compile(r"\\u(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{4}))")
_NUMBER = re.compile(r"[1-9][0-9]*")
_PARTS = re.compile(r"\\.|\[(?:\\.|[^\\\]])*\]?|(?P<group>\((?!\?)|\(\?<(?![=!]))", re.DOTALL)
_MOST_GROUPS = 1_000  # far below the 65,535 of V8, which no one needs


class Refused(Exception):
    """Why an expression cannot be read: a clause, without a full stop."""


class Escapes:
    """A place in an expression, and what stands behind backslashes there."""

    def __init__(self, units: str) -> None:
        self.units = units
        self.at = 0
        self.group_count, self.names = _groups(units)

    @property
    def done(self) -> bool:
        """Whether this is the end."""
        return self.at >= len(self.units)

    @property
    def next(self) -> str:
        """The character here; "" at the end."""
        return self.units[self.at : self.at + 1]

    def advance(self) -> str:
        """Pass over the character here, and return it."""
        self.at += 1
        return self.units[self.at - 1]

    def take(self, mark: str) -> bool:
        """Pass over `mark`, if it stands here."""
        found = self.units.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Pass over what `pattern` matches here."""
        found = pattern.match(self.units, self.at)
        self.at = found.end() if found else self.at
        return found

    def reference_number(self) -> int | None:
        """The group that digits name. More than there are groups: no reference, but a character by its code."""
        found = _NUMBER.match(self.units, self.at)
        if found is None or len(found[0]) > len(str(_MOST_GROUPS)) or int(found[0]) > self.group_count:
            return None
        self.at = found.end()
        return int(found[0])

    def named_reference(self) -> int:
        r"""The group that the name after `\k` stands for."""
        found = self.match(_NAME)
        number = self.names.get(_read_name(found[1])) if found else None
        if number is None:
            raise Refused(r"`\k` is not followed by the name of a group")
        return number

    def group_name(self) -> bool:
        """Pass over the name of a group, which `_groups` has read; False where none stands."""
        return self.match(_NAME) is not None

    def character_escape(self, *, in_class: bool) -> int:
        """The character that an escape stands for, its backslash taken. What has no meaning stands for itself."""
        if self.done:
            raise Refused("it ends in a backslash")
        if in_class and self.take("b"):
            return 0x08
        if in_class and self.next == "k" and self.names:
            raise Refused(r"`\k` stands in brackets, and there are named groups")
        if self.next == "c":
            return self._control(_LETTER_IN_CLASS if in_class else _LETTER)
        octal = self.match(_OCTAL)
        if octal:
            return int(octal[0], 8)
        code = self.match(_CODE)
        if code:
            return int(code[1] or code[2], 16)
        character = self.advance()
        return _CONTROLS.get(character, ord(character))

    def _control(self, letters: re.Pattern[str]) -> int:
        r"""`\cA` is the control character; without a letter, the backslash stands for itself."""
        letter = letters.match(self.units, self.at + 1)
        if letter is None:
            return ord("\\")
        self.at += 2
        return ord(letter[0]) & 0x1F


def _groups(units: str) -> tuple[int, dict[str, int]]:
    """The number of capturing groups, and the numbers of the named ones."""
    count = 0
    names: dict[str, int] = {}
    for found in _PARTS.finditer(units):
        if not found["group"]:
            continue
        count += 1
        if count > _MOST_GROUPS:
            raise Refused(f"it has more than {_MOST_GROUPS:,} groups")
        if found["group"] == "(?<":
            _add_name(names, units, found.end() - 1, count)
    return count, names


def _add_name(names: dict[str, int], units: str, at: int, number: int) -> None:
    found = _NAME.match(units, at)
    name = _read_name(found[1]) if found else ""
    if not name:
        raise Refused("the name of a group is none")
    if name in names:
        raise Refused("two groups have one name")
    names[name] = number


def _read_name(units: str) -> str:
    """A group's name with its escapes resolved; "" where it is none: it must be an identifier."""
    resolved = _NAME_ESCAPE.sub(lambda found: _unit(int(found[1] or found[2], 16)), units)
    name = resolved.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return name if _is_name(name) else ""


def _unit(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _is_name(name: str) -> bool:
    """JavaScript's identifiers are Python's, and `$`, and the two joiners but at the start."""
    bare = name.replace("$", "_")
    return bare[:1].isidentifier() and bare.replace("\u200c", "_").replace("\u200d", "_").isidentifier()
