"""Saving messages with what hangs on them: reactions, files, comings and goings."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q
from django.utils import timezone

from core.removable import RemovableQuerySet
from core.store import Rejected, Upserted, upsert
from cppa_slack_tracker.models import Channel, File, MembershipEvent, Message, MessageFile, Reaction
from cppa_slack_tracker.protocol_impl import JOINED, LEFT, MembershipRecord, MessageRecord
from cppa_slack_tracker.services.files import save_files
from cppa_slack_tracker.services.membership import save_events

KEY = ("channel", "ts")
TOLD = (
    "thread_ts",
    "is_broadcast",
    "subtype",
    "user_id",
    "bot_id",
    "app_id",
    "author_name",
    "text",
    "plain_text",
    "blocks",
    "attachments",
    "edited_at",
    "edited_by",
)
CONTENT = (*TOLD, "is_pinned", "permalink", "source", "removed_at")
THREAD = ("reply_count", "latest_reply", "is_locked")
# Of a thread that is to be read whatever Slack says of it, such as one whose parent has gone.
TO_BE_READ = -1


def save_messages(channel: Channel, records: Sequence[MessageRecord], *, of_threads: bool = True) -> Upserted:
    """Save messages as Slack shows them now; `of_threads` also the numbers of the threads they begin."""
    update = (*CONTENT, *THREAD) if of_threads else CONTENT
    saved = upsert(Message, [_row(channel, record) for record in records], key=KEY, update=update)
    refused = {getattr(each.row, "ts", "") for each in saved.rejected}
    parts = save_parts(channel, [record for record in records if record.ts not in refused])
    return saved + Upserted(rejected=parts)


def save_tombstones(
    channel: Channel, records: Sequence[MessageRecord], *, of_threads: bool = True
) -> Upserted:
    """Save deleted parents of threads that live on: what they said stays, their thread's numbers go on.

    Slack shows them for their replies. Where none of those is live here, the thread is to be read again.
    """
    stored = Message.objects.filter(channel=channel, ts__in=[record.ts for record in records])
    removed = dict(stored.values_list("ts", "removed_at"))
    rows = [_row(channel, record) for record in records]
    for row in rows:
        row.removed_at = removed.get(row.ts) or timezone.now()
    update = (*THREAD, "removed_at") if of_threads else ("removed_at",)
    saved = upsert(Message, rows, key=KEY, update=update)
    if of_threads:
        unanswered = stored.filter(~Exists(live_replies(channel, OuterRef("ts"))), reply_count__gt=0)
        unanswered.update(read_reply_count=TO_BE_READ)
    return saved


def live_replies(channel: Channel, thread_ts: "str | OuterRef") -> RemovableQuerySet:
    """Find the replies in a thread that are not removed."""
    return Message.objects.live().filter(channel=channel, thread_ts=thread_ts).exclude(ts=F("thread_ts"))


def save_parts(
    channel: Channel, records: Sequence[MessageRecord], *, exported: bool = False
) -> tuple[Rejected, ...]:
    """Reactions and files of live messages, as they are now; joins and leaves once and for all.

    What the database refuses of them is told of the messages that have it. `exported` files change none
    that are known.
    """
    if not records:
        return ()
    by_ts = {record.ts: record for record in records}
    stored = Message.objects.filter(channel=channel, ts__in=list(by_ts))
    pks: dict[str, int] = dict(stored.values_list("ts", "pk"))
    reactions = {
        (pk, each.name): Reaction(
            message_id=pk, name=each.name, count=each.count, user_ids=list(each.user_ids)
        )
        for ts, pk in pks.items()
        for each in by_ts[ts].reactions
    }
    shared = {
        (pk, each.file_id): MessageFile(message_id=pk, file_id=each.file_id, position=position)
        for ts, pk in pks.items()
        for position, each in enumerate(by_ts[ts].files)
    }
    files = [file for record in records for file in record.files]
    saved = _save_parts_of(Reaction, "name", pks.values(), reactions)
    saved += save_files(channel.workspace, files, replace=not exported)
    saved += _save_parts_of(MessageFile, "file_id", pks.values(), shared)
    saved += save_events(channel, _comings_and_goings(records))
    return tuple(
        Rejected(_row(channel, by_ts[ts]), each.error)
        for each in saved.rejected
        for ts in _having(each.row, by_ts, pks)
    )


def save_exported(channel: Channel, records: Sequence[MessageRecord]) -> Upserted:
    """Save messages of an export: new ones, and those that were edited after the API showed them."""
    by_ts = {record.ts: record for record in records if not record.is_deleted}
    stored = Message.objects.filter(channel=channel, ts__in=list(by_ts))
    edited = dict(stored.values_list("ts", "edited_at"))
    chosen = [record for record in by_ts.values() if _is_newer(record, edited)]
    rows = [_row(channel, record, source=Message.Source.EXPORT) for record in chosen]
    for row in rows:
        # For when the API shows it.
        row.read_reply_count = TO_BE_READ if row.reply_count else 0
    saved = upsert(Message, rows, key=KEY, update=(*TOLD, "permalink"))
    refused = {getattr(each.row, "ts", "") for each in saved.rejected}
    new = [record for record in chosen if record.ts not in edited and record.ts not in refused]
    return saved + Upserted(rejected=save_parts(channel, new, exported=True))


def bury_messages(channel: Channel, ts: Sequence[str]) -> int:
    """Mark messages that Slack no longer has; what they said stays. Return how many were there until now.

    A parent's thread is to be read once more: when its last reply goes, a deleted parent goes as well.
    """
    gone = Message.objects.live().filter(channel=channel, ts__in=ts)
    gone.filter(reply_count__gt=0).update(read_reply_count=TO_BE_READ)
    return gone.bury()


def exported(channel: Channel) -> RemovableQuerySet:
    """Find the messages that only an export has shown."""
    return Message.objects.filter(channel=channel, source=Message.Source.EXPORT)


def bury_exported(channel: Channel, ts: Sequence[str]) -> int:
    """Mark those of these messages as removed that only an export has shown."""
    return bury_messages(channel, list(exported(channel).filter(ts__in=ts).values_list("ts", flat=True)))


def in_history(channel: Channel) -> RemovableQuerySet:
    """Find the live messages that conversations.history shows: no replies, unless they were broadcast."""
    outside = Q(thread_ts__isnull=True) | Q(thread_ts=F("ts")) | Q(is_broadcast=True)
    return Message.objects.live().filter(outside, channel=channel)


def _is_newer(record: MessageRecord, edited: Mapping[str, Any]) -> bool:
    if record.ts not in edited:
        return True
    known = edited[record.ts]
    return record.edited_at is not None and (known is None or record.edited_at > known)


def _row(channel: Channel, record: MessageRecord, source: str = Message.Source.API) -> Message:
    return Message(
        channel=channel,
        permalink=permalink(channel, record.ts, record.thread_ts),
        source=source,
        **{name: getattr(record, name) for name in ("ts", "sent_at", "is_pinned", *TOLD, *THREAD)},
    )


def permalink(channel: Channel, ts: str, thread_ts: str | None) -> str:
    """As chat.getPermalink writes them; computed, because asking costs a call each."""
    link = f"{channel.workspace.url}archives/{channel.channel_id}/p{ts.replace('.', '')}"
    if thread_ts is None or thread_ts == ts:
        return link
    return f"{link}?thread_ts={thread_ts}&cid={channel.channel_id}"


def _having(part: Model, records: Mapping[str, MessageRecord], pks: Mapping[str, int]) -> list[str]:
    """The messages that have a part."""
    if isinstance(part, (Reaction, MessageFile)):
        return [ts for ts, pk in pks.items() if pk == part.message.pk]
    if isinstance(part, File):
        return [ts for ts, each in records.items() if part.file_id in {file.file_id for file in each.files}]
    return [getattr(part, "ts", "")]


def _save_parts_of(
    model: type[Reaction | MessageFile],
    key: str,
    pks: Collection[int],
    rows: Mapping[tuple[int, str], Reaction | MessageFile],
) -> Upserted:
    """Save all parts that messages have, named by `key` within their message; others go."""
    objects = model._default_manager  # noqa: SLF001 - Django documents _default_manager
    stored = objects.filter(message_id__in=list(pks)).values_list("pk", "message_id", key)
    gone = [pk for pk, message_pk, name in stored if (message_pk, name) not in rows]
    if gone:
        objects.filter(pk__in=gone).delete()
    return upsert(model, rows.values(), key=("message", key))


def _comings_and_goings(records: Iterable[MessageRecord]) -> list[MembershipRecord]:
    return [
        MembershipRecord(
            user_id=record.user_id,
            ts=record.ts,
            kind=MembershipEvent.Kind.JOINED if record.subtype in JOINED else MembershipEvent.Kind.LEFT,
            by_user_id=record.inviter,
            happened_at=record.sent_at,
        )
        for record in records
        if record.user_id and record.subtype in JOINED | LEFT
    ]
