"""Math of cards that will not be shown as math, told with the card's place."""

from collections.abc import Iterator

from ankisync.diagnostics import diagnose
from ankisync.model import Block, Diagnostic, Document
from ankisync.render.problems import MathProblem, math_problems

_WORDS = {
    MathProblem.UNCLOSED: "is not closed",
    MathProblem.EMPTY: "is empty",
    MathProblem.BLANKS: "has blanks just inside its dollar signs",
    MathProblem.BRACES: "has braces without a partner",
    MathProblem.BRACKETS: "stands in backslash brackets",
}
_SHOWN = 30


def math_diagnostics(document: Document) -> Iterator[Diagnostic]:
    """What is wrong with the math of a file's cards; each kind once a card."""
    whole = document.source.text  # empty where it has done its service; else all that its cards hold
    if whole and "$" not in whole and "\\" not in whole:
        return
    for block in document.blocks:
        for _, text in block.fields:
            if ("$" in text or "\\" in text) and math_problems(text):
                yield from _problems(block)
                break


def _problems(block: Block) -> Iterator[Diagnostic]:
    told: set[MathProblem] = set()
    for _, text in block.fields:
        for offset, problem in math_problems(text):
            if problem not in told:
                told.add(problem)
                shown = text[offset : offset + _SHOWN].split("\n", 1)[0]
                yield diagnose("A511", block.location, text=shown, what=_WORDS[problem])
