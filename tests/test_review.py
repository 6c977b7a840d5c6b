"""What a reviewer broke once: each stays mended, with a twin that must not change."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from ankisync.lock import read_lock
from ankisync.model import NoteId
from ankisync.package import read_ledger
from ankisync.render import render_field
from tests.support import NOW, Vault, document, run

ID = "<!--ID: 1702818043968-->"
ONE = 1702818043968


def ids(text: str) -> list[list[int]]:
    return [[mark.id for mark in block.ids] for block in document(text).blocks]


def codes(text: str) -> list[str]:
    return [each.code for each in document(text).diagnostics]


@pytest.mark.parametrize("closing", ["$$\nx\n$$", "b\n```\ncode\n```", "b <!-- note\nmore -->"])
def test_an_id_behind_what_closes_a_region_is_the_cards(closing: str) -> None:
    text = f"Q: a\nA: {closing} {ID}\n\nQ: c\nA: d\n"
    assert ids(text) == [[ONE], []]
    assert ID not in str(document(text).blocks[0].fields)
    assert ids(f"Q: a\nA: {closing}\n\nQ: c\nA: d\n") == [[], []]


def test_a_lost_id_is_spoken_for_though_its_card_may_not_be_written(vault: Vault) -> None:
    vault.write("a.md", "Q: a\nA: b\n")
    vault.write("b.md", "Q: c\nA: d\n")
    vault.build()
    entries = vault.lock().entries
    vault.write("a.md", "Q: a\nA: b\n")
    for arguments in (["b.md"], ["--locked"]):
        done = vault.build(*arguments, now=NOW + 100)
        assert "retired" not in done.out
        assert "1 waiting" in done.out
    assert vault.lock().entries == entries
    assert vault.build(now=NOW + 100).codes == ["A406"]
    assert vault.lock().entries == entries


@pytest.mark.parametrize("item", ["- DELETE", "- START", "- STARTI x", "STARTING", "1. START"])
def test_list_items_that_hold_keywords_are_text(item: str) -> None:
    text = f"Q: states?\nA: these:\n- IDLE\n{item}\n- STOP\n"
    (block,) = document(text).blocks
    assert block.fields[1][1] == f"these:\n- IDLE\n{item}\n- STOP"


def test_a_new_card_that_ends_in_delete_leaves_out_only_itself(vault: Vault) -> None:
    vault.write("a.md", "Q: verbs?\nA: these:\nDELETE\n\nQ: other\nA: fine\n\nQ: list?\nA: - GET\n- DELETE\n")
    done = vault.build()
    assert done.codes == ["A214"]
    assert done.out.startswith("2 notes")


def test_a_pipe_is_never_read(vault: Vault) -> None:
    vault.write("a.md", "Q: a\nA: b\n")
    vault.write("ankisync.toml", 'notes = ["a.md", "pipe.md"]\n')
    os.mkfifo(vault.folder / "pipe.md")
    assert vault.build().codes == ["A105"]
    vault.write("ankisync.toml", 'notes = ["a.md"]\n')
    vault.build()
    vault.write("a.md", "nothing\n")
    assert "A408" in vault.build().codes


def test_a_list_with_a_thousand_cards_is_one_list(vault: Vault) -> None:
    vault.write("a.md", "- topic\n" + "".join(f"\t- Q: {n}\n\t  A: b\n" for n in range(1000)))
    done = vault.build()
    assert (done.status, done.codes) == (0, [])
    assert done.out.startswith("1000 notes")
    assert vault.check().status == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [("[Kubernetes]: what is it?", []), ("[foo]: bar", ["A203"]), ('[foo]: bar "title"', ["A203"]), ("[x] done", [])],
)
def test_a_question_is_empty_only_if_it_shows_nothing(text: str, told: list[str]) -> None:
    assert codes(f"Q: {text}\nA: y\n") == told
    assert bool(render_field(text)) == (not told)


@pytest.mark.parametrize("where", ["sub/.obsidian/", ".trash/", "n.txt"])
def test_a_note_that_went_where_no_cards_are_read_is_not_retired(vault: Vault, where: str) -> None:
    vault.write("sub/n.md", "Q: a\nA: b\n")
    vault.write("stays.md", "Q: c\nA: d\n")
    vault.build()
    note = vault.folder / "sub" / "n.md"
    if where == "n.txt":
        note.rename(vault.folder / where)
    else:
        (vault.folder / where).mkdir()
    if where == ".trash/":
        note.rename(vault.folder / where / "n.md")
    assert "A111" in vault.build(now=NOW + 100).codes
    assert all(entry.retired is None for entry in vault.lock().entries.values())


def test_an_adopted_guid_survives_the_loss_of_its_line(vault: Vault) -> None:
    vault.write("a.md", f"Q: a\nA: b\n{ID}\n\nQ: c\nA: d\n")
    vault.build()
    lines = vault.read("ankisync.lock").split("\n")
    adopted = [line.replace(',"mod"', ',"guid":"Anki!guid","mod"') if str(ONE) in line else line for line in lines]
    vault.write("ankisync.lock", "\n".join(adopted))
    vault.build()
    vault.write("ankisync.lock", "\n".join(line for line in adopted if str(ONE) not in line))
    vault.write("a.md", vault.read("a.md").replace("A: d", "A: e"))
    vault.build(now=NOW + 100)
    assert vault.lock().entries[NoteId(ONE)].guid == "Anki!guid"


def test_two_lines_for_an_id_keep_what_either_adopted() -> None:
    row = '{"id":1702818043968,"hash":"aa","mod":%d,"deck":"D","file":"n.md"%s}'
    data = "\n".join(['{"ankisync":1}', row % (5, ',"guid":"G"'), row % (9, "")])
    (entry,) = read_lock(data.encode())[0].entries.values()
    assert (entry.mod, entry.guid) == (9, "G")


def test_headers_of_two_branches_are_one() -> None:
    lock, _ = read_lock(b'{"ankisync":1,"a":1}\n{"ankisync":1,"b":2}\n')
    assert dict(lock.header) == {"a": "1", "b": "2"}


def test_a_damaged_line_without_an_id_holds_back_all_that_may_be_its(vault: Vault) -> None:
    vault.write("a.md", f"Q: a\nA: b\n{ID}\n\nQ: c\nA: d\n")
    vault.write("ankisync.lock", '{"ankisync":1}\n{"id":17028180\n')
    done = vault.build()
    assert done.codes == ["A701"]
    assert done.out.startswith("1 note in")


def test_math_at_both_ends_of_a_line_is_two_formulas() -> None:
    assert render_field("$$x=1$$ and $$y=2$$") == r"\[x=1\] and \[y=2\]"
    assert render_field("$$x=1$$").strip() == r"\[x=1\]"


def test_a_card_in_the_frontmatter_is_told() -> None:
    assert codes("---\nTopic: x\n\nQ: a\nA: b\n\n---\n") == ["A216"]
    assert codes("---\nTopic: x\n---\n\nQ: a\nA: b\n") == []


@pytest.mark.parametrize("pattern", ["!", "\\", "a\\", "[z-a]"])
def test_lines_of_an_ignore_file_that_are_no_patterns_are_passed_over(vault: Vault, pattern: str) -> None:
    subprocess.run(["git", "init", "-q"], cwd=vault.folder, check=True)
    vault.write("a.md", "Q: a\nA: b\n")
    vault.write(".gitignore", f"{pattern}\nb.md\n")
    vault.write("b.md", "Q: c\nA: d\n")
    assert vault.build().out.startswith("1 note")


def test_an_exclude_that_is_no_pattern_is_exit_2(vault: Vault) -> None:
    vault.write("ankisync.toml", 'exclude = ["!"]\n')
    assert vault.check().status == 2


@pytest.mark.parametrize("text", ["[tool.ankisync]\nbroken =\n", "[tool]\nankisync = 5\n"])
def test_a_broken_pyproject_is_not_passed_by(tmp_path: Path, text: str) -> None:
    vault = Vault(tmp_path / "v")
    vault.write("pyproject.toml", text)
    vault.write("notes/a.md", "Q: a\nA: b\n")
    assert run(vault.folder, "build", "notes").status == 2
    assert vault.read("notes/a.md") == "Q: a\nA: b\n"


def test_a_link_upwards_is_not_followed(vault: Vault) -> None:
    private = vault.folder.parent / "private.md"
    private.write_text("Q: a\nA: b\n")
    (vault.folder / "link").symlink_to("..")
    vault.write("a.md", "Q: c\nA: d\n")
    assert vault.build().codes == ["A107"]
    assert private.read_text() == "Q: a\nA: b\n"


@pytest.mark.parametrize("name", ["ignored.md", ".dot.md", "x.txt", "empty"])
def test_a_path_in_which_nothing_is_read_is_told(vault: Vault, name: str) -> None:
    vault.write("ankisync.toml", 'exclude = ["ignored.md"]\n')
    vault.write("a.md", "Q: c\nA: d\n")
    if name == "empty":
        (vault.folder / name).mkdir()
    else:
        vault.write(name, "Q: a\nA: b\n")
    assert vault.check(name).codes == ["A112"]
    assert vault.check("a.md").codes == []


def test_list_tells_what_cannot_be_read(vault: Vault) -> None:
    vault.write("a.md", b"\xff\n")
    listed = vault.run("list")
    assert (listed.status, listed.codes) == (1, ["A101"])


def test_where_a_searched_fence_ends_with_its_list_the_next_fence_hides() -> None:
    from ankisync.config import Settings

    text = "- ```anki\n  Q: a\n  A: b\n```py\nQ: not\nA: code\n```\n"
    assert [block.fields[0][1] for block in document(text, Settings(fences=("anki",))).blocks] == ["a"]


def test_an_end_in_a_fence_does_not_end_a_start_block() -> None:
    assert (
        document("START\nBasic\n```\nEND\n```\nQ: inner\nA: x\nEND\n").blocks[0].fields[0][1]
        == "```\nEND\n```\nQ: inner\nA: x"
    )


def test_locked_builds_of_one_state_are_the_same_bytes(vault: Vault) -> None:
    vault.write("a.md", "Q: a\nA: b\n")
    vault.build()
    vault.write("a.md", vault.read("a.md").replace("A: b", "A: c"))
    package = vault.folder / "decks" / "Default.apkg"
    built = []
    for now in (NOW + 10, NOW + 20):
        package.unlink()
        assert vault.build("--locked", now=now).status == 3
        built.append(package.read_bytes())
    assert built[0] == built[1]


def test_a_plan_invents_no_ids(vault: Vault) -> None:
    vault.write("a.md", "Q: a\nA: b\n")
    plan = json.loads(vault.check("--format", "json").out)["plan"]
    assert [note["id"] for note in plan["new"]] == [None]
    done = json.loads(vault.build("--format", "json").out)["plan"]
    assert [note["id"] for note in done["new"]] == vault.ids()


def test_raw_html_around_a_paragraph_stays_whole() -> None:
    assert render_field('a\n\n<p align="center">b</p>') == '<p>a</p>\n<p align="center">b</p>'
    assert render_field("a") == "a"


def test_a_byte_order_mark_in_the_lock_is_nothing(vault: Vault) -> None:
    vault.write("a.md", "Q: a\nA: b\n")
    vault.build()
    vault.write("ankisync.lock", "\ufeff" + vault.read("ankisync.lock"))
    assert vault.build().codes == []


def test_one_bad_line_of_a_packages_ledger_loses_only_itself(vault: Vault, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "x.apkg"
    with zipfile.ZipFile(path, "w") as archive:
        row = '{"id":%d,"hash":"h","mod":5,"deck":"D"%s}\n'
        archive.writestr("ankisync.jsonl", row % (ONE, ',"later":1') + "[]\n{\n" + row % (ONE + 1, ""))
    assert sorted(read_ledger(path)) == [ONE, ONE + 1]


@pytest.mark.parametrize(
    "text",
    [
        "Q: a\nA: x " + "<!-- " * 20_000,
        "- " * 100_000 + "Q:",
        "Q: " + "<" * 50_000 + "\nA: b",
        "<!-- \n" * 30_000 + "Q: a",
    ],
)
def test_hostile_texts_are_read_in_linear_time(text: str) -> None:
    """Quadratic ones took minutes; what is asserted is that this ends within the suite's patience."""
    assert len(document(text).blocks) <= 1
