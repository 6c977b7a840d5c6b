"""The texts of made-up cards: what stands in their fields, and how often, drawn from a seeded generator."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

_TEXT = (
    "the cell protein energy reaction enzyme carries binds light water gene code system layer file network packet "
    "memory thread process kernel set map graph node edge weight path cost time space state value of in that by which "
    "where each first second holds sends keeps changes between during after membrane gradient current pressure price "
    "market demand supply contract court power treaty river valley glacier species habitat climate signal noise filter"
)
_WORDS = tuple(_TEXT.split(" "))
_ENDS = (" ", ", ", ". ", ": ", "'s ", " (also) ", " 12 ", " \u2013 ")
_OFTEN = (60, 4, 3, 1, 1, 1, 1, 1)
_FORMULAS = ("x_{%d} + y", r"\frac{a}{b_{%d}}", "E = mc^%d", r"\sum_{i=1}^{%d} i", r"\alpha \le %d")
_CODE = "def step(value):\n    # one of {number}\n    return value * {number}"

# What has a meaning in Markdown, or here; a field without any of it is a paragraph of lines, or several of them.
_SIGNIFICANT = re.compile(r"[*_`\[\]<>\\|~$&#!=]|^ {0,3}(?:[-+]|\d+[.)])[ \t]|^(?: {4}|\t)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rates:
    """How many fields of 1 have what, and how many words they are long.

    `math` counts cards, `front_math` how many of these have some in the front too; `list_`, `fence` and `breaks`
    (a second line) are in backs; `marks` is bold text or inline code in a field that has nothing else.
    """

    math: float
    front_math: float
    list_: float
    fence: float
    breaks: float
    marks: tuple[float, float]
    words: tuple[tuple[int, int], tuple[int, int]]


# As in `performance.md`: 52 % of the cards with math, 20 % a list, 10 % a fenced block; 71 % of fields need a parser.
STUDY = Rates(0.52, 0.6, 0.2, 0.1, 0.1, (0.4, 0.55), ((6, 16), (10, 28)))
# As counted over the fields of `../shared/corpus`: 7 % of fronts (mean 85 characters), 17 % of backs (mean 210).
REAL = Rates(0.004, 0.0, 0.05, 0.04, 0.22, (0.065, 0.09), ((6, 22), (10, 60)))


@dataclass(frozen=True, slots=True)
class Card:
    """A card as Markdown. `picture` names the one in its back, beside the file."""

    front: str
    back: str
    picture: str | None


def texts(count: int, rates: Rates, seed: int, *, languages: bool) -> Iterator[Card]:
    """Cards, always the same for the same arguments; every fortieth has a picture. `languages`: fences name theirs."""
    random = Random(seed)
    for number in range(count):
        math = random.random() < rates.math
        front = _front(random, rates, number, math=math and random.random() < rates.front_math)
        back = _back(random, rates, number, "python" if languages else "", math=math)
        picture = f"p{number:06}.png" if number % 40 == 7 else None
        yield Card(front, f"{back}\n![](media/{picture})" if picture else back, picture)


def needs_parser(field: str) -> bool:
    """Whether a field holds anything that plain text does not."""
    return bool(_SIGNIFICANT.search(field))


def _front(random: Random, rates: Rates, number: int, *, math: bool) -> str:
    words = _sentence(random, rates.words[0])
    if math:
        words += f" ${_formula(random, number)}$"
    elif random.random() < rates.marks[0]:
        words = _marked(random, words)
    return f"{words}?"


def _back(random: Random, rates: Rates, number: int, language: str, *, math: bool) -> str:
    parts = [_sentence(random, rates.words[1])]
    if math:
        parts[0] += f" ${_formula(random, number)}$"
    if random.random() < rates.breaks:
        parts.append(_sentence(random, rates.words[0]) + ".")
    if random.random() < rates.list_:
        parts += ["", *(f"- {_sentence(random, (2, 6))}" for _ in range(3))]
    if random.random() < rates.fence:
        parts += ["", f"```{language}", _CODE.format(number=number), "```"]
    if len(parts) == 1 and not math and random.random() < rates.marks[1]:
        parts[0] = _marked(random, parts[0])
    return "\n".join(parts)


def _formula(random: Random, number: int) -> str:
    return random.choice(_FORMULAS) % (number % 10)


def _sentence(random: Random, length: tuple[int, int]) -> str:
    words = random.choices(_WORDS, k=random.randint(*length))
    ends = random.choices(_ENDS, _OFTEN, k=len(words) - 1)
    return "".join(map(str.__add__, words, [*ends, ""])).capitalize()


def _marked(random: Random, sentence: str) -> str:
    words = sentence.split(" ")
    place = random.randrange(len(words))
    words[place] = random.choice(("**%s**", "`%s`", "*%s*")) % words[place]
    return " ".join(words)
