"""What was taken over, in short lines for the summary."""

from collections.abc import Iterator

from ankisync.migrate.layout import Content
from ankisync.migrate.toml import shown

_MOST = 5


def tell(content: Content) -> Iterator[str]:
    """The lines for a config: what it sets otherwise than a new one would."""
    settings, tables = content.settings, content.tables
    yield f"forms of cards: {', '.join(style.name for style in content.styles)}"
    for style in content.styles:
        yield from (f"{style.name}: {name} {_texts(meant)}" for name, meant in style.options)
    yield from _count(
        sum(custom.known for custom in content.customs), "expression of your own", "expressions of your own"
    )
    yield from (f"notes in {folder}" for folder in [_texts(settings["notes"])] if folder != ".")
    yield from (f"default deck {deck}" for deck in [_texts(settings["default_deck"])] if deck != "Default")
    yield from (f"tags of every note: {tags}" for tags in [_texts(settings["tags"])] if tags)
    yield from (f"left out: {patterns}" for patterns in [_texts(settings["exclude"])] if patterns)
    yield from _count(len(tables["keywords"]), "renamed keyword", "renamed keywords")
    aliases = dict(tables["notetype_aliases"])
    yield from (f"{shown(name)} is Anki's {key}" for name, key in aliases.items() if name != key)
    yield from _count(
        sum(name not in aliases for name, _ in tables["fields"]), "notetype of your own", "notetypes of your own"
    )
    yield from _count(len(tables["folder_decks"]), "folder with a deck", "folders with decks")
    yield from _count(len(tables["folder_tags"]), "folder with tags", "folders with tags")
    yield from (f"{name} is on" for name in ("inline_tags", "curly_cloze", "highlight_cloze") if settings[name] is True)
    yield from (f"{name} is off" for name in ("id_comments",) if settings[name] is False)


def _count(number: int, one: str, more: str) -> Iterator[str]:
    if number:
        yield f"1 {one}" if number == 1 else f"{number} {more}"


def _texts(meant: object) -> str:
    each = meant if isinstance(meant, tuple) else (meant,)
    more = f" and {len(each) - _MOST} more" if len(each) > _MOST else ""
    return ", ".join(shown(str(one)) for one in each[:_MOST]) + more
