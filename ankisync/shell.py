"""What the commands have in common: from options to a request, from results to output and exit status."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

from ankisync import report
from ankisync.bar import Bar
from ankisync.build import Result, build, keeper_of
from ankisync.config import ConfigProblem
from ankisync.diagnostics import errors
from ankisync.discover import find_root
from ankisync.keeping import Keeper
from ankisync.model import Diagnostic, NoteId, Severity
from ankisync.package import read_mark
from ankisync.packaging import SUFFIX
from ankisync.plan import Plan
from ankisync.planning import plan_vault
from ankisync.request import Request
from ankisync.say import say, width
from ankisync.touch import touch
from ankisync.values import dataclass, replace

OK, ERRORS, WOULD_WRITE = 0, 1, 3

_MOST = 4

_T = TypeVar("_T")


def refuse(why: str) -> NoReturn:
    """End the command for what is wrong about it (exit status 2)."""
    from click import UsageError

    raise UsageError(why) from None


def sure(value: _T | ConfigProblem) -> _T:
    """The value, or the usage error that a problem in the configuration is (exit status 2)."""
    if isinstance(value, ConfigProblem):
        refuse(f"{value.message}{f'; {value.hint}' if value.hint else ''}")
    return value


@dataclass(frozen=True, slots=True)
class Shell:
    """One run of a command: what is asked for, and how to speak."""

    request: Request
    form: str
    quiet: bool

    @classmethod
    def start(
        cls,
        paths: Sequence[Path],
        out: Path | None,
        form: str,
        quiet: bool = False,
        verbose: bool = False,
        *,
        locked: bool = False,
        strict: bool = False,
        cached: bool = True,
        retire: bool = False,
    ) -> "Shell":
        """Find the vault. The clock and the random seed are read here, and nowhere below."""
        try:
            absolute, here = tuple(_absolute(path) for path in paths), Path.cwd()
        except FileNotFoundError:
            refuse("the current folder is gone")
        for path, given in zip(absolute, paths, strict=True):
            if not os.path.lexists(path):
                refuse(f"there is no {given}")
        now_ms = time.time_ns() // 1_000_000
        holder = f"process {os.getpid()}, since {time.strftime('%H:%M:%S', time.localtime(now_ms // 1000))}"
        request = Request(
            root=sure(find_root(absolute or (here,))),
            paths=absolute,
            now_ms=now_ms,
            seed=random_seed(),
            out=None if out is None else _absolute(out),
            locked=locked,
            strict=strict,
            verbose=verbose,
            holder=holder,
            cached=cached,
            retire=retire,
        )
        return cls(request, form, quiet)

    def publishing(self, previous: Iterable[Path], summary: Path | None, *, manifest: bool) -> "Shell":
        """The same run, with packages that readers have (or folders of them), and what is to be written for them."""
        if summary and str(summary) == "-":
            refuse("--summary is written into a file: name one")
        packages = tuple(package for path in previous for package in _packages(path))
        told = None if summary is None else _absolute(summary)
        return replace(self, request=replace(self.request, previous=packages, summary=told, manifest=manifest))

    def build(self, end: Callable[[int], int] = int) -> int:
        """Build, tell, and return the exit status, which `end` gets before what was built is freed."""
        result = self.built()
        first = bool(result.written) and not result.planned.inputs.lock.entries and not result.planned.kept.memory
        self.tell(result.plan, result.written, result.diagnostics, first=first)
        return end(status(result.diagnostics, WOULD_WRITE if self.request.locked and result.plan.writes else OK))

    def built(self, keeper: Keeper | None = None) -> Result:
        """Build, with a bar that shows how far it is, and tell nothing yet."""
        with Bar(hidden=self.quiet) as bar:
            return sure(build(replace(self.request, processes=_processes()), keeper, bar.tell))

    def plan(self, if_writes: int) -> int:
        """Plan, tell, write nothing; `if_writes` is the exit status where a build would write a note or the lock."""
        planned = sure(plan_vault(self.request, memory=keeper_of(self.request).recall()))
        self.tell(planned.plan, None, planned.diagnostics)
        return status(planned.diagnostics, if_writes if planned.plan.writes else OK)

    def list(self) -> int:
        """Print the notes as read; what is wrong with them goes to stderr."""
        planned = sure(plan_vault(self.request))
        shown = planned.shown_files
        documents = [each for each in planned.reading.documents if each.source.path in shown]
        ids = {note.location: note.id for note in planned.plan.notes if note.insertion is None}
        rows = [(block, ids.get(block.location)) for document in documents for block in document.blocks]
        if self.form == "json":
            say(report.list_json(rows, planned.inputs.lock))
        elif rows:
            say(report.list_text(rows, self.show))
        wrong = [each for each in planned.diagnostics if each.severity is not Severity.INFO]
        self.tell_diagnostics(wrong)
        return status(wrong, OK)

    def touch(self, ids: Iterable[int], everything: bool) -> int:
        """Raise the `mod` of notes, tell how many."""
        touched, told = sure(touch(self.request, [NoteId(each) for each in ids], everything))
        self.tell_diagnostics(told)
        who = "1 note wins" if len(touched) == 1 else f"{len(touched)} notes win"
        say(f"{who} at the next import; build to pack them")
        return status(told, OK)

    def tell(
        self, plan: Plan, written: Sequence[str] | None, told: Sequence[Diagnostic], *, first: bool = False
    ) -> None:
        """Print what came of a run in the form that was asked for; `written` is None where nothing was to be; `first`:
        the vault had no note before.
        """
        if self.form == "json":
            say(report.result_json(plan, written, told))
            return
        self.tell_diagnostics(told)
        if not self.quiet:
            then = report.next_step(plan, written, told, first=first)
            say(report.summary(plan, written, self.show, then))

    def tell_diagnostics(self, told: Iterable[Diagnostic]) -> None:
        """Print diagnostics to stderr; only errors where the run is quiet."""
        columns = width()
        for each in told:
            if self.quiet and each.severity is not Severity.ERROR:
                continue
            if self.form == "github":
                say(report.diagnostic_github(each, self.show), err=True)
            else:
                say(report.diagnostic_text(each, self.show, columns), err=True)

    def show(self, name: str) -> str:
        """A file as it is told, from the current folder if there is one."""
        try:
            here = _here(self.form)
        except FileNotFoundError:
            return (self.request.root.folder / name).as_posix()
        return report.near(self.request.root.folder, name, here)


def _here(form: str) -> Path:
    """The folder that files are told from. GitHub puts annotations at files as seen from the repository's root, in
    whatever folder of it the step runs.
    """
    here = Path.cwd()
    workspace = Path(os.path.realpath(os.environ.get("GITHUB_WORKSPACE", here)))
    return workspace if form == "github" and workspace in here.parents else here


def _packages(path: Path) -> list[Path]:
    """A package that ankisync made, or all of them in a folder."""
    if path.is_dir():
        return sorted(each for each in _absolute(path).glob(f"*{SUFFIX}") if read_mark(each))
    if not read_mark(path):
        refuse(f"{path} is no package that ankisync made")
    return [_absolute(path)]


def _processes() -> int:
    """How many processes are of use here: more than a few wait for each other."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, _MOST)


def random_seed() -> int:
    """A seed from the system: what `secrets` gives, without what it loads."""
    return int.from_bytes(os.urandom(16))


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def status(told: Iterable[Diagnostic], otherwise: int) -> int:
    """The exit status of a run that told these."""
    return ERRORS if errors(told) else otherwise
