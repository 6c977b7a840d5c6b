"""What `watch` prints: the first build as `build` does, then a line a build, and trouble once."""

import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ankisync import report
from ankisync.build import Result
from ankisync.config import ConfigProblem
from ankisync.discover import SUFFIXES
from ankisync.model import Diagnostic
from ankisync.say import say
from ankisync.shell import Shell
from ankisync.values import dataclass
from ankisync.watch import Standing, words

if TYPE_CHECKING:
    from ankisync.pushing.session import Pushed


@dataclass(slots=True)
class Teller:
    """How to speak, and what was said: the diagnostics that stand, what keeps builds from being made, or from being
    pushed, and what the last push told.
    """

    shell: Shell
    standing: Standing = Standing(())  # frozen
    trouble: str = ""
    absent: str = ""
    of_push: Standing = Standing(())  # frozen

    def first(self, result: Result) -> None:
        """Tell the first build."""
        self.standing = self.standing.hear(result.diagnostics, frozenset()).after
        if self.shell.form == "json":
            say(words.json_line(result.plan, result.written, result.diagnostics))
        else:
            self.shell.tell(result.plan, result.written, result.diagnostics)

    def started(self) -> None:
        """Tell that the first build is done, and all that comes is seen."""
        if not self.shell.quiet:
            folder = report.printable(str(self.shell.request.root.folder))
            say(f"watching {folder}; Ctrl-C ends it", err=self.shell.form == "json")

    def build(self, result: Result, restless: frozenset[str]) -> None:
        """Tell a later build, if it did anything or found anything new."""
        news = self.standing.hear((each for each in result.diagnostics if not self._went(each)), restless)
        self.standing = news.after
        done = words.line(result.plan, result.written, restless, self.shell.show)
        if not (done or news.fresh or news.mended):
            return
        if self.shell.form == "json":
            say(words.json_line(result.plan, result.written, self.standing.told))
            return
        self.shell.tell_diagnostics(news.fresh)
        if not self.shell.quiet:
            self._line(done, result, news.mended, bool(news.fresh))

    def _went(self, found: Diagnostic) -> bool:
        """Whether this is told of a note that went away while it was read: another build is on its way."""
        path = found.location.path
        gone = found.code in ("A105", "A602") and path.lower().endswith(SUFFIXES)
        return gone and not os.path.lexists(self.shell.request.root.folder / path)

    def _line(self, done: str, result: Result, mended: Iterable[str], fresh: bool) -> None:
        wrong = words.wrong(self.standing)
        if done or (fresh and wrong):
            text = "; ".join(part for part in (done, wrong) if part)
            say("\n".join([f"{_now()} {text}", *words.beyond(result.plan, self.shell.show)]))
        for path in mended:
            if os.path.lexists(self.shell.request.root.folder / path):
                say(f"{_now()} {report.printable(self.shell.show(path))}: all well")

    def hindrance(self, problem: ConfigProblem | None, busy: str = "") -> None:
        """Tell once why nothing is built, or not as the settings say; and once that this is over."""
        hint = f"; {problem.hint}" if problem and problem.hint else ""
        text = f"{problem.message}{hint}" if problem else f"{busy}: waiting for it to end" if busy else ""
        if text != self.trouble and (text or not self.shell.quiet):
            say(f"{_now()} {report.printable(text) or 'builds go on'}", err=True)
        self.trouble = text

    def pushed(self, pushed: "Pushed") -> None:
        """Tell what a push did, if it did anything or has anything new to say."""
        from ankisync.push.words import Told, counts, json_line

        self.absent = ""
        news = self.of_push.hear(pushed.diagnostics, frozenset())
        self.of_push = news.after
        told = Told(pushed.name, pushed.plan, deletes=False, planned=False)
        done = counts(told)
        if self.shell.form == "json":
            if done or news.fresh:
                say(json_line(told, pushed.diagnostics))
            return
        self.shell.tell_diagnostics(news.fresh)
        if done and not self.shell.quiet:
            say(f"{_now()} pushed to {report.printable(pushed.name)}: {done}")

    def waits_for_anki(self, why: str) -> None:
        """Tell once that a push waits for Anki. Why may change: while it starts, or ends, that is no news."""
        if not self.absent and not self.shell.quiet:
            say(f"{_now()} not pushed yet: {report.printable(why)}", err=True)
        self.absent = why

    def gone(self) -> None:
        """Tell that the vault is gone."""
        say(f"{report.printable(str(self.shell.request.root.folder))} is gone: nothing is left to watch", err=True)

    def blind(self, why: str) -> None:
        """Tell that the system gives no notice of changes."""
        text = f"the system does not tell of changes ({report.printable(why)}): they are looked for, as with --poll"
        say(f"warning: {text}\n    where a limit is reached, raise fs.inotify.max_user_watches", err=True)


def _now() -> str:
    return time.strftime("%H:%M:%S")
