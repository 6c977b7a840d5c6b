"""Real notes by other people, read where they lie."""

import re
from collections.abc import Iterator

import pytest

from ankisync.model import Document
from tests.support import CORPUS, document, needs_corpus

SIMPLE = re.compile(r"(?s:Q: ?(?P<question>.*?)\nA: ?(?P<answer>.*))\Z")
SIMPLE_ID = re.compile(r"^<!--ID: (\d{13})-->$", re.MULTILINE)
ID_LINE = re.compile(rb"(?:\r\n|\n|\r)<!--ID: \d+-->[ \t]*(?=[\r\n]|\Z)")

pytestmark = needs_corpus


def files(name: str) -> Iterator[tuple[str, bytes]]:
    """The notes of a vault: name and bytes."""
    for path in sorted((CORPUS / name).rglob("*.md")):
        yield path.relative_to(CORPUS / name).as_posix(), path.read_bytes()


def read(name: str) -> list[Document]:
    return [document(data, path=path) for path, data in files(name)]


def simple_cards(data: bytes) -> list[tuple[str, str, int]]:
    """What a reader of a few lines finds: question, answer, ID. A card is the text before an ID, from its last `Q:`."""
    *parts, _ = SIMPLE_ID.split("\n" + data.decode().replace("\r\n", "\n"))
    found = []
    for text, number in zip(parts[::2], parts[1::2], strict=True):
        match = SIMPLE.search(text, text.rindex("\nQ:"))
        assert match
        found.append((match["question"].strip(), match["answer"].strip(), int(number)))
    return found


def cards(read_file: Document) -> list[tuple[str, str]]:
    return [(block.fields[0][1], block.fields[1][1]) for block in read_file.blocks]


@pytest.mark.parametrize(
    ("name", "count"), [("seed", 3), ("coding-interview", 275), ("owasp-top-10", 210), ("lookalikes", 0)]
)
def test_all_cards_are_read_with_their_ids_and_nothing_is_wrong(name: str, count: int) -> None:
    documents = read(name)
    ids = [mark.id for each in documents for block in each.blocks for mark in block.ids]
    assert sum(len(each.blocks) for each in documents) == count
    assert len(ids) == len(set(ids)) == count
    assert [told for each in documents for told in each.diagnostics] == []
    assert [mark for each in documents for mark in each.unclaimed] == []


@pytest.mark.parametrize("name", ["seed", "coding-interview", "owasp-top-10"])
def test_the_fields_are_what_a_simple_reader_finds(name: str) -> None:
    for path, data in files(name):
        found = [
            (block.fields[0][1].strip(), block.fields[1][1].strip(), block.ids[0].id)
            for block in document(data, path=path).blocks
        ]
        assert found == simple_cards(data)


@pytest.mark.parametrize("name", ["seed", "coding-interview", "owasp-top-10"])
def test_without_their_ids_the_cards_begin_and_end_where_they_did(name: str) -> None:
    for path, data in files(name):
        bare = document(ID_LINE.sub(b"", data), path=path)
        assert cards(bare) == cards(document(data, path=path))
        assert all(block.ids == () for block in bare.blocks)


def test_the_seed_is_read() -> None:
    [seed] = read("seed")
    assert [block.ids[0].id for block in seed.blocks] == [1702818043968, 1702818043974, 1702818043977]
    assert {block.deck for block in seed.blocks} == {"docker"}
    assert {block.tags for block in seed.blocks} == {()}
    assert [block.location.line for block in seed.blocks] == [37, 42, 47]
    assert cards(seed)[0][0] == "What are multi-stage builds in Docker?"


def test_nested_decks_and_file_tags_are_read() -> None:
    blocks = [block for each in read("owasp-top-10") for block in each.blocks]
    assert all("::" in block.deck for block in blocks)
    assert all(block.tags and not any("#" in tag for tag in block.tags) for block in blocks)


@pytest.mark.parametrize(
    ("name", "unclaimed"), [("sem3", 388), ("economics", 123), ("j1c-vault", 0), ("copilot-exam", 0)]
)
def test_cards_of_other_styles_are_left_alone(name: str, unclaimed: int) -> None:
    """One of the 389 IDs of `sem3` stands in a fence that opens outside a card."""
    documents = read(name)
    assert sum(len(each.blocks) for each in documents) == 0
    assert sum(len(each.unclaimed) for each in documents) == unclaimed
    assert [told for each in documents for told in each.diagnostics] == []
