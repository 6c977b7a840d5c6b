"""Which cards a note gets: every answer of ours is Anki's own, asked of its backend."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import pytest
from anki.collection import Collection
from anki.decks import DeckId
from anki.models import NotetypeDict, NotetypeId
from hypothesis import given, settings
from hypothesis import strategies as st

from ankisync.cards import card_ords, cloze_numbers
from ankisync.notetypes import CLOZE, stock
from tests.anki_support import open_anki

NOTHING = "{{No such field}}"
FILLINGS = ("", "F", "G", "FG")


@dataclass
class Backend:
    """A collection in which notes are made and thrown away."""

    col: Collection
    known: dict[tuple[tuple[str, ...], tuple[str, ...], bool], NotetypeDict] = field(default_factory=dict)

    def notetype(
        self, fronts: Sequence[str], fields: Sequence[str] = ("F", "G"), *, cloze: bool = False
    ) -> NotetypeDict:
        """A notetype whose fronts may be as broken as an import lets them be."""
        key = (tuple(fronts), tuple(fields), cloze)
        if key not in self.known:
            self.known[key] = self._made(*key)
        return self.known[key]

    def _made(self, fronts: Sequence[str], fields: Sequence[str], cloze: bool) -> NotetypeDict:
        new = self.col.models.new(f"notetype {len(self.known)}")
        new["type"] = int(cloze)
        for name in fields:
            self.col.models.add_field(new, self.col.models.new_field(name))
        sound = "{{cloze:%s}}" if cloze else "{{%s}}"
        for ord_ in range(len(fronts)):
            template = self.col.models.new_template(str(ord_))
            template["qfmt"] = sound % fields[0] + "." * ord_
            template["afmt"] = sound % fields[0]
            self.col.models.add_template(new, template)
        notetype_id = NotetypeId(self.col.models.add_dict(new).id)
        notetype = self.col.models.get(notetype_id)
        assert notetype is not None
        for template, front in zip(notetype["tmpls"], fronts, strict=True):
            template["qfmt"] = front
        self.col.models.update_dict(notetype, skip_checks=True)
        kept = self.col.models.get(notetype_id)
        assert kept is not None
        assert [template["qfmt"] for template in kept["tmpls"]] == list(fronts)
        return kept

    def ords(self, notetype: NotetypeDict, texts: Sequence[str], *, tagged: bool = False) -> tuple[int, ...]:
        """The cards that Anki makes when a note is added. It makes two of one ordinal where clozes above 500 meet, and
        deletes one at the next check; they count as one.
        """
        note = self.col.new_note(notetype)
        for name, text in zip(note.keys(), texts, strict=False):
            note[name] = text
        note.tags = ["tag"] if tagged else []
        self.col.add_note(note, DeckId(1))
        ords = sorted({card.ord for card in note.cards()})
        self.col.remove_notes([note.id])
        return tuple(ords)

    def numbers(self, notetype: NotetypeDict, text: str) -> set[int]:
        note = self.col.new_note(notetype)
        note.fields[0] = text
        return set(note.cloze_numbers_in_fields())


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with open_anki(tmp_path_factory.mktemp("anki") / "col") as anki:
        yield Backend(anki.col)


@pytest.fixture(scope="module")
def cloze_type(backend: Backend) -> NotetypeDict:
    return backend.notetype(["{{cloze:F}}"], ["F", "G", "H"], cloze=True)


def filled(names: str) -> dict[str, str]:
    return {name: "text" if name in names else "" for name in "FG"}


# (front, the fillings of F and G for which it gives a card)
FRONTS = [
    ("{{F}}", ["F", "FG"]),
    ("{F}", []),
    ("no field", []),
    ("", []),
    ("{{f}}", []),
    ("{{No such field}}", []),
    ("{{#F}}{{G}}{{/F}}", ["FG"]),
    ("{{^F}}{{G}}{{/F}}", ["G"]),
    ("{{#F}}text{{/F}}", []),
    ("{{^F}}text{{/F}}", []),
    ("{{#F}}{{F}}{{/F}}", ["F", "FG"]),
    ("{{^F}}{{F}}{{/F}}", []),
    ("{{^No such field}}{{F}}{{/No such field}}", ["F", "FG"]),
    ("{{#No such field}}{{F}}{{/No such field}}", []),
    ("{{#F}}{{#G}}{{F}}{{/G}}{{/F}}", ["FG"]),
    ("{{#F}}{{^G}}{{F}}{{/G}}{{/F}}", ["F"]),
    ("{{#F}}{{^F}}{{G}}{{/F}}{{/F}}", []),
    ("{{#F}}{{G}}{{/F}}{{F}}", ["F", "FG"]),
    ("{{#F}}{{/F}}{{G}}", ["G", "FG"]),
    # Filters do not matter, the name is what follows the last colon.
    ("{{type:F}}", ["F", "FG"]),
    ("{{cloze:F}}", ["F", "FG"]),
    ("{{hint:F}}", ["F", "FG"]),
    ("{{text:cloze:F}}", ["F", "FG"]),
    ("{{no such filter:F}}", ["F", "FG"]),
    ("{{:F}}", ["F", "FG"]),
    ("{{F:}}", []),
    ("{{F:text}}", []),
    ("{{text: F}}", []),
    ("{{text:F }}", ["F", "FG"]),
    ("{{#text:F}}{{F}}{{/text:F}}", []),
    # Special names are always filled, but for the other side and the tags.
    ("{{Deck}}", ["", "F", "G", "FG"]),
    ("{{Subdeck}}", ["", "F", "G", "FG"]),
    ("{{Type}}", ["", "F", "G", "FG"]),
    ("{{Card}}", ["", "F", "G", "FG"]),
    ("{{CardFlag}}", ["", "F", "G", "FG"]),
    ("{{CardID}}", ["", "F", "G", "FG"]),
    ("{{text:Deck}}", ["", "F", "G", "FG"]),
    ("{{deck}}", []),
    ("{{Tags}}", []),
    ("{{FrontSide}}", []),
    ("{{#Deck}}{{F}}{{/Deck}}", ["F", "FG"]),
    ("{{^Deck}}{{F}}{{/Deck}}", []),
    ("{{#CardFlag}}{{F}}{{/CardFlag}}", ["F", "FG"]),
    ("{{#FrontSide}}{{F}}{{/FrontSide}}", []),
    ("{{^FrontSide}}{{F}}{{/FrontSide}}", ["F", "FG"]),
    ("{{#Tags}}{{F}}{{/Tags}}", []),
    ("{{^Tags}}{{F}}{{/Tags}}", ["F", "FG"]),
    # Blanks around a name, Unicode's but not its separators.
    ("{{ F }}", ["F", "FG"]),
    ("{{\u3000F\xa0\n}}", ["F", "FG"]),
    ("{{\x85F}}", ["F", "FG"]),
    ("{{\x1fF}}", []),
    ("{{\u200bF}}", []),
    ("{{ # F }}{{G}}{{/  F}}", ["FG"]),
    ("{{{F}}}", ["F", "FG"]),
    ("{{{ F}}", ["F", "FG"]),
    ("{{ {F}}", []),
    # Broken ones give no card at all.
    ("{{F", []),
    ("{{F}", []),
    ("{{G {{F}}", []),
    ("}}{{F}}", ["F", "FG"]),
    ("{{#F}}{{F}}", []),
    ("{{F}}{{/F}}", []),
    ("{{F}}{{#G}}", []),
    ("{{F}}{{^G}}", []),
    ("{{#F}}{{F}}{{/G}}", []),
    ("{{#F}}{{#G}}{{F}}{{/F}}{{/G}}", []),
    ("{{#F}}{{F}}{{/f}}", []),
    ("{{}}{{F}}", ["F", "FG"]),
    ("{{#}}{{F}}{{/}}", ["F", "FG"]),
    ("{{!F}}", []),
    ("{{&F}}", []),
    # Comments hide tags, unless a tag began before them.
    ("<!--{{F}}-->", []),
    ("<!--{{F}}", ["F", "FG"]),
    ("<! --{{F}}-->", ["F", "FG"]),
    ("<!--{{#F}}-->{{G}}", ["G", "FG"]),
    ("{{G<!--}}-->{{F}}", ["F", "FG"]),
    ("<!-->{{F}}-->", []),
    # The other signs, where the template begins with saying so.
    ("{{=<% %>=}}<%F%>", ["F", "FG"]),
    ("\n\xa0{{=<% %>=}}<%F%>", ["F", "FG"]),
    ("{{=<% %>=}}{{F}}", []),
    ("<%F%>", []),
    ("x{{=<% %>=}}<%F%>", []),
    ("{{=<< >>=}}<<F>>", []),
    ("{{=<% %>=}}<%#F%><%G%><%/F%>", ["FG"]),
    ("{{=<% %>=}}<%^F%><%G%><%/F%>", ["G"]),
    ("{{=<% %>=}}<%#F%><%G%>", []),
    ("{{=<% %>=}}<!--<%F%>-->", []),
    ("{{=<% %>=}}{{#F}}<%G%>", ["G", "FG"]),
]


@pytest.mark.parametrize("filling", FILLINGS)
def test_a_front_gives_a_card_if_it_shows_something(backend: Backend, filling: str) -> None:
    # The first front never does, or its card would be made all the same.
    fronts = [NOTHING, *(front for front, _ in FRONTS)]
    wanted = tuple(ord_ for ord_, (_, fillings) in enumerate(FRONTS, 1) if filling in fillings)
    fields = filled(filling)
    assert card_ords(False, fronts, fields) == wanted
    assert backend.ords(backend.notetype(fronts), list(fields.values())) == wanted


def test_no_front_that_shows_anything_gives_the_first_card_all_the_same(backend: Backend) -> None:
    for fronts in ([NOTHING, "{{F}}"], ["{{#F}}", "{{F}}"], ["{{F}}", "{{F}}"]):
        assert card_ords(False, fronts, filled("")) == (0,)
        assert backend.ords(backend.notetype(fronts), ["", ""]) == (0,)


def test_a_first_front_that_shows_nothing_gives_no_card_if_another_does(backend: Backend) -> None:
    assert card_ords(False, ["{{F}}", "{{G}}"], filled("G")) == (1,)
    assert backend.ords(backend.notetype(["{{F}}", "{{G}}"]), ["", "x"]) == (1,)


def test_a_front_may_ask_for_tags(backend: Backend) -> None:
    fronts = [NOTHING, "{{Tags}}", "{{#Tags}}{{F}}{{/Tags}}", "{{^Tags}}{{F}}{{/Tags}}"]
    notetype = backend.notetype(fronts)
    for tagged, wanted in ((True, (1, 2)), (False, (3,))):
        assert card_ords(False, fronts, filled("F"), tagged=tagged) == wanted
        assert backend.ords(notetype, ["x", ""], tagged=tagged) == wanted


@pytest.mark.parametrize("name", ["Deck", "Tags", "FrontSide", "CardID"])
def test_a_field_takes_the_place_of_a_special_name(backend: Backend, name: str) -> None:
    fronts = [
        NOTHING,
        f"{{{{{name}}}}}",
        f"{{{{#{name}}}}}{{{{G}}}}{{{{/{name}}}}}",
        f"{{{{^{name}}}}}{{{{G}}}}{{{{/{name}}}}}",
    ]
    notetype = backend.notetype(fronts, [name, "G"])
    for text, wanted in (("x", (1, 2)), ("", (3,))):
        assert card_ords(False, fronts, {name: text, "G": "y"}, tagged=True) == wanted
        assert backend.ords(notetype, [text, "y"], tagged=True) == wanted


@pytest.mark.parametrize("name", ["a b", "a<b", "a.b", "a'b", "日本", "1", "a/b", "a#b", "!", "Add Reverse", "c1"])
def test_names_of_fields_may_hold_odd_characters(backend: Backend, name: str) -> None:
    fronts = [NOTHING, f"{{{{{name}}}}}", f"{{{{#{name}}}}}{{{{G}}}}{{{{/{name}}}}}", f"{{{{{name}x}}}}"]
    notetype = backend.notetype(fronts, [name, "G"])
    for text, wanted in (("x", (1, 2)), ("", (0,))):
        assert card_ords(False, fronts, {name: text, "G": "y"}) == wanted
        assert backend.ords(notetype, [text, "y"]) == wanted


def test_anki_composes_the_names_of_fields_but_not_those_in_fronts(backend: Backend) -> None:
    fronts = [NOTHING, "{{e\u0301}}", "{{\u00e9}}"]
    assert card_ords(False, fronts, {"e\u0301": "x"}) == (2,)
    assert backend.ords(backend.notetype(fronts, ["\u00e9"]), ["x"]) == (2,)


EMPTY = [
    "",
    " ",
    "\n\t\r",
    "\x00",
    "\x1f\x7f",
    "<br>",
    "<br/>",
    "<BR />",
    "</br>",
    "<div></div>",
    "<DIV><br></DIV>\n",
    "<br\x01>",
    "<br\r>",
]
NOT_EMPTY = [
    "x",
    "\xa0",
    "&nbsp;",
    "\u2003",
    "\u200b",
    "\x85",
    "<br  />",
    "<br\n>",
    "<br\xa0/>",
    "< br>",
    "<br",
    "<p></p>",
    "<hr>",
    '<div class="x"></div>',
    "<b></b>",
    "<img src=x>",
    "<!--x-->",
    "<br>x",
    "<d\u0131v>",
]


@pytest.mark.parametrize(("text", "empty"), [*((text, True) for text in EMPTY), *((text, False) for text in NOT_EMPTY)])
def test_blanks_and_line_breaks_alone_are_an_empty_field(backend: Backend, text: str, empty: bool) -> None:
    fronts = [NOTHING, "{{F}}", "{{^F}}{{G}}{{/F}}"]
    wanted = (2,) if empty else (1,)
    assert card_ords(False, fronts, {"F": text, "G": "x"}) == wanted
    assert backend.ords(backend.notetype(fronts), [text, "x"]) == wanted


# (text, its numbers); none is 1 where that would be the card that a note has all the same.
CLOZES = [
    ("{{c2::a}}", {2}),
    ("{{C2::a}}", set()),
    ("{{c2:a}}", set()),
    ("{{c2 ::a}}", set()),
    ("{{ c2::a}}", set()),
    ("{ {c2::a}}", set()),
    ("{{c2::a}", set()),
    ("{{c2::a", set()),
    ("{{c2::}}", {2}),
    ("{{c2::::}}", {2}),
    ("{{c2::a::hint}}", {2}),
    ("{{c2:::a}}", {2}),
    ("{{c2::a\n\nb}}", {2}),
    ("{{{c2::a}}}", {2}),
    ("{{{{c2::a}}}}", {2}),
    ("{{c3::a}} {{c2::b}} {{c3::c}}", {2, 3}),
    ("{{c2::a {{c3::b}} }}", {2, 3}),
    ("{{c2::a {{c3::b}}", set()),
    ("{{c2::a}} {{c3::b", {2}),
    ("{{c3::a {{c2::b}} {{c4::c}}", set()),
    ("}} {{c2::a}} }}", {2}),
    ("{{c2{{c3::a}}", {3}),
    ("{{c2::{{c3:a}} {{c4::b}}", {2, 4}),
    ("{{c2,3::a}}", {2, 3}),
    ("{{c2, 3::a}}", set()),
    ("{{c,2,,3,::a}}", {2, 3}),
    ("{{c2,a::a}}", set()),
    ("{{c2;3::a}}", set()),
    ("{{c::a}}", set()),
    ("{{c,::a}}", set()),
    ("{{c0::a}}", set()),
    ("{{c2::{{c0::a}}", set()),
    ("{{c2::{{c,::a}}", {2}),
    ("{{c0,2::a}}", {2}),
    ("{{c02::a}}", {2}),
    ("{{c-2::a}}", set()),
    ("{{c\u0662::a}}", set()),
    ("{{c500::a}}", {500}),
    ("{{c501::a}}", {501}),
    ("{{c65535::a}}", {65535}),
    ("{{c65536::a}}", set()),
    ("{{c2::{{c65536::a}}", {2}),
    ("{{c2,65536::a}}", {2}),
    ("{{c" + "9" * 5000 + "::a}}", set()),
    ("{{c" + "0" * 5000 + "2::a}}", {2}),
    ("<!--{{c2::a}}-->", {2}),
    ("<code>{{c2::a}}</code>", {2}),
    (r"\({{c2::\frac{a}{b}}}\)", {2}),
    ("{{<b>c2</b>::a}}", set()),
    ("{{c2::a&#125;}", set()),
    ("{{c2::image-occlusion:rect:left=1}}", {2}),
    ("".join(f"{{{{c{number}::" for number in range(2, 12)) + "}}" * 10, set(range(2, 12))),
    ("".join(f"{{{{c{number}::" for number in range(2, 14)) + "}}" * 12, set(range(2, 12))),
]


@pytest.mark.parametrize(("text", "numbers"), CLOZES)
def test_the_numbers_of_clozes_are_those_that_anki_sees(
    backend: Backend, cloze_type: NotetypeDict, text: str, numbers: set[int]
) -> None:
    assert cloze_numbers(text) == numbers
    assert backend.numbers(cloze_type, text) == numbers
    assert card_ords(True, ["{{cloze:F}}"], {"F": text}) == backend.ords(cloze_type, [text])


@pytest.mark.parametrize(
    "fronts", [["{{cloze:F}}"], ["{{cloze:G}}"], ["{{F}}"], [NOTHING], ["{{#F}}"], ["{{F}}", "{{G}}"]]
)
@pytest.mark.parametrize(
    ("texts", "ords"),
    [
        (("{{c2::a}}", "{{c4::b}}"), (1, 3)),
        (("", "{{c4::b}}"), (3,)),
        (("a", "b"), (0,)),
        (("", ""), (0,)),
        (("{{c3::a", "}}"), (0,)),
        (("{{c499::a}}{{c500::a}}", "{{c501::b}}{{c600::c}}"), (498, 499)),
        (("{{c2::a\x01}}", "{{\x7fc3::b}}"), (1, 2)),
    ],
)
def test_a_cloze_note_has_a_card_for_each_number_in_any_field_whatever_its_front_shows(
    backend: Backend, fronts: list[str], texts: tuple[str, str], ords: tuple[int, ...]
) -> None:
    assert card_ords(True, fronts, dict(zip("FG", texts, strict=True))) == ords
    assert backend.ords(backend.notetype(fronts, cloze=True), texts) == ords


PIECES = [
    *("", "x", " ", "\n", "\xa0", "<br>", "<br />", "<div>", "</div>", "<p></p>", "&nbsp;", "\x00", "\x1f"),
    *("{{c1::", "{{c2::", "{{c1,3::", "{{c0::", "{{c501::", "{{c70000::", "}}", "{", "}", "::", "{{c", ",", "7", "$"),
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
CLOZE_TEXT = st.lists(st.sampled_from(PIECES[10:]), max_size=25).map("".join)
SIGNS = [
    *("{{", "}}", "{", "}", "F", "G", "#", "^", "/", " ", ":", "x", "\xa0", "\x1f", "<!--", "-->", "<%", "%>", "text:"),
    *(
        "{{F}}",
        "{{G}}",
        "{{#F}}",
        "{{^F}}",
        "{{/F}}",
        "{{#G}}",
        "{{^G}}",
        "{{/G}}",
        "{{Deck}}",
        "{{#Deck}}",
        "{{/Deck}}",
    ),
    *("{{Tags}}", "{{^Tags}}", "{{/Tags}}", "<%F%>", "<%^G%>", "<%/G%>"),
]
FRONT = st.builds(
    str.__add__,
    st.sampled_from(["", "", "", "{{=<% %>=}}"]),
    st.lists(st.sampled_from(SIGNS), max_size=10).map("".join),
)


@pytest.mark.parametrize("key", sorted(stock()))
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_our_own_notetypes_get_the_cards_that_anki_makes(backend: Backend, key: str, data: st.DataObject) -> None:
    ours = stock()[key]
    texts = data.draw(st.lists(TEXT, min_size=len(ours.fields), max_size=len(ours.fields)))
    tagged = data.draw(st.booleans())
    fields = dict(zip((each.name for each in ours.fields), texts, strict=True))
    fronts = [each.front for each in ours.templates]
    wanted = backend.ords(backend.notetype(fronts, list(fields), cloze=ours.cloze), texts, tagged=tagged)
    assert card_ords(ours.cloze, fronts, fields, tagged=tagged) == wanted


@settings(deadline=None, max_examples=25)
@given(fronts=st.lists(FRONT, min_size=30, max_size=30))
def test_any_fronts_get_the_cards_that_anki_makes(backend: Backend, fronts: list[str]) -> None:
    fronts = [NOTHING, *fronts]
    notetype = backend.notetype(fronts)
    for filling, tagged in product(FILLINGS, (False, True)):
        fields = filled(filling)
        wanted = backend.ords(notetype, list(fields.values()), tagged=tagged)
        assert card_ords(False, fronts, fields, tagged=tagged) == wanted


@settings(deadline=None, max_examples=600)
@given(text=CLOZE_TEXT)
def test_any_text_has_the_numbers_that_anki_sees(backend: Backend, cloze_type: NotetypeDict, text: str) -> None:
    plain = text.replace("\x00", "").replace("\x1f", "")
    assert cloze_numbers(plain) == backend.numbers(cloze_type, plain)


def test_stock_notetypes_make_what_their_names_say() -> None:
    def made(key: str, texts: Mapping[str, str]) -> tuple[int, ...]:
        ours = stock()[key]
        fields = {each.name: texts.get(each.name, "") for each in ours.fields}
        return card_ords(ours.cloze, [each.front for each in ours.templates], fields)

    both = {"Front": "a", "Back": "b"}
    assert made("Basic", both) == (0,)
    assert made("Basic (and reversed card)", both) == (0, 1)
    assert made("Basic (and reversed card)", {"Front": "a"}) == (0,)
    assert made("Basic (optional reversed card)", both) == (0,)
    assert made("Basic (optional reversed card)", {**both, "Add Reverse": "y"}) == (0, 1)
    assert made("Basic (type in the answer)", both) == (0,)
    assert made(CLOZE, {"Text": "{{c2::a}}", "Back Extra": "{{c1::b}}"}) == (0, 1)


# (HTML, the same with code kept whole); unchanged where there is nothing to keep.
