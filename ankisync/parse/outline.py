"""The headings above a card."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from ankisync.parse.marks import Scan, heading_level
from ankisync.parse.text import shown
from ankisync.values import dataclass

_CLOSING = re.compile(r"(?:^|[ \t])#+[ \t]*$")


def heading_text(text: str) -> str:
    """The text of an ATX heading, without its signs."""
    return _CLOSING.sub("", text.strip().lstrip("#")).strip()


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings of a file: `lines[i]` is a line, `paths[i]` the headings open behind it, outermost first."""

    lines: Sequence[int]
    paths: Sequence[tuple[str, ...]]

    @property
    def lowest(self) -> int:
        """The line of the last heading, -1 where there is none."""
        return self.lines[-1] if self.lines else -1

    @property
    def whole(self) -> tuple[str, ...]:
        """The headings above all that is below the last one."""
        return self.paths[-1] if self.paths else ()

    def above(self, line: int) -> tuple[str, ...]:
        """The headings above a line (one on the line itself does not count)."""
        at = bisect_right(self.lines, line - 1) - 1
        return self.paths[at] if at >= 0 else ()


def read_outline(scan: Scan) -> Outline:
    """All headings of a file that are not hidden."""
    lines: list[int] = []
    paths: list[tuple[str, ...]] = []
    opened: list[tuple[int, str]] = []
    for line in scan.lines_with("#"):
        level = 0 if scan.regions.inside[line] else heading_level(scan.texts[line])
        if level:
            opened = [each for each in opened if each[0] < level]
            opened.append((level, heading_text(shown(scan, line, scan.texts[line]))))
            lines.append(line)
            paths.append(tuple(text for _, text in opened if text))
    return Outline(lines, paths)
