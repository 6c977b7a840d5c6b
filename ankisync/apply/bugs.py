"""Where the traceback of a bug goes."""

import os
import tempfile


def write_bug(text: str) -> str | None:
    """Write a report into a new file in the system's folder for temporary files; its path, or None where that cannot be
    done.
    """
    try:
        handle, path = tempfile.mkstemp(prefix="ankisync-bug-", suffix=".txt")
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError:
        return None
    return path
