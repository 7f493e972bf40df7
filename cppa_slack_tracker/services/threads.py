"""How far threads were read, by what Slack says of them in their first message."""

from collections.abc import Sequence

from django.db.models import Count, F, Max

from core.removable import RemovableQuerySet
from core.store import Upserted, upsert
from cppa_slack_tracker.models import Channel, Message
from cppa_slack_tracker.protocol_impl import MessageRecord
from cppa_slack_tracker.services.messages import KEY, THREAD


def mark_read(channel: Channel, thread_ts: str, reply_count: int, latest_reply: str) -> None:
    """Note that all replies were read when Slack said so much of the thread."""
    Message.objects.filter(channel=channel, ts=thread_ts).exclude(
        read_reply_count=reply_count, read_latest_reply=latest_reply
    ).update(read_reply_count=reply_count, read_latest_reply=latest_reply)


def mark_gone(channel: Channel, thread_ts: str) -> None:
    """Note that there is nothing to read in a thread that is no more."""
    Message.objects.filter(channel=channel, ts=thread_ts).update(
        read_reply_count=F("reply_count"), read_latest_reply=F("latest_reply")
    )


def save_thread_numbers(channel: Channel, records: Sequence[MessageRecord]) -> Upserted:
    """Save what Slack says of threads, where the messages that begin them were saved without."""
    numbers = {record.ts: record for record in records}
    rows = list(Message.objects.filter(channel=channel, ts__in=list(numbers)))
    for row in rows:
        for name in THREAD:
            setattr(row, name, getattr(numbers[row.ts], name))
    return upsert(Message, rows, key=KEY, update=THREAD)


def mark_complete_threads(channel: Channel) -> None:
    """Take threads for read whose live replies are as many, and as late, as Slack says."""
    replies = Message.objects.live().filter(channel=channel, thread_ts__isnull=False)
    found = {
        each["thread_ts"]: (each["number"], each["latest"])
        for each in replies.exclude(ts=F("thread_ts"))
        .values("thread_ts")
        .annotate(number=Count("pk"), latest=Max("ts"))
        .order_by()
    }
    news = with_news(channel).values_list("ts", "reply_count", "latest_reply", "removed_at")
    for ts, count, latest, removed_at in news:
        gone = removed_at is not None and ts not in found
        if gone or found.get(ts, (0, "")) == (count, latest):
            mark_read(channel, ts, count, latest)


def with_news(channel: Channel) -> RemovableQuerySet:
    """Find parents of whose threads the API says something else than when they were read."""
    return Message.objects.filter(channel=channel, source=Message.Source.API).exclude(
        reply_count=F("read_reply_count"), latest_reply=F("read_latest_reply")
    )
