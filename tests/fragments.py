"""Documents made of the fragments that bite, settings to read them with, the plan over them without a disk, and what
came out of it on disk.
"""

import json
import os
import re
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ankisync.config import Settings, StyleName, read_settings
from ankisync.identity import card_id, new_ids
from ankisync.lock import Lock
from ankisync.model import Delivered, Document, Ledger, NoteId
from ankisync.parse import parse
from ankisync.plan import Inputs, Plan, make_plan
from ankisync.settling import Vault
from ankisync.source import Source, read_source
from tests.support import syntax

NOW = 1_790_000_000
EMPTY = Lock({})
Files = Mapping[str, bytes]

CARDS = (
    "Q: question %d\nA: answer %d\n",
    "Q: question %d\nA: answer %d\n\n",
    "Q: the same\nA: text\n",
    "Q:x\nA:y\n",
    "Q:\nquestion %d\nA:\nanswer\n",
    "Q: one\n\nmore\n\nA: two\n",
    "Q: tags %d #in/line\nA: y #x Tags: a b\n",
    "Q: tags %d\nA: y\nTags: c, #d\n",
    "Q: list %d\nA: 1. first\n2. second\n\n  third\n\n\tfourth\n",
    "Q: list %d\nA:\n- first\n\n  second\n",
    "Q: code %d\nA: ```py\nQ: no\n\nA: no\n```\n",
    "Q: code %d\nA:\n~~~~\n~~~\n<!--ID: 1702818043968-->\n~~~~\n",
    "Q: math %d\nA: $$\nx\n\ny\n$$\n",
    "Q: table %d\nA:\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "> Q: quote %d\n> A: y\n",
    "> [!note] call\n> Q: quote %d\n> A: y\n> more\n",
    ">Q: quote %d\n>\n>A: y\n",
    "- Q: item %d\n- A: y\n",
    "- Q: item %d\n  A: y\n",
    "* Q: item %d\n  more\n  A: y\n  more\n",
    "1. Q: item %d\n   A: y\n",
    "10) Q: item %d\n11) A: y\n",
    "- - Q: deep %d\n    A: y\n",
    "> - Q: deep %d\n>   A: y\n",
    "- > Q: deep %d\n  > A: y\n",
    "-\tQ: tab %d\n\tA: y\n",
    "  Q: off %d\n  A: y\n",
    "\tQ: off %d\n\tA: y\n",
    "Q: inline %d\nA: y <!--ID: 1702818043968-->\n",
    "Q: inline %d\nA: y ID: 1702818043969\n",
    "Q: known %d\nA: y\n<!--ID: 1600000000001-->\n",
    "Q: known %d\nA: y\n<!--ID: 1700000000-->\n",
    "Q: future %d\nA: y\n<!--ID: 9999999999999-->\n",
    "Q: twice %d\nA: y\n<!--ID: 1600000000001-->\n",
    "Q: known %d\nA: y\n\n<!--ID: 17028180440%d-->\n",
    "Q: two %d\nA: y\n<!--ID: 17028180450%d-->\n<!--ID: 17028180460%d-->\n",
    "> Q: known %d\n> A: y\n> <!--ID: 17028180470%d-->\n",
)
FORMS = (
    "START\nBasic\nblock %d\nBack: y\nEND\n",
    "START\nBasic (and reversed card)\nFront: block %d\nBack: y\nBack: z\nTags: a b\nEND\n",
    "START\ncloze\nblock %d {{c1::x}} {y}\nBack Extra: z\nTags: a\nEND\n",
    "START\nBasic (optional reversed card)\nblock %d\nAdd Reverse: y\nEND\n",
    "START\nBasic\nblock %d\nBack:\n```\nEND\n\nSTART\n```\nEND\n",
    "START\nBasic\nblock %d\nBack: y\n<!--ID: 17028180480%d-->\nEND\n",
    "START\nBasic\nblock %d\nBack: y ID: 17028180490%d\nEND\n",
    "START\nBasic\nblock %d\n<!--ID: 17028180500%d-->\nBack: y\nEND\n",
    "START\nBasic\nblock %d\nBack: y\n\nEND\n<!--ID: 17028180510%d-->\n",
    "START\nBasic\nblock %d\nBack: y\n<!--ID: 123-->\nEND\n",
    "> START\n> Basic\n> quote %d\n> Back: y\n> END\n",
    "  START  \nBasic\n  off %d\nBack: y\n\tEND\n",
    "START\nBasicc\nx\nEND\n",
    "START\nBasic\nBack: no front\nEND\n",
    "START\nCloze\nno cloze\nEND\n",
    "START\nEND\n",
    "START\nBasic\nEND\n",
    "START\nBasic\nx\nBcak: slip\nEND of it\nEND\n",
    "STARTI [Basic] inline %d Back: y ENDI\n",
    "- a STARTI [Basic] one %d Back: y ENDI b STARTI [Basic] two %d Tags: a b ENDI c\n",
    "STARTI [Basic] inline %d Back: y Tags: a <!--ID: 17028180520%d--> ENDI\n",
    "STARTI [Basic] inline %d Back: y ID: 17028180530%d ENDI text\n",
    "| STARTI [Cloze] cell %d {{c1::x}} ENDI | b |\n",
    "STARTI [Basic] STARTI [Basic] x ENDI ENDI\n",
    "STARTI [Nope] x ENDI\n",
    "STARTI x ENDI\n",
    "STARTI [] x ENDI\n",
    "`STARTI [Basic] x ENDI`\n",
    "STARTI [Basic] open\n",
    "STARTI [Basic]ENDI\n",
    "DELETE\n<!--ID: 17028180540%d-->\n",
    "DELETE\nID: 17028180550%d\n",
    "DELETE <!--ID: 17028180560%d-->\n",
    "DELETEID: 17028180570%d\n",
    "> DELETE\n> <!--ID: 17028180580%d-->\n",
    "\nDELETE\n<!--ID: 17028180590%d-->\n\n",
    "DELETE\n<!--ID: 12-->\n",
    "FROZEN - Basic:\nBack: <br>frozen\n\n",
    "FROZEN - basic:\nfront\nBack: - item\n\n",
    "FROZEN - Cloze:\nBack Extra: {{c2::x}}\n\n",
    "FROZEN - Nope:\nx\n",
)
STYLES = (
    "tagged %d #flashcard\nanswer\n\n",
    "tagged %d\n#flashcard\n\nanswer\nmore\n",
    "tagged %d #flashcard\nanswer\nnext %d #flashcard\nanswer\n",
    "# tagged %d #flashcard\n\n- answer\n- more\n\n",
    "tagged %d #flashcard\nanswer Tags: a\n<!--ID: 17028180600%d-->\n",
    "tagged %d #flashcard\nanswer <!--ID: 17028180610%d-->\n",
    "#flashcard\n",
    "lonely #flashcard\n\n",
    "- tagged %d #flashcard\n- answer\n",
    "> tagged %d #flashcard\n> answer\n",
    "$$\nx\n$$ #flashcard\nanswer\n",
    "tagged %d #flashcard\n```\ncode\n\ncode\n```\n",
    "# front %d\nback\n\n",
    "## front %d ##\n\nback\nmore\nTags: a\n",
    "### front %d\n- back\n\n  more\n\nmore\n",
    "# front %d\nback\n<!--ID: 17028180620%d-->\n",
    "# front %d\nQ: x\nA: y\n",
    "#\nback\n",
    "front %d :: back\n",
    "front %d ::: back\n",
    "- front %d :: back\n",
    "> front %d::back `::` $a::b$\n",
    "- a:: b :: c Tags: t\n",
    "front %d :: back <!--ID: 17028180630%d-->\n",
    "- front %d :: back\n  <!--ID: 17028180640%d-->\n",
    "  1. front %d :: back\n\n",
    "| a :: b |\n",
    "a {cloze} %d\n",
    "a {1:cloze|x} %d {{c2::b}}\nmore {c}\n\n",
    "a \\{no}\n\n",
    "a {cloze} %d\n<!--ID: 17028180650%d-->\n",
    "a ==high== %d\n",
    "a {cloze} ==high== %d Tags: a\n",
    "```\n{code}\n```\n",
    "- {a\n- b} %d\n",
    "> [!anki] title %d\n> body\n",
    "> [!anki]- title %d\n> - body\n>\n> more\n>\n\n",
    "> [!ANKI]+ title %d\n> body\n> <!--ID: 17028180660%d-->\n",
    "> [!anki] title %d\n> body\n<!--ID: 17028180670%d-->\n",
    ">> [!anki] title %d\n>> body\n> less\n",
    "> [!anki]\n> body\n",
    "> [!anki] title\n",
    "> [!anki] title %d\n> ```\n> code\n> ```\n",
    "front %d\n---\nback\n\n",
    "front %d\n-----\nback\nTags: a\n",
    "front %d\n---\nback\n---\nmore\n",
    "front %d\n---\nback\n<!--ID: 17028180680%d-->\n",
    "| front %d |\n|---|\n| back |\n",
    "| front %d |\n| :-: |\n| back |\n| more |\n",
    "| front %d |\n|---|\n| back |\n<!--ID: 17028180690%d-->\n",
    "| front |\n|---|\n|  |\n",
    "custom %d %% back\n",
    "custom %d %% back Tags: a\n",
    "custom %d %% back\n<!--ID: 17028180700%d-->\n",
    "custom %d %% back Tags: a\nID: 17028180710%d\n",
    "custom %d %% Q: x\nA: y %% z\n",
    "`custom %% code`\n",
    "Q: around %d\nA: a STARTI [Basic] b ENDI c\n",
    "# around STARTI [Basic] %d ENDI\nSTARTI [Basic] x ENDI {y} ==z== a :: b\n",
    "> [!anki] STARTI [Basic] %d ENDI\n> x STARTI [Basic] x ENDI\n",
    "custom STARTI [Basic] %d ENDI %% STARTI [Cloze] {{c1::x}} ENDI z\n",
    "START\nBasic\nx\nBack: STARTI [Basic] x ENDI z\nEND\n",
    "FROZEN - Basic:\nBack: STARTI [Basic] x ENDI z\n\n",
    "<!-- STARTI [Basic] hidden ENDI --> $$STARTI [Basic] hidden ENDI$$\n",
    "@ front %d\n@@ back\nmore\n\n",
    "@ front %d\n@@ back\n<!--ID: 17028180720%d-->\n",
)
MARKERS = (
    "Q: ",
    "Q:",
    "Q:: no\n",
    "Q: alone\n",
    "A: ",
    "A:",
    "A:: no\n",
    "A: alone\n",
    "**Q:** no\n",
    "## Q: no\n",
    "> Q: half\n",
    "> A: half\n",
    "- Q: half\n",
    "- A: half\n",
    "1. Q: half\n",
    "2. A: half\n",
    "    Q: code\n",
    "\tA: code\n",
    "A: Tags: t\n",
    "A: <!-- only -->\n",
    "START\nBasic\nFront\nBack: y\n<!--ID: 1702818043968-->\nEND\n",
    "START\n",
    "END\n",
    "STARTI [Basic] x Back: y ENDI\n",
    "DELETE\n",
    "DELETE\n<!--ID: 1702818043968-->\n",
    "DELETE <!--ID: 1702818043968-->\n",
)
HIDERS = (
    "```\n",
    "````\n",
    "``````md\n",
    "~~~\n",
    "~~~~~ anki\n",
    "```anki\n",
    "   ```\n",
    "    ```\n",
    "> ```\n",
    "- ```\n",
    "  ```\n",
    "- ~~~ anki\n",
    "1. ````\n",
    "Q: ```\n",
    "A: ```\n",
    "```x``` `` ` ``\n",
    "`$$` `<!--`\n",
    "$$\n",
    "$$x$$\n",
    "a $$ b\n",
    "\\$$\n",
    "> $$\n",
    "$$ <!--\n",
    "<!--\n",
    "-->\n",
    "<!-- a -->\n",
    "a <!-- b\n",
    "<!-- <!-- -->\n",
    "--> $$\n",
    "<!-->\n",
    "<!--->\n",
    "<!-- x --> <!-- y\n",
)
ID_LINES = (
    "<!--ID: 1702818043968-->\n",
    "<!--ID: 1702818043969-->\n",
    "<!-- ID: 1600000000001 -->\n",
    "<!--ID:1700000000-->\n",
    "ID: 1702818043968\n",
    "ID: 1702818043968 and text\n",
    "<!--ID: 1702818043968--> and text\n",
    "> <!--ID: 1702818043969-->\n",
    "- <!--ID: 1702818043969-->\n",
    "  <!--ID: 1702818043969-->\n",
    "    <!--ID: 1702818043969-->\n",
    "| <!--ID: 1702818043969--> |\n",
    "<!--ID: 123-->\n",
    "<!--ID: 12345678901234567890-->\n",
    "<!--ID: 0000000000000-->\n",
    "<!--ID: 9999999999999-->\n",
    "<!--ID: 9999999999999999-->\n",
    "<!--ID: n-->\n",
    "<!--ID: -->\n",
    "<!--ID:\n",
    "<!--id: 1702818043968-->\n",
    "<!--ID 1702818043968-->\n",
    "ID: 42\n",
    "ID: 42 is text\n",
    "ID: n\n",
    "12345678901702818043968\n",
)
KEYWORDS = (
    "TARGET DECK: A\n",
    "TARGET DECK: A::B\n",
    "TARGET DECK:b\n",
    "TARGET DECK\nDeck C\n",
    "TARGET DECK\n\n",
    "TARGET DECK:\n",
    "TARGET DECK: \n# no\n",
    "TARGET DECK: A::::B\n",
    'TARGET DECK: "\x01"\n',
    "TARGET DECK: default\n",
    "TARGET DECK: con\n",
    "TARGET DECK: a/b?\n",
    "TARGET DECK: a\u2028b\n",
    "FILE TAGS: one two\n",
    "FILE TAGS\n#x, y\n",
    "FILE TAGS:\n",
    "FILE TAGS\n",
    "Tags: z\n",
    "Tags:\n",
    " Tags: z\n",
    "x Tags: z\n",
)
STRUCTURE = (
    "\n",
    "\n\n",
    " \n",
    "\t\n",
    "  \t \n",
    "> \n",
    ">\n",
    "text\n",
    "text",
    "# heading\n",
    "## Q: heading #tag\n",
    "---\n",
    "***\n",
    "- - -\n",
    "...\n",
    "- item\n",
    "  - item\n",
    "1. item\n",
    "    indented\n",
    "\tindented\n",
    "| a | b |\n|---|---|\n",
    "![[picture.png]]\n",
    "trailing  \n",
    "\u2028",
    "\u0085",
    "\u200b",
    "\ufeff",
    "\x0b\x0c",
    "\x1f",
    "\r",
    "e\u0301 \u00e9 \U0001f600\n",
    "<<<<<<< HEAD\n",
    "=======\n",
    ">>>>>>> branch\n",
    "<<<<<<< HEAD\nQ: x\nA: y\n=======\nQ: x\nA: z\n>>>>>>> branch\n",
)
FRONTMATTER = (
    "---\ndeck: F\ntags: [f, g]\n---\n",
    "---\ntags: f g\nother: 1\n...\n",
    "---\nankisync-answer: section\n---\n",
    "---\nankisync-answer: nonsense\n---\n",
    "---\nTARGET DECK: F\nFILE TAGS: f\n---\n",
    "---\ndeck: [a, b]\n---\n",
    "---\ndeck:\n---\n",
    "---\ntags: {a: b}\n---\n",
    "---\ndeck: [\n---\n",
    "---\nkey: value\nQ: x\nA: y\n---\n",
    "---\n- deck: F\n- tags\n---\n",
    "---\ndeck: &a F\ntags: *a\n---\n",
    "---\nkey: never closed\n",
    "---\n\n---\n",
)
_NOISE = ("\n", "\r", "\r\n", " ", "\t", ">", "-", "`", "$", "<", ":", "Q:", "A:", "\u2028", "\u0085", "\ufeff", "\0")
_LONG = ("x" * 30_000 + "\n", "Q: " + "`" * 5_000 + "\nA: y\n", "- " * 1_000 + "Q: x\n", "> " * 1_000 + "A: x\n")
_WRAPPERS = ("", "", "", "", "", "> ", ">", "- ", "  ", "   ", "\t", "1. ", "> > ", "> - ")
_ENDINGS = (("\n",), ("\n",), ("\r\n",), ("\r",), ("\n", "\r\n"), ("\r\n", "\n", "\n"), ("\n", "\r"))

