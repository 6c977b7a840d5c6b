"""What is published beside the packages of a build: a summary for people, a manifest for programs."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from ankisync import apply
from ankisync.apply import Applied, Output
from ankisync.model import Diagnostic, NoteId
from ankisync.package.contents import Contents, read_contents, read_questions
from ankisync.plan import Plan
from ankisync.planning import Planned
from ankisync.publishing.changes import Changes, changes_since, changes_to_lock
from ankisync.publishing.manifest import MANIFEST, write_manifest
from ankisync.publishing.summary import write_summary
from ankisync.request import Request

__all__ = ["MANIFEST", "publish"]


def publish(planned: Planned, plan: Plan, told: Sequence[Diagnostic]) -> Applied:
    """Write the summary and the manifest that are asked for (`Request.publishes`), of the packages as they lie there
    now; `told` is all that the build tells.
    """
    request = planned.request
    found = ((package.file, read_contents(request.folder / package.file)) for package in plan.packages)
    contents = {file: each for file, each in found if each is not None}
    outputs = list(_outputs(planned, plan, contents, told))
    return apply.apply(request.root.folder, (), lambda _: outputs)


def _outputs(
    planned: Planned, plan: Plan, contents: Mapping[str, Contents], told: Sequence[Diagnostic]
) -> Iterator[Output]:
    request = planned.request
    if request.manifest:
        yield _output(request, request.folder / MANIFEST, write_manifest(contents))
    if request.summary is not None:
        yield _output(request, request.summary, write_summary(plan, contents, _changes(planned, plan), told))


def _output(request: Request, path: Path, text: str) -> Output:
    return Output(path, request.shown(path), partial(_write, text.encode("utf-8", "replace")), lasting=False)


def _write(data: bytes, file: IO[bytes]) -> None:
    file.write(data)


def _changes(planned: Planned, plan: Plan) -> Changes:
    """What is new to readers: since the packages that they have, else since the last build."""
    previous = planned.request.previous
    if not previous:
        return changes_to_lock(plan)
    questions: dict[NoteId, str] = {}
    for path in previous:
        questions.update(read_questions(path))
    return changes_since(planned.published, plan, questions)
