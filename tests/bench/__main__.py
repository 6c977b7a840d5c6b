"""`python -m tests.bench`: measure builds on made-up vaults beside the floor and beside ankdown.

Run it on a machine that does nothing else. CPU seconds and their ratios within one run can be trusted, wall times less.
"""

import json
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from tests.bench.cases import CASES, Case
from tests.bench.measure import Failed
from tests.bench.peers import Peers, find_peers
from tests.bench.rounds import OURS, Plan, Result, run
from tests.bench.table import lines, values

_HERE = Path(__file__).parent.parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep. Exit status: 0 done, 1 built wrong or a command failed, 130 interrupted."""
    options = _options().parse_args(arguments)
    cases = _chosen(options.only, options.cards)
    if not cases:
        sys.stderr.write(f"no such case; there are {', '.join(case.name for case in CASES)}\n")
        return 1
    peers = find_peers(options.peers)
    if not isinstance(peers, Peers):
        sys.stderr.write(f"without ankdown and most of the floor: {peers}\n")
    results, status = _measured(cases, options, peers)
    sys.stdout.write("".join(f"{line}\n" for line in lines(cases, results)))
    if options.json:
        options.json.write_bytes(json.dumps(values(results), indent=1).encode())
    return status


def _measured(cases: Sequence[Case], options: Namespace, peers: Peers | str) -> tuple[list[Result], int]:
    """All results, or those there are when a command fails or somebody has had enough; the exit status."""
    results: list[Result] = []
    try:
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="ankisync-bench-") as folder:
            for result in run(cases, _plan(options, Path(folder), peers)):
                results.append(result)  # noqa: PERF402 - those before a failure are kept
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return results, 1
    except KeyboardInterrupt:
        return results, 130
    return results, int(any(result.wrong for result in results))


def _options() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", metavar="CASE", help="these cases, `*` stands for anything")
    parser.add_argument("--cards", type=int, metavar="N", help="no vault of more than N cards")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of each case, of which the median")
    parser.add_argument(
        "--peers", type=Path, metavar="DIR", help="environment of ankdown and pyromark, made if need be"
    )
    parser.add_argument("--ours", default=sys.executable, metavar="PYTHON", help="interpreter that runs ankisync")
    parser.add_argument("--checkout", type=Path, default=_HERE, metavar="DIR", help="the ankisync to measure")
    parser.add_argument("--against", type=Path, metavar="DIR", help="another one, measured in the same rounds")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where vaults are made for the time of the run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where all figures go")
    return parser


def _chosen(patterns: Sequence[str] | None, cards: int | None) -> tuple[Case, ...]:
    chosen = [case for case in CASES if not patterns or any(fnmatchcase(case.name, each) for each in patterns)]
    return tuple(
        replace(case, shape=replace(case.shape, cards=min(case.shape.cards, cards or sys.maxsize))) for case in chosen
    )


def _plan(options: Namespace, folder: Path, peers: Peers | str) -> Plan:
    checkouts = [(OURS, options.checkout.resolve())]
    if options.against:
        checkouts.append(("against", options.against.resolve()))
    return Plan(folder, options.rounds, options.ours, tuple(checkouts), peers if isinstance(peers, Peers) else None)


if __name__ == "__main__":
    sys.exit(main())
