"""What is said where ankisync itself fails."""

import traceback
from collections.abc import Sequence

from ankisync.about import versions
from ankisync.apply.bugs import write_bug
from ankisync.say import say


def tell_bug(arguments: Sequence[str]) -> None:
    """Put the traceback of what is being handled into a file, and say in a few words where; print it where no file can
    be written.
    """
    report = f"{versions()}\nankisync {' '.join(arguments)}\n\n{traceback.format_exc()}"
    path = write_bug(report)
    last = traceback.format_exc().strip().rpartition("\n")[2]
    said = f"all about it is in {path}" if path else f"all about it:\n\n{report}"
    say(f"ankisync: this is a bug, and no fault of your notes: {last}\n    please report it; {said}", err=True)
