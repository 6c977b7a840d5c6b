"""From the plugin's `data.json` to `ankisync.toml`: what is taken over, what is told, and that the file can be used."""

import json
import re
import tomllib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ankisync.config import Settings, StyleName, read_settings, setting_names
from ankisync.ignore import Ignore, bad_pattern
from ankisync.migrate import Data, NoData, Taken, looks_like_plugin, plain_config, read_data, take_over, toml
from ankisync.migrate.canonical import canonical
from ankisync.migrate.expressions import recognise
from ankisync.migrate.globs import translate
from ankisync.migrate.localized import fold, languages, localized, meanings
from ankisync.notetypes import stock
from ankisync.shapes import Notetypes, read_notetypes
from tests.support import CORPUS, needs_corpus

Json = dict[str, object]

TAIL = r"(?:\n(?:^.{1,3}$|^.{4}(?<!<!--).*))"
QA = rf"^Q: ((?:.+\n)*)\n*A: (.+{TAIL}*)"
TAG = rf"((?:[^\n][\n]?)+) #flashcard ?\n*({TAIL}+)"
HEADING = r"^#+(.+)\n*((?:\n(?:^[^\n#].{0,2}$|^[^\n#].{3}(?<!<!--).*))+)"
COLONS = r"^(.*[^\n:]{1}):{2}([^\n:]{1}.*)"
RULED = rf"((?:[^\n][\n]?)+\n)-{{3,}}({TAIL}*)"
TABLE = r"\|([^\n|]+)\|\n\|(?:[^\n|]+)\|\n\|([^\n|]+)\|\n?"
CURLY = rf"((?:.+\n)*(?:.*{{.*){TAIL}*)"
HIGHLIGHT = rf"((?:.+\n)*(?:.*==.*){TAIL}*)"
CALLOUT = rf"(?:\> \[!anki\]-) ([^\n]+)\n(.+{TAIL}*)"
WIKI = {
    "q-a": QA,
    "flashcard-tag": TAG,
    "heading": HEADING,
    "double-colon": COLONS,
    "ruled": RULED,
    "table": TABLE,
    "cloze-paragraph": CURLY,
    "highlight-cloze": HIGHLIGHT,
    "callout": CALLOUT,
}
NOTHING: Mapping[str, object] = {}
CLOZES_ON = {"CurlyCloze": True, "CurlyCloze - Highlights to Clozes": True}
STOCK = {"Basic": ["Front", "Back"], "Cloze": ["Text", "Back Extra"]}
MADE_WITH = "26.9.3"  # the version of Anki of which `localized.json` was made
TYPED_IN_CHINESE = "问答题\uff08输入答案\uff09"
WORD = {**STOCK, "Word": ["Word", "Meaning"]}


def plugin(
    expressions: Mapping[str, object] = NOTHING,
    defaults: Mapping[str, object] = NOTHING,
    fields: Mapping[str, object] = STOCK,
    **tables: object,
) -> bytes:
    """A `data.json` of the plugin's last version."""
    set_up = {"CUSTOM_REGEXPS": expressions, "Syntax": {}, "Defaults": {"Tag": "", **defaults}, **tables}
    return json.dumps({"settings": set_up, "Added Media": [], "File Hashes": {}, "fields_dict": fields}).encode()


def take(data: bytes) -> Taken:
    read = read_data(data)
    assert isinstance(read, Data)
    return take_over(read)


def config(data: bytes) -> Json:
    """The settings that a `data.json` gives, without those that every one gives; all of it can be used."""
    taken = take(data)
    usable(taken.config)
    table = tomllib.loads(taken.config)
    common = {"notes": ["."], "frontmatter_tags": False, "styles": ["start-end"]}
    return {name: value for name, value in table.items() if common.get(name) != value}


def usable(text: str) -> Settings:
    """The settings of a config that ankisync takes as it is."""
    read = read_settings(tomllib.loads(text))
    assert isinstance(read, Settings), read
    assert isinstance(read_notetypes(read, (), {}), Notetypes)
    assert bad_pattern(read.exclude) is None
    return read


def left(data: bytes) -> dict[str, str]:
    return {each.what: each.why for each in take(data).left}


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^#(?=\S)", "", text)


# --- real vaults


@needs_corpus
def test_a_vault_with_cards_by_a_tag_is_taken_over() -> None:
    taken = take((CORPUS / "sem3" / "data.json").read_bytes())
    assert usable(taken.config).styles == usable('styles = ["start-end", "flashcard-tag"]').styles
    assert usable(taken.config).tags == ()
    assert usable(taken.config).exclude == ()
    assert usable(taken.config).folder_decks == ()
    fields = dict(usable(taken.config).fields)
    assert fields["Basic-f5251"] == ("Front", "Back", "Audio", "Pronunciation", "Example")
    assert not {"Basic", "Cloze", "Basic (optional reversed card)"} & set(fields)
    assert [each.what[:18] for each in taken.left] == ["the card templates"]


@needs_corpus
def test_a_vault_with_notetypes_of_its_own_is_taken_over() -> None:
    taken = take((CORPUS / "economics" / "data.json").read_bytes())
    read = usable(taken.config)
    style = read.styles[1]
    assert (style.name, style.notetype, style.words) == ("flashcard-tag", "Basic", ("#1",))
    assert read.tags == ("Obsidian_to_Anki",)
    assert read.exclude == ("**/*.excalidraw.md",)
    assert read.deck_for("01-Projects/01-经济法/x.md") == "经济法"
    assert len(read.folder_decks) == 6
    assert dict(read.fields)["Basic"] == ("Front", "Back", "Obsidian Link", "Obsidian Context")
    assert dict(read.notetype_aliases) == {TYPED_IN_CHINESE: "Basic (type in the answer)"}
    typed = read_notetypes(read, (), {})
    assert isinstance(typed, Notetypes)
    shape = typed.find(TYPED_IN_CHINESE)
    assert shape is not None
    assert dict(shape.labels)["背面"] == "Back"


