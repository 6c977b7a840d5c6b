"""Pictures, sound and video: which file a card means, under which name it is packed, what is told."""

import io
import os
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ankisync.attachments import copy_file
from ankisync.media import Index, Listing, Result, Shown, resolve, stored_name, wanted
from ankisync.model import Attachment, NoteId
from ankisync.package import Head, Kept, PackedPart, write_package
from tests.media_support import backs, packed, png, references, shown
from tests.support import Vault

A, B, C = png("a"), png("b"), png("c")


def card(reference: str, question: str = "q") -> str:
    return f"Q: {question}\nA: {reference}\n"


def listing(*files: str, links: dict[str, str] | None = None, refused: tuple[str, ...] = ()) -> Index:
    return Index(Listing("/vault", ("/shared",), files, links or {}, frozenset(refused)))


# Names


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("img/Heart 1.png", "heart-1-01234567.png"),
        ("Übung  (2).JPG", "ubung-2-01234567.jpg"),
        ("日本語.png", "media-0123456789abcdef.png"),
        ("a/.x.png", "x-01234567.png"),
        ("a.b.c.svg", "a-b-c-01234567.svg"),
        ("x" * 200 + ".webm", "x" * 60 + "-01234567.webm"),
        ("con.png", "con-01234567.png"),
    ],
)
def test_a_stored_name_is_a_slug_a_digest_and_the_ending(path: str, slug: str) -> None:
    assert stored_name(path, "0123456789abcdef" * 4) == slug


@given(st.text(min_size=1, max_size=300), st.sampled_from(["png", "WEBM", "tiff"]))
def test_a_stored_name_is_one_that_anki_leaves_alone(stem: str, ending: str) -> None:
    name = stored_name(f"a/{stem}.{ending}", sha256(stem.encode("utf-8", "replace")).hexdigest())
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert len(name) <= 100
    assert name == name.lower()
    assert name[0] not in "-."


def test_another_content_is_another_name_and_another_folder_is_not() -> None:
    assert stored_name("a/x.png", "1" * 64) != stored_name("a/x.png", "2" * 64)
    assert stored_name("a/x.png", "1" * 64) == stored_name("b/X.PNG", "1" * 64)


# References


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("![alt|300](a.png)", ["a.png"]),
        ("![[a b.png|300x200]]", ["a b.png"]),
        ("<img src='a&amp;b.png'> <audio src=c.mp3></audio>", ["a&b.png", "c.mp3"]),
        ("<video controls><source src=a.mp4></video>", ["a.mp4"]),
        ("[sound:a_b_c.mp3]", ["a_b_c.mp3"]),
        ("<div>\n[sound:a&amp;b.mp3]\n</div>", ["a&b.mp3"]),
        ("![x][r]\n\n[r]: a.png", ["a.png"]),
        ("![[a.png]] ![](b.png) ![[a.png]]", ["a.png", "b.png"]),
        ("| ![[a.png\\|20]] |\n|---|", ["a.png"]),
        ("`![[a.png]]` and `[sound:a.mp3]`", []),
        ("```\n![[a.png]]\n<img src=b.png>\n```", []),
        ("    ![[a.png]]", []),
        ("[a](a.png) [[a.png]]", []),
        ("%%![[a.png]]%%", []),
        ("$![[a.png]]$", []),
        ("\\![[a.png]]", []),
        ("<iframe src=a.png></iframe>", []),
    ],
)
def test_what_is_shown_is_a_reference_and_nothing_else(text: str, targets: list[str]) -> None:
    assert list(wanted([text], cloze=False)) == targets


def test_clozes_hold_references_too() -> None:
    assert wanted(["{{c1::![[a.png]]}} {{c2::[sound:b.mp3]::hint}}"], cloze=True) == ("a.png", "b.mp3")


# Which file


