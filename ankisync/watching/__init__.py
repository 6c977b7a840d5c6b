"""`ankisync watch`: what is impure around `ankisync.watch`. Clock, random seed, signals and output are read here."""

from typing import TYPE_CHECKING

from ankisync.build import keeper_of
from ankisync.shell import Shell
from ankisync.watch import Schedule
from ankisync.watching.loop import Watcher
from ankisync.watching.stop import signals
from ankisync.watching.teller import Teller

if TYPE_CHECKING:
    from ankisync.pushing.reach import Way


def watch(shell: Shell, settle: float, poll: float | None, once: bool, way: "Way | None" = None) -> int:
    """Build at every save until a signal ends it, and return the exit status.

    `settle` is the quiet in seconds before a build; `poll` the interval at which to look where the system is not to
    be asked; `once` ends it after the first build; what is built is pushed where there is a `way` to Anki.
    """
    with signals() as stop:
        schedule = Schedule(settle, shell.request.root.settings.write_after)
        teller, keeper = Teller(shell), keeper_of(shell.request)
        watcher = Watcher(teller, stop, schedule, poll, keeper)
        if way is not None:
            from ankisync.watching.pusher import Pusher

            watcher.pusher = Pusher(way, teller, keeper)
        return watcher.once() if once else watcher.run()
