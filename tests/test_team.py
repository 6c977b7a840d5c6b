"""More than one process reads a big vault as one does."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.fragments import CARDS
from tests.support import PYTHON, Vault

CODE = """
import sys
import ankisync.planning.blocks as blocks, ankisync.shell as shell, ankisync.cli as cli
blocks._MUCH = 0 if {many} else 10**9
shell.time.time_ns = lambda: 1_790_000_000 * 10**9
shell.random_seed = lambda: 1
shell._processes = lambda: 2
try:
    cli.main(["build", *{options}])
finally:
    assert ("ankisync.planning.team" in sys.modules) is {many}
"""


def run(vault: Vault, *options: str, many: bool) -> dict[str, object]:
    code = CODE.format(many=many, options=list(options))
    ended = subprocess.run([PYTHON, "-W", "error", "-c", code], cwd=vault.folder, capture_output=True, check=False)
    return {"status": ended.returncode, "out": ended.stdout, "err": ended.stderr.decode()}


def test_two_processes_do_what_one_does(tmp_path: Path) -> None:
    """Files with cards of all kinds, with and without IDs, with pictures, deletions and faults."""
    one = Vault(tmp_path / "one")
    one.write("ankisync.toml", "")
    for number in range(120):
        cards = [each.replace("%d", f"{number} {place}") for place, each in enumerate(CARDS[number % 7 :: 7])]
        one.write(f"d{number % 4}/n{number}.md", "\n\n".join(cards))
    one.write("p.png", b"p")
    one.write("pictures.md", "Q: p\nA: ![[p.png]]\n\nQ: e\nA: ![[n1]]\n")
    one.write("gone.md", "DELETE\n<!--ID: 1702818043968-->\n")
    one.write("bad.md", b"Q: \xff\nA: b\n")
    one.write("merge.md", "<<<<<<< a\nQ: a\n=======\nA: b\n>>>>>>> b\n")
    two = Vault(Path(shutil.copytree(one.folder, tmp_path / "two")))
    for options in ((), ("--format", "json", "--no-cache"), ("--no-cache",)):
        ran = [run(vault, *options, many=many) for vault, many in ((one, False), (two, True))]
        assert ran[0] == ran[1]
        assert ran[0]["status"] == 1, ran[0]["err"]
    states = [{name: data for name, (data, _) in vault.state().items()} for vault in (one, two)]
    assert states[0] == states[1]
    assert len(json.loads(one.run("list", "--format", "json").out)) > 500
