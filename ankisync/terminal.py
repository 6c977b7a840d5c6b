"""Printing, for people: in colours on a terminal, plain elsewhere. `NO_COLOR` and `FORCE_COLOR` are read here."""

import os
import shutil
import sys

import click


def say(text: str, *, err: bool = False) -> None:
    """Print a text; its colours are taken out where the stream is no terminal, or somebody wants none."""
    click.echo(text, err=err, color=_colours())


def _colours() -> bool | None:
    """Whether colours are wanted (https://no-color.org); None leaves it to the stream."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def width() -> int | None:
    """The columns of the terminal that diagnostics go to; None where it is none, or does not tell."""
    if not sys.stderr.isatty():
        return None
    columns = shutil.get_terminal_size((0, 0)).columns
    return columns if columns >= 40 else None
