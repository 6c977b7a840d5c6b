"""The settings that alter how a card is shown. Where they do, they belong to what is hashed, so that what they change
reaches Anki; where they do not, switching one moves no note.
"""

from ankisync.cloze import Forms, native
from ankisync.config import Settings
from ankisync.model import Fields

_DEFAULT = Settings()
_LINES = ("\n",)
_FENCES = ("```", "~~~")
_NOTE_LINKS = ("[[", ".md")


def altering(settings: Settings, fields: Fields, *, cloze: bool) -> tuple[tuple[str, str], ...]:
    """The settings, by name, that are not at their default and alter these fields."""
    if not cloze and _shown_as_usual(settings):
        return ()
    texts = [text for _, text in fields]
    found = _forms(settings, texts) if cloze else []
    if not settings.line_breaks and _any(texts, _LINES):
        found.append(("line_breaks", "false"))
    if not settings.highlight and _any(texts, _FENCES):
        found.append(("highlight", "false"))
    if _any(texts, _NOTE_LINKS):
        named = (("wikilinks", settings.wikilinks), ("vault", settings.vault))
        found += [(name, value) for name, value in named if value != getattr(_DEFAULT, name)]
    return tuple(found)


def _shown_as_usual(settings: Settings) -> bool:
    """Whether no setting is off its default but what alters clozes."""
    usual = settings.line_breaks and settings.highlight
    return usual and settings.wikilinks == _DEFAULT.wikilinks and settings.vault == _DEFAULT.vault


def _forms(settings: Settings, texts: list[str]) -> list[tuple[str, str]]:
    forms = settings.cloze_forms
    if forms == Forms() or native(texts, forms) == native(texts, Forms()):
        return []
    named = (("curly_cloze", forms.curly), ("highlight_cloze", forms.highlights))
    return [(name, "true") for name, on in named if on]


def _any(texts: list[str], signs: tuple[str, ...]) -> bool:
    return any(sign in text for text in texts for sign in signs)
