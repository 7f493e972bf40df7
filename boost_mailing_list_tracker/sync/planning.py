"""The plan that `--dry-run` shows of a list: one request tells enough."""

from math import ceil

from boost_mailing_list_tracker.sync.rereading import REQUESTS, STREAM, is_due, stored_bodies
from boost_mailing_list_tracker.sync.session import ListSession
from core.collectors import PlannedRequests

MAILS_PER_EXPORT = 300  # a usual month of a busy list


def plan_list(session: ListSession) -> list[PlannedRequests]:
    """Read one entry of the listing and tell what a run would ask for; writes nothing."""
    count = session.client.listing(session.name, offset=0, limit=1).count
    known = session.row.pk is not None
    new = max(count - session.in_listing().count(), 0) if known else count
    lacking = new + (session.messages().filter(body_source__isnull=True).count() if known else 0)
    replies = max(1, ceil(new / session.settings.mailing_list_page_size))
    plan = [
        PlannedRequests(session.name, f"read {new:,} new of {count:,} entries of the listing", replies),
        PlannedRequests(
            session.name, f"fetch {lacking:,} bodies through mbox exports", ceil(lacking / MAILS_PER_EXPORT)
        ),
    ]
    options = session.collector.options
    if not known or options.limit is not None or (session.bounded and not options.full):
        return plan
    if options.full:
        exports = ceil(stored_bodies(session).count() / MAILS_PER_EXPORT)
        plan.append(PlannedRequests(session.name, "read all bodies again", exports))
    elif is_due(session, session.state(STREAM)):
        plan.append(PlannedRequests(session.name, "read some bodies again, at most", REQUESTS))
    return plan
