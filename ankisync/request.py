"""What a command asks for."""

from pathlib import Path

from ankisync.discover import Root
from ankisync.packaging import SUFFIX
from ankisync.values import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. `paths` are absolute; `out` is a folder, or a file that ends in `.apkg`; `now_ms` and `seed`
    come from the shell, so that nothing below it looks at a clock. `restless` are notes that are not to be written yet;
    where `still_ms` is given, so are all that are found to be saved since. `cached`: what earlier builds kept may be
    used; `processes` is how many may work. `changed` are the notes that may be other than the last build left them,
    where somebody watches: the rest is looked at when the decks are written, by `planning.changed.as_remembered`.
    `previous` are packages that readers have, `summary` is a file that tells of the build as Markdown, `manifest` asks
    for a file beside the packages that tells what is in them. `retire`: notes that stand nowhere any more are gone,
    however many.
    """

    root: Root
    paths: tuple[Path, ...]
    now_ms: int
    seed: int
    out: Path | None = None
    locked: bool = False
    strict: bool = False
    verbose: bool = False
    restless: frozenset[str] = frozenset()
    cached: bool = True
    processes: int = 1
    still_ms: int | None = None
    holder: str = "another process"
    previous: tuple[Path, ...] = ()
    summary: Path | None = None
    manifest: bool = False
    retire: bool = False
    changed: frozenset[str] | None = None

    @property
    def folder(self) -> Path:
        """The folder in which packages lie."""
        out = self.target
        return out.parent if self.one else out

    @property
    def one(self) -> str | None:
        """The name of the single package, if one was asked for."""
        return self.target.name if self.target.name.lower().endswith(SUFFIX) else None

    @property
    def target(self) -> Path:
        """Where packages go: what was asked for, else what the settings say."""
        return self.out or self.root.folder / self.root.settings.out

    @property
    def publishes(self) -> bool:
        """Whether files are asked for that tell of the packages."""
        return self.summary is not None or self.manifest

    def shown(self, path: Path) -> str:
        """A package's name as it is told: relative to the vault where it lies in it."""
        folder = self.root.folder
        return path.relative_to(folder).as_posix() if folder in path.parents else str(path)
