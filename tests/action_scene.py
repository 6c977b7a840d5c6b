"""A repository on a GitHub of folders, and what stands in for GitHub's own actions, its command and its runner."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.action_support import (
    ACTION,
    Ended,
    Job,
    Names,
    mapping,
    read_yaml,
    run_action,
    run_steps,
    sequence,
)
from tests.environments import copy_project, git, once
from tests.support import PYTHON

# A GitHub with releases in a folder, as far as it is asked here.
GH = """#!{python}
import fnmatch, pathlib, shutil, sys
releases = pathlib.Path({releases!r})
kind, what, *rest = sys.argv[1:]
assert kind == "release"
if what == "list":
    print("".join(each.name + "\\n" for each in sorted(releases.iterdir())[-1:]), end="")
    sys.exit()
release = releases / rest[0]
if what == "create":
    release.mkdir()
    (releases.parent / "release-notes.md").write_bytes(pathlib.Path(rest[rest.index("--notes-file") + 1]).read_bytes())
elif not release.is_dir():
    sys.exit("release not found")
elif what == "upload":
    for name in rest[2:]:
        shutil.copy(name, release)
elif what == "download":
    target = pathlib.Path(rest[rest.index("--dir") + 1])
    target.mkdir()
    for each in fnmatch.filter((path.name for path in release.iterdir()), rest[rest.index("--pattern") + 1]):
        shutil.copy(release / each, target)
else:
    print("".join(path.name + "\\n" for path in release.iterdir()), end="")
"""


def set_up_python(_job: Job, _arguments: Names) -> Names:
    return {"python-path": PYTHON}


def check_out(job: Job, arguments: Names) -> Names:
    assert arguments == {"persist-credentials": "false"}
    clone(job.folder / "origin.git", job.workspace)
    return {}


def upload(job: Job, arguments: Names) -> Names:
    shutil.copytree(job.workspace / arguments["path"], job.folder / "artifacts" / arguments["name"])
    return {}


def download(job: Job, arguments: Names) -> Names:
    shutil.copytree(job.folder / "artifacts" / arguments["name"], job.workspace / arguments["path"])
    return {}


USES = {
    "actions/checkout": check_out,
    "actions/setup-python": set_up_python,
    "actions/upload-artifact": upload,
    "actions/download-artifact": download,
}


def clone(origin: Path, folder: Path) -> None:
    git(origin.parent, "clone", "--quiet", "--depth", "1", origin.as_uri(), str(folder))


@dataclass(frozen=True)
class Scene:
    """A repository at `origin`, releases, and the action as others get it."""

    folder: Path
    action: Path
    ready: Mapping[str, Names]

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    def publish(self, folder: Path) -> None:
        """Make what lies in a folder the repository."""
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "notes")
        git(self.folder, "init", "--quiet", "--bare", str(self.origin))
        git(folder, "push", "--quiet", str(self.origin), "HEAD:refs/heads/main")

    def job(self, ref: str = "refs/heads/main") -> Job:
        """A new machine; nothing is on it but what was installed before."""
        for name in ("workspace", "temp"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        github = {"token": "t", "repository": "someone/notes", "ref": ref, "ref_name": ref.rpartition("/")[2]}
        return Job(self.folder, github, USES, self.folder / "tools", self.ready)

    def run(self, inputs: Names | None = None, ref: str = "refs/heads/main") -> Ended:
        """Run the action in a fresh clone."""
        job = self.job(ref)
        clone(self.origin, job.workspace)
        if not ref.startswith("refs/heads/"):
            git(job.workspace, "checkout", "--quiet", "--detach")
        return run_action(self.action, inputs or {}, job)

    def edit(self, path: str, before: str, after: str) -> None:
        """Change a file and push, as one does in a web editor."""
        shutil.rmtree(self.folder / "editor", ignore_errors=True)
        clone(self.origin, self.folder / "editor")
        file = self.folder / "editor" / path
        text = file.read_bytes().decode() if file.exists() else ""
        assert before in text
        file.write_bytes(text.replace(before, after, 1).encode() if before else (text + after).encode())
        git(file.parent, "add", "--all")
        git(file.parent, "commit", "--quiet", "--message", "edit")
        git(file.parent, "push", "--quiet", "origin", "HEAD:main")

    def commits(self) -> list[str]:
        return git(self.origin, "log", "--format=%s", "main").stdout.splitlines()


def installed(factory: pytest.TempPathFactory) -> Path:
    """The action and its ankisync, installed by its own first steps into an environment of its own."""
    return once(factory, "action", _install)


def installed_scripts(factory: pytest.TempPathFactory) -> Path:
    """The scripts of that environment."""
    return installed(factory) / "temp" / "ankisync" / "bin"


def action_steps(action: Path) -> list[object]:
    return sequence(mapping(read_yaml(action / "action.yml")["runs"])["steps"])


def _install(folder: Path) -> None:
    copy_project(folder / "source")
    tools = folder / "tools"
    tools.mkdir()
    job = Job(folder, {"ref": "", "repository": ""}, USES, tools)
    job.workspace.mkdir()
    action = folder / "source" / ACTION
    ended = run_steps(action_steps(action)[:2], job, {"inputs": {}}, action)
    assert ended.status == 0, ended.log
    assert re.search(r"^ankisync\b.* \d", ended.log, re.MULTILINE)
    (folder / "steps.json").write_text(json.dumps(ended.steps))


def empty_scene(folder: Path, factory: pytest.TempPathFactory) -> Scene:
    """No repository yet, no release; the action is there."""
    source = installed(factory)
    scene = Scene(folder, source / "source" / ACTION, json.loads((source / "steps.json").read_text()))
    for path in (scene.releases, folder / "tools"):
        path.mkdir()
    (folder / "tools" / "gh").write_text(GH.format(python=PYTHON, releases=str(scene.releases)))
    (folder / "tools" / "gh").chmod(0o755)
    return scene
