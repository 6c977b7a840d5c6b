"""The YAML block at the top of a note. Only `deck`, `tags` and our own settings in it need YAML."""

from collections.abc import Mapping, Sequence

from ankisync.diagnostics import diagnose
from ankisync.expression import expression
from ankisync.model import Diagnostic, Location
from ankisync.values import dataclass

_KEY = expression(r"[ \t]*+(?:-[ \t]+)?(?![QA]:|ID:)[\"']?[\w][\w .\-/]{0,60}[\"']?[ \t]*+:(?:[ \t]|$)")
_CARD = expression(r"Q:(?!:)|START[ \t]*+$")
_LIST_LINE = expression(r"(?:[ \t]*+-(?:[ \t]|$)|[ \t]|$|#)")
_NEEDED = expression(r"(?:[-{][ \t]*+)?[\"']?(deck|tags|ankisync-[\w-]+)[\"']?[ \t]*+:")
_ALIAS = expression(r"(?:^|[\s\[,{:])\*\w")
_MAX_SIZE = 16_384
_MAX_ALIASES = 20
_MAX_SHOWN = 80
ANSWER_KEY = "ankisync-answer"
ANSWERS = ("paragraph", "section")


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """What the frontmatter says. `end` is the first line after it, 0 where there is none.

    `deck` and `tags` are the YAML values as they came, None where absent. `broken` leaves out all cards of the file.
    """

    end: int = 0
    deck: object = None
    tags: object = None
    answer: str | None = None
    lines: Mapping[str, int] | None = None
    broken: bool = False

    def line_of(self, key: str) -> int:
        """The line (from 0) on which a key stands."""
        return (self.lines or {}).get(key, 0)


def find_frontmatter(path: str, texts: Sequence[str]) -> tuple[int, tuple[Diagnostic, ...]]:
    """The first line after the frontmatter, 0 where there is none: a `---` line first in the file, then lines up to
    `---` or `...`, at least one of which looks like `key:`. A note that merely opens with a rule has none.
    """
    if not texts or texts[0].rstrip(" \t") != "---":
        return 0, ()
    end = next((index for index in range(1, len(texts)) if texts[index].rstrip(" \t") in ("---", "...")), None)
    if end is None:
        return 0, ()
    block = texts[1:end]
    if not any(map(_KEY.match, block)):
        return 0, _told_list(path, block)
    cards = [number for number, text in enumerate(block) if _CARD.match(text)]
    return end + 1, tuple(diagnose("A216", Location(path, number + 2, 1)) for number in cards[:1])


def read_frontmatter(
    path: str, texts: Sequence[str], end: int, unwanted: frozenset[str]
) -> tuple[Frontmatter, tuple[Diagnostic, ...]]:
    """Read the frontmatter that ends above line `end`.

    `unwanted` are keys that something else decides: YAML that holds no other key of ours may be as broken as it likes.
    """
    block = texts[1 : max(end - 1, 1)]
    keys = {match[1]: number + 1 for number, text in enumerate(block) if (match := _NEEDED.match(text))}
    keys = {key: line for key, line in keys.items() if key not in unwanted}
    return _read_yaml(path, "\n".join(block), end, keys) if keys else (Frontmatter(end), ())


def _told_list(path: str, block: Sequence[str]) -> tuple[Diagnostic, ...]:
    """A list between two rules may be text; it is told only where it holds what would be read."""
    items = [text for text in block if text.strip()]
    listed = bool(items) and all(_LIST_LINE.match(text) for text in items) and items[0].startswith("-")
    return (diagnose("A213", Location(path, 1, 1)),) if listed else ()


def _read_yaml(path: str, text: str, end: int, keys: Mapping[str, int]) -> tuple[Frontmatter, tuple[Diagnostic, ...]]:
    first = Location(path, min(keys.values()) + 1, 1)
    broken = Frontmatter(end, broken=True)
    if len(text) > _MAX_SIZE:
        return broken, (diagnose("A207", first, reason=f"it is longer than {_MAX_SIZE} characters"),)
    if len(_ALIAS.findall(text)) > _MAX_ALIASES:
        return broken, (diagnose("A207", first, reason=f"it holds more than {_MAX_ALIASES} aliases"),)
    loaded = _load(text)
    if isinstance(loaded, _Failure):
        return broken, (diagnose("A207", Location(path, loaded.line + 2, 1), reason=loaded.reason),)
    if not isinstance(loaded, dict):
        return broken, (diagnose("A208", first, what="a list" if isinstance(loaded, list) else "a text"),)
    answer = loaded.get(ANSWER_KEY)
    if answer is not None and answer not in ANSWERS:
        place = Location(path, keys.get(ANSWER_KEY, 0) + 1, 1)
        values = {"key": ANSWER_KEY, "value": str(answer)[:_MAX_SHOWN], "allowed": ", ".join(ANSWERS)}
        return broken, (diagnose("A210", place, **values),)
    return Frontmatter(end, loaded.get("deck"), loaded.get("tags"), answer, keys), ()


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: str
    line: int


def _load(text: str) -> object:
    """The YAML as plain strings, lists and mappings (no types: a deck `1` or `yes` keeps its name), or the failure."""
    import yaml
    from frontmatter.default_handlers import YAMLHandler

    try:
        loaded: object = YAMLHandler().load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.MarkedYAMLError as error:
        return _Failure(str(error.problem), error.problem_mark.line if error.problem_mark else 0)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        return _Failure(str(error).split("\n", 1)[0], 0)
    except RecursionError:
        return _Failure("it is nested too deeply", 0)
    return loaded
