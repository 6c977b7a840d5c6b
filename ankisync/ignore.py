"""Which files are kept out: `exclude` in the config, and what git ignores (`.gitignore`, `.git/info/exclude`).

Git's global ignore file is left aside: what is built must not depend on the machine.
"""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Ignore:
    """Answers for paths relative to the vault's root. Ignore files are read once, and only where they are asked for."""

    def __init__(self, root: Path, exclude: tuple[str, ...]) -> None:
        self.exclude = _spec("\n".join(exclude)) if exclude else None
        self.top = next((folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git")), None)
        self.base = _posix(os.path.relpath(root, self.top)) if self.top else ""
        self.specs: dict[str, GitIgnoreSpec | None] = {}

    @property
    def read(self) -> list[str]:
        """The paths of the ignore files that were asked for, those too that are not there."""
        return [str(self.top / key.removeprefix("/")) for key in self.specs] if self.top else []

    def ignored(self, name: str, folder: bool) -> bool:
        """Whether a file, or everything in a folder, is kept out."""
        path = name + "/" if folder else name
        if self.exclude is not None and self.exclude.match_file(path):
            return True
        return self.top is not None and self._by_git(f"{self.base}/{path}" if self.base else path)

    def _by_git(self, path: str) -> bool:
        """Git's rule: the deepest ignore file with an opinion decides, `.git/info/exclude` comes last."""
        parts = path.rstrip("/").split("/")
        for depth in range(len(parts) - 1, -1, -1):
            decided = self._opinion("/".join(parts[:depth]), ".gitignore", path)
            if decided is not None:
                return decided
        return bool(self._opinion("", ".git/info/exclude", path))

    def _opinion(self, folder: str, file: str, path: str) -> bool | None:
        key = f"{folder}/{file}"
        if key not in self.specs and self.top is not None:
            self.specs[key] = _load(self.top / folder / file)
        spec = self.specs[key]
        return spec.check_file(path[len(folder) + 1 :] if folder else path).include if spec else None


def _load(path: Path) -> "GitIgnoreSpec | None":
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    return _spec(text) if any(line.strip() and not line.startswith("#") for line in text.split("\n")) else None


def bad_pattern(patterns: tuple[str, ...]) -> str | None:
    """The first pattern that cannot be read as one of git's."""
    return next((pattern for pattern in patterns if not _valid(pattern)), None)


def _spec(text: str) -> "GitIgnoreSpec":
    """The patterns of an ignore file; lines that are none are passed over, as git does."""
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(filter(_valid, (line.removesuffix("\r") for line in text.split("\n"))))


def _valid(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def _posix(path: str) -> str:
    return "" if path == "." else path.replace(os.sep, "/")