@needs_corpus
@pytest.mark.parametrize("vault", ["sem3", "economics"])
def test_the_same_settings_give_the_same_config(vault: str) -> None:
    data = (CORPUS / vault / "data.json").read_bytes()
    assert take(data) == take(data)


# --- expressions


@pytest.mark.parametrize("style", sorted(WIKI))
def test_an_expression_of_the_wiki_becomes_its_style(style: str) -> None:
    notetype = "Cloze" if "cloze" in style else "Basic"
    read = config(plugin({notetype: WIKI[style]}, CLOZES_ON))
    assert read["styles"] == ["start-end", style]
    assert "custom" not in read
    assert "style" not in read


SAME = [
    ("q-a", QA.replace("^Q", "^(?:Q)").replace(r"\n*A", r"[\n]*A")),
    ("q-a", QA.replace(".{1,3}", "(?:.){1,3}").replace(".{4}", "....")),
    ("q-a", QA.replace(": ", r"\: ")),
    ("flashcard-tag", TAG.replace(r"[\n]?", r"\n?").replace("#", r"\#")),
    ("flashcard-tag", TAG.replace(" ?", "[ ]?").replace("#flashcard", "#flashca[r]d")),
    ("heading", HEADING.replace("#+", "#{1,}").replace(r"[^\n#]", r"[^#\n]")),
    ("double-colon", COLONS.replace("{1}", "").replace(":{2}", "::")),
    ("double-colon", COLONS.replace(":{2}", "[:]{2}").replace(r"\n:", r":\n")),
    ("ruled", RULED.replace("-{3,}", "--[-]+").replace("<!--", r"\<\!\-\-")),
    ("table", TABLE.replace(r"(?:[^\n|]+)", r"[^|\n]+")),
    ("cloze-paragraph", CURLY.replace("{.*", r"\{.*").replace("(?:.*", ".*").replace(".*)" + TAIL, ".*" + TAIL)),
    ("highlight-cloze", HIGHLIGHT.replace("==", "={2}")),
    ("callout", CALLOUT.replace("(?:", "", 1).replace(r"\]-)", r"\]-").replace(r"\>", ">")),
]


@pytest.mark.parametrize(("style", "expression"), SAME)
def test_another_spelling_is_the_same_style(style: str, expression: str) -> None:
    assert expression != WIKI[style]
    found = recognise(expression)
    assert found is not None
    assert (found.name, found.options) == (style, ())


OTHER = [
    QA.replace("^Q", "Q"),
    QA.replace("Q: ", "Q:"),
    QA.replace("Q: ", "q: "),
    QA.replace("A: (.+", "A: (.*"),
    QA.replace("(.+" + TAIL, "(.+?" + TAIL),
    QA.replace(r"\n*A", r"\n+A"),
    QA.replace(".{1,3}", ".{1,4}"),
    QA.replace("(?<!<!--)", ""),
    QA.replace("((?:", "(?:(?:"),
    QA + "$",
    " " + QA,
    QA + "|x",
    r"^Q: ((?:[^\n][\n]?)+)\n+A: ([\s\S]*?(?=\n{3,}))",
    r"^Q: ((?:.+\n)*)\n*A: ([\s\S]*?(?=\+\+\+|---|<!--ID: ))",
    TAG.replace(" #", "#"),
    TAG.replace(" ?", ""),
    TAG.replace(" ?", " *"),
    TAG.replace("#flashcard", "flashcard"),
    TAG.replace("#flashcard", "#flash card"),
    TAG.replace("#flashcard", "#flashcards?"),
    TAG.replace("#flashcard", "#flash.card"),
    TAG.replace("#flashcard", "#[fF]lashcard"),
    TAG.replace("#flashcard", "(#flashcard|#card)"),
    TAG.replace("#flashcard", "#flashcard|#card"),
    TAG.replace("#flashcard", "(?:#flashcard|)"),
    TAG.replace("#flashcard", r"#\w+"),
    TAG.replace("#flashcard", ""),
    "^" + TAG,
    TAG[:-1] + "*)",
    HEADING.replace("#+", "#"),
    HEADING.replace("#+", "#{2}"),
    HEADING.replace("#+", "#{1,3}"),
    HEADING.replace("#+", "#+ "),
    HEADING.replace("#+", "#{7,}"),
    HEADING.replace("#+", "#*"),
    HEADING.replace("#+", "#+?"),
    HEADING.replace(r"[^\n#]", r"[^\n]"),
    COLONS.replace(":{2}", ":{3}"),
    COLONS.replace(":{2}", ":{2,}"),
    COLONS.replace(":{2}", ":: "),
    COLONS.replace("(.*[", "(.*?["),
    RULED.replace("{3,}", "{3}"),
    RULED.replace("-{3,}", "={3,}"),
    TABLE.removesuffix("?"),
    TABLE.replace("(?:", "("),
    CURLY.replace("{.*", "{{.*"),
    HIGHLIGHT.replace("==", "="),
    CALLOUT.replace(r"\]-", r"\]"),
    CALLOUT.replace("anki", "anki|card"),
    CALLOUT.replace("anki", ""),
    CALLOUT.replace("anki", r"\w+"),
]


@pytest.mark.parametrize("expression", OTHER)
def test_a_real_difference_stays_an_expression(expression: str) -> None:
    read = config(plugin({"Basic": expression}, CLOZES_ON))
    clozes = {"curly_cloze": True, "highlight_cloze": True}
    assert read == {"custom": [{"notetype": "Basic", "pattern": expression}], **clozes}


