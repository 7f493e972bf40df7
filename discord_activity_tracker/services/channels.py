"""Channels and threads."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields

from django.contrib.postgres.functions import TransactionNow
from django.db import connection
from django.db.models import F, OuterRef, Q, Subquery

from core.changes import Change
from core.store import Upserted, upsert
from discord_activity_tracker.models import Channel, Message, Server
from discord_activity_tracker.protocol_impl import ChannelRecord, ServerRecord

# They change with messages, and are no change of the channel: `changed_in` stays.
PASSING = ("is_archived", "archived_at")
CHANNEL_FIELDS = (
    *(f.name for f in fields(ChannelRecord) if f.name not in {"id", "everyone_may_view", *PASSING}),
    "is_public",
    "removed_at",
)
Counters = Mapping[int, tuple[int | None, int | None]]


def save_channels(
    server_id: int, records: Sequence[ChannelRecord], *, public: Mapping[int, bool] | None = None
) -> Upserted:
    """Save channels and threads; one that was gone and is there again is no longer gone.

    With it come the messages that went with it.

    `public` says of channels whether everyone may view them, for the threads in them.
    """
    _bring_back([record.id for record in records])
    rows = [_row(server_id, record, public or {}) for record in records]
    saved = upsert(Channel, rows, key=("id",), update=CHANNEL_FIELDS)
    threads = [record for record in records if record.archived_at is not None]
    columns = [[getattr(each, name) for each in threads] for name in ("id", *PASSING)]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE_PASSING, columns)
    return saved


def _bring_back(ids: Sequence[int]) -> None:
    """Messages that are gone only because their channel was."""
    gone = Channel.objects.filter(pk__in=ids, removed_at__isnull=False)
    for pk, removed_at in gone.values_list("pk", "removed_at"):
        messages = Message.objects.filter(channel=pk, removed_at=removed_at)
        messages.update(removed_at=None, changed_in=Change())


def save_known_channel(server: ServerRecord, channel: ChannelRecord) -> int:
    """Make rows for a server and a channel of which nothing is stored; how many channels that were."""
    upsert(Server, [Server(**asdict(server))], key=("id",), update=())
    return upsert(Channel, [_row(server.id, channel, {})], key=("id",), update=()).created


def save_unknown(server_id: int, channels: Mapping[int, dt.datetime]) -> None:
    """Make rows for a server and its channels (id -> when it was made) that have none."""
    upsert(Server, [Server(id=server_id, name="")], key=("id",), update=())
    rows = [
        Channel(id=pk, server_id=server_id, kind=Channel.Kind.OTHER, name="", created_at=created_at)
        for pk, created_at in channels.items()
    ]
    upsert(Channel, rows, key=("id",), update=())


def save_counters(counters: Counters) -> None:
    """What Discord counts of stored channels: id -> (last message id, number of messages)."""
    ids = list(counters)
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE_COUNTERS, [ids, [counters[each][0] for each in ids], [counters[each][1] for each in ids]]
        )


_SAVE_PASSING = """
    UPDATE discord_activity_tracker_channel AS channel
    SET is_archived = told.is_archived, archived_at = told.archived_at
    FROM unnest(%s::bigint[], %s::boolean[], %s::timestamptz[]) AS told(id, is_archived, archived_at)
    WHERE channel.id = told.id
      AND (channel.is_archived, channel.archived_at) IS DISTINCT FROM (told.is_archived, told.archived_at)
"""
_SAVE_COUNTERS = """
    UPDATE discord_activity_tracker_channel AS channel
    SET last_message_id = told.last_message_id, message_count = told.message_count
    FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS told(id, last_message_id, message_count)
    WHERE channel.id = told.id
      AND (channel.last_message_id, channel.message_count)
        IS DISTINCT FROM (told.last_message_id, told.message_count)
"""


def spread_visibility(server_id: int) -> int:
    """Make threads as public as their channels, private ones excepted; how many were not."""
    channel = Channel.objects.filter(pk=OuterRef("parent_id")).values("is_public")[:1]
    threads = Channel.objects.filter(server=server_id, kind__in=Channel.THREADS)
    threads = threads.exclude(kind=Channel.Kind.PRIVATE_THREAD).annotate(of_channel=Subquery(channel))
    others = threads.exclude(is_public=F("of_channel")).filter(of_channel__isnull=False)
    return others.update(is_public=Subquery(channel), changed_in=Change())


def tombstone_channels(ids: Iterable[int]) -> list[int]:
    """Mark channels that Discord no longer has, the threads in them and all their messages.

    Returns the channels and threads that were not marked before.
    """
    named = list(ids)
    gone = Channel.objects.filter(Q(pk__in=named) | Q(parent_id__in=named, kind__in=Channel.THREADS))
    marked = sorted(gone.filter(removed_at__isnull=True).values_list("pk", flat=True))
    # The same time for all: it tells which messages went with their channel.
    Channel.objects.filter(pk__in=marked).update(removed_at=TransactionNow(), changed_in=Change())
    Message.objects.filter(channel__in=marked, removed_at__isnull=True).update(
        removed_at=TransactionNow(), changed_in=Change()
    )
    return marked


def mark_unreadable(channel_id: int, why: str) -> bool:
    """Note why a channel's messages cannot be read ("": they can); whether that is new."""
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
