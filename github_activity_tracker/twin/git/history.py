"""A repository's history as it is made: commits, branches and tags, and the trees that follow from them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from github_activity_tracker.twin.git.commits import (
    EPOCH,
    Moment,
    Signature,
    TwinCommit,
    TwinTag,
    reachable,
)
from github_activity_tracker.twin.git.entries import Tree, apply, changed
from github_activity_tracker.twin.git.oddities import Draft
from github_activity_tracker.twin.git.pen import WEB_FLOW, Pen, Words


class History:
    """Commits by number, in the order they were made, and what the refs point at.

    Commits never go, as GitHub keeps what a force push left behind. A copy shares them with the original.
    """

    def __init__(self, default_branch: str) -> None:
        self.default_branch = default_branch
        self.commits: list[TwinCommit] = []
        self.branches: dict[str, int] = {}
        self.light_tags: dict[str, int] = {}
        self.tags: dict[str, TwinTag] = {}

    def copy(self) -> "History":
        twin = History(self.default_branch)
        twin.commits = list(self.commits)
        twin.branches, twin.light_tags = dict(self.branches), dict(self.light_tags)
        twin.tags = dict(self.tags)
        return twin

    def reachable(self) -> set[int]:
        """Numbers of the commits that a branch or tag leads to."""
        tips = [*self.branches.values(), *self.light_tags.values()]
        tips += [number for name in self.tags if (number := self.commit_of(name)) is not None]
        return reachable(self.commits, tips)

    def commit_of(self, tag: str) -> int | None:
        """The commit that an annotated tag stands for in the end; None when it tags something else."""
        tagged: int | str | bytes = tag
        while isinstance(tagged, str):
            tagged = self.tags[tagged].tagged
        return tagged if isinstance(tagged, int) else None

    def first_parents(self, number: int, *, until: int | None = None) -> list[int]:
        """The commits that led to one along first parents, oldest first, without those that `until` has."""
        known = set[int]() if until is None else reachable(self.commits, [until])
        line: list[int] = []
        at: int | None = number
        while at is not None and at not in known:
            line.append(at)
            at = next(iter(self.commits[at].parents), None)
        return line[::-1]

    def tree_of(self, number: int) -> Tree:
        """Build a commit's tree."""
        tree: Tree = {}
        for each in self.first_parents(number):
            apply(tree, self.commits[each].changes)
        return tree


class Author:
    """Adds commits to a history. clock: seconds since 1970 of each next commit."""

    def __init__(self, history: History, pen: Pen, clock: Callable[[], int]) -> None:
        self.history = history
        self.pen = pen
        self._clock = clock

    def commit(self, parents: Sequence[int], tree: Tree, draft: Draft) -> int:
        """Add one, bring `tree`, its first parent's, to its own, and say its number."""
        changes = changed(tree, draft.edits, draft.renames)
        apply(tree, changes)
        author, committer = self._signatures(draft, is_merge=len(parents) > 1)
        words = draft.words or self.pen.words()
        commit = TwinCommit(
            number=len(self.history.commits),
            parents=tuple(parents),
            author=author,
            committer=committer,
            message=words.message,
            changes=changes,
            trailers=words.trailers,
            charset=draft.charset,
            raw=draft.raw,
        )
        self.history.commits.append(commit)
        return commit.number

    def merge(self, into: int, tree: Tree, sides: Sequence[Sequence[int]], draft: Draft | None = None) -> int:
        """Bring each side's commits, oldest first, into `tree`; draft: what the merge changes besides."""
        edits = {
            change.path: change.after
            for side in sides
            for number in side
            for change in self.history.commits[number].changes
        }
        draft = draft or Draft()
        login = self.pen.person().addresses[0].partition("@")[0]
        subject = f"Merge pull request #{self.pen.rng.randint(1, 900)} from {login}/topic"
        words = draft.words or Words(f"{subject}\n\n{self.pen.world.talk.sentence(self.pen.rng)}\n")
        tips = [side[-1] for side in sides]
        return self.commit([into, *tips], tree, Draft(edits | draft.edits, words=words))

    def _signatures(self, draft: Draft, *, is_merge: bool) -> tuple[Signature, Signature]:
        pen, person = self.pen, self.pen.person()
        now = self._clock()
        written = draft.moment or pen.moment(now - pen.rng.choice([0, 0, 0, 60, 3600, 172_800]))
        committed = draft.moment or pen.moment(now)
        name, email = draft.identity or pen.identity(person)
        author = Signature(name, email, written)
        if is_merge:
            return author, Signature(*WEB_FLOW, Moment(now))
        other = pen.rng.random() < 0.1  # noqa: PLR2004 - a share of the commits
        name, email = pen.identity(pen.person()) if other and not draft.identity else (name, email)
        return author, Signature(name, email, committed)


def seconds(moment: datetime) -> int:
    """Since 1970."""
    return int((moment - EPOCH).total_seconds())
