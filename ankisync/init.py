"""`ankisync init`: write `ankisync.toml`, taking over the settings of an Obsidian_to_Anki plugin where there is
one; a line for git.
"""

import tomllib
from pathlib import Path

from ankisync import apply
from ankisync.apply import Output
from ankisync.config import ConfigProblem, read_settings
from ankisync.diagnostics import errors
from ankisync.discover import CONFIG_NAME, has_pyproject_table, reason
from ankisync.lock import NAME as LOCK
from ankisync.migrate import Left, NoData, Taken, looks_like_plugin, plain_config, read_data, take_over
from ankisync.model import Diagnostic
from ankisync.shapes import read_notetypes
from ankisync.values import dataclass

PLUGINS = ".obsidian/plugins"
DATA_NAME = "data.json"
_PLUGIN = "obsidian-to-anki-plugin"

ATTRIBUTES = ".gitattributes"
# Both sides of a conflict are kept: of two lines for one note, the one with the later `mod` counts (DESIGN §4).
UNION = f"{LOCK} merge=union"


@dataclass(frozen=True, slots=True)
class Started:
    """What was done: the plugin's file that was taken over, if any, in short lines what it said, what was left."""

    data: Path | None
    told: tuple[str, ...]
    left: tuple[Left, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def written(self) -> bool:
        """Whether the config was written."""
        return not errors(self.diagnostics)


def init(folder: Path, named: Path | None) -> Started | ConfigProblem:
    """Write the config of a vault. `named` is the plugin's file, else it is looked for. A config there is stays."""
    if is_set_up(folder):
        where = CONFIG_NAME if (folder / CONFIG_NAME).exists() else "pyproject.toml"
        return ConfigProblem(f"{where} already sets up {folder}", "edit it, or move it away to begin anew")
    path = named or _own_place(folder) or _find(folder)
    taken = Taken(plain_config(), (), ()) if path is None else _take(path)
    if isinstance(taken, ConfigProblem):
        return taken
    settings = read_settings(tomllib.loads(taken.config))
    wrong = settings if isinstance(settings, ConfigProblem) else read_notetypes(settings, (), {})
    if isinstance(wrong, ConfigProblem):
        return wrong
    return Started(path, taken.told, taken.left, _write(folder, CONFIG_NAME, taken.config.encode()))


def is_set_up(folder: Path) -> bool:
    """Whether a folder has settings of its own."""
    return (folder / CONFIG_NAME).exists() or has_pyproject_table(folder)


def merge_by_union(folder: Path) -> tuple[Diagnostic, ...] | ConfigProblem:
    """Have git merge the lock of a vault without conflicts: a line in its `.gitattributes`, unless it is there."""
    path = folder / ATTRIBUTES
    try:
        before = path.read_bytes() if path.exists() else b""
    except OSError as error:
        return ConfigProblem(f"{path} cannot be read: {reason(error)}")
    if any(line.split() == UNION.encode().split() for line in before.split(b"\n")):
        return ()
    gap = b"\n" if before and not before.endswith(b"\n") else b""
    return _write(folder, ATTRIBUTES, before + gap + UNION.encode() + b"\n")


def _write(folder: Path, name: str, content: bytes) -> tuple[Diagnostic, ...]:
    output = Output(folder / name, name, lambda file: file.write(content))
    return tuple(apply.apply(folder, (), lambda _: [output]).diagnostics)


def _take(path: Path) -> Taken | ConfigProblem:
    try:
        data = read_data(path.read_bytes())
    except OSError as error:
        return ConfigProblem(f"{path} cannot be read: {reason(error)}")
    return ConfigProblem(f"{path} {data.reason}", data.hint) if isinstance(data, NoData) else take_over(data)


def _own_place(folder: Path) -> Path | None:
    """The plugin's own file, whatever is in it: one that cannot be read must not be passed over."""
    path = folder / PLUGINS / _PLUGIN / DATA_NAME
    return path if path.is_file() else None


def _find(folder: Path) -> Path | None:
    """The plugin's settings in a vault: in its own place, in that of a renamed plugin, or at the root (a copy)."""
    plugins = folder / PLUGINS
    found = sorted(plugins.glob(f"*/{DATA_NAME}"), key=lambda path: (path.parent.name != _PLUGIN, path))
    return next((path for path in (*found, folder / DATA_NAME) if _is_plugin(path)), None)


def _is_plugin(path: Path) -> bool:
    try:
        return looks_like_plugin(path.read_bytes())
    except OSError:
        return False
