"""A sync server, self-hosted or AnkiWeb, by way of a copy of its collection below a folder of ours.

The copy holds nothing that is not on the server or in the notes, so it may be thrown away, and replaced by a download,
at any time. Nothing is ever uploaded whole: that would put what is here in place of what others have.
What the calls do is from `reference/anki-import.md` §10 and, where a comment says "seen", from trials with anki 26.09.
"""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ankisync.anki.collection import OpenCollection, open_file, require_anki, words
from ankisync.push.held import Anki, Unreached

if TYPE_CHECKING:
    from anki.collection import Collection
    from anki.sync import SyncAuth

_ANKIWEB = ("ankiweb.net", "sync.ankiweb.net", "www.ankiweb.net")
_PAUSE = 0.05  # seconds between two looks at how far the files are
# In a copy with changes that were not sent. A run that was killed leaves it; they must not be sent by the next.
_UNSENT = "unsent"


def open_sync(url: str, user: str, password: str, folder: Path) -> Anki:
    """The collection of a user on a sync server, as of now; `refresh` sends what was done.

    The copy lies in a subfolder of its own of `folder`, which is kept: the next session then downloads what is new
    only. Raises `Unreached` where the server does not answer, does not know the user, or has no collection yet.
    """
    require_anki()
    url = url.rstrip("/") + "/"
    home = folder / hashlib.sha256(f"{url}\n{user}".encode()).hexdigest()[:16]
    col = _copy(home)
    try:
        auth = _log_in(col, url, user, password)
        with _asking(url):
            _bring(col, auth, url)
    except BaseException:
        col.close()
        raise
    return SyncedCollection(col, f"{url} ({user})", url, auth, home)


def _copy(home: Path) -> "Collection":
    """Open the copy in a folder: a new one if there is none, or what a killed run left."""
    file = home / "collection.anki2"
    try:
        home.mkdir(parents=True, exist_ok=True)
        col = open_file(file)
        if (home / _UNSENT).exists():
            _drop(col, home)
            home.mkdir()
            col = open_file(file)
    except OSError as error:
        raise Unreached(f"{home}: {words(error)}") from None
    return col


class SyncedCollection(OpenCollection):
    """A copy of a server's collection. It has no backups: what it holds is on the server and on its devices."""

    def __init__(self, col: "Collection", name: str, url: str, auth: "SyncAuth", home: Path) -> None:
        super().__init__(col, name, None)
        self._url = url
        self._auth = auth
        self._home = home
        self._files = _files(col)

    def refresh(self) -> None:
        """Send what was done: from here on devices get it. Raises `Unreached`, and then nothing arrived, or files that
        no note needs.
        """
        if self._step is None or self._failed:
            return
        self._failed = True
        with _asking(self._url):
            self._send()
        self._failed = False
        super().refresh()
        (self._home / _UNSENT).unlink()

    def close(self) -> None:
        """Let go of the copy; thrown away with it is what `refresh` did not send."""
        if self._step is None:
            self._col.close()
        else:
            _drop(self._col, self._home)

    def _begin(self) -> int:
        (self._home / _UNSENT).touch()
        return super()._begin()

    def _send(self) -> None:
        """Files first: a note never arrives without its pictures."""
        if _files(self._col) - self._files:
            self._col.sync_media(self._auth)
            while self._col.media_sync_status().active:
                time.sleep(_PAUSE)
        out = self._col.sync_collection(self._auth, sync_media=False)
        if out.required != out.NO_CHANGES:
            raise Unreached(
                f"{self._url}: another device changed the whole collection meanwhile, and a full sync is needed. "
                "Nothing was sent: push again"
            )


def _log_in(col: "Collection", url: str, user: str, password: str) -> "SyncAuth":
    from anki.errors import SyncError, SyncErrorKind

    endpoint = None if urlsplit(url).hostname in _ANKIWEB else url
    with _asking(url):
        try:
            return col.sync_login(user, password, endpoint)
        except SyncError as error:
            if error.kind is not SyncErrorKind.AUTH:
                raise
            raise Unreached(f"{url}: user or password is wrong ({user})") from None


def _bring(col: "Collection", auth: "SyncAuth", url: str) -> None:
    """Make the copy what the server has."""
    unsynced = not _scalar(col, "SELECT ls FROM col")
    out = col.sync_collection(auth, sync_media=False)
    if out.new_endpoint:
        auth.endpoint = out.new_endpoint
    # A server that has nothing tells a new copy that there is nothing to do (seen).
    if out.required == out.FULL_UPLOAD or (unsynced and out.required == out.NO_CHANGES):
        raise Unreached(f"{url}: no collection of this user is there yet: sync an Anki that has a note, then push")
    if out.required != out.NO_CHANGES:
        # Also where a device put a changed collection there (FULL_SYNC): the copy has nothing to lose.
        col.close_for_full_sync()
        col.full_upload_or_download(auth=auth, server_usn=None, upload=False)
        col.reopen(after_full_sync=True)


@contextmanager
def _asking(url: str) -> Iterator[None]:
    """What goes wrong with the server is told as `Unreached`."""
    from anki.errors import AnkiException, NetworkError

    try:
        yield
    except NetworkError as error:
        raise Unreached(f"{url}: the sync server does not answer ({words(error)})") from None
    except (AnkiException, OSError) as error:
        raise Unreached(f"{url}: {words(error)}") from None


def _files(col: "Collection") -> frozenset[str]:
    """The names of the copy's files. The server's are not downloaded before there is one to send."""
    return frozenset(path.name for path in Path(col.media.dir()).iterdir())


def _scalar(col: "Collection", query: str) -> int:
    return int(col.db.scalar(query)) if col.db else 0


def _drop(col: "Collection", home: Path) -> None:
    """Throw the copy away: half of a push must not be in it when the next one begins."""
    col.close()
    shutil.rmtree(home, ignore_errors=True)
