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

from ankisync.config import Settings
from ankisync.identity import card_id, new_ids
from ankisync.lock import Lock
from ankisync.model import DeckName, Delivered, Document, Ledger, NoteId
from ankisync.parse import parse
from ankisync.plan import Inputs, Plan, make_plan
from ankisync.reconcile import Vault
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
    "Q: known %d\nA: y\n\n<!--ID: 17028180440%d-->\n",
    "Q: two %d\nA: y\n<!--ID: 17028180450%d-->\n<!--ID: 17028180460%d-->\n",
    "> Q: known %d\n> A: y\n> <!--ID: 17028180470%d-->\n",
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

_FAMILIES = (CARDS, CARDS, CARDS, MARKERS, HIDERS, ID_LINES, KEYWORDS, STRUCTURE)
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


def choices() -> st.SearchStrategy[Settings]:
    """Settings that change how a document is read."""
    return st.builds(
        Settings,
        answer=st.sampled_from(("paragraph", "section")),
        inline_tags=st.booleans(),
        fences=st.sampled_from(((), (), ("anki",), ("anki", "py", ""))),
        frontmatter_tags=st.booleans(),
        default_deck=st.sampled_from((DeckName("Default"), DeckName("D::E"))),
        tags=st.sampled_from(((), ("all",))),
    )


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
        notes = [note for package in self.plan.packages for note in package.notes]
        return {note.id: Delivered(note.hash, note.mod, note.deck, note.guid) for note in notes}


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
    digits = {int(run) for document in documents for run in document.digits if len(run) <= 16}
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
    assert sorted(nid for _, nid, _, _ in cards) == sorted(note[0] for note in notes)
    assert all(id_ == card_id(NoteId(nid), 0) and ord_ == 0 for id_, nid, _, ord_ in cards)
    names = {nid: str(decks[str(did)]["name"]) for _, nid, did, _ in cards}
    return [Row(id_, guid, mod, flds, names[id_]) for id_, guid, mod, flds in notes]
