"""The kinds of items that Discord has, and those of DiscordChatExporter's files.

Servers, roles, channels, users and members belong to a server, messages to a channel. A message is parsed
with the names of those whom it mentions: see `with_names`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from core.kinds import Kind
from core.store import Upserted
from discord_activity_tracker.models import Channel, Member, Message, Role
from discord_activity_tracker.parsing.channels import parse_channel
from discord_activity_tracker.parsing.exported import ExportedFile, head_leaf, parse_exported_file
from discord_activity_tracker.parsing.leaves import (
    channel_leaf,
    member_leaf,
    message_leaf,
    server_leaf,
    user_leaf,
)
from discord_activity_tracker.parsing.messages import parse_message, read_exported
from discord_activity_tracker.parsing.servers import parse_member, parse_role, parse_server, parse_user
from discord_activity_tracker.protocol_impl import (
    ChannelRecord,
    MemberRecord,
    MessageRecord,
    Names,
    RoleRecord,
    ServerRecord,
    UserRecord,
)
from discord_activity_tracker.services import channels, messages, servers

ATTACHMENT = "attachment"  # the content of a file, which is no JSON; in the archive and in quarantine
FILE = "exported file"  # one of DiscordChatExporter, as it is; in the archive

SERVER: Kind[int, ServerRecord] = Kind(
    "server",
    "servers",
    "id",
    parse_server,
    lambda _, records: servers.save_servers(records),
    leaf=server_leaf,
)
ROLE: Kind[int, RoleRecord] = Kind(
    "role",
    "roles",
    "id",
    parse_role,
    servers.save_roles,
    rows=lambda server_id: Role.objects.filter(server=server_id),
)
CHANNEL: Kind[int, ChannelRecord] = Kind(
    "channel",
    "channels",
    "id",
    parse_channel,
    channels.save_channels,
    rows=lambda server_id: Channel.objects.filter(server=server_id),
    bury=channels.bury_channels,
    leaf=channel_leaf,
)
USER: Kind[int, UserRecord] = Kind(
    "user",
    "users",
    "id",
    parse_user,
    lambda _, records: servers.save_users(records),
    leaf=user_leaf,
)
MEMBER: Kind[int, MemberRecord] = Kind(
    "member",
    "members",
    "user_id",
    parse_member,
    servers.save_members,
    rows=lambda server_id: Member.objects.filter(server=server_id),
    bury=servers.mark_left,
    leaf=member_leaf,
    identify=lambda payload: payload["user"]["id"],
)
MESSAGE: Kind[int, MessageRecord] = Kind(
    "message",
    "messages",
    "id",
    parse_message,
    messages.save_messages,
    rows=lambda channel_id: Message.objects.filter(channel=channel_id),
    leaf=message_leaf,
)


def _save_heads(_server_id: int, files: Sequence[ExportedFile]) -> Upserted:
    return sum((channels.save_known_channel(each.server, each.channel) for each in files), Upserted())


HEAD: Kind[int, ExportedFile] = Kind(
    "exported channel",
    "channels",
    "id",
    parse_exported_file,
    _save_heads,
    leaf=head_leaf,
    identify=lambda head: head["channel"]["id"],
)
EXPORTED: Kind[int, MessageRecord] = Kind(
    "exported message",
    "messages",
    "id",
    partial(read_exported, names=Names()),
    messages.save_imported,
    rows=lambda channel_id: Message.objects.filter(channel=channel_id, origin=Message.Origin.EXPORT),
)


def channels_of(server_id: int) -> Kind[int, ChannelRecord]:
    """Return CHANNEL for a server whose roles are stored: they tell what everyone may view."""
    everyone = Role.objects.filter(pk=server_id).values_list("permissions", flat=True)
    permissions: int = everyone.first() or 0
    parse = partial(parse_channel, everyone=server_id, permissions=permissions)
    return replace(CHANNEL, parse=parse)


def with_names(
    kind: Kind[int, MessageRecord], parse: Callable[..., MessageRecord], names: Names
) -> Kind[int, Any]:
    """Return a kind of messages whose mentions read as these names. `parse` takes a payload and `names`."""
    return replace(kind, parse=partial(parse, names=names))
