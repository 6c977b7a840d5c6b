"""Everything that is ever told about notes, files and the lock, worded in one place.

`diagnose` fills a row of `TABLE`; no other module words a message. Codes: A1 reading, A2 syntax, A3 deck and tags,
A4 identity, A6 writing, A7 configuration and lock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ankisync.model import Diagnostic, Location, Severity

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True)
class Rule:
    """A code's severity and wording; `{names}` are filled by `diagnose`. `title` is the line in the README's table."""

    severity: Severity
    title: str
    message: str
    hint: str


TABLE: Mapping[str, Rule] = {
    "A101": Rule(
        ERROR,
        "not UTF-8",
        "the file is not UTF-8 (byte {offset})",
        "save it as UTF-8 in your editor; nothing in it was read",
    ),
    "A102": Rule(
        ERROR,
        "a binary file",
        "the file is not text (a NUL byte at {offset})",
        "it is named like a note but is something else, or is UTF-16: rename it, or save it as UTF-8",
    ),
    "A103": Rule(
        ERROR,
        "NUL bytes in a text",
        "the text holds a NUL byte (byte {offset})",
        "a save was probably cut short: restore the file or remove the byte; nothing in it was read",
    ),
    "A104": Rule(
        ERROR,
        "larger than the limit",
        "the file has {size} bytes, more than the {limit} MB that are read",
        "raise `max_file_mb`, or keep it out with `exclude`",
    ),
    "A105": Rule(
        ERROR,
        "cannot be read",
        "cannot be read: {reason}",
        "nothing of it is built and nothing is called retired until it can be read",
    ),
    "A106": Rule(
        WARNING,
        "a folder named like a note",
        "this is a folder, not a note",
        "the notes in it are read; rename it if that is not meant",
    ),
    "A107": Rule(
        WARNING,
        "a link that leads back or nowhere",
        "the link leads {where} and is not followed",
        "remove the link, or point it at a file or folder",
    ),
    "A108": Rule(
        INFO,
        "a copy left by a sync tool or a merge",
        "a copy that a sync tool or a merge left: not read",
        "compare it with the note it is a copy of, then delete it",
    ),
    "A109": Rule(
        ERROR,
        "git conflict markers",
        "git's conflict markers stand in the file",
        "resolve the conflict; until then the file is neither built nor written, and nothing in it is retired",
    ),
    "A110": Rule(
        INFO,
        "a vault inside the vault",
        "the folder is a vault or repository of its own: not read",
        "run ankisync in it, or remove its {marker}",
    ),
    "A111": Rule(
        INFO,
        "notes whose files are not read",
        "{count} notes of the lock stand in files that are not read ({example}): not in the packages, not retired",
        "they are excluded, ignored by git, or outside `notes`; nothing to do if that is meant",
    ),
    "A112": Rule(
        WARNING,
        "a PATH without notes",
        "no note is read here",
        "is it ignored by git or excluded, a dot file, in a vault of its own, or no Markdown?",
    ),
    "A201": Rule(
        ERROR,
        "`Q:` without `A:`",
        "this `Q:` has no `A:`",
        "put an `A:` at the start of a line below it, in the same list or quote, before the next card",
    ),
    "A202": Rule(
        WARNING,
        "`A:` without `Q:`",
        "this `A:` has no `Q:` above it",
        "put a `Q:` before it; if it is no card, begin the line with something else",
    ),
    "A203": Rule(
        ERROR,
        "empty question",
        "the question is empty",
        "write it behind `Q:` or on the lines up to `A:`",
    ),
    "A204": Rule(
        ERROR,
        "empty answer",
        "the answer is empty",
        "write it behind `A:` or on the next line; a blank line ends it",
    ),
    "A205": Rule(
        ERROR,
        "unclosed fence over a card",
        "this code fence is never closed, and cards stand below it",
        "close it with a line of {fence} in the same list or quote; the cards below are not read until then",
    ),
    "A206": Rule(
        WARNING,
        "text after a blank line is not in the answer",
        "the answer ends at the blank line; the {what} below it is not part of the card",
        'take the blank line out, or set `answer = "section"`',
    ),
    "A207": Rule(
        ERROR,
        "broken frontmatter",
        "the frontmatter cannot be read: {reason}",
        "mend the YAML; the cards of this file are left out until then",
    ),
    "A208": Rule(
        ERROR,
        "frontmatter that is a list",
        "the frontmatter is {what}, not `key: value` lines",
        "write it as `deck: name` and `tags: …`; the cards of this file are left out until then",
    ),
    "A209": Rule(
        WARNING,
        "a second `A:` in a card",
        "a second `A:` in one card is read as text of the answer",
        "if it is another card, it wants a `Q:` of its own",
    ),
    "A210": Rule(
        ERROR,
        "unknown value in the frontmatter",
        "`{key}` is `{value}`, which is not one of {allowed}",
        "correct it; the cards of this file are left out until then",
    ),
    "A211": Rule(
        ERROR,
        "a card between two `$$`",
        "cards stand between this `$$` and the next one, and are read as math",
        "write a dollar sign that is meant as one with a backslash before it",
    ),
    "A212": Rule(
        INFO,
        "blocks that are not read yet",
        "`START … END` blocks, which this version does not read: {count}, in {files} of the files",
        "they are left alone, with their IDs",
    ),
    "A213": Rule(
        WARNING,
        "a list that looks like frontmatter",
        "the list between the `---` lines is read as text, not as frontmatter",
        "if it is meant as frontmatter, write `key: value` lines",
    ),
    "A214": Rule(
        ERROR,
        "a card over a DELETE",
        "this card ends in a line DELETE, or stands above one",
        "delete the text too, or write the word otherwise; the card is left out until then",
    ),
    "A215": Rule(
        ERROR,
        "an ID in a question",
        "the ID {text} stands in the question",
        "move it to a line of its own below the answer; the card is left out until then",
    ),
    "A216": Rule(
        WARNING,
        "a card in the frontmatter",
        "a card stands between the `---` lines at the top, which are read as frontmatter",
        "put an empty line before the first `---`, or move the card below the second",
    ),
    "A301": Rule(
        ERROR,
        "empty deck name",
        "the deck name is empty",
        "name the deck: `TARGET DECK: Name`; the cards that it would hold for are left out until then",
    ),
    "A302": Rule(
        ERROR,
        "empty part in a deck name",
        "the deck name `{name}` has an empty part",
        "write every part between `::`; the cards that it would hold for are left out until then",
    ),
    "A303": Rule(
        WARNING,
        "a second FILE TAGS",
        "the file has its tags from line {line}; this FILE TAGS is not read",
        "put all tags of the file on one FILE TAGS line",
    ),
    "A304": Rule(
        ERROR,
        "`deck` is no text",
        "`deck` in the frontmatter is not a text",
        "write `deck: Name`; the cards that it would hold for are left out until then",
    ),
    "A305": Rule(
        WARNING,
        "`tags` are no list of words",
        "`tags` in the frontmatter is neither a text nor a list of texts",
        "write `tags: [one, two]`; the file's other tags are used",
    ),
    "A401": Rule(
        ERROR,
        "an ID that is none",
        "`{text}` is no ID: an ID has 10 to 16 digits and stands as `<!--ID: 1702818043968-->`",
        "restore the number, or delete the line; a card whose ID cannot be read is left out until then",
    ),
    "A402": Rule(
        ERROR,
        "one ID on two cards that differ",
        "ID {id} is also at {other}, with another text",
        "take the ID line away from the one that is a new card",
    ),
    "A403": Rule(
        WARNING,
        "one ID on two equal cards",
        "the same card with ID {id} stands at {other}{more} too; that one is built",
        "delete one of the copies",
    ),
    "A404": Rule(
        WARNING,
        "two IDs under one card",
        "this card has a second ID, {id}; {kept} is its ID",
        "delete the line of the ID that is not wanted",
    ),
    "A405": Rule(
        INFO,
        "IDs that belong to no card that is read",
        "IDs that belong to no card that this version reads: {count}, in {files} of the files; the first is here",
        "they are left alone; `-v` lists them; styles of Obsidian_to_Anki other than `Q:`/`A:` are not read yet",
    ),
    "A406": Rule(
        INFO,
        "an ID was given back",
        "the ID line of this card was gone: it has its ID {id} again",
        "nothing to do",
    ),
    "A407": Rule(
        INFO,
        "a new card may be an old one",
        "this is a new card; the file has lost {lost}",
        "if it is the same card, changed, put the old ID on its ID line: its history then stays with it",
    ),
    "A408": Rule(
        INFO,
        "a note is retired",
        "the note {id} stands in no file any more and is retired: it stays in Anki",
        "find it in Anki's browser with `nid:{id}`; it comes back when its text and ID come back",
    ),
    "A409": Rule(
        WARNING,
        "many notes are gone at once",
        "{count} of {total} notes stand in no file any more; none of them is called retired",
        "is a folder missing, or a disk not mounted? If it is meant, delete their lines in ankisync.lock",
    ),
    "A410": Rule(
        ERROR,
        "an ID in the future",
        "ID {id} lies in the future: a digit too many? Anki would give the note another one",
        "restore the number, or delete the line and the card becomes a new one; it is left out until then",
    ),
    "A411": Rule(
        INFO,
        "an ID that belongs to no card",
        "ID {id} belongs to no card that this version reads",
        "it is left alone",
    ),
    "A412": Rule(
        WARNING,
        "a card waits for its ID",
        "this card may be note {id}, but a file could not be read: it gets no ID yet",
        "mend the file that cannot be read, then build again",
    ),
    "A413": Rule(
        INFO,
        "a package held notes that are in no file",
        "the package holds {count} notes that stand in no file and not in the lock ({ids}): they stay in Anki",
        "was a commit undone, or another branch checked out? Find them in Anki's browser with `nid:…`",
    ),
    "A601": Rule(
        ERROR,
        "the note changed meanwhile",
        "the file changed while it was read: nothing was written into it",
        "build again; its new cards wait for that",
    ),
    "A602": Rule(
        ERROR,
        "cannot be written",
        "cannot be written: {reason}",
        "mend that and build again",
    ),
    "A603": Rule(
        ERROR,
        "another file in the way",
        "a file that ankisync did not make is in the way",
        "move it, or name another place with `--out`",
    ),
    "A604": Rule(
        INFO,
        "a package was removed",
        "its deck is gone: the package was removed",
        "the notes stay in Anki",
    ),
    "A605": Rule(
        ERROR,
        "a bug: edited text reads differently",
        "with its new IDs this file would not read as the same cards: it was left alone",
        "this is a bug in ankisync; please report the file",
    ),
    "A606": Rule(
        ERROR,
        "another ankisync is at work",
        "another ankisync is writing this vault ({holder})",
        "wait for it to end, then build again",
    ),
    "A607": Rule(
        WARNING,
        "a file that a killed run left",
        "a build was killed here, and this leftover holds a text that it neither read nor wrote",
        "compare it with the note beside it, keep what you want, and delete it",
    ),
    "A608": Rule(
        ERROR,
        "stopped by --strict",
        "there are errors: nothing was written (--strict)",
        "mend the errors above, or build without --strict",
    ),
    "A701": Rule(
        ERROR,
        "a damaged line in the lock",
        "this line cannot be read: {reason}",
        "restore it from git, or delete it; the notes it may belong to are left out until then",
    ),
    "A702": Rule(
        WARNING,
        "git conflict markers in the lock",
        "git's conflict markers stand in the lock; both sides are read",
        "nothing to do: they are gone with the next build",
    ),
    "A703": Rule(
        WARNING,
        "a time in the future in the lock",
        "note {id} was last changed in the future ({mod}): later changes would not reach Anki until then",
        "was a clock wrong? `git checkout ankisync.lock`, or lower its `mod`",
    ),
    "A704": Rule(
        INFO,
        "the lock was made again",
        "there is no lock: {count} notes were read back from the packages in {folder}",
        "keep ankisync.lock under version control",
    ),
}


def diagnose(code: str, location: Location, **values: object) -> Diagnostic:
    """The diagnostic of a code at a place, its wording filled with `values`. An unknown code or a name that the
    wording wants and `values` lack is a bug (`KeyError`).
    """
    rule = TABLE[code]
    return Diagnostic(code, rule.severity, location, rule.message.format_map(values), rule.hint.format_map(values))


def whole(path: str) -> Location:
    """The place of what concerns a whole file."""
    return Location(path, 1, 1)


def errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether one of them is an error: only these make exit status 1."""
    return any(diagnostic.severity is ERROR for diagnostic in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place, then code, each once."""
    return tuple(sorted(set(diagnostics), key=lambda each: (each.location, each.code, each.message)))
