"""Ctrl-C and SIGTERM."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ankisync.values import dataclass

INTERRUPTED, OK = 130, 0


@dataclass(slots=True)
class Stop:
    """The signal that asked for an end, once there was one."""

    signal: int | None = None

    def is_set(self) -> bool:
        """Whether to end."""
        return self.signal is not None

    def ask(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal. A build at work is finished; a second signal ends that too, and the next build puts right
        what it left.
        """
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number

    @property
    def status(self) -> int:
        """The exit status. SIGTERM is how a service is ended, and no failure."""
        return INTERRUPTED if self.signal == signal.SIGINT else OK


@contextmanager
def signals() -> Iterator[Stop]:
    """Ctrl-C and SIGTERM as a `Stop`; one that our parent had us ignore stays ignored."""
    stop = Stop()
    wanted = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, stop.ask) for each in wanted}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
