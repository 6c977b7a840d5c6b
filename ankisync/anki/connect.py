"""A running Anki with the add-on AnkiConnect, over HTTP. Facts: `reference/anki-connect.md`.

A connection serves one request, and no request is sent a second time: what it asked for may be done. A request takes
25 ms, whatever it asks, and one of more than 4 MB freezes Anki for minutes.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from ankisync.model import NoteId
from ankisync.push.held import HeldCard, HeldNote, Unreached
from ankisync.values import dataclass

URL = "http://127.0.0.1:8765"
_VERSION = 6
# Ids in one request: they take 150 KB, and what it answers about them a few MB.
_MOST_IDS = 10_000
_ANSWER, _IMPORT = 60.0, 900.0
_PAUSE = 0.2
_TOO_OLD = "its AnkiConnect is too old: update the add-on"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_Row = dict[str, object]


class _Refusal(Unreached):
    """AnkiConnect answers that it does not do it; the text is its reason."""


def is_url(url: str) -> bool:
    """Whether AnkiConnect can be asked for there."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host in _LOOPBACK or (host.startswith("127.") and host.replace(".", "").isdigit())


@dataclass
class AnkiConnect:
    """The Anki at a URL. `patience` is how many seconds it may take until it does what it is asked, as it does not
    while it starts, or a dialog is open.
    """

    url: str = URL
    key: str = ""
    patience: float = 10.0
    _profile: str = ""
    _deck: str = ""

    @classmethod
    def open(cls, url: str, key: str, patience: float) -> Self:
        """Reach it. Raises `Unreached`."""
        anki = cls(url, key, patience)
        until = time.monotonic() + patience
        while True:
            try:
                anki._greet(max(until - time.monotonic(), _PAUSE))
            except _Refusal as refusal:
                # "collection is not available": no profile is open, or it is about to be.
                if "collection" not in str(refusal) or time.monotonic() + _PAUSE > until:
                    raise
                time.sleep(_PAUSE)
            else:
                return anki

    def _greet(self, seconds: float) -> None:
        """Learn of the profile and a deck. `version` is answered while a dialog is open; decks are not."""
        actions = [self._action("deckNames", {}), self._action("getActiveProfile", {})]
        decks, profile = self._list(self._ask("multi", seconds, actions=actions))
        names = _result(decks)
        self._deck = str(names[0]) if isinstance(names, list) and names else "Default"
        try:
            self._profile = str(_result(profile))
        except _Refusal as refusal:
            if "unsupported" not in str(refusal):
                raise
            self._profile = "Anki"

    def name(self) -> str:
        """The profile that is open."""
        return self._profile

    def mods(self, ids: Sequence[NoteId]) -> Mapping[NoteId, int]:
        """The `mod` of those that are there, in seconds."""
        found: dict[NoteId, int] = {}
        for some in _some(ids):
            rows = _rows(self._ask("notesModTime", notes=some))
            found |= {NoteId(_int(row, "noteId")): _int(row, "mod") for row in rows if row}
        return found

    def notes(self, ids: Sequence[NoteId]) -> Mapping[NoteId, HeldNote]:
        """Those that are there."""
        rows = [row for some in _some(ids) for row in _rows(self._ask("notesInfo", notes=some)) if row]
        told = [NoteId(_int(row, "noteId")) for row in rows]
        mods = self.mods([note_id for note_id, row in zip(told, rows, strict=True) if "mod" not in row])
        decks = self._decks([card for row in rows for card in _ids(row, "cards")])
        return {
            note_id: _note(note_id, row, mods[note_id] if note_id in mods else _int(row, "mod"), decks)
            for note_id, row in zip(told, rows, strict=True)
            if "mod" in row or note_id in mods
        }

    def take(self, package: Path) -> None:
        """Import. Its options are fixed: newer wins, notetypes are merged; and it says nothing of what it did."""
        self._ask("importPackage", _IMPORT, path=str(package))

    def move(self, cards: Sequence[int], deck: str) -> None:
        """Makes the deck where it is not."""
        for some in _some(cards):
            self._ask("changeDeck", cards=some, deck=deck)

    def delete(self, notes: Sequence[NoteId]) -> None:
        """Notes with their cards."""
        for some in _some(notes):
            self._ask("deleteNotes", notes=some)

    def refresh(self) -> None:
        """Anki's windows show what they read before the last change; the editor in its Browser would write that back.
        A deck that is asked for, though it is there, makes them read again.
        """
        self._ask("createDeck", deck=self._deck)

    def close(self) -> None:
        """Nothing is to be ended: each request had its own connection."""

    def _decks(self, cards: Sequence[int]) -> Mapping[int, str]:
        """The decks of cards: of one in a filtered deck, the one to which it goes back."""
        found: dict[int, str] = {}
        for some in _some(cards):
            decks = self._ask("getDecks", cards=some)
            if not isinstance(decks, dict):
                raise Unreached(_TOO_OLD)
            found |= {card: str(name) for name, ids in decks.items() for card in _ints(ids)}
        if cards:
            filtered = found.keys() & set(_ints(self._ask("findCards", query="deck:filtered")))
            found |= self._homes(filtered) if filtered else {}
        return found

    def _homes(self, cards: set[int]) -> Mapping[int, str]:
        """The home decks of cards in filtered ones: a search for a deck finds them, and nothing else tells."""
        names = [str(name) for name in self._list(self._ask("deckNames"))]
        ids = ",".join(map(str, sorted(cards)))
        queries = (f'cid:{ids} "deck:{_literal(name)}" -"deck:{_literal(name)}::*"' for name in names)
        actions = [self._action("findCards", {"query": query}) for query in queries]
        found: dict[int, str] = {}
        size = max(1, 1_000_000 // (len(ids) + 100))
        for start in range(0, len(actions), size):
            answers = self._list(self._ask("multi", actions=actions[start : start + size]))
            for name, answer in zip(names[start : start + size], answers, strict=True):
                found |= dict.fromkeys(_ints(_result(answer)), name)
        return found

    def _action(self, action: str, params: Mapping[str, object]) -> Mapping[str, object]:
        asked: dict[str, object] = {"action": action, "version": _VERSION, "params": params}
        return {**asked, "key": self.key} if self.key else asked

    def _list(self, answer: object) -> list[object]:
        if not isinstance(answer, list):
            raise Unreached(_TOO_OLD)
        return answer

    def _ask(self, action: str, within: float | None = None, **params: object) -> object:
        """The result of an action, which may take so many seconds. Raises `Unreached`."""
        seconds = within or _ANSWER
        body = json.dumps(self._action(action, params)).encode()
        try:
            return _result(json.loads(self._post(body, seconds)))
        except ConnectionRefusedError:
            raise Unreached(f"nothing answers at {self.url}: is Anki open, with the add-on AnkiConnect?") from None
        except TimeoutError:
            raise Unreached(f"no answer within {seconds:.0f} s: is a dialog open in Anki?") from None
        except ValueError:
            raise Unreached(f"what answers at {self.url} is not AnkiConnect") from None
        except (OSError, HTTPException) as error:
            raise Unreached(f"the connection broke off ({error or type(error).__name__})") from None

    def _post(self, body: bytes, seconds: float) -> bytes:
        place = urlsplit(self.url)
        kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
        connection = kind(place.hostname or "", place.port, timeout=seconds)
        try:
            connection.request("POST", place.path or "/", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()


def _result(envelope: object) -> object:
    if not isinstance(envelope, dict) or not {"result", "error"} <= envelope.keys():
        raise ValueError("no envelope")
    error = envelope["error"]
    if error is None:
        return envelope["result"]
    if "api key" in str(error):
        raise Unreached("its AnkiConnect wants an API key: set ANKISYNC_ANKICONNECT_KEY")
    if "unsupported action" in str(error):
        raise _Refusal(f"{_TOO_OLD} (unsupported action)")
    raise _Refusal(f"it answers: {error}")


def _note(note_id: NoteId, row: _Row, mod: int, decks: Mapping[int, str]) -> HeldNote:
    fields, tags = row.get("fields"), row.get("tags")
    if not isinstance(fields, dict) or not isinstance(tags, list):
        raise Unreached(_TOO_OLD)
    placed = sorted((_int(each, "order"), str(name), str(each["value"])) for name, each in fields.items())
    cards = (HeldCard(card, place, decks.get(card, "")) for place, card in enumerate(_ids(row, "cards")))
    pairs = tuple((name, value) for _, name, value in placed)
    return HeldNote(note_id, str(row.get("modelName")), pairs, tuple(map(str, tags)), mod, tuple(cards))


def _rows(answer: object) -> list[_Row]:
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise Unreached(_TOO_OLD)
    return answer


def _ids(row: _Row, name: str) -> list[int]:
    return _ints(row.get(name))


def _ints(value: object) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(each, int) for each in value):
        raise Unreached(_TOO_OLD)
    return value


def _int(row: _Row, name: str) -> int:
    value = row.get(name)
    if not isinstance(value, int):
        raise Unreached(_TOO_OLD)
    return value


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Ids in groups that fit into a request."""
    return (ids[start : start + _MOST_IDS] for start in range(0, len(ids), _MOST_IDS))


def _literal(name: str) -> str:
    """A deck's name in a search, where nothing in it stands for anything else."""
    return "".join(f"\\{char}" if char in '\\"*_' else char for char in name)
