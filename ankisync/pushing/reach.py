"""Which Anki is pushed to: what the options and settings say."""

from collections.abc import Mapping
from pathlib import Path

from ankisync import cache
from ankisync.anki.connect import URL, AnkiConnect, is_loopback, is_url
from ankisync.config import ConfigProblem, Settings
from ankisync.push.held import Anki
from ankisync.values import dataclass

KEY = "ANKISYNC_ANKICONNECT_KEY"
USER, PASSWORD = "ANKISYNC_SYNC_USER", "ANKISYNC_SYNC_PASSWORD"


@dataclass(frozen=True, slots=True)
class Server:
    """A sync server, and who its user is."""

    url: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Way:
    """A way to an Anki: the AnkiConnect at a URL, which may want to be told a `key`, the `collection` in a file, or
    a server to `sync` with.
    """

    url: str = URL
    key: str = ""
    collection: Path | None = None
    sync: Server | None = None

    def open(self, root: Path, patience: float) -> Anki:
        """Reach it, for the vault in `root`. `patience`: AnkiConnect may take so many seconds. Raises `Unreached`."""
        if self.collection is not None:
            from ankisync.anki.collection import open_collection

            return open_collection(self.collection)
        if self.sync is not None:
            from ankisync.anki.syncing import open_sync

            return open_sync(self.sync.url, self.sync.user, self.sync.password, cache.place(root, cache.SYNCED))
        return AnkiConnect.open(self.url, self.key, patience)


def way_to(
    settings: Settings,
    url: str | None,
    collection: Path | None,
    sync: str | None,
    environment: Mapping[str, str],
) -> Way | ConfigProblem:
    """The way that the options name, else the settings. Those may come with other people's notes: they lead nowhere but
    to this machine. Keys and passwords come from the environment.
    """
    if sum(each is not None for each in (url, collection, sync)) > 1:
        return ConfigProblem("--url, --collection and --sync exclude each other", "name one Anki")
    place = url or settings.anki_url or URL
    if not is_url(place):
        return ConfigProblem(f"`{place}` is no URL of an AnkiConnect", f"it looks like {URL}")
    if url is None and not is_loopback(place):
        return ConfigProblem(f"`anki_url` is `{place}`: another machine", f"if it is meant, say `--url {place}`")
    server = None if sync is None else Server(sync, environment.get(USER, ""), environment.get(PASSWORD, ""))
    if server and not (is_url(server.url) and server.user and server.password):
        return ConfigProblem("--sync wants the URL of a sync server", f"and {USER} and {PASSWORD} in the environment")
    return Way(place, environment.get(KEY, settings.anki_key), collection, server)
