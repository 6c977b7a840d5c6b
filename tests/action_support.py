"""The steps of an action or a job, run here as GitHub's runner runs them: `run` by bash, `uses` by a stand-in.

Of the workflow language it knows what our files use: `inputs`, `steps`, `github`, `needs` and quoted texts, `==`, `!=`,
`&&`, `||`, `startsWith` and `!cancelled()`. Anything else is an error, so that no file passes that is not understood.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

ACTION = Path(".github/actions/build-decks")

Names = Mapping[str, str]
StandIn = Callable[["Job", Names], Names]

# What would lead a step to this checkout or this test run.
_OURS = re.compile(r"PYTHON(?!UTF8)|VIRTUAL_ENV|COV_|PYTEST_|GITHUB_|GH_|GIT_|RUNNER_|NO_COLOR|FORCE_COLOR")


@dataclass(frozen=True)
class Job:
    """Where steps run: the `workspace` is cloned into, `temp` is the runner's, `folder` holds what we need ourselves.
    `tools` go first on the PATH. `ready` are the outputs of steps that ran before, by the step's id.
    """

    folder: Path
    github: Names
    uses: Mapping[str, StandIn]
    tools: Path
    ready: Mapping[str, Names] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    def environment(self, files: Names) -> dict[str, str]:
        """What the runner gives to each step, `files` among it, and what is this machine's."""
        kept = {key: value for key, value in os.environ.items() if not _OURS.match(key)}
        runner = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_REF": self.github["ref"],
            "GITHUB_REPOSITORY": self.github["repository"],
            "RUNNER_TEMP": str(self.temp),
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip")),
            "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}",
        }
        return kept | runner | dict(files)


@dataclass(frozen=True)
class Ended:
    """How steps ended: the name of the step that failed, if one did, what they printed, and what they left."""

    failed: str | None
    status: int
    log: str
    summary: str
    outputs: Names
    steps: Mapping[str, Names]


def mapping(value: object) -> dict[str, object]:
    """A value of YAML that must be a mapping; the key `on` is a truth value in YAML 1.1."""
    assert isinstance(value, dict), value
    return {"on" if key is True else str(key): each for key, each in value.items()}


def sequence(value: object) -> list[object]:
    assert isinstance(value, list), value
    return value


def texts(value: object) -> dict[str, str]:
    return {
        key: str(each).lower() if isinstance(each, bool) else str(each) for key, each in mapping(value or {}).items()
    }


def read_yaml(path: Path) -> dict[str, object]:
    return mapping(yaml.safe_load(path.read_text(encoding="utf-8")))


def run_action(folder: Path, given: Names, job: Job) -> Ended:
    """Run a composite action with these inputs."""
    action = read_yaml(folder / "action.yml")
    inputs = {key: str(mapping(each).get("default", "")) for key, each in mapping(action["inputs"]).items()}
    assert set(given) <= set(inputs), "an input that the action does not have"
    context: dict[str, Mapping[str, str]] = {"github": job.github}
    inputs = {key: fill(given.get(key, value), context) for key, value in inputs.items()}
    ended = run_steps(sequence(mapping(action["runs"])["steps"]), job, {**context, "inputs": inputs}, folder)
    context |= {f"steps.{key}.outputs": value for key, value in ended.steps.items()}
    outputs = {key: fill(str(mapping(each)["value"]), context) for key, each in mapping(action["outputs"]).items()}
    return replace(ended, outputs=outputs)


def run_job(workflow: Path, name: str, job: Job, needs: Names | None = None) -> Ended:
    """Run a job of a workflow, whatever its `if` says."""
    steps = sequence(mapping(mapping(read_yaml(workflow)["jobs"])[name])["steps"])
    return run_steps(steps, job, {"github": job.github, "needs": needs or {}}, None)


