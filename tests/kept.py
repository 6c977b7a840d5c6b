"""What a process that builds again and again keeps from one build to the next, in bytes of Python's objects.

Resident memory does not tell: a kilobyte a build is less than what it jumps by.
"""

import gc
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import NamedTuple

EVERY = 50


class Kept(NamedTuple):
    """What was kept when a build began: after how many builds, how many bytes, with how many lines in the lock."""

    builds: int
    size: int
    lines: int


def probe(path: Path) -> str:
    """Python for the `before` of a watch: each fiftieth build adds a line to this file, which `read_kept` reads."""
    return f"from pathlib import Path\nfrom tests.kept import install\ninstall(Path({str(path)!r}))"


def install(path: Path) -> None:
    """Measure in this process, which is to watch the vault in the current folder."""
    from ankisync.build import build
    from ankisync.watching import loop

    _load_all()
    builds, lock = 0, Path("ankisync.lock").absolute()

    def measured(*arguments: object) -> object:
        nonlocal builds
        if builds and builds % EVERY == 0:
            lines = lock.read_bytes().count(b"\n") if lock.exists() else 0
            with path.open("a") as file:
                file.write(json.dumps([builds, size(), lines]) + "\n")
        builds += 1
        return build(*arguments)  # type: ignore[arg-type]

    vars(loop)["build"] = measured


def _load_all() -> None:
    """Load now what else some build would load, once: a module that comes late is no leak."""
    import difflib  # noqa: F401
    import html  # noqa: F401

    import frontmatter  # noqa: F401

    import ankisync
    from ankisync.render import DEFAULT, render_field

    for room in pkgutil.walk_packages(ankisync.__path__, "ankisync."):
        if not room.name.endswith("__main__"):
            importlib.import_module(room.name)
    for cloze in (False, True):
        render_field("| <b>a</b> |\n|---|\n| [a](b)", DEFAULT, cloze=cloze)
        render_field("```python\nx = 1\n```", DEFAULT, cloze=cloze)


def size() -> int:
    """The bytes of all objects that can be reached, garbage left out."""
    gc.collect()
    waiting = gc.get_objects()
    seen = {id(waiting), *map(id, waiting)}
    total = 0
    while waiting:
        each = waiting.pop()
        total += sys.getsizeof(each, 0)
        # Texts, numbers and what consists of them are not listed: they are found where they are referred to. The keys
        # of a dict are no referents where all of them are texts.
        keys = each if isinstance(each, dict) else ()
        new = {id(one): one for one in (*gc.get_referents(each), *keys) if id(one) not in seen}
        seen.update(new)
        waiting += new.values()
    return total


def read_kept(path: Path) -> list[Kept]:
    """What was measured so far."""
    return [Kept(*json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def a_build(kept: list[Kept], line: float) -> float:
    """How many bytes a build keeps, after the first third, which fills caches; `line` are those for a line more."""
    early, late = kept[len(kept) // 3], kept[-1]
    grown = late.size - early.size - line * max(late.lines - early.lines, 0)
    return grown / (late.builds - early.builds)
