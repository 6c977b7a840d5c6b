"""The loop of `ankisync watch`: see, schedule, build, tell."""

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ankisync.build import Result, build
from ankisync.config import ConfigProblem
from ankisync.discover import Root, find_root, reason
from ankisync.keeping import Keeper
from ankisync.lock import NAME as LOCK_NAME
from ankisync.planning import saved_late
from ankisync.planning.changed import as_remembered
from ankisync.request import Request
from ankisync.shell import ERRORS, OK, random_seed, status, sure
from ankisync.values import dataclass, field, replace
from ankisync.watch import RETRIED, Build, Schedule, Signature, folders_of, matters, signature
from ankisync.watch.interest import entries
from ankisync.watching.eyes import Blind, Eyes, Notified, Polled
from ankisync.watching.stop import Stop
from ankisync.watching.teller import Teller

if TYPE_CHECKING:
    from ankisync.watching.pusher import Pusher

# Seconds after which a vault that is gone without notice (an unmounted one) is missed.
_LOOK_UP = 5.0
_TRY_AGAIN = 1.0
_SOON = 0.1


@dataclass(slots=True)
class Watcher:
    """The state between two builds. `poll` is the interval of looking, if the system is not asked; `folders` are those
    watched, `known` the files as they were last seen or written by us, `keeper` is that of all builds, `pusher` pushes
    what they leave. `fresh` are the names of what changed since the last build; None where it is to look at everything.
    """

    teller: Teller
    stop: Stop
    schedule: Schedule
    poll: float | None
    keeper: Keeper
    pusher: "Pusher | None" = None
    folders: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    known: dict[str, Signature] = field(default_factory=dict)
    fresh: set[str] | None = None

    @property
    def request(self) -> Request:
        """What is asked for."""
        return self.teller.shell.request

    @property
    def root(self) -> Root:
        """The vault, with the settings in effect."""
        return self.request.root

    def once(self) -> int:
        """One build. It waits for another ankisync to end, and reads a file again that changed meanwhile."""
        result = self._first()
        return self.stop.status if result is None or self.stop.is_set() else status(result.diagnostics, OK)

    def run(self) -> int:
        """Build, then watch. What changes during a build is seen after it."""
        eyes = self._open(None)
        if self._first() and not self.stop.is_set():
            self.teller.started()
        while not self.stop.is_set():
            if not self.root.folder.is_dir():
                self.teller.gone()
                return ERRORS
            eyes = self._step(eyes)
        return self.stop.status

    def _first(self) -> Result | None:
        """The first build; None where it was ended before."""
        while not self.stop.is_set():
            result = sure(self._carry_out(frozenset()))
            self.teller.hindrance(None, self._retry(result))
            if not RETRIED & {each.code for each in result.diagnostics}:
                self.teller.first(result)
                self._lock_written(self.pusher is not None and self.pusher.push(result, first=True))
                return result
            time.sleep(_SOON)
        return None

    def _step(self, eyes: Eyes) -> Eyes:
        """Wait for a change, but no longer than to the next build; or build, if it is still due after a last look."""
        now = time.monotonic()
        action = self.schedule.next(now)
        due = isinstance(action, Build)
        wait = 0.0 if isinstance(action, Build) else _LOOK_UP if action.until is None else action.until - now
        try:
            look = self._take(eyes.changes(min(wait, _LOOK_UP)), eyes.delay)
        except Blind as blind:
            self.schedule = self.schedule.again(now)
            return self._blinded(blind)
        action = self.schedule.next(time.monotonic()) if due else action
        if isinstance(action, Build) and not self.stop.is_set():
            look = self._build(action.restless) or look
        self._lock_written(self.pusher is not None and not self.stop.is_set() and self.pusher.look())
        return self._open(eyes) if look else eyes

    def _open(self, eyes: Eyes | None) -> Eyes:
        """Watch the folders that there are now, in place of what was watched until now."""
        before = self.folders
        opened = self._opened(eyes)
        late = _last_look(eyes)
        if before and isinstance(opened, Notified):
            new = self.folders.keys() - before.keys()
            self._note((entry.path for path in new for entry in entries(path)), opened.delay)
        return self._open(opened) if self._take(late, opened.delay) else opened

    def _opened(self, eyes: Eyes | None) -> Eyes:
        """Eyes on all folders. One that came between the listing and the watch was seen by neither: so it is listed
        again until nothing came.
        """
        while True:
            self.folders = folders_of(self.root, self.request.folder)
            try:
                eyes = self._eyes(eyes)
            except FileNotFoundError:
                if not self.root.folder.is_dir():
                    return Polled(self._name, (), _TRY_AGAIN, self.stop)
                continue
            except Blind as blind:
                eyes = self._blinded(blind)
            if folders_of(self.root, self.request.folder) == self.folders:
                return eyes

    def _eyes(self, before: Eyes | None) -> Eyes:
        if self.poll is None:
            others = (str(self.root.folder / each) for each in self.root.settings.media_roots)
            tops = [path for path in (str(self.root.folder), *others) if path in self.folders]
            return Notified(self.folders, tops, self.stop)
        if isinstance(before, Polled):
            before.folders = tuple(self.folders)
            return before
        return Polled(self._name, self.folders, self.poll, self.stop)

    def _blinded(self, blind: Blind) -> Eyes:
        self.teller.blind(str(blind))
        self.poll = _TRY_AGAIN
        return self._eyes(None)

    def _take(self, paths: Iterable[str], delay: float) -> bool:
        """Give what changed to the schedule; whether folders came or went, so that others are to be watched."""
        found = [path for path in paths if path != str(self.request.folder)]
        folders = [path for path in found if path in self.folders or _is_folder(path)]
        self._note((path for path in found if path not in folders), delay)
        self._changed(dict.fromkeys(map(self._name, folders), time.monotonic()))
        if folders:  # of what lies in a new one no change was seen
            self.fresh = None
        return bool(folders)

    def _note(self, paths: Iterable[str], delay: float) -> None:
        """The moments of what changed, but for our own writes. A change is `delay` seconds old at most; the time of
        the file tells how old.
        """
        moments = {}
        for path in paths:
            name = self._name(path)
            sign = signature(path) if matters(name) else self.known.get(path)
            if sign != self.known.get(path):
                age = (time.time_ns() - sign.modified) / 1e9 if sign else 0.0
                moments[name] = time.monotonic() - min(max(age, 0.0), delay)
                self._know(path, sign)
        self._changed(moments)

    def _know(self, path: str, sign: Signature | None) -> None:
        """Take a file as it is now. Of one that is gone nothing is kept: a watch of days sees many names."""
        if sign is None:
            self.known.pop(path, None)
        else:
            self.known[path] = sign

    def _changed(self, moments: Mapping[str, float]) -> None:
        self.schedule = self.schedule.changed(moments)
        if self.fresh is not None:
            self.fresh |= moments.keys()

    def _name(self, path: str) -> str:
        """A path as it is named in the vault; some systems tell of the real path where a link leads to the vault."""
        for top in (str(self.root.folder), os.path.realpath(self.root.folder)):
            if path.startswith(os.path.join(top, "")):
                return os.path.relpath(path, top).replace(os.sep, "/")
        return path.replace(os.sep, "/")

    def _build(self, restless: frozenset[str]) -> bool:
        """Build and tell; whether other settings are in effect, so that other folders are to be watched."""
        before = self.root
        problem = self._reload()
        result = self._carry_out(restless, still=True)
        if isinstance(result, ConfigProblem):
            self.teller.hindrance(problem or result)
        else:
            busy = self._retry(result)
            self.teller.hindrance(problem, busy)
            if not busy:
                self.teller.build(result, restless | self._late(result))
                self._lock_written(self.pusher is not None and self.pusher.push(result))
            self._look_at_the_rest(result)
        return before != self.root

    def _look_at_the_rest(self, result: Result) -> None:
        """Look at what the build did not look at, since no change of it was seen; have all of it built where one was
        missed. The deck does not wait for that.
        """
        memory = self.keeper.recall()
        watched = result.planned.request.changed is not None
        if memory is None or result.plan.files or {each.code for each in result.diagnostics} & RETRIED:
            self.fresh = None
        elif watched and not as_remembered(str(self.root.folder), memory):
            self.fresh = None
            self.schedule = self.schedule.again(time.monotonic())

    def _reload(self) -> ConfigProblem | None:
        """Take up the config. One that cannot be used is handed back, and the old one holds."""
        found = find_root((self.root.folder,))
        if isinstance(found, ConfigProblem):
            return found
        if found.folder != self.root.folder:
            return ConfigProblem(f"{self.root.folder} is no vault of its own any more", "start `ankisync watch` again")
        self.schedule = replace(self.schedule, write_after=found.settings.write_after)
        self.teller.shell = replace(self.teller.shell, request=replace(self.request, root=found))
        return None

    def _late(self, result: Result) -> frozenset[str]:
        """The notes that were saved between the last look and the build's: their change is not seen yet."""
        late = saved_late(result.planned.request, result.planned.reading.read)
        new = (name for name in late if self.known.get(path := str(self.root.folder / name)) != signature(path))
        self.schedule = self.schedule.waits(new, time.monotonic())
        return late

    def _carry_out(self, restless: frozenset[str], *, still: bool = False) -> Result | ConfigProblem:
        """The build itself, with the clock and a seed of now. Where `still`, it writes into no note that is not."""
        changed = frozenset(self.fresh | self.schedule.moments.keys()) if self.fresh and self.poll is None else None
        self.fresh = None
        self.schedule = self.schedule.built(restless)
        now_ms, seed = time.time_ns() // 1_000_000, random_seed()
        try:
            still_ms = round((time.time() - self.schedule.write_after) * 1000) if still else None
            wanted = replace(
                self.request, now_ms=now_ms, seed=seed, restless=restless, still_ms=still_ms, changed=changed
            )
            result = build(wanted, self.keeper)
        except OSError as error:  # a folder that goes away while it is read
            self.schedule = self.schedule.again(time.monotonic() + _TRY_AGAIN)
            return ConfigProblem(f"cannot build: {reason(error)}", "it is tried again")
        if not isinstance(result, ConfigProblem):
            self._remember(result)
            self.fresh = set()
        return result

    def _remember(self, result: Result) -> None:
        """Know our own writes again. A note that somebody saved since is none, so its content is compared; for the
        lock, which nobody edits, that is not worth its time.
        """
        written = set(result.written)
        for file in result.plan.files:
            path = str(self.root.folder / file.path)
            sign = signature(path)
            if file.path in written and _content(path) == file.content and signature(path) == sign:
                self._know(path, sign)
        self._lock_written(LOCK_NAME in written)

    def _lock_written(self, wrote: bool) -> None:
        """Know the lock again that a build or a push may have written."""
        if wrote:
            path = str(self.root.folder / LOCK_NAME)
            self._know(path, signature(path))

    def _retry(self, result: Result) -> str:
        """Have what passes by itself looked at again; who else is at work on the vault, if that is it."""
        now = time.monotonic()
        found = {each.code: each for each in result.diagnostics if each.code in RETRIED}
        moved_on = (each.location.path for each in result.diagnostics if each.code == "A601")
        self.schedule = self.schedule.changed(dict.fromkeys(moved_on, now))
        if found.keys() - {"A601"}:
            self.schedule = self.schedule.again(now + _TRY_AGAIN)
        return found["A606"].message if "A606" in found else ""


def _last_look(eyes: Eyes | None) -> set[str]:
    """What eyes have seen that are about to be closed. Those that look themselves stay open."""
    try:
        return eyes.changes(0) if isinstance(eyes, Notified) else set()
    except Blind:
        return set()


def _is_folder(path: str) -> bool:
    return not os.path.basename(path).startswith(".") and os.path.isdir(path)


def _content(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None