_FAMILIES = (CARDS, CARDS, FORMS, FORMS, STYLES, STYLES, MARKERS, HIDERS, ID_LINES, KEYWORDS, STRUCTURE)
_FRAGMENTS = st.sampled_from(_FAMILIES).flatmap(st.sampled_from)
_PIECES = st.lists(st.tuples(_FRAGMENTS, st.sampled_from(_WRAPPERS)), max_size=12)
_CHANGES = st.lists(st.tuples(st.integers(0, 500), st.sampled_from(("", *_NOISE))), max_size=2)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A note file: fragments one below the other, some in quotes or lists, with all kinds of line endings."""
    pieces = draw(_PIECES)
    parts = [_wrapped(_numbered(text, number), wrapper) for number, (text, wrapper) in enumerate(pieces)]
    head = draw(st.sampled_from(("", "", "", "", *FRONTMATTER)))
    rare = draw(st.sampled_from(("",) * 30 + _LONG))
    text = _changed(head + rare + "".join(parts), draw(_CHANGES))
    text = _ended(text, draw(st.sampled_from(_ENDINGS)))
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return draw(st.sampled_from((b"", b"", b"", b"\xef\xbb\xbf"))) + text.encode()


def _numbered(text: str, number: int) -> str:
    return text.replace("%d", f"{number:02}")


def _wrapped(text: str, wrapper: str) -> str:
    """The lines behind a prefix; a list marker before the first one only."""
    if not wrapper:
        return text
    rest = re.sub(r"[-0-9.]", " ", wrapper)
    first, *more = text.removesuffix("\n").split("\n")
    return "\n".join([wrapper + first, *(rest + line for line in more)]) + "\n"


def _changed(text: str, changes: Sequence[tuple[int, str]]) -> str:
    """The text with something put in, or a character taken out, at some places."""
    for place, what in changes:
        at = place % (len(text) + 1)
        text = text[:at] + what + (text[at:] if what else text[at + 1 :])
    return text


def _ended(text: str, endings: Sequence[str]) -> str:
    if tuple(endings) == ("\n",):
        return text
    lines = text.split("\n")
    ended = [line + endings[number % len(endings)] for number, line in enumerate(lines[:-1])]
    return "".join([*ended, lines[-1]])


_STYLES = tuple(name for name in StyleName if name not in (StyleName.QUESTION_ANSWER, StyleName.START_END))
_STYLE_TABLES: tuple[dict[str, object], ...] = (
    {},
    {},
    {"heading": {"level": 2, "back": "section"}, "flashcard-tag": {"tag": ["#flashcard", "#card"]}},
    {"heading": {"notetype": "Basic (and reversed card)"}, "q-a": {"notetype": "Basic (type in the answer)"}},
    {"double-colon": {"notetype": "Cloze"}, "table": {"notetype": "Own"}, "callout": {"type": ["anki", "note"]}},
)
_KEYWORD_TABLES: tuple[dict[str, str], ...] = (
    {},
    {},
    {"start": "%%ANKI", "end": "END%%", "start_inline": "[[", "end_inline": "]]", "delete": "GONE"},
    {"start": "***", "end": "---", "target_deck": "subject:", "file_tags": "tags:", "frozen": "ICE"},
    {"start": "BEGIN", "end": "Q: z", "start_inline": "STARTI", "end_inline": "\u2714", "delete": "- DELETE"},
)
_PATTERNS = (
    r"^(.+) %% (.+)",
    r"^@ (.+)\n@@ ((?:.+\n?)+)",
    r"^Q: ((?:.+\n)*)\n*A: (.+(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))*)",
    r"((?:[^\n][\n]?)+) #flashcard ?\n*((?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))+)",
    r"^(.*[^\n:]{1}):{2}([^\n:]{1}.*)",
    r"\|([^\n|]+)\|\n\|(?:[^\n|]+)\|\n\|([^\n|]+)\|\n?",
    r"(x)",
    r"^(text)\n",
)
_ALIASES = {"Basis": "Basic", "L\u00fcckentext": "Cloze"}
_OWN_FIELDS = {"Own": ["Word", "Meaning"], "Basis": ["Vorne", "Hinten"]}


@st.composite
def choices(draw: st.DrawFn) -> Settings:
    """Settings that change how a document is read: all forms and keywords, any styles, a user's own patterns."""
    return read_choice(draw(tables()))


