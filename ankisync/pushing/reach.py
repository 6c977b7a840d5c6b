"""Which Anki is pushed to: what the options and settings say."""

from dataclasses import dataclass
from pathlib import Path

from ankisync.anki.connect import URL, AnkiConnect, is_loopback, is_url
from ankisync.config import ConfigProblem, Settings
from ankisync.push.held import Anki


@dataclass(frozen=True, slots=True)
class Way:
    """A way to an Anki; `key` is what AnkiConnect may want to be told."""

    url: str = URL
    key: str = ""
    collection: Path | None = None
    sync: str = ""

    def open(self, patience: float) -> Anki:
        """Reach it; `patience` is how many seconds that may take. Raises `Unreached`."""
        return AnkiConnect.open(self.url, self.key, patience)


def way_to(
    settings: Settings, url: str | None, collection: Path | None, sync: str | None, key: str | None
) -> Way | ConfigProblem:
    """The way that the options name, else the settings. Those may come with other people's notes: they lead nowhere but
    to this machine.
    """
    if sum(each is not None for each in (url, collection, sync)) > 1:
        return ConfigProblem("--url, --collection and --sync exclude each other", "name one Anki")
    place = url or settings.anki_url or URL
    if not is_url(place):
        return ConfigProblem(f"`{place}` is no URL of an AnkiConnect", f"it looks like {URL}")
    if url is None and not is_loopback(place):
        return ConfigProblem(f"`anki_url` is `{place}`: another machine", f"if it is meant, say `--url {place}`")
    return Way(place, settings.anki_key if key is None else key, collection, sync or "")
