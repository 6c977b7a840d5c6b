"""The floor: the least work that a build is, with nothing that makes a program useful. A script, run by itself.

`floor.py build NOTES OUT` reads all notes, finds cards by one lazy regular expression, renders by pyromark (Rust),
fills SQLite with all of Anki's indexes, and packs with deflate 1, pictures stored. `floor.py nothing STATE` compares
size and time of all files with what `floor.py state NOTES STATE` kept.
"""

import marshal
import os
import sys

_MATH = r"\$([^$\n]+)\$"
_CARD = r"^Q: (.*?)\nA: (.*?)\n<!--ID: (\d+)-->"
_SCHEMA = """
CREATE TABLE notes (id integer primary key, guid text, mid integer, mod integer, usn integer, tags text, flds text,
 sfld integer, csum integer, flags integer, data text);
CREATE TABLE cards (id integer primary key, nid integer, did integer, ord integer, mod integer, usn integer,
 type integer, queue integer, due integer, ivl integer, factor integer, reps integer, lapses integer, left integer,
 odue integer, odid integer, flags integer, data text);
CREATE TABLE revlog (id integer primary key, cid integer, usn integer, ease integer, ivl integer, lastIvl integer,
 factor integer, time integer, type integer);
CREATE TABLE graves (usn integer, oid integer, type integer);
CREATE INDEX ix_notes_usn ON notes (usn);
CREATE INDEX ix_cards_usn ON cards (usn);
CREATE INDEX ix_revlog_usn ON revlog (usn);
CREATE INDEX ix_cards_nid ON cards (nid);
CREATE INDEX ix_cards_sched ON cards (did, queue, due);
CREATE INDEX ix_revlog_cid ON revlog (cid);
CREATE INDEX ix_notes_csum ON notes (csum);
"""
_NOTE = "INSERT INTO notes VALUES (?,?,1,?,-1,'',?,?,?,0,'')"
_CARD_ROW = "INSERT INTO cards VALUES (?,?,1,0,?,-1,0,0,?,0,0,0,0,0,0,0,0,'')"


def build(notes: str, out: str) -> None:
    """Make one package of all cards."""
    import re
    from importlib import import_module

    render = import_module("pyromark").html
    card, math = re.compile(_CARD, re.MULTILINE | re.DOTALL), re.compile(_MATH)
    rows, pictures = [], []
    for path in _walk(notes):
        if path.endswith(".md"):
            with open(path, "rb") as file:
                text = file.read().decode()
            for front, back, number in card.findall(text):
                fields = [render(math.sub(r"\\\\(\1\\\\)", field)) for field in (front, back)]
                rows.append((int(number), *fields))
        else:
            pictures.append(path)
    _pack(out, _database(rows), pictures)


def _database(rows: list[tuple[int, str, str]]) -> bytes:
    import sqlite3
    from hashlib import sha1

    notes, cards = [], []
    for place, (number, front, back) in enumerate(rows):
        digest = sha1(front.encode(), usedforsecurity=False).hexdigest()
        guid = sha1(b"%d" % number, usedforsecurity=False).hexdigest()[:10]
        notes.append((number, guid, number // 1000, f"{front}\x1f{back}", front, int(digest[:8], 16)))
        cards.append((number, number, number // 1000, place))
    database = sqlite3.connect(":memory:")
    database.executescript(_SCHEMA)
    database.executemany(_NOTE, notes)
    database.executemany(_CARD_ROW, cards)
    database.commit()
    data = database.serialize()
    database.close()
    return data


def _pack(out: str, data: bytes, pictures: list[str]) -> None:
    import json
    import zipfile

    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("collection.anki2", data)
        names = {str(number): os.path.basename(path) for number, path in enumerate(pictures)}
        archive.writestr("media", json.dumps(names))
        for number, path in enumerate(pictures):
            archive.write(path, str(number), zipfile.ZIP_STORED)


def keep(notes: str, state: str) -> None:
    """Write down size and time of every note file."""
    found = [(path, *_stamp(path)) for path in _walk(notes) if path.endswith(".md")]
    with open(state, "wb") as file:
        marshal.dump(found, file)


def nothing(state: str) -> None:
    """Look whether any file is another one than when `keep` ran; exit status 1 if so."""
    with open(state, "rb") as file:
        found = marshal.load(file)
    sys.exit(any(_stamp(path) != (size, changed) for path, size, changed in found))


def _stamp(path: str) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_size, found.st_mtime_ns


def _walk(folder: str) -> list[str]:
    return [os.path.join(inside, name) for inside, _, names in os.walk(folder) for name in sorted(names)]


if __name__ == "__main__":
    if sys.argv[1] == "build":
        build(*sys.argv[2:])
    elif sys.argv[1] == "state":
        keep(*sys.argv[2:])
    else:
        nothing(*sys.argv[2:])
