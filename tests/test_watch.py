"""`ankisync watch` at work beside editors: real processes, real saves."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ankisync.cache import hold
from tests.support import Vault
from tests.watch_support import ID, Watched, fronts, objects, wait_for, watching

AFTER = 0.4
CARD = "TARGET DECK: {deck}\n\nQ: {front}\nA: yes\n"


def card(front: str, deck: str = "A") -> str:
    return CARD.format(front=front, deck=deck)


@pytest.fixture
def quick(vault: Vault) -> Vault:
    """A vault whose files are soon still, with a card that has its ID."""
    vault.write("ankisync.toml", f"write_after = {AFTER}\n")
    vault.write("a.md", card("one"))
    vault.build(now=time.time() - 100)
    return vault


# How programs save. Each takes the file and its new content.


def in_place(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def in_pieces(path: Path, text: str) -> None:
    with path.open("wb") as file:
        for char in text:
            file.write(char.encode())
            file.flush()


def by_rename(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.tmp-1234")
    beside.write_bytes(text.encode())
    beside.replace(path)


def by_backup(path: Path, text: str) -> None:
    if path.exists():
        path.rename(path.with_name(path.name + "~"))
    path.write_bytes(text.encode())


def by_delete(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(text.encode())


def with_swap_file(path: Path, text: str) -> None:
    swap, probe = path.with_name(f".{path.name}.swp"), path.with_name("4913")
    swap.write_bytes(b"b0VIM")
    probe.write_bytes(b"")
    probe.unlink()
    by_backup(path, text)
    path.with_name(path.name + "~").unlink(missing_ok=True)
    swap.unlink()


def by_sed(path: Path, text: str) -> None:
    if path.exists():
        old, new = (line[3:] for line in (_question(path.read_text()), _question(text)))
        subprocess.run(["sed", "-i", f"s/{old}/{new}/", path.name], cwd=path.parent, check=True)
    else:
        in_place(path, text)


def by_vim(path: Path, text: str) -> None:
    if path.exists():
        old, new = (line[3:] for line in (_question(path.read_text()), _question(text)))
        command = ["vim", "-Nu", "NONE", "-es", "-c", f"%s/{old}/{new}/", "-c", "wq", path.name]
        subprocess.run(command, cwd=path.parent, check=True, stdin=subprocess.DEVNULL, timeout=30)
    else:
        in_place(path, text)


def _question(text: str) -> str:
    return next(line for line in text.split("\n") if line.startswith("Q: "))


needs_sed = pytest.mark.skipif(sys.platform != "linux", reason="GNU's sed is not here")
needs_vim = pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not here")
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
SAVES = [
    in_place,
    in_pieces,
    by_rename,
    by_backup,
    by_delete,
    with_swap_file,
    pytest.param(by_sed, marks=needs_sed),
    pytest.param(by_vim, marks=needs_vim),
]


@pytest.fixture(scope="module")
def saving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One watch for all the ways of saving, each with a file and a deck of its own."""
    vault = Vault(tmp_path_factory.mktemp("saving"))
    vault.write("ankisync.toml", f"write_after = {AFTER}\n")
    with watching(vault, "--settle", "0.2") as watched:
        yield watched


@pytest.mark.parametrize("save", SAVES)
def test_each_way_of_saving(saving: Watched, save: Callable[[Path, str], None]) -> None:
    name, deck = f"{save.__name__}.md", f"Deck{save.__name__}"
    path = saving.vault.folder / name
    started = time.time()
    save(path, card("first", deck))
    saving.wait(lambda: saving.has_id(name))
    # The ID is written into a file that is still, never into one just saved. (A file's time is a tick behind.)
    assert path.stat().st_mtime >= started + AFTER - 0.02
    saving.wait(lambda: saving.fronts(deck) == ["first"])
    text = saving.read(name)
    save(path, text.replace("first", "second"))
    saving.wait(lambda: saving.fronts(deck) == ["second"])
    saving.settled()
    assert saving.read(name) == text.replace("first", "second")
    # One build gave the ID, one took the edit; our own writes started none.
    assert [line for line in saving.lines if f"{deck}.apkg" in line] == [
        f"1 new; wrote {name}, decks/{deck}.apkg",
        f"1 changed; wrote decks/{deck}.apkg",
    ]
    assert saving.err == []


