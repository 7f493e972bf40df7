"""Loading the archive again, without the network: the same rows, deletions included.

An item that cannot be parsed goes to quarantine alone. Where a workspace or a channel is such an item, a row
of its id takes its place until the next run with the network: what belongs to it needs one.
"""

from dataclasses import replace
from functools import partial

from core import archive
from core.collectors import AbstractCollector, Scope, replay
from core.errors import InvalidInput
from cppa_slack_tracker.models import Channel, Workspace
from cppa_slack_tracker.services.directory import save_workspaces
from cppa_slack_tracker.services.messages import save_messages, save_tombstones
from cppa_slack_tracker.services.threads import mark_complete_threads
from cppa_slack_tracker.sync.kinds import (
    BOOKMARK,
    CHANNEL,
    CONTENT,
    EXPORTED,
    EXPORTED_CHANNEL,
    EXPORTED_USER,
    FILE,
    MEMBER,
    MEMBERSHIP,
    MESSAGE,
    PIN,
    THREAD,
    TOMBSTONE,
    USER,
    WORKSPACE,
)
from cppa_slack_tracker.sync.opening import named_by_id
from cppa_slack_tracker.sync.options import SlackOptions
from cppa_slack_tracker.sync.session import scope_of

CONTENTS = 4  # files in memory at once

# The archive has the numbers of threads apart from the messages that begin them.
MESSAGES = (
    replace(MESSAGE, save=partial(save_messages, of_threads=False)),
    replace(TOMBSTONE, save=partial(save_tombstones, of_threads=False)),
    THREAD,
    EXPORTED,
)


def replay_team(collector: AbstractCollector, options: SlackOptions, team_id: str) -> set[str]:
    """Load a workspace and its channels; return the ids of the channels that there are."""
    scope = Scope(collector, team_id)
    parts = [each.partition("/") for each in archive.scopes(collector.name, team_id)]
    archived = {channel_id for team, _, channel_id in parts if team == team_id}
    if not archived:
        raise InvalidInput(f"the archive has nothing of workspace {team_id}", remedy="collect it first")
    replay(scope, None, [WORKSPACE])
    row = _workspace(scope)
    if options.users:
        replay(scope, row, [USER, EXPORTED_USER])
    replay(scope, row, [CHANNEL, EXPORTED_CHANNEL])
    _add_channels(scope, row, archived - {""})
    rows = Channel.objects.filter(workspace=row).select_related("workspace")
    channels = {channel.channel_id: channel for channel in rows}
    for channel_id, channel in sorted(channels.items()):
        if not options.channels or channel_id in options.channels:
            of_channel = scope_of(collector, channel)
            collector.attempt(of_channel.name, _replay_channel, of_channel, options, channel)
    if options.messages:
        replay(scope, row, [FILE])
        replay(scope, row, [CONTENT], page_items=CONTENTS)
    return set(channels)


def _workspace(scope: Scope) -> Workspace:
    row = Workspace.objects.filter(team_id=scope.name).first()
    if row is None:
        with scope.page():
            save_workspaces(None, [WORKSPACE.parse(named_by_id(scope.name))])
    return row or Workspace.objects.get(team_id=scope.name)


def _add_channels(scope: Scope, row: Workspace, archived: set[str]) -> None:
    """Make a row for each channel that has none; who may see it is not known, so it is a private one."""
    known = Channel.objects.filter(workspace=row).values_list("channel_id", flat=True)
    bare = [{"id": channel_id, "is_private": True} for channel_id in sorted(archived.difference(known))]
    with scope.page():
        EXPORTED_CHANNEL.save(row, [EXPORTED_CHANNEL.parse(each) for each in bare])


def _replay_channel(scope: Scope, options: SlackOptions, channel: Channel) -> None:
    """Load one channel: messages first, then what changes them."""
    if options.messages:
        replay(scope, channel, MESSAGES)
        with scope.page():
            mark_complete_threads(channel)
    if options.members:
        replay(scope, channel, [MEMBER, MEMBERSHIP])
    if options.headers:
        replay(scope, channel, [PIN, BOOKMARK])
