"""How long it takes from a save until a running watch has finished the deck."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.decks import holds
from tests.bench.measure import Failed, Usage
from tests.bench.tools import Ours

SAVES = 20
_SETTLE = 0.1
_PAUSE = 0.3
_LOOK_EVERY = 0.0005
_PATIENCE = 60.0
_END_PATIENCE = 30.0
_START_PATIENCE = 600.0


def can_watch(ours: Ours) -> bool:
    """Whether there is such a command, and a system that tells what a running process has used (Linux)."""
    command = ours.run("watch", "--help")
    run = subprocess.run(command.words, cwd=command.folder, env=command.variables, capture_output=True, check=False)
    return run.returncode == 0 and Path("/proc/self/stat").exists()


def watch(ours: Ours, saves: int) -> tuple[Usage, ...]:
    """For each save: wall seconds to the finished deck without the settle time, CPU seconds of the process (the same
    for all: the system counts in hundredths), its peak memory. Raises `Failed` if a deck does not come.
    """
    with _running(ours) as process:
        before = _cpu(process.pid)
        walls = [_save(ours) for _ in range(saves)]
        cpu, peak = (_cpu(process.pid) - before) / saves, _peak(process.pid)
    return tuple(Usage(cpu, wall, peak) for wall in walls)


@contextmanager
def _running(ours: Ours) -> Iterator[subprocess.Popen[bytes]]:
    """A watch that has begun to see saves."""
    command = ours.run("watch", "--settle", str(_SETTLE))
    process = subprocess.Popen(
        command.words,
        cwd=command.folder,
        env=command.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_it_answers(ours, process)
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _until_it_answers(ours: Ours, process: subprocess.Popen[bytes]) -> None:
    """Save until a save is built: what the watch prints when it is ready is no matter of ours."""
    end = time.monotonic() + _START_PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            _save(ours, patience=2.0)
        except Failed:
            continue
        return
    raise Failed("watch does not build")


def _save(ours: Ours, patience: float = _PATIENCE) -> float:
    """Save a file, the time until its word is in a finished package."""
    time.sleep(_PAUSE)
    package = ours.packages()[0]
    stamp = _stamp(package)
    word = ours.change_file().encode()
    started = time.perf_counter()
    while (now := time.perf_counter()) < started + patience:
        seen = _stamp(package)
        if seen != stamp:
            stamp = seen
            if holds(package, word):
                return now - started - _SETTLE
        time.sleep(_LOOK_EVERY)
    raise Failed(f"{package.name} is not built again")


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return 0, 0, 0
    return found.st_ino, found.st_size, found.st_mtime_ns


def _cpu(pid: int) -> float:
    """Seconds, of children that ended too: fields 14 to 17 in proc(5), of which the name in 2 may hold blanks."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_bytes().split(b"VmHWM:")[1]
    return int(status.split()[0]) * 1024 / 1e6
