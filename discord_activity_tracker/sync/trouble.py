"""Channels that are gone, and channels that the bot may not read."""

import logging

from core import absences, checkpoints
from core.protocols import State
from discord_activity_tracker.models import Channel
from discord_activity_tracker.services.channels import mark_unreadable
from discord_activity_tracker.sync.kinds import CHANNEL
from discord_activity_tracker.sync.session import ServerSession

logger = logging.getLogger(__name__)


def remove_channel(session: ServerSession, channel_id: int) -> None:
    """Mark a channel that Discord no longer has, its threads and their messages as removed.

    What is in quarantine of them cannot be asked for any more. Should they come back, all is read again.
    """
    threads = Channel.objects.filter(parent_id=channel_id, kind__in=Channel.THREADS).live()
    gone = [channel_id, *threads.values_list("pk", flat=True)]
    scopes = [session.scope_of(each).name for each in gone]
    with session.scope.page() as page:
        page.bury(CHANNEL, session.server_id, list(map(str, gone)))
        session.collector.quarantine.forget(scopes)
        checkpoints.forget(page.collector, scopes)
        absences.forget(page.collector, scopes)


def note_unreadable(session: ServerSession, channel: Channel, why: str, stream: str) -> bool:
    """Tell and count it when it is new; the row keeps it. Return whether it could be read before: a failure.

    `stream` is what would have been read. A thread's failure is that of its channel, where that has one.
    """
    scope = session.scope_of(channel.pk)
    was_read = checkpoints.load(session.collector.name, scope.name, stream) != State()
    around = Channel.objects.filter(pk=channel.parent_id if channel.is_thread else None).exclude(
        unreadable=""
    )
    with scope.page() as page:
        is_new = mark_unreadable(channel.pk, why)
        page.count("channels_unreadable", is_new)
    if is_new:
        logger.warning("server %s: %s cannot be read: %s", session.server_id, channel, why)
    return was_read and not channel.unreadable and not around.exists()
