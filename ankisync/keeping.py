"""What is kept between the builds of a vault, so that the next one need not make it again."""

import os
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path

from ankisync import cache
from ankisync.cache.store import Store
from ankisync.glance import Sight, write_sight
from ankisync.memory import Memory, read_memory, write_memory
from ankisync.package import Kept
from ankisync.stamps import Stamp, stamp

# Each edit leaves what it was before.
_MOST_HTML = 100_000_000


class Keeper:
    """Keeps in the cache of a vault; with `folder` None nothing is kept, and nothing that was is used.

    A process that builds many times has one for all of its builds: then the memory is not even read from the disk, as
    long as no other process wrote it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._root = folder
        self._memory: Memory | None = None
        self._at: Stamp | None = None

    def recall(self) -> Memory | None:
        """What the last build remembered."""
        if self._root is None:
            return None
        if self._at is not None and stamp(cache.place(self._root, cache.MEMORY)) == self._at:
            return self._memory
        data = cache.load(self._root, cache.MEMORY)
        return read_memory(data) if data else None

    def remember(self, memory: Memory) -> None:
        """Keep what a build remembers."""
        if self._root is not None:
            cache.save(self._root, cache.MEMORY, write_memory(memory))
            self._memory, self._at = memory, stamp(cache.place(self._root, cache.MEMORY))

    def see(self, sight: Sight | None) -> None:
        """Keep by what the next build can tell at a glance that it has nothing to do; with None, that it cannot."""
        if self._root is not None and sight is not None:
            cache.save(self._root, cache.SIGHT, write_sight(sight))
        elif self._root is not None:
            cache.drop(self._root, cache.SIGHT)

    def blocks(self) -> Store:
        """The store for files as they were read. To be closed."""
        return Store(cache.place(self._root, cache.BLOCKS) if self._root else None)

    def html(self, engine: str) -> "Html":
        """The store for fields as an engine renders them. To be closed."""
        return Html(Store(cache.place(self._root, cache.HTML) if self._root else None, _MOST_HTML), engine)

    def package(self, path: Path) -> Kept | None:
        """Where the package that lies at a path is kept in its parts."""
        return Kept(cache.place(self._root, cache.PACKAGES), _name(str(path))) if self._root else None

    def only_packages(self, folder: Path, files: Iterable[str]) -> None:
        """Keep nothing of packages but these files of a folder."""
        if self._root is not None:
            kept = (Kept(cache.place(self._root, cache.PACKAGES), _name(os.path.join(folder, file))) for file in files)
            cache.sweep_packages(self._root, {name for each in kept for name in each.names()})


class Html:
    """Fields that took long to render, by all that they depend on."""

    def __init__(self, store: Store, engine: str) -> None:
        self._store = store
        self._engine = engine.encode()

    def __call__(self, key: str, make: Callable[[], str]) -> str:
        """The HTML for a key, kept or made."""
        digest = blake2b(self._engine, digest_size=16)
        digest.update(key.encode("utf-8", "surrogatepass"))
        data = self._store.get(digest.digest())
        if data is not None:
            return data.decode("utf-8", "surrogatepass")
        html = make()
        self._store.put(digest.digest(), html.encode("utf-8", "surrogatepass"))
        return html

    def close(self) -> None:
        """Write what is new."""
        self._store.close()


def _name(path: str) -> str:
    return blake2b(path.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
