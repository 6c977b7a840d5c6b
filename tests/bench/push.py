"""What a push costs: `python -m tests.bench.push`, into our stand-in for AnkiConnect, whose requests take 25 ms.

Of 10,000 notes: the first push, one with nothing to do, one of an edited file. The CPU is that of ankisync alone.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measure import Usage, measure, middle
from tests.bench.tools import Ours
from tests.bench.vaults import Shape

ROOT = Path(__file__).parent.parent.parent
MUST = {"first push": "wall 3 s", "nothing to do": "wall 1 s", "one edit, with its build": "CPU 0.3 s"}
# In a process of its own: what it does is not to slow down who measures.
_SERVER = """
import sys
from pathlib import Path
from tests.anki_server import served
with served(Path(sys.argv[1]), slow=True) as anki:
    print(anki.url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def anki(folder: Path) -> Iterator[str]:
    """The URL of an Anki without notes."""
    folder.mkdir()
    command = [sys.executable, "-c", _SERVER, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def one_round(ours: Ours, url: str) -> tuple[Usage, ...]:
    """The three pushes of `MUST`, in its order."""
    push = ours.run("push", "--url", url, "--yes")
    first = measure(push)
    nothing = measure(push)
    ours.change_file()
    return first, nothing, measure(push)


def lines(rounds: Sequence[Sequence[Usage]]) -> Iterator[str]:
    """The medians, beside what must be reached."""
    for (what, must), usages in zip(MUST.items(), zip(*rounds, strict=True), strict=True):
        usage = middle(usages)
        yield f"{what:26} CPU {usage.cpu:.2f} s  wall {usage.wall:.2f} s  must: {must}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(options.rounds):
            ours = Ours("ours", sys.executable, ROOT, Path(name) / f"vault{number}")
            ours.make(Shape(options.cards))
            with anki(Path(name) / f"anki{number}") as url:
                rounds.append(one_round(ours, url))
    sys.stdout.write("\n".join(lines(rounds)) + "\n")


if __name__ == "__main__":
    main()
