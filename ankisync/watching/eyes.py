"""What sees changes on the disk: the system's own notice, or a look at regular times where that does not reach."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from ankisync.watch import Signature, matters, signature
from ankisync.watch.interest import entries

_BUSY_STEP, _IDLE_STEP, _GROUP = 5, 20, 10
_MODIFIED = 2
_SLICE = 0.05


class Stop(Protocol):
    """Says whether to return at once."""

    def is_set(self) -> bool:
        """Whether to return at once."""
        ...


class Eyes(Protocol):
    """Sees what changes. `delay` is how many seconds a change may be old when it is seen."""

    delay: float

    def changes(self, seconds: float) -> set[str]:
        """The paths of files and folders that changed since the last call. Waits for the first one, no longer than
        this; with 0, gives what is there. Raises `Blind` where nothing can be seen any more.
        """
        ...


class Blind(Exception):
    """The system does not tell of changes; the text is its reason."""


class Notified:
    """Told by the system (inotify, FSEvents, ReadDirectoryChangesW), through `watchfiles`.

    Linux wants a watch for each folder, so only the given ones are watched; elsewhere one watch covers all below.
    Its `watch` generator has one waiting time for ever, hence the class below it, which keeps what happens between
    two calls. It looks at a list every `step` milliseconds: at 1 ms that costs 1.7 % of a core, at 20 ms 0.2 %.
    """

    delay = 2.5 * _IDLE_STEP / 1000

    def __init__(self, folders: Iterable[str], tops: Iterable[str], stop: Stop) -> None:
        from watchfiles._rust_notify import RustNotify

        self.stop = stop
        each = sys.platform == "linux"
        paths = list(folders if each else tops)
        try:
            # Told to pass over what it may not read, it would pass over the watch limit too, without a word.
            self.notify = RustNotify(paths, False, False, 0, not each, False)
        except FileNotFoundError:
            raise
        except (OSError, RuntimeError) as error:
            raise Blind(str(error)) from error

    def changes(self, seconds: float) -> set[str]:
        """See `Eyes`."""
        step = 1 if seconds <= 0 else _BUSY_STEP if seconds < 1 else _IDLE_STEP
        try:
            found = self.notify.watch(_GROUP, step, max(1, math.ceil(seconds * 1000)), self.stop)
        except (OSError, RuntimeError) as error:
            raise Blind(str(error)) from error
        if isinstance(found, str):
            return set()
        # A folder is "modified" by all that happens in it: that is told of the file.
        return {path for kind, path in found if kind != _MODIFIED or not os.path.isdir(path)}


class Polled:
    """Looks itself, every `delay` seconds: for network and container mounts, which give no notice.

    Compares times to the nanosecond, sizes and inodes; the poller of `watchfiles` compares seconds.
    """

    def __init__(self, name_of: Callable[[str], str], folders: Iterable[str], delay: float, stop: Stop) -> None:
        self.delay = delay
        self.stop = stop
        self.name_of = name_of
        self.folders = tuple(folders)
        self.seen = self._look()
        self.next = time.monotonic() + delay

    def changes(self, seconds: float) -> set[str]:
        """See `Eyes`."""
        until = time.monotonic() + seconds
        while not self.stop.is_set():
            now = time.monotonic()
            if now >= self.next:
                before, self.seen = self.seen, self._look()
                self.next = time.monotonic() + self.delay
                paths = before.keys() | self.seen.keys()
                if changed := {path for path in paths if before.get(path) != self.seen.get(path)}:
                    return changed
            if now >= until:
                break
            time.sleep(max(0.0, min(_SLICE, until - now, self.next - now)))
        return set()

    def _look(self) -> dict[str, Signature]:
        found: dict[str, Signature] = {}
        for folder in self.folders:
            for entry in entries(folder):
                if entry.is_dir():
                    found[entry.path] = Signature(0, 0, entry.inode())
                elif matters(self.name_of(entry.path)) and (sign := signature(entry.path)):
                    found[entry.path] = sign
        return found
