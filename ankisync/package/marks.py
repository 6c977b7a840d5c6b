"""The mark in a zip's comment by which a package is known as ours, and as current."""

import io
from pathlib import Path

MARK = "ankisync 1 "

_TAIL = 256


def read_mark(path: Path) -> str | None:
    """The fingerprint of a package of ours; "" for a file that is none (or is damaged), None where there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(size - _TAIL, 0))
            tail = file.read()
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    at = tail.rfind(MARK.encode())
    return tail[at + len(MARK) :].decode("ascii", "replace") if at >= 0 else ""
