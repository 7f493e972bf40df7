"""What belongs to a channel beside its messages: members, pins, bookmarks; and joining it."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from core import checkpoints
from core.errors import SourceError
from core.kinds import Kind
from core.visits import is_its_turn
from cppa_slack_tracker.models import Channel
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services.membership import untold_changes
from cppa_slack_tracker.sync.kinds import BOOKMARK, CHANNEL, MEMBER, MEMBERSHIP, PIN
from cppa_slack_tracker.sync.schedule import WEEK
from cppa_slack_tracker.sync.session import ChannelSession

MEMBERS, PINNED = "members", "pins"


def sync_members(session: ChannelSession) -> None:
    """Read who is in the channel. What changed since goes to the log, unless a message told it."""
    channel, scope = session.row, session.scope
    pages = session.team.client.members(channel.channel_id)
    listed = {MEMBER.name_of(item): item for members in pages for item in members.items}
    if not listed and channel.is_member:
        raise SourceError(f"conversations.members shows nobody in {scope}, not even the bot")
    stored = set(MEMBER.live(channel).values_list("user_id", flat=True))
    joined, left = sorted(listed.keys() - stored), sorted(stored - listed.keys())
    changes = untold_changes(channel, joined, left) if _are_known(session) else []
    with scope.page() as page:
        taken = page.take(MEMBER, channel, [listed[user_id] for user_id in joined])
        gone: list[str] = []
        if not taken.refused:  # else whoever is missing may be who could not be understood
            gone = page.absent(MEMBER, channel, left, present=listed)
            page.resolve(MEMBER.name, scope.listed(MEMBER.name))
        page.take(MEMBERSHIP, channel, [each for each in changes if each["user"] in (*taken.records, *gone)])
        page.checkpoint(MEMBERS, ChannelState("listed", f"{scope}: members listed"))


def sync_pins_and_bookmarks(session: ChannelSession) -> None:
    """Read them once a week: their methods are slow ones, and messages tell whether they are pinned."""
    channel, scope, team = session.row, session.scope, session.team
    state, today, days = scope.state(PINNED), team.today, team.settings.slack_sweep_days
    last = int(state.checkpoint_token) if state.checkpoint_token else None
    always = not days or scope.collector.absences.is_doubtful(scope.name, PIN.name, BOOKMARK.name)
    if last is not None and not always:
        interval = min(WEEK, days)
        if last >= today or not is_its_turn(channel.channel_id, since=last, today=today, interval=interval):
            return
    listed: tuple[tuple[Kind[Channel, Any], Sequence[Mapping[str, Any]]], ...] = (
        (PIN, team.client.pins(channel.channel_id)),
        (BOOKMARK, team.client.bookmarks(channel.channel_id)),
    )
    with scope.page() as page:
        for kind, items in listed:
            taken = page.take(kind, channel, items)
            if taken.refused:
                continue  # whatever is missing may be what could not be understood
            live = set(kind.live(channel).values_list(kind.key, flat=True))
            page.absent(kind, channel, live.difference(taken.records), present=taken.records)
            page.resolve(kind.name, scope.listed(kind.name))
        page.checkpoint(PINNED, ChannelState(str(today), f"{scope}: pins and bookmarks read"))


def is_visited_today(session: ChannelSession) -> bool:
    """Once a week, each channel on a day of its own; the first time; and where members are in doubt."""
    scope, team = session.scope, session.team
    if not _are_known(session) or scope.collector.absences.is_doubtful(scope.name, MEMBER.name):
        return True
    interval = min(WEEK, max(1, team.settings.slack_sweep_days))
    return is_its_turn(session.row.channel_id, since=team.today - 1, today=team.today, interval=interval)


def may_join(session: ChannelSession) -> bool:
    """Whether the settings let the bot join: ids and names, `*` matches any; block wins over allow."""
    channel, team = session.row, session.team
    if not team.options.join or channel.is_archived or channel.kind != Channel.Kind.PUBLIC:
        return False
    return _named(channel, team.settings.join_allow) and not _named(channel, team.settings.join_block)


def join(session: ChannelSession) -> None:
    payload = session.team.client.join(session.row.channel_id)
    with session.team.scope.page() as page:
        page.take(CHANNEL, session.team.row, [payload])
        page.count("channels_joined", 1)
    session.row.refresh_from_db()


def _are_known(session: ChannelSession) -> bool:
    """Whether members were listed before; with --full they still were."""
    scope = session.scope
    return checkpoints.load(scope.collector.name, scope.name, MEMBERS).checkpoint_token is not None


def _named(channel: Channel, patterns: Iterable[str]) -> bool:
    return any(
        pattern == channel.channel_id or fnmatchcase(channel.name, pattern.removeprefix("#"))
        for pattern in patterns
    )
