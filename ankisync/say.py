"""Lines for people: in colours on a terminal, plain elsewhere. `NO_COLOR` and `FORCE_COLOR` are read here."""

import os
import sys
from typing import TextIO

from ankisync.expression import expression

_NARROWEST = 40
_COLOUR = expression(r"\x1b\[[0-9;]*m")


def say(text: str, *, err: bool = False) -> None:
    """Print a line at once, without its colours where the stream is no terminal or somebody wants none; nothing where a
    program has no such stream.
    """
    stream = sys.stderr if err else sys.stdout
    if stream is None:
        return
    if sys.platform == "win32":  # whose older consoles know no such codes
        import click

        click.echo(text, file=stream, color=_wanted(stream))
        return
    stream.write(f"{text if _wanted(stream) else _COLOUR.sub('', text)}\n")
    stream.flush()


def _wanted(stream: TextIO) -> bool:
    """Whether colours are wanted (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def width() -> int | None:
    """The columns of the terminal that diagnostics go to; None where it is none, or does not tell."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stderr.fileno()).columns)
    except (OSError, ValueError):
        return None
    return columns if columns >= _NARROWEST else None
