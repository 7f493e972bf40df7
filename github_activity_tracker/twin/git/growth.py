"""How a repository of a given size came about, up to where the world's time ends."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.twins import World
from github_activity_tracker.twin.git.commits import Signature, TwinTag
from github_activity_tracker.twin.git.entries import GITLINK, Entry, Tree, gitlink, text
from github_activity_tracker.twin.git.history import Author, History, seconds
from github_activity_tracker.twin.git.oddities import ODDITIES, Draft, everyday, made_up_sha
from github_activity_tracker.twin.git.pen import Pen, Words

DEFAULT_BRANCHES = {"library": "develop", "superproject": "master", "llvm": "main"}
ORPHAN = "gh-pages"
_SECOND_BRANCHES = {"library": "master", "superproject": "develop", "llvm": "release/20.x"}
_FEATURES = ("feature/faster", "feature/Grüße")
_MANY = 15
"""Commits from which on a repository has branches besides its main ones; they are 5 of its commits."""
_WIDEST_GAP = timedelta(hours=9)
_AGE = timedelta(days=12 * 365)
_TOPICS = 0.08  # share of the steps


@dataclass(frozen=True, slots=True)
class Plan:
    """A repository to be, as `GitHost.create` takes it."""

    name: str
    commits: int
    files: int = 3
    layout: str = "library"
    submodules: tuple[str, ...] = ()
    odd: bool = True


def gitmodules(names: Sequence[str]) -> Entry:
    """As boostorg/boost has it: each library's repository beside the one that names it."""
    lines = "".join(
        f'[submodule "{name}"]\n\tpath = libs/{name}\n\turl = ../{name}.git\n'
        f"\tfetchRecurseSubmodules = on-demand\n\tbranch = .\n"
        for name in names
    )
    return text(lines.encode().splitlines(keepends=True))


def grow(world: World, plan: Plan, scope: str) -> History:
    """The history that the plan's numbers and the world's seed make."""
    return _Growth(world, plan, scope).history


def ordinary(pen: Pen, tree: Tree, plan: Plan) -> Draft:
    """An everyday commit; where there are submodules, it moves some of them on."""
    submodules = [path for path, entry in tree.items() if entry.mode == GITLINK and path.startswith(b"libs/")]
    if not submodules:
        return everyday(pen, tree, plan.files)
    moved = pen.rng.sample(submodules, min(plan.files, len(submodules)))
    return Draft({path: gitlink(made_up_sha(path, pen.rng.random())) for path in moved})


