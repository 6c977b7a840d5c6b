"""The benchmark: a small run of it, that its vaults are what they say, and that it tells what is built wrong."""

import json
import sys
from pathlib import Path

import pytest

from tests.bench import push
from tests.bench.__main__ import main
from tests.bench.cases import Case, Target
from tests.bench.measure import Command, Failed, Usage, measure
from tests.bench.rounds import OURS, Result
from tests.bench.table import lines
from tests.bench.texts import REAL, STUDY, Rates, needs_parser, texts
from tests.bench.tools import Floor, Work
from tests.bench.vaults import NOTES, Shape, write_ankdown, write_vault
from tests.support import PYTHON, Vault

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nobody tells there what a process has used")

# Stands in for ankisync: `{}` is what goes into each deck beside its notes, so that it can be the same or not.
FAKE = """
import io, os, sqlite3, sys, time, zipfile
from pathlib import Path

def build(text):
    with open("built", "a") as count:
        count.write("x")
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE notes (flds TEXT)")
    database.executemany("INSERT INTO notes VALUES (?)", [(text,)] * 20)
    database.commit()
    new = Path("decks/.a")
    new.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(new, "w") as archive:
        archive.writestr(zipfile.ZipInfo("collection.anki2"), database.serialize())
        archive.writestr(zipfile.ZipInfo("more"), {})
    new.replace("decks/a.apkg")

def read():
    return Path("notes/f000/n0000.md").read_bytes().decode()[:200] + Path("notetypes/Basic/style.css").read_text()

if sys.argv[1] == "build":
    build(read())
elif sys.argv[1] == "watch" and "--help" not in sys.argv:
    built = ""
    while True:
        if read() != built:
            time.sleep(0.1)
            built = read()
            build(built)
        time.sleep(0.01)
"""


def fake(folder: Path, more: str) -> Path:
    package = folder / "checkout" / "ankisync"
    package.mkdir(parents=True)
    (package / "__init__.py").write_bytes(b"")
    (package / "__main__.py").write_bytes(FAKE.replace("{}", more).encode())
    return package.parent


def bench(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    status = main([str(argument) for argument in arguments])
    return status, capsys.readouterr().out


def test_a_small_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only = [word for name in ("cold-10k", "nothing-10k", "file-10k", "cold-nolock-10k") for word in ("--only", name)]
    status, out = bench(capsys, "--cards", "200", "--rounds", "1", *only, "--json", tmp_path / "figures")
    assert status == 0
    assert "cold-10k: cold: IDs and lock there, no cache, no decks; 200 cards" in out
    assert "CPU to ankdown: not measured" in out
    assert out.endswith("the same bytes\n")
    figures = json.loads((tmp_path / "figures").read_bytes())
    measured = {(each["case"], each["tool"]) for each in figures if each["rounds"]}
    assert ("nothing-10k", "floor") in measured
    assert {case for case, tool in measured if tool == OURS} == set(only[1::2])
    assert all(used[0]["cpu"] > 0 and used[0]["peak"] > 0 for each in figures if (used := each["rounds"]))


def test_a_case_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "warm"]) == 1
    assert "cold-10k" in capsys.readouterr().err


@pytest.mark.parametrize(("more", "status", "told"), [("b''", 0, "the same bytes"), ("os.urandom(8)", 1, "WRONG")])
def test_builds_that_differ_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, status: int, told: str
) -> None:
    words = ("--cards", "20", "--rounds", "2", "--only", "*-200", "--checkout", fake(tmp_path, more))
    done, out = bench(capsys, *words)
    assert done == status
    assert told in out.rstrip().rpartition("\n\n")[2]


def test_what_was_measured_before_a_failure_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    third_fails = fake(tmp_path, "b'' if os.path.getsize('built') < 3 else sys.exit('enough')")
    status, out = bench(capsys, "--cards", "20", "--rounds", "1", "--only", "*-200", "--checkout", third_fails)
    assert status == 1
    assert out.startswith("cold-200: cold:")
    assert out.endswith("\n\nnothing-200: not measured\n\n")


def test_lost_notes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--cards", "40", "--rounds", "1", "--only", "cold-200", "--checkout", fake(tmp_path, "b''"))
    status, out = bench(capsys, *words)
    assert status == 1
    assert "20 notes for 40 cards" in out


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_a_watch_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--cards", "20", "--rounds", "1", "--only", "watch-10k", "--checkout", fake(tmp_path, "b''"))
    status, out = bench(capsys, *words, "--json", tmp_path / "figures")
    assert status == 0, out
    (used,) = json.loads((tmp_path / "figures").read_bytes())[0]["rounds"]
    assert 0 <= used["wall"] < 30
    assert used["peak"] > 0