FILES = ("notes/a.png", "img/a.png", "img/deep/a.png", "img/b.png", "other/b.png", "c%20d.png", "e f.png", "G#1.png")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("a.png", "notes/a.png"),
        ("./a.png", "notes/a.png"),
        ("../img/a.png", "img/a.png"),
        ("img/a.png", "img/a.png"),
        ("/img/a.png", "img/a.png"),
        ("/vault/img/a.png", "img/a.png"),
        ("deep/a.png", "img/deep/a.png"),
        ("c%20d.png", "c%20d.png"),
        ("c%2520d.png", "c%20d.png"),
        ("e%20f.png", "e f.png"),
        ("e f.png", "e f.png"),
        ("e f.png#t=3", "e f.png"),
        ("e%20f.png?raw=true", "e f.png"),
        ("G#1.png", "G#1.png"),
        ("G%231.png", "G#1.png"),
        ("img\\deep\\a.png", "img/deep/a.png"),
        ("file:///vault/img/a.png", "img/a.png"),
        ("../../shared/s.png", "/shared/s.png"),
        ("/shared/s.png", "/shared/s.png"),
    ],
)
def test_a_path_means_a_file(target: str, name: str) -> None:
    found = resolve(target, "notes/n.md", listing(*FILES, "/shared/s.png"), ())
    assert (found.result, found.name, found.sharing, found.cased) == (Result.FOUND, name, 1, False)


@pytest.mark.parametrize(
    ("target", "result"),
    [
        ("x.png", Result.MISSING),
        ("./deep/a.png", Result.MISSING),
        ("../notes/x.png", Result.MISSING),
        ("s.png", Result.MISSING),
        ("../../x.png", Result.OUTSIDE),
        ("../../vault2/a.png", Result.OUTSIDE),
        ("/etc/x.png", Result.OUTSIDE),
        ("C:\\a.png", Result.OUTSIDE),
        ("https://a.b/a.png", Result.REMOTE),
        ("//a.b/a.png", Result.REMOTE),
        ("data:image/png;base64,AAAA", Result.ELSEWHERE),
        ("app://local/a.png", Result.ELSEWHERE),
        ("Note", Result.OTHER),
        ("a.pdf", Result.OTHER),
        (".png", Result.OTHER),
        ("", Result.OTHER),
    ],
)
def test_a_path_means_none(target: str, result: Result) -> None:
    assert resolve(target, "notes/n.md", listing(*FILES, "/shared/s.png"), ()).result is result


def test_of_several_the_nearest_is_taken_and_it_is_said() -> None:
    index = listing(*FILES)
    assert resolve("b.png", "img/deep/n.md", index, ()).name == "img/b.png"
    assert resolve("b.png", "other/x/n.md", index, ()).name == "other/b.png"
    assert resolve("b.png", "n.md", index, ()).name == "img/b.png"
    assert resolve("b.png", "n.md", index, ()).sharing == 2
    assert resolve("b.png", "img/n.md", index, ()).sharing == 1


def test_the_folders_for_attachments_decide_between_several() -> None:
    index = listing(*FILES, "notes/assets/b.png", "/shared/s.png")
    for attachments, name in ((("other",), "other/b.png"), (("./assets", "other"), "notes/assets/b.png")):
        found = resolve("b.png", "notes/n.md", index, attachments)
        assert (found.name, found.sharing) == (name, 1)
    assert resolve("b.png", "notes/n.md", index, ("nowhere",)).sharing == 3
    assert resolve("s.png", "notes/n.md", index, ("../shared",)).name == "/shared/s.png"


def test_upper_and_lower_case_are_one_only_where_nothing_else_fits() -> None:
    index = listing("img/A.PNG", "img/b.png", "img/B.png")
    found = resolve("a.png", "n.md", index, ())
    assert (found.name, found.cased) == ("img/A.PNG", True)
    for name in ("b.png", "B.png"):
        found = resolve(name, "n.md", index, ())
        assert (found.name, found.cased) == (f"img/{name}", False)


