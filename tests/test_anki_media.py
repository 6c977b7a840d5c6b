"""A vault full of pictures, built and imported into a real collection."""

import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.anki_support import AFTER, BEFORE, Anki, Imported, open_anki
from tests.media_support import png, references
from tests.support import PYTHON, Vault

_MB = 1024 * 1024
_VIDEO = 30 * _MB
_JAPANESE = "心臓の解剖図と血液の流れを示す断面図その一覧表"


@dataclass(frozen=True)
class Pictured:
    """A card: what it embeds, and the files that it must show."""

    note: str
    reference: str
    path: str
    content: bytes


def pictured() -> Iterator[Pictured]:
    """Three hundred pictures, each on one card, in every kind of name."""
    for number in range(50):
        japanese = (_JAPANESE * 3)[:57] + f"{number:03}"
        apart = unicodedata.normalize("NFD", f"été à côté {number}.png")
        rows = [
            (f"![[image.png|{number + 20}]]", f"f{number}/image.png"),
            (f"![[{japanese}.png]]", f"図/{japanese}.png"),
            (f"![x](../img/my%20pic%20{number}.png)", f"img/my pic {number}.png"),
            (f"![x|30x20](<../img/C# {number}.png>)", f"img/C# {number}.png"),
            (f"<img src='../img/a%20b {number}.PNG'>", f"img/a%20b {number}.PNG"),
            (f"![[{unicodedata.normalize('NFC', apart)}]]", f"img/{apart}"),
        ]
        for reference, path in rows:
            yield Pictured(f"f{number}/n.md", reference, path, png(path))


def video() -> bytes:
    return Random(1).randbytes(_VIDEO)


def fill(vault: Vault, *, with_video: bool = True) -> list[Pictured]:
    """Write the vault; its cards' questions are the paths of what they show."""
    cards = list(pictured())
    if with_video:
        cards.append(Pictured("f0/n.md", "![[long film.mp4]]", "films/long film.mp4", video()))
        cards.append(Pictured("f0/n.md", "[sound:heart beat.MP3]", "heart beat.MP3", b"beat"))
    texts: dict[str, str] = {}
    for card in cards:
        vault.write(card.path, card.content)
        texts[card.note] = texts.get(card.note, "") + f"Q: `{card.path}`\nA: {card.reference}\n\n"
    for note, text in texts.items():
        vault.write(note, text)
    return cards


def check_shown(anki: Anki, cards: list[Pictured]) -> None:
    """Each card shows its own file, as it is now, from the collection's folder."""
    folder = Path(anki.col.media.dir())
    contents = {unicodedata.normalize("NFC", card.path): card.content for card in cards}
    for note_id in anki.ids():
        note = anki.note(note_id)
        path = note["Front"].removeprefix("<code>").removesuffix("</code>")
        (name,) = references(note["Back"])
        assert (folder / name).read_bytes() == contents.pop(path), path
    assert contents == {}


@pytest.fixture
def anki(tmp_path: Path) -> Iterator[Anki]:
    with open_anki(tmp_path / "anki") as opened:
        yield opened


def test_three_hundred_pictures_of_all_names_arrive(vault: Vault, anki: Anki, tmp_path: Path) -> None:
    cards = fill(vault)
    (tmp_path / "secret.png").write_bytes(png("secret"))
    (vault.folder / "out.png").symlink_to(tmp_path / "secret.png")
    vault.write("unused.png", png("unused"))
    assert (run := vault.build(now=BEFORE)).codes == [], run.err
    assert len(anki.take_decks(vault).new) == len(cards) == 302
    check_shown(anki, cards)
    assert len(list(Path(anki.col.media.dir()).iterdir())) == 302
    state = vault.state()
    assert vault.build(now=AFTER).status == 0
    assert vault.state() == state
    vault.write("bad.md", "Q: bad\nA: ![[out.png]] ![[none.png]]\n\nQ: round\nA: ![[one]]\n")
    vault.write("one.md", "one ![[two]]\n")
    vault.write("two.md", "two ![[one]]\n")
    assert vault.build(now=AFTER).codes == ["A504", "A501", "A508"]
    assert len(anki.take_decks(vault).new) == 2
    assert len(list(Path(anki.col.media.dir()).iterdir())) == 302


def test_a_changed_picture_of_the_same_name_arrives_and_only_its_notes_are_updated(vault: Vault, anki: Anki) -> None:
    cards = fill(vault, with_video=False)
    vault.build(now=BEFORE)
    anki.take_decks(vault)
    check_shown(anki, cards)
    changed = next(card for card in cards if card.path == "f3/image.png")
    vault.write(changed.path, png("new"))
    assert vault.build(now=AFTER).codes == []
    taken = anki.take_decks(vault)
    assert (len(taken.updated), len(taken.duplicate), taken.new, taken.conflicting) == (1, len(cards) - 1, (), ())
    cards = [Pictured(each.note, each.reference, each.path, png("new")) if each == changed else each for each in cards]
    check_shown(anki, cards)
    assert vault.build(now=AFTER + 10).codes == []
    assert anki.take_decks(vault) == Imported(duplicate=tuple(anki.ids()))


def test_what_is_played_and_own_tags_arrive(vault: Vault, anki: Anki) -> None:
    files = {"a.mp3": b"a", "b.mp4": b"b", "c.webm": b"c", "d.ogg": b"d", "e.svg": b"<svg/>", "f.mov": b"f"}
    for name, content in files.items():
        vault.write(name, content)
    tags = "<audio controls src=a.mp3></audio><video controls><source src='b.mp4'></video><img src=\"e.svg\" width=3>"
    vault.write("n.md", f"Q: q\nA: ![[c.webm]] ![](d.ogg) [sound:f.mov] {tags}\n")
    vault.build(now=BEFORE)
    (note_id,) = anki.take_decks(vault).new
    folder = Path(anki.col.media.dir())
    shown = [(folder / name).read_bytes() for name in references(anki.back(note_id))]
    assert shown == [files[name] for name in ("c.webm", "d.ogg", "f.mov", "a.mp3", "b.mp4", "e.svg")]
    assert [Path(name).suffix for name in anki.played(note_id)] == [".webm", ".ogg", ".mov"]
    assert anki.col.media.check().missing == []


def peak(vault: Vault) -> int:
    """The most memory that a build held at a time, in bytes."""
    code = (
        "import ankisync.cli\n"
        "try: ankisync.cli.main(['build'])\n"
        "except SystemExit as ended: assert ended.code == 0, ended\n"
        "print(open('/proc/self/status').read())"
    )
    run = subprocess.run([PYTHON, "-c", code], cwd=vault.folder, capture_output=True, text=True, check=True)
    (line,) = [line for line in run.stdout.split("\n") if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's peak memory")
def test_media_are_streamed(tmp_path: Path) -> None:
    vaults = [Vault(tmp_path / name) for name in ("with", "without")]
    for vault in vaults:
        vault.write("ankisync.toml", "")
        fill(vault, with_video=vault is vaults[0])
    long, short = map(peak, vaults)
    assert long < 150 * _MB
    assert long - short < _VIDEO // 3
    assert (vaults[0].folder / "decks/Default.apkg").stat().st_size > _VIDEO
