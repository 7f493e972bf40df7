"""Saving messages with what hangs on them: reactions, files, comings and goings."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from core.changes import Change
from core.store import Rejected, Upserted, upsert
from cppa_slack_tracker.models import Channel, File, MembershipEvent, Message, MessageFile, Reaction
from cppa_slack_tracker.protocol_impl import JOINED, LEFT, MembershipRecord, MessageRecord
from cppa_slack_tracker.services.files import save_files

KEY = ("channel", "ts")
CONTENT = (
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
    "is_pinned",
    "permalink",
    "source",
    "removed_at",
)
THREAD = ("reply_count", "latest_reply", "is_locked")
# Of a thread that is to be read whatever Slack says of it, such as one whose parent has gone.
TO_BE_READ = -1


def save_messages(channel: Channel, records: Iterable[MessageRecord], *, of_threads: bool = True) -> Upserted:
    """Save messages as Slack shows them now; `of_threads` also the numbers of the threads they begin."""
    records = list(records)
    live = [record for record in records if not record.is_deleted]
    update = (*CONTENT, *THREAD) if of_threads else CONTENT
    saved = upsert(Message, [_row(channel, record) for record in live], key=KEY, update=update)
    saved += save_tombstones(channel, [record for record in records if record.is_deleted])
    refused = {getattr(each.row, "ts", "") for each in saved.rejected}
    parts = save_parts(channel, [record for record in live if record.ts not in refused])
    return saved + Upserted(rejected=parts)


def save_tombstones(
    channel: Channel, records: Sequence[MessageRecord], *, of_threads: bool = True
) -> Upserted:
    """Deleted parents of threads that live on: what they said stays, their thread's numbers go on.

    Slack shows them for their replies. Where none of those is live here, the thread is to be read again.
    """
    if not records:
        return Upserted()
    stored = Message.objects.filter(channel=channel, ts__in=[record.ts for record in records])
    removed = dict(stored.values_list("ts", "removed_at"))
    rows = [_row(channel, record) for record in records]
    for row in rows:
        row.removed_at = removed.get(row.ts) or timezone.now()
    update = (*THREAD, "removed_at") if of_threads else ("removed_at",)
    saved = upsert(Message, rows, key=KEY, update=update)
    if of_threads:
        replies = Message.objects.filter(
            channel=channel, thread_ts=OuterRef("ts"), removed_at__isnull=True
        ).exclude(ts=F("thread_ts"))
        stored.filter(~Exists(replies), reply_count__gt=0).update(read_reply_count=TO_BE_READ)
    return saved


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
    pks = _pks(channel, by_ts)
    files = [file for record in records for file in record.files]
    saved = _save_reactions(by_ts, pks)
    saved += save_files(channel.workspace, files, replace=not exported)
    saved += _save_links(by_ts, pks)
    saved += save_events(channel, _comings_and_goings(records))
    return tuple(
        Rejected(_row(channel, by_ts[ts]), each.error)
        for each in saved.rejected
        for ts in _having(each.row, by_ts, pks)
    )


def save_events(channel: Channel, records: Iterable[MembershipRecord]) -> Upserted:
    rows = [
        MembershipEvent(
            channel=channel,
            user_id=record.user_id,
            ts=record.ts,
            kind=record.kind,
            by_user_id=record.by_user_id,
            happened_at=record.happened_at,
        )
        for record in records
    ]
    return upsert(MembershipEvent, rows, key=("channel", "user_id", "ts"), update=())


def save_exported(channel: Channel, records: Iterable[MessageRecord]) -> Upserted:
    """Save messages of an export: new ones, and those that were edited after the API showed them."""
    by_ts = {record.ts: record for record in records if not record.is_deleted}
    stored = Message.objects.filter(channel=channel, ts__in=list(by_ts))
    edited = dict(stored.values_list("ts", "edited_at"))
    chosen = [record for record in by_ts.values() if _is_newer(record, edited)]
    rows = [_row(channel, record, source=Message.Source.EXPORT) for record in chosen]
    for row in rows:
        # For when the API shows it.
        row.read_reply_count = TO_BE_READ if row.reply_count else 0
    kept = [name for name in CONTENT if name not in ("source", "removed_at", "is_pinned")]
    saved = upsert(Message, rows, key=KEY, update=kept)
    refused = {getattr(each.row, "ts", "") for each in saved.rejected}
    new = [record for record in chosen if record.ts not in edited and record.ts not in refused]
    return saved + Upserted(rejected=save_parts(channel, new, exported=True))


def tombstone(channel: Channel, ts: Iterable[str]) -> int:
    """Mark messages that Slack no longer has; what they said stays. Returns how many are new to it.

    A parent's thread is to be read once more: when its last reply goes, a deleted parent goes as well.
    """
    gone = Message.objects.filter(channel=channel, ts__in=list(ts), removed_at__isnull=True)
    now = timezone.now()
    gone.filter(reply_count__gt=0).update(read_reply_count=TO_BE_READ)
    return gone.update(removed_at=now, changed_in=Change())


def tombstone_exported(channel: Channel, ts: Iterable[str]) -> int:
    """The same for messages that only an export had, for the archive's absences."""
    rows = Message.objects.filter(channel=channel, ts__in=list(ts), source=Message.Source.EXPORT)
    return tombstone(channel, rows.values_list("ts", flat=True))