@pytest.mark.parametrize("disk", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("form", ["é/ü.png", "ü.png", "%C3%BC.png", "u%CC%88.png"])
def test_names_are_one_however_their_letters_are_composed(disk: str, written: str, form: str) -> None:
    def to(kind: str, text: str) -> str:
        return unicodedata.normalize("NFC" if kind == "NFC" else "NFD", text)

    path = to(disk, "é/ü.png")
    index = listing(path)
    found = resolve(to(written, form), "n.md", index, ())
    assert index.path(found.name) == path
    assert not found.cased


def test_hidden_folders_are_reached_by_a_path_but_not_searched() -> None:
    index = listing(".trash/a.png", ".attachments/b.png")
    assert resolve(".attachments/b.png", "n.md", index, ()).name == ".attachments/b.png"
    assert resolve("a.png", "n.md", index, ()).result is Result.MISSING


def test_links_to_folders_are_followed_as_far_as_media_may_lie() -> None:
    index = listing("real/a.png", "/shared/s.png", links={"l": "real", "m": "/shared", "o": "o"}, refused=("out",))
    assert resolve("l/a.png", "n.md", index, ()).name == "real/a.png"
    assert resolve("m/s.png", "n.md", index, ()).name == "/shared/s.png"
    assert resolve("out/a.png", "n.md", index, ()).result is Result.OUTSIDE
    assert resolve("o/x/a.png", "n.md", index, ()).result is Result.MISSING


@given(st.text(max_size=30), st.sampled_from(["n.md", "a/b/n.md"]))
def test_no_target_leads_out_of_where_media_may_lie(target: str, note: str) -> None:
    index = listing(*FILES, "/shared/s.png", "/etc/secret.png", refused=("out",))
    found = resolve(f"{target}/secret.png", note, index, ("..", "../shared"))
    assert found.name == ""


# What is shown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", '<img src="x-1.png" alt="" />'),
        ("alt", '<img src="x-1.png" alt="alt" />'),
        ('a\'s "b"', '<img src="x-1.png" alt="a&#x27;s &quot;b&quot;" />'),
        ("300", '<img src="x-1.png" alt="" width="300" />'),
        ("300x200", '<img src="x-1.png" alt="" width="300" height="200" />'),
        ("alt|300", '<img src="x-1.png" alt="alt" width="300" />'),
        ("a|b|300x200", '<img src="x-1.png" alt="a|b" width="300" height="200" />'),
        ("alt|big", '<img src="x-1.png" alt="alt|big" />'),
        ('"><script>', '<img src="x-1.png" alt="&quot;&gt;&lt;script&gt;" />'),
        ("{{c1::x}}", '<img src="x-1.png" alt="&#123;&#123;c1&#58;&#58;x&#125;&#125;" />'),
    ],
)
def test_a_picture_has_its_size(text: str, html: str) -> None:
    assert Shown([Attachment("x.png", "x-1.png", "x.png", "1")]).html("x.png", text) == html


def test_sound_and_video_are_played_and_what_was_not_found_is_left_alone() -> None:
    media = Shown([Attachment("a.MP4", "a-1.mp4", "a.MP4", "1"), Attachment("b.mp3", "b-1.mp3", "b.mp3", "2")])
    assert media.html("a.MP4", "300") == "[sound:a-1.mp4]"
    assert media.html("b.mp3", "") == "[sound:b-1.mp3]"
    assert media.name("b.mp3") == "b-1.mp3"
    assert media.html("c.png", "") is None
    assert media.name("c.png") is None


# Builds


def test_only_what_cards_use_is_packed_under_names_of_its_own(vault: Vault) -> None:
    vault.write("a.md", "![[unused.png]]\n\n" + card("![x|20](img/a%20b.png) ![[a b.png]] [sound:s.MP3]"))
    vault.write("img/a b.png", A)
    vault.write("s.MP3", b"sound")
    vault.write("unused.png", B)
    run = vault.build()
    assert (run.status, run.codes) == (0, [])
    assert sorted(packed(vault.folder / "decks/Default.apkg").values()) == sorted([A, b"sound"])
    assert shown(vault, "q") == [A, A, b"sound"]


