"""The workspace itself: its name, people, channels, and what messages name that no list has."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Exists, OuterRef

from core.errors import InvalidInput, SourceError
from core.items import understood
from core.json_text import json_bytes
from core.operations.slack_ops import Identity, SlackDenied, SlackUnknown
from core.pages import Page
from cppa_slack_tracker.models import Channel, ChannelMember, File, Message, User
from cppa_slack_tracker.parsing import (
    ASK,
    CHANNEL,
    FILE,
    NO_DETAILS,
    USER,
    WORKSPACE,
    as_bytes,
    channel_payload,
    parse_channel,
    parse_file,
    parse_user,
    parse_workspace,
    user_payload,
)
from cppa_slack_tracker.protocol_impl import WorkspaceRecord
from cppa_slack_tracker.services import (
    live_users,
    remove_channels,
    remove_files,
    save_channels,
    save_files,
    save_users,
    save_workspace,
    tombstone_users,
    workspace,
)
from cppa_slack_tracker.sync.listing import ChannelListing, kinds_of
from cppa_slack_tracker.sync.saving import parse_items
from cppa_slack_tracker.sync.scopes import MISSING_SCOPE
from cppa_slack_tracker.sync.session import TeamSession

FILE_INFOS = "details of files"

Raw = Mapping[str, Any]


def told_by(identity: Identity) -> Raw:
    """A workspace as every token is told of it."""
    try:
        domain = urlsplit(identity.url).hostname or ""
    except ValueError:
        domain = ""
    return {"id": identity.team_id, "name": identity.team, "domain": domain.partition(".")[0]}


def save_team(page: Page, payload: Raw, identity: Identity) -> None:
    """Save the workspace. For one that cannot be parsed stands what is stored, or what the token is told."""

    def parse(payload: Raw) -> tuple[WorkspaceRecord, bytes]:
        record = parse_workspace(payload, identity.url)
        return record, as_bytes({**payload, "url": record.url})

    try:
        record, body = understood(parse, payload)
    except InvalidInput as error:
        page.quarantine(WORKSPACE, identity.team_id, json_bytes(payload), error)
        if workspace(identity.team_id) is None:
            save_workspace(parse_workspace(told_by(identity), identity.url))
        return
    page.archive(WORKSPACE, {identity.team_id: body})
    page.saved("workspaces", WORKSPACE, save_workspace(record), key="team_id")
    page.resolve(WORKSPACE, [identity.team_id])


def sync_users(session: TeamSession) -> None:
    """Everybody in users.list; who is no longer in it gets a tombstone."""
    seen: set[str] = set()
    refused = 0
    for listed in session.client.users():
        with session.page() as page:
            records, bad = parse_items(page, USER, listed.items, parse_user, user_payload)
            refused += bad
            seen.update(record.user_id for record in records)
            page.saved("users", USER, save_users(session.row, records), key="user_id")
        session.collector.progress.update("users", len(seen))
    if refused:
        return  # whoever is missing may be who could not be parsed
    if not seen:
        raise SourceError("users.list names nobody, not even the bot")
    with session.page() as page:
        live = live_users(session.row)
        gone = page.believed(USER, live - seen, present=seen, stored=lambda: len(live))
        if gone:
            tombstone_users(session.row, gone)
            page.archive(USER, dict.fromkeys(gone))
        page.count("users_removed", len(gone))


def sync_channels(session: TeamSession, listing: ChannelListing) -> list[str]:
    """All conversations that the bot may see. Returns the private ones that are listed no more."""
    seen: set[str] = set()
    refused = 0
    for listed in listing.pages():
        with session.page() as page:
            records, bad = parse_items(page, CHANNEL, listed.items, parse_channel, channel_payload)
            refused += bad
            seen.update(record.channel_id for record in records)
            saved = save_channels(session.row, records)
            page.saved("channels", CHANNEL, saved, key="channel_id")
    if refused:
        return []
    known = _known(session, kinds_of(listing.listed), seen)
    with session.page() as page:
        gone = page.believed(CHANNEL, set(known) - seen, present=seen, stored=lambda: len(known))
        if gone:
            page.archive(CHANNEL, dict.fromkeys(gone))
        page.count("channels_removed", remove_channels(session.row, gone))
    return [channel_id for channel_id in gone if known[channel_id] == Channel.Kind.PRIVATE]


def _known(session: TeamSession, kinds: set[str], seen: set[str]) -> dict[str, str]:
    """Channels that the list should have, with their kinds. Raises SourceError for a list of none."""
    live = Channel.objects.filter(
        workspace=session.row, removed_at__isnull=True, is_listed=True, kind__in=kinds
    )
    known = dict(live.values_list("channel_id", "kind"))
    # Each workspace has a public channel that nobody can delete.
    if not seen and Channel.Kind.PUBLIC in known.values():
        raise SourceError(f"conversations.list shows no channel, where there were {len(known)}")
    return known


def listed_ids(listing: ChannelListing) -> set[str]:
    """Ids of all conversations that the bot may see; nothing is stored."""
    return {str(item.get("id")) for listed in listing.pages() for item in listed.items}


def sync_strangers(session: TeamSession) -> None:
    """People of other workspaces, whom messages and lists of members name and users.list has not."""
    for user_id in _unknown_users(session):
        try:
            payload = session.client.user(user_id)
        except (SlackUnknown, SlackDenied) as error:
            with session.page() as page:
                page.quarantine(USER, user_id, b"{}", error)
            continue
        with session.page() as page:
            records, _ = parse_items(page, USER, [payload], parse_user, user_payload)
            page.saved("users", USER, save_users(session.row, records), key="user_id")


def sync_file_infos(session: TeamSession) -> None:
    """Files of which a message says only that files.info knows more."""
    asked = File.objects.filter(workspace=session.row, mode=ASK, removed_at__isnull=True).order_by("file_id")
    for file_id in list(asked.values_list("file_id", flat=True)):
        try:
            payload = session.client.file(file_id)
        except SlackUnknown:
            with session.page() as page:
                page.archive(FILE, {file_id: as_bytes({"id": file_id, "mode": "tombstone"})})
                page.count("files_removed", remove_files(session.row, [file_id]))
            continue
        except SlackDenied as error:
            if error.code == MISSING_SCOPE:
                if session.lacking.is_news(FILE_INFOS):
                    raise
                return
            with session.page():
                asked.filter(file_id=file_id).update(mode=NO_DETAILS)
            continue
        with session.page() as page:
            records, _ = parse_items(page, FILE, [payload], parse_file, dict)
            page.saved("files", FILE, save_files(session.row, records), key="file_id")
        session.lacking.works(FILE_INFOS)


def _unknown_users(session: TeamSession) -> list[str]:
    known = User.objects.filter(workspace=session.row, user_id=OuterRef("user_id"))
    found: set[str] = set()
    for rows in (
        Message.objects.filter(channel__workspace=session.row, user_id__isnull=False),
        ChannelMember.objects.filter(channel__workspace=session.row),
    ):
        missing = rows.filter(~Exists(known)).order_by()
        found.update(str(user_id) for user_id in missing.values_list("user_id", flat=True).distinct())
    waiting = session.waiting(USER)
    return sorted(found - waiting)
