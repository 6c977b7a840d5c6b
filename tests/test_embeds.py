"""Notes that cards embed: which passage is taken in, what it brings along, what is told."""

import pytest

from ankisync.media import passage
from tests.anki_support import open_anki
from tests.media_support import backs, png, shown
from tests.support import Vault

NOTE = """---
tags: [a]
---
Top.

# One
First. <!--ID: 1702818043968-->
<!--ID: 1702818043968-->
```
# No heading
```
## Below it
Second ^abc

- item
  more
- other ^def
  sub
- last

| t |
|---|

^ghi
# Two
Third.
"""


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("Two", "# Two\nThird."),
        ("two", "# Two\nThird."),
        ("One#Below it", NOTE[NOTE.index("## Below") : NOTE.index("# Two")].strip()),
        ("One#Two", None),
        ("No heading", None),
        ("Three", None),
        ("^abc", "Second"),
        ("^def", "- other\n  sub"),
        ("^ghi", "| t |\n|---|"),
        ("^nope", None),
    ],
)
def test_a_part_of_a_note(part: str, text: str | None) -> None:
    assert passage(NOTE, part) == text


def test_a_heading_is_found_as_obsidian_writes_links_to_it() -> None:
    assert passage("# A: b [c] #d | e\ntext\n", "A b c d e") == "# A: b [c] #d | e\ntext"


def test_all_of_a_note_is_without_frontmatter_and_ids() -> None:
    text = passage(NOTE.replace("\n", "\r\n"), "")
    assert text is not None
    assert text.startswith("Top.\n\n# One\nFirst. \n```\n# No heading\n```\n## Below")
    assert "ID:" not in text
    assert passage("---\na: b\n---\n", "") is None


def test_a_section_holds_what_is_below_its_heading() -> None:
    assert passage("# A\n1\n## B\n2\n### C\n3\n## D\n4\n# E\n", "A#B") == "## B\n2\n### C\n3"


def test_a_passage_comes_with_its_own_pictures(vault: Vault) -> None:
    vault.write("x/a.md", "Q: q\nA: ![[Other#Part]] ![[p.png]]\n")
    vault.write("x/p.png", png("mine"))
    vault.write("y/Other.md", "no\n\n# Part\n*see* ![[p.png]] `{{c1::x}}`\n\n# No\nno\n")
    vault.write("y/p.png", png("theirs"))
    run = vault.build()
    assert (run.status, run.codes) == (0, [])
    back = backs(vault)["q"]
    assert '<blockquote class="embed"><h1>Part</h1>' in back
    assert "<em>see</em>" in back
    assert "{{" not in back
    assert "no" not in back
    assert shown(vault, "q") == [png("theirs"), png("mine")]


def test_a_change_in_a_passage_changes_its_cards_and_a_change_beside_it_does_not(vault: Vault) -> None:
    vault.write("a.md", "Q: q\nA: ![[b#Part]]\n\nQ: r\nA: s\n")
    vault.write("b.md", "# Part\nold\n# Beside\nx\n")
    vault.build()
    vault.write("b.md", "# Part\nold\n# Beside\ny\n")
    assert "0 changed, 2 unchanged" in vault.build().out
    vault.write("b.md", "# Part\nnew\n# Beside\ny\n")
    assert "1 changed, 1 unchanged" in vault.build().out
    assert "new" in backs(vault)["q"]


@pytest.mark.parametrize("config", ["", "id_comments = false\n"])
def test_ids_that_a_build_writes_into_a_passage_change_nothing(vault: Vault, config: str) -> None:
    vault.write("ankisync.toml", config)
    vault.write("a.md", "Q: q\nA: ![[b]]\n")
    vault.write(
        "b.md", "Q: one\nA: two\n\n> Q: x\n> A: y\n\nSTARTI [Basic] f Back: b ENDI\n\nSTART\nBasic\nx\nBack: y\nEND\n"
    )
    assert vault.build().status == 0
    assert vault.read("b.md").count("ID: ") == 4
    before = vault.state()
    assert "0 new, 0 changed, 5 unchanged" in vault.build(now=1_790_000_500.0).out
    assert vault.state() == before


def test_cycles_end_and_are_told(vault: Vault) -> None:
    vault.write("a.md", "Q: q\nA: ![[b]]\n")
    vault.write("b.md", "in b ![[c]]\n")
    vault.write("c.md", "in c ![[b]]\n")
    run = vault.build()
    assert (run.status, run.codes) == (0, ["A508"])
    assert "c.md:1:9: warning[A508]: `b`" in run.err
    assert backs(vault)["q"].count("in b") == backs(vault)["q"].count("in c") == 1
    assert "![[b]]" in backs(vault)["q"]


def test_a_note_that_embeds_itself_ends_too(vault: Vault) -> None:
    vault.write("a.md", "# H\nQ: q\nA: ![[#H]]\n")
    assert vault.build().codes == ["A508"]
    before = vault.state()
    vault.build()
    assert vault.state() == before


@pytest.mark.parametrize(("depth", "codes"), [(5, []), (6, ["A509"])])
def test_depth_is_bounded(vault: Vault, depth: int, codes: list[str]) -> None:
    vault.write("a.md", "Q: q\nA: ![[n1]]\n")
    for number in range(1, depth):
        vault.write(f"n{number}.md", f"![[n{number + 1}]]\n")
    vault.write(f"n{depth}.md", "deepest\n")
    assert vault.build().codes == codes
    assert ("deepest" in backs(vault)["q"]) == (codes == [])


def test_so_is_their_number(vault: Vault) -> None:
    vault.write("many.md", "Q: r\nA: " + " ".join(f"![[m{number}]]" for number in range(101)) + "\n")
    for number in range(101):
        vault.write(f"m{number}.md", f"text {number}\n")
    assert vault.build().codes.count("A509") == 1


def test_a_missing_note_or_heading_is_told_and_stays(vault: Vault) -> None:
    vault.write("a.md", "Q: q\nA: ![[nope]] ![[b#nope]] ![[b]] ![](b.md)\n")
    vault.write("b.md", "there\n")
    run = vault.build()
    assert (run.status, run.codes) == (0, ["A507", "A507"])
    back = backs(vault)["q"]
    assert "![[nope]]" in back
    assert "![[b#nope]]" in back
    assert back.count("there") == 2


def test_a_link_takes_nothing_in(vault: Vault) -> None:
    vault.write("a.md", "Q: q\nA: [[b]] `![[b]]`\n")
    vault.write("b.md", "there\n")
    assert vault.build().codes == []
    assert "there" not in backs(vault)["q"]


def test_clozes_of_a_passage_are_no_clozes_of_the_card(vault: Vault) -> None:
    vault.write("a.md", "START\nCloze\nA {{c1::x}} ![[b]] {{c2::y ![[b]]}}\nEND\n")
    vault.write("b.md", "in b {{c3::no}} ::\n")
    assert vault.build().codes == []
    with open_anki(vault.folder.parent / "anki") as anki:
        (note_id,) = anki.take_decks(vault).new
        cards = [anki.col.get_card(card) for card in anki.col.card_ids_of_note(anki.note(note_id).id)]
        assert len(cards) == 2
        assert "in b" in cards[0].question()
        assert cards[1].question().count("in b") == 1
