"""Files. https://docs.slack.dev/reference/objects/file-object"""

from collections.abc import Mapping
from typing import Any

from cppa_slack_tracker.parsing.fields import Fields
from cppa_slack_tracker.protocol_impl import FileRecord

# Modes of a file that is only mentioned: deleted, or older than the plan shows.
DELETED = "tombstone"
HIDDEN = "hidden_by_limit"
# Values of file_access for a file whose details are not in the message; its mode is then NO_DETAILS.
NO_DETAILS = "file_access"
ASK = "check_file_info"
DENIED = "access_denied"


def parse_file(payload: Mapping[str, Any], path: str = "") -> FileRecord:
    """A file of files.info, or of a message at `path`. Raises InvalidInput naming what is wrong with it."""
    fields = Fields(payload, path)
    mode, access = fields.text("mode"), fields.text("file_access")
    return FileRecord(
        file_id=fields.filled("id"),
        mode=ASK if access == ASK else mode or access,
        is_known=mode not in (DELETED, HIDDEN) and access not in (ASK, DENIED),
        is_deleted=mode == DELETED,
        name=fields.text("name"),
        title=fields.text("title"),
        mime_type=fields.text("mimetype"),
        file_type=fields.text("filetype"),
        size=fields.number("size"),
        user_id=fields.optional_text("user"),
        created_at=fields.time("created"),
        url_private=fields.optional_text("url_private"),
        permalink=fields.optional_text("permalink"),
        is_external=fields.flag("is_external"),
    )


def payload_of(record: FileRecord) -> dict[str, Any]:
    """Give what is stored of a file, in Slack's names; all of it is archived with its message."""
    return {
        "id": record.file_id,
        "mode": record.mode,
        "name": record.name,
        "title": record.title,
        "mimetype": record.mime_type,
        "filetype": record.file_type,
        "size": record.size,
        "user": record.user_id,
        "created": record.created_at and int(record.created_at.timestamp()),
        "url_private": record.url_private,
        "permalink": record.permalink,
        "is_external": record.is_external,
    }
