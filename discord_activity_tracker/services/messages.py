"""Messages, their reactions and attachments."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from django.db.models import Model

from core.changes import Change
from core.store import Upserted, upsert
from discord_activity_tracker.models import Attachment, Message, Reaction
from discord_activity_tracker.protocol_impl import AttachmentRecord, MessageRecord, ReactionRecord
from discord_activity_tracker.services.servers import save_users

_NO_COLUMNS = {"reactions", "attachments", "people"}
MESSAGE_FIELDS = tuple(field.name for field in fields(MessageRecord) if field.name not in _NO_COLUMNS)
REACTION_FIELDS = tuple(field.name for field in fields(ReactionRecord))
ATTACHMENT_FIELDS = tuple(field.name for field in fields(AttachmentRecord))
_LISTS = {"mentioned_user_ids", "mentioned_role_ids", "snapshots", "embeds", "stickers", "components"}


def save_messages(channel_id: int, records: Sequence[MessageRecord]) -> Upserted:
    """Save messages as Discord has them; one that was gone and is there again is no longer gone."""
    return _save(channel_id, records, Message.Origin.API)


def save_imported(channel_id: int, records: Sequence[MessageRecord]) -> Upserted:
    """Save messages of a file, and the people in them; what Discord itself has said of one stays."""
    save_users({user.id: user for each in records for user in each.people}.values(), overwrite=False)
    stored = Message.objects.filter(pk__in=[record.id for record in records])
    of_files = Message.objects.filter(origin=Message.Origin.EXPORT).live()
    told = set(stored.exclude(pk__in=of_files.values("pk")).values_list("pk", flat=True))
    return _save(channel_id, [each for each in records if each.id not in told], Message.Origin.EXPORT)


def _save(channel_id: int, records: Sequence[MessageRecord], origin: Message.Origin) -> Upserted:
    saved = upsert(Message, [_row(channel_id, record, origin) for record in records], key=("id",))
    refused = {rejected.row.pk for rejected in saved.rejected}
    kept = [record for record in records if record.id not in refused]
    changed = _save_children(
        Reaction, "emoji", REACTION_FIELDS, {each.id: each.reactions for each in kept}
    ) | _save_children(
        Attachment, "attachment_id", ATTACHMENT_FIELDS, {each.id: each.attachments for each in kept}
    )
    # What was written in this transaction is marked already.
    unmarked = Message.objects.filter(pk__in=changed).exclude(changed_in=Change())
    marked = unmarked.update(changed_in=Change()) if changed else 0
    return saved + Upserted(updated=marked, unchanged=-marked)


def save_content_hashes(hashes: Mapping[str, str]) -> int:
    """Note of files (message/attachment) under which SHA-256 (hex) their content is archived.

    Returns of how many that is new.
    """
    number = 0
    for name, sha256 in hashes.items():
        message, _, attachment = name.partition("/")
        files = Attachment.objects.filter(message=message, attachment_id=attachment)
        number += files.exclude(sha256=sha256).update(sha256=sha256)
    return number


def _row(channel_id: int, record: MessageRecord, origin: str) -> Message:
    told: dict[str, Any] = {name: getattr(record, name) for name in MESSAGE_FIELDS}
    for name in _LISTS:
        told[name] = list(told[name])
    return Message(**told, channel_id=channel_id, origin=origin)


def _save_children(
    model: type[Model],
    key: str,
    names: Sequence[str],
    by_message: Mapping[int, Sequence[ReactionRecord] | Sequence[AttachmentRecord]],
) -> set[int]:
    """Bring what hangs on these messages in step; return the messages of which something differed."""
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
    changed = [model(message_id=each, **dict(zip(names, new[each, at], strict=True))) for each, at in new]
    upsert(model, changed, key=("message", key), update=[name for name in names if name != key])
    return {message_id for message_id, _ in (*gone, *new)}
