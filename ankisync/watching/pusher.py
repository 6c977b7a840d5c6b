"""`watch --push`: after a build, Anki is brought in line too; where it cannot be reached, as soon as it can."""

import time

from ankisync import cache
from ankisync.build import Result
from ankisync.discover import reason
from ankisync.keeping import Keeper
from ankisync.lock import NAME
from ankisync.push.held import Unreached
from ankisync.pushing.reach import Way
from ankisync.pushing.session import Asked, Pushed, Session
from ankisync.pushing.target import keep_target, read_target
from ankisync.values import dataclass
from ankisync.watching.teller import Teller

# Seconds: how long Anki may take to answer at all, and after which it is looked for again.
_PATIENCE, _AGAIN = 1.0, 10.0


@dataclass(slots=True)
class Pusher:
    """Pushes what builds leave. `waiting` is the build that is not pushed yet, `due` when that is tried again."""

    way: Way
    teller: Teller
    keeper: Keeper
    waiting: Result | None = None
    due: float = 0.0

    def push(self, result: Result, *, first: bool = False) -> bool:
        """Push what a build wrote; of the `first` one, whatever Anki lacks. Whether the lock was written."""
        kept = result.plan.lock_changed and NAME not in result.written
        if kept or not (first or result.written or self.waiting):
            return False
        self.waiting = result
        return self._push(result)

    def look(self) -> bool:
        """Push what waits for Anki, if it is time to look for it. Whether the lock was written."""
        return self.waiting is not None and time.monotonic() >= self.due and self._push(self.waiting)

    def _push(self, result: Result) -> bool:
        request = result.planned.request
        try:
            with cache.hold(request.root.folder, request.holder, pushes=True, wait=0.0):
                pushed = self._reach(result)
        except (Unreached, cache.Busy, cache.CannotHold) as error:
            trouble = str(error)
        except OSError as error:
            trouble = reason(error)
        else:
            self.waiting = None
            self.teller.pushed(pushed)
            return True
        self.due = time.monotonic() + _AGAIN
        self.teller.waits_for_anki(trouble)
        return True

    def _reach(self, result: Result) -> Pushed:
        root = result.planned.request.root.folder
        anki = self.way.open(root, _PATIENCE)
        try:
            last = read_target(root)
            if last.name not in (None, anki.name()):
                raise Unreached(f"the last push went to {last.name}, and this is {anki.name()}: `ankisync push` asks")
            pushed = Session(result, self.keeper, anki, Asked(last)).run(lambda _: False)
            keep_target(root, last, pushed.target)
            return pushed
        finally:
            anki.close()
