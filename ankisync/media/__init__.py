"""Pictures, sound and video of cards: what a text asks for, which file that is, what Anki shows. Pure."""

from ankisync.media.index import Index, Listing
from ankisync.media.names import is_loose, is_media, stored_name
from ankisync.media.references import may_embed, wanted
from ankisync.media.resolve import Resolution, Result, resolve
from ankisync.media.show import Shown

__all__ = [
    "Index",
    "Listing",
    "Resolution",
    "Result",
    "Shown",
    "is_loose",
    "is_media",
    "may_embed",
    "resolve",
    "stored_name",
    "wanted",
]
