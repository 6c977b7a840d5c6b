"""Straight to a sync server: Anki's own, on loopback, with a user's device and a CI that has nothing but the notes."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import anki.collection
import pytest
from anki.sync import SyncAuth

from ankisync.anki.syncing import SyncedCollection, open_sync
from ankisync.model import NoteId
from ankisync.push.held import Unreached
from ankisync.pushing.reach import PASSWORD, USER
from tests.anki_support import AFTER, BEFORE, Anki, change, packages
from tests.support import NOW, PYTHON, Run, Vault

TWO = "TARGET DECK\nFrench::Words\n\nQ: chat\nA: cat ![](p.gif)\n\nQ: chien\nA: dog\n"


@dataclass
class Server:
    """A sync server that knows the user `me` with the password `secret`."""

    folder: Path
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        own = {"SYNC_USER1": "me:secret", "SYNC_BASE": str(self.folder), "SYNC_HOST": "127.0.0.1"}
        environment = {**os.environ, **own, "SYNC_PORT": str(self.port), "RUST_LOG": "error"}
        self._process = subprocess.Popen([PYTHON, "-m", "anki.syncserver"], env=environment, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < until
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}health", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@dataclass(frozen=True)
class Device(Anki):
    """A user's Anki that syncs."""

    auth: SyncAuth

    def sync(self) -> str:
        """Sync, files too; the name of the full sync that would be needed, or NO_CHANGES."""
        out = self.col.sync_collection(self.auth, sync_media=True)
        while self.col.media_sync_status().active:
            time.sleep(0.01)
        return str(out.ChangesRequired.Name(out.required))

    def full(self, *, upload: bool) -> None:
        self.col.close_for_full_sync()
        self.col.full_upload_or_download(auth=self.auth, server_usn=None, upload=upload)
        self.col.reopen(after_full_sync=True)

    def add(self, front: str) -> int:
        notetype = self.col.models.by_name("Basic")
        assert notetype
        note = self.col.new_note(notetype)
        note["Front"] = front
        self.col.add_note(note, self.col.decks.id_for_name("Default") or 0)  # type: ignore[arg-type]
        return note.id

    def add_field(self, notetype: str) -> None:
        found = self.col.models.by_name(notetype)
        assert found
        self.col.models.add_field(found, self.col.models.new_field("Mine"))
        self.col.models.update_dict(found)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def device_of(server: Server, folder: Path) -> Iterator[Device]:
    folder.mkdir()
    col = anki.collection.Collection(str(folder / "collection.anki2"))
    try:
        yield Device(col, col.sync_login("me", "secret", server.url))
    finally:
        col.close()


@pytest.fixture
def device(server: Server, tmp_path: Path) -> Iterator[Device]:
    """A device that has a note of its own, and has synced."""
    with device_of(server, tmp_path / "device") as device:
        device.add("of the user")
        assert device.sync() == "FULL_UPLOAD"
        device.full(upload=True)
        assert device.sync() == "NO_CHANGES"
        yield device


@pytest.fixture
def two(vault: Vault) -> Vault:
    vault.write("p.gif", b"GIF89a")
    vault.write("a.md", TWO)
    assert vault.build().status == 0
    return vault


@pytest.fixture
def ci(tmp_path: Path) -> Path:
    """A clean folder."""
    return tmp_path / "ci"


def reach(server: Server, folder: Path) -> SyncedCollection:
    reached = open_sync(server.url, "me", "secret", folder)
    assert isinstance(reached, SyncedCollection)
    return reached


def push(server: Server, folder: Path, vault: Vault) -> None:
    reached = reach(server, folder)
    for package in packages(vault):
        reached.take(package)
    reached.refresh()
    reached.close()


def ids(vault: Vault) -> list[NoteId]:
    return [NoteId(each) for each in vault.ids()]


def edit(vault: Vault, old: str, new: str, now: float = NOW) -> None:
    change(vault, "a.md", old, new)
    assert vault.build(now=now).status == 0


