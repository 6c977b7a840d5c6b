"""The settings that alter how a card is shown. Where they do, they belong to what is hashed, so that what they change
reaches Anki; where they do not, switching one moves no note.
"""

from collections.abc import Iterator

from ankisync.cloze import Forms, native
from ankisync.config import Settings
from ankisync.model import Fields

_DEFAULT = Settings()
_BREAKS = ("\n",)
_CODE = ("```", "~~~")
_LINKS = ("[[", ".md")

_Pairs = tuple[tuple[str, str], ...]


def altering(settings: Settings, fields: Fields, *, cloze: bool) -> _Pairs:
    """The settings, by name, that are not at their default and alter these fields."""
    off = _off_default(settings)
    if not cloze and not off:
        return ()
    texts = [text for _, text in fields]
    whole = " ".join(texts)
    found = _forms(settings, texts) if cloze else []
    for named, signs in off:
        # A single character is found several times faster.
        if any(sign[0] in whole and sign in whole for sign in signs):
            found += named
    return tuple(found)


def offsets_altered(settings: Settings, text: str) -> list[int]:
    """The offsets in a text, ascending, at which a setting off its default may alter it. A card whose text is a piece
    of it with none of them inside is altered by none, if it is no cloze.
    """
    signs = [sign for _, signs in _off_default(settings) for sign in signs if sign[0] in text]
    return sorted(at for sign in signs for at in _offsets(text, sign))


def _off_default(settings: Settings) -> list[tuple[_Pairs, tuple[str, ...]]]:
    """The settings that are not at their default, as they are hashed, but those of clozes; each with the signs of which
    a text that it alters has one.
    """
    links = [(name, getattr(settings, name)) for name in ("wikilinks", "vault")]
    every: tuple[tuple[_Pairs, tuple[str, ...]], ...] = (
        (() if settings.line_breaks else (("line_breaks", "false"),), _BREAKS),
        (() if settings.highlight else (("highlight", "false"),), _CODE),
        (tuple((name, value) for name, value in links if value != getattr(_DEFAULT, name)), _LINKS),
    )
    return [(named, signs) for named, signs in every if named]


def _offsets(text: str, sign: str) -> Iterator[int]:
    at = text.find(sign)
    while at >= 0:
        yield at
        at = text.find(sign, at + len(sign))


def _forms(settings: Settings, texts: list[str]) -> list[tuple[str, str]]:
    forms = settings.cloze_forms
    if forms == Forms() or native(texts, forms) == native(texts, Forms()):
        return []
    named = (("curly_cloze", forms.curly), ("highlight_cloze", forms.highlights))
    return [(name, "true") for name, on in named if on]
