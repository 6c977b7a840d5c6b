"""Writing: what a kill, a full disk and a save at the wrong moment leave behind."""

import errno
import os
import re
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ankisync.apply import files
from ankisync.package import read_ledger
from ankisync.source import Digest, digest_of
from tests.support import PYTHON, Vault

ROOT = Path(__file__).parent.parent
CARDS = "TARGET DECK: One\n\nQ: a\nA: b\n\nQ: c\nA: d\n"
OTHER = "TARGET DECK: Two\r\n\r\nQ: e\r\nA: f"
ID_LINE = re.compile(r"(?:\r\n|\n|\r)[ \t>]*<!--ID: (\d+)-->")
LEFTOVER = (".ankisync-tmp", ".ankisync-old")


def without_ids(text: str) -> str:
    return ID_LINE.sub("", text)


def written_ids(vault: Vault) -> list[int]:
    names = ("one.md", "two.md")
    return [int(number) for name in names for number in ID_LINE.findall(vault.read(name))]


def packed_ids(vault: Vault) -> list[int]:
    return [note_id for path in (vault.folder / "decks").glob("*.apkg") for note_id in read_ledger(path)]


def leftovers(vault: Vault) -> list[str]:
    return [path.name for path in vault.folder.rglob(".*") if path.name.endswith(LEFTOVER)]


@pytest.fixture
def cards(vault: Vault) -> Vault:
    vault.write("one.md", CARDS)
    vault.write("two.md", OTHER)
    return vault


