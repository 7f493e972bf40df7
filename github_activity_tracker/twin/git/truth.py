"""Rows that a complete collection of a repository has, from how it was made; git is not asked."""

import re

from github_activity_tracker.twin.git.commits import commit_row
from github_activity_tracker.twin.git.entries import Entry, file_rows
from github_activity_tracker.twin.git.history import History
from github_activity_tracker.twin.git.oddities import MAILMAP
from github_activity_tracker.twin.git.store import Store

Row = dict[str, object]
_MAPPED = re.compile(r"(?P<name>.+?) <(?P<email>.*?)> (?:(?P<spelt>.+?) )?<(?P<used>.*?)>\n")


class Truth:
    """Rows by the columns of the models, the repository's own key aside.

    A commit that a force push left behind has its row, for the collector saw it before.
    """

    def __init__(self, history: History, store: Store) -> None:
        self._history = history
        self._store = store

    @property
    def default_branch(self) -> str:
        return self._history.default_branch

    def commits(self) -> list[Row]:
        """Rows of `Commit`, in the order they were made; `patch` aside."""
        reachable = self._history.reachable()
        return [
            commit_row(commit, self._store.shas, is_reachable=commit.number in reachable)
            for commit in self._history.commits
        ]

    def files(self) -> list[Row]:
        """Rows of `CommitFile`, with `commit__sha` for the commit; a copy is an added file."""
        return [
            {"commit__sha": self._store.shas[commit.number]} | row
            for commit in self._history.commits
            if len(commit.parents) < 2  # noqa: PLR2004 - git log shows no files of a merge
            for row in file_rows(commit.changes)
        ]

    def refs(self) -> list[Row]:
        """Rows of `GitRef`."""
        shas, history = self._store.shas, self._history
        tips = {f"refs/heads/{name}": number for name, number in history.branches.items()}
        tips |= {f"refs/tags/{name}": number for name, number in history.light_tags.items()}
        rows: list[Row] = [
            {"name": name, "object_id": shas[number], "target": shas[number], "tagged_at": None}
            for name, number in tips.items()
        ]
        for name, tag in history.tags.items():
            commit = history.commit_of(name)
            rows.append(
                {
                    "name": f"refs/tags/{name}",
                    "object_id": self._store.tag_shas[name],
                    "target": None if commit is None else shas[commit],
                    "tagged_at": tag.tagger.moment.time if tag.tagger else None,
                }
            )
        return rows

    def identities(self) -> set[tuple[str, str]]:
        """Name and address of everyone who wrote or committed."""
        people = ((commit.author, commit.committer) for commit in self._history.commits)
        return {(person.name, person.email) for pair in people for person in pair}

    def mailmap(self) -> list[Row]:
        """Rows of `MailmapEntry`: what the default branch's .mailmap makes of the identities."""
        tip = self._history.branches.get(self.default_branch)
        mapped = _mapping(None if tip is None else self._history.tree_of(tip).get(MAILMAP))
        rows: list[Row] = []
        for name, email in sorted(self.identities()):
            to = mapped.get((email, name)) or mapped.get((email, None)) or (name, email)
            if to != (name, email):
                rows.append({"email": email, "name": name, "canonical_email": to[1], "canonical_name": to[0]})
        return rows


def _mapping(mailmap: Entry | None) -> dict[tuple[str, str | None], tuple[str, str]]:
    """(used address, used name or None for any) -> (name, address). The twin writes no other kind of line."""
    lines = mailmap.data.decode().splitlines(keepends=True) if mailmap else []
    matches = filter(None, map(_MAPPED.fullmatch, lines))
    return {(match["used"], match["spelt"]): (match["name"], match["email"]) for match in matches}
