"""Run a build that kills itself at its Nth step on the disk: `python killed.py FOLDER STEP SEED`.

A step is any operation that changes the disk, seen by an audit hook whoever makes it, and each exchange and sync,
before and after. Exit status 0 means that there were fewer steps. Without arguments, each line of the input is such a
run, in a copy of one process that has everything loaded, and its exit status is printed.
"""

import os
import signal
import sys
from pathlib import Path
from unittest import mock

from ankisync.apply import files
from ankisync.cli import main
from tests.support import NOW

CHANGES = ("os.rename", "os.remove", "os.link", "os.mkdir", "os.chmod", "os.truncate")


class Countdown:
    """Kills the process when it has counted to the end."""

    def __init__(self, folder: Path, steps: int) -> None:
        self.folder = str(folder)
        self.steps = steps

    def step(self) -> None:
        self.steps -= 1
        if self.steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        path = str(arguments[0]) if arguments else ""
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if (opened or event in CHANGES) and path.startswith(self.folder):
            self.step()


def run(folder: Path, steps: int, seed: int) -> None:
    """Build, and die on the way."""
    countdown = Countdown(folder, steps)
    real_swap, real_sync = files.swap, os.fsync

    def swap(one: Path, other: Path) -> None:
        countdown.step()
        real_swap(one, other)
        countdown.step()

    def sync(descriptor: int) -> None:
        real_sync(descriptor)
        countdown.step()

    sys.addaudithook(countdown.audit)
    with (
        mock.patch.object(files, "swap", swap),
        mock.patch.object(os, "fsync", sync),
        mock.patch("ankisync.shell.random_seed", return_value=seed),
        mock.patch("ankisync.shell.time.time_ns", return_value=int(NOW * 1e9)),
    ):
        os.chdir(folder)
        main(["build"])


def serve() -> None:
    """Do a run for each line of the input."""
    for line in sys.stdin:
        step, seed, folder = line.rstrip("\n").split(" ", 2)
        child = os.fork()
        if child == 0:
            sys.stdout = sys.stderr
            run(Path(folder), int(step), int(seed))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        serve()
    else:
        run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