class _Growth:
    def __init__(self, world: World, plan: Plan, scope: str) -> None:
        if plan.commits < 1:
            raise ValueError(f"{plan.name} would have {plan.commits} commits; GitHost.empty makes empty ones")
        self._plan = plan
        self.history = History(DEFAULT_BRANCHES[plan.layout])
        self._pen = Pen(world, world.rng("git", scope), layout=plan.layout, name=plan.name)
        gap = max(1, int(min(_WIDEST_GAP, _AGE / plan.commits).total_seconds()))
        times = itertools.count(seconds(world.until) - 3600 - gap * (plan.commits - 1), gap)
        self._author = Author(self.history, self._pen, lambda: next(times))
        self._tree: Tree = {}
        self._tip = self._author.commit([], self._tree, self._first())
        self._main = [self._tip]
        self._live()

    def _first(self) -> Draft:
        plan, pen = self._plan, self._pen
        edits: dict[bytes, Entry | None] = {b"README.md": pen.file(), b"LICENSE": pen.file(20)}
        while len(edits) < max(8, 3 * plan.files):
            edits[pen.path(self._tree)] = pen.file()
        if plan.layout == "superproject":
            edits[b".gitmodules"] = gitmodules(plan.submodules)
            edits |= {f"libs/{name}".encode(): gitlink(made_up_sha(name, 0)) for name in plan.submodules}
        return Draft(edits, words=Words("Initial import\n"))

    def _live(self) -> None:
        reserved = 5 if self._plan.commits >= _MANY else 0
        steps = self._steps()
        while (left := self._plan.commits - reserved - len(self.history.commits)) > 0:
            cost, step = next(steps)
            if cost <= left:
                step()
                self._main.append(self._tip)
        self._branch_off(reserved)
        self._tag()

    def _steps(self) -> Iterator[tuple[int, Callable[[], None]]]:
        """How many commits a step makes, and the step."""
        if self._plan.odd:
            odd = [(1, self._odd(make)) for make in ODDITIES]
            yield from [*odd[:2], (4, self._topic), *odd[2:8], (3, self._octopus), (2, self._join_unrelated)]
            yield from odd[8:]
        while True:
            is_topic = self._pen.rng.random() < _TOPICS
            yield (4, self._topic) if is_topic else (1, self._ordinary)

    def _odd(self, make: Callable[[Pen, Tree], Draft]) -> Callable[[], None]:
        return lambda: self._commit(make(self._pen, self._tree))

    def _commit(self, draft: Draft) -> None:
        self._tip = self._author.commit([self._tip], self._tree, draft)

    def _ordinary(self) -> None:
        self._commit(ordinary(self._pen, self._tree, self._plan))

    def _side(self, count: int, *, tree: Tree | None = None) -> list[int]:
        """Commits of a branch that leaves here, or, with a tree of its own, comes from nowhere."""
        parents = [self._tip] if tree is None else []
        tree = dict(self._tree) if tree is None else tree
        side: list[int] = []
        for _ in range(count):
            draft = everyday(self._pen, tree, self._plan.files)
            side.append(self._author.commit(parents, tree, draft))
            parents = side[-1:]
        return side

    def _topic(self) -> None:
        """Two commits aside, one on the main branch meanwhile, and the merge, which changes a file itself."""
        side = self._side(2)
        self._ordinary()
        own: dict[bytes, Entry | None] = {b"CHANGES.md": self._pen.file(3)}
        self._tip = self._author.merge(self._tip, self._tree, [side], Draft(own))

    def _octopus(self) -> None:
        sides = [self._side(1), self._side(1)]
        self._tip = self._author.merge(self._tip, self._tree, sides)

    def _join_unrelated(self) -> None:
        self._tip = self._author.merge(self._tip, self._tree, [self._side(1, tree={})])

    def _branch_off(self, count: int) -> None:
        branches = self.history.branches
        branches[self.history.default_branch] = self._tip
        branches[_SECOND_BRANCHES[self._plan.layout]] = self._main[len(self._main) * 3 // 4]
        if count:
            branches |= {name: self._side(2)[-1] for name in _FEATURES}
            branches[ORPHAN] = self._side(1, tree={})[-1]

    def _tag(self) -> None:
        history = self.history
        releases = self._main[:: max(1, len(self._main) // 4)][1:]
        for number, commit in enumerate(releases):
            name = f"{self._plan.name}-1.{80 + number}.0"
            if number % 2:
                history.light_tags[name] = commit
            else:
                history.tags[name] = TwinTag(
                    name, self._tagger(commit), f"Release 1.{80 + number}.0\n", commit
                )
        if not self._plan.odd or len(self._main) < _MANY:
            return
        history.light_tags["nightly/Übung"] = history.branches[ORPHAN]
        tagger = self._tagger(self._tip)
        history.tags["before-2005"] = TwinTag("before-2005", None, "Tagged by nobody\n", self._main[0])
        history.tags["key"] = TwinTag("key", tagger, "A key\n", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
        history.tags["of-a-tag"] = TwinTag("of-a-tag", tagger, "A tag of a tag\n", "before-2005")

    def _tagger(self, commit: int) -> Signature:
        moment = self._pen.moment(max(1, self.history.commits[commit].committer.moment.seconds) + 60)
        return Signature(*self._pen.identity(self._pen.person()), moment)
