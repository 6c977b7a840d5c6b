"""`FROZEN - Type:` and field lines below it: text that is put to those fields of every note of the type in the file."""

from collections.abc import Mapping

from ankisync.diagnostics import diagnose
from ankisync.expression import expression
from ankisync.model import Diagnostic, Fields
from ankisync.parse.labels import Text, read_labelled
from ankisync.parse.marks import Kind, Mark, Scan
from ankisync.values import dataclass

_OWN_BLOCK = expression(r"[ \t]*(?:[`~]{3}|\$\$|\||>|#|(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$))|[ ]{4}|\t")


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is put to the fields of each notetype, by its key; the lines that say it, and what is told of them."""

    fields: Mapping[str, Fields]
    covered: tuple[tuple[int, int], ...]
    diagnostics: tuple[Diagnostic, ...]

    def put(self, key: str, fields: Fields) -> Fields:
        """The fields of a note of a type with what is frozen for it."""
        if key not in self.fields:
            return fields
        more = dict(self.fields[key])
        return tuple((name, _join(text, more.get(name, ""))) for name, text in fields)


def read_frozen(scan: Scan) -> Frozen:
    """All FROZEN blocks of a file, those in its frontmatter too. Of two for one type the last counts, as in
    Obsidian_to_Anki.
    """
    fields: dict[str, Fields] = {}
    covered = []
    told = []
    for mark in scan.marks.values():
        if mark.kind is Kind.FROZEN:
            end = _end(scan, mark)
            covered.append((mark.line, end))
            shape = scan.syntax.notetypes.find(mark.value)
            if shape is None:
                near = scan.syntax.notetypes.nearest(mark.value)
                hint = f"did you mean `{near}`?" if near else "name a notetype between `FROZEN - ` and the colon"
                told.append(diagnose("A228", scan.place(mark.line), name=mark.value, near=hint))
                continue
            texts = [Text(line, scan.texts[line], False) for line in range(mark.line + 1, end)]
            fields[shape.key] = read_labelled(texts, shape)[0]
    return Frozen(fields, tuple(covered), tuple(told))


def _end(scan: Scan, mark: Mark) -> int:
    limit = scan.first - 1 if mark.line < scan.first else len(scan.texts)
    end = mark.line + 1
    while end < limit and scan.texts[end].strip() and end not in scan.marks:
        end += 1
    return end


def _join(text: str, more: str) -> str:
    """Directly behind the text, as the plugin does; behind a block that such a text would break, as a paragraph."""
    if not text or not more:
        return text or more
    apart = _OWN_BLOCK.match(text.rpartition("\n")[2]) or _OWN_BLOCK.match(more)
    return f"{text}\n\n{more}" if apart else text + more
