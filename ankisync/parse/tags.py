"""Tags: where they stand, and how they are cleaned."""

from collections.abc import Iterable, Sequence

from ankisync.config import Settings
from ankisync.diagnostics import diagnose
from ankisync.expression import expression
from ankisync.inline import after_code
from ankisync.model import Diagnostic
from ankisync.names import clean_tags, merge_tags
from ankisync.parse.frontmatter import Frontmatter
from ankisync.parse.marks import Kind, Scan

TAGS_LABEL = "Tags:"
_TOKEN = expression(
    r"(?P<fence>`{3,}+|~{3,}+)[\s\S]*?(?:(?P=fence)|\Z)|(?P<code>`++)|\$\$[\s\S]*?\$\$|\$(?=\S)[^$\n]*(?<=\S)\$(?![0-9])"
    r"|\[\[[^\[\]\n]*\]\]|\[[^\[\]\n]*\]\([^()\n]*\)|<[^<>\n]*>|\b[a-z]++://\S++"
    r"|(?P<tag>(?<![^\s(\[{,;.!?\"'])#(?P<name>[\w/\-]*[^\W\d_][\w/\-]*))",
)


def file_tags(
    scan: Scan, frontmatter: Frontmatter, settings: Settings
) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """The tags of all cards of a file: its first FILE TAGS, its frontmatter, its folders, the config."""
    named = (mark for mark in scan.marks.values() if mark.kind is Kind.FILE_TAGS and mark.value)
    marks = sorted(named, key=lambda mark: mark.line)
    told = [diagnose("A303", scan.place(mark.line), line=marks[0].line + 1) for mark in marks[1:]]
    tags = clean_tags(marks[0].value) if marks else ()
    if settings.frontmatter_tags and frontmatter.tags is not None:
        found = _yaml_tags(frontmatter.tags)
        if found is None:
            told.append(diagnose("A305", scan.place(frontmatter.line_of("tags"))))
        tags += found or ()
    return tags + settings.tags_for(scan.source.path), tuple(told)


def _yaml_tags(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return () if value.casefold() in ("null", "~") else clean_tags(value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(tag for each in value for tag in clean_tags(each))
    return None


def take_tags(lines: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of a card's last field without its `Tags:`, and the tags.

    `Tags:` counts as the last line, or behind text at the end of that; where no text would be left, it is text
    (Obsidian_to_Anki reads `A: Tags: x` so), and so it is in inline code.
    """
    text, label, words = lines[-1].rpartition(TAGS_LABEL)
    if label and not text.strip(" \t") and any(line.strip() for line in lines[:-1]):
        return tuple(lines[:-1]), clean_tags(words)
    behind = text.endswith((" ", "\t")) and text.strip(" \t") and words.strip() and text.count("`") % 2 == 0
    if label and behind:
        return (*lines[:-1], text.rstrip(" \t")), clean_tags(words)
    return tuple(lines), ()


def take_inline_tags(text: str) -> tuple[str, tuple[str, ...]]:
    """A field without its `#tag` words, and these; not in code, links and math. `/` becomes `::`."""
    tags: list[str] = []
    pieces: list[str] = []
    at = done = 0
    while match := _TOKEN.search(text, at):
        at = after_code(text, match.end(), len(match["code"])) if match["code"] else match.end()
        if match["tag"]:
            pieces.append(text[done : match.start()].rstrip(" \t"))
            tags += clean_tags(match["name"].strip("/").replace("/", "::"))
            done = at
    return "".join([*pieces, text[done:]]), tuple(tags)


def all_tags(*parts: Iterable[str]) -> tuple[str, ...]:
    """Tags from several places as Anki keeps them: case-insensitive duplicates merged, sorted."""
    return merge_tags(tag for part in parts for tag in part)
