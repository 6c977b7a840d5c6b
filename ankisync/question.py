"""How a card is called where it is told of: by what it asks."""

from ankisync.model import Fields

_MOST = 70


def question_of(fields: Fields) -> str:
    """The first line of text among a card's fields; empty where there is none."""
    texts = (value.strip() for _, value in fields)
    return next((text for text in texts if text), "").split("\n", 1)[0].rstrip()


def shortened(text: str) -> str:
    """The first line of a text, cut where it is long."""
    line = text.split("\n", 1)[0].strip()
    return line if len(line) <= _MOST else f"{line[: _MOST - 1].rstrip()}…"
