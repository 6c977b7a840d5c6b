"""What a browser makes of cards: measured in headless Chromium, over the same pages as the pictures."""

import html
import json
import random
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from ankisync.render import render_field
from tests.pictures import CHROMIUM, Shown, chromium, page, shown, sides

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get update && apt-get install -y chromium")

# For each frame: its width, the widest thing in it, what scrolls inside itself, and the weakest contrast of a text
# with what is behind it (WCAG 2's formula; tints lie over each other).
_MEASURE = """
const light = (c) => { const l = c.slice(0, 3).map(v => v / 255)
  .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
const parse = (text) => { const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
function behind(element) {
  const layers = [];
  for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
  return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
}
function contrast(element) {
  const back = light(behind(element)), text = light(over(parse(getComputedStyle(element).color), behind(element)));
  return (Math.max(back, text) + 0.05) / (Math.min(back, text) + 0.05);
}
const found = [...document.querySelectorAll("iframe")].map(frame => {
  const root = frame.contentDocument.documentElement;
  const all = [...frame.contentDocument.querySelectorAll("#qa *")];
  const texts = all.filter(e => e.tagName !== "STYLE"
    && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  const least = texts.map(e => [contrast(e), e.outerHTML.slice(0, 80)]).sort((a, b) => a[0] - b[0])[0];
  return { width: root.clientWidth, needed: root.scrollWidth,
    scrolls: all.filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === "auto").length,
    contrast: least ? least[0] : 21, weakest: least ? least[1] : "" };
});
const out = document.createElement("pre");
out.id = "out";
out.textContent = JSON.stringify(found);
document.body.append(out);
"""


def measure(folder: Path, cards: list[Shown], night: bool) -> dict[str, Mapping[str, object]]:
    """What the script above finds in each side of each card, as wide as a phone."""
    pages = {
        f"{card.name} {'answer' if answer else 'question'}": page(card, answer=answer, night=night, mathjax=None)
        for card in cards
        for answer in sides(card)
    }
    frames = "".join(
        f'<iframe style="width:375px;height:700px;border:0" srcdoc="{html.escape(text)}"></iframe>'
        for text in pages.values()
    )
    document = (
        f'<!doctype html><meta charset="utf-8">{frames}<script>addEventListener("load", () => {{{_MEASURE}}})</script>'
    )
    dumped = chromium(folder, document, "--dump-dom")
    written = re.search(r'<pre id="out">(.*?)</pre>', dumped, re.DOTALL)
    assert written, dumped[-500:]
    return dict(zip(pages, json.loads(html.unescape(written[1])), strict=True))


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    return shown(tmp_path_factory.mktemp("cards"))


@pytest.mark.parametrize("night", [False, True])
def test_cards_fit_a_phone_and_can_be_read(tmp_path: Path, cards: list[Shown], night: bool) -> None:
    found = measure(tmp_path, cards, night)
    assert {name: each for name, each in found.items() if each["needed"] != each["width"]} == {}
    assert {name: each for name, each in found.items() if float(str(each["contrast"])) < 4.5} == {}


def test_wide_code_and_tables_scroll_inside_themselves(tmp_path: Path, cards: list[Shown]) -> None:
    found = measure(tmp_path, [card for card in cards if card.name in ("code", "table")], night=False)
    assert [each["scrolls"] for each in found.values()] == [2, 1]


_HOSTILE = (
    "<|>|</|<!--|-->|<img src=x onerror=hit()>|<svg onload=hit()>|<script>hit()</script>|<style>|</style>|<iframe>|"
    '</iframe>|<b title="|"|\'|=|onclick=hit()|`|```|\n|\n\n|> [!a]|[a](|)|[[|]]|$|%%|<details open ontoggle=hit()>|'
    "<a href='javascript:hit()'>|a|<plaintext>|<title>|<!-->|<![CDATA[|]]>|<?|?>|<math>|<svg>|</svg>|<select>|\x01|-|"
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>|<input autofocus onfocus=hit()>|<noscript>|--!>"
)


def test_nothing_runs_in_a_browser_and_the_card_goes_on_behind_each_field(tmp_path: Path) -> None:
    """A thousand hostile fields, put into a document as Anki's reviewer does it."""
    chance = random.Random(4)
    pieces = _HOSTILE.split("|")
    texts = ["".join(chance.choices(pieces, k=chance.randint(1, 9))) for _ in range(1000)]
    fields = json.dumps([render_field(text) for text in texts]).replace("</", "<\\/").replace("<!--", "<\\u0021--")
    document = f"""<!doctype html><meta charset="utf-8"><script>
        const hits = [], lost = []; let now = -1;
        function hit() {{ hits.push(now); }}
        function go() {{
          {fields}.forEach((field, index) => {{
            now = index;
            const place = document.createElement("div");
            document.body.append(place);
            place.innerHTML = field + '<hr class="behind">';
            for (const e of place.querySelectorAll("*")) {{ e.focus && e.focus(); e.click && !e.href && e.click(); }}
            if (!place.querySelector("hr.behind")) lost.push(index);
          }});
          const write = () => {{
            document.body.innerHTML = "<pre id=out>" + JSON.stringify([hits, lost]) + "</pre>";
          }};
          setTimeout(write, 500);
        }}
        addEventListener("load", go);
        </script>"""
    dumped = chromium(tmp_path, document, "--dump-dom")
    written = re.search(r'<pre id="out">(.*?)</pre>', dumped)
    assert written, dumped[-500:]
    hits, lost = json.loads(written[1])
    assert [texts[index] for index in hits] == []
    assert [texts[index] for index in lost] == []
