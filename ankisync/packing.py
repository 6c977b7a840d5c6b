"""The packages of a plan as outputs: which are to be written, and what writes them."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO

from ankisync.apply import Output, Unready
from ankisync.diagnostics import diagnose, whole
from ankisync.fields import render_fields, rendering
from ankisync.keeping import Html, Keeper
from ankisync.model import Diagnostic
from ankisync.package import MediaChanged, Mould, PackedNote, PackedPart, head_of, pack_notes, read_mark, write_package
from ankisync.packaging import PackagePlan, Part
from ankisync.plan import Plan
from ankisync.planning import Planned
from ankisync.planning.notes import Gone, Notes
from ankisync.progress import Tell
from ankisync.values import replace


class Packer:
    """Writes the packages of a plan."""

    def __init__(self, planned: Planned, plan: Plan, keeper: Keeper, html: Html, mould: Mould, tell: Tell) -> None:
        self.request, self.plan, self.keeper, self.tell = planned.request, plan, keeper, tell
        self.mould = mould
        self.notes = Notes(planned, plan)
        self.how = replace(rendering(self.request.root.settings), memo=html)
        memory = planned.kept.memory
        self.known = {name: each.fingerprint for name, each in memory.packages.items()} if memory else {}
        self.done = 0

    def outputs(self) -> tuple[Sequence[Output], Sequence[Diagnostic]]:
        """What is to be written, and what stands in the way of it: files that are not ours."""
        marks = [(package, self._mark(package)) for package in self.plan.packages]
        wanted = [package for package, mark in marks if (mark and mark != package.fingerprint) or mark is None]
        blocked = [package for package, mark in marks if mark == ""]
        outputs = [self._output(package, len(wanted)) for package in wanted]
        if outputs:
            self.keeper.only_packages(self.request.folder, [package.file for package in self.plan.packages])
        return outputs, [diagnose("A603", whole(self._shown(package))) for package in blocked]

    def _mark(self, package: PackagePlan) -> str | None:
        known = self.known.get(package.file)
        return read_mark(self.request.folder / package.file) if known is None else known

    def _shown(self, package: PackagePlan) -> str:
        return self.request.shown(self.request.folder / package.file)

    def _output(self, package: PackagePlan, total: int) -> Output:
        path = self.request.folder / package.file
        return Output(path, self._shown(package), partial(self._write, package, total), lasting=False)

    def _write(self, package: PackagePlan, total: int, file: IO[bytes]) -> None:
        self.tell("packing", self.done, total)
        self.done += 1
        root = self.request.root.folder
        parts = [PackedPart(part.key, part.ids, partial(self._rows, part)) for part in package.parts]
        head = head_of(package.notetypes, (deck for part in package.parts for deck in part.decks))
        media = (each for part in package.parts for each in part.media)
        kept = self.keeper.package(self.request.folder / package.file)
        try:
            write_package(file, parts, head, package.fingerprint, media, root, kept, self.mould)
        except Gone as gone:
            raise Unready(gone.why) from gone
        except MediaChanged as changed:
            raise Unready(diagnose("A609", whole(self._shown(package)), name=str(changed))) from changed

    def _rows(self, part: Part) -> Iterator[PackedNote]:
        return pack_notes((note, render_fields(note, self.how)) for note in self.notes.of(part))
