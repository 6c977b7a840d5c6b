"""What is told of pushing to Anki (A8)."""

from collections.abc import Mapping

from ankisync.diagnostics.rule import ERROR, INFO, WARNING, Rule

TABLE: Mapping[str, Rule] = {
    "A801": Rule(
        ERROR,
        "Anki cannot be pushed to",
        "Anki cannot be pushed to: {reason}",
        "mend that and push again; what arrived is not sent twice",
    ),
    "A802": Rule(
        INFO,
        "a note that was edited in Anki",
        "note {id} was edited in Anki: it stays as it is there",
        "take the edit over into the card; or `ankisync touch {id}`, and the next push sends the card",
    ),
    "A803": Rule(
        WARNING,
        "a note that was edited here and in Anki",
        "note {id} was edited here and in Anki: Anki's stays as it is there",
        "take the edit over into the card; or `ankisync touch {id}`, and the next push sends the card",
    ),
    "A804": Rule(
        ERROR,
        "a note that did not arrive",
        "note {id} {what}, though Anki was told so",
        "push again; if that does not help, run Tools > Check Database in Anki",
    ),
    "A805": Rule(
        ERROR,
        "a note of another type in Anki",
        "note {id} is a `{held}` in Anki and a `{wanted}` here: it is not sent",
        "change its type in Anki's browser (`nid:{id}`), then push again",
    ),
    "A806": Rule(
        ERROR,
        "a type that lacks a field in Anki",
        "the type `{notetype}` lacks the field `{field}` in Anki: its notes are not sent; the first is here",
        "add the field in Anki, then push again",
    ),
    "A807": Rule(
        ERROR,
        "IDs of another tool in Anki",
        "notes whose IDs another tool made, and that Anki has: {count}; sent as they are, they would be doubled",
        "`ankisync adopt EXPORT` binds them to what you export from Anki, or to its collection.anki2; then push again",
    ),
    "A808": Rule(
        INFO,
        "a deleted note comes back",
        "note {id} was deleted in Anki, and its card stands here: it comes back",
        "take the card out of the file too, if it is meant to go",
    ),
    "A809": Rule(
        INFO,
        "retired notes that are in Anki",
        "notes that stand in no file any more, and are in Anki: {count}",
        "`ankisync push --delete` deletes them; or find them in Anki's browser with `{search}`",
    ),
    "A810": Rule(
        ERROR,
        "too many notes to delete",
        "{count} of {total} notes stand in no file any more: none of them is deleted",
        "is a folder missing, or a disk not mounted? If it is meant, delete them in Anki's browser: `{search}`",
    ),
    "A811": Rule(
        ERROR,
        "another Anki than before",
        "the last push went to `{before}`, and this is `{name}`: nothing is pushed",
        "open the other profile; or say `--yes`, if it is meant",
    ),
    "A812": Rule(
        INFO,
        "cards that were moved in Anki",
        "note {id} has got another deck here, but in Anki you moved it to `{deck}`: there it stays",
        "move it in Anki to `{wanted}`, if it is to go there",
    ),
    "A813": Rule(
        ERROR,
        "nobody was asked",
        "whether to delete {count} notes wants an answer, and there is nobody to ask: none of them is deleted",
        "look at `ankisync push --delete --dry-run`; then say `--yes`",
    ),
    "A814": Rule(
        ERROR,
        "a text in a field that was added in Anki",
        "the note {id} is not sent: its text in the field `{field}`, which was added in Anki, would be lost",
        "put that text into the card in your notes, empty the field in Anki, then push again",
    ),
}
