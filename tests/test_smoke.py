from tests.support import Vault, needs_corpus, copy_corpus
from pathlib import Path

def test_build_twice(vault: Vault) -> None:
    vault.write("a.md", "TARGET DECK: D\n\nQ: x\nA: y\n")
    assert vault.build().status == 0
    before = vault.state()
    assert vault.build().status == 0
    assert vault.state() == before
    assert vault.check().status == 0

@needs_corpus
def test_corpus(tmp_path: Path) -> None:
    v = copy_corpus("seed", tmp_path/"v")
    assert v.build(".").status == 0
