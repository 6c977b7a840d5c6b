"""Kinds of media by their endings, and the names under which Anki gets them."""

import re
import unicodedata

PICTURES = frozenset(("png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "bmp", "tiff"))
PLAYED = frozenset(("mp3", "wav", "ogg", "opus", "m4a", "flac", "aac", "webm", "mp4", "mov"))
_MEDIA = PICTURES | PLAYED

_LOOSE = frozenset(("svg", "bmp", "tiff", "wav"))

_NO_SLUG = "media"
_MAX_SLUG = 60
_SHORT, _LONG = 8, 16
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


def ending(path: str) -> str:
    """What stands behind the last full stop of a file's name, in lower case; empty where there is none."""
    name = path.rpartition("/")[2]
    stem, dot, found = name.rpartition(".")
    return found.lower() if dot and stem else ""


def is_media(path: str) -> bool:
    """Whether a file is a picture, sound or video of a kind that Anki shows or plays."""
    return ending(path) in _MEDIA


def is_loose(name: str) -> bool:
    """Whether files of this kind get smaller when they are packed; the others are packed already."""
    return ending(name) in _LOOSE


def stored_name(path: str, digest: str) -> str:
    """The name under which Anki has a file: `slug-digest.ending`, ASCII in lower case, at most 82 bytes.

    Another content is another name, so a changed picture arrives and equal names never clash; Anki leaves such a name
    as it is (it alters other letters, and truncates at 120 bytes). A name of which no letter is left has more of the
    digest: many files may share it.
    """
    stem = path.rpartition("/")[2].rpartition(".")[0]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    slug = _NOT_IN_SLUG.sub("-", plain).strip("-")[:_MAX_SLUG].rstrip("-")
    return f"{slug or _NO_SLUG}-{digest[: _SHORT if slug else _LONG]}.{ending(path)}"
