"""The plugin's patterns of files to leave out, in the form of `.gitignore`.

The plugin matches them (multimatch) with the whole path of each note from the vault's root; the last that has an
opinion decides, and `!` takes notes back in. A pattern never matches a folder. git's do, and a note in a folder that
is left out cannot be taken back in: so each pattern is made to match `.md` files only, unless it takes all of a folder
and there is no `!`.
"""

import re
from collections.abc import Iterable

from ankisync.ignore import bad_pattern
from ankisync.migrate.data import Left
from ankisync.migrate.toml import shown

_END = ".md"
_MOST = 100
_CHOICE = re.compile(r"\{([^{}]*,[^{}]*)\}")
_CLASS = re.compile(r"\[[!^]?[\w. ](?:-[\w. ])?[\w. ]*\]")
_EXTENDED = re.compile(r"[?*+@!]\(")
_ODD = re.compile(r"\.\.|//|/\./|[\[\]]|^!")
_WILD = re.compile(r"[*?\]]")
_NEVER = "no note's path can match it, so it left nothing out; a folder is left out by `/Folder/` in `exclude`"
_BEYOND = "patterns of `exclude` have no form for it; leave these notes out another way"
_BACKSLASH = "a backslash is no `/` in it; write it with `/` in `exclude`"
_COMMENT = "a line that begins with `#` is a comment"


def translate(globs: Iterable[str]) -> tuple[tuple[str, ...], tuple[Left, ...]]:
    """The patterns for `exclude`, in order, and what cannot be one."""
    stripped = [glob.strip() for glob in globs]
    folders = not any(glob.startswith("!") for glob in stripped)
    found: list[str] = []
    left: list[Left] = []
    for glob in filter(None, stripped):
        patterns = _translate(glob, folders)
        if isinstance(patterns, str):
            left.append(Left(f"the ignored pattern {shown(glob)}", patterns))
        else:
            found += patterns
    return tuple(found), tuple(left)


def _translate(glob: str, folders: bool) -> list[str] | str:
    """The patterns for one glob, or why there are none."""
    sign, body = ("!", glob[1:]) if glob.startswith("!") else ("", glob)
    if glob.startswith("#"):
        return _COMMENT
    if "\\" in body:
        return _BACKSLASH
    choices = _choices(body)
    if _EXTENDED.search(body) or not body.isprintable() or ("[" in body and "{" in body) or len(choices) > _MOST:
        return _BEYOND
    found: list[str] = []
    for choice in choices:
        patterns = None if _ODD.search(_CLASS.sub("", choice)) else _patterns(choice, folders)
        if patterns is None or bad_pattern(tuple(patterns)):
            return _BEYOND
        found += [sign + pattern for pattern in patterns]
    return list(dict.fromkeys(found)) or _NEVER


def _choices(body: str) -> list[str]:
    """`{a,b}` written out. Stops where there are too many."""
    todo, found = [body], dict[str, None]()
    while todo and len(found) <= _MOST:
        each = todo.pop()
        if choice := _CHOICE.search(each):
            head, tail = each[: choice.start()], each[choice.end() :]
            todo += [head + part + tail for part in reversed(choice[1].split(","))]
        else:
            found[each] = None
    return list(found)


def _patterns(path: str, folders: bool) -> list[str] | None:
    """The patterns for a glob without choices; none at all where it matches nothing, None where there is no form."""
    parts = _parts(path)
    if parts[0] in ("", ".") or not parts[-1]:
        return []
    start = "" if parts[0] == "**" else "/"
    if parts[-1] == "**" or parts[-2:] == ["**", "*"]:
        folder = parts[: -1 if parts[-1] == "**" else -2]
        inside = [""] if folder and folders else ["**", f"*{_END}"]
        return [start + "/".join([*folder, *inside])]
    names = _names(parts[-1])
    return None if names is None else [start + "/".join([*parts[:-1], name]) for name in names]


def _parts(path: str) -> list[str]:
    """The path in parts. `**` counts as such only where it is a whole part."""
    parts: list[str] = []
    for part in path.split("/"):
        one = part if part == "**" else re.sub(r"\*+", "*", part)
        if one != "**" or parts[-1:] != ["**"]:
            parts.append(one)
    return parts


def _names(name: str) -> list[str] | None:
    """The patterns for those among the names that a pattern matches that end in `.md`."""
    if name.endswith(_END):
        return [name]
    before = name.removesuffix("*")
    plain = _WILD.split(before)[-1]
    if before == name:
        return None if plain != name and _END.endswith(plain) else []
    # The end `.md` may begin in what stands before the `*`. A wildcard there is no point at the start of a name.
    first = before == "?" or _CLASS.fullmatch(before)
    if plain != before and plain in ("", "m", "d", "md") and not first:
        return None
    return [f"{before}*{_END}", *(before + _END[size:] for size in (1, 2, 3) if before.endswith(_END[:size]))]
