"""A repository of the twin: where it is, who may see it, and what is pushed to it between two runs."""

from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from core.twins import World
from github_activity_tracker.twin.git.commits import Signature, TwinTag
from github_activity_tracker.twin.git.growth import ORPHAN, Plan, ordinary
from github_activity_tracker.twin.git.history import Author, History, seconds
from github_activity_tracker.twin.git.pen import Pen
from github_activity_tracker.twin.git.store import Store, read_tree
from github_activity_tracker.twin.git.truth import Truth

_STEP = timedelta(hours=1)


class TwinRepository(Truth):
    """A repository that `GitHost` serves.

    owner, name: as it is called now. pushed_at: its last push. A push that is told no time happens an hour
    after the last one, and after the world's time ends. Branches and tags go by their short names.
    """

    def __init__(self, world: World, plan: Plan, scope: str, history: History, store: Store) -> None:
        super().__init__(history, store)
        self.world = world
        self.owner = self.name = ""
        self.is_private = self.is_archived = self.is_blocked = False
        self.pushed_at = world.until - _STEP
        self.keeps: object = None  # what must not go before this does: the folder it is in
        self._plan = plan
        self._scope = scope
        self._pushes = 0

    @property
    def folder(self) -> Path:
        """The bare repository."""
        return self._store.folder

    def head_refs(self) -> dict[str, str]:
        """Branch -> hash of its commit."""
        return {name: self._store.shas[number] for name, number in self._history.branches.items()}

    def tip(self, branch: str | None = None) -> str:
        """The commit of a branch, the default one unless said; one that a client pushed counts."""
        branch = branch or self.default_branch
        pushed = self.folder / "refs/heads" / branch
        return pushed.read_text().strip() if pushed.exists() else self.head_refs()[branch]

    def content(self, branch: str | None = None) -> dict[str, bytes]:
        """Files of a branch by path; what clients pushed counts. {} when there is no such branch."""
        return read_tree(self.folder, f"refs/heads/{branch or self.default_branch}")

    def push(self, commits: int = 1, *, branch: str | None = None, at: datetime | None = None) -> list[str]:
        """Put everyday commits on a branch, which leaves the default one when it is new; their hashes."""
        branches = self._history.branches
        branch = branch or self.default_branch
        tip = branches.get(branch, branches.get(self.default_branch))
        branches[branch] = self._add(self._author(at), tip, commits)
        return self._write()

    def force_push(
        self, branch: str | None = None, *, drop: int = 1, add: int = 1, at: datetime | None = None
    ) -> tuple[str, str]:
        """Replace the last commits of a branch, a feature branch unless said; its tip before and after.

        Raises ValueError when that would drop its first commit.
        """
        branch = branch or self._feature()
        before = tip = self._history.branches[branch]
        for _ in range(drop):
            parents = self._history.commits[tip].parents
            if not parents:
                raise ValueError(f"{branch} of {self.name} has not more than {drop} commits")
            tip = parents[0]
        author = self._author(at)
        self._history.branches[branch] = self._add(author, tip, add) if add else tip
        self._write()
        return self._store.shas[before], self.head_refs()[branch]

    def merge(self, branch: str | None = None, *, at: datetime | None = None) -> str:
        """Merge a branch, a feature branch unless said, into the default one; the merge's hash."""
        tip = self._history.branches[self.default_branch]
        side = self._history.first_parents(self._history.branches[branch or self._feature()], until=tip)
        if not side:
            raise ValueError(f"{self.name}: {self.default_branch} has all of {branch} already")
        tree = self._history.tree_of(tip)
        self._history.branches[self.default_branch] = self._author(at).merge(tip, tree, [side])
        return self._write()[-1]

    def delete_branch(self, branch: str | None = None) -> str:
        """Delete a branch, a feature branch unless said; its name."""
        branch = branch or self._feature()
        del self._history.branches[branch]
        self._write()
        return branch

    def tag(self, name: str, *, annotated: bool = True, at: datetime | None = None) -> str:
        """Tag the default branch; the hash that the tag has, which of an annotated one is its own."""
        tip = self._history.branches[self.default_branch]
        if annotated:
            author = self._author(at)
            moment = author.pen.moment(seconds(self.pushed_at))
            tagger = Signature(*author.pen.identity(author.pen.person()), moment)
            self._history.tags[name] = TwinTag(name, tagger, f"{name}\n", tip)
        else:
            self._history.light_tags[name] = tip
        self._write()
        return self._store.tag_shas[name] if annotated else self._store.shas[tip]

    def _feature(self) -> str:
        """A branch that is neither a main one nor unrelated."""
        main = {self.default_branch, "master", "develop", ORPHAN}
        names = (name for name in self._history.branches if name not in main and "release" not in name)
        return next(names)

    def _author(self, at: datetime | None) -> Author:
        self._pushes += 1
        self.pushed_at = at or max(self.pushed_at, self.world.until) + _STEP
        times = count(seconds(self.pushed_at))
        rng = self.world.rng("git", self._scope, "push", self._pushes)
        pen = Pen(self.world, rng, layout=self._plan.layout, name=self._plan.name)
        return Author(self._history, pen, lambda: next(times))

    def _add(self, author: Author, tip: int | None, commits: int) -> int:
        """The last of so many everyday commits on top of `tip`."""
        if commits < 1:
            raise ValueError("a push has a commit")
        tree = {} if tip is None else self._history.tree_of(tip)
        for _ in range(commits):
            draft = ordinary(author.pen, tree, self._plan)
            tip = author.commit([] if tip is None else [tip], tree, draft)
        return 0 if tip is None else tip

    def _write(self) -> list[str]:
        """Bring the repository on disk to what the history says; the hashes of new commits."""
        known = len(self._store.shas)
        self._store.write(self._history)
        return self._store.shas[known:]
