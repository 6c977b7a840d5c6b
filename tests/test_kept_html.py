"""What took long to render is rendered once."""

import subprocess

import pytest

from tests.support import PYTHON, Vault

SLOW = {
    "pygments": ("Q: code\nA: ```py\nx = 1\n```\n", "x = 1", "x = 2"),
    "markdown_it": ("Q: table\nA:\n| a | b |\n|---|---|\n| 1 | 2 |\n", "| 1", "| 3"),
}


def loaded(vault: Vault) -> set[str]:
    """The modules that a build loads."""
    code = (
        "import sys, ankisync.cli\n"
        "try: ankisync.cli.main(['build', '-q'])\n"
        "except SystemExit as ended: assert ended.code == 0, ended\n"
        "print('loaded:', *sys.modules)"
    )
    run = subprocess.run([PYTHON, "-c", code], cwd=vault.folder, capture_output=True, text=True, check=True)
    return set(run.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("library", SLOW)
def test_another_card_of_the_file_costs_no_rendering(vault: Vault, library: str) -> None:
    text, before, after = SLOW[library]
    vault.write("a.md", f"Q: plain\nA: words\n\n{text}")
    vault.build()
    vault.write("a.md", vault.read("a.md").replace("words", "other words"))
    assert library not in loaded(vault)
    vault.write("a.md", vault.read("a.md").replace(before, after))
    assert library in loaded(vault)


def test_a_setting_that_alters_it_has_it_rendered_again(vault: Vault) -> None:
    vault.write("ankisync.toml", "")
    vault.write("a.md", SLOW["pygments"][0])
    vault.build()
    coloured = (vault.folder / "decks" / "Default.apkg").read_bytes()
    vault.write("ankisync.toml", "highlight = false\n")
    vault.build()
    assert (vault.folder / "decks" / "Default.apkg").read_bytes() != coloured
    vault.build("--no-cache", "-o", "cold")
    assert (vault.folder / "cold/Default.apkg").read_bytes() == (vault.folder / "decks/Default.apkg").read_bytes()
