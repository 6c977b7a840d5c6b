"""Where the program starts. What most runs are, `ankisync build` and no more, goes without what reads the command line:
that would be a tenth of a build that finds a changed file, and a quarter of one that has nothing to do.
"""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from ankisync.say import say

BUG, BROKEN_PIPE, INTERRUPTED = 70, 1, 130

_PLAIN = {("build",): False, ("build", "-q"): True, ("build", "--quiet"): True}


End = Callable[[int], int]
"""Takes the exit status of a run that has done all it had to do, while what that made is still there; gives it back."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program as `ankisync.cli.main` does."""
    words = tuple(sys.argv[1:] if arguments is None else arguments)
    quiet = _PLAIN.get(words)
    status = None if quiet is None else _build(quiet, _leave if arguments is None else _stay)
    if status is None:
        from ankisync.cli import main as read_and_run

        read_and_run(words)
    sys.exit(status)


def _stay(status: int) -> int:
    return status


def _leave(status: int) -> int:
    """End the process here and now. To free what a build made, and what Python loaded, one piece after the other would
    be a fiftieth of a build that has nothing to do, and a hundredth of one that reads all.
    """
    if _is_watched():
        return status
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BrokenPipeError:
        raise
    except (OSError, AttributeError):  # a full disk, or no such stream: Python has its own ways with these
        return status
    os._exit(status)


def _is_watched() -> bool:
    """Whether a profiler, a debugger or what measures coverage looks on: they have their say when a process ends."""
    if sys.gettrace() or sys.getprofile():
        return True
    # From 3.12 on such tools may be known here only.
    return sys.version_info >= (3, 12) and any(map(sys.monitoring.get_tool, range(6)))


def _build(quiet: bool, end: End) -> int | None:
    """The exit status of a build; None where nothing can be built, and the command line is to say so."""
    prepare()
    # A build makes next to no garbage before the process ends, and then all of it is: to look for it is wasted.
    gc.disable()
    try:
        return build_plainly(quiet=quiet, end=end)
    except KeyboardInterrupt:
        say("\ninterrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads; so that Python does not stumble over it once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - it is told
        from click import ClickException

        if isinstance(error, ClickException):
            return None
        from ankisync.bug import tell_bug

        tell_bug(("build", *["-q"] * quiet))
        return BUG


def build_plainly(*, quiet: bool, end: End = _stay) -> int:
    """A build of the whole vault without any option but this, and its exit status."""
    from ankisync.unchanged import tell_unchanged

    status = tell_unchanged(quiet=quiet)
    if status is not None:
        return end(status)
    from ankisync.shell import Shell

    return Shell.start((), None, "text", quiet).build(end)


def prepare() -> None:
    """Set up the process."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # What a build makes lives until it ends: to look for garbage as often as Python does is a tenth of its time.
    gc.set_threshold(100_000, 20, 50)
