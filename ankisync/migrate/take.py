"""From the plugin's settings to ours, each kind by itself: what is set, and what is lost on the way."""

from collections.abc import Iterator

from ankisync.migrate.data import SYNTAX, Data, Left
from ankisync.migrate.expressions import CustomUse
from ankisync.migrate.names import Names
from ankisync.migrate.settings import TABLES, Rows
from ankisync.migrate.toml import Value, shown
from ankisync.names import clean_tags, read_deck_name

_KEYWORDS = next(rows for name, rows, _ in TABLES if name == "keywords")
_EMPTY_PART = "one of its parts is empty, and Anki has no deck of that name"


def take_settings(data: Data) -> tuple[dict[str, Value], list[Left]]:
    """The settings that are no tables. What both have by default is in them too."""
    left: list[Left] = []
    defaults = data.defaults
    settings: dict[str, Value] = {
        "notes": (_folder(defaults.scan_directory, left),),
        "default_deck": _deck("the deck", defaults.deck or "Default", left) or "Default",
        "tags": _tags("the tag", defaults.tag, left),
        # The plugin knows no frontmatter: in real vaults its tags would change 39 % of the notes.
        "frontmatter_tags": False,
        "inline_tags": defaults.obsidian_tags,
        "curly_cloze": defaults.curly_cloze,
        "highlight_cloze": defaults.curly_cloze and defaults.highlights,
        "id_comments": defaults.id_comments,
    }
    return settings, left


def _folder(name: str, left: list[Left]) -> str:
    folder = name.strip().strip("/")
    if ".." in folder.split("/") or "\\" in folder or folder[1:2] == ":":
        left.append(Left(f"the scan directory {shown(name)}", "it is no folder of the vault; all of the vault is read"))
        return "."
    return folder or "."


def _deck(what: str, name: str, left: list[Left]) -> str | None:
    deck = read_deck_name(name)
    if deck is None:
        left.append(Left(f"{what} {shown(name)}", _EMPTY_PART))
    return deck


def _tags(what: str, text: str, left: list[Left]) -> tuple[str, ...]:
    tags = clean_tags(text)
    if " ".join(tags) != " ".join(text.split()):
        why = f"ankisync writes {shown(' '.join(tags))}" if tags else "it names no tag"
        left.append(Left(f"{what} {shown(text)} as it is spelled", why))
    return tags


def take_folder_decks(data: Data) -> tuple[Rows, list[Left]]:
    """The decks of folders."""
    left: list[Left] = []
    rows = [(folder, _deck(f"for {shown(folder)} the deck", name, left)) for folder, name in data.folder_decks]
    return tuple((folder, deck) for folder, deck in rows if deck), left


def take_folder_tags(data: Data) -> tuple[Rows, list[Left]]:
    """The tags of folders, in one text for each."""
    left: list[Left] = []
    rows = [(folder, _tags(f"for {shown(folder)} the tags", text, left)) for folder, text in data.folder_tags]
    return tuple((folder, " ".join(tags)) for folder, tags in rows if tags), left


def take_keywords(data: Data) -> tuple[Rows, list[Left]]:
    """The keywords that have another name than they have by default. No two may be the same."""
    left: list[Left] = []
    words: dict[str, str] = {name: str(word) for name, word in _KEYWORDS}
    renamed: dict[str, str] = {}
    for (name, default), theirs in zip(_KEYWORDS, SYNTAX, strict=True):
        word = dict(data.syntax).get(theirs, str(default))
        words[name] = word.strip()
        if words[name] != default:
            renamed[name] = f"the keyword {shown(word)} ({theirs})"
    defaults = dict(_KEYWORDS)
    while wrong := next((name for name in reversed(renamed) if _wrong(words, name)), None):
        left.append(Left(renamed.pop(wrong), f"{_wrong(words, wrong)}; it is {defaults[wrong]} for now"))
        words[wrong] = str(defaults[wrong])
    return tuple((name, words[name]) for name in renamed), left


def _wrong(words: dict[str, str], name: str) -> str | None:
    word = words[name]
    if not word or "\n" in word or "\r" in word:
        return "a keyword is a word or words on one line"
    same = [other for other in words if words[other] == word]
    return f"{' and '.join(same)} cannot be the same" if len(same) > 1 else None


def not_taken(data: Data, names: Names, customs: tuple[CustomUse, ...]) -> Iterator[Left]:
    """What has no counterpart, or was switched on without effect."""
    defaults = data.defaults
    stays = "what the plugin appended stays in Anki until its card changes"
    if defaults.file_link:
        yield Left(
            "links to the note (Add File Link)", f"name your vault in `vault`: they get a field of their own; {stays}"
        )
    if defaults.context:
        yield Left("the path of headings (Add Context)", f"it has a field of its own (`context`); {stays}")
    if defaults.interval:
        yield Left(
            f"scanning again by itself (Scheduling Interval {defaults.interval})",
            "`ankisync watch` builds at every save",
        )
    if defaults.highlights and not defaults.curly_cloze:
        yield Left("CurlyCloze - Highlights to Clozes", "it had no effect, since CurlyCloze is off")
    for name, expression in data.expressions:
        if not expression.strip():
            yield Left(f"the expression of {shown(name)}", "it holds nothing but blanks")
    if _overtaken(data, names, customs):
        why = "forms with a name are read before your own expressions: where both match the same lines, they have them"
        yield Left("the order of the expressions", why)
    for custom in customs:
        if not custom.known:
            why = "the fields of this notetype are not known: name them in `[fields]`, then take the `#` away"
            yield Left(f"the expression of {shown(custom.notetype)}, which is commented out", why)


def _overtaken(data: Data, names: Names, customs: tuple[CustomUse, ...]) -> bool:
    """Whether an expression that stays one stands before one that became a style."""
    used = {(custom.notetype, custom.pattern) for custom in customs if custom.known}
    own = [(names.meant(name) or name, text) in used for name, text in data.expressions if text.strip()]
    return own != sorted(own)
