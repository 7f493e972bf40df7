"""The plan of --dry-run: the requests that a repository's news would take."""

from collections.abc import Iterator

from core.collectors import PlannedRequests
from github_activity_tracker.models import Repository
from github_activity_tracker.sync import mirrors
from github_activity_tracker.sync.kinds import RELEASE, THREADS
from github_activity_tracker.sync.probing import Found, Missing
from github_activity_tracker.sync.releases import releases_are_due
from github_activity_tracker.sync.session import Source
from github_activity_tracker.sync.walking import Walk

REQUESTS_OF_A_FETCH = 3
RELEASES_A_REQUEST = 50


def plan_repository(source: Source, answer: Found | Missing) -> Iterator[PlannedRequests]:
    """Yield lines for what is due; nothing for a repository without news."""
    if isinstance(answer, Missing):
        yield PlannedRequests(answer.full_name, f"cannot be collected: {answer.error}", 0)
        return
    record = answer.record
    row = Repository(
        github_id=record.github_id,
        owner=record.owner,
        name=record.name,
        pushed_at=record.pushed_at,
        default_branch=record.default_branch,
    )
    scope = source.repository(row, answer.newest)
    if mirrors.is_due(scope):
        yield PlannedRequests(row.full_name, "fetch commits", REQUESTS_OF_A_FETCH)
    for walk in (Walk(scope, kind) for kind in THREADS):
        if walk.is_due():
            what = walk.kind.noun.replace("_", " ")
            whole = walk.reached is None
            pages = (
                -(-answer.newest[walk.kind.noun].total // source.settings.github_page_size) if whole else 1
            )
            yield PlannedRequests(row.full_name, f"read {'all' if whole else 'new'} {what}", pages)
    if releases_are_due(scope):
        pages = 1 + answer.newest[RELEASE.noun].total // RELEASES_A_REQUEST
        yield PlannedRequests(row.full_name, "read releases", pages)