@pytest.mark.parametrize(
    ("expression", "style", "options"),
    [
        (TAG.replace("#flashcard", "#1"), "flashcard-tag", {"tag": "#1"}),
        (TAG.replace("#flashcard", "#!"), "flashcard-tag", {"tag": "#!"}),
        (TAG.replace("#flashcard", "#卡片"), "flashcard-tag", {"tag": "#卡片"}),
        (TAG.replace("#flashcard", r"#a\.b/c"), "flashcard-tag", {"tag": "#a.b/c"}),
        (TAG.replace("#flashcard", "(?:#a|#b)"), "flashcard-tag", {"tag": ["#a", "#b"]}),
        (TAG.replace("#flashcard", "#(?:a|b)x"), "flashcard-tag", {"tag": ["#ax", "#bx"]}),
        (TAG.replace("#flashcard", "#card(?:s|)"), "flashcard-tag", {"tag": ["#cards", "#card"]}),
        (HEADING.replace("#+", "##+"), "heading", {"level": 2}),
        (HEADING.replace("#+", "#{3,}"), "heading", {"level": 3}),
        (HEADING.replace("#+", "#{6,}"), "heading", {"level": 6}),
        (CALLOUT.replace("anki", "card_2"), "callout", {"type": "card_2"}),
    ],
)
def test_the_word_or_level_of_an_expression_is_taken_over(expression: str, style: str, options: Json) -> None:
    read = config(plugin({"Basic": expression}))
    assert read == {"styles": ["start-end", style], "style": {style: options}}


def test_a_style_is_made_for_the_notetype_that_uses_it() -> None:
    read = config(plugin({"Word": QA, "Basic": TAG.replace("#flashcard", "#x")}, fields=WORD))
    assert read["styles"] == ["start-end", "q-a", "flashcard-tag"]
    assert read["style"] == {"q-a": {"notetype": "Word"}, "flashcard-tag": {"tag": "#x"}}


def test_the_second_notetype_of_a_style_keeps_its_expression() -> None:
    other = TAG.replace("#flashcard", "#word")
    read = config(plugin({"Basic": TAG, "Word": other}, fields=WORD))
    assert read["styles"] == ["start-end", "flashcard-tag"]
    assert "style" not in read
    assert read["custom"] == [{"notetype": "Word", "pattern": other}]


def test_questions_and_answers_are_read_only_if_the_plugin_read_them() -> None:
    assert usable(take(plugin({"Basic": ""})).config).styles == usable('styles = ["start-end"]').styles
    assert config(plugin({"Basic": TAG}))["styles"] == ["start-end", "flashcard-tag"]


def test_expressions_keep_the_order_of_the_settings() -> None:
    read = config(plugin({"Word": "b(.)", "Cloze": "a(.)", "Basic": "c(.)"}, fields=WORD))
    assert [each["pattern"][0] for each in read["custom"]] == ["b", "a", "c"]  # type: ignore[attr-defined]


def test_a_style_that_overtakes_an_expression_is_told() -> None:
    what = "the order of the expressions"
    assert what in left(plugin({"Cloze": "x(.)", "Basic": QA}))
    assert what not in left(plugin({"Basic": QA, "Cloze": "x(.)"}))
    assert what not in left(plugin({"Basic": QA, "Word": QA}, fields=WORD))
    assert what not in left(plugin({"Gone": "x(.)", "Basic": QA}))


@pytest.mark.parametrize(
    ("style", "defaults", "becomes"),
    [
        ("cloze-paragraph", {"CurlyCloze": True}, True),
        ("cloze-paragraph", {"CurlyCloze": False}, False),
        ("cloze-paragraph", {"CurlyCloze - Highlights to Clozes": True}, False),
        ("highlight-cloze", CLOZES_ON, True),
        ("highlight-cloze", {"CurlyCloze": True}, False),
        ("highlight-cloze", {"CurlyCloze - Highlights to Clozes": True}, False),
    ],
)
def test_a_style_of_clozes_needs_its_form_of_clozes(style: str, defaults: Json, becomes: bool) -> None:
    read = config(plugin({"Cloze": WIKI[style]}, defaults))
    assert (read.get("styles") == ["start-end", style]) is becomes
    assert ("custom" in read) is not becomes


def test_a_style_of_clozes_needs_a_notetype_of_clozes() -> None:
    fields = {"Word": ["a", "b"], "My Cloze": ["a", "b"]}
    assert "custom" in config(plugin({"Word": CURLY}, CLOZES_ON, fields))
    read = config(plugin({"My Cloze": CURLY}, CLOZES_ON, fields))
    assert read["style"] == {"cloze-paragraph": {"notetype": "My Cloze"}}


def test_an_expression_of_a_notetype_without_known_fields_is_commented_out_and_told() -> None:
    data = plugin({"Gone": "x (.*)'\n'''", "Basic": "y (.*)"})
    assert config(data) == {"custom": [{"notetype": "Basic", "pattern": "y (.*)"}]}
    assert any("Gone" in what for what in left(data))
    found = tomllib.loads(uncommented(take(data).config))["custom"]
    assert {"notetype": "Gone", "pattern": "x (.*)'\n'''"} in found


def test_an_expression_of_nothing_but_blanks_is_told() -> None:
    data = plugin({"Basic": "  "})
    assert config(data) == {}
    assert list(left(data)) == ["the expression of Basic"]


# What `re` and JavaScript read alike, so that `re` can be the judge.
ATOMS = ["a", "b", "#", r"\#", ":", "[ab]", "[^a]", "[a]", "[a-b]", r"[\n]", r"\n", ".", "^", "$", "{", "}", "]"]
ATOMS += [r"\d", r"[\d]", r"[\s\S]", "[^\n]", r"\x61", "\n", r"\{", "(?<!a)", "(?=b)", "(?!\n)", r"\.", "=", r"\-"]
ATOMS += [r"[\[-a]", r"[^\d]", "[-a]", r"\b", "[a-]", "[^^]", r"[\]]", "-"]
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "{1}", "{2}", "{2,}", "{1,}", "{0,1}", "{1,3}", "*?", "+?"])
TERMS = st.builds(lambda atom, quantifier: atom + quantifier, st.sampled_from(ATOMS), QUANTIFIERS)


