"""The cases in `tests/data`: a note, the note after a build, its notes as JSON, the exact diagnostics.

NAME.md is built in a vault of its own, with NAME.toml as the config where there is one, at a fixed time and with a
fixed seed. NAME.after.md is what it must be then, byte by byte; NAME.json what `ankisync list --format json` prints
before; NAME.diagnostics what the build says. A case whose note changes has a twin, NAME-kept, whose note must not.

`ANKISYNC_REGENERATE=1 pytest tests/test_data.py` writes all files but NAME.md and NAME.toml anew. Read the difference.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import Run, Vault

DATA = Path(__file__).parent / "data"
NAMES = sorted(path.stem for path in DATA.glob("*.md") if not path.stem.endswith(".after"))
KINDS = ("md", "after.md", "json", "diagnostics", "toml")
KEPT = "-kept"
ID_LINE = re.compile(rb"(?:\r\n|\n|\r)[ \t>]*<!--ID: ([0-9]+)-->(?=[\r\n]|\Z)")


@dataclass(frozen=True)
class Built:
    """A case, listed and built."""

    name: str
    vault: Vault
    listed: str
    run: Run
    before: bytes
    after: bytes

    def expected(self, kind: str, found: bytes) -> bytes:
        """What one of the case's files holds; what was found, where they are written anew."""
        path = DATA / f"{self.name}.{kind}"
        if os.environ.get("ANKISYNC_REGENERATE"):
            path.write_bytes(found)
        return path.read_bytes()


@pytest.fixture(scope="module", params=NAMES)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    name: str = request.param
    vault = Vault(tmp_path_factory.mktemp("vault"))
    config = DATA / f"{name}.toml"
    vault.write("ankisync.toml", config.read_bytes() if config.exists() else b"")
    vault.write("ankisync.lock", '{"ankisync":1,"foreign":"none"}\n')  # else each case would tell of its IDs
    before = (DATA / f"{name}.md").read_bytes()
    note = vault.write(f"{name}.md", before)
    listed = vault.run("list", "--format", "json").out
    return Built(name, vault, listed, vault.build(), before, note.read_bytes())


def test_the_note_after_a_build(built: Built) -> None:
    assert built.after == built.expected("after.md", built.after)


def test_the_notes_as_they_are_read(built: Built) -> None:
    assert built.listed == built.expected("json", built.listed.encode()).decode()


def test_what_a_build_says(built: Built) -> None:
    assert built.run.err == built.expected("diagnostics", built.run.err.encode()).decode()
    assert built.run.status == (1 if "error[" in built.run.err else 0)


def test_only_id_lines_were_inserted(built: Built) -> None:
    if built.name == "delete":
        pytest.skip("lines were taken out: see the next test")
    known = set(ID_LINE.findall(built.before))
    inserted = re.compile(ID_LINE.pattern + rb"|<!--ID: (\d+)--> (?=ENDI)")
    assert inserted.sub(lambda match: match[0] if match[1] in known else b"", built.after) == built.before


def test_delete_took_out_itself_and_its_id() -> None:
    before, after = ((DATA / f"delete{kind}").read_bytes() for kind in (".md", ".after.md"))
    taken = re.sub(rb"DELETE\n<!--ID: [0-9]+-->\n|> DELETE\n> ID: [0-9]+\n|DELETEID: [0-9]+\n", b"", before)
    taken = re.sub(rb"DELETE <!--ID: [0-9]+-->", b"", taken)
    assert ID_LINE.sub(lambda match: match[0] if match[1] in before else b"", after) == taken


def test_what_changes_has_a_twin_that_does_not(built: Built) -> None:
    assert (built.after != built.before) == (not built.name.endswith(KEPT))
    assert {built.name.removesuffix(KEPT), built.name.removesuffix(KEPT) + KEPT} <= set(NAMES)


def test_a_second_build_changes_nothing(built: Built) -> None:
    state = built.vault.state()
    again = built.vault.build(seed=2)
    assert built.vault.state() == state
    assert set(again.codes) <= set(built.run.codes)


def test_no_other_file_lies_about() -> None:
    assert {path.name for path in DATA.iterdir()} <= {f"{name}.{kind}" for name in NAMES for kind in KINDS}


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("crlf", b"\r\n"),
        ("lone-cr", b"\rA: A carriage return\rand"),
        ("mixed-endings", b"CR\r\n\nQ"),
        ("bom", b"\xef\xbb\xbf"),
        ("other-separators", b"\xe2\x80\xa8Q: is no line end\nA: nor is a form feed\x0cA"),
        ("white-space-line", b"\n\t\n"),
        ("no-final-newline", b"A: four"),
    ],
)
def test_the_bytes_of_a_case_are_as_they_were_written(name: str, held: bytes) -> None:
    """In a checkout that converts line endings these cases would show nothing."""
    data = (DATA / f"{name}.md").read_bytes()
    assert held in data
    assert (name, b"\n" in data) != ("lone-cr", True)
