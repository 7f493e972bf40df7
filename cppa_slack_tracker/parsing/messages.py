"""Messages. https://docs.slack.dev/reference/events/message"""

from collections.abc import Mapping
from typing import Any

from core.storable import storable_json, storable_text
from cppa_slack_tracker.parsing.blocks import whole_text
from cppa_slack_tracker.parsing.fields import Fields, moment
from cppa_slack_tracker.parsing.files import parse_file
from cppa_slack_tracker.parsing.leaves import without_secrets
from cppa_slack_tracker.protocol_impl import (
    Decision,
    FileRecord,
    MessageRecord,
    ReactionRecord,
    decision_of,
    subtypes_of,
)


def ts_of_message(payload: Mapping[str, Any]) -> str:
    """Give the ts that names a message. Raises InvalidInput for one that has none."""
    return Fields(payload).ts("ts")


def is_tombstone(payload: Mapping[str, Any]) -> bool:
    """Tell whether Slack shows only that there was a message, because its thread lives on."""
    return payload.get("subtype") in subtypes_of(Decision.DELETED)


def parse_message(payload: Mapping[str, Any]) -> MessageRecord:
    """Parse a message of history, replies or an export. Raises InvalidInput naming what is wrong with it."""
    fields = Fields(without_secrets(payload))
    ts, subtype = fields.ts("ts"), fields.text("subtype")
    edited = fields.inner("edited")
    reply_count = fields.number("reply_count") or 0
    blocks, attachments = fields.values("blocks") or None, fields.values("attachments") or None
    text, bot_id = fields.text("text"), fields.optional_text("bot_id")
    return MessageRecord(
        ts=ts,
        sent_at=moment(ts),
        thread_ts=fields.optional_ts("thread_ts"),
        subtype=subtype,
        user_id=_author(fields),
        bot_id=bot_id,
        app_id=fields.optional_text("app_id"),
        author_name=_author_name(fields),
        text=text,
        plain_text=storable_text(
            whole_text(text, blocks, attachments, by_app=bot_id is not None, more=_more(fields))
        ),
        has_null_text="text" in fields.payload and fields.payload["text"] is None,
        blocks=storable_json(blocks),
        attachments=storable_json(attachments),
        reply_count=reply_count,
        latest_reply=(fields.optional_ts("latest_reply") or "") if reply_count else "",
        is_locked=fields.flag("is_locked"),
        edited_at=edited and edited.time("ts"),
        edited_by=edited and edited.optional_text("user"),
        is_pinned=bool(fields.values("pinned_to")),
        is_deleted=decision_of(subtype) is Decision.DELETED,
        inviter=fields.optional_text("inviter"),
        reactions=_reactions(fields),
        files=_files(fields),
    )


def _author(fields: Fields) -> str | None:
    """`user`; where a file's comment is by somebody else, that one."""
    comment = fields.inner("comment")
    return fields.optional_text("user") or (comment and comment.optional_text("user"))


def _author_name(fields: Fields) -> str | None:
    """The name that an app goes by; people's are those of their profile."""
    profile = fields.inner("bot_profile")
    return fields.optional_text("username") or (profile and profile.optional_text("name"))


def _more(fields: Fields) -> tuple[str, ...]:
    """Give what some subtypes say outside of their text."""
    comment = fields.inner("comment")
    return (comment.text("comment"),) if comment else ()


def _reactions(fields: Fields) -> tuple[ReactionRecord, ...]:
    """By name; one that nobody has any more is none."""
    found: dict[str, ReactionRecord] = {}
    for each in fields.objects("reactions"):
        name, user_ids = each.filled("name"), each.texts("users")
        count = each.number("count")
        if count or user_ids:
            found[name] = ReactionRecord(name, len(user_ids) if count is None else count, user_ids)
    return tuple(found[name] for name in sorted(found))


def _files(fields: Fields) -> tuple[FileRecord, ...]:
    """`files`, or the single `file` of old messages; each once."""
    found = [parse_file(each.payload, "files") for each in fields.objects("files")]
    old = fields.inner("file")
    if old is not None:
        found.append(parse_file(old.payload, "file"))
    return tuple({record.file_id: record for record in found}.values())
