"""Links: to notes, bare URLs, and the hook for what is embedded."""

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml, normalizeReference
from markdown_it.renderer import RendererHTML, RendererProtocol
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from ankisync.render.cloze import MARKER
from ankisync.render.options import Media, Options
from ankisync.render.raw import SOUND, with_sounds

# A blank in front is a test of the shell, `[[ -f x ]]`.
_WIKILINK = re.compile(r"(?P<embed>!?)\[\[(?!\s)(?P<target>[^\[\]|\n]*?)(?:\\?\|(?P<text>[^\[\]\n]*))?\]\]")
_TO_NOTE = re.compile(r"(?![a-z][a-z0-9+.-]*:|/)(?P<path>[^?#]+)\.(?:md|markdown)(?P<heading>#.*)?", re.IGNORECASE)
_SCHEMES = ("http:", "https:", "mailto:")
_CLOZE_SIGN = re.compile(r"\}\}|::|\{\{")


def add_links(markdown: MarkdownIt, options: Options, plain: RendererHTML, *, cloze: bool) -> None:
    """Teach a parser `[[wikilinks]]`, Markdown links to notes and bare URLs, and to ask `env["media"]` for pictures.

    Where links to notes are text, or the vault has no name, only their words are shown: a relative path leads nowhere
    in Anki. `plain` renders pictures that nobody asks for.
    """
    vault = options.vault if options.wikilinks == "link" else ""

    def wikilink(state: StateInline, silent: bool) -> bool:
        return _wikilink(state, silent, vault)

    def note_links(state: StateCore) -> None:
        for token in state.tokens:
            if token.children:
                token.children = _note_links(token.children, vault)

    markdown.inline.ruler.before("link", "wikilink", wikilink)
    markdown.inline.ruler.before("link", "sound", _sound)
    markdown.core.ruler.push("note_links", note_links)

    def image(_self: RendererProtocol, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        media: Media | None = env.get("media")
        found = media.html(str(tokens[index].attrs["src"]), tokens[index].content) if media else None
        return plain.image(tokens, index, options, env) if found is None else found

    markdown.add_render_rule("image", image)
    markdown.add_render_rule("embed", _embed)
    markdown.add_render_rule("sound", _played)
    _link_bare_urls(markdown, cloze=cloze)


def _wikilink(state: StateInline, silent: bool, vault: str) -> bool:
    if not state.src.startswith(("[[", "![["), state.pos):
        return False
    match = _WIKILINK.match(state.src, state.pos, state.posMax)
    if match is None or not match["target"] or _is_markdown(state, match):
        return False
    if not silent and match["embed"]:
        token = state.push("embed", "", 0)
        token.content, token.meta = match[0], {"target": match["target"].strip(), "text": match["text"] or ""}
    elif not silent:
        _push_link(state, match["target"].strip(), (match["text"] or "").strip(), "" if state.linkLevel else vault)
    state.pos = match.end()
    return True


def _is_markdown(state: StateInline, match: re.Match[str]) -> bool:
    """Whether CommonMark has a link there: `[[a]](b)`, or `[[a]]` where `[a]` is a reference."""
    return state.src.startswith("(", match.end()) or normalizeReference(match["target"]) in state.env.get(
        "references", ()
    )


def _push_link(state: StateInline, target: str, text: str, vault: str) -> None:
    note, *headings = target.split("#")
    if vault and note:
        token = state.push("link_open", "a", 1)
        token.attrs = {"href": _opening(vault, MARKER.sub("", target))}
    token = state.push("text", "", 0)
    shown = [note, *(heading for heading in headings if not heading.startswith("^"))]
    token.content = text or " > ".join(part.strip() for part in shown if part.strip())
    if vault and note:
        state.push("link_close", "a", -1)


def _opening(vault: str, file: str) -> str:
    """The URI by which Obsidian opens a note (its own scheme, `obsidian://open`)."""
    return f"obsidian://open?vault={quote(vault, safe='')}&file={quote(file, safe='')}"


def _note_links(children: list[Token], vault: str) -> list[Token]:
    """Links to Markdown files of the vault open the note, or are only their words."""
    kept: list[Token] = []
    dropped = False
    for token in children:
        note = _TO_NOTE.fullmatch(str(token.attrs.get("href", ""))) if token.type == "link_open" else None
        if note and vault:
            path = re.sub(r"\A(?:\.\.?/)+", "", unquote(note["path"]))
            token.attrs["href"] = _opening(vault, path + unquote(note["heading"] or ""))
        elif note:
            dropped = True
            continue
        elif token.type == "link_close" and dropped:
            dropped = False
            continue
        kept.append(token)
    return kept


def _embed(_self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType) -> str:
    media: Media | None = env.get("media")
    meta = tokens[index].meta
    found = media.html(meta["target"], meta["text"]) if media else None
    return escapeHtml(tokens[index].content) if found is None else found


def _sound(state: StateInline, silent: bool) -> bool:
    """Anki's own `[sound:name]`."""
    match = SOUND.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("sound", "", 0).content = match[0]
    state.pos = match.end()
    return True


def _played(_self: RendererProtocol, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType) -> str:
    return escapeHtml(with_sounds(tokens[index].content, env.get("media")))


def _link_bare_urls(markdown: MarkdownIt, *, cloze: bool) -> None:
    """Only what names its scheme is a link; `note.md` and `e.g.` are words. It ends before a cloze does, and before the
    highlight that it stands in.
    """
    finder = LinkifyIt({}, {"fuzzy_link": False, "fuzzy_email": False})
    find = finder.test_schema_at

    def length(text: str, scheme: str, position: int) -> int:
        if scheme.lower() not in _SCHEMES:
            return 0
        end = position + int(find(text, scheme, position))
        if cloze and (sign := _CLOZE_SIGN.search(text, position, end)):
            end = sign.start()
        if text.endswith("==", position, end):
            end -= 2
        return end - position

    def worth_a_look(text: str) -> bool:
        return "://" in text or "mailto:" in text.lower()

    finder.test_schema_at = length
    finder.pretest = worth_a_look
    markdown.linkify = finder
    markdown.options["linkify"] = True
    markdown.enable("linkify")
