"""The action for other people's repositories, and our own workflow, run step by step in clones without a cache."""

import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.action_scene import Scene, action_steps, clone, empty_scene
from tests.action_support import ACTION, Job, run_action, run_job, run_steps
from tests.environments import ROOT, copy_project, git, needs_tree
from tests.support import PYTHON, Vault

DECKS = ROOT / ".github" / "workflows" / "decks.yml"

pytestmark = [
    pytest.mark.installs,
    pytest.mark.skipif(os.name != "posix", reason="the stand-ins are scripts"),
    needs_tree,
]

NOTES = "TARGET DECK: Cells\n\nQ: What reads DNA?\nA: RNA polymerase.\n\nQ: And RNA?\nA: The ribosome.\n"


@pytest.fixture
def scene(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A vault with IDs and a lock, published; no release yet."""
    scene = empty_scene(tmp_path, tmp_path_factory)
    vault = Vault(tmp_path / "vault")
    vault.write("ankisync.toml", "")
    vault.write(".gitignore", "decks/\n")
    vault.write("cells.md", NOTES)
    assert vault.build().status == 0
    scene.publish(vault.folder)
    return scene


@pytest.mark.parametrize(
    ("inputs", "asked"),
    [
        ({}, ["{source}"]),
        ({"version": "1.2.3"}, ["ankisync-md==1.2.3"]),
        ({"constraints": "my constraints.txt"}, ["--constraint", "my constraints.txt", "{source}"]),
    ],
)
def test_what_pip_is_asked_for(tmp_path: Path, inputs: dict[str, str], asked: list[str]) -> None:
    """A Python whose environments only tell how they were called stands in: what comes of it is seen below."""
    told = tmp_path / "told"
    python = script(
        tmp_path / "python", f'mkdir -p "$3/bin"; cp "$0" "$3/bin/ankisync"; cp {tmp_path}/pip "$3/bin/python"'
    )
    script(tmp_path / "pip", f'printf "%s\\n" "$@" > {told}')
    (tmp_path / "workspace").mkdir()
    steps = action_steps(ROOT / ACTION)
    stand_in = {"actions/setup-python": lambda _job, _arguments: {"python-path": str(python)}}
    job = Job(tmp_path, {"ref": "", "repository": ""}, stand_in, tmp_path)
    ended = run_steps(steps[:2], job, {"inputs": inputs}, tmp_path / "a b" / ACTION)
    assert ended.status == 0, ended.log
    source = f"{tmp_path}/a b/{ACTION}/../../.."
    assert told.read_text().splitlines()[5:] == [each.format(source=source) for each in asked]


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_locked_vault_gives_packages_a_manifest_and_a_summary(scene: Scene) -> None:
    ended = scene.run()
    assert (ended.failed, ended.status) == (None, 0), ended.log
    assert ended.outputs["packages"] == "./decks/Cells.apkg"
    assert ended.outputs["committed"] == "false"
    workspace = scene.folder / "workspace"
    package = (workspace / ended.outputs["packages"]).read_bytes()
    assert package == (scene.folder / "vault" / "decks" / "Cells.apkg").read_bytes()
    (row,) = json.loads((workspace / ended.outputs["manifest"]).read_text())["packages"]
    assert (row["file"], row["sha256"], row["notes"]) == ("Cells.apkg", sha256(package).hexdigest(), 2)
    assert "Cells" in ended.summary
    assert Path(ended.outputs["summary"]).read_text() == ended.summary
    assert git(workspace, "status", "--porcelain").stdout == ""


def test_a_changed_card_without_a_build_fails_and_names_the_card_and_the_command(scene: Scene) -> None:
    scene.edit("cells.md", "The ribosome.", "A ribosome.")
    ended = scene.run()
    assert (ended.failed, ended.status) == ("Tell how it ended", 3), ended.log
    (told,) = (line for line in ended.log.split("\n") if line.startswith("::") and "And RNA?" in line)
    assert "file=cells.md,line=7," in told
    assert "`ankisync build`" in told
    assert "'ankisync build'" in ended.log.partition("== Tell how it ended")[2]
    assert "And RNA?" in ended.summary
    assert scene.commits()[0] == "edit"


def test_annotations_name_files_from_the_root_of_the_repository(scene: Scene) -> None:
    shutil.rmtree(scene.origin)
    outer = scene.folder / "outer"
    shutil.copytree(
        scene.folder / "vault", outer / "my notes", ignore=shutil.ignore_patterns(".git", ".ankisync_cache")
    )
    Vault(outer).write("my notes/cells.md", (scene.folder / "vault" / "cells.md").read_text() + "\nQ: new\nA: card\n")
    scene.publish(outer)
    ended = scene.run({"path": "my notes", "out": "out"})
    assert ended.status == 3, ended.log
    assert "file=my notes/cells.md,line=11," in ended.log
    assert ended.outputs["folder"] == "my notes/out"
    assert (scene.folder / "workspace" / ended.outputs["packages"]).is_file()


def test_new_ids_and_the_lock_are_pushed_and_a_second_run_changes_nothing(scene: Scene) -> None:
    scene.edit("new.md", "", "TARGET DECK: Cells\n\nQ: new\nA: card\n")
    scene.edit("cells.md", "The ribosome.", "A ribosome.")
    inputs = {"commit": "true", "commit-message": "IDs of $(new) `cards`", "out": "built"}
    ended = scene.run(inputs)
    assert (ended.status, ended.outputs["committed"]) == (0, "true"), ended.log
    assert scene.commits() == ["IDs of $(new) `cards`", "edit", "edit", "notes"]
    changed = git(scene.origin, "show", "--format=%an", "--name-only", "main").stdout.split()
    assert changed == ["github-actions[bot]", "ankisync.lock", "new.md"]
    first = {path.name: path.read_bytes() for path in (scene.folder / "workspace" / "built").iterdir()}
    again = scene.run(inputs)
    assert (again.status, again.outputs["committed"]) == (0, "false"), again.log
    assert len(scene.commits()) == 4
    assert {path.name: path.read_bytes() for path in (scene.folder / "workspace" / "built").iterdir()} == first
    assert scene.run().status == 0


def test_a_first_run_writes_the_lock(scene: Scene) -> None:
    shutil.rmtree(scene.origin)
    vault = Vault(scene.folder / "first")
    vault.write("ankisync.toml", "")
    vault.write("A note.MD", "Q: new\nA: card\n")
    scene.publish(vault.folder)
    ended = scene.run({"commit": "true"})
    assert (ended.status, ended.outputs["committed"]) == (0, "true"), ended.log
    shown = git(scene.origin, "show", "--format=", "--name-only", "main").stdout
    assert shown.splitlines() == ["A note.MD", "ankisync.lock"]


def test_what_else_a_job_changed_is_not_committed(scene: Scene) -> None:
    scene.edit("cells.md", "", "\nQ: new\nA: card\n")
    job = scene.job()
    clone(scene.origin, job.workspace)
    (job.workspace / ".gitignore").write_bytes(b"decks/\nother/\n")
    (job.workspace / "loose.txt").write_bytes(b"")
    assert run_action(scene.action, {"commit": "true"}, job).status == 0
    assert git(job.workspace, "status", "--porcelain").stdout == " M .gitignore\n?? loose.txt\n"


def test_a_branch_that_moved_on_is_not_overwritten_and_nothing_is_offered(scene: Scene) -> None:
    scene.edit("cells.md", "", "\nQ: new\nA: card\n")
    job = scene.job()
    clone(scene.origin, job.workspace)
    scene.edit("cells.md", "", "\nQ: newer\nA: card\n")
    ended = run_action(scene.action, {"commit": "true"}, job)
    assert (ended.failed, ended.status) == ("Commit new IDs and the lock", 1)
    assert "::error title=ankisync::" in ended.log
    assert ended.outputs["packages"] == ""
    assert scene.commits()[0] == "edit"
    assert scene.run({"commit": "true"}).outputs["committed"] == "true"


@pytest.mark.parametrize("ref", ["refs/tags/v1", "refs/pull/7/merge"])
def test_without_a_branch_nothing_is_written_back(scene: Scene, ref: str) -> None:
    scene.edit("cells.md", "", "\nQ: new\nA: card\n")
    ended = scene.run({"commit": "true"}, ref)
    assert (ended.status, ended.outputs["committed"]) == (3, "false"), ended.log
    assert git(scene.folder / "workspace", "status", "--porcelain").stdout == ""


@pytest.mark.parametrize(("strict", "packages"), [("false", "./decks/Cells.apkg"), ("true", "")])
@pytest.mark.parametrize("commit", ["false", "true"])
def test_errors_in_notes_fail_and_strict_holds_the_sound_ones_back(
    scene: Scene, strict: str, packages: str, commit: str
) -> None:
    scene.edit("bad.md", "", "Q: pictures\nA: ![[none.png]]\n<!--ID: 1702818043968-->\n")
    scene.edit("new.md", "", "Q: one\nA: card\n" if commit == "true" else "")
    ended = scene.run({"strict": strict, "commit": commit})
    assert (ended.status, ended.failed) == (1, "Tell how it ended"), ended.log
    assert "Cells.apkg" in ended.outputs["packages"] if packages else not ended.outputs["packages"]
    assert "::error file=bad.md,line=" in ended.log
    assert ended.outputs["committed"] == str(commit == "true" and strict == "false").lower()


def test_wrong_settings_end_it_at_once(scene: Scene) -> None:
    scene.edit("ankisync.toml", "", "nots = 1\n")
    ended = scene.run({"commit": "true"})
    assert (ended.failed, ended.status) == ("Build", 2)
    assert "nots" in ended.log


def mods_in(package: Path) -> dict[int, int]:
    with zipfile.ZipFile(package) as archive, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(archive.read("collection.anki2"))
        return dict(database.execute("SELECT id, mod FROM notes"))


def test_what_the_last_release_holds_is_never_undercut(scene: Scene) -> None:
    """The released text was taken back by `git revert`: the lock went back, readers did not."""
    vault = Vault(scene.folder / "vault")
    vault.write("cells.md", vault.read("cells.md").replace("The ribosome.", "A ribosome."))
    assert vault.build(now=1_790_500_000).status == 0
    (scene.releases / "v1").mkdir()
    shutil.copy(vault.folder / "decks" / "Cells.apkg", scene.releases / "v1")
    without = scene.run({"previous": "none"})
    ended = scene.run()
    assert (without.status, ended.status) == (0, 0), ended.log
    mods = mods_in(scene.folder / "workspace" / ended.outputs["packages"])
    released = mods_in(scene.releases / "v1" / "Cells.apkg")
    assert sorted(mods[each] - released[each] for each in released) == [0, 1]
    named = scene.run({"previous": "v1"})
    assert named.outputs["packages"] == ended.outputs["packages"]
    assert scene.run({"previous": "v0"}).failed == "Fetch what readers have"


def test_a_release_without_packages_is_passed_over(scene: Scene) -> None:
    (scene.releases / "v1").mkdir()
    (scene.releases / "v1" / "notes.pdf").write_bytes(b"")
    assert scene.run().status == 0


def test_our_own_workflow_releases_the_decks_of_this_repository(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scene = empty_scene(tmp_path, tmp_path_factory)
    copy_project(tmp_path / "project")
    scene.publish(tmp_path / "project")
    job = scene.job("refs/tags/v1")
    built = run_job(DECKS, "build", job)
    assert built.status == 0, built.log
    shutil.rmtree(job.workspace)
    job.workspace.mkdir()
    for _ in range(2):  # a release that is there already is added to
        released = run_job(DECKS, "release", job)
        assert released.status == 0, released.log
        shutil.rmtree(job.workspace / "decks")
    names = sorted(path.name for path in (scene.releases / "v1").iterdir())
    assert "manifest.json" in names
    assert [each["file"] for each in json.loads((scene.releases / "v1" / "manifest.json").read_text())["packages"]] == [
        name for name in names if name.endswith(".apkg")
    ]
    assert (tmp_path / "release-notes.md").read_text() == built.summary
    again = run_job(DECKS, "build", next_job(scene))
    assert again.status == 0, again.log
    for name in names:
        assert (scene.releases / "v1" / name).read_bytes() == (tmp_path / "artifacts" / "decks" / name).read_bytes()


def next_job(scene: Scene) -> Job:
    shutil.rmtree(scene.folder / "artifacts")
    return scene.job("refs/heads/main")


def test_the_hooks_run_by_pre_commit(scene: Scene) -> None:
    """`ankisync-check` stops a commit that a build must come before; `ankisync-build` makes that build."""
    hooks = scene.folder / "hooks"
    copy_project(hooks)
    git(hooks, "init", "--quiet")
    git(hooks, "add", "--all")
    git(hooks, "commit", "--quiet", "--message", "hooks")
    revision = git(hooks, "rev-parse", "HEAD").stdout.strip()
    work = Vault(scene.folder / "work")
    clone(scene.origin, work.folder)
    config = {
        "repos": [{"repo": str(hooks), "rev": revision, "hooks": [{"id": "ankisync-check"}, {"id": "ankisync-build"}]}]
    }
    work.write(".pre-commit-config.yaml", json.dumps(config))
    git(work.folder, "add", "--all")
    environment = {**os.environ, "PRE_COMMIT_HOME": str(scene.folder / "pre-commit")}
    environment.pop("PYTHONPATH", None)

    def hook(name: str) -> tuple[int, str]:
        command = [PYTHON, "-m", "pre_commit", "run", name, "--verbose"]
        ended = subprocess.run(command, cwd=work.folder, env=environment, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout

    assert hook("ankisync-check")[0] == 0
    work.write("cells.md", work.read("cells.md") + "\nQ: new\nA: card\n")
    git(work.folder, "add", "--all")
    status, told = hook("ankisync-check")
    assert (status, "exit code: 3" in told) == (1, True), told
    status, told = hook("ankisync-build")
    assert (status, "files were modified by this hook" in told) == (1, True), told
    git(work.folder, "add", "--all")
    assert hook("ankisync-build")[0] == 0
    assert hook("ankisync-check")[0] == 0
