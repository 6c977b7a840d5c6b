"""Pictures, sound and video of cards, and the notes that they embed: what a text asks for, which file that is, what
Anki shows. Pure.
"""

from ankisync.media.cards import Attached, Attacher, Files, Unreadable
from ankisync.media.index import Index, Listing
from ankisync.media.names import is_loose, is_media, stored_name
from ankisync.media.passages import passage
from ankisync.media.references import wanted
from ankisync.media.resolve import Result, resolve
from ankisync.media.show import Shown

__all__ = [
    "Attached",
    "Attacher",
    "Files",
    "Index",
    "Listing",
    "Result",
    "Shown",
    "Unreadable",
    "is_loose",
    "is_media",
    "passage",
    "resolve",
    "stored_name",
    "wanted",
]
