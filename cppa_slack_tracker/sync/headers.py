"""All of a channel but its messages: members, pins, bookmarks; and joining it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from core.errors import SourceError
from core.kinds import Kind
from core.pages import Page
from core.visits import is_its_turn
from cppa_slack_tracker.models import Channel
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services.membership import are_known, untold_changes
from cppa_slack_tracker.sync.kinds import BOOKMARK, CHANNEL, MEMBER, MEMBERSHIP, PIN
from cppa_slack_tracker.sync.session import ChannelSession

PINNED = "pins"

Raw = Mapping[str, Any]


def sync_members(session: ChannelSession) -> None:
    """Read who is in the channel. What changed since goes to the log, unless a message told it."""
    channel, scope = session.row, session.scope
    replies = session.team.client.members(channel.channel_id)
    listed = {MEMBER.name_of(item): item for members in replies for item in members.items}
    if not listed and channel.is_member:
        raise SourceError(f"conversations.members shows nobody in {scope}, not even the bot")
    stored = set(MEMBER.live(channel).values_list("user_id", flat=True))
    joined, left = sorted(listed.keys() - stored), sorted(stored - listed.keys())
    # The first list is no news.
    changes = untold_changes(channel, joined, left) if are_known(channel) else []
    with scope.page() as page:
        # Who was there before is not looked at again: there are many of them, and each is but an id.
        taken = page.take(MEMBER, channel, [listed[user_id] for user_id in joined])
        gone = _bury_missing(session, page, MEMBER, left, present=listed, refused=taken.refused)
        changed = {*taken.records, *gone}
        page.take(MEMBERSHIP, channel, [each for each in changes if each["user"] in changed])


def sync_pins_and_bookmarks(session: ChannelSession) -> None:
    """Read them once a week: their methods are slow ones, and messages tell whether they are pinned."""
    channel, scope, team = session.row, session.scope, session.team
    state, today, settings = scope.state(PINNED), team.today, team.settings
    last = int(state.checkpoint_token) if state.checkpoint_token else None
    in_doubt = scope.collector.absences.is_doubtful(scope.name, PIN.name, BOOKMARK.name)
    if last is not None and settings.slack_sweep_days and not in_doubt:
        interval = settings.days_between_lists
        if last >= today or not is_its_turn(channel.channel_id, since=last, today=today, interval=interval):
            return
    pins, bookmarks = team.client.pins(channel.channel_id), team.client.bookmarks(channel.channel_id)
    with scope.page() as page:
        _take_all(session, page, PIN, pins)
        _take_all(session, page, BOOKMARK, bookmarks)
        page.checkpoint(PINNED, ChannelState(str(today), f"{scope}: pins and bookmarks read"))


def _take_all(session: ChannelSession, page: Page, kind: Kind[Channel, Any], items: Sequence[Raw]) -> None:
    """Save all that a channel has of a kind."""
    taken = page.take(kind, session.row, items)
    missing = set(kind.live(session.row).values_list(kind.key, flat=True)).difference(taken.records)
    _bury_missing(session, page, kind, missing, present=taken.records, refused=taken.refused)


def _bury_missing(
    session: ChannelSession,
    page: Page,
    kind: Kind[Channel, Any],
    missing: Iterable[str],
    *,
    present: Collection[str],
    refused: Collection[str],
) -> list[str]:
    """Bury what a whole list lacks; return the ids. Nothing, where it may be what was refused of the list."""
    if refused:
        return []
    page.resolve(kind.name, session.scope.listed(kind.name))
    return page.absent(kind, session.row, missing, present=present)


def is_visited_today(session: ChannelSession) -> bool:
    """Tell whether it is a channel's day of the week, its first time, or its members are in doubt."""
    scope, team = session.scope, session.team
    if not are_known(session.row) or scope.collector.absences.is_doubtful(scope.name, MEMBER.name):
        return True
    interval = team.settings.days_between_lists
    return is_its_turn(session.row.channel_id, since=team.today - 1, today=team.today, interval=interval)


def may_join(session: ChannelSession) -> bool:
    """Tell whether the settings let the bot join: by id or name, `*` matches any; block wins over allow."""
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


def _named(channel: Channel, patterns: Iterable[str]) -> bool:
    return any(
        pattern == channel.channel_id or fnmatchcase(channel.name, pattern.removeprefix("#"))
        for pattern in patterns
    )
