"""Loading the archive of a server again, without the network.

An item that cannot be parsed goes to quarantine alone. Where a server or a channel is such an item, a row
of its id takes its place until the next run with the network, a channel's as a private one: what belongs to
it is found through it. Without the role @everyone no channel counts as public.
"""

from core import archive
from core.collectors import AbstractCollector, replay
from discord_activity_tracker.models import Channel
from discord_activity_tracker.parsing.fields import time_of
from discord_activity_tracker.parsing.messages import parse_message, read_exported
from discord_activity_tracker.services.channels import save_unknown
from discord_activity_tracker.services.messages import save_content_hashes
from discord_activity_tracker.sync.kinds import (
    ATTACHMENT,
    EXPORTED,
    HEAD,
    MEMBER,
    MESSAGE,
    ROLE,
    SERVER,
    USER,
    channels_of,
    with_names,
)
from discord_activity_tracker.sync.session import ServerSession


def archived_servers(collector: AbstractCollector) -> list[int]:
    """Return the servers of which something is archived."""
    return sorted({int(scope.partition("/")[0]) for scope in archive.scopes(collector.name)})


def replay_server(session: ServerSession) -> None:
    """Load one server, in the order in which one thing needs another."""
    _save_unknown(session)
    server_id = session.server_id
    replay(session.scope, server_id, [SERVER, ROLE])
    replay(session.scope, server_id, [channels_of(server_id), USER, MEMBER])
    session.load_names(accounts=True)
    for channel_id in _channels(session):
        session.collector.attempt(session.scope_of(channel_id).name, _replay_channel, session, channel_id)


def replay_files(session: ServerSession) -> None:
    """Load what files of DiscordChatExporter have told of a server."""
    channels = _channels(session)
    for channel_id in channels:
        replay(session.scope_of(channel_id), session.server_id, [HEAD])
    _save_unknown(session)
    session.load_names(accounts=True)
    for channel_id in channels:
        session.collector.attempt(session.scope_of(channel_id).name, _replay_file, session, channel_id)


def _replay_channel(session: ServerSession, channel_id: int) -> None:
    """Load a channel's messages, which are gone if it is, and what is known of their files."""
    scope = session.scope_of(channel_id)
    is_gone = Channel.objects.filter(pk=channel_id).removed().exists()
    kind = with_names(MESSAGE, parse_message, session.names)
    replay(scope, channel_id, [kind], gone=lambda item: item.absent or is_gone)
    if hashes := archive.hashes(session.collector.name, scope.name, ATTACHMENT):
        with scope.page() as page:
            page.count("files_restored", save_content_hashes(hashes))


def _replay_file(session: ServerSession, channel_id: int) -> None:
    """Load messages of files; those are gone that Discord, when it was asked, no longer had."""
    scope = session.scope_of(channel_id)
    is_gone = Channel.objects.filter(pk=channel_id).removed().exists()
    absences = archive.absences(scope.name, MESSAGE.name)
    kind = with_names(EXPORTED, read_exported, session.names)
    replay(scope, channel_id, [kind], gone=lambda item: item.external_id in absences or is_gone)


def _channels(session: ServerSession) -> list[int]:
    """Return the channels of which something is archived."""
    scopes = archive.scopes(session.collector.name, f"{session.scope.name}/")
    return [int(scope.partition("/")[2]) for scope in scopes]


def _save_unknown(session: ServerSession) -> None:
    with session.scope.page():
        save_unknown(session.server_id, {each: time_of(each) for each in _channels(session)})
