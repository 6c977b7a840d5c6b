"""The commands that set a vault up: `init` and `adopt`, from options to output and exit status."""

from pathlib import Path

from ankisync import report
from ankisync.adopt import adopt, settle
from ankisync.init import ATTRIBUTES, UNION, init, is_set_up, merge_by_union
from ankisync.say import say, width
from ankisync.shell import OK, Shell, status, sure

ERRORS = 1


def start(folder: Path, data: Path | None, *, git: bool) -> int:
    """Write the config, tell what was taken over and what was not; where it is there, only what `git` is to know."""
    home = folder.absolute()
    outcome = OK if git and data is None and is_set_up(home) else _configure(home, data)
    if git and outcome == OK:
        return _merge(home)
    if outcome == OK:
        say("for notes in git: `ankisync init --git` lets the locks of two branches merge by themselves")
    return outcome


def _configure(folder: Path, data: Path | None) -> int:
    started = sure(init(folder, data))
    for each in started.diagnostics:
        say(report.diagnostic_text(each, str, width()), err=True)
    if started.written:
        say(report.started_text(started.data, started.told, [(each.what, each.why) for each in started.left]))
    return OK if started.written else ERRORS


def _merge(folder: Path) -> int:
    told = sure(merge_by_union(folder))
    for each in told:
        say(report.diagnostic_text(each, str, width()), err=True)
    if not told:
        say(f"{ATTRIBUTES} has `{UNION}`: branches merge without conflicts in the lock")
    return status(told, OK)


def bind(export: Path | None, push: bool) -> int:
    """Bind what an export holds, or settle without one; tell what matched and what did not."""
    shell = Shell.start((), None, "text")
    if export is None:
        adoption = sure(settle(shell.request))
        text = "IDs of other tools are taken to be in nobody's Anki: they are not told any more"
    else:
        adoption = sure(adopt(shell.request, export, push=push))
        found = (adoption.bound, adoption.absent, adoption.known, adoption.unread, adoption.renewed)
        text = report.adoption_text(*found, pushed=push)
    shell.tell_diagnostics(adoption.diagnostics)
    outcome = status(adoption.diagnostics, OK)
    if outcome == OK or adoption.written:
        say(text)
    return outcome
