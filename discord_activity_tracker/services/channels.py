"""Channels and threads."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

from django.db import connection
from django.db.models import F, OuterRef, Subquery

from core.changes import Change
from core.store import Upserted, upsert
from discord_activity_tracker.models import Channel, Message, Server
from discord_activity_tracker.protocol_impl import ChannelRecord, ServerRecord

# They change with messages, and are no change of the channel: `changed_in` stays.
PASSING = ("is_archived", "archived_at", "last_message_id", "message_count")
CHANNEL_FIELDS = (
    *(f.name for f in fields(ChannelRecord) if f.name not in {"id", "everyone_may_view", *PASSING}),
    "is_public",
    "removed_at",
)


def save_channels(server_id: int, records: Sequence[ChannelRecord]) -> Upserted:
    """Save channels and threads; one that was gone and is there again is no longer gone.

    With it come the messages that went with it: those that are not there any more are found missing then.
    """
    gone = Channel.objects.filter(pk__in=[record.id for record in records]).removed()
    for pk, removed_at in gone.values_list("pk", "removed_at"):
        messages = Message.objects.filter(channel=pk, removed_at__gte=removed_at)
        messages.update(removed_at=None, changed_in=Change())
    # A thread is as public as its channel, which may be among these or stored.
    public = {each.id: bool(each.everyone_may_view) for each in records}
    parents = Channel.objects.filter(pk__in={each.parent_id for each in records} - public.keys() - {None})
    public |= dict(parents.values_list("pk", "is_public"))
    rows = [_row(server_id, record, public) for record in records]
    saved = upsert(Channel, rows, key=("id",), update=CHANNEL_FIELDS)
    with connection.cursor() as cursor:
        columns = [[getattr(each, name) for each in records] for name in ("id", *PASSING)]
        cursor.execute(_SAVE_PASSING, columns)
    return saved + Upserted(updated=_spread_visibility(server_id))


def save_known_channel(server: ServerRecord, channel: ChannelRecord) -> Upserted:
    """Make rows for a server and a channel of which nothing is stored."""
    upsert(Server, [Server(**asdict(server))], key=("id",), update=())
    return upsert(Channel, [_row(server.id, channel, {})], key=("id",), update=())


def save_unknown(server_id: int, channels: Mapping[int, dt.datetime] | None = None) -> None:
    """Make bare rows for a server and its channels (id -> when it was made) that have none.

    What belongs to them is found through such a row, also where they themselves cannot be read.
    """
    upsert(Server, [Server(id=server_id, name="")], key=("id",), update=())
    rows = [
        Channel(id=pk, server_id=server_id, kind=Channel.Kind.OTHER, name="", created_at=created_at)
        for pk, created_at in (channels or {}).items()
    ]
    upsert(Channel, rows, key=("id",), update=())


# The archive does not tell the last two: what is stored stays.
_SAVE_PASSING = """
    UPDATE discord_activity_tracker_channel AS channel
    SET is_archived = told.is_archived,
        archived_at = told.archived_at,
        last_message_id = coalesce(told.last_message_id, channel.last_message_id),
        message_count = coalesce(told.message_count, channel.message_count)
    FROM unnest(%s::bigint[], %s::boolean[], %s::timestamptz[], %s::bigint[], %s::int[])
        AS told(id, is_archived, archived_at, last_message_id, message_count)
    WHERE channel.id = told.id
      AND (channel.is_archived, channel.archived_at, channel.last_message_id, channel.message_count)
        IS DISTINCT FROM (told.is_archived, told.archived_at,
            coalesce(told.last_message_id, channel.last_message_id),
            coalesce(told.message_count, channel.message_count))
"""


def _spread_visibility(server_id: int) -> int:
    """Make threads as public as their channels, private ones excepted; return how many were not."""
    channel = Channel.objects.filter(pk=OuterRef("parent_id")).values("is_public")[:1]
    threads = Channel.objects.filter(server=server_id, kind__in=Channel.THREADS)
    threads = threads.exclude(kind=Channel.Kind.PRIVATE_THREAD).annotate(of_channel=Subquery(channel))
    others = threads.exclude(is_public=F("of_channel")).filter(of_channel__isnull=False)
    return others.update(is_public=Subquery(channel), changed_in=Change())


def bury_channels(_server_id: int, ids: Sequence[str]) -> int:
    """Mark channels that Discord no longer has, and all their messages; return how many channels it had.

    Their threads are channels of their own.
    """
    removed = Channel.objects.filter(pk__in=ids).bury()
    # After them: what went with its channel is not older than that.
    Message.objects.filter(channel__in=ids).bury()
    return removed


def mark_unreadable(channel_id: int, why: str) -> bool:
    """Note why a channel's messages cannot be read ("": they can); return whether that is new."""
    rows = Channel.objects.filter(pk=channel_id).exclude(unreadable=why)
    return bool(rows.update(unreadable=why, changed_in=Change()))


def _row(server_id: int, record: ChannelRecord, public: Mapping[int, bool]) -> Channel:
    told = asdict(record)
    everyone_may_view = told.pop("everyone_may_view")
    if everyone_may_view is None:
        in_public = public.get(record.parent_id or 0, False)
        everyone_may_view = in_public and record.kind != Channel.Kind.PRIVATE_THREAD
    for name in ("tags", "applied_tag_ids"):
        told[name] = list(told[name])
    return Channel(**told, server_id=server_id, is_public=everyone_may_view)