def read_choice(table: Mapping[str, object]) -> Settings:
    """A table of settings, which must be a sound one."""
    read = read_settings(table)
    assert isinstance(read, Settings), read
    return read


@st.composite
def tables(draw: st.DrawFn) -> dict[str, object]:
    """The same as they stand in `ankisync.toml`."""
    on = draw(st.one_of(st.just([]), st.lists(st.sampled_from(_STYLES), unique=True, max_size=4), st.just([*_STYLES])))
    built_in = draw(st.sampled_from((["q-a", "start-end"],) * 4 + (["start-end"], ["q-a"])))
    patterns = draw(st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(_PATTERNS), unique=True, max_size=2)))
    kinds = draw(st.sampled_from(("Basic", "Basic", "Cloze", "Own")))
    return {
        "answer": draw(st.sampled_from(("paragraph", "paragraph", "section"))),
        "inline_tags": draw(st.booleans()),
        "fences": draw(st.sampled_from(([], [], ["anki"], ["anki", "py", ""]))),
        "frontmatter_tags": draw(st.booleans()),
        "default_deck": draw(st.sampled_from(("Default", "D::E"))),
        "tags": draw(st.sampled_from(([], ["all"]))),
        "styles": [*built_in, *map(str, on)],
        "style": draw(st.sampled_from(_STYLE_TABLES)),
        "custom": [{"notetype": kinds, "pattern": pattern} for pattern in patterns],
        "keywords": draw(st.sampled_from(_KEYWORD_TABLES)),
        "notetype_aliases": _ALIASES,
        "fields": _OWN_FIELDS,
        "curly_cloze": draw(st.booleans()),
        "highlight_cloze": draw(st.booleans()),
        "id_comments": draw(st.sampled_from((True, True, True, False))),
    }


