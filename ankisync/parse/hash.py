"""What a card's text is known by."""

from ankisync.cloze import Forms, native
from ankisync.identity import note_hash
from ankisync.model import Fields, NoteHash


def card_hash(
    key: str, fields: Fields, tags: tuple[str, ...], forms: Forms | None, media: tuple[str, ...] = ()
) -> NoteHash:
    """The hash of a card whose notetype has this `key`. `forms` are those that the settings turn on, None where the
    notetype has no clozes; `media` are the digests of the files that it uses.
    """
    return note_hash(key, fields, tags, media, _altering(forms, fields) if forms else ())


def _altering(forms: Forms, fields: Fields) -> tuple[tuple[str, str], ...]:
    """The settings that alter how a card is shown, where they do: these belong to what is hashed."""
    texts = [text for _, text in fields]
    if forms == Forms() or native(texts, forms) == native(texts, Forms()):
        return ()
    named = (("curly_cloze", forms.curly), ("highlight_cloze", forms.highlights))
    return tuple((name, "true") for name, on in named if on)
