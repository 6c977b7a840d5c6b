"""Lines on stdout and stderr."""

import sys


def say(text: str, *, err: bool = False) -> None:
    """Print a line at once; nothing where a program has no such stream."""
    stream = sys.stderr if err else sys.stdout
    if stream is not None:
        stream.write(f"{text}\n")
        stream.flush()