def copies(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def test_notes_and_files_arrive_on_the_device(server: Server, device: Device, two: Vault, ci: Path) -> None:
    reached = reach(server, ci)
    assert (reached.name(), reached.notes(ids(two))) == (f"{server.url} (me)", {})
    reached.take(*packages(two))
    reached.refresh()
    reached.close()
    assert device.sync() == "NO_CHANGES"
    assert set(device.ids()) > set(ids(two))
    assert device.deck_of(ids(two)[0]) == "French::Words"
    assert [path.read_bytes() for path in Path(device.col.media.dir()).iterdir()] == [b"GIF89a"]


@pytest.mark.parametrize("clean", [True, False])
def test_an_edit_arrives_and_reviews_made_on_the_device_survive(
    server: Server, device: Device, two: Vault, ci: Path, clean: bool
) -> None:
    push(server, ci, two)
    device.sync()
    device.study("French::Words", 3)
    assert device.sync() == "NO_CHANGES"
    before = device.scheduling()
    if clean:
        shutil.rmtree(ci)
    edit(two, "dog", "a dog", NOW + 10)
    push(server, ci, two)
    assert device.sync() == "NO_CHANGES"
    assert device.back(ids(two)[1]) == "a dog"
    assert device.scheduling() == before
    assert len(before[1]) == 1


def test_a_review_that_the_device_has_not_sent_yet_survives(
    server: Server, device: Device, two: Vault, ci: Path
) -> None:
    push(server, ci, two)
    device.sync()
    note = device.study("French::Words", 3)
    edit(two, "dog", "a dog", NOW + 10)
    push(server, ci, two)
    assert device.sync() == "NO_CHANGES"
    assert device.back(ids(two)[1]) == "a dog"
    assert (device.card(note).reps, len(device.scheduling()[1])) == (1, 1)


def test_moves_and_deletions_arrive(server: Server, device: Device, two: Vault, ci: Path) -> None:
    push(server, ci, two)
    device.sync()
    reached = reach(server, ci)
    held = reached.notes(ids(two))
    reached.move([card.id for card in held[ids(two)[0]].cards], "Latin")
    reached.delete(ids(two)[1:])
    reached.refresh()
    reached.close()
    assert device.sync() == "NO_CHANGES"
    assert device.deck_of(ids(two)[0]) == "Latin"
    assert ids(two)[1] not in device.ids()
    assert device.find("front:*of*user*")


def test_what_comes_after_the_last_sending_is_not_sent(server: Server, device: Device, two: Vault, ci: Path) -> None:
    reached = reach(server, ci)
    reached.take(*packages(two))
    reached.refresh()
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 3
    assert len(reached.notes(ids(two))) == 2
    reached.delete(ids(two)[:1])
    reached.refresh()
    reached.delete(ids(two)[1:])
    reached.close()
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 2


def test_what_the_user_did_is_seen(server: Server, device: Device, two: Vault, ci: Path) -> None:
    push(server, ci, two)
    device.sync()
    device.edit(ids(two)[1], "mine")
    device.sync()
    reached = reach(server, ci)
    assert dict(reached.notes(ids(two))[ids(two)[1]].fields)["Back"] == "mine"
    reached.close()
    assert device.sync() == "NO_CHANGES"
    assert device.back(ids(two)[1]) == "mine"


def test_reading_sends_nothing(server: Server, device: Device, two: Vault, ci: Path) -> None:
    push(server, ci, two)
    with mock.patch.object(SyncedCollection, "_send", side_effect=AssertionError):
        reached = reach(server, ci)
        assert len(reached.notes(ids(two))) == 2
        reached.close()


def test_a_server_without_a_collection_is_refused(server: Server, two: Vault, ci: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(Unreached, match="no collection of this user is there yet"):
            reach(server, ci)
    with device_of(server, tmp_path / "device") as device:
        device.add("the first")
        assert device.sync() == "FULL_UPLOAD"  # nothing was uploaded


def test_an_empty_collection_that_was_synced_will_do(server: Server, two: Vault, ci: Path, tmp_path: Path) -> None:
    with device_of(server, tmp_path / "device") as device:
        device.full(upload=True)
        push(server, ci, two)
        assert device.sync() == "NO_CHANGES"
        assert device.ids() == sorted(ids(two))
        device.col.remove_notes(ids(two))  # type: ignore[arg-type]
        device.sync()
        reached = reach(server, ci)
        assert reached.notes(ids(two)) == {}
        reached.close()


def test_a_notetype_that_was_changed_on_the_device_is_refused_and_nothing_is_sent(
    server: Server, device: Device, two: Vault, ci: Path
) -> None:
    push(server, ci, two)
    device.sync()
    device.add_field("ankisync Basic")
    assert device.sync() == "FULL_SYNC"
    device.full(upload=True)
    edit(two, "dog", "a dog", NOW + 10)
    reached = reach(server, ci)
    reached.move([card.id for card in reached.notes(ids(two))[ids(two)[0]].cards], "Latin")
    with pytest.raises(Unreached, match=r"ankisync Basic: its fields .* full sync"):
        reached.take(*packages(two))
    reached.close()
    assert device.sync() == "NO_CHANGES"
    assert (device.back(ids(two)[1]), device.deck_of(ids(two)[0])) == ("dog", "French::Words")
    assert copies(ci) == []


def test_a_collection_that_was_put_there_whole_meanwhile_is_refused_and_the_next_push_goes_on(
    server: Server, device: Device, two: Vault, ci: Path
) -> None:
    reached = reach(server, ci)
    reached.take(*packages(two))
    device.add_field("Basic")
    device.full(upload=True)
    with pytest.raises(Unreached, match=r"a full sync is needed\. Nothing was sent"):
        reached.refresh()
    reached.close()
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 1
    push(server, ci, two)
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 3


def test_a_collection_that_was_put_there_whole_before_is_downloaded(
    server: Server, device: Device, two: Vault, ci: Path
) -> None:
    push(server, ci, two)
    device.sync()
    device.add_field("Basic")
    device.add("another")
    device.full(upload=True)
    reached = reach(server, ci)
    assert len(reached.notes(ids(two))) == 2
    reached.delete(ids(two)[:1])
    reached.refresh()
    reached.close()
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 3


def test_a_wrong_password_is_told(server: Server, ci: Path) -> None:
    with pytest.raises(Unreached, match=r"user or password is wrong \(me\)"):
        open_sync(server.url, "me", "wrong", ci)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "https://127.0.0.1:9/"])