def test_a_file_saved_again_as_it_was_is_no_news(quick: Vault) -> None:
    with watching(quick) as watched:
        before = quick.state()
        quick.write("a.md", quick.read("a.md"))
        os.utime(quick.folder / "a.md")
        by_rename(quick.folder / "a.md", quick.read("a.md"))
        quick.write("unread.txt", "Q: one\nA: two\n")
        watched.settled()
        assert [line for line in watched.lines if "Settled" not in line] == []
        after = quick.state()
    assert {name: after[name][0] for name in before if "lock" not in name} == {
        name: content for name, (content, _) in before.items() if "lock" not in name
    }


def test_an_edit_goes_at_once_and_a_new_card_waits_for_its_id(vault: Vault) -> None:
    vault.write("ankisync.toml", "write_after = 3\n")
    vault.write("a.md", card("one"))
    with watching(vault) as watched:
        saved = time.time()
        vault.write("a.md", vault.read("a.md").replace("one", "edited") + "\nQ: new\nA: yes\n")
        watched.wait(lambda: watched.fronts()[:1] == ["edited"])
        assert watched.fronts() == ["edited"] or time.time() > saved + 3
        watched.wait(lambda: watched.has_id("a.md", 2))
        assert (vault.folder / "a.md").stat().st_mtime >= saved + 3 - 0.02
        watched.wait(lambda: len(watched.fronts()) == 2)
        watched.wait(lambda: len(watched.lines) == 2)
        assert watched.lines[0] == "1 changed, 1 waiting for an ID; wrote decks/A.apkg"
        assert watched.lines[1] == "1 new; wrote a.md, decks/A.apkg"


def test_ids_go_with_the_first_build_where_nothing_is_to_be_waited_for(quick: Vault) -> None:
    quick.write("ankisync.toml", "write_after = 0\n")
    with watching(quick) as watched:
        quick.write("b.md", card("two", "B"))
        watched.wait(lambda: watched.fronts("B") == ["two"])
        assert watched.has_id("b.md")


def test_a_half_typed_card_is_left_in_peace_then_told_once(quick: Vault) -> None:
    quick.write("ankisync.toml", "write_after = 1\n")
    with watching(quick) as watched:
        typed = time.monotonic()
        quick.write("half.md", "Q: what\n")
        quick.write("a.md", quick.read("a.md").replace("one", "uno"))
        watched.wait(lambda: watched.fronts() == ["uno"])
        assert watched.codes == [] or time.monotonic() > typed + 1
        watched.wait(lambda: watched.codes == ["A201"])
        watched.wait(lambda: "1 error" in watched.lines)
        quick.write("half.md", "Some prose.\n\nQ: what\n")
        watched.settled()
        assert watched.codes == ["A201"]
        assert watched.lines[-1].endswith("; 1 error")
        quick.write("half.md", "Some prose.\n\nQ: what\nA: that\n")
        watched.wait(lambda: "half.md: all well" in watched.lines)
        assert watched.has_id("half.md")
        assert watched.codes == ["A201"]


def test_folders_come_are_renamed_and_go(quick: Vault, tmp_path: Path) -> None:
    other = Vault(tmp_path / "other")
    other.write("deep/er/b.md", card("moved in", "B"))
    with watching(quick) as watched:
        (other.folder / "deep").rename(quick.folder / "deep")
        watched.wait(lambda: watched.fronts("B") == ["moved in"])
        # What lies in a folder that was not there at the start is watched as all else.
        quick.write("deep/er/c.md", card("made there", "C"))
        watched.wait(lambda: watched.fronts("C") == ["made there"])
        ids = ID.findall(quick.read("deep/er/b.md"))
        (quick.folder / "deep").rename(quick.folder / "high")
        watched.settled()
        quick.write("high/er/b.md", quick.read("high/er/b.md").replace("moved in", "renamed"))
        watched.wait(lambda: watched.fronts("B") == ["renamed"])
        assert ID.findall(quick.read("high/er/b.md")) == ids
        quick.write("high/er/new/d.md", card("new below", "D"))
        watched.wait(lambda: watched.fronts("D") == ["new below"])
        shutil.rmtree(quick.folder / "high")
        watched.wait(lambda: {f"{name}.apkg" for name in "BCD"}.isdisjoint(os.listdir(quick.folder / "decks")))
        watched.wait(lambda: watched.codes.count("A408") >= 3)
        assert watched.fronts() == ["one"]


