"""How far threads were read, by what Slack says of them in their first message."""

from collections.abc import Mapping

from django.db.models import Count, F, Max, QuerySet

from core.store import Upserted, upsert
from cppa_slack_tracker.models import Channel, Message
from cppa_slack_tracker.protocol_impl import MessageRecord
from cppa_slack_tracker.services.messages import KEY, THREAD


def mark_read(channel: Channel, thread_ts: str, reply_count: int, latest_reply: str) -> None:
    """All replies were read when Slack said so much of the thread."""
    Message.objects.filter(channel=channel, ts=thread_ts).exclude(
        read_reply_count=reply_count, read_latest_reply=latest_reply
    ).update(read_reply_count=reply_count, read_latest_reply=latest_reply)


def mark_gone(channel: Channel, thread_ts: str) -> None:
    """The thread is no more: there is nothing to read."""
    row = Message.objects.filter(channel=channel, ts=thread_ts).first()
    if row is not None:
        mark_read(channel, thread_ts, row.reply_count, row.latest_reply)


def save_thread_numbers(channel: Channel, numbers: Mapping[str, MessageRecord]) -> Upserted:
    """What Slack says of threads, where the message itself came without."""
    rows = list(Message.objects.filter(channel=channel, ts__in=list(numbers)))
    for row in rows:
        record = numbers[row.ts]
        row.reply_count, row.latest_reply = record.reply_count, record.latest_reply
        row.is_locked = record.is_locked
    return upsert(Message, rows, key=KEY, update=THREAD)


def mark_complete_threads(channel: Channel) -> None:
    """Take threads for read whose live replies are as many, and as late, as Slack says."""
    replies = Message.objects.filter(channel=channel, thread_ts__isnull=False, removed_at__isnull=True)
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


def with_news(channel: Channel) -> "QuerySet[Message]":
    """Parents that the API has shown, of whose threads it says something else than when they were read."""
    return Message.objects.filter(channel=channel, source=Message.Source.API).exclude(
        reply_count=F("read_reply_count"), latest_reply=F("read_latest_reply")
    )
