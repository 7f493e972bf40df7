"""The plan that `--dry-run` shows of a workspace: its channels are listed, the rest is reckoned."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from math import ceil
from typing import Any

from core import checkpoints
from core.collectors import PlannedRequests
from core.errors import InvalidInput
from core.operations.slack_ops import SlackClient
from cppa_slack_tracker.conf import SlackTrackerSettings
from cppa_slack_tracker.models import Channel, Message
from cppa_slack_tracker.protocol_impl import ChannelRecord
from cppa_slack_tracker.services.threads import with_news
from cppa_slack_tracker.sync.history import STREAM
from cppa_slack_tracker.sync.kinds import CHANNEL
from cppa_slack_tracker.sync.options import SlackOptions

COLLECTOR = "cppa_slack"


def plan_team(
    client: SlackClient, options: SlackOptions, settings: SlackTrackerSettings, team_id: str
) -> list[PlannedRequests]:
    """Read the list of channels, and write nothing. How much a channel holds, Slack does not say."""
    try:
        replies = list(client.channels(settings.channel_types))
    finally:
        client.close()
    found = list(_understood(item for listed in replies for item in listed.items))
    if unknown := sorted(set(options.channels) - {record.channel_id for record in found}):
        raise InvalidInput(
            f"--channel-id {unknown[0]}: {team_id} shows no such channel", remedy="check the id"
        )
    chosen = [record for record in found if not options.channels or record.channel_id in options.channels]
    readable = [
        record for record in chosen if record.is_member or record.is_archived or record.kind != "public"
    ]
    states = checkpoints.load_all(COLLECTOR)
    known = [r for r in readable if (f"{team_id}/{r.channel_id}", STREAM) in states]
    lines = [PlannedRequests(team_id, f"list {len(found):,} channels and all people", len(replies) + 2)]
    if options.messages:
        threads = _threads(team_id, settings)
        new = len(readable) - len(known)
        lines.append(PlannedRequests(team_id, f"read {len(known):,} channels for news", len(known)))
        lines.append(PlannedRequests(team_id, f"begin with {new:,} channels, as long as each is", new))
        lines.append(PlannedRequests(team_id, f"read {threads:,} threads, those due included", threads))
    if options.members:
        lines.append(PlannedRequests(team_id, "list members of channels", len(readable)))
    skipped = len(chosen) - len(readable)
    if skipped and not options.join:
        lines.append(PlannedRequests(team_id, f"{skipped:,} channels the bot is not in: not read", 0))
    return lines


def _understood(items: Iterable[Mapping[str, Any]]) -> Iterator[ChannelRecord]:
    """Give the channels that can be understood; a run sets the others aside."""
    for item in items:
        with suppress(InvalidInput):
            yield CHANNEL.understand(item)[0]


def _threads(team_id: str, settings: SlackTrackerSettings) -> int:
    news = sum(with_news(channel).count() for channel in Channel.objects.filter(workspace__team_id=team_id))
    parents = Message.objects.live().filter(channel__workspace__team_id=team_id, reply_count__gt=0)
    return news + ceil(parents.count() / max(1, settings.slack_sweep_days))
