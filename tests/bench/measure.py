"""What a command costs: CPU time, wall time and memory, as the system tells for the process and its children.

Memory is the greatest of one process. Linux counts what the caller has in memory until the command begins: so nothing
large is ever held here.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A command that was to be measured ended with an error; the text is the end of what it said."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, where it runs, and what is set in its environment."""

    words: tuple[str, ...]
    folder: Path
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def variables(self) -> Mapping[str, str]:
        """The whole environment."""
        # Whoever installs a program has its modules compiled; a checkout compiles them at its first run.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**inherited, **dict(self.environment)}


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of CPU (user and system, children too) and of wall time, and the peak of memory in MB (10**6 bytes)."""

    cpu: float
    wall: float
    peak: float


def measure(command: Command) -> Usage:
    """Run a command to its end. Raises `Failed` where its exit status is not 0."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.words, cwd=command.folder, env=command.variables, stdout=subprocess.DEVNULL, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(max(said.seek(0, os.SEEK_END) - 2000, 0))
            raise Failed(
                f"{' '.join(command.words)}: status {process.returncode}\n{said.read().decode(errors='replace')}"
            )
    return Usage(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * _RSS_UNIT / 1e6)


def middle(usages: tuple[Usage, ...]) -> Usage:
    """The median of each figure by itself."""
    return Usage(
        median(each.cpu for each in usages), median(each.wall for each in usages), median(each.peak for each in usages)
    )