@pytest.mark.parametrize(
    ("shape", "decks"),
    [
        (Shape(60), 1),
        (Shape(60, real=True), 1),
        (Shape(520, highlight=True), 2),
        (Shape(60, one=True), 1),
        (Shape(60, decks=10), 10),
        (Shape(60, one=True, decks=20), 20),
    ],
)
def test_ankisync_reads_the_cards_that_were_meant(tmp_path: Path, shape: Shape, decks: int) -> None:
    write_vault(shape, tmp_path / "vault")
    read = json.loads(Vault(tmp_path / "vault").run("list", "--format", "json").out)
    meant = list(texts(shape.cards, REAL if shape.real else STUDY, 7, languages=shape.highlight))
    assert [(row["fields"]["Front"], row["fields"]["Back"]) for row in read] == [
        (each.front, each.back) for each in meant
    ]
    assert len({row["id"] for row in read} - {None}) == shape.cards
    assert len({row["deck"] for row in read}) == decks
    check = Vault(tmp_path / "vault").check()
    assert check.codes == []


def test_a_vault_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_vault(Shape(60), tmp_path / name)
    write_vault(Shape(60, real=True), tmp_path / "c")
    first, again, other = (Vault(tmp_path / name) for name in ("a", "b", "c"))
    contents = [{name: data for name, (data, _) in each.state().items()} for each in (first, again, other)]
    assert contents[0] == contents[1] != contents[2]


def test_ankdown_gets_the_same_cards(tmp_path: Path) -> None:
    write_ankdown(Shape(60), tmp_path)
    text = "".join(path.read_bytes().decode() + "\n---\n" for path in sorted(tmp_path.rglob("*.md")))
    cards = [tuple(part.strip("\n") for part in card.split("\n%\n")) for card in text.split("\n---\n")[:-1]]
    meant = [each for each in texts(60, STUDY, 7, languages=False) if "$" not in each.front + each.back]
    assert len(cards) == 60
    assert meant
    assert {(each.front, each.back) for each in meant} <= set(cards)
    assert "$" not in text
    assert len(list(tmp_path.rglob("*.png"))) == 2


@pytest.mark.parametrize(("rates", "least", "most"), [(STUDY, 0.69, 0.73), (REAL, 0.08, 0.17)])
def test_as_many_fields_need_a_parser_as_the_issue_says(rates: Rates, least: float, most: float) -> None:
    cards = list(texts(3_000, rates, 7, languages=False))
    fields = [field for each in cards for field in (each.front, each.back)]
    assert least <= sum(map(needs_parser, fields)) / len(fields) <= most


def test_as_many_cards_have_math_lists_and_code_as_the_reference_says() -> None:
    cards = list(texts(3_000, STUDY, 7, languages=False))
    for mark, share in (("$", 0.52), ("\n- ", 0.2), ("```", 0.1)):
        assert sum(mark in each.front + each.back for each in cards) / len(cards) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(("cpu", "words"), [(3.0, "not reached"), (1.0, "reached"), (0.5, "reached, and beyond")])
def test_what_was_to_be_reached(cpu: float, words: str) -> None:
    case = Case("a", Shape(20), Work.COLD, (Target("cpu", 1.0, 0.4, "ankdown"), Target("peak", 300, 100)))
    results = [Result(case, OURS, (Usage(cpu, 1, 200),)), Result(case, "ankdown", (Usage(2.0, 1, 50),))]
    told = list(lines((case,), results))
    assert f"  CPU to ankdown {cpu / 2:.3g} x, must 1, beyond 0.4: {words}" in told or cpu == 1.0
    assert "  peak 200 MB, must 300, beyond 100: reached" in told


def test_children_count(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    assert measure(Command((PYTHON, "-c", child), tmp_path)).cpu >= 0.3


def test_a_failing_command_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="status 3\nbad luck"):
        measure(Command((PYTHON, "-c", "import sys; sys.stderr.write('bad luck'); sys.exit(3)"), tmp_path))


def test_the_floor_sees_a_change_and_only_that(tmp_path: Path) -> None:
    floor = Floor(tmp_path / "floor", None)
    floor.make(Shape(40))
    looks = floor.ready(Work.NOTHING)
    assert looks is not None
    measure(looks)
    with (tmp_path / "floor" / NOTES / "f000" / "n0001.md").open("ab") as file:
        file.write(b"more\n")
    with pytest.raises(Failed):
        measure(looks)


def test_a_small_run_of_pushes(capsys: pytest.CaptureFixture[str]) -> None:
    push.main(["--cards", "40", "--rounds", "1"])
    found = capsys.readouterr().out.rstrip("\n").split("\n")
    assert [line.partition("  ")[0].strip() for line in found] == list(push.MUST)
    assert all(" CPU 0." in line for line in found)