def test_a_file_that_moves_keeps_its_cards(quick: Vault) -> None:
    with watching(quick) as watched:
        text = quick.read("a.md")
        (quick.folder / "sub").mkdir()
        (quick.folder / "a.md").rename(quick.folder / "sub" / "b.md")
        watched.settled()
        assert (watched.read("sub/b.md"), watched.fronts()) == (text, ["one"])
        assert not any("retired" in line or "new" in line for line in watched.lines if "Settled" not in line)
        assert watched.codes == []


@needs_git
def test_another_branch_is_one_build(vault: Vault) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=vault.folder, check=True, capture_output=True)

    names = [f"{n % 10}/{n}.md" for n in range(150)]
    for name in names:
        vault.write(name, card(f"front {name[:-3]}"))
    vault.build(now=time.time() - 100)
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    for name in names:
        vault.write(name, vault.read(name).replace("front", "other"))
    git("commit", "-qam", "two")
    git("checkout", "-q", "main")
    with watching(vault, "--settle", "0.5") as watched:
        git("checkout", "-q", "other")
        watched.wait(lambda: all(front.startswith("other") for front in watched.fronts()))
        watched.wait(lambda: watched.lines)
        assert watched.lines == ["150 changed; wrote decks/A.apkg"]
    assert len(fronts(vault.folder / "decks" / "A.apkg")) == 150


def test_a_file_edited_between_read_and_write_is_tried_again(quick: Vault) -> None:
    meddle = """
from pathlib import Path
from ankisync import apply
real, done = apply.apply, []
def meddling(root, files, outputs):
    if files and not done:
        done.append(1)
        path = Path(root) / files[0].path
        path.write_bytes(path.read_bytes().replace(b"yes", b"no"))
    return real(root, files, outputs)
apply.apply = meddling
"""
    with watching(quick, before=meddle) as watched:
        quick.write("b.md", card("two", "B"))
        watched.wait(lambda: watched.fronts("B") == ["two"])
        assert "A: no\n<!--ID" in watched.read("b.md")
        assert watched.err == []


def test_a_file_that_goes_while_it_is_read_is_no_error(quick: Vault) -> None:
    meddle = """
import os
from ankisync.planning import again, whole
real = whole.walk
def walk(*arguments):
    found = real(*arguments)
    if "b.md" in found.names:
        os.unlink("b.md")
    return found
again.walk = whole.walk = walk
"""
    with watching(quick, before=meddle) as watched:
        quick.write("b.md", card("two", "B"))
        watched.settled()
        assert (watched.codes, watched.read("b.md")) == ([], "")


def test_only_what_is_named_is_written_into_or_told_of(quick: Vault) -> None:
    (quick.folder / "sub").mkdir()
    with watching(quick, "sub") as watched:
        quick.write("broken.md", "Q: what\n")
        quick.write("outside.md", card("outside", "B"))
        quick.write("sub/inside.md", card("inside", "C"))
        quick.write("a.md", quick.read("a.md").replace("one", "uno"))
        watched.wait(lambda: watched.fronts("C") == ["inside"] and watched.fronts() == ["uno"])
        quick.write("sub/inside.md", quick.read("sub/inside.md") + "\nQ: more\nA: yes\n")
        watched.wait(lambda: watched.has_id("sub/inside.md", 2))
        assert not watched.has_id("outside.md")
        assert "A201" not in watched.codes


def test_a_picture_that_changes_arrives(quick: Vault) -> None:
    quick.write("cat.png", b"\x89PNG one")
    quick.write("c.md", card("![](cat.png)", "C"))
    with watching(quick) as watched:
        package = quick.folder / "decks" / "C.apkg"
        before = package.read_bytes()
        quick.write("cat.png", b"\x89PNG another")
        watched.wait(lambda: package.read_bytes() != before)
        watched.wait(lambda: watched.lines == ["1 changed; wrote decks/C.apkg"])