def test_notes_with_equal_picture_names_show_their_own(vault: Vault) -> None:
    for folder, content in (("x", A), ("y", B)):
        vault.write(f"{folder}/n.md", card("![[p.png]]", folder))
        vault.write(f"{folder}/p.png", content)
    assert vault.build().codes == []
    assert (shown(vault, "x"), shown(vault, "y")) == ([A], [B])


def test_a_missing_picture_is_an_error_with_near_names_and_its_card_is_built(vault: Vault) -> None:
    vault.write("a.md", "Text.\n\n" + card("one\n![[haert.png]] ![alt|20](img/nope%20x.png)"))
    vault.write("img/heart.png", A)
    run = vault.build()
    assert (run.status, run.codes) == (1, ["A501", "A501"])
    assert "a.md:5:4: error[A501]: there is no file `haert.png`" in run.err
    assert "did you mean `img/heart.png`?" in run.err
    assert "`img/nope x.png`" in run.err
    assert '![[haert.png]] <img src="img/nope%20x.png"' in backs(vault)["q"]
    vault.write("haert.png", B)
    vault.write("a.md", vault.read("a.md").replace(" ![alt|20](img/nope%20x.png)", ""))
    assert (vault.build().codes, shown(vault, "q")) == ([], [B])


def test_another_case_is_found_and_told_and_the_same_case_is_not(vault: Vault) -> None:
    vault.write("a.md", card("![[heart.png]]"))
    vault.write("Heart.PNG", A)
    run = vault.build()
    assert (run.status, run.codes, shown(vault, "q")) == (0, ["A502"], [A])
    vault.write("a.md", vault.read("a.md").replace("heart.png", "Heart.PNG"))
    assert (vault.build().codes, shown(vault, "q")) == ([], [A])


def test_several_of_one_name_are_told_until_the_path_or_the_setting_decides(vault: Vault) -> None:
    vault.write("n/a.md", card("![[p.png]]"))
    vault.write("x/p.png", A)
    vault.write("y/p.png", B)
    run = vault.build()
    assert (run.status, run.codes, shown(vault, "q")) == (0, ["A503"], [A])
    vault.write("ankisync.toml", 'attachments = ["y"]\nnotes = ["n"]\n')
    assert (vault.build().codes, shown(vault, "q")) == ([], [B])
    vault.write("n/a.md", vault.read("n/a.md").replace("p.png", "x/p.png"))
    assert (vault.build().codes, shown(vault, "q")) == ([], [A])


def test_what_leads_out_is_refused_until_its_folder_is_named(vault: Vault, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "p.png").write_bytes(A)
    (vault.folder / "link.png").symlink_to(outside / "p.png")
    (vault.folder / "folder").symlink_to(outside)
    up = os.path.relpath(outside / "p.png", vault.folder)
    for number, target in enumerate(("link.png", "folder/p.png", up, str(outside / "p.png"))):
        vault.write(f"{number}.md", card(f"![[{target}]]", str(number)))
    run = vault.build()
    assert (run.status, run.codes) == (1, ["A504"] * 4)
    assert packed(vault.folder / "decks/Default.apkg") == {}
    vault.write("ankisync.toml", f'media_roots = ["{outside}"]\n')
    assert vault.build().codes == []
    assert [shown(vault, str(number)) for number in range(4)] == [[A]] * 4


def test_links_within_the_vault_are_no_matter(vault: Vault) -> None:
    vault.write("img/p.png", A)
    (vault.folder / "l.png").symlink_to("img/p.png")
    (vault.folder / "f").symlink_to("img")
    (vault.folder / "img/up").symlink_to("..")
    vault.write("a.md", card("![[l.png]] ![[f/p.png]] ![[img/up/img/p.png]] ![[p.png]]"))
    run = vault.build()
    assert "A50" not in run.err
    assert shown(vault, "q") == [A] * 4


