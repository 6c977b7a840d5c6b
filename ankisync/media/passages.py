"""What a note embeds of another note, or of itself: all of its text, a section, a block."""

from ankisync.expression import expression

_FRONTMATTER = expression(r"\A---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
# Taken out as if they had never been written in: else a build would change the text of what embeds it.
_ID = r"(?:<!--[ \t]*ID:[ \t]*[0-9]+[ \t]*-->|\bID:[ \t]*[0-9]{10,16}\b)"
_ID_LINE = expression(rf"[ \t>]*{_ID}[ \t]*")
_ID_WITHIN = expression(rf"{_ID} ?")
_ITEM = expression(r"([ \t]*)(?:[-*+]|[0-9]{1,9}[.)])[ \t]")
_FENCE = expression(r" {0,3}(`{3,}|~{3,})(.*)")
_HEADING = expression(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_ENDINGS = expression(r"\r\n|\r")
# Obsidian leaves these out of links to headings.
_NOT_IN_LINKS = expression(r"[#^|\\:%\[\]\s]+")


def passage(text: str, part: str) -> str | None:
    """The Markdown of a `part` of a note, with LF, without frontmatter and IDs: `Heading`, `Heading#Below it`,
    `^block`, or "" for all. None where the note has no such part, or nothing in it.
    """
    body = _FRONTMATTER.sub("", _ENDINGS.sub("\n", text))
    lines = [_ID_WITHIN.sub("", line) for line in body.split("\n") if not _ID_LINE.fullmatch(line)]
    found: list[str] | None = lines
    if part.startswith("^"):
        found = _paragraph(lines, part.strip())
    elif part.strip():
        for title in part.split("#"):
            found = found and _section(found, title)
    return "\n".join(found or ()).strip("\n") or None


def _section(lines: list[str], title: str) -> list[str] | None:
    """A heading and what is below it, to the next heading of its level or above."""
    wanted, start, level = _plain(title), None, 0
    for index, depth, words in _headings(lines):
        if start is not None and depth <= level:
            return lines[start:index]
        if start is None and _plain(words) == wanted:
            start, level = index, depth
    return None if start is None else lines[start:]


def _headings(lines: list[str]) -> list[tuple[int, int, str]]:
    found = []
    fence = ""
    for index, line in enumerate(lines):
        wall = _FENCE.fullmatch(line)
        if fence:
            closes = wall and wall[1].startswith(fence) and not wall[2].strip()
            fence = "" if closes else fence
        elif wall:
            fence = wall[1]
        elif heading := _HEADING.fullmatch(line):
            found.append((index, len(heading[1]), heading[2] or ""))
    return found


def _paragraph(lines: list[str], block: str) -> list[str] | None:
    """The block that a block's id ends: above it where it stands alone, a list's item with what is below it, else a
    paragraph.
    """
    at = next((index for index, line in enumerate(lines) if line.split()[-1:] == [block]), None)
    if at is None:
        return None
    line = lines[at].rstrip().removesuffix(block).rstrip()
    if not line:
        return _above(lines[:at])
    item = _ITEM.match(line)
    if item is None:
        return [*_above(lines[:at], none_between=True), line]
    below = (index for index in range(at + 1, len(lines)) if not _deeper(lines[index], len(item[1])))
    return [line, *lines[at + 1 : next(below, len(lines))]]


def _above(lines: list[str], *, none_between: bool = False) -> list[str]:
    """The last lines without a blank one or a heading among them."""
    last = len(lines)
    while last > 0 and not lines[last - 1].strip() and not none_between:
        last -= 1
    first = last
    while first > 0 and lines[first - 1].strip() and not _HEADING.fullmatch(lines[first - 1]):
        first -= 1
    return lines[first:last]


def _deeper(line: str, indent: int) -> bool:
    return bool(line.strip()) and len(line) - len(line.lstrip(" \t")) > indent


def _plain(title: str) -> str:
    return _NOT_IN_LINKS.sub(" ", title).strip().casefold()
