"""What a card's text asks for: the renderer itself is asked, so that code is no reference and nothing is missed."""

from collections.abc import Sequence

from ankisync.embeds import may_embed
from ankisync.render import Options, render_field

_PLAIN = Options(highlight=False)


class _Collector:
    """Keeps what it is asked for, and gives nothing."""

    def __init__(self) -> None:
        self.targets: dict[str, None] = {}

    def html(self, target: str, text: str) -> None:
        self.targets[target] = None

    def name(self, target: str) -> None:
        self.targets[target] = None


def wanted(texts: Sequence[str], *, cloze: bool) -> tuple[str, ...]:
    """The targets that the fields of a note embed, each once, in their order; clozes are Anki's own by now."""
    collector = _Collector()
    for text in texts:
        if may_embed(text):
            render_field(text, _PLAIN, cloze=cloze, media=collector)
    return tuple(collector.targets)
