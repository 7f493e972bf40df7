"""The plan of `--dry-run`: a server's lists tell what is new, and nothing is stored."""

from collections.abc import Iterable, Iterator, Sequence

from core import checkpoints
from core.collectors import AbstractCollector, PlannedRequests
from core.intervals import Intervals
from discord_activity_tracker.client import DiscordClient, Payload, id_of
from discord_activity_tracker.models import Channel, Message
from discord_activity_tracker.parsing.channels import THREADS
from discord_activity_tracker.sync.choosing import Choice, Listed, choose
from discord_activity_tracker.sync.walk import STREAM

# Types of channels that have archived threads, and of those that have messages.
THREADED = frozenset({0, 5, 15, 16})
READ = frozenset({0, 2, 5, 13}) | THREADS


def plan_server(
    collector: AbstractCollector, client: DiscordClient, server_id: int, asked: Sequence[str], page_size: int
) -> tuple[list[PlannedRequests], Choice]:
    """Ask three times, as every run begins. How many messages a channel has, Discord does not tell."""
    server = client.server(server_id)
    listed = [*client.channels(server_id), *client.active_threads(server_id)]
    choice = choose(asked, [*_listed(listed), *_stored(server_id)])
    chosen = [each for each in listed if choice.includes(id_of(each) or 0, _parent(each))]
    states = {} if collector.options.full else checkpoints.load_all(collector.name)
    with_news: list[int] = []
    for payload in chosen:
        channel_id, newest = id_of(payload), id_of({"id": payload.get("last_message_id")})
        if payload.get("type") not in READ or channel_id is None or newest is None:
            continue
        state = states.get((f"{server_id}/{channel_id}", STREAM))
        covered = Intervals.from_extras(state.extras if state else {})
        if covered.end <= newest:
            with_news.append(channel_id)
    read = set(Message.objects.filter(channel__in=with_news).order_by().values_list("channel").distinct())
    threaded = sum(payload.get("type") in THREADED for payload in chosen)
    members = server.get("approximate_member_count")
    calls = -(-members // 1000) if isinstance(members, int) else 1
    news = (
        f"read {len(with_news)} channels and active threads with news, {len(with_news) - len(read)} of them"
        f" from the beginning, {page_size} messages a request: at least"
    )
    lines = [
        (f"list the archived threads of {threaded} channels", threaded),
        (f"list {members or 'all'} members, unless that was done today", calls),
        (news, len(with_news)),
    ]
    name = str(server.get("name"))
    return [PlannedRequests(name, what, requests) for what, requests in lines], choice


def _listed(payloads: Iterable[Payload]) -> Iterator[Listed]:
    for each in payloads:
        yield id_of(each) or 0, _parent(each), str(each.get("name")), each.get("type") in THREADS


def _stored(server_id: int) -> Iterator[Listed]:
    """Archived threads, and what is gone, are on none of these lists."""
    for pk in Channel.objects.filter(server=server_id).values_list("pk", flat=True):
        yield pk, None, "", True


def _parent(payload: Payload) -> int | None:
    return id_of({"id": payload.get("parent_id")})
