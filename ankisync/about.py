"""What ankisync stands on, for `--version` and for reports of bugs."""

import platform
import sqlite3
import zlib
from importlib.metadata import PackageNotFoundError, version

from ankisync import __version__

_LIBRARIES = ("markdown-it-py", "mdit-py-plugins", "linkify-it-py", "Pygments", "genanki", "python-frontmatter")
_TOOLS = ("click", "filelock", "pathspec", "watchfiles", "regex", "zstandard", "anki")


def versions() -> str:
    """Our version, that of Python and of what decides about the bytes of packages, and those of the libraries."""
    ground = (
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        f"zlib {zlib.ZLIB_RUNTIME_VERSION}",
    )
    rows = [[f"ankisync {__version__}"], ground, _installed(_LIBRARIES), _installed(_TOOLS)]
    return "\n".join(", ".join(row) for row in rows)


def _installed(names: tuple[str, ...]) -> list[str]:
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # an extra
            continue
    return found
