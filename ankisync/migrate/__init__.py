"""`ankisync init`: the text of `ankisync.toml`, from the settings of the Obsidian_to_Anki plugin or without.

Pure: what is read and written is bytes and text. Nothing that the plugin was told is lost without a word.
"""

from ankisync.migrate.data import Data, Left, NoData, looks_like_plugin, read_data
from ankisync.migrate.expressions import read_expressions
from ankisync.migrate.globs import translate
from ankisync.migrate.layout import Content, write_config
from ankisync.migrate.names import read_names
from ankisync.migrate.take import not_taken, take_folder_decks, take_folder_tags, take_keywords, take_settings
from ankisync.migrate.told import tell
from ankisync.values import dataclass

__all__ = ["Data", "Left", "NoData", "Taken", "looks_like_plugin", "plain_config", "read_data", "take_over"]

_HEAD = "Taken over from the plugin Obsidian_to_Anki."


@dataclass(frozen=True, slots=True)
class Taken:
    """The text of a config; what was not taken over; and, in short lines, what was."""

    config: str
    left: tuple[Left, ...]
    told: tuple[str, ...]


def plain_config() -> str:
    """The config of a vault without the plugin: it sets nothing, and shows all that can be set."""
    return write_config(Content())


def take_over(data: Data) -> Taken:
    """The config by which a vault is read as the plugin read it. It holds no setting that ankisync would refuse."""
    names = read_names(data)
    styles, customs = read_expressions(data, names)
    exclude, no_patterns = translate(data.globs)
    settings, no_settings = take_settings(data)
    keywords, no_keywords = take_keywords(data)
    decks, no_decks = take_folder_decks(data)
    tags, no_tags = take_folder_tags(data)
    content = Content(
        settings={**settings, "exclude": exclude, "styles": tuple(style.name for style in styles)},
        styles=styles,
        customs=customs,
        tables={
            "keywords": keywords,
            "notetype_aliases": names.aliases,
            "fields": names.fields,
            "folder_decks": decks,
            "folder_tags": tags,
        },
    )
    lost = (
        data.left,
        names.left,
        no_patterns,
        no_settings,
        no_keywords,
        no_decks,
        no_tags,
        not_taken(data, names, customs),
    )
    left = tuple(dict.fromkeys(each for some in lost for each in some))
    return Taken(write_config(content, _HEAD), left, tuple(tell(content)))
