"""Releases: few and edited in place, so all of them are read when their number or the newest one changes."""

import datetime as dt

from core.errors import SourceError
from core.protocols import State
from github_activity_tracker.models import Release
from github_activity_tracker.sync.rereading import reread
from github_activity_tracker.sync.saving import save_nodes
from github_activity_tracker.sync.session import RELEASES, RepositorySession


def releases_are_due(session: RepositorySession) -> bool:
    newest = session.newest[RELEASES]
    if newest.total == 0 and session.state(RELEASES).checkpoint_token is None:
        return False
    return session.state(RELEASES).checkpoint_token != _token(session)


def read_releases(session: RepositorySession) -> None:
    """Read them all; those that are gone, also when they are asked for, get a tombstone.

    Raises SourceError for a list that lacks what is there.
    """
    row = session.row
    seen: set[str] = set()
    damaged = False
    for listed in session.source.client.releases(row.owner, row.name, cursor=None):
        ids = {node.get("id") for node in listed.nodes}
        seen |= {node_id for node_id in ids if isinstance(node_id, str)}
        damaged = damaged or bool(listed.problems) or len(seen & ids) < len(listed.nodes)
        with session.page() as page:
            save_nodes(session, page, listed.nodes, complete=set(), problems=listed.problems)
    stored = Release.objects.filter(repository=row, removed_at__isnull=True)
    # What GitHub did not answer may be any of them.
    missing = set[str]() if damaged else set(stored.values_list("pk", flat=True)) - seen
    reread(session, "release", missing)
    if there := stored.filter(pk__in=missing).count():
        raise SourceError(
            f"GitHub's list of releases of {session.full_name} lacks {there} that are there",
            remedy="run it again",
        )
    with session.page() as page:
        mark = f"{session.full_name} releases"
        today = dt.datetime.now(dt.UTC).date().isoformat()
        page.checkpoint(f"sweep {RELEASES}", State(today, f"{mark}: complete on {today}"))
        page.checkpoint(RELEASES, State(_token(session), f"{session.full_name}: {len(seen)} releases"))


def _token(session: RepositorySession) -> str:
    newest = session.newest[RELEASES]
    return f"{newest.total} {newest.node_id} {newest.updated_at}"
