"""A file as the cache keeps it is the file as it was read."""

from dataclasses import replace

from hypothesis import given

from ankisync.config import Settings
from ankisync.documents import read_document, write_document
from ankisync.parse import parse
from ankisync.source import Source, read_source
from tests.fragments import choices, documents, thorough
from tests.support import syntax


@thorough(150)
@given(documents(), choices())
def test_what_is_kept_is_what_was_read(data: bytes, settings: Settings) -> None:
    source = read_source("ä/note.md", data)
    if not isinstance(source, Source):
        return
    document = parse(source, syntax(settings))
    kept = read_document(write_document(document), source)
    assert kept == replace(document, deletions=())
