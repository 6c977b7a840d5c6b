"""The settings that alter how a card is shown. Where they do, they belong to what is hashed, so that what they change
reaches Anki; where they do not, switching one moves no note.
"""

from collections.abc import Iterator

from ankisync.cloze import Forms, native
from ankisync.config import Settings
from ankisync.model import Fields

_DEFAULT = Settings()
_CODE = ("```", "~~~")
_LINKS = ("[[", ".md")


def altering(settings: Settings, fields: Fields, *, cloze: bool) -> tuple[tuple[str, str], ...]:
    """The settings, by name, that are not at their default and alter these fields."""
    if not cloze and _shown_as_usual(settings):
        return ()
    texts = [text for _, text in fields]
    whole = " ".join(texts)
    found = _forms(settings, texts) if cloze else []
    if not settings.line_breaks and "\n" in whole:
        found.append(("line_breaks", "false"))
    if not settings.highlight and (("`" in whole and "```" in whole) or ("~" in whole and "~~~" in whole)):
        found.append(("highlight", "false"))
    if not _links_as_usual(settings) and ("[[" in whole or ".md" in whole):
        found += _links(settings)
    return tuple(found)


def offsets_altered(settings: Settings, text: str) -> list[int]:
    """The offsets in a text, ascending, at which a setting off its default may alter it. A card whose text is a piece
    of it with none of them inside is altered by none, if it is no cloze.
    """
    if _shown_as_usual(settings):
        return []
    signs = [] if settings.line_breaks else ["\n"]
    signs += [] if settings.highlight else _CODE
    signs += [] if _links_as_usual(settings) else _LINKS
    found = [at for sign in signs if sign[0] in text for at in _offsets(text, sign)]
    return sorted(found)


def _offsets(text: str, sign: str) -> Iterator[int]:
    at = text.find(sign)
    while at >= 0:
        yield at
        at = text.find(sign, at + len(sign))


def _shown_as_usual(settings: Settings) -> bool:
    """Whether no setting is off its default but what alters clozes."""
    return settings.line_breaks and settings.highlight and _links_as_usual(settings)


def _links_as_usual(settings: Settings) -> bool:
    return settings.wikilinks == _DEFAULT.wikilinks and settings.vault == _DEFAULT.vault


def _links(settings: Settings) -> list[tuple[str, str]]:
    """The settings, off their default, that alter links to notes."""
    named = (("wikilinks", settings.wikilinks), ("vault", settings.vault))
    return [(name, value) for name, value in named if value != getattr(_DEFAULT, name)]


def _forms(settings: Settings, texts: list[str]) -> list[tuple[str, str]]:
    forms = settings.cloze_forms
    if forms == Forms() or native(texts, forms) == native(texts, Forms()):
        return []
    named = (("curly_cloze", forms.curly), ("highlight_cloze", forms.highlights))
    return [(name, "true") for name, on in named if on]
