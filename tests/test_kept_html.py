"""What took long to render is rendered once."""

import pytest

from tests.support import Vault, loaded

SLOW = {
    "pygments": ("Q: code\nA: ```py\nx = 1\n```\n", "x = 1", "x = 2"),
    "markdown_it": ("Q: table\nA:\n| a | b |\n|---|---|\n| 1 | 2 |\n", "| 1", "| 3"),
}


@pytest.mark.parametrize("library", SLOW)
def test_another_card_of_the_file_costs_no_rendering(vault: Vault, library: str) -> None:
    text, before, after = SLOW[library]
    vault.write("a.md", f"Q: plain\nA: words\n\n{text}")
    vault.build()
    vault.write("a.md", vault.read("a.md").replace("words", "other words"))
    assert library not in loaded(vault.folder, "build", "-q")
    vault.write("a.md", vault.read("a.md").replace(before, after))
    assert library in loaded(vault.folder, "build", "-q")


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
