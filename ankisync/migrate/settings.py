"""All settings of `ankisync.toml`: name, default and a line of explanation, in the order in which they are written."""

from ankisync.migrate.toml import Value

Rows = tuple[tuple[str, Value], ...]

SETTINGS: tuple[tuple[str, Value, str], ...] = (
    ("notes", (), "The folders that hold notes. None named: `notes` where there is one, else everything."),
    ("out", "decks", "Where decks are written: a folder, or one file that ends in `.apkg`."),
    ("default_deck", "Default", "The deck of cards for which neither their file nor their folder names one."),
    ("tags", (), "Tags of every note."),
    ("frontmatter_tags", True, "Whether `tags` in a file's frontmatter are tags of its notes."),
    ("inline_tags", False, "Whether `#word` in the text of a card is a tag, and leaves the text."),
    ("curly_cloze", False, "Whether `{x}` and `{1:x}` are clozes, in notes of a cloze type."),
    ("highlight_cloze", False, "Whether `==x==` is a cloze too."),
    ("id_comments", True, "Whether new IDs are written as `<!--ID: 1-->`; else they are written as `ID: 1`."),
    ("line_breaks", True, "Whether a single new line is a line break, as in Obsidian."),
    ("highlight", True, "Whether code is coloured."),
    ("wikilinks", "link", 'Whether `[[links]]` open their notes ("link", with `vault`) or are plain "text".'),
    ("vault", "", "The vault's name in Obsidian, for links that open it."),
    ("context", True, "Whether the headings above a card are shown, small, under its answer."),
    ("source", True, "Whether a link to the card's place is shown there, with `vault` or `source_url`."),
    ("source_url", "", "Where that link leads instead, such as `https://example.org/{path}#L{line}`; `{id}` too."),
    ("attachments", (), "Folders that come first where several pictures share a name; `./x` is beside the note."),
    ("media_roots", (), "Folders outside of this one whose pictures and sounds may be packed."),
    ("answer", "paragraph", 'Where an answer after `A:` ends: with its "paragraph", or with its "section".'),
    ("fences", (), 'Code fences in which cards are searched, by their language, such as "anki".'),
    ("exclude", (), "Files that are not read, as patterns in the form of `.gitignore`."),
    ("max_file_mb", 10, "Files larger than this many megabytes are not read."),
    ("anki_url", "", "Where `push` finds AnkiConnect on this machine, if not at http://127.0.0.1:8765."),
    ("anki_key", "", "The API key of AnkiConnect; `ANKISYNC_ANKICONNECT_KEY` in the environment comes first."),
    ("write_after", 5, "`watch` writes IDs into a file that has been still for this many seconds."),
    (
        "styles",
        ("q-a", "start-end"),
        "The forms of cards that are read. The others are shown below, by `[style.NAME]`.",
    ),
)
STYLES: tuple[tuple[str, Rows, str], ...] = (
    ("q-a", (("notetype", "Basic"),), "`Q: …` and `A: …`."),
    (
        "flashcard-tag",
        (("tag", "#flashcard"), ("notetype", "Basic")),
        "A paragraph that ends in a tag, then the one that answers it. `tag` may be a list.",
    ),
    (
        "heading",
        (("level", 1), ("back", "paragraph"), ("notetype", "Basic")),
        'A heading of this level or deeper, then a paragraph, or with `back = "section"` all up to the next heading.',
    ),
    ("double-colon", (("notetype", "Basic"),), "`front :: back` on one line."),
    ("cloze-paragraph", (("notetype", "Cloze"),), "Every paragraph that holds a cloze in curly brackets."),
    ("highlight-cloze", (("notetype", "Cloze"),), "Every paragraph that holds a cloze between `==`."),
    ("callout", (("type", "anki"), ("notetype", "Basic")), "`> [!anki] front` and the back below it."),
    ("ruled", (("notetype", "Basic"),), "A paragraph, `---`, a paragraph."),
    ("table", (("notetype", "Basic"),), "A table of one column: its head and its first row."),
)
CUSTOM: tuple[str, str, str] = (
    "Basic",
    r"^(.+) >> (.+)$",
    "Any other form: a regular expression of JavaScript whose groups are the fields. One `[[custom]]` for each.",
)
NOT_KNOWN = "The fields of this notetype are not known: name them in `[fields]`, then take the `#` away here."
TABLES: tuple[tuple[str, Rows, str], ...] = (
    (
        "keywords",
        (
            ("start", "START"),
            ("end", "END"),
            ("start_inline", "STARTI"),
            ("end_inline", "ENDI"),
            ("target_deck", "TARGET DECK"),
            ("file_tags", "FILE TAGS"),
            ("delete", "DELETE"),
            ("frozen", "FROZEN"),
        ),
        "The words that mark cards, decks and tags.",
    ),
    (
        "notetype_aliases",
        (("Einfach", "Basic"),),
        "Names in the notes for other notetypes, such as those that Anki has in another language.",
    ),
    (
        "fields",
        (("Vocabulary", ("Word", "Meaning", "Example")),),
        "Fields of your own notetypes, the first one is asked; of an alias, its names for the fields.",
    ),
    ("folder_decks", (("languages/french", "French"),), "Decks of folders; the innermost folder counts."),
    ("folder_tags", (("languages", "lang"),), "Tags of folders, parted by blanks; those of all folders above count."),
)
