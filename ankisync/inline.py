"""Inline code: where it ends."""

import re
from functools import cache

# A code span that is never closed must not make every backtick look through the whole text.
_REACH = 10_000


def after_code(text: str, start: int, run: int) -> int:
    """The offset behind the inline code that `run` backticks before `start` open; `start` where it is never closed
    (CommonMark: by a run of the same length).
    """
    closing = _closing(run).search(text, start, start + _REACH)
    return closing.end() if closing else start


@cache
def _closing(run: int) -> re.Pattern[str]:
    return re.compile(rf"(?<!`)`{{{run}}}(?!`)")