@pytest.fixture
def deadly() -> Iterator[Callable[[Path, int], int]]:
    """What builds in a folder until a step of it, and gives back the exit status."""
    server = subprocess.Popen(
        [PYTHON, "-m", "tests.killed"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    asked, answered = server.stdin, server.stdout

    def build(folder: Path, step: int) -> int:
        asked.write(f"{step} {step} {folder}\n")
        asked.flush()
        return int(answered.readline())

    with server:
        yield build
        asked.close()
    assert server.returncode == 0


def test_a_build_killed_at_any_step_is_ended_by_the_next(
    cards: Vault, tmp_path: Path, deadly: Callable[[Path, int], int]
) -> None:
    killed, step = 0, 0
    while True:
        step += 1
        vault = Vault(Path(shutil.copytree(cards.folder, tmp_path / f"run{step}")))
        status = deadly(vault.folder, step)
        if status == 0:
            break
        assert status == -9
        killed += 1
        before = written_ids(vault)
        ended = vault.build(seed=1000 + step)
        assert (ended.status, ended.err) == (0, "")  # IDs of ours are none of another tool
        assert not any(entry.foreign for entry in vault.lock().entries.values())
        ids = written_ids(vault)
        assert len(set(ids)) == 3
        assert set(before) <= set(ids)
        assert sorted(vault.lock().entries) == sorted(packed_ids(vault)) == sorted(ids)
        assert (without_ids(vault.read("one.md")), without_ids(vault.read("two.md"))) == (CARDS, OTHER)
        assert leftovers(vault) == []
        state = vault.state()
        assert vault.build().status == 0
        assert vault.state() == state
    assert killed > 20


@pytest.mark.parametrize("failing", range(1, 4))
def test_a_full_disk_changes_nothing(cards: Vault, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    """Two notes and the lock are staged, each with one sync, before the first one is exchanged. A deck has none: the
    next build makes it again.
    """
    before = cards.state()
    calls = 0
    real = os.fsync

    def sync(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    run = cards.build()
    assert run.status == 1
    assert run.codes == ["A602"]
    assert "No space left" in run.err
    assert "wrote" not in run.out
    assert cards.state() == before
    monkeypatch.undo()
    assert cards.build().status == 0
    assert len(written_ids(cards)) == 3


def save_in_place(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def save_by_rename(path: Path, text: str) -> None:
    other = path.with_name("editor-save")
    other.write_bytes(text.encode())
    other.rename(path)


Save = Callable[[Path, str], None]
SAVES = pytest.mark.parametrize("save", [save_in_place, save_by_rename])
MINE = "TARGET DECK: One\n\nQ: a\nA: better\n\nQ: c\nA: d\n"


def check_kept(vault: Vault, run_status: int, codes: list[str]) -> None:
    """The edit is there, was told, its file's new cards are nowhere, and the next build does the rest."""
    assert vault.read("one.md") == MINE
    assert (run_status, codes) == (1, ["A601"])
    ids = written_ids(vault)
    assert len(ids) == 1
    assert list(vault.lock().entries) == packed_ids(vault) == ids
    assert leftovers(vault) == []
    assert vault.build(seed=7).status == 0
    assert without_ids(vault.read("one.md")) == MINE
    assert sorted(vault.lock().entries) == sorted(written_ids(vault))


@SAVES
def test_a_note_edited_between_reading_and_applying_keeps_the_edit(
    cards: Vault, monkeypatch: pytest.MonkeyPatch, save: Save
) -> None:
    real = files.stage_new

    def stage(path: Path, content: files.Content, *, lasting: bool) -> files.Staged:
        if path.name == "ankisync.lock" and not MINE.startswith(cards.read("one.md")):
            save(cards.folder / "one.md", MINE)
        return real(path, content, lasting=lasting)

    monkeypatch.setattr("ankisync.apply.stage_new", stage)
    run = cards.build()
    monkeypatch.undo()
    check_kept(cards, run.status, run.codes)


@SAVES
def test_a_note_saved_in_the_moment_of_the_exchange_keeps_the_edit(
    cards: Vault, monkeypatch: pytest.MonkeyPatch, save: Save
) -> None:
    real = files.swap
    saved = False

    def swap(one: Path, other: Path) -> None:
        nonlocal saved
        if other.name == "one.md" and not saved:
            saved = True
            save(other, MINE)
        real(one, other)

    monkeypatch.setattr(files, "swap", swap)
    run = cards.build()
    monkeypatch.undo()
    check_kept(cards, run.status, run.codes)


@SAVES
def test_a_second_save_while_the_first_is_put_back_is_kept(
    cards: Vault, monkeypatch: pytest.MonkeyPatch, save: Save
) -> None:
    real = files.swap
    texts = iter(["Q: first save\nA: x\n", "Q: second save\nA: x\n", MINE])

    def swap(one: Path, other: Path) -> None:
        text = next(texts, None) if other.name == "one.md" else None
        if text is not None:
            save(other, text)
        real(one, other)

    monkeypatch.setattr(files, "swap", swap)
    run = cards.build()
    monkeypatch.undo()
    check_kept(cards, run.status, run.codes)


@SAVES
def test_where_names_cannot_be_exchanged_a_save_is_kept_too(
    cards: Vault, monkeypatch: pytest.MonkeyPatch, save: Save
) -> None:
    real = os.link

    def link(one: Path, other: Path) -> None:
        if one.name == "one.md":
            save(one, MINE)
        real(one, other)

    monkeypatch.setattr(files, "swap", no_swap)
    monkeypatch.setattr(os, "link", link)
    run = cards.build()
    monkeypatch.undo()
    check_kept(cards, run.status, run.codes)


def test_where_names_cannot_be_exchanged_a_late_save_in_place_is_put_back(
    cards: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def replace(one: Path, other: Path) -> None:
        if other.name == "one.md" and one.name.endswith("-tmp"):
            save_in_place(other, MINE)
        real(one, other)

    monkeypatch.setattr(files, "swap", no_swap)
    monkeypatch.setattr(os, "replace", replace)
    run = cards.build()
    monkeypatch.undo()
    check_kept(cards, run.status, run.codes)


def no_swap(_one: Path, _other: Path) -> None:
    raise NotImplementedError


@pytest.mark.parametrize("links", [True, False])
def test_without_exchange_a_build_writes_all_the_same(
    cards: Vault, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    monkeypatch.setattr(files, "swap", no_swap)
    if not links:
        monkeypatch.setattr(os, "link", refuse)
    assert cards.build().status == 0
    assert len(written_ids(cards)) == 3
    assert leftovers(cards) == []


def refuse(*_arguments: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_an_exchange_that_fails_leaves_the_note_as_it_was(cards: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def swap(_one: Path, _other: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(files, "swap", swap)
    run = cards.build()
    assert run.codes == ["A602", "A602"]
    assert (cards.read("one.md"), cards.read("two.md")) == (CARDS, OTHER)
    assert leftovers(cards) == []
    assert not (cards.folder / "ankisync.lock").exists() or not cards.lock().entries


def test_a_note_deleted_meanwhile_stays_deleted(cards: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    real = files.exchange_note

    def exchange(staged: files.Staged, expected: Digest) -> files.Outcome:
        if staged.target.name == "one.md":
            staged.target.unlink()
        return real(staged, expected)

    monkeypatch.setattr("ankisync.apply.exchange_note", exchange)
    assert cards.build().codes == ["A601"]
    assert not (cards.folder / "one.md").exists()
    assert leftovers(cards) == []


@SAVES
def test_an_editor_that_saves_all_the_time_loses_nothing(vault: Vault, save: Save) -> None:
    """The editor's text is always its last save, but for ID lines, while builds go on beside it."""
    path = vault.write("one.md", "Q: 0\nA: x\n")
    done = threading.Event()
    lost: list[str] = []

    def edit() -> None:
        count = 0
        while not done.is_set():
            count += 1
            text = f"Q: {count}\nA: x\n\nQ: {count} more\nA: y\n"
            save(path, text)
            time.sleep(0.004)
            if without_ids(path.read_bytes().decode()) != text:
                lost.append(text)

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        for seed in range(12):
            vault.build(seed=seed)
    finally:
        done.set()
        editor.join()
    assert lost == []
    assert vault.build(seed=99).status == 0
    assert sorted(vault.ids()) == sorted(vault.lock().entries.keys() & set(vault.ids()))
    assert leftovers(vault) == []


def test_mode_owner_attributes_and_links_stay(cards: Vault, tmp_path: Path) -> None:
    note = cards.folder / "one.md"
    real = tmp_path / "elsewhere.md"
    note.rename(real)
    note.symlink_to(real)
    real.chmod(0o640)
    attributes = set_attribute(real)
    owner = (1234, 1234) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    os.chown(real, *owner)
    assert cards.build().status == 0
    status = real.stat()
    assert note.is_symlink()
    assert note.readlink() == real
    assert len(ID_LINE.findall(real.read_text())) == 2
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert (status.st_uid, status.st_gid) == owner
    assert set_attribute(real) == attributes


def set_attribute(path: Path) -> list[str]:
    """Give a file an extended attribute, where the file system has them; returns those it has now."""
    try:
        if "user.ankisync" not in os.listxattr(path):
            os.setxattr(path, "user.ankisync", b"kept")
        return os.listxattr(path)
    except OSError:
        return []


def test_a_leftover_with_an_edit_in_it_is_told_and_stays(cards: Vault) -> None:
    assert cards.build().status == 0
    read, wrote = (digest_of(text.encode()).hex()[:16] for text in (CARDS, CARDS + "<!--ID: 1702818043968-->"))
    cards.write(f".one.md.{read}.{wrote}.ankisync-old", CARDS)
    cards.write(f".gone.md.{read}.{wrote}.ankisync-old", CARDS + "<!--ID: 1702818043968-->")
    cards.write(f".two.md.{read}.{wrote}.ankisync-old", OTHER + "\r\nan edit that is nowhere else")
    cards.write(".two.md.ankisync-tmp", "staged by a killed run")
    run = cards.build()
    assert run.codes == ["A607"]
    assert leftovers(cards) == [f".two.md.{read}.{wrote}.ankisync-old"]


def test_a_very_long_file_name_is_staged_too(vault: Vault) -> None:
    name = "n" * 250 + ".md"
    vault.write(name, CARDS)
    assert vault.build().status == 0
    assert len(ID_LINE.findall(vault.read(name))) == 2
    assert leftovers(vault) == []


def test_a_lock_that_changed_meanwhile_is_not_overwritten(cards: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cards.build().status == 0
    cards.write("one.md", cards.read("one.md").replace("A: b", "A: changed"))
    real = files.commit
    mine = (cards.folder / "ankisync.lock").read_bytes() + b"\n"

    def commit(staged: files.Staged, before: files.Before | None) -> bool:
        if staged.target.name == "ankisync.lock":
            staged.target.write_bytes(mine)
        return real(staged, before)

    monkeypatch.setattr("ankisync.apply.commit", commit)
    run = cards.build()
    assert run.codes == ["A601"]
    assert (cards.folder / "ankisync.lock").read_bytes() == mine
    assert leftovers(cards) == []
