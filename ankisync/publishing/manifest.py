"""`manifest.json`: what lies in the folder of packages, for programs."""

import json
from collections.abc import Mapping

from ankisync.package.contents import Contents

MANIFEST = "manifest.json"
FORMAT = 1


def write_manifest(contents: Mapping[str, Contents]) -> str:
    """The manifest of packages, given by file name: an object with `format` and `packages`, each of which has `file`,
    `sha256`, `bytes`, the numbers of its `notes`, `cards` and `media`, and its `decks`.
    """
    packages = [_row(file, contents[file]) for file in sorted(contents)]
    return json.dumps({"format": FORMAT, "packages": packages}, ensure_ascii=False, indent=2) + "\n"


def _row(file: str, each: Contents) -> dict[str, object]:
    decks = [{"name": deck.name, "notes": deck.notes, "cards": deck.cards} for deck in each.decks]
    return {
        "file": file,
        "sha256": each.sha256,
        "bytes": each.size,
        "notes": each.notes,
        "cards": each.cards,
        "media": each.media,
        "decks": decks,
    }
