"""The README's picture of a note and its card: `python -m tests.picture_of_readme`.

The note is the README's own example, built by ankisync; the card is what Anki's backend makes of the package, in
headless Chromium.
"""

import html
import re
import sys
import tempfile
from pathlib import Path

from tests.anki_support import open_anki
from tests.pictures import CHROMIUM, Shown, chromium, page
from tests.support import Vault

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / ".github" / "note-to-card.png"
_EXAMPLE = re.compile(r"^```markdown\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WIDTH, _HEIGHT = 1180, 305
_PAPER = "background:#fff;border:1px solid #d0d0d0;border-radius:8px;height:230px;box-sizing:border-box"
_LABEL = "font:600 14px sans-serif;color:#555;padding:0 0 8px 4px"


def built(vault: Vault) -> tuple[str, Shown]:
    """The README's example after a build, and its card as Anki shows it."""
    example = _EXAMPLE.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert example is not None
    vault.write("ankisync.toml", "context = false\n")
    vault.write("images.md", example[1])
    assert vault.build().status == 0
    with open_anki(vault.folder / "anki") as opened:
        opened.take_decks(vault)
        (card_id,) = opened.find("")
        card = opened.col.get_card(card_id)
        shown = Shown("card", card.question(), card.answer(), card.render_output().css)
    return vault.read("images.md"), shown


def document(note: str, card: Shown) -> str:
    """Both side by side."""
    lines = html.escape(note.strip("\n"))
    lines = re.sub(r"(&lt;!--ID.*)", r'<span style="color:#0a7d33">\1</span>', lines)
    lines = re.sub(r"(?m)^(TARGET DECK:|Q:|A:)", r"<b>\1</b>", lines)
    frame = html.escape(page(card, answer=True, night=False, mathjax=None))
    return (
        '<!doctype html><meta charset="utf-8"><body style="margin:20px;background:#f4f4f4">'
        '<div style="display:grid;grid-template-columns:600px 60px 480px;align-items:center">'
        f'<div><div style="{_LABEL}">images.md, after <code>ankisync build</code></div>'
        f'<pre style="margin:0;padding:16px;font:15px/1.6 monospace;white-space:pre-wrap;{_PAPER}">'
        f"{lines}</pre></div>"
        '<div style="text-align:center;font:36px sans-serif;color:#888">→</div>'
        f'<div><div style="{_LABEL}">the card in Anki</div>'
        f'<iframe style="width:476px;{_PAPER}" srcdoc="{frame}"></iframe></div></div></body>'
    )


def main() -> None:
    """Make the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "vault").mkdir()
        note, card = built(Vault(folder / "vault"))
        size = f"--window-size={_WIDTH},{_HEIGHT}"
        PICTURE.parent.mkdir(exist_ok=True)
        chromium(folder, document(note, card), f"--screenshot={PICTURE}", size)


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("There is no chromium: apt-get update && apt-get install -y chromium")
    main()