def groups(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    opening = st.sampled_from(["(", "(?:", "(?:"])
    joined = st.lists(inner, min_size=1, max_size=3).map("".join)
    choice = st.lists(joined, min_size=1, max_size=2).map("|".join)
    return st.builds(lambda start, body, sign: f"{start}{body}){sign}", opening, choice, QUANTIFIERS)


EXPRESSIONS = st.lists(st.recursive(TERMS, groups, max_leaves=6), min_size=1, max_size=4).map("".join)
TEXTS = st.text(st.sampled_from("aab#:\n{}=-1.]"), max_size=6)  # longer ones can take `re` minutes


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, st.lists(TEXTS, min_size=5, max_size=5))
def test_one_spelling_means_what_the_expression_means(expression: str, texts: list[str]) -> None:
    one = canonical(expression)
    assume(one is not None)
    assert one is not None
    try:
        theirs = re.compile(expression, re.MULTILINE)
    except re.error:
        assume(False)
    ours = re.compile(one, re.MULTILINE)
    assert canonical(one) == one
    for text in texts:
        assert [each.regs for each in ours.finditer(text)] == [each.regs for each in theirs.finditer(text)]


NO_SPELLING = ["(", ")", "[", "a)", "a**", "*", "a{2}{3}", "(?<n>a)", r"\1", "\\", "(?:" * 30 + ")" * 30, "a" * 3000]
NO_SPELLING += ["[b-a]", "x{2,1}", "x{0}", "(?:a", r"\u00", r"\cA", r"\p{L}", "^*", "(?=a)*", "[a-", "[\\"]


@pytest.mark.parametrize("expression", NO_SPELLING)
def test_what_is_no_plain_expression_has_no_spelling(expression: str) -> None:
    assert canonical(expression) is None
    assert recognise(expression) is None


@given(st.text(st.sampled_from("()[]{}|*+?^$\\.:#=!<-,ab1\n ")))
def test_any_text_can_be_an_expression(expression: str) -> None:
    assume(expression.strip())
    assert config(plugin({"Basic": expression}))["custom"] == [{"notetype": "Basic", "pattern": expression}]


# --- notetypes


def test_a_notetype_of_another_language_is_an_alias() -> None:
    fields = {"Einfach": ["Vorderseite", "Rückseite"]}
    read = config(plugin({"Einfach": QA}, fields=fields))
    assert read["notetype_aliases"] == {"Einfach": "Basic"}
    assert read["fields"] == fields
    assert read["styles"] == ["start-end", "q-a"]
    assert "style" not in read
    assert left(plugin({"Einfach": QA}, fields=fields)) == {}


def test_a_notetype_of_another_language_with_one_more_field_is_ones_own() -> None:
    fields = {"Einfach": ["Vorderseite", "Rückseite", "Quelle"]}
    read = config(plugin({"Einfach": QA}, fields=fields))
    assert "notetype_aliases" not in read
    assert read["fields"] == fields
    assert read["style"] == {"q-a": {"notetype": "Einfach"}}
    assert any("Einfach" in what for what in left(plugin({}, fields=fields)))


def test_a_notetype_of_clozes_in_another_language_is_one_of_clozes() -> None:
    read = read_notetypes(usable(take(plugin({}, fields={"Lückentext": ["Text", "Rückseite Extra"]})).config), (), {})
    assert isinstance(read, Notetypes)
    shape = read.find("Lückentext")
    assert shape is not None
    assert shape.cloze
    told = left(plugin({}, fields={"Lückentext": ["Text", "Extra", "Bild"]}))
    assert any("clozes" in what for what in told)
    assert not any("clozes" in what for what in left(plugin({}, fields={"Cloze": ["Text", "Extra", "Bild"]})))


def test_an_alias_without_known_fields_gets_those_of_its_language() -> None:
    read = config(plugin({"Einfach": "x(.)"}, fields={}))
    assert read["notetype_aliases"] == {"Einfach": "Basic"}
    assert read["fields"] == {"Einfach": ["Vorderseite", "Rückseite"]}
    assert read["custom"] == [{"notetype": "Basic", "pattern": "x(.)"}]


def test_fields_of_a_stock_notetype_are_written_only_if_they_are_others() -> None:
    assert config(plugin({}, fields={"Basic": ["Front", "Back"]})) == {}
    own = {"Basic": ["Front", "Back", "Link"]}
    assert config(plugin({}, fields=own)) == {"fields": own}
    renamed = {"Basic (and reversed card)": ["Recto", "Verso"]}
    read = usable(take(plugin({}, fields=renamed)).config)
    found = read_notetypes(read, (), {})
    assert isinstance(found, Notetypes)
    shape = found.find("Basic (and reversed card)")
    assert shape is not None
    assert dict(shape.labels)["Verso"] == "Back"
    assert len(found.by_key[shape.key].templates) == 2


NO_FIELDS: list[Json] = [{"X": []}, {"X": ["a", "A"]}, {"X": ["a", " "]}, {"X": ["a:b"]}, {"X": "a"}, {"X": ["a", 1]}]
NO_FIELDS += [
    {"X": ["#a"]},
    {"X": ["é", "e\u0301"]},
    {" ": ["a"]},
    {"X": None},
    {"X": ["a\0"]},
    {"X\0": ["a"]},
    {"X": ["\ud800"]},
]


@pytest.mark.parametrize("fields", NO_FIELDS)
def test_fields_that_cannot_be_used_are_told(fields: Json) -> None:
    data = plugin({}, fields=fields)
    assert config(data) == {}
    assert len(left(data)) == 1


