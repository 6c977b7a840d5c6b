"""Regular expressions that few notes need: compiled when they are first asked for anything, as `re.compile` does it.

Of more than a hundred, most builds need a third. All of the others together would take eight thousandths of a second,
a twentieth of a build after one edit. Those that each build asks for again and again are compiled where they stand:
their methods are found faster.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import compile as expression
else:
    import re

    class expression:  # noqa: N801 - it stands for a function
        """See `re.compile`."""

        def __init__(self, pattern, flags=0):
            self._given = pattern, flags

        def __getattr__(self, name):
            # Only for a name that is not there yet. Compiling again what was compiled before is a look into a table.
            found = getattr(re.compile(*self._given), name)
            setattr(self, name, found)
            return found


__all__ = ["expression"]
