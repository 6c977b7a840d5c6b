"""Notetypes of the user's: `notetypes/<Name>/` beside the config, with `notetype.toml`, HTML and CSS.

One named like a stock notetype changes its look, any other adds a notetype. Anki takes a new look where the notetype's
`mod` is newer, and refuses updates to notes whose notetype changed shape: so `mod` and shape are kept in the lock.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from ankisync.cards import card_ords
from ankisync.config.checks import ConfigProblem, nearest
from ankisync.notetypes import LOOK_MOD, Field, Notetype, Template, folder_id, stock
from ankisync.values import dataclass, replace

FOLDER = "notetypes"
SPEC, STYLE = "notetype.toml", "style.css"

_KEYS = ("kind", "fields", "templates", "sort")
_KINDS = {"basic": False, "cloze": True}
_REFUSED = frozenset(':{}"')


@dataclass(frozen=True, slots=True)
class Look:
    """What was last delivered of a notetype: a digest of all of it, `mod` in seconds, the names that make its shape."""

    digest: str
    mod: int
    fields: tuple[str, ...]
    templates: tuple[str, ...]


def read_notetype(name: str, files: Mapping[str, str]) -> Notetype | ConfigProblem:
    """The notetype of a folder, from the texts of its files by name."""
    import tomllib

    where = f"{FOLDER}/{name}/{SPEC}"
    try:
        spec = tomllib.loads(files.get(SPEC, ""))
    except tomllib.TOMLDecodeError as error:
        return ConfigProblem(f"{where} cannot be read: {error}")
    unknown = next((key for key in spec if key not in _KEYS), None)
    if unknown is not None:
        return ConfigProblem(f"{where}: there is no setting `{unknown}`", nearest(unknown, _KEYS, "it may set"))
    base = stock().get(name)
    made = _restyled(base, spec, files) if base else _made(name, spec, files)
    return ConfigProblem(f"{where}: {made.message}", made.hint) if isinstance(made, ConfigProblem) else _checked(made)


def _restyled(base: Notetype, spec: Mapping[str, object], files: Mapping[str, str]) -> Notetype | ConfigProblem:
    """A stock notetype with another look. Its fields are fixed."""
    names = [field.name for field in base.fields]
    fixed_shape = (
        ("fields", names),
        ("templates", [each.name for each in base.templates]),
        ("kind", "cloze" if base.cloze else "basic"),
    )
    for key, fixed in fixed_shape:
        if key in spec and spec[key] != fixed:
            return ConfigProblem(
                f"`{key}` of {base.key} cannot change: Anki would import a copy and refuse updates to its notes",
                "give the folder another name: it is a notetype of its own then",
            )
    templates = _templates(spec, files, base.templates)
    if isinstance(templates, ConfigProblem):
        return templates
    sort = _sort(spec, names)
    css = files.get(STYLE, base.css)
    return sort if isinstance(sort, ConfigProblem) else replace(base, templates=templates, css=css, sort=sort)


def _made(name: str, spec: Mapping[str, object], files: Mapping[str, str]) -> Notetype | ConfigProblem:
    """A notetype of the user's own. Its ids follow from its name, those of its fields and templates from theirs."""
    fields = _names(spec.get("fields"))
    if not fields or any(set(field) & _REFUSED or field[0] in "#^/" for field in fields):
        return ConfigProblem('`fields` must be a list of names, each once, without any of : { } "')
    kind = spec.get("kind", "basic")
    if kind not in _KINDS:
        return ConfigProblem(f"`kind` is `{kind}`", "it is `basic` or `cloze`")
    templates = _templates(spec, files, ())
    sort = _sort(spec, fields)
    if isinstance(templates, ConfigProblem):
        return templates
    if isinstance(sort, ConfigProblem):
        return sort
    return Notetype(
        key=name,
        name=f"ankisync {name}",
        id=folder_id(name),
        mod=LOOK_MOD,
        fields=tuple(Field(each, folder_id(name, "field", each)) for each in fields),
        templates=tuple(replace(each, id=folder_id(name, "template", each.name)) for each in templates),
        css=files.get(STYLE, stock()["Basic"].css),
        cloze=_KINDS[str(kind)],
        sort=sort,
    )


def _names(value: object) -> tuple[str, ...]:
    """A list of names, or nothing where it is none."""
    listed = value if isinstance(value, list) and all(isinstance(each, str) for each in value) else []
    names = tuple(each.strip() for each in listed)
    return names if all(names) and len({each.casefold() for each in names}) == len(names) else ()


