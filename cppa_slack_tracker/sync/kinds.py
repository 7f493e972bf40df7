"""The kinds of items that a workspace has: how each is named, parsed, archived, saved and buried.

Of a workspace: itself, people, channels, files. Of a channel: messages, members, pins, bookmarks. What an
export shows is a kind of its own, because it never takes the place of what the API has shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from core.kinds import Kind
from core.store import Upserted
from cppa_slack_tracker.models import Bookmark, Channel, ChannelMember, File, Message, Pin, User, Workspace
from cppa_slack_tracker.parsing.directory import (
    parse_bookmark,
    parse_channel,
    parse_member,
    parse_membership,
    parse_pin,
    parse_user,
    parse_workspace,
    pinned_id,
)
from cppa_slack_tracker.parsing.files import DELETED, parse_file
from cppa_slack_tracker.parsing.leaves import (
    channel_leaf,
    exported_leaf,
    message_leaf,
    pin_leaf,
    thread_leaf,
    user_leaf,
    without_secrets,
)
from cppa_slack_tracker.parsing.messages import parse_message, ts_of_message
from cppa_slack_tracker.protocol_impl import (
    BookmarkRecord,
    ChannelRecord,
    FileRecord,
    MembershipRecord,
    MessageRecord,
    PinRecord,
    UserRecord,
    WorkspaceRecord,
)
from cppa_slack_tracker.services.directory import (
    save_bookmarks,
    save_channels,
    save_pins,
    save_users,
    save_workspaces,
)
from cppa_slack_tracker.services.files import save_contents, save_files
from cppa_slack_tracker.services.membership import save_events, save_members
from cppa_slack_tracker.services.messages import (
    bury_exported,
    bury_messages,
    exported,
    save_exported,
    save_messages,
    save_tombstones,
)
from cppa_slack_tracker.services.threads import save_thread_numbers

WORKSPACE: Kind[None, WorkspaceRecord] = Kind(
    name="workspace",
    noun="workspaces",
    key="team_id",
    parse=parse_workspace,
    save=save_workspaces,
    leaf=without_secrets,
)
USER: Kind[Workspace, UserRecord] = Kind(
    name="user",
    noun="users",
    key="user_id",
    parse=parse_user,
    save=save_users,
    # Those that the workspace's own list should have.
    rows=lambda row: User.objects.filter(workspace=row, is_stranger=False, is_listed=True),
    leaf=user_leaf,
)
CHANNEL: Kind[Workspace, ChannelRecord] = Kind(
    name="channel",
    noun="channels",
    key="channel_id",
    parse=parse_channel,
    save=save_channels,
    rows=lambda row: Channel.objects.filter(workspace=row, is_listed=True),
    leaf=channel_leaf,
)
EXPORTED_USER = replace(USER, name="exported user", save=partial(save_users, replace=False), rows=None)
EXPORTED_CHANNEL = replace(
    CHANNEL,
    name="exported channel",
    save=partial(save_channels, replace=False),
    rows=None,
    leaf=without_secrets,
)
FILE: Kind[Workspace, FileRecord] = Kind(
    name="file",
    noun="files",
    key="file_id",
    parse=parse_file,
    save=save_files,
    # Of one that was only ever mentioned as deleted there is something to save yet.
    rows=lambda row: File.objects.filter(workspace=row).exclude(mode=DELETED),
    leaf=without_secrets,
)


def _content_of(file_id: str, content: bytes) -> tuple[str, bytes]:
    return file_id, content


# A payload is a pair: the file's id, and what is in it.
CONTENT: Kind[Workspace, tuple[str, bytes]] = Kind(
    name="file content",
    noun="file_contents",
    key="file_id",
    parse=tuple,
    save=save_contents,
    identify=lambda pair: pair[0],
    leaf=lambda pair: pair[1],
    read=bytes,
    named=_content_of,
)
MESSAGE: Kind[Channel, MessageRecord] = Kind(
    name="message",
    noun="messages",
    key="ts",
    parse=parse_message,
    save=save_messages,
    rows=lambda channel: Message.objects.filter(channel=channel),
    bury=bury_messages,
    leaf=message_leaf,
    identify=ts_of_message,
)
# A deleted parent whose replies live on.
TOMBSTONE = replace(MESSAGE, name="tombstone", save=save_tombstones)
EXPORTED = replace(
    MESSAGE,
    name="exported message",
    save=save_exported,
    rows=exported,
    bury=bury_exported,
    leaf=exported_leaf,
)


def _with_ts(ts: str, numbers: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**numbers, "ts": ts}


# The numbers of a thread: a message that is nothing else. They come with the message that begins the thread.
THREAD = replace(
    MESSAGE, name="thread", noun="threads", save=save_thread_numbers, leaf=thread_leaf, named=_with_ts
)
MEMBER: Kind[Channel, str] = Kind(
    name="member",
    noun="members",
    key="user_id",
    parse=parse_member,
    save=save_members,
    rows=lambda channel: ChannelMember.objects.filter(channel=channel),
)
# A coming or going that only two lists tell.
MEMBERSHIP: Kind[Channel, MembershipRecord] = Kind(
    name="membership",
    noun="membership_events",
    key="item_id",
    parse=parse_membership,
    save=save_events,
    identify=lambda payload: f"{payload['user']} {payload['ts']}",
)
PIN: Kind[Channel, PinRecord] = Kind(
    name="pin",
    noun="pins",
    key="item_id",
    parse=parse_pin,
    save=save_pins,
    rows=lambda channel: Pin.objects.filter(channel=channel),
    leaf=pin_leaf,
    identify=pinned_id,
)
BOOKMARK: Kind[Channel, BookmarkRecord] = Kind(
    name="bookmark",
    noun="bookmarks",
    key="bookmark_id",
    parse=parse_bookmark,
    save=save_bookmarks,
    rows=lambda channel: Bookmark.objects.filter(channel=channel),
    leaf=without_secrets,
)


def _without_table(_: None, lists: Sequence[Any]) -> Upserted:
    return Upserted(unchanged=len(lists))


# What else an export holds, such as integration_logs.json: lists of objects, a thousand at a time.
EXPORTED_FILE: Kind[None, Any] = Kind(
    name="file of an export",
    noun="exported_files",
    key="id",
    parse=dict,
    save=_without_table,
    leaf=lambda payload: without_secrets({"content": payload["content"]}),
)