def test_two_notetypes_that_differ_only_in_case_are_told() -> None:
    data = plugin({}, fields={"Word": ["a"], "WORD": ["b"]})
    assert config(data)["fields"] == {"Word": ["a"]}
    assert "the fields of WORD" in left(data)


def test_the_names_are_those_of_the_installed_anki() -> None:
    derived = derive_names()
    ours = languages()
    both = set(ours) & set(derived)
    same = {code for code in both if derived[code] == ours[code]}
    # Another Anki may have other words in some languages, and other languages.
    assert len(same) >= 0.8 * len(both) > 30
    if version("anki") == MADE_WITH:
        translated = {code for code, names in derived.items() if names[0] != derived["en_US"][0]}
        assert same == both == set(ours) == translated


def derive_names() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What `localized.json` is made of: `json.dumps` of each row but those with English notetypes, one a line."""
    import anki.collection  # noqa: F401  # without it the modules of Anki import each other in a circle
    from anki import lang

    before = lang.current_lang
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    try:
        for _, code in lang.langs:
            lang.set_lang(code)
            tr = lang.tr_legacyglobal
            types = [tr.notetypes_basic_name(), tr.notetypes_basic_reversed_name()]
            types += [tr.notetypes_basic_optional_reversed_name(), tr.notetypes_basic_type_answer_name()]
            types += [tr.notetypes_cloze_name()]
            fields = [tr.notetypes_front_field(), tr.notetypes_back_field(), tr.notetypes_add_reverse_field()]
            fields += [tr.notetypes_text_field(), tr.notetypes_back_extra_field()]
            found[code] = (tuple(types), tuple(fields))
    finally:
        lang.set_lang(before)
    return found


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Einfach", "Basic"),
        ("Básico", "Basic"),
        ("基本型", "Basic"),
        ("问答题", "Basic"),
        ("Lückentext", "Cloze"),
        ("Généralités (deux sens)", "Basic (and reversed card)"),
    ],
)
def test_names_from_real_vaults_are_known(name: str, key: str) -> None:
    assert localized()[fold(name)].stock == key


def test_no_english_name_is_another_language_s() -> None:
    assert not set(localized()) & set(map(fold, stock()))
    assert {each.stock for each in localized().values()} == set(stock())


def test_a_name_that_means_two_notetypes_is_left_out() -> None:
    fields = ("f", "b", "r", "t", "x")
    found = meanings({"a": (("One", "Two", "3", "4", "5"), fields), "b": (("6", "One", "7", "8", "Cloze"), fields)})
    assert fold("One") not in found
    assert found[fold("Two")].stock == "Basic (and reversed card)"
    assert found[fold("5")].fields == (("t", "x"),)
    assert fold("Cloze") not in found


def test_a_name_with_other_fields_in_two_languages_keeps_both() -> None:
    assert config(plugin({"Básico": "x(.)"}))["notetype_aliases"] == {"Básico": "Basic"}
    assert "fields" not in config(plugin({"Básico": "x(.)"}))
    assert localized()[fold("Básico")].fields == (("Anverso", "Reverso"), ("Frente", "Verso"))
    assert localized()[fold("Einfach")].fields == (("Vorderseite", "Rückseite"),)


# --- the other settings


@pytest.mark.parametrize(
    ("given_defaults", "read"),
    [
        ({}, {}),
        ({"Tag": "Obsidian_to_Anki"}, {"tags": ["Obsidian_to_Anki"]}),
        ({"Tag": "a b"}, {"tags": ["a", "b"]}),
        ({"Tag": None}, {"tags": ["Obsidian_to_Anki"]}),
        ({"Deck": "A:: B"}, {"default_deck": "A::B"}),
        ({"Deck": "Default"}, {}),
        ({"Deck": ""}, {}),
        ({"Scan Directory": "/My notes/x/"}, {"notes": ["My notes/x"]}),
        ({"Scan Directory": "/"}, {}),
        ({"CurlyCloze": True}, {"curly_cloze": True}),
        (CLOZES_ON, {"curly_cloze": True, "highlight_cloze": True}),
        ({"ID Comments": False}, {"id_comments": False}),
        ({"ID Comments": True}, {}),
        ({"Add Obsidian Tags": True}, {"inline_tags": True}),
        ({"Scheduling Interval": 0, "Add File Link": False, "Add Context": False}, {}),
    ],
)
def test_each_default_is_taken_over(given_defaults: Json, read: Json) -> None:
    assert config(plugin({}, given_defaults)) == read
    assert left(plugin({}, given_defaults)) == {}


@pytest.mark.parametrize(
    ("given_defaults", "read", "told"),
    [
        ({"Deck": "A::"}, {}, "the deck A::"),
        ({"Deck": 5}, {}, "settings / Defaults / Deck"),
        ({"Deck": "a\0"}, {}, "settings / Defaults / Deck"),
        ({"Tag": "#x,y"}, {"tags": ["x", "y"]}, "the tag #x,y as it is spelled"),
        ({"Scan Directory": "../x"}, {}, "the scan directory ../x"),
        ({"Scan Directory": "a\\b"}, {}, "the scan directory a\\b"),
        ({"CurlyCloze": "yes"}, {}, "settings / Defaults / CurlyCloze"),
        ({"ID Comments": 0}, {}, "settings / Defaults / ID Comments"),
        ({"CurlyCloze - Highlights to Clozes": True}, {}, "CurlyCloze - Highlights to Clozes"),
        ({"Add File Link": True}, {}, "links to the note (Add File Link)"),
        ({"Add Context": True}, {}, "the path of headings (Add Context)"),
        ({"Scheduling Interval": 5}, {}, "scanning again by itself (Scheduling Interval 5)"),
        ({"Colour": "red"}, {}, "settings / Defaults / Colour"),
    ],
)
def test_what_has_no_counterpart_is_told(given_defaults: Json, read: Json, told: str) -> None:
    assert config(plugin({}, given_defaults)) == read
    assert list(left(plugin({}, given_defaults))) == [told]


def test_tags_of_frontmatter_are_off_and_all_of_the_vault_is_read() -> None:
    read = usable(take(plugin({})).config)
    assert not read.frontmatter_tags
    assert read.notes == (".",)
    assert usable(plain_config()).frontmatter_tags


def test_folders_with_decks_and_tags_are_taken_over_without_the_empty_ones() -> None:
    decks = {"a/b": "One::Two", "x": "", "y": None}
    tags = {"a.b": "p q", "x": "", "'\"": "é"}
    data = plugin({}, FOLDER_DECKS=decks, FOLDER_TAGS=tags)
    assert config(data) == {"folder_decks": {"a/b": "One::Two"}, "folder_tags": {"a.b": "p q", "'\"": "é"}}
    assert left(data) == {}
    odd = plugin({}, FOLDER_DECKS={"x": "::", "y": 1}, FOLDER_TAGS={"z": "#"})
    assert config(odd) == {}
    assert list(left(odd)) == ["settings / FOLDER_DECKS / y", "for x the deck ::", "for z the tags # as it is spelled"]


def test_renamed_keywords_are_taken_over() -> None:
    syntax = {"Begin Note": "%%ANKI", "End Note": "END%%", "Target Deck Line": "DECK", "Delete Note Line": "DELETE"}
    data = plugin({}, Syntax={**syntax, "Frozen Fields Line": "🧊"})
    assert config(data) == {"keywords": {"start": "%%ANKI", "end": "END%%", "target_deck": "DECK", "frozen": "🧊"}}
    assert left(data) == {}
    swapped = plugin({}, Syntax={"Begin Note": "END", "End Note": "START"})
    assert config(swapped) == {"keywords": {"start": "END", "end": "START"}}


@pytest.mark.parametrize(
    ("syntax", "read"),
    [
        ({"Begin Note": "***", "End Note": "***"}, {"start": "***"}),
        ({"Begin Note": "END"}, {}),
        ({"Begin Note": "ENDI", "End Note": "START"}, {}),
        ({"Begin Note": ""}, {}),
        ({"Begin Note": "a\nb", "End Note": "Z"}, {"end": "Z"}),
        ({"Begin Note": 1, "End Note": "Z"}, {"end": "Z"}),
        ({"Begin": "x", "End Note": "Z"}, {"end": "Z"}),
    ],
)
def test_keywords_that_cannot_be_used_are_told(syntax: Json, read: Json) -> None:
    data = plugin({}, Syntax=syntax)
    assert config(data).get("keywords", {}) == read
    assert left(data)


# --- patterns of files

NOTES = ["a.md", "foo.md", "Templates.md", "Templates/x.md", "Templates/s/y.md", "z/Templates/q.md", "z/w.md"]
NOTES += ["b/1.md", "b/c/2.md", "a b/3.md", "z/w.excalidraw.md", "b/_x.md"]


# What multimatch 7 (minimatch 9) matches; 2,594 random lists of globs agreed with it when this was written.
@pytest.mark.parametrize(
    ("globs", "matched"),
    [
        (["**/*.excalidraw.md"], ["z/w.excalidraw.md"]),
        (["Templates/**"], ["Templates/x.md", "Templates/s/y.md"]),
        (["Templates/**/*"], ["Templates/x.md", "Templates/s/y.md"]),
        (["Templates/*"], ["Templates/x.md"]),
        (["Templates/**.md"], ["Templates/x.md"]),
        (["**/Templates/**"], ["Templates/x.md", "Templates/s/y.md", "z/Templates/q.md"]),
        (["*.md"], ["a.md", "foo.md", "Templates.md"]),
        (["*"], ["a.md", "foo.md", "Templates.md"]),
        (["**"], NOTES),
        (["*/**"], [name for name in NOTES if "/" in name]),
        (["foo*"], ["foo.md"]),
        (["foo.*"], ["foo.md"]),
        (["b/[!_]*"], ["b/1.md"]),
        (["b/[_a]*"], ["b/_x.md"]),
        (["b/?.md"], ["b/1.md"]),
        (["{b,z}/*"], ["z/w.md", "b/1.md", "z/w.excalidraw.md", "b/_x.md"]),
        (["b/**/c/**"], ["b/c/2.md"]),
        (["Temp*/**"], ["Templates/x.md", "Templates/s/y.md"]),
        (["b/c/*", "a b/**"], ["b/c/2.md", "a b/3.md"]),
        (["**", "!b/**", "b/1.md"], [name for name in NOTES if not name.startswith("b/") or name == "b/1.md"]),
        (["Templates/**", "!Templates/s/*"], ["Templates/x.md"]),
        (["!b/**", "**/1.md"], ["b/1.md"]),
    ],
)
def test_a_pattern_leaves_out_what_it_left_out_in_the_plugin(globs: list[str], matched: list[str]) -> None:
    patterns, untaken = translate(globs)
    assert untaken == ()
    assert [name for name in NOTES if kept_out(patterns, name)] == matched
    assert config(plugin({}, IGNORED_FILE_GLOBS=globs))["exclude"] == list(patterns)


def kept_out(patterns: tuple[str, ...], name: str) -> bool:
    """Whether a walk that leaves out what `Ignore` says does not come to a file."""
    ignore = Ignore(Path("/nowhere"), patterns)
    parts = name.split("/")
    folders = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return any(ignore.ignored(folder, True) for folder in folders) or ignore.ignored(name, False)


NO_COUNTERPART = ["Templates", "Templates/", "/Templates/**", "./Templates/**", "*.canvas", "#x.md", "Templates\\**"]
NO_COUNTERPART += ["+(a|b)/**", "{1..3}/**", "a/../b/**", "b/[[:alpha:]]*", "b/[z-a]*", "fo?.m?", "!!x/**", "b//**"]
NO_COUNTERPART += ["f?*", "x{a,b", "a\nb/**", "{a,b}" * 8 + "/**"]


@pytest.mark.parametrize("glob", NO_COUNTERPART)
def test_a_pattern_without_a_counterpart_is_told(glob: str) -> None:
    data = plugin({}, IGNORED_FILE_GLOBS=["ok/*", glob])
    assert config(data)["exclude"] == ["/ok/*.md"]
    assert len(left(data)) == 1


def test_patterns_may_be_one_text_and_other_types_are_told() -> None:
    assert config(plugin({}, IGNORED_FILE_GLOBS="x/**"))["exclude"] == ["/x/"]
    assert list(left(plugin({}, IGNORED_FILE_GLOBS=5))) == ["settings / IGNORED_FILE_GLOBS"]
    assert list(left(plugin({}, IGNORED_FILE_GLOBS=["x/**", 5]))) == ["settings / IGNORED_FILE_GLOBS"]
    assert left(plugin({}, IGNORED_FILE_GLOBS=["x/**", " "])) == {}


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("*?[]{}!,./\\ab md#-()+^~&|")))
def test_any_pattern_gives_patterns_that_git_would_take_or_is_told(glob: str) -> None:
    patterns, untaken = translate([glob])
    assert bad_pattern(patterns) is None
    assert bool(patterns) + len(untaken) == bool(glob.strip())


# --- any data.json

EVERY_DEFAULT = {"Scan Directory": "n", "Tag": "t", "Deck": "D", "Scheduling Interval": 5, "Add File Link": True}
EVERY_DEFAULT |= {"Add Context": True, "ID Comments": True, "Add Obsidian Tags": True, **CLOZES_ON}
FULL = plugin(
    {"Basic": QA, "Cloze": CURLY, "Word": TAG, "Einfach": "x(.)", "Gone": "y(.)"},
    EVERY_DEFAULT,
    {**WORD, "Einfach": ["Vorderseite", "Rückseite"]},
    FILE_LINK_FIELDS={"Basic": "Front"},
    CONTEXT_FIELDS={"Basic": "Front"},
    FOLDER_DECKS={"a": "A", "a/b": ""},
    FOLDER_TAGS={"a": "p q"},
    Syntax={"Begin Note": "START", "End Note": "E", "Target Deck Line": "DECK"},
    IGNORED_FILE_GLOBS=["**/*.excalidraw.md", "!x/**"],
)
Step = str | int
ODD_VALUES: list[object] = [None, "", " ", 0, 5, -1.5, True, False, [], {}, ["a"], [1], {"a": 1}, {"a": "b"}, [[]]]
ODD_TEXTS = ["\0", "\ud800", "\U0001f600", "A::", "::", "'''", "'", '"', "\\", "a\nb", "\r", "\x1f", "\x7f", "\u2028"]
ODD_TEXTS += ["\ufeff", "#", "[x]", '"""', "\\u0041", "👩‍💻", "é", "../x", "C:\\x", "START", "Basic", "cloze", "a.b"]
ODD_TEXTS += ["Einfach", "**/*", "!x", QA, TAG, CURLY, "(", "basic", "BASIC (AND REVERSED CARD)", "Lückentext"]
ODD = st.sampled_from([*ODD_VALUES, *ODD_TEXTS, float("nan"), 10**400])
ANY = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(ODD_TEXTS), inner, max_size=2)
)