def test_pictures_on_the_web_stay_and_are_counted_once(vault: Vault) -> None:
    vault.write("a.md", card("![x](https://a.b/c.png) <img src='http://a.b/d.png'>\n![y](data:image/png;base64,AA==)"))
    run = vault.build()
    assert (run.status, run.codes) == (0, ["A506"])
    assert "pictures and sounds on the web: 2" in run.err
    assert references(backs(vault)["q"])[0] == "https://a.b/c.png"
    assert packed(vault.folder / "decks/Default.apkg") == {}


def test_an_embed_that_is_no_media_is_told(vault: Vault) -> None:
    vault.write("a.md", card("![[paper.pdf]] [[paper.pdf]]"))
    run = vault.build()
    assert (run.status, run.codes) == (0, ["A507"])
    assert "![[paper.pdf]]" in backs(vault)["q"]


def test_what_is_no_file_is_told(vault: Vault) -> None:
    os.mkfifo(vault.folder / "p.png")
    vault.write("a.md", card("![[p.png]]"))
    assert vault.build().codes == ["A505"]


def test_a_changed_picture_changes_its_notes_and_no_others(vault: Vault) -> None:
    vault.write("a.md", card("![[p.png]]", "p") + "\n" + card("![[p.png]] too", "q") + "\n" + card("![[r.png]]", "r"))
    vault.write("p.png", A)
    vault.write("r.png", C)
    vault.build()
    before, ids = vault.lock().entries, [NoteId(each) for each in vault.ids()]
    vault.write("p.png", B)
    assert "2 changed, 1 unchanged" in vault.build(now=1_790_000_100.0).out
    after = vault.lock().entries
    assert [before[each].mod == after[each].mod for each in ids] == [False, False, True]
    assert (shown(vault, "p"), shown(vault, "q"), shown(vault, "r")) == ([B], [B], [C])


def test_a_second_build_writes_nothing_and_the_same_vault_elsewhere_has_the_same_bytes(
    vault: Vault, tmp_path: Path
) -> None:
    vault.write("a.md", card("![[p.png]] ![[v.mp4]]"))
    vault.write("p.png", A)
    vault.write("v.mp4", b"video" * 1000)
    vault.build()
    before = vault.state()
    assert vault.build(now=1_790_009_000.0).status == 0
    assert vault.state() == before
    other = Vault(tmp_path / "other")
    for name in ("a.md", "p.png", "v.mp4", "ankisync.lock"):
        other.write(name, before[name][0])
    other.build("--locked")
    assert (other.folder / "decks/Default.apkg").read_bytes() == before["decks/Default.apkg"][0]


def test_a_touched_picture_changes_nothing(vault: Vault) -> None:
    vault.write("a.md", card("![[p.png]]"))
    vault.write("p.png", A)
    vault.build()
    os.utime(vault.folder / "p.png", (1, 1))
    before = vault.state()
    vault.build()
    assert vault.state() == before


def test_notes_without_media_keep_their_hash(vault: Vault) -> None:
    vault.write("a.md", card("text `![[p.png]]` ![[gone.png]]", "x") + "\n" + card("plain", "y"))
    vault.build()
    before = {each: entry.hash for each, entry in vault.lock().entries.items()}
    vault.write("p.png", A)
    vault.build()
    assert {each: entry.hash for each, entry in vault.lock().entries.items()} == before


def test_packed_kinds_are_stored_and_loose_ones_deflated(vault: Vault) -> None:
    vault.write("a.md", card("![[p.png]] ![[b.bmp]]"))
    vault.write("p.png", A)
    vault.write("b.bmp", b"\0" * 5000)
    vault.build()
    with zipfile.ZipFile(vault.folder / "decks/Default.apkg") as archive:
        kinds = {info.filename: info.compress_type for info in archive.infolist()}
    assert (kinds["0"], kinds["1"]) == (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)


