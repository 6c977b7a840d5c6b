"""What is told of identity (A4), writing (A6), configuration and lock (A7)."""

from collections.abc import Mapping

from ankisync.diagnostics.rule import ERROR, INFO, WARNING, Rule

TABLE: Mapping[str, Rule] = {
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
        "IDs that belong to no card: {count}, in {files} of the files; the first is here",
        "they are left alone; `ankisync init` takes over a plugin's patterns, `styles` names others; `-v` lists them",
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
        "ID {id} belongs to no card that is read",
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
    "A414": Rule(
        INFO,
        "IDs of another tool",
        "IDs that ankisync did not make: {count}; imported into a collection that has their notes, these are doubled",
        "`ankisync adopt EXPORT` binds them to what you export from Anki; `adopt --none` if they are in nobody's Anki",
    ),
    "A415": Rule(
        INFO,
        "a note is marked for deletion",
        "the note {id} is marked for deletion: it is retired, and the mark goes with the next build",
        "an import deletes nothing: find it in Anki's browser with `nid:{id}`",
    ),
    "A416": Rule(
        ERROR,
        "a field that the note's type in Anki lacks",
        "the field `{field}` has no place in `{notetype}`, the type that this note has in Anki",
        "leave it out, or add the field in Anki and adopt an export again; the note is left out until then",
    ),
    "A417": Rule(
        WARNING,
        "a note of another type in Anki",
        "note {id} is a `{notetype}` in Anki, which this card does not fit: it is not bound",
        "name that type in the block, or change the note's type in Anki and export again",
    ),
    "A418": Rule(
        WARNING,
        "a note that the export does not tell apart",
        "note {id} has no guid of its own in the export: it is not bound",
        "in Anki, run Tools > Check Database, and export again",
    ),
    "A419": Rule(
        WARNING,
        "an ID of a note, on no card",
        "the ID of note {id} stands here, but on no card that is read: the note is not in the packages",
        "put it on a line of its own below its card, or delete it if the card is meant to go",
    ),
    "A420": Rule(
        WARNING,
        "a note with other cards in Anki",
        "note {id} is a `{notetype}` in Anki, which has other cards than the `{key}` that this card names",
        "it is updated as what it is in Anki; change its type there and adopt again if the card is right",
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
        "if a `[[custom]]` pattern takes the ID line for text, mend it; else this is a bug: please report the file",
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
    "A609": Rule(
        ERROR,
        "a media file changed meanwhile",
        "`{name}` changed while the build was at work: this package was not written",
        "build again",
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
    "A705": Rule(
        ERROR,
        "a pattern that is none",
        "the pattern `{pattern}` cannot be run: {reason}",
        "correct it in `[[custom]]`; the cards that it would find are left out until then",
    ),
}
