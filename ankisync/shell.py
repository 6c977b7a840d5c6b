"""What the commands have in common: from options to a request, from results to output and exit status."""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import click

from ankisync import report
from ankisync.bar import Bar
from ankisync.build import Result, build, keeper_of
from ankisync.config import ConfigProblem
from ankisync.diagnostics import errors
from ankisync.discover import find_root
from ankisync.keeping import Keeper
from ankisync.model import Diagnostic, NoteId, Severity
from ankisync.plan import Plan
from ankisync.planning import plan_vault
from ankisync.request import Request
from ankisync.touch import touch

OK, ERRORS, WOULD_WRITE = 0, 1, 3

_MOST = 4

_T = TypeVar("_T")


def sure(value: _T | ConfigProblem) -> _T:
    """The value, or the usage error that a problem in the configuration is (exit status 2)."""
    if isinstance(value, ConfigProblem):
        raise click.UsageError(f"{value.message}{f'; {value.hint}' if value.hint else ''}")
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
    ) -> "Shell":
        """Find the vault. The clock and the random seed are read here, and nowhere below."""
        try:
            absolute, here = tuple(_absolute(path) for path in paths), Path.cwd()
        except FileNotFoundError:
            raise click.UsageError("the current folder is gone") from None
        for path, given in zip(absolute, paths, strict=True):
            if not os.path.lexists(path):
                raise click.UsageError(f"there is no {given}")
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
        )
        return cls(request, form, quiet)

    def build(self) -> int:
        """Build, tell, and return the exit status."""
        result = self.built()
        self.tell(result.plan, result.written, result.diagnostics)
        return status(result.diagnostics, WOULD_WRITE if self.request.locked and result.plan.writes else OK)

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
            click.echo(report.list_json(rows, planned.inputs.lock))
        elif rows:
            click.echo(report.list_text(rows, self.show))
        wrong = [each for each in planned.diagnostics if each.severity is not Severity.INFO]
        self.tell_diagnostics(wrong)
        return status(wrong, OK)

    def touch(self, ids: Iterable[int], everything: bool) -> int:
        """Raise the `mod` of notes, tell how many."""
        touched, told = sure(touch(self.request, [NoteId(each) for each in ids], everything))
        self.tell_diagnostics(told)
        click.echo(f"{len(touched)} notes win at the next import; build to pack them")
        return status(told, OK)

    def tell(self, plan: Plan, written: Sequence[str] | None, told: Sequence[Diagnostic]) -> None:
        """Print what came of a run in the form that was asked for; `written` is None where nothing was to be."""
        if self.form == "json":
            click.echo(report.result_json(plan, written, told))
            return
        self.tell_diagnostics(told)
        if not self.quiet:
            click.echo(report.summary(plan, written, self.show))

    def tell_diagnostics(self, told: Iterable[Diagnostic]) -> None:
        """Print diagnostics to stderr; only errors where the run is quiet."""
        word = report.diagnostic_github if self.form == "github" else report.diagnostic_text
        for each in told:
            if not self.quiet or each.severity is Severity.ERROR:
                click.echo(word(each, self.show), err=True)

    def show(self, name: str) -> str:
        """A file as it is told, from the current folder if there is one."""
        try:
            here = Path.cwd()
        except FileNotFoundError:
            return (self.request.root.folder / name).as_posix()
        return report.near(self.request.root.folder, name, here)


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
