"""The workspace itself: its name, people, channels, and what messages name that no list has."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef

from core.errors import PermissionDenied, SourceError
from core.operations.slack_ops import SlackDenied, SlackUnknown
from cppa_slack_tracker.models import Channel, ChannelMember, File, Message, User
from cppa_slack_tracker.parsing.files import ASK, DELETED, NO_DETAILS
from cppa_slack_tracker.sync.kinds import CHANNEL, FILE, USER
from cppa_slack_tracker.sync.scopes import kind_of
from cppa_slack_tracker.sync.session import TeamSession

Raw = Mapping[str, Any]


def sync_users(session: TeamSession) -> None:
    """Save everybody in users.list; who is no longer in it gets a tombstone."""
    seen: set[str] = set()
    refused = False
    for listed in session.client.users():
        with session.scope.page() as page:
            taken = page.take(USER, session.row, listed.items)
        seen.update(taken.records)
        refused = refused or bool(taken.refused)
        session.collector.progress.update("users", len(seen))
    if refused:
        return  # whoever is missing may be who could not be parsed
    if not seen:
        raise SourceError("users.list names nobody, not even the bot")
    live = set(USER.live(session.row).values_list("user_id", flat=True))
    with session.scope.page() as page:
        page.absent(USER, session.row, live - seen, present=seen)


def sync_channels(session: TeamSession) -> None:
    """Save all conversations that the bot may see. A private one that is listed no more is said once."""
    seen: set[str] = set()
    refused = False
    for listed in session.client.channels(session.types) if session.types else ():
        with session.scope.page() as page:
            taken = page.take(CHANNEL, session.row, listed.items)
        seen.update(taken.records)
        refused = refused or bool(taken.refused)
    if refused:
        return  # whatever is missing may be what could not be parsed
    live = CHANNEL.live(session.row).filter(kind__in=map(kind_of, session.types))
    known: dict[str, str] = dict(live.values_list("channel_id", "kind"))
    # Each workspace has a public channel that nobody can delete.
    if not seen and Channel.Kind.PUBLIC in known.values():
        raise SourceError(f"conversations.list shows no channel, where there were {len(known)}")
    with session.scope.page() as page:
        gone = page.absent(CHANNEL, session.row, known.keys() - seen, present=seen)
    for channel_id in gone:
        if known[channel_id] == Channel.Kind.PRIVATE:
            error = PermissionDenied(
                f"private channel {channel_id} is listed no more: it was deleted, or the bot was put out",
                remedy="invite the bot again, or leave it: what is stored stays, and this is said once",
            )
            session.collector.fail(f"{session.team_id}/{channel_id}", error)


def sync_strangers(session: TeamSession) -> None:
    """Ask for people of other workspaces, whom messages and lists of members name and users.list has not."""
    for user_id in _unknown_users(session):
        try:
            payload = session.client.user(user_id)
        except (SlackUnknown, SlackDenied) as error:
            with session.scope.page() as page:
                page.quarantine(USER.name, user_id, b"{}", error)
            continue
        with session.scope.page() as page:
            page.take(USER, session.row, [payload])


def sync_file_infos(session: TeamSession) -> None:
    """Ask for files of which a message says only that files.info knows more."""
    if "files:read" in session.lacks:
        return
    asked = File.objects.live().filter(workspace=session.row, mode=ASK)
    for file_id in sorted(set(asked.values_list("file_id", flat=True)) - session.scope.waiting(FILE.name)):
        try:
            payload = session.client.file(file_id)
        except SlackUnknown:
            payload = {"id": file_id, "mode": DELETED}
        except SlackDenied:
            with session.scope.page():
                asked.filter(file_id=file_id).update(mode=NO_DETAILS)
            continue
        with session.scope.page() as page:
            page.take(FILE, session.row, [payload])


def _unknown_users(session: TeamSession) -> list[str]:
    known = User.objects.filter(workspace=session.row, user_id=OuterRef("user_id"))
    found: set[str] = set()
    for rows in (
        Message.objects.filter(channel__workspace=session.row, user_id__isnull=False),
        ChannelMember.objects.filter(channel__workspace=session.row),
    ):
        missing = rows.filter(~Exists(known)).order_by()
        found.update(missing.values_list("user_id", flat=True).distinct())
    return sorted(found - session.scope.waiting(USER.name))
