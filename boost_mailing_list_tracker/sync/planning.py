"""What `--dry-run` shows of a list: one request tells enough."""

from math import ceil

from boost_mailing_list_tracker.models import Message
from boost_mailing_list_tracker.sync.rereading import REQUESTS, REREAD, STREAM, is_due, stored_bodies
from boost_mailing_list_tracker.sync.session import ListSession
from core.collectors import PlannedRequests

MAILS_PER_EXPORT = 300  # a usual month of a busy list


def plan_list(session: ListSession) -> list[PlannedRequests]:
    """Reads one entry of the listing, writes nothing."""
    count = session.client.listing(session.name, offset=0, limit=1).count
    if session.row.pk is None:
        stored = pending = 0
    else:
        stored = session.stored()
        pending = Message.objects.filter(
            mailing_list=session.row, body_source__isnull=True, removed_at__isnull=True
        ).count()
    new = max(count - stored, 0)
    pages = max(1, ceil(new / session.settings.mailing_list_page_size))
    exports = ceil((new + pending) / MAILS_PER_EXPORT)
    plan = [
        PlannedRequests(session.name, f"read {new:,} new of {count:,} entries of the listing", pages),
        PlannedRequests(session.name, f"fetch {new + pending:,} bodies through mbox exports", exports),
    ]
    return [*plan, *_plan_again(session)] if session.row.pk else plan


def _plan_again(session: ListSession) -> list[PlannedRequests]:
    """What reading stored bodies again may take at most."""
    if session.options.limit is not None or (session.bounded and not session.options.full):
        return []
    if session.options.full:
        stored = stored_bodies(session, REREAD).count()
        return [PlannedRequests(session.name, "read all bodies again", ceil(stored / MAILS_PER_EXPORT))]
    poor = stored_bodies(session, [Message.BodySource.API]).exists()
    if poor or is_due(session, session.collector.checkpoint(session.name, STREAM)):
        return [PlannedRequests(session.name, "read some bodies again, at most", REQUESTS)]
    return []