def places(value: object, path: tuple[Step, ...] = ()) -> list[tuple[Step, ...]]:
    """The ways to all values in a value."""
    rows = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [path, *(place for key, each in rows for place in places(each, (*path, key)))]


PLACES = places(json.loads(FULL))[1:]


def changed(value: object, place: tuple[Step, ...], to: object, name: str | None = None) -> object:
    """A value in which another one stands at a place, or under another name there; without it where it has none."""
    if not place:
        return to
    step, rest = place[0], place[1:]
    if isinstance(value, dict) and step in value:
        key = name if name is not None and not rest else step
        return {**{each: value[each] for each in value if each != step}, key: changed(value[step], rest, to, name)}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [*value[:step], changed(value[step], rest, to, name), *value[step + 1 :]]
    return value


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ANY, st.none() | st.sampled_from(ODD_TEXTS)), max_size=4))
def test_any_settings_give_a_config_that_can_be_used(
    changes: list[tuple[tuple[Step, ...], object, str | None]],
) -> None:
    value: object = json.loads(FULL)
    for place, to, name in changes:
        value = changed(value, place, to, name)
    data = json.dumps(value).encode()
    read = read_data(data)
    assert looks_like_plugin(data) == isinstance(read, Data)
    if isinstance(read, Data):
        taken = take_over(read)
        usable(taken.config)
        assert tomllib.loads(uncommented(taken.config))
        for line in (*taken.told, *(text for each in taken.left for text in (each.what, each.why))):
            assert line
            assert not re.search(r"[\x00-\x1f\x7f\u2028\ud800-\udfff]", line)


