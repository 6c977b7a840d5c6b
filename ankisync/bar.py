"""The bar that shows how far a long run is: on a terminal, after a second."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_PATIENCE = 1.0


class Bar:
    """Draws on stderr, if that is a terminal; not at all where it is `hidden`."""

    def __init__(self, *, hidden: bool) -> None:
        self._started = None if hidden or not sys.stderr.isatty() else time.monotonic()
        self._shown: ProgressBar[int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def tell(self, what: str, done: int, total: int) -> None:
        """Show that so much of the total is done."""
        if self._started is None or time.monotonic() - self._started < _PATIENCE:
            return
        if self._shown is None or self._shown.label != what:
            self._end()
            from click import progressbar

            self._shown = progressbar(length=total, label=what, file=sys.stderr)
            self._shown.render_progress()
        self._shown.update(done - self._shown.pos)

    def _end(self) -> None:
        if self._shown is not None:
            self._shown.update((self._shown.length or 0) - self._shown.pos)
            self._shown.render_finish()
            self._shown = None
