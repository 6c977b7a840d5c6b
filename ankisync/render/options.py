"""What a caller chooses about rendering, and what one may plug into it."""

from collections.abc import Callable
from typing import Literal, Protocol

from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How fields are rendered.

    `line_breaks`: single newlines are line breaks, as in Obsidian; else strict Markdown. `highlight`: code is coloured.
    `wikilinks`: whether links to notes open them ("link", where `vault` names the vault in Obsidian) or are plain
    "text".
    """

    line_breaks: bool = True
    highlight: bool = True
    wikilinks: Literal["link", "text"] = "link"
    vault: str = ""


DEFAULT = Options()

Memo = Callable[[str, Callable[[], str]], str]
"""Gives the HTML for a key, which tells all that it depends on but the versions of what renders: as it is kept, else as
the function makes it.
"""


class Media(Protocol):
    """Where pictures, sound and video of a note come from. Each method answers None to leave a place as it stands."""

    def html(self, target: str, text: str) -> str | None:
        """The HTML for `![text](target)` or `![[target|text]]`. A wikilink's target is as written; that of a Markdown
        image is as CommonMark normalises it, that is percent-encoded.
        """

    def name(self, target: str) -> str | None:
        """The stored name for the `src` of an `img`, `audio`, `video` or `source` tag of the author's, or for what
        `[sound:…]` holds; as written but for its entities.
        """
