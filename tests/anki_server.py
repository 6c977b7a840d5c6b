"""A stand-in for a running Anki with the add-on AnkiConnect: its protocol over HTTP, over a real collection, with the
traps that were measured (`reference/anki-connect.md`), and faults to order.

`served(folder)` is Anki on a port of loopback. `reached(folder)` is the same or, where ANKISYNC_LIVE_URL is set, a real
Anki: its open profile must have "test" in its name, and is emptied.
"""

import contextlib
import http.client
import json
import os
import socket
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

import anki.collection
import pytest

from tests.anki_actions import AnkiConnect, Profiles

LIVE_URL = os.environ.get("ANKISYNC_LIVE_URL")
LIVE_KEY = os.environ.get("ANKISYNC_LIVE_KEY")
POLL = 0.025  # seconds: the add-on looks for requests so often
BODY_LIMIT = 4 * 1024 * 1024  # bytes: more freezes Anki for minutes; here such a request is never answered
WITHOUT_COLLECTION = {"version", "getProfiles", "getActiveProfile", "loadProfile"}

# stop: Anki ends, `before` or `after` it did what was asked. In the others it is done, and the answer is none (silent),
# no JSON (garbage), or breaks off (half).
Fault = Literal["stop before", "stop after", "silent", "garbage", "half"]

without_live = pytest.mark.skipif(LIVE_URL is not None, reason="a real Anki takes no faults to order")


class FieldInfo(TypedDict):
    """A field in `notesInfo`."""

    value: str
    order: int


class NoteInfo(TypedDict, total=False):
    """A note in `notesInfo`; nothing of a note that is not there. Old versions know no `mod`, nor `profile`."""

    noteId: int
    profile: str
    modelName: str
    fields: dict[str, FieldInfo]
    tags: list[str]
    mod: int
    cards: list[int]


class Refused(Exception):
    """What AnkiConnect says is wrong with a request."""


@dataclass
class Asked:
    """A client for tests: one connection a request."""

    url: str
    key: str | None = None
    timeout: float = 10

    def ask(self, action: str, **params: object) -> object:
        """The result of an action. An error is raised as `Refused`."""
        request: dict[str, object] = {"action": action, "version": 6, "params": params}
        reply = self.post({**request, "key": self.key} if self.key else request)
        assert isinstance(reply, dict)
        assert set(reply) == {"result", "error"}
        if reply["error"] is not None:
            raise Refused(reply["error"])
        return reply["result"]

    def notes(self, *ids: int) -> list[NoteInfo]:
        """What `notesInfo` says, in the order of the ids."""
        return [NoteInfo(**row) for row in self.rows("notesInfo", notes=ids)]  # type: ignore[typeddict-item]

    def rows(self, action: str, **params: object) -> list[dict[str, object]]:
        """The result of an action that answers with a list of objects."""
        result = self.ask(action, **params)
        assert isinstance(result, list)
        return result

    def names(self, action: str, **params: object) -> list[str]:
        """The result of an action that answers with names, or with objects by name."""
        result = self.ask(action, **params)
        assert isinstance(result, list | dict)
        return list(result)

    def post(self, request: object) -> object:
        return json.loads(self.post_bytes(json.dumps(request).encode()))

    def post_bytes(self, body: bytes) -> bytes:
        place = urllib.parse.urlsplit(self.url)
        assert place.hostname
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=self.timeout)
        try:
            connection.request("POST", "/", body)
            return connection.getresponse().read()
        finally:
            connection.close()

    def empty(self) -> None:
        """Remove every note and deck."""
        self.ask("deleteNotes", notes=self.ask("findNotes", query="deck:*"))
        decks = [name for name in self.names("deckNames") if name != "Default"]
        self.ask("deleteDecks", decks=decks, cardsToo=True)


