"""What `--dry-run` shows of a server: its lists tell what is new, and nothing is stored."""

from core import checkpoints
from core.collectors import AbstractCollector, PlannedRequests
from core.intervals import Intervals
from discord_activity_tracker.client import DiscordClient, Payload, id_of
from discord_activity_tracker.models import Message
from discord_activity_tracker.parsing import channel_counters
from discord_activity_tracker.sync.walk import STREAM

THREADED = frozenset({0, 5, 15, 16})  # types of channels that have archived threads
READ = frozenset({0, 2, 5, 10, 11, 12, 13})  # and that have messages


def plan_server(
    collector: AbstractCollector, client: DiscordClient, server_id: int, page_size: int
) -> list[PlannedRequests]:
    """Three requests, as every run begins. How many messages a channel has, Discord does not tell."""
    server = client.server(server_id)
    channels = [*client.channels(server_id), *client.active_threads(server_id)]
    states = {} if collector.options.full else checkpoints.load_all(collector.name)
    name = str(server.get("name"))
    with_news: list[Payload] = []
    for payload in channels:
        channel_id, (newest, _) = id_of(payload), channel_counters(payload)
        if payload.get("type") not in READ or newest is None:
            continue
        state = states.get((f"{server_id}/{channel_id}", STREAM))
        covered = Intervals.from_json(state.extras.get("covered", [])) if state else Intervals()
        if covered.end <= newest:
            with_news.append(payload)
    unread = [each for each in with_news if not Message.objects.filter(channel=id_of(each)).exists()]
    threaded = sum(payload.get("type") in THREADED for payload in channels)
    members = server.get("approximate_member_count")
    pages = -(-members // 1000) if isinstance(members, int) else 1
    return [
        PlannedRequests(name, f"list the archived threads of {threaded} channels", threaded),
        PlannedRequests(name, f"list {members or 'all'} members, unless that was done today", pages),
        PlannedRequests(
            name,
            f"read {len(with_news)} channels and active threads with news, {len(unread)} of them from the"
            f" beginning, {page_size} messages a request: at least",
            len(with_news),
        ),
    ]