def test_the_config_is_taken_up_and_a_broken_one_told_once(quick: Vault) -> None:
    quick.write("b.md", "Q: two\nA: yes\n")
    with watching(quick) as watched:
        assert watched.fronts("Default") == ["two"]
        quick.write("ankisync.toml", f'write_after = {AFTER}\ndefault_deck = "B"\n')
        watched.wait(lambda: watched.fronts("B") == ["two"])
        quick.write("ankisync.toml", 'write_after = 0.4\ndefault_deck = "B\n')
        watched.wait(lambda: any("ankisync.toml cannot be read" in line for line in watched.err))
        quick.write("a.md", quick.read("a.md").replace("one", "uno"))
        watched.wait(lambda: watched.fronts() == ["uno"])
        assert watched.fronts("B") == ["two"]
        assert sum("cannot be read" in line for line in watched.err) == 1
        quick.write("ankisync.toml", f'write_after = {AFTER}\ndefault_deck = "C"\n')
        watched.wait(lambda: watched.fronts("C") == ["two"])
        watched.wait(lambda: any("builds go on" in line for line in watched.err))
        assert sum("cannot be read" in line for line in watched.err) == 1


def test_notetypes_and_ignore_files_are_taken_up(quick: Vault) -> None:
    (quick.folder / ".git").mkdir()
    quick.write("b.md", card("two"))
    with watching(quick) as watched:
        assert sorted(watched.fronts()) == ["one", "two"]
        before = (quick.folder / "decks" / "A.apkg").read_bytes()
        quick.write("notetypes/Basic/notetype.toml", "")
        quick.write("notetypes/Basic/style.css", ".card { color: teal }")
        watched.wait(lambda: (quick.folder / "decks" / "A.apkg").read_bytes() != before)
        quick.write(".gitignore", "b.md\n")
        watched.wait(lambda: watched.fronts() == ["one"])


def test_another_ankisync_is_waited_for_and_told_once(quick: Vault) -> None:
    with watching(quick, before="from ankisync import cache\ncache.WAIT_SECONDS = 0.1") as watched:
        with hold(quick.folder, "process 42"):
            quick.write("a.md", quick.read("a.md").replace("one", "uno"))
            watched.wait(lambda: any("process 42" in line for line in watched.err))
            quick.write("a.md", quick.read("a.md").replace("uno", "due"))
            assert watched.fronts() == ["one"]
        watched.wait(lambda: watched.fronts() == ["due"])
        watched.wait(lambda: any("builds go on" in line for line in watched.err))
        assert sum("process 42" in line for line in watched.err) == 1
        assert watched.codes == []


# Tells of each build, of what it is to look at, and hides every change of `b.md` and of pictures.
_COUNTED = """
from ankisync.watching import eyes, loop
build, changes = loop.build, eyes.Notified.changes
def counted(request, keeper):
    print("build of", request.changed and sorted(request.changed), file=sys.stderr, flush=True)
    return build(request, keeper)
loop.build = counted
eyes.Notified.changes = lambda self, seconds: {
    path for path in changes(self, seconds) if not path.endswith(("b.md", ".png"))
}
"""


def _builds(watched: Watched) -> list[str]:
    return [line for line in watched.err if line.startswith("build of")]


def _has(watched: Watched, front: str) -> bool:
    return watched.fronts() == [front]


def test_a_deck_waits_for_no_look_at_what_did_not_change(quick: Vault) -> None:
    quick.write("b.md", card("two", "B"))
    with watching(quick, before=_COUNTED) as watched:
        watched.settled()
        done = len(_builds(watched))
        for front in ("uno", "due"):
            quick.write("a.md", re.sub("Q: .*", f"Q: {front}", quick.read("a.md")))
            watched.wait(partial(_has, watched, front))
            time.sleep(4 * AFTER)
        assert "build of ['a.md']" in _builds(watched)[done:]
        # One for each save, and one when the file has been still for so long.
        assert len(_builds(watched)) <= done + 4


def test_a_change_that_was_not_seen_is_in_the_next_deck(quick: Vault) -> None:
    quick.write("b.md", card("two", "B"))
    quick.write("c.md", CARD.format(deck="C", front="![[p.png]]"))
    quick.write("p.png", b"one")
    with watching(quick, before=_COUNTED) as watched:
        watched.settled()
        quick.write("b.md", quick.read("b.md").replace("two", "unseen"))
        quick.write("a.md", quick.read("a.md").replace("one", "uno"))
        watched.wait(lambda: watched.fronts("B") == ["unseen"])
        assert watched.fronts() == ["uno"]
        before = (quick.folder / "decks" / "C.apkg").read_bytes()
        quick.write("p.png", b"another one")
        quick.write("a.md", quick.read("a.md").replace("uno", "due"))
        watched.wait(lambda: (quick.folder / "decks" / "C.apkg").read_bytes() != before)
        assert watched.fronts() == ["due"]


