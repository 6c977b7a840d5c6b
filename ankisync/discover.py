"""The vault's root, its configuration, and the files to read in it. Reads, and writes nothing."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ankisync.config import ConfigProblem, Settings, read_settings
from ankisync.diagnostics import diagnose, whole
from ankisync.glance import MARKERS, MAY_MARK
from ankisync.ignore import Ignore, bad_pattern
from ankisync.model import Diagnostic
from ankisync.stamps import FolderStamp, Ground, Stamp, names_digest, stamp
from ankisync.values import dataclass, field

CONFIG_NAME = "ankisync.toml"
SUFFIXES = (".md", ".markdown")
_TEXT_PARTS = (".md", ".markdown", ".txt", ".orig", ".bak")
_NEVER_READ = {".git", ".ankisync_cache"}
LEFTOVERS = (".ankisync-tmp", ".ankisync-old")
# Those that tell that all of a folder is a vault; of a mere repository that is not known.
_STRONG = tuple(marker for marker in MARKERS if marker != ".git")


UNKNOWN = Ground(known=False)


@dataclass(frozen=True, slots=True)
class Root:
    """A vault: its folder, its settings, and whether something tells that all of it is meant to be read (`strong`:
    a config, a lock or `.obsidian`; a mere `.git` does not).
    """

    folder: Path
    settings: Settings
    strong: bool


@dataclass(frozen=True, slots=True)
class Files:
    """The notes of a vault, by names relative to its root with `/`, sorted; `leftovers` are temporaries of a killed
    run. `complete` is unset where a folder could not be listed.
    As long as the `ground` is as it was, so is the rest.
    """

    names: tuple[str, ...]
    leftovers: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    complete: bool
    ground: Ground = UNKNOWN


def find_root(paths: Sequence[Path]) -> Root | ConfigProblem:
    """The nearest folder above the paths (absolute) that is a vault; where there is none, the folder of the paths."""
    roots = {_root_above(path) for path in paths}
    if len(roots) > 1:
        return ConfigProblem("the paths lie in different vaults", "name the paths of one vault at a time")
    folder = roots.pop()
    if folder is None:
        starts = [path if path.is_dir() else path.parent for path in paths]
        folder = Path(os.path.commonpath(starts))
    table = _read_config(folder)
    if isinstance(table, ConfigProblem):
        return table
    settings = read_settings(table or {})
    if isinstance(settings, Settings) and (pattern := bad_pattern(settings.exclude)):
        settings = ConfigProblem(f"`exclude` holds `{pattern}`, which is no pattern")
    if isinstance(settings, ConfigProblem):
        name = CONFIG_NAME if (folder / CONFIG_NAME).exists() else MAY_MARK
        return ConfigProblem(f"{name}: {settings.message}", settings.hint)
    strong = table is not None or any((folder / name).exists() for name in _STRONG)
    return Root(folder, settings, strong)


def _root_above(path: Path) -> Path | None:
    start = path if path.is_dir() else path.parent
    return next((folder for folder in (start, *start.parents) if root_marker(folder)), None)


def root_marker(folder: Path) -> str | None:
    """What makes a folder the root of a vault, or None."""
    for name in MARKERS:
        if os.path.lexists(folder / name):
            return name
    return MAY_MARK if _pyproject_table(folder) is not None else None


def _read_config(folder: Path) -> dict[str, object] | ConfigProblem | None:
    if (folder / CONFIG_NAME).is_file():
        return _load_toml(folder / CONFIG_NAME)
    return _pyproject_table(folder)


def _pyproject_table(folder: Path) -> dict[str, object] | ConfigProblem | None:
    path = folder / MAY_MARK
    try:
        if b"ankisync" not in path.read_bytes():
            return None
    except OSError:
        return None
    loaded = _load_toml(path)
    if isinstance(loaded, ConfigProblem):
        return loaded
    tool = loaded.get("tool")
    table = tool.get("ankisync") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        return ConfigProblem("`tool.ankisync` is no table", f"in {MAY_MARK}")
    return table


def has_pyproject_table(folder: Path) -> bool:
    """Whether `pyproject.toml` in a folder sets up ankisync."""
    return _pyproject_table(folder) is not None


def _load_toml(path: Path) -> dict[str, object] | ConfigProblem:
    import tomllib

    try:
        return tomllib.loads(path.read_bytes().decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
        return ConfigProblem(f"{path.name} cannot be read: {error}")


def scope(root: Root, paths: Sequence[Path]) -> tuple[Path, ...] | ConfigProblem:
    """The folders and files in which notes are read, none within another: what the config names, and nothing else;
    without that `notes/`, or all of a vault that says it is one, and the paths.
    """
    if root.settings.notes:
        return _configured(root, paths)
    folder = root.folder
    usual = (folder / "notes",) if (folder / "notes").is_dir() else (folder,) if root.strong else ()
    found = (*usual, *paths)
    if not found:
        return ConfigProblem("no notes are named here", "name the folder: `ankisync build .`")
    return tuple(dict.fromkeys(path for path in found if not any(other in path.parents for other in found)))


def _configured(root: Root, paths: Sequence[Path]) -> tuple[Path, ...] | ConfigProblem:
    """The `notes` of the config. Paths outside of them are refused: the next build would not read them."""
    names = root.settings.notes
    found = tuple(root.folder / name for name in names)
    lacking = [name for name, path in zip(names, found, strict=True) if not path.exists()]
    if lacking:
        return ConfigProblem(f"`notes` names `{lacking[0]}`, which is not there", f"in {root.folder}")
    outside = [path for path in paths if not any(_overlap(path, each) for each in found)]
    if outside:
        path = relative(outside[0], root.folder)
        return ConfigProblem(
            f"{path} is not among the notes ({', '.join(names)})", f"add it to `notes` in {CONFIG_NAME}"
        )
    return tuple(path for path in found if not any(other in path.parents for other in found))


def _overlap(one: Path, other: Path) -> bool:
    return one == other or other in one.parents or one in other.parents


def walk(root: Root, starts: Iterable[Path]) -> Files:
    """The Markdown files below `starts` that are notes of this vault. Dot folders, what git ignores or the config
    excludes, and nested vaults are not entered; links are followed, each file and folder once.
    """
    top = Path(os.path.realpath(root.folder))
    ignore = Ignore(root.folder, root.settings.exclude)
    return _Walker(root, ignore, above=frozenset((top, *top.parents))).walk(starts)


def everything(root: Root) -> frozenset[str]:
    """The names of all text files under the root, those too that `walk` leaves out: in dot folders (an editor's bin),
    in vaults within the vault, under other endings.
    """
    found: set[str] = set()
    for folder, folders, names in os.walk(root.folder):
        folders[:] = sorted(set(folders) - _NEVER_READ)
        within = relative(Path(folder), root.folder)
        texts = (name for name in names if _is_text(name))
        found.update(f"{within}/{name}" if within else name for name in texts)
    return frozenset(found)


def _is_text(name: str) -> bool:
    return any(part in name.lower() for part in _TEXT_PARTS) and not name.endswith(LEFTOVERS)


@dataclass(slots=True)
class _Walker:
    """The state of one walk. `folders` are those entered, by device and inode; `links` wait until all else is done,
    so that a file is known by its own name rather than by that of a link.
    """

    root: Root
    ignore: Ignore
    names: set[str] = field(default_factory=set)
    leftovers: list[str] = field(default_factory=list)
    told: list[Diagnostic] = field(default_factory=list)
    folders: set[tuple[int, int] | None] = field(default_factory=set)
    links: list[tuple[Path, str]] = field(default_factory=list)
    above: frozenset[Path] = frozenset()
    complete: bool = True
    stamps: dict[str, FolderStamp] = field(default_factory=dict)
    rules: dict[str, Stamp | None] = field(default_factory=dict)
    linked: bool = False

    def walk(self, starts: Iterable[Path]) -> Files:
        for start in starts:
            name = relative(start, self.root.folder)
            self.linked = self.linked or os.path.islink(start)
            if os.path.isdir(start):
                self._folder(start, name)
            elif name.lower().endswith(SUFFIXES):
                self.names.add(name)
        while self.links:
            waiting, self.links = self.links, []
            self.linked = True
            self._follow(waiting)
        rules = self.rules | {path: stamp(path) for path in self.ignore.read}
        ground = Ground(self.stamps, rules, known=not self.linked)
        return Files(tuple(sorted(self.names)), tuple(self.leftovers), tuple(self.told), self.complete, ground)

    def _folder(self, folder: Path, name: str) -> None:
        at = stamp(folder)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.complete = False
            self.told.append(diagnose("A105", whole(name or "."), reason=reason(error)))
            return
        self.folders.add(_inode(folder))
        self.stamps[str(folder)] = FolderStamp(at, names_digest(entries))
        for entry in entries:
            path = f"{name}/{entry.name}" if name else entry.name
            if not entry.name.startswith("."):
                self._entry(entry, path)
            elif entry.name.endswith(LEFTOVERS):
                self.leftovers.append(path)

    def _entry(self, entry: os.DirEntry[str], name: str) -> None:
        if entry.is_symlink():
            self.links.append((Path(entry.path), name))
        elif entry.is_dir(follow_symlinks=False):
            self._subfolder(Path(entry.path), name)
        elif name.lower().endswith(SUFFIXES):
            self._file(name, entry.is_file(follow_symlinks=False))

    def _follow(self, links: Sequence[tuple[Path, str]]) -> None:
        known = {_inode(self.root.folder / name) for name in self.names}
        for path, name in links:
            named = name.lower().endswith(SUFFIXES)
            if os.path.isdir(path):
                self._subfolder(path, name)
            elif named:
                key = _inode(path)
                if key is None:
                    self.told.append(diagnose("A107", whole(name), where="nowhere"))
                elif key not in known:
                    known.add(key)
                    self._file(name, os.path.isfile(path))

    def _subfolder(self, folder: Path, name: str) -> None:
        if self.ignore.ignored(name, folder=True):
            return
        real = Path(os.path.realpath(folder))
        if _inode(folder) in self.folders or real in self.above:
            here = Path(os.path.realpath(folder.parent))
            if real in (here, *here.parents):  # else it is just another name of a folder that is read
                self.told.append(diagnose("A107", whole(name), where="back to a folder that it is in"))
            return
        marker = root_marker(folder)
        if (folder / MAY_MARK).exists():
            self.rules[str(folder / MAY_MARK)] = stamp(folder / MAY_MARK)
        if marker:
            self.told.append(diagnose("A110", whole(name), marker=marker))
            return
        if name.lower().endswith(SUFFIXES):
            self.told.append(diagnose("A106", whole(name)))
        self._folder(folder, name)

    def _file(self, name: str, regular: bool) -> None:
        if not regular:
            self.told.append(diagnose("A105", whole(name), reason="it is not a regular file"))
        elif is_copy(name.rsplit("/", 1)[-1]):
            self.told.append(diagnose("A108", whole(name)))
        elif not self.ignore.ignored(name, folder=False):
            self.names.add(name)


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def is_copy(name: str) -> bool:
    """Whether a file is a copy that a sync tool or a merge left."""
    stem = name.lower()
    for suffix in SUFFIXES:
        stem = stem.removesuffix(suffix)
    return ".sync-conflict-" in stem or "conflicted copy" in stem or stem.endswith(".orig")


def within(paths: Sequence[Path], root: Path, names: Iterable[str]) -> Iterator[str]:
    """The names that are, or lie below, one of the paths."""
    prefixes = [relative(path, root) for path in paths]
    for name in names:
        if any(prefix in ("", name) or name.startswith(prefix + "/") for prefix in prefixes):
            yield name


def relative(path: Path, root: Path) -> str:
    """A path relative to the root, with `/`; the root itself is the empty text."""
    name = os.path.relpath(path, root).replace(os.sep, "/")
    return "" if name == "." else name


def reason(error: OSError) -> str:
    """What the system says of an error."""
    return error.strerror or type(error).__name__