# What is of no use to ankisync, or whose loss is told as a whole.
UNUSED = {"FILE_LINK_FIELDS", "CONTEXT_FIELDS", "Added Media", "File Hashes"}


@pytest.mark.parametrize("place", [place for place in PLACES if not UNUSED & set(place)])
@pytest.mark.parametrize("value", ["zq9", {"zq9": "zq9"}, ["zq9"], 99])
def test_nothing_vanishes_without_a_word(place: tuple[Step, ...], value: object) -> None:
    read = read_data(json.dumps(changed(json.loads(FULL), place, value)).encode())
    if isinstance(read, NoData):
        assert place == ("settings",)
        return
    taken = take_over(read)
    names = [str(step) for step in place if isinstance(step, str)]
    told = " ".join(f"{each.what} {each.why}" for each in taken.left)
    assert "zq9" in uncommented(taken.config) + told or names[-1] in told


@pytest.mark.parametrize("place", [place for place in PLACES if isinstance(place[-1], str) and place[0] == "settings"])
def test_no_renamed_setting_vanishes(place: tuple[Step, ...]) -> None:
    value: object = json.loads(FULL)
    inside = value
    for step in place:
        inside = inside[step]  # type: ignore[index]  # the place is one of this value
    data = json.dumps(changed(value, place, inside, "zq9")).encode()
    read = read_data(data)
    if isinstance(read, NoData) or (set(place) & UNUSED and place[-1] not in UNUSED) or inside == "":
        return
    taken = take_over(read)
    told = " ".join(each.what for each in taken.left)
    assert "zq9" in uncommented(taken.config) + told


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_no_settings(data: bytes) -> None:
    assert isinstance(read_data(data), NoData)
    assert not looks_like_plugin(data)


