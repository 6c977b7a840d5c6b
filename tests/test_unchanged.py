"""A build that has nothing to do sees that at a glance, and whatever changes is seen."""

import contextlib
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from unittest import mock

import pytest

from ankisync.cli import main
from ankisync.stamps import Stamp
from tests.support import Run, Vault, loaded

# After any file of the test: what is written now can be told by its time.
LATE = 1_990_000_000.0
CARD = "Q: {}\nA: ![[p.png]]\n<!--ID: {}-->\n"


@pytest.fixture
def settled(tmp_path: Path) -> Vault:
    """A vault whose next build has nothing to do, and knows it."""
    vault = Vault(tmp_path / "vault")
    vault.write("ankisync.toml", 'default_deck = "D"\n')
    vault.write("a.md", CARD.format("one", 1_702_818_043_968))
    vault.write("c/b.md", CARD.format("two", 1_702_818_043_969) + "\n![[q.png]]\n<!--ID: 1702818043970-->\n")
    vault.write("p.png", b"one")
    vault.write("notetypes/Basic/notetype.toml", "")
    vault.write("notetypes/Basic/style.css", ".card { margin: 1px }")
    vault.settle()
    for _ in range(2):
        vault.build(now=LATE)
    return vault


def glanced(vault: Vault, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[bool, Run]:
    """Whether a build was told at a glance, and what it did."""
    started = mock.Mock(return_value=1)
    with monkeypatch.context() as patch:
        patch.setattr("ankisync.shell.random_seed", started)
        out, err = io.StringIO(), io.StringIO()
        patch.chdir(vault.folder)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main(["build", *arguments])
    code = ended.value.code
    return not started.called, Run(code if isinstance(code, int) else 1, out.getvalue(), err.getvalue())


def test_what_is_told_at_a_glance_is_what_a_build_tells(settled: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    state = settled.state()
    quick, run = glanced(settled, monkeypatch)
    assert quick
    assert run == settled.build("--no-cache", now=LATE)
    assert "2 unchanged" in run.out
    assert run.codes == ["A405"]
    assert settled.state() == state
    assert glanced(settled, monkeypatch, "-q")[1].out == ""


@pytest.mark.parametrize("options", [("--no-cache",), ("--locked",), ("-v",), ("a.md",), ("--format", "json")])
def test_other_commands_look(settled: Vault, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]) -> None:
    assert not glanced(settled, monkeypatch, *options)[0]


def _ignore(vault: Vault) -> None:
    (vault.folder / ".git").mkdir()
    vault.write(".gitignore", "a.md\n")


def _same_size(vault: Vault) -> None:
    path = vault.folder / "a.md"
    status = path.stat()
    path.write_bytes(path.read_bytes().replace(b"one", b"eno"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES: dict[str, Callable[[Vault], object]] = {
    "a card": lambda vault: vault.write("a.md", CARD.format("other", 1_702_818_043_968)),
    "a card, its size and time kept": _same_size,
    "a new file": lambda vault: vault.write("c/n.md", "Q: n\nA: n\n"),
    "a new folder": lambda vault: vault.write("new/n.md", "Q: n\nA: n\n"),
    "a file gone": lambda vault: (vault.folder / "a.md").unlink(),
    "a file moved": lambda vault: (vault.folder / "a.md").rename(vault.folder / "z.md"),
    "a picture": lambda vault: vault.write("p.png", b"two"),
    "a picture added": lambda vault: vault.write("c/q.png", b"q"),
    "a setting": lambda vault: vault.write("ankisync.toml", 'default_deck = "E"\n'),
    "a style": lambda vault: vault.write("notetypes/Basic/style.css", ".card { margin: 2px }"),
    "a new notetype": lambda vault: vault.write("notetypes/Other/notetype.toml", 'fields = ["A", "B"]'),
    "the lock": lambda vault: vault.write("ankisync.lock", vault.read("ankisync.lock").replace('"mod":', '"mod":1')),
    "the lock gone": lambda vault: (vault.folder / "ankisync.lock").unlink(),
    "a package": lambda vault: vault.write("decks/D.apkg", b"x"),
    "a package gone": lambda vault: (vault.folder / "decks" / "D.apkg").unlink(),
    "a package of before": lambda vault: vault.write("decks/C.apkg", (vault.folder / "decks/D.apkg").read_bytes()),
    "a leftover": lambda vault: vault.write(".a.md.ankisync-tmp", b"x"),
    "an ignore file": _ignore,
    "a vault within": lambda vault: vault.write("c/ankisync.toml", ""),
    "what was kept": lambda vault: vault.write(".ankisync_cache/sight", b"damaged"),
    "all that was kept": lambda vault: shutil.rmtree(vault.folder / ".ankisync_cache"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(settled: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str) -> None:
    CHANGES[change](settled)
    cold = Vault(Path(shutil.copytree(settled.folder, tmp_path / "cold")))
    quick, run = glanced(settled, monkeypatch)
    assert not quick
    assert run.status != 70, run.err
    settled.build(now=LATE)
    cold.build("--no-cache", now=LATE)
    cold.build("--no-cache", now=LATE)
    ours, theirs = ({name: data for name, (data, _) in vault.state().items()} for vault in (settled, cold))
    assert ours.keys() == theirs.keys()


@pytest.mark.parametrize("name", [".a.md.swp", "c/.b.md.tmp", ".DS_Store", ".git/index"])
def test_what_programs_leave_aside_is_no_change(settled: Vault, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (settled.folder / name).parent.mkdir(exist_ok=True)
    vault_has_git = name.startswith(".git/")
    settled.write(name, b"x")
    assert glanced(settled, monkeypatch)[0] is not vault_has_git


def test_a_glance_loads_next_to_nothing(settled: Vault) -> None:
    unwanted = {
        "ankisync.parse",
        "ankisync.render",
        "ankisync.package",
        "ankisync.build",
        "sqlite3",
        "filelock",
        "yaml",
    }
    assert loaded(settled.folder, "build", "-q") & unwanted == set()


@pytest.mark.parametrize(
    ("modified", "status", "lasts"),
    [
        (1_000_000_123_456_789, 1_000_000_123_456_789, True),
        (1_000_000_000_000_000, 1_000_000_123_456_789, False),
        (1_000_000_123_456_789, 1_000_000_000_000_000, False),
        (1_000_000_123_456_789, 1_000_000_160_000_001, False),
    ],
)
def test_a_time_that_is_not_round_is_believed_sooner(modified: int, status: int, lasts: bool) -> None:
    at = Stamp(1, modified, status, 1)
    assert at.lasts(1_000_000_200) is lasts
    assert at.lasts(1_000_003_000)
    assert not at.lasts(1_000_000_120)


@pytest.mark.parametrize("place", ["planning.again.make_plan", "apply.sweep_leftovers", "apply._commit"])
def test_a_lock_that_changes_while_a_part_of_it_is_read(
    settled: Vault, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    settled.write("a.md", settled.read("a.md").replace("one", "uno"))
    lock, deck = settled.folder / "ankisync.lock", settled.folder / "decks" / "D.apkg"
    before, other = deck.read_bytes(), lock.read_bytes().replace(b'"mod":1', b'"mod":2')
    then = resolve_name(f"ankisync.{place}")

    def late(*given: object) -> object:
        settled.write("new", other)
        (settled.folder / "new").replace(lock)
        return then(*given)

    with monkeypatch.context() as patch:
        patch.setattr(f"ankisync.{place}", late)
        run = settled.build(now=LATE)
    assert {"A601", "A602"} & set(run.codes)
    assert (lock.read_bytes(), deck.read_bytes()) == (other, before)
    settled.build(now=LATE)
    assert lock.read_bytes() != other
    assert deck.read_bytes() != before