@pytest.mark.parametrize("options", [("--interval", "0.1"), ("--poll",)])
def test_where_the_system_gives_no_notice_it_looks_itself(quick: Vault, options: tuple[str, ...]) -> None:
    with watching(quick, *options, before=_BLIND.format(error="AssertionError")) as watched:
        quick.write("a.md", quick.read("a.md").replace("one", "uno"))
        watched.wait(lambda: watched.fronts() == ["uno"])
        # Twice within a second, with the same size: `watchfiles` would not see the second one.
        quick.write("a.md", quick.read("a.md").replace("uno", "due"))
        watched.wait(lambda: watched.fronts() == ["due"])
        quick.write("new/b.md", card("in a new folder", "B"))
        watched.wait(lambda: watched.fronts("B") == ["in a new folder"])
        (quick.folder / "new" / "b.md").unlink()
        watched.wait(lambda: "A408" in watched.codes)
        assert [line for line in watched.err if "warning" in line] == []
        assert watched.ended(signal.SIGTERM) == 0


_BLIND = """
from watchfiles import _rust_notify
def refuse(*_):
    raise {error}("OS file watch limit reached.")
_rust_notify.RustNotify = refuse
"""


@pytest.mark.parametrize("error", ["OSError", "RuntimeError"])
def test_beyond_the_systems_limit_it_looks_itself_and_says_so(quick: Vault, error: str) -> None:
    with watching(quick, before=_BLIND.format(error=error)) as watched:
        assert any("OS file watch limit reached" in line for line in watched.err)
        quick.write("a.md", quick.read("a.md").replace("one", "uno"))
        watched.wait(lambda: watched.fronts() == ["uno"])
        assert sum("warning" in line for line in watched.err) == 1


def test_the_limit_is_met_by_a_new_folder(quick: Vault) -> None:
    late = """
from watchfiles import _rust_notify
real, made = _rust_notify.RustNotify, []
def limited(paths, *rest):
    if len(paths) > 1:
        raise OSError("OS file watch limit reached.")
    return real(paths, *rest)
_rust_notify.RustNotify = limited
"""
    with watching(quick, before=late) as watched:
        assert watched.err == []
        quick.write("new/b.md", card("in a new folder", "B"))
        watched.wait(lambda: watched.fronts("B") == ["in a new folder"])
        assert sum("warning" in line for line in watched.err) == (sys.platform == "linux")


