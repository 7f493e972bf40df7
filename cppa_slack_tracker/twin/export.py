"""Slack's own export of a workspace, as https://slack.com/help/articles/220556107 describes it.

Lists of what there is at the top, a folder for each conversation, a file for each day in it; replies stand in
the file of their own day, and every message says who wrote it. A date means the day in UTC here.
"""

import json
import zipfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from cppa_slack_tracker.twin.channels import Channel, Payload
from cppa_slack_tracker.twin.ids import SECOND, moment_of, ts_text
from cppa_slack_tracker.twin.people import short_profile
from cppa_slack_tracker.twin.posts import Post
from cppa_slack_tracker.twin.workspaces import Workspace

ORIGIN = "https://files.slack.com"
_LISTS = {
    "public_channel": "channels.json",
    "private_channel": "groups.json",
    "im": "dms.json",
    "mpim": "mpims.json",
}


def write(space: Workspace, path: Path) -> None:
    """The zip, written day by day."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, data: Any) -> None:
            archive.writestr(name, json.dumps(data, ensure_ascii=False, indent=4))

        put("users.json", space.listed_users)
        for kind, name in _LISTS.items():
            put(name, [_listed(channel) for channel in _there(space) if channel.kind == kind])
        put("integration_logs.json", [_installed(space)])
        for channel in _there(space):
            for day, messages in _days(space, channel):
                put(f"{folder(channel)}/{day}.json", messages)


def _there(space: Workspace) -> Iterator[Channel]:
    return (channel for channel in space.channels.values() if not channel.is_closed)


def folder(channel: Channel) -> str:
    """Direct messages have no name: their folder has their id."""
    return channel.name or channel.id


def _listed(channel: Channel) -> Payload:
    said: Payload = {"id": channel.id, "created": channel.created, "members": channel.members}
    if channel.kind == "im":
        return said
    who, when = channel.topic_set
    return said | {
        "name": channel.name,
        "creator": channel.creator,
        "is_archived": channel.is_archived,
        "is_general": channel.is_general,
        "pins": [
            {
                "id": ts_text(ts),
                "type": "C",
                "created": pin["created"],
                "user": pin["created_by"],
                "owner": pin["created_by"],
            }
            for ts, pin in channel.pins.items()
        ],
        "topic": {"value": channel.topic, "creator": who, "last_set": when},
        "purpose": {"value": channel.purpose, "creator": channel.creator, "last_set": channel.created},
    }


def _installed(space: Workspace) -> Payload:
    owner = space.people[0]
    return {
        "user_id": owner["id"],
        "user_name": owner["name"],
        "date": str(space.until // SECOND - 86400 * 900),
        "change_type": "added",
        "app_type": "Boost Trackers",
        "app_id": space.app_id,
        "scope": ",".join(sorted(space.scopes)),
    }


def _days(space: Workspace, channel: Channel) -> Iterator[tuple[str, list[Payload]]]:
    posts = (channel.posts[ts] for ts in sorted(channel.posts))
    for day, of_day in groupby(posts, lambda post: f"{moment_of(post.ts):%Y-%m-%d}"):
        yield day, [_exported(space, channel, post) for post in of_day]


def _exported(space: Workspace, channel: Channel, post: Post) -> Payload:
    """As the API shows it, and with who wrote it and, below a parent, which replies there are."""
    message = space.payload(channel, post, ORIGIN)
    author = space.user(message.get("user") or "")
    if author is not None and author in (*space.people, space.stranger):
        message |= {
            "user_team": author["team_id"],
            "source_team": author["team_id"],
            "user_profile": short_profile(author),
        }
    if "reply_count" in message:
        replies = channel.replies(post.ts)
        message["replies"] = [
            {"user": space.payload(channel, reply, ORIGIN).get("user"), "ts": ts_text(reply.ts)}
            for reply in replies
        ]
    for file in message.get("files", ()):
        if file.get("url_private", "").startswith(ORIGIN):
            # The links of an export carry a token of their own.
            file["url_private"] += "?t=xoxe-1-twin"
            file["url_private_download"] += "?t=xoxe-1-twin"
    return message
