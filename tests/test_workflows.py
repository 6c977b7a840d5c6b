"""What GitHub and pre-commit read from this repository is well formed, and harmless."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.action_support import ACTION, mapping, read_yaml, sequence, texts
from tests.environments import ROOT
from tests.support import PYTHON

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION_FILE = ROOT / ACTION / "action.yml"
FILES = [*WORKFLOWS, ACTION_FILE]
OWNERS = ("actions/",)

pytestmark = pytest.mark.skipif(not WORKFLOWS, reason="only the repository has .github/")


def jobs(path: Path) -> dict[str, dict[str, object]]:
    return {name: mapping(job) for name, job in mapping(read_yaml(path)["jobs"]).items()}


def steps(path: Path) -> Iterator[dict[str, object]]:
    if path == ACTION_FILE:
        yield from map(mapping, sequence(mapping(read_yaml(path)["runs"])["steps"]))
        return
    for job in jobs(path).values():
        yield from map(mapping, sequence(job["steps"]))


def check_schema(name: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    command = [PYTHON, "-m", "check_jsonschema", "--builtin-schema", name, *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", WORKFLOWS),
        ("vendor.github-actions", [ACTION_FILE]),
    ],
)
def test_all_files_are_of_their_schema(schema: str, paths: list[Path]) -> None:
    checked = check_schema(schema, *paths)
    assert checked.returncode == 0, checked.stdout


def test_the_workflows_that_the_readme_shows_are_of_their_schema(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = [each for each in re.findall(r"^```yaml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL) if "jobs:" in each]
    for number, text in enumerate(shown):
        path = tmp_path / f"{number}.yml"
        path.write_text(text, encoding="utf-8")
        assert check_schema("vendor.github-workflows", path).returncode == 0
        given = [texts(step.get("with")) for step in steps(path) if "/build-decks@" in str(step.get("uses"))]
        assert {key for each in given for key in each} <= set(mapping(read_yaml(ACTION_FILE)["inputs"]))
        outputs = set(re.findall(r"steps\.decks\.outputs\.(\w+)", text))
        assert outputs <= set(mapping(read_yaml(ACTION_FILE)["outputs"]))


def test_the_schema_finds_a_misspelt_key(tmp_path: Path) -> None:
    wrong = tmp_path / "action.yml"
    wrong.write_text(ACTION_FILE.read_text(encoding="utf-8").replace("using: composite", "usign: composite"))
    assert check_schema("vendor.github-actions", wrong).returncode == 1


def test_pre_commit_reads_the_hooks() -> None:
    command = [PYTHON, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    subprocess.run(command, check=True)


def test_the_hooks_read_the_whole_vault_one_at_a_time() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    assert {hook["id"]: hook["entry"] for hook in hooks} == {
        "ankisync-check": "ankisync check",
        "ankisync-build": "ankisync build",
    }
    for hook in hooks:
        assert (hook["pass_filenames"], hook["require_serial"], hook["language"]) == (False, True, "python")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_script_is_bash_and_nothing_is_put_into_it(path: Path) -> None:
    """What an event brings (a title, a branch) reaches a script as an environment variable only."""
    for step in steps(path):
        if "run" in step:
            script = str(step["run"])
            assert "${{" not in script
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_action_is_well_known_and_pinned(path: Path) -> None:
    for step in steps(path):
        uses = str(step.get("uses", "./"))
        assert uses.startswith("./") or (uses.startswith(OWNERS) and re.search(r"@v\d+$", uses)), uses


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_secret_but_the_job_token_and_nothing_of_an_event_but_its_name(path: Path) -> None:
    found = re.findall(r"\$\{\{ (.*?) \}\}", path.read_text(encoding="utf-8"))
    assert not [each for each in found if re.search(r"secrets|github\.(event\.|head_ref|actor)", each)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_a_job_that_writes_says_so(path: Path) -> None:
    workflow = read_yaml(path)
    assert texts(workflow["permissions"]) == {"contents": "read"}
    assert "group" in mapping(workflow["concurrency"])
    writing = {name for name, job in jobs(path).items() if "permissions" in job}
    assert writing == ({"release"} if path.name == "decks.yml" else set())
    for name in writing:
        assert str(jobs(path)[name]["if"]).startswith("startsWith(github.ref, 'refs/tags/')")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_checkout_leaves_no_credentials(path: Path) -> None:
    for step in steps(path):
        if str(step.get("uses")).startswith("actions/checkout@"):
            assert mapping(step["with"])["persist-credentials"] is False


def test_all_supported_pythons_and_systems_test_the_wheel() -> None:
    strategy = mapping(mapping(jobs(WORKFLOWS[0])["test"]["strategy"])["matrix"])
    known = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert strategy["python"] == known
    systems = {str(mapping(each)["os"]) for each in sequence(strategy["include"])} | {
        *map(str, sequence(strategy["os"]))
    }
    assert {system.partition("-")[0] for system in systems} == {"ubuntu", "macos", "windows"}