def in_history(channel: Channel) -> "QuerySet[Message]":
    """Live messages that conversations.history shows: all but replies, unless they were broadcast."""
    outside = Q(thread_ts__isnull=True) | Q(thread_ts=F("ts")) | Q(is_broadcast=True)
    return Message.objects.filter(outside, channel=channel, removed_at__isnull=True)


def _is_newer(record: MessageRecord, edited: Mapping[str, Any]) -> bool:
    if record.ts not in edited:
        return True
    known = edited[record.ts]
    return record.edited_at is not None and (known is None or record.edited_at > known)


def _row(channel: Channel, record: MessageRecord, source: str = Message.Source.API) -> Message:
    return Message(
        channel=channel,
        ts=record.ts,
        sent_at=record.sent_at,
        thread_ts=record.thread_ts,
        is_broadcast=record.is_broadcast,
        subtype=record.subtype,
        user_id=record.user_id,
        bot_id=record.bot_id,
        app_id=record.app_id,
        author_name=record.author_name,
        text=record.text,
        plain_text=record.plain_text,
        blocks=record.blocks,
        attachments=record.attachments,
        reply_count=record.reply_count,
        latest_reply=record.latest_reply,
        is_locked=record.is_locked,
        edited_at=record.edited_at,
        edited_by=record.edited_by,
        is_pinned=record.is_pinned,
        permalink=permalink(channel, record.ts, record.thread_ts),
        source=source,
    )


def permalink(channel: Channel, ts: str, thread_ts: str | None) -> str:
    """As chat.getPermalink writes them; computed, because asking costs a call each."""
    link = f"{channel.workspace.url}archives/{channel.channel_id}/p{ts.replace('.', '')}"
    if thread_ts is None or thread_ts == ts:
        return link
    return f"{link}?thread_ts={thread_ts}&cid={channel.channel_id}"


def _pks(channel: Channel, ts: Iterable[str]) -> dict[str, int]:
    return dict(Message.objects.filter(channel=channel, ts__in=list(ts)).values_list("ts", "pk"))


def _having(part: Model, records: Mapping[str, MessageRecord], pks: Mapping[str, int]) -> list[str]:
    """The messages that have a part."""
    if isinstance(part, (Reaction, MessageFile)):
        return [ts for ts, pk in pks.items() if pk == part.message.pk]
    if isinstance(part, File):
        return [ts for ts, each in records.items() if part.file_id in {file.file_id for file in each.files}]
    return [getattr(part, "ts", "")]


def _save_reactions(records: Mapping[str, MessageRecord], pks: Mapping[str, int]) -> Upserted:
    wanted = {(pk, each.name): each for ts, pk in pks.items() for each in records[ts].reactions}
    stored = Reaction.objects.filter(message_id__in=list(pks.values()))
    _delete_but(stored.values_list("pk", "message_id", "name"), Reaction, wanted)
    rows = [
        Reaction(message_id=pk, name=name, count=each.count, user_ids=list(each.user_ids))
        for (pk, name), each in wanted.items()
    ]
    return upsert(Reaction, rows, key=("message", "name"))


def _save_links(records: Mapping[str, MessageRecord], pks: Mapping[str, int]) -> Upserted:
    wanted = {
        (pk, each.file_id): position
        for ts, pk in pks.items()
        for position, each in enumerate(records[ts].files)
    }
    stored = MessageFile.objects.filter(message_id__in=list(pks.values()))
    _delete_but(stored.values_list("pk", "message_id", "file_id"), MessageFile, wanted)
    rows = [
        MessageFile(message_id=pk, file_id=file_id, position=position)
        for (pk, file_id), position in wanted.items()
    ]
    return upsert(MessageFile, rows, key=("message", "file_id"))


def _delete_but(
    stored: Iterable[tuple[int, int, str]],
    model: type[Reaction | MessageFile],
    wanted: Container[tuple[int, str]],
) -> None:
    gone = [pk for pk, message_pk, name in stored if (message_pk, name) not in wanted]
    if gone:
        model._default_manager.filter(pk__in=gone).delete()  # noqa: SLF001 - Django documents _default_manager


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
