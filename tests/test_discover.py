"""Which files are read: links, dot folders, git's ignore files, nested vaults, copies."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support import Vault, run

CARD = "Q: {}\nA: x\n"


def fronts(vault: Vault, *arguments: str) -> set[str]:
    """The questions that are read."""
    lines = vault.run("list", *arguments).out.strip().split("\n")
    return {line.rpartition(": ")[2] for line in lines if line}


def put(vault: Vault, *names: str) -> None:
    for name in names:
        vault.write(name, CARD.format(name))


def test_markdown_files_in_any_case_and_nothing_else(vault: Vault) -> None:
    put(vault, "a.md", "b.MD", "c.markdown", "d.Markdown", "e.txt", "f.md.bak", "md", "deep/er/g.md")
    assert fronts(vault) == {"a.md", "b.MD", "c.markdown", "d.Markdown", "deep/er/g.md"}


def test_dot_folders_and_dot_files_are_not_read(vault: Vault) -> None:
    put(vault, "a.md", ".trash/b.md", ".obsidian/c.md", "x/.git/d.md", "._a.md")
    assert fronts(vault) == {"a.md"}


def test_a_nested_vault_is_told_and_not_read(vault: Vault) -> None:
    put(vault, "a.md", "one/b.md", "two/c.md", "three/d.md", "four/e.md", "plain/f.md")
    vault.write("one/ankisync.toml", "")
    (vault.folder / "two" / ".git").mkdir()
    (vault.folder / "three" / ".obsidian").mkdir()
    vault.write("four/pyproject.toml", "[tool.ankisync]\n")
    vault.write("plain/pyproject.toml", "[tool.other]\n")
    assert fronts(vault) == {"a.md", "plain/f.md"}
    assert vault.check().codes == ["A110"] * 4


def test_what_git_ignores_is_not_read(vault: Vault) -> None:
    subprocess.run(["git", "init", "-q"], cwd=vault.folder, check=True)
    put(vault, "a.md", "draft.md", "keep.md", "out/b.md", "sub/c.md", "sub/d.md", "sub/deep/e.md", "info.md")
    vault.write(".gitignore", "draft.md\r\n/out/\n# comment\n*.tmp.md\n")
    vault.write("sub/.gitignore", "*.md\n!d.md\n")
    vault.write(".git/info/exclude", "info.md\n")
    assert fronts(vault) == {"a.md", "keep.md", "sub/d.md"}


def test_without_a_repository_gitignore_means_nothing(vault: Vault) -> None:
    put(vault, "a.md", "draft.md")
    vault.write(".gitignore", "draft.md\n")
    assert fronts(vault) == {"a.md", "draft.md"}


def test_ignore_files_above_the_vault_count(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    vault = Vault(tmp_path / "deep" / "vault")
    put(vault, "a.md", "draft.md")
    vault.write("ankisync.toml", "")
    (tmp_path / ".gitignore").write_bytes(b"/deep/vault/draft.md\n")
    assert fronts(vault) == {"a.md"}


def test_exclude_takes_patterns_as_git_does(vault: Vault) -> None:
    put(vault, "a.md", "templates/b.md", "x/templates/c.md", "d.excalidraw.md", "keep.md")
    vault.write("ankisync.toml", 'exclude = ["templates/", "*.excalidraw.md"]\n')
    assert fronts(vault) == {"a.md", "keep.md"}


def test_copies_that_sync_tools_leave_are_told_and_not_read(vault: Vault) -> None:
    copies = ["a.sync-conflict-20240101-120000-ABC.md", "a (Anna's conflicted copy 2024-01-01).md", "a.orig.md"]
    put(vault, "a.md", "b (1).md", *copies)
    assert fronts(vault) == {"a.md", "b (1).md"}
    assert vault.check().codes == ["A108"] * 3


def test_a_folder_named_like_a_note_is_told_and_read(vault: Vault) -> None:
    put(vault, "x.md/a.md")
    assert fronts(vault) == {"x.md/a.md"}
    assert vault.check().codes == ["A106"]


def test_links_are_followed_once(vault: Vault, tmp_path: Path) -> None:
    put(vault, "z/real.md", "folder/b.md")
    outside = Vault(tmp_path / "outside")
    put(outside, "c.md")
    (vault.folder / "alias.md").symlink_to("z/real.md")
    (vault.folder / "again").symlink_to("folder")
    (vault.folder / "far").symlink_to(outside.folder)
    assert fronts(vault) == {"z/real.md", "folder/b.md", "c.md"}
    assert vault.check().codes == []


def test_loops_and_dangling_links_are_told(vault: Vault) -> None:
    put(vault, "a.md")
    (vault.folder / "loop").symlink_to(".")
    (vault.folder / "self.md").symlink_to("self.md")
    (vault.folder / "dangling.md").symlink_to("nowhere.md")
    run = vault.check()
    assert fronts(vault) == {"a.md"}
    assert run.codes == ["A107"] * 3
    assert run.status == 3


def test_a_pipe_named_like_a_note_does_not_hang(vault: Vault) -> None:
    put(vault, "a.md")
    os.mkfifo(vault.folder / "pipe.md")
    run = vault.check()
    assert (run.status, run.codes) == (1, ["A105"])
    assert "not a regular file" in run.err


def test_notes_names_folders_and_files(vault: Vault) -> None:
    put(vault, "one/a.md", "two/b.md", "c.md", "d.md")
    vault.write("ankisync.toml", 'notes = ["one", "c.md"]\n')
    assert fronts(vault) == {"one/a.md", "c.md"}


def test_settings_may_stand_in_pyproject(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    put(vault, "a.md", "b.md")
    vault.write("pyproject.toml", '[tool.ankisync]\nexclude = ["b.md"]\n')
    assert fronts(vault) == {"a.md"}
    vault.write("pyproject.toml", "[tool.ankisync]\nexcluded = []\n")
    refused = vault.check()
    assert (refused.status, "did you mean `exclude`?" in refused.err) == (2, True)


def test_the_root_is_found_from_below(vault: Vault) -> None:
    put(vault, "a.md", "sub/b.md")
    inside = run(vault.folder / "sub", "list")
    assert inside.out == "../a.md:1: - Default: a.md\nb.md:1: - Default: sub/b.md\n"


def test_a_file_as_path(vault: Vault) -> None:
    put(vault, "a.md", "sub/b.md")
    assert fronts(vault, "sub/b.md") == {"sub/b.md"}


@pytest.mark.parametrize("name", ["new\nline.md", "tab\there.md", "esc\x1b[31m.md"])
def test_names_with_control_characters_are_written_as_escapes(vault: Vault, name: str) -> None:
    vault.write(name, "Q: broken\n")
    run = vault.check()
    assert run.codes == ["A201"]
    assert name not in run.err
    assert run.err.count("\n") == 2


def test_a_name_that_is_no_utf8_goes_through_the_lock_and_back(vault: Vault) -> None:
    vault.write("caf\udce9.md", "Q: a\nA: b\n")
    assert vault.build().status == 0
    state = vault.state()
    assert vault.build().status == 0
    assert vault.state() == state
    assert b'"file":"caf\\udce9.md"' in (vault.folder / "ankisync.lock").read_bytes()