def run_steps(steps: list[object], job: Job, given: Mapping[str, Names], action: Path | None) -> Ended:
    """Run steps one after another; after one has failed, none but those that say `!cancelled()`."""
    job.temp.mkdir(parents=True, exist_ok=True)
    context = dict(given)
    failed, status, log, done = None, 0, "", dict[str, Names]()
    files = {f"GITHUB_{name}": str(job.temp / name.lower()) for name in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH")}
    Path(files["GITHUB_STEP_SUMMARY"]).touch()
    for step in map(mapping, steps):
        condition = str(step.get("if", ""))
        if (failed and "!cancelled()" not in condition) or (condition and not truth(condition, context)):
            continue
        step_id = str(step.get("id", ""))
        title = str(step.get("name", step.get("uses", step.get("run"))))
        if step_id in job.ready:
            outputs = job.ready[step_id]
        else:
            code, printed, outputs = _run_step(step, job, context, files, action)
            log += f"== {title}\n{printed}"
            if code and not failed:
                failed, status = title, code
        done[step_id] = outputs
        context[f"steps.{step_id}.outputs"] = outputs
    return Ended(failed, status, log, Path(files["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8"), {}, done)


def _run_step(
    step: Mapping[str, object], job: Job, context: Mapping[str, Names], files: Names, action: Path | None
) -> tuple[int, str, Names]:
    if "uses" not in step:
        return _run_script(step, job, context, files, action)
    arguments = {key: fill(value, context) for key, value in texts(step.get("with")).items()}
    uses = str(step["uses"])
    if not uses.startswith("./"):
        return 0, "", job.uses[uses.partition("@")[0]](job, arguments)
    ended = run_action(job.workspace / uses, arguments, job)
    return ended.status, ended.log, ended.outputs


def _run_script(
    step: Mapping[str, object], job: Job, context: Mapping[str, Names], files: Names, action: Path | None
) -> tuple[int, str, Names]:
    for name in ("OUTPUT", "ENV", "PATH"):
        Path(files[f"GITHUB_{name}"]).write_bytes(b"")
    script = job.temp / "step.sh"
    script.write_text(fill(str(step["run"]), context), encoding="utf-8")
    given = {key: fill(value, context) for key, value in texts(step.get("env")).items()}
    place = {"GITHUB_ACTION_PATH": str(action)} if action else {}
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=job.workspace / fill(str(step.get("working-directory", ".")), context),
        env={**job.environment(files), **place, **given},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    written = Path(files["GITHUB_OUTPUT"]).read_text(encoding="utf-8")
    return ended.returncode, ended.stdout.decode(errors="replace"), dict(_outputs(written))


def _outputs(text: str) -> Iterator[tuple[str, str]]:
    """What a step wrote into GITHUB_OUTPUT: `key=value`, or `key<<END`, lines, `END`."""
    lines = iter(text.split("\n")[:-1])
    for line in lines:
        key, sign, rest = re.fullmatch(r"([\w-]+)(=|<<)(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
        if sign == "=":
            yield key, rest
        else:
            values = []
            while (each := next(lines)) != rest:
                values.append(each)
            yield key, "\n".join(values)


def fill(text: str, context: Mapping[str, Names]) -> str:
    """A text with the values of its expressions."""
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: value(found[1], context), text)


def truth(text: str, context: Mapping[str, Names]) -> bool:
    """What an `if` says; it is an expression with or without its signs."""
    return value(text.removeprefix("${{ ").removesuffix(" }}"), context) not in ("", "false")


def value(text: str, context: Mapping[str, Names]) -> str:
    """The value of an expression; our texts hold no operators, so that it may be split at them."""
    for operator, ends in (("||", True), ("&&", False)):
        if operator in text:
            values = [value(each.strip(), context) for each in text.split(operator)]
            return next((each for each in values if (each not in ("", "false")) is ends), values[-1])
    for operator, same in (("==", True), ("!=", False)):
        if operator in text:
            left, right = (value(each.strip(), context) for each in text.split(operator))
            return str((left == right) is same).lower()
    if call := re.fullmatch(r"startsWith\((.+), (.+)\)", text):
        return str(value(call[1], context).startswith(value(call[2], context))).lower()
    return "true" if text == "!cancelled()" else _atom(text, context)


def _atom(text: str, context: Mapping[str, Names]) -> str:
    if quoted := re.fullmatch(r"'([^']*)'", text):
        return quoted[1]
    place, _, name = text.rpartition(".")
    assert re.fullmatch(r"[\w.-]+\.[\w-]+", text), f"an expression that is not known here: {text}"
    return context.get(place, {}).get(name, "")