def test_a_server_that_does_not_answer_is_told(ci: Path, url: str) -> None:
    with pytest.raises(Unreached, match=r"^http.*: the sync server does not answer"):
        open_sync(url, "me", "secret", ci)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unreached, match="file"):
        open_sync("http://127.0.0.1:9/", "me", "secret", tmp_path / "file")


def test_what_is_no_url_is_told(ci: Path) -> None:
    with pytest.raises(Unreached, match="Invalid sync server"):
        open_sync("nonsense", "me", "secret", ci)


def test_a_server_that_stops_in_the_middle_has_nothing_and_the_next_push_sends_it(
    server: Server, device: Device, two: Vault, ci: Path
) -> None:
    reached = reach(server, ci)
    reached.take(*packages(two))
    server.stop()
    with pytest.raises(Unreached, match="does not answer"):
        reached.refresh()
    reached.close()
    server.start()
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 1
    push(server, ci, two)
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 3


def test_a_server_that_is_gone_for_a_while_costs_no_new_download(
    server: Server, device: Device, two: Vault, ci: Path
) -> None:
    push(server, ci, two)
    server.stop()
    with pytest.raises(Unreached, match="does not answer"):
        reach(server, ci)
    server.start()
    with mock.patch.object(anki.collection.Collection, "full_upload_or_download", side_effect=AssertionError):
        reach(server, ci).close()


def test_what_a_killed_run_did_is_not_sent_by_the_next(server: Server, device: Device, two: Vault, ci: Path) -> None:
    push(server, ci, two)
    killed = reach(server, ci)
    killed.delete(ids(two))
    killed._col.close()  # noqa: SLF001 - as much as the end of a process does
    reached = reach(server, ci)
    assert len(reached.notes(ids(two))) == 2
    reached.close()
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 3


def test_two_runs_do_not_share_a_copy(server: Server, device: Device, two: Vault, ci: Path) -> None:
    first = reach(server, ci)
    first.take(*packages(two))
    with pytest.raises(Unreached, match="open"):
        reach(server, ci)
    first.refresh()
    first.close()
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 3


def test_two_servers_have_a_copy_each(server: Server, device: Device, ci: Path) -> None:
    reach(server, ci).close()
    open_sync(server.url.rstrip("/"), "me", "secret", ci).close()
    assert len(copies(ci)) == 1
    server.stop()
    server.port = 0
    server.start()
    reach(server, ci).close()
    assert len(copies(ci)) == 2


# The command itself, as a CI runs it: from a fresh clone of the notes with their lock, without a cache


@pytest.fixture
def me(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USER, "me")
    monkeypatch.setenv(PASSWORD, "secret")


@dataclass(frozen=True)
class Repository:
    """Notes and lock as they are committed; each run has a clone of its own, of which the lock is committed."""

    vault: Vault
    server: Server
    clones: Path

    def push(self, *arguments: str, now: float = BEFORE) -> Run:
        clone = self.clones / str(len(copies(self.clones)))
        shutil.copytree(self.vault.folder, clone, ignore=shutil.ignore_patterns(".ankisync_cache", "decks"))
        ended = Vault(clone).run("push", "--sync", self.server.url, *arguments, now=now)
        for path in (path for path in clone.iterdir() if path.suffix in (".md", ".lock")):
            self.vault.write(path.name, path.read_bytes())
        return ended

    def cut(self, start: str) -> None:
        text = self.vault.read("a.md")
        self.vault.write("a.md", text[: text.index(start)])


@pytest.fixture
def committed(vault: Vault, server: Server, tmp_path: Path, me: None) -> Repository:
    """Two notes."""
    vault.write("p.gif", b"GIF89a")
    vault.write("a.md", TWO)
    return Repository(vault, server, tmp_path / "clones")