@dataclass
class Server(Asked):
    """Anki that is running, or stopped; `col` is its open collection.

    `slow`: a request takes its 25 ms. `requests` are the actions asked for, in order.
    """

    folder: Path = field(default_factory=Path)
    profiles: tuple[str, ...] = ("User 1",)
    old: bool = False
    slow: bool = False
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = 0
        self._faults: dict[int, Fault] = {}
        self._turn = threading.Lock()  # one request after the other, as in Anki's one thread
        self._held: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.running = False
        self.start()

    @property
    def col(self) -> anki.collection.Collection:
        return self.addon.col

    def start(self) -> None:
        """Start Anki, on the same port as before."""
        self.addon = AnkiConnect(Profiles(self.folder, self.profiles), self.key, old=self.old)
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.running = True
        self._begin(threading.Thread(target=self._accept, args=(self._listener,)))

    def stop(self) -> None:
        """Close Anki: nobody listens any more. What is under way is finished first."""
        if self.running:
            self._end()
            for thread in self._threads:
                if thread is not threading.current_thread():
                    thread.join()
            self._threads.clear()
            with self._turn:
                self.addon.profiles.close()

    def fault(self, kind: Fault, request: int = 1) -> None:
        """Let the n-th request from now go wrong."""
        self._faults[len(self.requests) + request] = kind

    @contextmanager
    def dialog(self) -> Iterator[None]:
        """A dialog is open: what needs the collection waits until it is closed, and is then carried out."""
        with self._turn:
            yield

    def _begin(self, thread: threading.Thread) -> None:
        thread.daemon = True
        self._threads.append(thread)
        thread.start()

    def _end(self) -> None:
        """Listen no more, and leave those who wait for an answer."""
        self.running = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._held:
            each.close()
        self._held.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._begin(threading.Thread(target=self._serve, args=(client,)))

    def _serve(self, client: socket.socket) -> None:
        """One request and one answer; then the connection is closed, without having said so."""
        client.settimeout(5)
        with contextlib.suppress(OSError):
            body = _read_request(client)
            if body is not None and self._answer(client, body):
                return
        client.close()

    def _answer(self, client: socket.socket, body: bytes) -> bool:
        """Carry out and reply; true if the connection is kept, and no answer comes."""
        if not body:
            client.sendall(_reply(b"AnkiConnect v.6"))
            return False
        request = _read_json(body)
        self.requests.append(_action(request))
        fault = self._faults.pop(len(self.requests), None)
        if len(body) > BODY_LIMIT:
            fault = "silent"
        if fault == "stop before":
            self._die()
            return False
        reply = json.dumps(self._carry_out(request)).encode()
        if fault == "stop after":
            self._die()
        elif fault == "silent":
            self._held.append(client)
            return True
        else:
            whole = _reply(b"<html>no JSON</html>" if fault == "garbage" else reply)
            client.sendall(whole[: -len(reply) // 2] if fault == "half" else whole)
        return False

    def _carry_out(self, request: object) -> object:
        if _action(request) in WITHOUT_COLLECTION:
            return self.addon.handle(request)
        with self._turn:
            if self.slow:
                time.sleep(POLL)
            return self.addon.handle(request)

    def _die(self) -> None:
        self._end()
        with self._turn:
            self.addon.profiles.close()


def _read_request(client: socket.socket) -> bytes | None:
    """The body of an HTTP request. None: the client went away."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = client.recv(65536)
        if not more:
            return None
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        more = client.recv(65536)
        if not more:
            return None
        body += more
    return body


def _reply(body: bytes) -> bytes:
    """HTTP/1.1 that does not say `Connection: close`."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _read_json(body: bytes) -> object:
    with contextlib.suppress(ValueError):
        return json.loads(body)
    return None


def _action(request: object) -> str:
    return str(request.get("action")) if isinstance(request, dict) else ""


@contextmanager
def served(
    folder: Path, *profiles: str, key: str | None = None, old: bool = False, slow: bool = False
) -> Iterator[Server]:
    """A running Anki with collections of its own in a folder; the first profile is open."""
    server = Server(url="", key=key, folder=folder, profiles=profiles or ("User 1",), old=old, slow=slow)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def reached(folder: Path) -> Iterator[Asked]:
    """An Anki without notes: a real one if there is one to test with, else ours."""
    if LIVE_URL is None:
        with served(folder) as server:
            yield server
        return
    live = Asked(LIVE_URL, LIVE_KEY)
    profile = str(live.ask("getActiveProfile"))
    if "test" not in profile.lower():
        pytest.exit(f"ANKISYNC_LIVE_URL: the profile {profile!r} would be emptied; open one with 'test' in its name")
    live.empty()
    yield live
