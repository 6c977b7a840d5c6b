"""The bar of a long run: on a terminal, after a while, and nowhere else."""

import io

import pytest

from ankisync.bar import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, patience: float, *, hidden: bool = False) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("ankisync.bar._PATIENCE", patience)
    with Bar(hidden=hidden) as bar:
        for done in range(0, 100, 10):
            bar.tell("reading", done, 100)
        bar.tell("packing", 1, 2)
    return stream.getvalue()


def test_a_long_run_shows_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(monkeypatch, Terminal(), 0.0)
    assert "reading" in text
    assert "packing" in text
    assert "100%" in text


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_a_short_run_a_pipe_and_a_quiet_run_show_none(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO]
) -> None:
    patience = 60.0 if stream is Terminal else 0.0
    assert drawn(monkeypatch, stream(), patience) == ""
    assert drawn(monkeypatch, Terminal(), 0.0, hidden=True) == ""