def _sort(spec: Mapping[str, object], fields: Sequence[str]) -> int | ConfigProblem:
    name = spec.get("sort", fields[0])
    return fields.index(str(name)) if name in fields else ConfigProblem(f"`sort` names `{name}`, which is no field")


def _templates(
    spec: Mapping[str, object], files: Mapping[str, str], base: Sequence[Template]
) -> tuple[Template, ...] | ConfigProblem:
    """The templates that the spec names; without any, those there are (one `Card 1` for a new notetype). Their HTML is
    in `NAME.front.html` and `NAME.back.html`; of a single one, `front.html` and `back.html` do too.
    """
    names = _names(spec.get("templates", [each.name for each in base] or ["Card 1"]))
    if not names:
        return ConfigProblem("`templates` must be a list of names, each once")
    known = {each.name: each for each in base}
    made = []
    for name in names:
        old = known.get(name, Template(name, None, "", ""))
        front, back = (_side(files, name, side, len(names) == 1) for side in ("front", "back"))
        made.append(replace(old, front=old.front if front is None else front, back=old.back if back is None else back))
    lacking = next((each.name for each in made if not each.front.strip() or not each.back.strip()), None)
    return (
        tuple(made) if lacking is None else ConfigProblem(f"`{lacking}.front.html` or `.back.html` is missing or empty")
    )


def _side(files: Mapping[str, str], name: str, side: str, single: bool) -> str | None:
    text = files.get(f"{name}.{side}.html", files.get(f"{side}.html") if single else None)
    return None if text is None else text.rstrip("\n")


def _checked(made: Notetype) -> Notetype | ConfigProblem:
    """The notetype, unless a front asks nothing: Anki would make no card of it."""
    filled = {field.name: "x" for field in made.fields}
    fronts = [each.front for each in made.templates]
    silent = [] if made.cloze else sorted(set(range(len(fronts))) - set(card_ords(False, fronts, filled)))
    if made.cloze and not all("{{cloze:" in front for front in fronts):
        return ConfigProblem(f"{FOLDER}/{made.key}: the front of a cloze notetype needs `{{{{cloze:FIELD}}}}`")
    if silent or (len(fronts) == 1 and not made.cloze and not _shows_field(made, fronts[0])):
        name = made.templates[silent[0] if silent else 0].name
        return ConfigProblem(f"{FOLDER}/{made.key}: the front of `{name}` shows none of the fields")
    return made


def _shows_field(made: Notetype, front: str) -> bool:
    return any(f"{field.name}}}}}" in front for field in made.fields)


def dress(
    customs: Mapping[str, Notetype], looks: Mapping[str, Look], now: int
) -> tuple[Mapping[str, Notetype], Mapping[str, Look]] | ConfigProblem:
    """The user's notetypes with the `mod` by which Anki takes a look that changed, and the looks for the lock. `now` is
    in seconds. A stock notetype whose folder is gone goes back to our look.
    """
    wanted = {**{key: stock()[key] for key in looks if key in stock()}, **customs}
    dressed: dict[str, Notetype] = {}
    after = dict(looks)
    for key, notetype in wanted.items():
        shape = (tuple(each.name for each in notetype.fields), tuple(each.name for each in notetype.templates))
        old = looks.get(key)
        if old is not None and (old.fields, old.templates) != shape:
            return ConfigProblem(
                f"the notetype `{key}` has other fields or templates than before: Anki would import a copy of it, and "
                "refuse updates to the notes there are",
                "put them back, or give the folder another name: it is another notetype then",
            )
        digest = _digest(notetype)
        mod = max(now, LOOK_MOD + 1) if old is None else old.mod if old.digest == digest else max(now, old.mod + 1)
        after[key] = Look(digest, mod, *shape)
        dressed[key] = replace(notetype, mod=mod)
    return dressed, after


def _digest(notetype: Notetype) -> str:
    return blake2b(repr(replace(notetype, mod=0)).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def look_row(look: Look) -> dict[str, object]:
    """A look as a row of the lock's header."""
    return {"digest": look.digest, "mod": look.mod, "fields": list(look.fields), "templates": list(look.templates)}


def read_look_rows(value: object) -> dict[str, Look]:
    """The looks of a header by key; what is none is passed over."""
    rows = value.items() if isinstance(value, dict) else ()
    return {key: look for key, row in rows if isinstance(row, dict) and (look := _read_look(row))}


def _read_look(row: Mapping[str, object]) -> Look | None:
    digest, mod = row.get("digest"), row.get("mod")
    fields, templates = _names(row.get("fields")), _names(row.get("templates"))
    if not isinstance(digest, str) or type(mod) is not int or not fields or not templates:
        return None
    return Look(digest, mod, fields, templates)