_Arguments = tuple[Sequence[PackedPart], Head, str, Iterable[Attachment], Path, Kept]


@pytest.mark.parametrize("content", [B, A + b"more", b"", None])
def test_a_picture_that_changes_during_the_build_leaves_its_package_unwritten(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    vault.write("a.md", "TARGET DECK: One\n" + card("![[p.png]]"))
    vault.write("b.md", "TARGET DECK: Two\n" + card("![[r.png]]"))
    vault.write("p.png", A)
    vault.write("r.png", C)

    def change(file: IO[bytes], *arguments: *_Arguments) -> None:
        path = vault.folder / "p.png"
        path.unlink(missing_ok=True) if content is None else path.write_bytes(content)
        write_package(file, *arguments)

    monkeypatch.setattr("ankisync.packing.write_package", change)
    run = vault.build()
    monkeypatch.undo()
    assert (run.status, run.codes) == (1, ["A609"])
    assert "decks/One.apkg" in run.err
    assert [path.name for path in (vault.folder / "decks").iterdir()] == ["Two.apkg"]
    assert len(vault.lock().entries) == 2
    assert shown(vault, "q", "Two") == [C]
    vault.write("p.png", B)
    assert vault.build().codes == []
    assert shown(vault, "q", "One") == [B]


def test_a_full_disk_is_no_changed_picture(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, f"No space left for {type(data)}")

    (tmp_path / "p.png").write_bytes(A)
    with pytest.raises(OSError, match="No space left"):
        copy_file(tmp_path / "p.png", Full(), sha256(A).hexdigest())
    assert copy_file(tmp_path / "p.png", io.BytesIO(), sha256(A).hexdigest())
    assert not copy_file(tmp_path / "p.png", io.BytesIO(), sha256(B).hexdigest())


def test_an_own_tag_stays_a_tag(vault: Vault) -> None:
    vault.write("a.md", card("<video controls width=300 src='v.mp4'></video>\n<audio><source src=s.mp3></audio>"))
    vault.write("v.mp4", b"v")
    vault.write("s.mp3", b"s")
    assert vault.build().codes == []
    assert '<video controls width=300 src="v-' in backs(vault)["q"]
    assert shown(vault, "q") == [b"v", b"s"]


def test_cloze_notes_have_pictures(vault: Vault) -> None:
    vault.write("ankisync.toml", "curly_cloze = true\n")
    vault.write("a.md", "START\nCloze\nA {![[p.png|20]]} and {x}\nEND\n")
    vault.write("p.png", A)
    assert vault.build().codes == []
    assert list(packed(vault.folder / "decks/Default.apkg").values()) == [A]


def test_a_media_root_may_hold_the_vault_or_lie_in_it(vault: Vault) -> None:
    (vault.folder.parent / "p.png").write_bytes(A)
    vault.write("in/r.png", B)
    vault.write("a.md", card("![[../p.png]] ![[r.png]]"))
    vault.write("ankisync.toml", 'media_roots = ["..", "in", "nowhere"]\n')
    assert vault.build().codes == []
    assert shown(vault, "q") == [A, B]


def test_files_are_looked_for_only_where_a_card_embeds_something(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("ankisync.attachments.list_media", refuse)
    vault.write("a.md", card("text [[a]] `![[p.png]]`") + "\n![[p.png]]\n")
    assert vault.build().status == 0
    vault.write("a.md", card("![[p.png]]"))
    assert vault.build().status == 70


def test_unused_files_are_not_read(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def digest(path: Path) -> str:
        asked.append(path.name)
        return "0" * 64

    monkeypatch.setattr("ankisync.attachments.digest_file", digest)
    vault.write("a.md", card("![[p.png]]") + "\n" + card("![[p.png]]", "r"))
    vault.write("p.png", A)
    vault.write("unused.png", B)
    vault.check()
    assert asked == ["p.png"]
