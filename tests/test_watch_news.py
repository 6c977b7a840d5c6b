"""What `watch` tells of a build, and what it has told already."""

from ankisync.diagnostics import diagnose, whole
from ankisync.model import Diagnostic, Location
from ankisync.watch import Standing, matters
from ankisync.watch.words import wrong

NOBODY: frozenset[str] = frozenset()
A, B = "a.md", "b.md"


def no_answer(path: str, line: int = 1) -> Diagnostic:
    return diagnose("A201", Location(path, line, 1))


def after(*found: Diagnostic) -> Standing:
    return Standing().hear(found, NOBODY).after


def test_what_is_wrong_is_told_once() -> None:
    first = Standing().hear([no_answer(A)], NOBODY)
    second = first.after.hear([no_answer(A)], NOBODY)
    assert (first.fresh, second.fresh, second.mended) == ((no_answer(A),), (), ())
    assert wrong(second.after) == "1 error"


def test_a_line_that_moved_is_no_news_but_a_second_one_is() -> None:
    standing = after(no_answer(A, 3))
    assert standing.hear([no_answer(A, 8)], NOBODY).fresh == ()
    assert standing.hear([no_answer(A, 8), no_answer(A, 3)], NOBODY).fresh == (no_answer(A, 8),)
    assert standing.hear([no_answer(B, 3), no_answer(A, 3)], NOBODY).fresh == (no_answer(B, 3),)


def test_a_file_is_mended_when_nothing_is_left() -> None:
    standing = after(no_answer(A), no_answer(A, 5), no_answer(B))
    some = standing.hear([no_answer(A), no_answer(B)], NOBODY)
    assert (some.mended, wrong(some.after)) == ((), "2 errors")
    assert standing.hear([no_answer(B)], NOBODY).mended == (A,)


def test_what_was_mended_and_breaks_again_is_told_again() -> None:
    well = after(no_answer(A)).hear([], NOBODY).after
    assert well.hear([no_answer(A)], NOBODY).fresh == (no_answer(A),)


def test_a_restless_file_is_left_in_peace_until_it_is_still() -> None:
    typed = Standing().hear([no_answer(A)], frozenset({A}))
    assert (typed.fresh, wrong(typed.after)) == ((), "")
    assert typed.after.hear([no_answer(A)], NOBODY).fresh == (no_answer(A),)
    assert typed.after.hear([], NOBODY).mended == ()


def test_what_was_told_of_a_restless_file_stands_until_it_is_still() -> None:
    standing = after(no_answer(A))
    typed = standing.hear([], frozenset({A}))
    assert (typed.mended, wrong(typed.after)) == ((), "1 error")
    assert typed.after.hear([], NOBODY).mended == (A,)
    back = typed.after.hear([no_answer(A, 2)], NOBODY)
    assert (back.fresh, back.mended) == ((), ())


def test_what_happens_only_once_is_not_held_back() -> None:
    retired = diagnose("A408", whole(A), id=1702818043968)
    told = Standing().hear([retired], frozenset({A}))
    assert told.fresh == (retired,)
    assert told.after.hear([], NOBODY).mended == ()


def test_what_passes_by_itself_is_not_told() -> None:
    told = Standing().hear([diagnose("A601", whole(A)), diagnose("A606", whole(A), holder="x")], NOBODY)
    assert (told.fresh, wrong(told.after)) == ((), "")


def test_which_files_matter() -> None:
    yes = [
        "a.md",
        "deep/A.MARKDOWN",
        "ankisync.toml",
        "pyproject.toml",
        "ankisync.lock",
        "x/.gitignore",
        "notetypes/Basic/style.css",
        "assets/cat.png",
        "/elsewhere/cat.mp3",
    ]
    no = [
        "4913",
        ".a.md.swp",
        "a.md~",
        "#a.md#",
        ".#a.md",
        "sedXq3v1",
        ".a.md.ankisync-tmp",
        ".a.md.0123.4567.ankisync-old",
        "decks/A.apkg",
        "sub/ankisync.toml",
        ".git/x.md",
        ".ankisync_cache/build.lock",
        "style.css",
        "notes.txt",
    ]
    assert [name for name in yes if not matters(name)] == []
    assert [name for name in no if matters(name)] == []