def thorough(examples: int) -> settings:
    """Hypothesis settings: the same examples in every run, unless ANKISYNC_FUZZ multiplies them."""
    factor = int(os.environ.get("ANKISYNC_FUZZ", "1"))
    return settings(
        max_examples=examples * factor,
        derandomize=factor == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@dataclass(frozen=True)
class Pass:
    """One plan over some files: what was read, and what would be done."""

    files: Files
    documents: tuple[Document, ...]
    plan: Plan

    @property
    def codes(self) -> set[str]:
        """The codes of all that is told."""
        own = {each.code for document in self.documents for each in document.diagnostics}
        return own | {each.code for each in self.plan.diagnostics}

    @property
    def written(self) -> dict[str, bytes]:
        """The files after the plan was carried out."""
        return {**self.files, **{file.path: file.content for file in self.plan.files}}

    @property
    def ledger(self) -> Ledger:
        """What the packages of this plan would hold."""
        packed = {note_id for package in self.plan.packages for part in package.parts for note_id in part.ids}
        notes = [note for note in self.plan.notes if note.id in packed]
        return {
            note.id: Delivered(note.hash, note.mod, note.deck, note.guid, notetype=note.notetype.id) for note in notes
        }


def plan_over(
    files: Files,
    settings: Settings,
    lock: Lock = EMPTY,
    *,
    ledger: Ledger | None = None,
    writable: frozenset[str] | None = None,
    seed: int = 1,
    now: int = NOW,
) -> Pass:
    """The plan for these files, as a build makes it. Files that are no text are left out, and nothing retires then."""
    read = [read_source(name, data) for name, data in sorted(files.items())]
    documents = tuple(parse(each, syntax(settings)) for each in read if isinstance(each, Source))
    names = frozenset(files) if writable is None else writable
    vault = Vault(documents, syntax(settings).notetypes, names, len(documents) == len(files))
    digits = {int(run) for document in documents for run in document.digits.split() if len(run) <= 16}
    fresh = new_ids(now * 1000, seed, frozenset(digits | set(lock.entries) | lock.suspects))
    inputs = Inputs(syntax(settings), vault, lock, ledger or {}, now, None, "engine")
    return Pass(files, documents, make_plan(inputs, fresh))


@dataclass(frozen=True)
class Row:
    """A note as a package holds it."""

    id: int
    guid: str
    mod: int
    flds: str
    deck: str


def packed(path: Path) -> list[Row]:
    """The notes in a package; their cards must be sound."""
    with zipfile.ZipFile(path) as archive, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(archive.read("collection.anki2"))
        decks = json.loads(database.execute("SELECT decks FROM col").fetchone()[0])
        notes = database.execute("SELECT id, guid, mod, flds FROM notes").fetchall()
        cards = database.execute("SELECT id, nid, did, ord FROM cards").fetchall()
    assert {nid for _, nid, _, _ in cards} == {note[0] for note in notes}
    assert all(id_ == card_id(NoteId(nid), ord_) for id_, nid, _, ord_ in cards)
    names = {nid: str(decks[str(did)]["name"]) for _, nid, did, _ in cards}
    return [Row(id_, guid, mod, flds, names[id_]) for id_, guid, mod, flds in notes]


def written(text: str, table: Mapping[str, object]) -> str:
    """A note after a build, with `NEW` for each ID that it was given. A second build must change nothing."""
    settings = read_choice(table)
    first = plan_over({"note.md": text.encode()}, settings)
    assert "A605" not in first.codes
    second = plan_over(first.written, settings, first.plan.lock, ledger=first.ledger, seed=2)
    assert not second.plan.writes
    assert [note.fields for note in second.plan.notes] == [note.fields for note in first.plan.notes]
    after = first.written["note.md"].decode()
    for note in first.plan.notes:
        after = after.replace(str(note.id), "NEW") if note.insertion else after
    return after