NOT_OURS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"{}",
    b'{"settings": 1}',
    b'{"settings": {}}',
    b'{"settings": {"Defaults": {}}}',
]
NOT_OURS += [b"\xff", b'{"CUSTOM_REGEXPS": {}}', b"[" * 100_000, b'{"settings": ["Syntax"]}', b"1" * 10_000]


@pytest.mark.parametrize("data", NOT_OURS)
def test_another_data_json_is_not_the_plugin_s(data: bytes) -> None:
    assert not looks_like_plugin(data)
    read = read_data(data)
    assert isinstance(read, NoData)
    assert read.reason
    assert "data.json" in read.hint


@pytest.mark.parametrize("name", ["CUSTOM_REGEXPS", "Syntax"])
def test_old_settings_with_few_keys_are_read(name: str) -> None:
    data = json.dumps({"settings": {name: {}}}).encode()
    assert looks_like_plugin(data)
    assert looks_like_plugin(b"\xef\xbb\xbf" + data)
    assert config(data) == {"tags": ["Obsidian_to_Anki"]}
    assert left(data) == {}


def test_unknown_names_are_told() -> None:
    whole = json.loads(plugin({}, NEW={"a": 1}, Syntax={"Extra": "x"}))
    data = json.dumps({**whole, "more": 1}).encode()
    assert set(left(data)) == {"settings / NEW", "settings / Syntax / Extra", "more"}


def test_media_and_hashes_of_the_plugin_are_not_told() -> None:
    whole = json.loads(plugin({}))
    data = json.dumps({**whole, "Added Media": ["a.png"], "File Hashes": {"a.md": "x"}}).encode()
    assert left(data) == {}


def test_the_summary_names_what_was_taken_over() -> None:
    told = take(FULL).told
    assert told[0] == "forms of cards: start-end, q-a, cloze-paragraph, flashcard-tag"
    wanted = ["flashcard-tag: notetype Word", "1 expression of your own", "2 renamed keywords", "1 folder with a deck"]
    wanted += ["Einfach is Anki's Basic", "default deck D", "curly_cloze is on", "notes in n", "tags of every note: t"]
    assert set(wanted) <= set(told)


# --- the file


def test_the_config_without_a_plugin_sets_nothing_and_shows_everything() -> None:
    assert tomllib.loads(plain_config()) == {}
    assert set(tomllib.loads(uncommented(plain_config()))) == set(setting_names())
    usable(uncommented(plain_config()))


def test_the_defaults_that_are_shown_are_those_that_hold() -> None:
    shown = usable(uncommented(plain_config()))
    examples = ("custom", "notetype_aliases", "fields", "folder_decks", "folder_tags")
    for name in Settings.__slots__:
        assert (getattr(shown, name) == getattr(Settings(), name)) is (name not in examples), name


def test_the_styles_that_are_shown_are_all_there_are_with_their_defaults() -> None:
    text = uncommented(plain_config())
    names = [*tomllib.loads(text)["style"], "start-end"]
    row = f"styles = {json.dumps(names)}"
    assert usable(re.sub(r"(?m)^styles = .*$", row, text)).styles == usable(row).styles
    assert set(names) == set(StyleName)


def test_every_setting_has_a_line_that_explains_it() -> None:
    blocks = plain_config().split("\n\n")[1:]
    assert all(re.match(r"# \S.*\n#[^ #]", block) for block in blocks)
    assert max(map(len, plain_config().split("\n"))) <= 120


def test_an_expression_stands_as_it_was_written() -> None:
    assert f"pattern = '{RULED}x'" in take(plugin({"Basic": RULED + "x"})).config
    assert "pattern = '''it's (.)'''" in take(plugin({"Basic": "it's (.)"})).config
    assert """pattern = "(.)'"\n""" in take(plugin({"Basic": "(.)'"})).config  # TOML 0.5 has no other way


WRITABLE = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    st.sampled_from("'\"\\\n\r\t\0\x1f\x7f\u2028#=[].a é\U0001f600\u200d")
)


@given(WRITABLE, WRITABLE)
def test_texts_keys_and_patterns_are_read_back_as_meant(name: str, text: str) -> None:
    row = f"{toml.key(name)} = "
    for written in (toml.text(text), toml.pattern(text), toml.value(text)):
        assert tomllib.loads(row + written) == {name: text}
        assert not re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", row + written)
    assert tomllib.loads(f"[{toml.key(name)}]") == {name: {}}


@given(st.booleans() | st.integers(-(2**62), 2**62) | st.lists(WRITABLE).map(tuple))
def test_values_are_read_back_as_meant(meant: toml.Value) -> None:
    read = tomllib.loads(f"x = {toml.value(meant)}")["x"]
    assert (tuple(read) if isinstance(read, list) else read) == meant
    assert type(read) is (list if isinstance(meant, tuple) else type(meant))
