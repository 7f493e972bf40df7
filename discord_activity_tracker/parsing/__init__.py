"""Raw payloads of Discord's API, and of DiscordChatExporter's files, to records. Pure functions."""

from discord_activity_tracker.parsing.channels import THREADS, parse_channel
from discord_activity_tracker.parsing.export_reader import ExportReader
from discord_activity_tracker.parsing.exported import ExportedFile, head_leaf, parse_exported_file
from discord_activity_tracker.parsing.fields import Fields, first_id_at, time_of
from discord_activity_tracker.parsing.leaves import (
    channel_leaf,
    member_leaf,
    message_leaf,
    server_leaf,
    user_leaf,
)
from discord_activity_tracker.parsing.messages import parse_message, read_exported, read_message
from discord_activity_tracker.parsing.servers import (
    parse_member,
    parse_role,
    parse_server,
    parse_user,
    user_payloads,
)

__all__ = [
    "THREADS",
    "ExportReader",
    "ExportedFile",
    "Fields",
    "channel_leaf",
    "first_id_at",
    "head_leaf",
    "member_leaf",
    "message_leaf",
    "parse_channel",
    "parse_exported_file",
    "parse_member",
    "parse_message",
    "parse_role",
    "parse_server",
    "parse_user",
    "read_exported",
    "read_message",
    "server_leaf",
    "time_of",
    "user_leaf",
    "user_payloads",
]
