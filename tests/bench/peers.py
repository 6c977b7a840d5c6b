"""The environment of the others: ankdown, and pyromark for the floor, in a folder that is kept between runs."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# ankdown's own requirements name `setuptools` in no way; it needs `pkg_resources`, which newer ones have no more.
_WANTED = ("setuptools<81", "ankdown==0.7.1", "pyromark==0.10.3")
_PROBE = "import ankdown, pyromark"


@dataclass(frozen=True, slots=True)
class Peers:
    """Where they are installed."""

    python: Path

    @property
    def ankdown(self) -> Path:
        """The program."""
        return self.python.with_name("ankdown")


def find_peers(folder: Path | None) -> Peers | str:
    """The environment in a folder, made if it is not there; a text says why there is none."""
    if folder is None:
        return "no --peers"
    peers = Peers(folder.absolute() / "bin" / "python")
    try:
        if not peers.python.exists() or not _works(peers):
            _run(sys.executable, "-m", "venv", str(folder))
            _run(str(peers.python), "-m", "pip", "install", "--quiet", *_WANTED)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"the peers cannot be installed ({error})"
    return peers if _works(peers) else "the peers cannot be imported"


def _works(peers: Peers) -> bool:
    return subprocess.run([str(peers.python), "-c", _PROBE], capture_output=True, check=False).returncode == 0


def _run(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
