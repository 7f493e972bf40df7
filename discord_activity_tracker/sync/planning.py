"""What `--dry-run` shows of a server: its lists tell what is new, and nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from core import checkpoints
from core.collectors import AbstractCollector, PlannedRequests
from core.intervals import Intervals
from discord_activity_tracker.client import DiscordClient, Payload, id_of
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.parsing import channel_counters
from discord_activity_tracker.sync.walk import STREAM

THREADED = frozenset({0, 5, 15, 16})  # types of channels that have archived threads
READ = frozenset({0, 2, 5, 10, 11, 12, 13})  # and that have messages


THREADS = frozenset({10, 11, 12})


@dataclass(frozen=True, slots=True)
class Choice:
    """The channels and threads that were asked for, and what was asked for and is none."""

    channels: list[Payload]
    unknown: set[str]


def plan_server(
    collector: AbstractCollector,
    client: DiscordClient,
    server_id: int,
    page_size: int,
    asked: Sequence[str],
) -> tuple[list[PlannedRequests], set[str]]:
    """Three requests, as every run begins. How many messages a channel has, Discord does not tell.

    The second are the channels that were asked for and that the server does not have.
    """
    server = client.server(server_id)
    choice = _chosen(server_id, [*client.channels(server_id), *client.active_threads(server_id)], asked)
    channels = choice.channels
    states = {} if collector.options.full else checkpoints.load_all(collector.name)
    name = str(server.get("name"))
    with_news: list[Payload] = []
    for payload in channels:
        channel_id, (newest, _) = id_of(payload), channel_counters(payload)
        if payload.get("type") not in READ or newest is None:
            continue
        state = states.get((f"{server_id}/{channel_id}", STREAM))
        covered = Intervals.from_extras(state.extras if state else {})
        if covered.end <= newest:
            with_news.append(payload)
    unread = [each for each in with_news if not Message.objects.filter(channel=id_of(each)).exists()]
    threaded = sum(payload.get("type") in THREADED for payload in channels)
    members = server.get("approximate_member_count")
    pages = -(-members // 1000) if isinstance(members, int) else 1
    lines = [
        PlannedRequests(name, f"list the archived threads of {threaded} channels", threaded),
        PlannedRequests(name, f"list {members or 'all'} members, unless that was done today", pages),
        PlannedRequests(
            name,
            f"read {len(with_news)} channels and active threads with news, {len(unread)} of them from the"
            f" beginning, {page_size} messages a request: at least",
            len(with_news),
        ),
    ]
    return lines, choice.unknown


def _chosen(server_id: int, listed: list[Payload], asked: Sequence[str]) -> Choice:
    """As `ServerSession.choose_channels` does, from lists that are not stored."""
    if not asked:
        return Choice(listed, set())
    wanted: set[object] = set()
    unknown: set[str] = set()
    for each in asked:
        called = each.lstrip("#")
        found = {
            payload.get("id")
            for payload in listed
            if called == payload.get("id")
            or (called == payload.get("name") and payload.get("type") not in THREADS)
        }
        wanted |= found
        if not found and not _is_stored(server_id, called):
            unknown.add(each)
    for _ in range(2):  # from a category to its channels, and to the threads in them
        wanted |= {payload.get("id") for payload in listed if payload.get("parent_id") in wanted}
    return Choice([payload for payload in listed if payload.get("id") in wanted], unknown)


def _is_stored(server_id: int, called: str) -> bool:
    """Whether it is an archived thread, or one that is gone."""
    return called in {str(pk) for pk in Channel.objects.filter(server=server_id).values_list("pk", flat=True)}
