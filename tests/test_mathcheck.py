"""Math with wrong delimiters is told at its card; money and code are not."""

import pytest

from tests.support import Vault


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("$$x", "is not closed"),
        ("$\\frac{a}{b}", "is not closed"),
        ("$$ $$", "is empty"),
        ("$ \\frac{a}{b} $", "has blanks just inside"),
        ("$\\frac{a}{b$", "has braces without a partner"),
        ("\\(\\frac{a}{b}\\)", "stands in backslash brackets"),
    ],
)
def test_math_that_is_not_shown_is_told_at_its_card(vault: Vault, answer: str, what: str) -> None:
    vault.write("n.md", f"text\n\nQ: a\nA: {answer}\n")
    run = vault.build()
    assert run.status == 0
    assert run.codes == ["A511"]
    assert "n.md:3:1: warning[A511]" in run.err
    assert what in run.err


@pytest.mark.parametrize("answer", ["$5 and $10", "$x$ and $$y$$", "`$\\frac{`", "a \\$ b", "\\[x\\]", "100 $"])
def test_sound_math_money_and_code_are_not(vault: Vault, answer: str) -> None:
    vault.write("n.md", f"Q: a\nA: {answer}\n")
    assert vault.build().codes == []


def test_each_kind_is_told_once_a_card(vault: Vault) -> None:
    vault.write("n.md", "Q: $ \\frac{a}{b} $\nA: $ \\frac{c}{d} $ and $ \\frac{e}{f} $\n")
    assert vault.build().codes == ["A511"]
