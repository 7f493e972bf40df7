"""Messages, their reactions and attachments."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.functions import Now

from core.changes import Change
from core.store import Upserted, upsert
from discord_activity_tracker.models import Attachment, Message, Reaction
from discord_activity_tracker.protocol_impl import AttachmentRecord, MessageRecord, ReactionRecord

_CHILDREN = {"reactions", "attachments"}
MESSAGE_FIELDS = tuple(field.name for field in fields(MessageRecord) if field.name not in _CHILDREN)
REACTION_FIELDS = tuple(field.name for field in fields(ReactionRecord))
ATTACHMENT_FIELDS = tuple(field.name for field in fields(AttachmentRecord))
_LISTS = {"mentioned_user_ids", "mentioned_role_ids", "snapshots", "embeds", "stickers", "components"}


def save_messages(channel_id: int, records: Sequence[MessageRecord], *, overwrite: bool = True) -> Upserted:
    """Save messages as Discord has them; one that was gone and is there again is no longer gone.

    Without `overwrite` only those that nothing is stored of.
    """
    if not overwrite:
        stored = Message.objects.filter(pk__in=[record.id for record in records])
        known = set(stored.values_list("pk", flat=True))
        records = [record for record in records if record.id not in known]
    rows = [_row(channel_id, record, Message.Origin.API) for record in records]
    saved = upsert(Message, rows, key=("id",))
    refused = {rejected.row.pk for rejected in saved.rejected}
    kept = [record for record in records if record.id not in refused]
    changed = _save_children(
        Reaction,
        "emoji",
        REACTION_FIELDS,
        {record.id: record.reactions for record in kept},
    ) | _save_children(
        Attachment,
        "attachment_id",
        ATTACHMENT_FIELDS,
        {record.id: record.attachments for record in kept},
    )
    # What was written in this transaction is marked already.
    unmarked = Message.objects.filter(pk__in=changed).exclude(changed_in=Change())
    if changed and (marked := unmarked.update(changed_in=Change())):
        return Upserted(saved.created, saved.updated + marked, saved.unchanged - marked, saved.rejected)
    return saved


def save_imported(channel_id: int, records: Sequence[MessageRecord]) -> Upserted:
    """Save messages of a file; what Discord itself has said of one stays."""
    stored = Message.objects.filter(pk__in=[record.id for record in records]).exclude(
        origin=Message.Origin.EXPORT, removed_at__isnull=True
    )
    told = set(stored.values_list("pk", flat=True))
    wanted = [record for record in records if record.id not in told]
    rows = [_row(channel_id, record, Message.Origin.EXPORT) for record in wanted]
    saved = upsert(Message, rows, key=("id",))
    refused = {rejected.row.pk for rejected in saved.rejected}
    kept = [record for record in wanted if record.id not in refused]
    _save_children(Reaction, "emoji", REACTION_FIELDS, {each.id: each.reactions for each in kept})
    _save_children(
        Attachment, "attachment_id", ATTACHMENT_FIELDS, {each.id: each.attachments for each in kept}
    )
    return saved


def save_content_hash(attachment: int, sha256: str) -> int:
    """Note that a file's content is archived, and under which hash (hex)."""
    return Attachment.objects.filter(pk=attachment, sha256__isnull=True).update(sha256=sha256)


def restore_content_hashes(collector: str, kind: str, server_id: int) -> int:
    """The same for all files of a server whose content a collector's archive has."""
    with connection.cursor() as cursor:
        cursor.execute(_RESTORE_HASHES, [collector, kind, f"{server_id}/%"])
        return cursor.rowcount


_RESTORE_HASHES = """
    UPDATE discord_activity_tracker_attachment AS attachment
    SET sha256 = encode(version.content_hash, 'hex')
    FROM core_archiveversion AS version
    WHERE version.source = %s AND version.kind = %s AND version.scope LIKE %s
      AND version.external_id = attachment.message_id || '/' || attachment.attachment_id
      AND attachment.sha256 IS DISTINCT FROM encode(version.content_hash, 'hex')
"""


def absent_messages(channel_id: int, start: int, end: int | None, present: Iterable[int]) -> list[int]:
    """Ids from `start` to before `end` (None: all) that are stored as there, and not among these."""
    stored = _live(channel_id, start, end).values_list("pk", flat=True)
    there = set(present)
    return [pk for pk in stored.order_by("pk").iterator() if pk not in there]


def count_messages(channel_id: int) -> int:
    """How many a channel has that are stored as there."""
    return _live(channel_id, 0, None).count()


def tombstone_messages(ids: Sequence[int]) -> int:
    """Mark messages that Discord no longer has; their content stays. How many were not marked before."""
    gone = Message.objects.filter(pk__in=ids, removed_at__isnull=True)
    return gone.update(removed_at=Now(), changed_in=Change()) if ids else 0


def _live(channel_id: int, start: int, end: int | None) -> "QuerySet[Message]":
    stored = Message.objects.filter(channel=channel_id, pk__gte=start, removed_at__isnull=True)
    return stored if end is None else stored.filter(pk__lt=end)


def _row(channel_id: int, record: MessageRecord, origin: str) -> Message:
    told: dict[str, Any] = {name: getattr(record, name) for name in MESSAGE_FIELDS}
    for name in _LISTS:
        told[name] = list(told[name])
    return Message(**told, channel_id=channel_id, origin=origin)


def _save_children(
    model: type[Model],
    key: str,
    names: Sequence[str],
    by_message: dict[int, tuple[ReactionRecord, ...]] | dict[int, tuple[AttachmentRecord, ...]],
) -> set[int]:
    """Bring what hangs on these messages in step; returns the messages of which something differed."""
    stored: dict[tuple[int, Any], tuple[Any, ...]] = {}
    rows = model._default_manager.filter(message__in=list(by_message))  # noqa: SLF001 - Django documents it
    for pk, message_id, *values in rows.values_list("pk", "message_id", *names):
        stored[message_id, values[names.index(key)]] = (pk, *values)
    wanted = {
        (message_id, getattr(record, key)): tuple(getattr(record, name) for name in names)
        for message_id, records in by_message.items()
        for record in records
    }
    gone = {place: stored[place][0] for place in stored.keys() - wanted.keys()}
    new = {place: values for place, values in wanted.items() if stored.get(place, (None,))[1:] != values}
    if gone:
        model._default_manager.filter(pk__in=list(gone.values())).delete()  # noqa: SLF001 - as above
    upsert(
        model, list(_built(model, names, new)), key=("message", key), update=[n for n in names if n != key]
    )
    return {message_id for message_id, _ in (*gone, *new)}


def _built(
    model: type[Model], names: Sequence[str], wanted: dict[tuple[int, Any], tuple[Any, ...]]
) -> Iterator[Model]:
    for (message_id, _), values in wanted.items():
        yield model(message_id=message_id, **dict(zip(names, values, strict=True)))
