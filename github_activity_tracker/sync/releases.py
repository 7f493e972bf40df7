"""Releases: few and edited in place, so all of them are read when their number or the newest one changes."""

import datetime as dt

from core.protocols import State
from github_activity_tracker.models import Release
from github_activity_tracker.services import tombstone_leaves
from github_activity_tracker.sync.saving import save_nodes
from github_activity_tracker.sync.session import RELEASES, RepositorySession


def releases_are_due(session: RepositorySession) -> bool:
    newest = session.newest[RELEASES]
    if newest.total == 0 and session.state(RELEASES).checkpoint_token is None:
        return False
    return session.state(RELEASES).checkpoint_token != _token(session)


def read_releases(session: RepositorySession) -> None:
    """Read them all; those that are gone get a tombstone."""
    row = session.row
    seen: set[str] = set()
    damaged = False
    for listed in session.source.client.releases(row.owner, row.name, cursor=None):
        ids = {node.get("id") for node in listed.nodes}
        seen |= {node_id for node_id in ids if isinstance(node_id, str)}
        damaged = damaged or bool(listed.problems) or len(seen & ids) < len(listed.nodes)
        with session.page() as page:
            save_nodes(session, page, listed.nodes, complete=set(), problems=listed.problems)
    with session.page() as page:
        stored = Release.objects.filter(repository=row, removed_at__isnull=True)
        # What GitHub did not answer may be any of them.
        gone = [] if damaged else sorted(set(stored.values_list("pk", flat=True)) - seen)
        page.archive("release", dict.fromkeys(gone))
        page.count("releases_removed", tombstone_leaves("release", gone))
        mark = f"{session.full_name} releases"
        today = dt.datetime.now(dt.UTC).date().isoformat()
        page.checkpoint(f"sweep {RELEASES}", State(today, f"{mark}: complete on {today}"))
        page.checkpoint(RELEASES, State(_token(session), f"{session.full_name}: {len(seen)} releases"))


def _token(session: RepositorySession) -> str:
    newest = session.newest[RELEASES]
    return f"{newest.total} {newest.node_id} {newest.updated_at}"
