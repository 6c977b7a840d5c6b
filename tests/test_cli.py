"""The command line as a user meets it: exit statuses, forms of output, paths."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ankisync import __version__
from ankisync.cache import hold
from tests.support import NOW, PYTHON, Vault, run

CARDS = "TARGET DECK: A::B\n\nQ: one?\nA: 1\n\nQ: two?\nA: 2\nTags: x\n<!--ID: 1702818043968-->\n"
BROKEN = "Q: no answer\n\nTARGET DECK: A\n"


@pytest.fixture
def cards(vault: Vault) -> Vault:
    vault.write("a.md", CARDS)
    return vault


def test_build_says_what_it_did_and_then_that_nothing_is_to_do(cards: Vault) -> None:
    cards.settle()
    first = cards.build()
    assert first.status == 0
    assert first.err == ""
    assert first.out.split("\n") == [
        "2 notes in 1 deck: 2 new, 0 changed, 0 unchanged",
        "wrote a.md",
        "wrote ankisync.lock",
        "wrote decks/A.apkg (2 notes)",
        "next: import the decks into Anki (File, Import); `ankisync watch` keeps them current while you write",
        "",
    ]
    assert cards.build().out == "2 notes in 1 deck: 0 new, 0 changed, 2 unchanged\n"


def test_check_tells_what_a_build_would_write_and_writes_nothing(cards: Vault) -> None:
    before = cards.state()
    run = cards.check()
    assert run.status == 3
    assert "would write a.md (1 new)" in run.out
    assert "would write ankisync.lock" in run.out
    assert cards.state() == before
    assert not (cards.folder / ".ankisync_cache").exists()
    cards.build()
    assert cards.check().status == 0


def test_a_missing_package_is_no_reason_for_check_to_fail(cards: Vault) -> None:
    cards.build()
    (cards.folder / "decks" / "A.apkg").unlink()
    assert cards.check().status == 0
    assert "wrote decks/A.apkg" in cards.build().out


def test_dry_run_writes_nothing_and_exits_0(cards: Vault) -> None:
    before = cards.state()
    assert cards.build("--dry-run").status == 0
    assert cards.state() == before


def test_locked_writes_packages_only_and_exits_3_where_a_note_would_be_written(cards: Vault) -> None:
    before = cards.state()
    run = cards.build("--locked")
    assert run.status == 3
    assert "1 waiting for an ID" in run.out
    after = cards.state()
    assert set(after) - set(before) == {"decks/A.apkg"}
    assert {name: after[name] for name in before} == before


def test_locked_after_a_build_exits_0_and_gives_the_same_bytes(cards: Vault) -> None:
    cards.build()
    package = cards.folder / "decks" / "A.apkg"
    built = package.read_bytes()
    package.unlink()
    assert cards.build("--locked", now=NOW + 999).status == 0
    assert package.read_bytes() == built


def test_locked_tells_a_stale_lock(cards: Vault) -> None:
    cards.build()
    cards.write("a.md", cards.read("a.md").replace("A: 1", "A: one"))
    lock = cards.read("ankisync.lock")
    assert cards.build("--locked").status == 3
    assert cards.read("ankisync.lock") == lock


def test_one_broken_card_does_not_block_the_sound_ones_but_strict_makes_it(cards: Vault) -> None:
    cards.write("b.md", BROKEN)
    before = cards.state()
    strict = cards.build("--strict")
    assert (strict.status, strict.codes) == (1, ["A201", "A608"])
    assert cards.state() == before
    loose = cards.build()
    assert (loose.status, loose.codes) == (1, ["A201"])
    assert "wrote decks/A.apkg (2 notes)" in loose.out


def test_strict_does_not_mind_warnings(cards: Vault) -> None:
    cards.write("b.md", "A: no question\n")
    assert cards.build("--strict").status == 0


def test_errors_come_before_a_write_that_is_due(cards: Vault) -> None:
    cards.write("b.md", BROKEN)
    assert cards.check().status == 1


def test_diagnostics_have_a_place_a_code_and_a_hint(cards: Vault) -> None:
    cards.settle()
    cards.write("sub/b.md", "\n> Q: no answer\n")
    lines = cards.check().err.split("\n")
    assert lines[0] == "sub/b.md:2:3: error[A201]: this `Q:` has no `A:`"
    assert lines[1].startswith("    put an `A:`")


def test_json_is_one_object_on_stdout(cards: Vault) -> None:
    cards.settle()
    cards.write("b.md", BROKEN)
    run = cards.build("--format", "json")
    assert run.err == ""
    value = json.loads(run.out)
    assert set(value) == {"plan", "written", "diagnostics"}
    assert value["written"] == ["a.md", "ankisync.lock", "decks/A.apkg"]
    assert [note["line"] for note in value["plan"]["new"]] == [3, 6]
    assert set(value["diagnostics"][0]) == {"code", "severity", "path", "line", "column", "message", "hint"}
    assert (value["diagnostics"][0]["path"], value["diagnostics"][0]["severity"]) == ("b.md", "error")


def test_github_form_is_a_workflow_command_at_the_line(cards: Vault) -> None:
    cards.settle()
    cards.write("odd, na:me.md", BROKEN)
    line = cards.check("--format", "github").err.split("\n")[0]
    assert line.startswith("::error file=odd%2C na%3Ame.md,line=1,col=1,title=A201::this `Q:` has no `A:`: put an")


def test_quiet_tells_errors_only(cards: Vault) -> None:
    cards.write("b.md", BROKEN + "\nA: lonely\n")
    run = cards.build("-q")
    assert (run.out, run.codes) == ("", ["A201"])


def test_unclaimed_ids_are_told_once_and_one_by_one_with_verbose(vault: Vault) -> None:
    vault.write("a.md", "front #flashcard\nback\n<!--ID: 1702818043968-->\n\nmore\n<!--ID: 1702818043969-->\n")
    assert vault.check().codes == ["A405"]
    assert vault.check("-v").codes == ["A405", "A411", "A411"]
    assert vault.check().status == 0


def test_list_gives_each_note_as_read(cards: Vault) -> None:
    rows = json.loads(cards.run("list", "--format", "json").out)
    assert rows == [
        {
            "id": None,
            "guid": None,
            "notetype": "Basic",
            "deck": "A::B",
            "tags": [],
            "fields": {"Front": "one?", "Back": "1"},
            "path": "a.md",
            "line": 3,
        },
        {
            "id": 1702818043968,
            "guid": "ankisync-1702818043968",
            "notetype": "Basic",
            "deck": "A::B",
            "tags": ["x"],
            "fields": {"Front": "two?", "Back": "2"},
            "path": "a.md",
            "line": 6,
        },
    ]
    assert cards.run("list").out == "a.md:3: - A::B: one?\na.md:6: 1702818043968 A::B: two?\n"


def test_list_of_a_path_shows_only_that(cards: Vault) -> None:
    cards.write("b.md", "Q: three?\nA: 3\n")
    cards.write("c.md", BROKEN)
    run = cards.run("list", "b.md")
    assert (run.status, run.out, run.err) == (0, "b.md:1: - Default: three?\n", "")
    assert cards.run("list").status == 1


def test_an_unknown_option_or_path_is_exit_2(cards: Vault) -> None:
    assert cards.build("--nonsense").status == 2
    missing = cards.build("nowhere.md")
    assert (missing.status, "there is no nowhere.md" in missing.err) == (2, True)


def test_help_and_version_exit_0(vault: Vault) -> None:
    assert vault.run("--help").status == 0
    assert vault.run("--version").out.startswith(f"ankisync {__version__}\n")
    assert vault.run("build", "-h").status == 0


def test_without_a_root_or_a_path_a_build_asks_for_one(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(CARDS.encode())
    refused = run(tmp_path, "build")
    assert (refused.status, "name the folder: `ankisync build .`" in refused.err) == (2, True)
    assert (tmp_path / "a.md").read_bytes() == CARDS.encode()
    assert run(tmp_path, "build", ".").status == 0


def test_a_mere_repository_wants_a_path_but_a_notes_folder_is_enough(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_bytes(CARDS.encode())
    assert run(tmp_path, "build").status == 2
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "n.md").write_bytes(b"Q: a\nA: b\n")
    assert run(tmp_path, "build").status == 0
    assert (tmp_path / "README.md").read_bytes() == CARDS.encode()
    assert b"<!--ID:" in (tmp_path / "notes" / "n.md").read_bytes()


def test_a_path_limits_what_is_written_and_told_but_not_what_a_deck_holds(cards: Vault) -> None:
    cards.settle()
    cards.write("b.md", "TARGET DECK: A\n\nQ: new\nA: card\n\nQ: broken\n")
    cards.write("c.md", "TARGET DECK: A\n\nQ: mine\nA: card\n")
    run = cards.build("c.md")
    assert (run.status, run.err) == (0, "")
    assert cards.read("a.md") == CARDS
    assert "<!--ID" not in cards.read("b.md")
    assert "<!--ID" in cards.read("c.md")
    assert "wrote decks/A.apkg (2 notes)" in run.out
    assert "2 waiting for an ID" in run.out


def test_paths_work_from_other_folders(cards: Vault, tmp_path: Path) -> None:
    cards.write("sub/b.md", BROKEN)
    relative = run(cards.folder / "sub", "check", "..")
    assert "b.md:1:1: error[A201]" in relative.err
    beside = run(tmp_path, "check", "vault/sub")
    assert "vault/sub/b.md:1:1: error[A201]" in beside.err
    (tmp_path / "far").mkdir()
    absolute = run(tmp_path / "far", "check", cards.folder)
    assert f"{cards.folder}/sub/b.md:1:1: error[A201]" in absolute.err


def test_a_path_outside_the_configured_notes_is_refused(vault: Vault) -> None:
    vault.write("ankisync.toml", 'notes = ["notes"]\n')
    vault.write("notes/a.md", CARDS)
    vault.write("other/b.md", CARDS)
    refused = vault.build("other")
    assert (refused.status, "other is not among the notes (notes)" in refused.err) == (2, True)
    assert vault.build(".").status == 0
    assert vault.read("other/b.md") == CARDS


def test_a_path_beside_the_usual_notes_folder_is_read_too(vault: Vault) -> None:
    vault.write("notes/a.md", CARDS)
    vault.write("other/b.md", "Q: b\nA: b\n")
    run = vault.build(".")
    assert (run.status, run.codes) == (0, [])
    assert run.out.startswith("3 notes in 2 decks: 3 new")
    assert vault.build("other/b.md").out.startswith("3 notes in 2 decks: 0 new")


def test_paths_of_two_vaults_are_refused(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "ankisync.toml").write_bytes(b"")
    refused = run(tmp_path, "build", "vault", "second")
    assert (refused.status, "different vaults" in refused.err) == (2, True)


def test_out_names_a_folder_or_one_package(cards: Vault, tmp_path: Path) -> None:
    cards.write("b.md", "TARGET DECK: Other\n\nQ: a\nA: b\n")
    assert cards.build("-o", tmp_path / "there").status == 0
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["A.apkg", "Other.apkg"]
    assert cards.build("-o", tmp_path / "deep" / "all.apkg").status == 0
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["all.apkg"]
    assert not (cards.folder / "decks").exists()


def test_a_file_that_is_not_ours_is_never_overwritten(cards: Vault) -> None:
    theirs = cards.write("decks/A.apkg", b"PK somebody's export")
    run = cards.build()
    assert (run.status, run.codes) == (1, ["A603"])
    assert theirs.read_bytes() == b"PK somebody's export"
    assert "<!--ID" in cards.read("a.md")


def test_a_package_whose_deck_is_gone_is_removed_and_told(cards: Vault) -> None:
    cards.build()
    theirs = cards.write("decks/theirs.apkg", b"PK somebody's export")
    cards.write("a.md", cards.read("a.md").replace("A::B", "Z"))
    run = cards.build()
    assert run.codes == ["A604"]
    assert sorted(path.name for path in (cards.folder / "decks").iterdir()) == ["Z.apkg", theirs.name]


def test_a_package_stays_where_its_notes_are_only_broken(cards: Vault) -> None:
    cards.build()
    cards.write("a.md", cards.read("a.md").replace("A::B", "A::"))
    run = cards.build()
    assert (run.status, run.codes) == (1, ["A302"])
    assert (cards.folder / "decks" / "A.apkg").exists()


def test_a_package_of_another_vault_in_the_same_folder_stays(cards: Vault, tmp_path: Path) -> None:
    other = Vault(tmp_path / "second")
    other.write("ankisync.toml", "")
    other.write("x.md", "TARGET DECK: X\n\nQ: x\nA: x\n")
    other.build("-o", tmp_path / "both", seed=2)
    cards.build("-o", tmp_path / "both")
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == ["A.apkg", "X.apkg"]


def test_a_moved_card_and_a_retired_one_come_with_a_search(cards: Vault) -> None:
    cards.build()
    one, two = cards.ids()
    cards.write("a.md", f"TARGET DECK: New\n\nQ: one?\nA: 1\n<!--ID: {one}-->\n")
    run = cards.build()
    assert run.status == 0
    assert f"move these to New:\n    nid:{one}\n" in run.out
    assert f"stand in no file any more:\n    nid:{two}\n" in run.out


def test_no_cards_is_said(vault: Vault) -> None:
    vault.write("a.md", "prose\n")
    run = vault.build()
    assert (run.status, run.out.partition(".")[0]) == (0, "no cards found")
    assert vault.build().out == run.out
    assert not (vault.folder / "ankisync.lock").exists()


def test_touch_by_id_path_or_all(cards: Vault) -> None:
    cards.write("sub/b.md", "Q: a\nA: b\n")
    cards.build()
    before = cards.lock().entries
    assert cards.run("touch", "1702818043968", now=NOW + 5).status == 0
    changed = {note_id for note_id, entry in cards.lock().entries.items() if entry.mod != before[note_id].mod}
    assert changed == {1702818043968}
    assert "1 notes win" in cards.run("touch", "sub", now=NOW + 6).out
    assert "3 notes win" in cards.run("touch", "--all", now=NOW + 7).out
    assert {entry.mod for entry in cards.lock().entries.values()} == {NOW + 7}


@pytest.mark.parametrize("arguments", [(), ("--all", "a.md"), ("1702818043999",), ("ankisync.toml",), ("nowhere",)])
def test_touch_of_nothing_or_of_what_is_unknown_is_exit_2(cards: Vault, arguments: tuple[str, ...]) -> None:
    cards.build()
    lock = cards.read("ankisync.lock")
    assert cards.run("touch", *arguments).status == 2
    assert cards.read("ankisync.lock") == lock


def test_touch_without_a_lock_says_to_build_first(cards: Vault) -> None:
    refused = cards.run("touch", "--all")
    assert (refused.status, "build first" in refused.err) == (2, True)


def test_a_second_run_says_who_holds_the_vault(cards: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ankisync.cache.WAIT_SECONDS", 0.1)
    before = cards.state()
    with hold(cards.folder, "process 42, since 12:00:00"):
        for command in ("build", "touch"):
            busy = cards.run(command, *(["--all"] if command == "touch" else []))
            assert (busy.status, busy.codes) == (1, ["A606"])
            assert "process 42, since 12:00:00" in busy.err
        assert cards.check().status == 3
        assert cards.state() == before
    assert cards.build().status == 0


def test_the_cache_folder_is_ignored_by_git_by_its_own_file(cards: Vault) -> None:
    subprocess.run(["git", "init", "-q"], cwd=cards.folder, check=True)
    cards.build()
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=cards.folder, check=True, capture_output=True, text=True
    )
    assert ".ankisync_cache" not in status.stdout
    assert "ankisync.lock" in status.stdout


def test_a_vault_without_room_for_the_lock_file_can_still_be_built_locked(
    cards: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cards.write(".ankisync_cache", "a file where the folder should be")
    plain = cards.build()
    assert (plain.status, plain.codes) == (1, ["A602"])
    assert cards.read("a.md") == CARDS
    assert cards.build("--locked", "-o", tmp_path / "out").status == 3
    assert (tmp_path / "out" / "A.apkg").exists()
    assert cards.run("touch", "--all").codes == ["A602"]


def test_an_interrupt_is_exit_130(cards: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ankisync.shell.plan_vault", interrupt)
    assert cards.check().status == 130


def test_the_program_runs_as_a_module_and_as_a_command(cards: Vault) -> None:
    command = [PYTHON, "-m", "ankisync", "check"]
    ended = subprocess.run(command, cwd=cards.folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    script = Path(PYTHON).with_name("ankisync")
    ended = subprocess.run([script, "list"], cwd=cards.folder, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.count("\n")) == (0, 2)


def test_output_survives_a_terminal_that_knows_ascii_only(cards: Vault) -> None:
    cards.write("é\udc80.md".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"), BROKEN)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    command = [PYTHON, "-m", "ankisync", "check"]
    ended = subprocess.run(command, cwd=cards.folder, capture_output=True, env=environment, check=False)
    assert ended.returncode == 1
    assert b"\\udc80.md:1:1: error[A201]" in ended.stderr
    assert b"Traceback" not in ended.stderr
