"""What `ankisync watch` decides: when to build, which files to leave alone, what to say. Pure, but for the listing of
folders in `interest`; the loop around it, with clock and signals, is `ankisync.watching`.
"""

from ankisync.watch.interest import Signature, folders_of, matters, signature
from ankisync.watch.news import RETRIED, News, Standing
from ankisync.watch.schedule import Build, Schedule, Sleep

__all__ = [
    "RETRIED",
    "Build",
    "News",
    "Schedule",
    "Signature",
    "Sleep",
    "Standing",
    "folders_of",
    "matters",
    "signature",
]
