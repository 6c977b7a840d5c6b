"""What was taken over, in short lines for the summary."""

from collections.abc import Iterator

from ankisync.migrate.layout import Content
from ankisync.migrate.toml import Value, shown

_MOST = 5


def tell(content: Content) -> Iterator[str]:
    """The lines for a config: what it sets otherwise than a new one would."""
    settings, tables = content.settings, content.tables
    yield f"forms of cards: {', '.join(style.name for style in content.styles)}"
    for style in content.styles:
        yield from (f"{style.name}: {name} {_texts(meant)}" for name, meant in style.options)
    customs = sum(custom.known for custom in content.customs)
    yield from _count(customs, "expression of your own", "expressions of your own")
    yield from _text("notes in", settings["notes"], (".",))
    yield from _text("default deck", settings["default_deck"], "Default")
    yield from _text("tags of every note:", settings["tags"], ())
    yield from _text("left out:", settings["exclude"], ())
    yield from _count(len(tables["keywords"]), "renamed keyword", "renamed keywords")
    aliases = dict(tables["notetype_aliases"])
    yield from (f"{shown(name)} is Anki's {key}" for name, key in aliases.items() if name != key)
    own = sum(name not in aliases for name, _ in tables["fields"])
    yield from _count(own, "notetype of your own", "notetypes of your own")
    yield from _count(len(tables["folder_decks"]), "folder with a deck", "folders with decks")
    yield from _count(len(tables["folder_tags"]), "folder with tags", "folders with tags")
    yield from (f"{name} is on" for name in ("inline_tags", "curly_cloze", "highlight_cloze") if settings[name] is True)
    if settings["id_comments"] is False:
        yield "id_comments is off"


def _count(number: int, one: str, more: str) -> Iterator[str]:
    if number:
        yield f"1 {one}" if number == 1 else f"{number} {more}"


def _text(says: str, meant: Value, default: Value) -> Iterator[str]:
    if meant != default:
        yield f"{says} {_texts(meant)}"


def _texts(meant: Value) -> str:
    each = meant if isinstance(meant, tuple) else (str(meant),)
    more = f" and {len(each) - _MOST} more" if len(each) > _MOST else ""
    return ", ".join(map(shown, each[:_MOST])) + more
