"""`ankisync watch`: what is impure around `ankisync.watch`. Clock, random seed, signals and output are read here."""

from ankisync.build import keeper_of
from ankisync.shell import Shell
from ankisync.watch import Schedule
from ankisync.watching.loop import Watcher
from ankisync.watching.stop import signals
from ankisync.watching.teller import Teller


def watch(shell: Shell, settle: float, poll: float | None, once: bool) -> int:
    """Build at every save until a signal ends it, and return the exit status.

    `settle` is the quiet in seconds before a build; `poll` the interval at which to look where the system is not to
    be asked; `once` ends it after the first build.
    """
    with signals() as stop:
        schedule = Schedule(settle, shell.request.root.settings.write_after)
        watcher = Watcher(Teller(shell), stop, schedule, poll, keeper_of(shell.request))
        return watcher.once() if once else watcher.run()
