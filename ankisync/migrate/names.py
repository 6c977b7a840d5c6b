"""The notetypes of a vault: which are Anki's own under another name, and which have fields of their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from unicodedata import normalize

from ankisync.migrate.data import Data, Left, Pairs
from ankisync.migrate.localized import Localized, fold, localized
from ankisync.migrate.toml import shown
from ankisync.notetypes import CLOZE, stock
from ankisync.values import dataclass

_REFUSED, _REFUSED_FIRST = set(':{}"'), "#^/"
_TEMPLATES = (
    "the settings of the plugin do not hold them: ankisync asks the first field and answers with the others, one card "
    "a note; `ankisync adopt` takes them from an export of your collection"
)


@dataclass(frozen=True, slots=True)
class Names:
    """What `[notetype_aliases]` and `[fields]` are to say. `own` are the notetypes for which cards are made up."""

    aliases: Pairs
    fields: tuple[tuple[str, tuple[str, ...]], ...]
    own: tuple[str, ...]
    left: tuple[Left, ...]
    by_name: Mapping[str, str]

    def meant(self, name: str) -> str | None:
        """The notetype that a name of the plugin's means, by the name that every setting knows; None where its fields
        are not known.
        """
        return self.by_name.get(fold(name))


def read_names(data: Data) -> Names:
    """Sort the notetypes of which the plugin knows the fields, and those that its expressions name beside them."""
    aliases: dict[str, str] = {}
    fields: dict[str, tuple[str, ...]] = {}
    left: list[Left] = []
    by_name = {fold(key): key for key in stock()}
    done: set[str] = set()
    for name, names in _all(data):
        if reason := _refuse(name, names, done):
            left.append(Left(f"the fields of {shown(name) or 'a notetype'}", reason))
            continue
        done.add(fold(name))
        key = _stock_key(name)
        if key is None or (names and len(names) != len(stock()[key].places)):
            if names:
                fields[name], by_name[fold(name)] = names, name
                left += _no_cloze(name, key)
            continue
        by_name[fold(name)] = key
        own = names if names != stock()[key].places else ()
        if own:
            fields[name] = own
        if own or fold(key) != fold(name):
            aliases[name] = key
    own_types = tuple(name for name in fields if name not in aliases)
    left += _made_up(own_types)
    return Names(tuple(aliases.items()), tuple(fields.items()), own_types, tuple(left), by_name)


def _all(data: Data) -> Iterator[tuple[str, tuple[str, ...]]]:
    """All notetypes with their fields, which are empty where they are not known."""
    yield from data.fields
    known = {fold(name) for name, _ in data.fields}
    for name, _ in data.expressions:
        if fold(name) not in known:
            each = localized().get(fold(name), Localized("", ()))
            yield name, each.fields[0] if len(each.fields) == 1 else ()


def _stock_key(name: str) -> str | None:
    """Anki's own notetype that a name means, in English or another language."""
    english = next((key for key in stock() if fold(key) == fold(name)), None)
    foreign = localized().get(fold(name))
    return english or (foreign.stock if foreign else None)


def _refuse(name: str, names: Sequence[str], done: Iterable[str]) -> str | None:
    plain = [normalize("NFC", field).strip() for field in names]
    folded = [field.casefold() for field in plain]
    if not fold(name):
        return "its name is empty"
    if fold(name) in done:
        return "another notetype has the same name but for case or blanks; ankisync does not tell them apart"
    if "" in folded or len(set(folded)) < len(folded):
        return "they are not names, each once"
    refused = any(_REFUSED & set(field) or field[0] in _REFUSED_FIRST for field in plain)
    return "they hold a character that Anki refuses in a field's name" if refused else None


def _no_cloze(name: str, key: str | None) -> Iterator[Left]:
    if key == CLOZE and "cloze" not in name.casefold():
        why = "it has other fields than Anki's, and is not taken for one of clozes: that needs `cloze` in its name"
        yield Left(f"that {shown(name)} is a notetype of clozes", why)


def _made_up(own: Sequence[str]) -> Iterator[Left]:
    if own:
        some = ", ".join(map(shown, own[:4])) + (f" and {len(own) - 4} more" if len(own) > 4 else "")
        yield Left(f"the card templates of {some}", _TEMPLATES)
