"""What hangs at a channel beside its messages: members, pins, bookmarks; and joining it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, cast

from core import checkpoints
from core.errors import InvalidInput, SourceError
from core.items import each_understood, understood
from core.json_text import json_bytes
from core.pages import Page
from core.store import Upserted
from core.visits import is_its_turn
from cppa_slack_tracker.models import Channel
from cppa_slack_tracker.parsing import (
    BOOKMARK,
    CHANNEL,
    LONGEST_ID,
    MEMBER,
    MEMBERSHIP,
    PIN,
    as_bytes,
    channel_payload,
    parse_bookmark,
    parse_channel,
    parse_member,
    parse_pin,
    without_secrets,
)
from cppa_slack_tracker.protocol_impl import ChannelState
from cppa_slack_tracker.services import (
    differences,
    live_bookmarks,
    live_members,
    live_pins,
    log_differences,
    remove_members,
    save_bookmarks,
    save_channels,
    save_members,
    save_pins,
    tombstone_bookmarks,
    tombstone_pins,
)
from cppa_slack_tracker.sync.schedule import WEEK
from cppa_slack_tracker.sync.session import ChannelSession

MEMBERS, PINNED = "members", "pins"
PINS_AND_BOOKMARKS = "pins and bookmarks"

Raw = Mapping[str, Any]


def sync_members(session: ChannelSession) -> None:
    """Who is in the channel. What changed since the last list goes to the log, unless a message told it."""
    listed, refused = _listed_members(session)
    joined, left = differences(session.row, listed)
    if not listed and not refused and session.row.is_member:
        raise SourceError(f"conversations.members shows nobody in {session.label}, not even the bot")
    if refused:
        left = []  # whoever is missing may be who could not be understood
    # Also with --full: what was listed before was listed.
    state = checkpoints.load(session.collector.name, session.scope, MEMBERS)
    first = state.checkpoint_token is None
    with session.page() as page:
        left = page.believed(MEMBER, left, present=listed, stored=live_members(session.row).count)
        events = [] if first else log_differences(session.row, joined, left)
        save_members(session.row, joined)
        remove_members(session.row, left)
        page.archive_all(
            {
                MEMBER: {**{user: as_bytes({"id": user}) for user in joined}, **dict.fromkeys(left)},
                MEMBERSHIP: {
                    f"{each.user_id} {each.ts}": as_bytes(
                        {"user": each.user_id, "ts": each.ts, "kind": each.kind}
                    )
                    for each in events
                },
            }
        )
        page.count("members_joined", len(joined))
        page.count("members_left", len(left))
        for external_id, error in refused.items():
            session.set_aside(page, MEMBER, external_id, b"{}", error)
        page.resolve(MEMBER, session.quarantined.get(MEMBER, set()) - set(refused))
        page.checkpoint(MEMBERS, ChannelState("listed", f"{session.label}: members listed"))


def _listed_members(session: ChannelSession) -> tuple[set[str], dict[str, InvalidInput]]:
    """Ids of who is in the channel, and what cannot be one."""
    listed: set[str] = set()
    refused: dict[str, InvalidInput] = {}
    for page_of_members in session.client.members(session.channel_id):
        for item in page_of_members.items:
            try:
                listed.add(understood(parse_member, item))
            except InvalidInput as error:
                refused[str(item.get("id"))[:LONGEST_ID]] = error
    return listed, refused


def sync_pins_and_bookmarks(session: ChannelSession) -> None:
    """Once a week: their methods are slow ones, and messages tell themselves whether they are pinned."""
    state, today = session.state(PINNED), session.team.today
    last = int(state.checkpoint_token) if state.checkpoint_token else None
    interval = min(WEEK, max(1, session.settings.slack_sweep_days))
    in_doubt = session.collector.absences.is_doubtful(session.scope, PIN, BOOKMARK)
    always = last is None or not session.settings.slack_sweep_days or in_doubt
    if not always and not (
        last is not None
        and last < today
        and is_its_turn(session.channel_id, since=last, today=today, interval=interval)
    ):
        return
    pins, bookmarks = session.client.pins(session.channel_id), session.client.bookmarks(session.channel_id)
    session.team.lacking.works(of_kind(PINS_AND_BOOKMARKS, session.row.kind))
    with session.page() as page:
        _save_listed(session, page, PINS, pins)
        _save_listed(session, page, BOOKMARKS, bookmarks)
        page.checkpoint(PINNED, ChannelState(str(today), f"{session.label}: pins and bookmarks read"))


def of_kind(part: str, kind: str) -> str:
    """A part of the channels of a kind: scopes are given for one."""
    return f"{part} of {kind} channels"


def is_visited_today(session: ChannelSession) -> bool:
    """Once a week, each channel on a day of its own; the first time; and where members are in doubt."""
    if checkpoints.load(session.collector.name, session.scope, MEMBERS).checkpoint_token is None:
        return True
    if session.collector.absences.is_doubtful(session.scope, MEMBER):
        return True
    today, days = session.team.today, session.settings.slack_sweep_days
    return is_its_turn(session.channel_id, since=today - 1, today=today, interval=min(WEEK, max(1, days)))


def may_join(session: ChannelSession) -> bool:
    """Whether the settings let the bot join: ids and names, `*` matches any; block wins over allow."""
    channel, settings = session.row, session.settings
    if not session.options.join or channel.is_archived or channel.kind != Channel.Kind.PUBLIC:
        return False
    return _named(channel, settings.join_allow) and not _named(channel, settings.join_block)


def join(session: ChannelSession) -> None:
    payload = session.client.join(session.channel_id)
    with session.page() as page:
        saved = save_channels(session.team.row, [parse_channel(payload)])
        page.saved("channels", CHANNEL, saved, key="channel_id")
        page.archive_all(
            {CHANNEL: {session.channel_id: as_bytes(channel_payload(payload))}}, scope=session.team.scope
        )
        page.count("channels_joined", 1)
    session.row.refresh_from_db()


def _named(channel: Channel, patterns: Iterable[str]) -> bool:
    return any(
        pattern == channel.channel_id or fnmatchcase(channel.name, pattern.removeprefix("#"))
        for pattern in patterns
    )


@dataclass(frozen=True, slots=True)
class Hanging:
    """A kind of things that a channel lists whole."""

    kind: str
    key: str
    parse: Callable[[Raw], Any]
    kept: Callable[[Raw], Raw]
    save: Callable[[Channel, list[Any]], Upserted]
    live: Callable[[Channel], set[str]]
    bury: Callable[[Channel, list[str]], None]


def _save_listed(session: ChannelSession, page: Page, hanging: Hanging, items: Sequence[Raw]) -> None:
    """All there is of a kind: others are gone, unless one could not be understood."""
    refused: set[str] = set()

    def refuse(item: Raw, error: InvalidInput) -> None:
        external_id = str(item.get("id") or item.get("created"))[:LONGEST_ID]
        session.set_aside(page, hanging.kind, external_id, json_bytes(without_secrets(item)), error)
        refused.add(external_id)

    found = each_understood(items, lambda item: (hanging.parse(item), as_bytes(hanging.kept(item))), refuse)
    records = [record for record, _ in found]
    bodies: dict[str, bytes | None] = {getattr(record, hanging.key): body for record, body in found}
    page.saved(f"{hanging.kind}s", hanging.kind, hanging.save(session.row, records), key=hanging.key)
    live = hanging.live(session.row)
    missing = set[str]() if refused else live - set(bodies)
    gone = page.believed(hanging.kind, missing, present=set(bodies), stored=lambda: len(live))
    hanging.bury(session.row, gone)
    page.archive(hanging.kind, {**bodies, **dict.fromkeys(gone)})
    page.resolve(hanging.kind, session.quarantined.get(hanging.kind, set()) - refused)


def _pinned(item: Raw) -> Raw:
    """A pin without a second copy of what is pinned."""
    copies = {"message": "ts", "file": "id"}
    return {
        name: {copies[name]: cast("Raw", value).get(copies[name])}
        if name in copies and isinstance(value, Mapping)
        else value
        for name, value in item.items()
    }


PINS = Hanging(PIN, "item_id", parse_pin, _pinned, save_pins, live_pins, tombstone_pins)
BOOKMARKS = Hanging(
    BOOKMARK, "bookmark_id", parse_bookmark, dict, save_bookmarks, live_bookmarks, tombstone_bookmarks
)