def test_ci_pushes_all_once(device: Device, committed: Repository) -> None:
    first = committed.push()
    assert (first.status, first.codes, f"pushed to {committed.server.url} (me): 2 new" in first.out) == (0, [], True)
    assert device.sync() == "NO_CHANGES"
    assert set(device.ids()) > set(committed.vault.ids())
    assert [path.read_bytes() for path in Path(device.col.media.dir()).iterdir()] == [b"GIF89a"]
    state = committed.vault.state()
    with mock.patch.object(SyncedCollection, "_send", side_effect=AssertionError):
        again = committed.push(now=BEFORE + 30)
    assert (again.status, again.codes, "nothing to send, 2 as in Anki" in again.out) == (0, [], True)
    assert {name: data for name, (data, _) in committed.vault.state().items()} == {
        name: data for name, (data, _) in state.items()
    }


def test_what_changes_in_the_notes_reaches_the_device_and_its_reviews_survive(
    device: Device, committed: Repository
) -> None:
    committed.push()
    device.sync()
    first, second = committed.vault.ids()
    reviewed = device.study("French::Words", 3)
    assert device.sync() == "NO_CHANGES"
    reps, history = device.card(reviewed).reps, device.scheduling()[1]
    change(committed.vault, "a.md", "cat ", "tomcat ")
    edited = committed.push(now=BEFORE + 60)
    assert ("1 changed, 1 as in Anki" in edited.out, edited.codes) == (True, [])
    change(committed.vault, "a.md", "French::Words", "Latin")
    moved = committed.push(now=BEFORE + 120)
    assert ("2 moved" in moved.out, moved.codes) == (True, [])
    assert device.sync() == "NO_CHANGES"
    assert (device.deck_of(first), device.deck_of(second)) == ("Latin", "Latin")
    assert device.back(first).startswith("tomcat ")
    assert (device.back(second), device.card(reviewed).reps) == ("dog", reps)
    assert (device.scheduling()[1], len(history)) == (history, 1)
    assert "nothing to send" in committed.push(now=BEFORE + 180).out


def test_ci_deletes_what_is_retired_only_when_asked_to(device: Device, committed: Repository) -> None:
    committed.push()
    device.sync()
    kept, gone = committed.vault.ids()
    committed.cut("Q: chien")
    assert "A809" in committed.push(now=BEFORE + 60).codes
    refused = committed.push("--delete", now=BEFORE + 70)
    assert (refused.status, "A813" in refused.codes) == (1, True)
    device.sync()
    assert {kept, gone} <= set(device.ids())
    done = committed.push("--delete", "--yes", now=BEFORE + 80)
    assert (done.status, done.codes, "1 deleted" in done.out) == (0, [], True)
    assert device.sync() == "NO_CHANGES"
    assert (kept in device.ids(), gone in device.ids(), len(device.ids())) == (True, False, 2)


def test_what_was_edited_on_the_device_is_kept_by_ci(device: Device, committed: Repository) -> None:
    committed.push()
    device.sync()
    device.edit(committed.vault.ids()[1], "mine")
    device.sync()
    kept = committed.push(now=AFTER)
    assert (kept.status, kept.codes) == (0, ["A802"])
    change(committed.vault, "a.md", "dog", "a dog")
    assert committed.push(now=AFTER + 60).codes == ["A803"]
    device.sync()
    assert device.back(committed.vault.ids()[1]) == "mine"
    assert "1 changed" in committed.push("--force", now=AFTER + 120).out
    device.sync()
    assert device.back(committed.vault.ids()[1]) == "a dog"


def test_ci_with_a_wrong_password_fails(device: Device, committed: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "wrong")
    run = committed.push()
    assert (run.status, run.codes, "user or password is wrong (me)" in run.err) == (1, ["A801"], True)
    assert device.sync() == "NO_CHANGES"
    assert len(device.ids()) == 1
    monkeypatch.setenv(PASSWORD, "secret")
    assert "2 new" in committed.push(now=BEFORE + 30).out


def test_ci_forces_no_full_sync_on_the_devices(device: Device, committed: Repository) -> None:
    committed.push()
    device.sync()
    device.add_field("ankisync Basic")
    device.full(upload=True)
    change(committed.vault, "a.md", "dog", "a dog")
    # A field that is added dates every note of its type; without a cache that looks like an edit, which is kept.
    assert committed.push(now=BEFORE + 60).codes == ["A803"]
    for now in (BEFORE + 90, BEFORE + 120):
        run = committed.push("--force", now=now)
        assert (run.status, "A801" in run.codes, "full sync" in run.err) == (1, True, True)
        assert device.sync() == "NO_CHANGES"
        assert device.back(committed.vault.ids()[1]) == "dog"


def test_ci_without_a_collection_on_the_server_fails(committed: Repository) -> None:
    run = committed.push()
    assert (run.status, run.codes, "no collection of this user is there yet" in run.err) == (1, ["A801"], True)