def test_a_folder_made_while_the_watch_begins_is_watched(quick: Vault) -> None:
    meanwhile = """
import os
from watchfiles import _rust_notify
real = _rust_notify.RustNotify
def late(*arguments):
    os.makedirs("new/er", exist_ok=True)
    return real(*arguments)
_rust_notify.RustNotify = late
"""
    with watching(quick, before=meanwhile) as watched:
        quick.write("new/er/b.md", card("two", "B"))
        watched.wait(lambda: watched.fronts("B") == ["two"])


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_with_nothing_left_behind(quick: Vault, number: signal.Signals, status: int) -> None:
    with watching(quick) as watched:
        assert watched.ended(number) == status
        assert "Traceback" not in "\n".join(watched.err)
    assert not list(quick.folder.rglob("*ankisync-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_build_at_work_is_finished(quick: Vault, number: signal.Signals) -> None:
    ask = f"""
import os
from ankisync import apply
real = apply.apply
def asked(*arguments):
    os.kill(os.getpid(), {int(number)})
    return real(*arguments)
apply.apply = asked
"""
    quick.write("b.md", card("two", "B"))
    with watching(quick, ready=False, before=ask) as watched:
        assert watched.process.wait(40) == (130 if number == signal.SIGINT else 0)
        assert watched.has_id("b.md")
        assert watched.fronts("B") == ["two"]
    before = quick.state()
    assert quick.build(now=time.time()).status == 0
    assert quick.state() == before


def test_a_second_signal_ends_the_build_too(quick: Vault) -> None:
    hang = """
import os, time
from ankisync import apply
def hanging(*arguments):
    os.kill(os.getpid(), 2)
    print("hanging", flush=True)
    time.sleep(60)
apply.apply = hanging
"""
    with watching(quick, ready=False, before=hang) as watched:
        watched.wait(lambda: "hanging" in watched.out)
        assert watched.ended(signal.SIGINT) == 130
        assert watched.err[-1] == "interrupted"


def test_a_vault_that_is_gone_ends_it(quick: Vault, tmp_path: Path) -> None:
    with watching(quick) as watched:
        quick.folder.rename(tmp_path / "elsewhere")
        assert watched.process.wait(40) == 1
        watched.wait(lambda: any("is gone" in line for line in watched.err))
    assert not quick.folder.exists()


def test_once_is_one_build_with_its_status(quick: Vault) -> None:
    quick.write("b.md", card("two", "B"))
    assert quick.run("watch", "--once", now=time.time()).status == 0
    assert fronts(quick.folder / "decks" / "B.apkg") == ["two"]
    quick.write("c.md", "Q: what\n")
    broken = quick.run("watch", "--once", now=time.time())
    assert (broken.status, broken.codes) == (1, ["A201"])
    assert quick.run("watch", "--once", "--settle", "-1").status == 2


def test_a_config_that_is_broken_from_the_start_is_exit_2(quick: Vault) -> None:
    quick.write("ankisync.toml", "nonsense = 1\n")
    assert quick.run("watch").status == 2


def test_json_is_an_object_on_a_line_for_each_build(quick: Vault) -> None:
    with watching(quick, "--format", "json", "-o", "out") as watched:
        quick.write("half.md", "Q: what\n")
        watched.settled_json()
        quick.write("a.md", quick.read("a.md").replace("one", "uno"))
        watched.wait(lambda: fronts(quick.folder / "out" / "A.apkg") == ["uno"])
        watched.wait(lambda: "out/A.apkg" in str(objects(watched.out)[-1]["written"]))
        first, *_, last = objects(watched.out)
        assert first.keys() == last.keys() == {"plan", "written", "diagnostics"}
        assert "A201" in str(last["diagnostics"])
        assert (first["written"], len(watched.err)) == (["out/A.apkg"], 1)


def test_quiet_tells_errors_only(quick: Vault) -> None:
    with watching(quick, "-q", ready=False) as watched:
        quick.write("b.md", card("two", "B") + "\nQ: half\n")
        watched.wait(lambda: watched.fronts("B") == ["two"])
        watched.wait(lambda: watched.codes == ["A201"])
        assert watched.out == []


@pytest.mark.parametrize("options", [(), ("--interval", "0.05"), ("--format", "json")])
def test_in_one_process_with_the_test(quick: Vault, options: tuple[str, ...]) -> None:
    """The same loop where a debugger and the measure of coverage reach it."""
    failed: list[str] = []
    decks = quick.folder / "decks"

    def edit() -> None:
        quick.write("new/b.md", card("two", "B") + "\nQ: half\n")
        wait_for(lambda: fronts(decks / "B.apkg") == ["two"])
        quick.write("new/b.md", quick.read("new/b.md") + "A: whole\n")
        wait_for(lambda: len(fronts(decks / "B.apkg")) == 2)
        quick.write("ankisync.toml", "nonsense = 1\n")
        quick.write("a.md", quick.read("a.md").replace("one", "uno"))
        wait_for(lambda: fronts(decks / "A.apkg") == ["uno"])
        quick.write("ankisync.toml", f'write_after = {AFTER}\nnotes = ["nowhere"]\n')
        (quick.folder / "new").rename(quick.folder / "old")
        quick.write("ankisync.toml", f"write_after = {AFTER}\n")
        quick.write("old/b.md", quick.read("old/b.md").replace("two", "due"))
        wait_for(lambda: "due" in fronts(decks / "B.apkg"))

    def user() -> None:
        try:
            wait_for(lambda: signal.getsignal(signal.SIGINT) is not usual)
            edit()
        except AssertionError:
            failed.append(traceback.format_exc())
        os.kill(os.getpid(), signal.SIGINT)

    usual = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=user)
    thread.start()
    ended = quick.run("watch", *options, now=time.time())
    thread.join()
    assert (failed, ended.status) == ([], 130), ended
    assert signal.getsignal(signal.SIGINT) == usual
    if "json" not in options:
        assert "watching" in ended.out
        assert ended.err.count("there is no setting") == 1
