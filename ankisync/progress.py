"""How far a run is: who works tells it, the shell may show it."""

from collections.abc import Callable

Tell = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is done, and how much there is."""


def nobody(_what: str, _done: int, _total: int) -> None:
    """For runs that nobody watches."""
