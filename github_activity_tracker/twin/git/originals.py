"""Repositories are made once per process and copied after that, as tests make the same twins many times."""

import shutil
import tempfile
import threading
import weakref
from collections.abc import Hashable
from pathlib import Path

from core.twins import World
from github_activity_tracker.twin.git.growth import Plan, grow
from github_activity_tracker.twin.git.history import History
from github_activity_tracker.twin.git.store import Store, make_empty


class TemporaryFolder:
    """A folder that goes when nobody holds this any more, at the latest when the process ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="twin-git-"))
        self.remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class _Originals:
    def __init__(self) -> None:
        self._folder: TemporaryFolder | None = None
        self._made: dict[Hashable, tuple[History, Store]] = {}
        self._lock = threading.Lock()

    def get(self, world: World, plan: Plan, scope: str) -> tuple[History, Store]:
        key = (world.seed, len(world.people), world.until, plan, scope)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(world, plan, scope)
            return self._made[key]

    def _make(self, world: World, plan: Plan, scope: str) -> tuple[History, Store]:
        self._folder = self._folder or TemporaryFolder()
        history = grow(world, plan, scope)
        store = Store(self._folder.path / f"{len(self._made)}.git")
        make_empty(store.folder, history.default_branch)
        store.write(history)
        return history, store


_originals = _Originals()


def made(world: World, plan: Plan, scope: str, folder: Path) -> tuple[History, Store]:
    """The history that the world's seed makes of a plan, and the repository that holds it, in `folder`."""
    history, store = _originals.get(world, plan, scope)
    return history.copy(), store.copy(folder)
