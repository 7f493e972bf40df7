"""Releases: few and edited in place, so all of them are read when their number or the newest one changes."""

from core.errors import SourceError
from core.protocols import State
from github_activity_tracker.sync.kinds import RELEASE
from github_activity_tracker.sync.rereading import reread
from github_activity_tracker.sync.saving import set_aside, take_nodes
from github_activity_tracker.sync.session import RepositoryScope
from github_activity_tracker.sync.sweeping import mark_swept


def releases_are_due(scope: RepositoryScope) -> bool:
    """Whether the number of releases or the newest one is another than when they were read last."""
    known = scope.state(RELEASE.noun).checkpoint_token
    return known != _token(scope) and not (known is None and scope.newest[RELEASE.noun].total == 0)


def read_releases(scope: RepositoryScope) -> None:
    """Read them all; those that are gone, also when they are asked for, are marked as removed.

    Raises SourceError for a list that lacks what is there.
    """
    row = scope.row
    seen: set[str] = set()
    damaged = False
    for listed in scope.source.client.items(RELEASE.name, row.owner, row.name):
        seen |= {node["id"] for node in listed.nodes}
        damaged = damaged or bool(listed.problems)
        with scope.page() as page:
            set_aside(page, listed.problems)
            take_nodes(page, RELEASE, row.github_id, listed.nodes, complete=())
    stored = RELEASE.live(row.github_id)
    # What GitHub did not answer may be any of them.
    missing = set[str]() if damaged else set(stored.values_list("pk", flat=True)) - seen
    reread(scope, RELEASE, missing)
    if there := stored.filter(pk__in=missing).count():
        raise SourceError(
            f"GitHub's list of releases of {scope} lacks {there} that are there", remedy="run it again"
        )
    mark_swept(scope, RELEASE)
    with scope.page() as page:
        page.checkpoint(RELEASE.noun, State(_token(scope), f"{scope}: {len(seen)} releases"))


def _token(scope: RepositoryScope) -> str:
    newest = scope.newest[RELEASE.noun]
    return f"{newest.total} {newest.node_id} {newest.updated_at}"
