"""Saving workspaces, people, channels and what is in a channel's header."""

from collections.abc import Sequence

from django.db.models import TextField, Value
from django.db.models.functions import Concat, Substr

from core.changes import Change
from core.store import Upserted, upsert
from cppa_slack_tracker.models import Bookmark, Channel, Message, Pin, User, Workspace
from cppa_slack_tracker.protocol_impl import (
    BookmarkRecord,
    ChannelRecord,
    PinRecord,
    UserRecord,
    WorkspaceRecord,
)
from cppa_slack_tracker.services.rows import columns_of, values_of


def save_workspaces(_: None, records: Sequence[WorkspaceRecord]) -> Upserted:
    """Save workspaces. Permalinks begin with the URL of theirs, and follow it."""
    for record in records:
        known = Workspace.objects.filter(team_id=record.team_id).exclude(url=record.url).first()
        if known is not None:
            Message.objects.filter(channel__workspace=known, permalink__startswith=known.url).update(
                permalink=Concat(
                    Value(record.url), Substr("permalink", len(known.url) + 1), output_field=TextField()
                ),
                changed_in=Change(),
            )
    return upsert(Workspace, [Workspace(**values_of(record)) for record in records], key=("team_id",))


def save_users(row: Workspace, records: Sequence[UserRecord], *, replace: bool = True) -> Upserted:
    """Save users; without `replace` only those that are not known yet, as an export shows them."""
    users = [User(workspace=row, is_listed=replace, **values_of(record)) for record in records]
    return upsert(User, users, key=("workspace", "user_id"), update=None if replace else ())


def save_channels(row: Workspace, records: Sequence[ChannelRecord], *, replace: bool = True) -> Upserted:
    """Save channels; without `replace` only those that are not known yet, as an export shows them."""
    channels = [Channel(workspace=row, is_listed=replace, **values_of(record)) for record in records]
    update = (*columns_of(ChannelRecord, but="channel_id"), "is_listed", "removed_at")
    return upsert(Channel, channels, key=("workspace", "channel_id"), update=update if replace else ())


def set_access(channel: Channel, access: str) -> None:
    """Note why a channel's messages cannot be read; "" when they can."""
    if channel.access != access:
        channel.access = access
        Channel.objects.filter(pk=channel.pk).update(access=access, changed_in=Change())


def save_pins(channel: Channel, records: Sequence[PinRecord]) -> Upserted:
    rows = [Pin(channel=channel, **values_of(record)) for record in records]
    return upsert(Pin, rows, key=("channel", "item_id"))


def save_bookmarks(channel: Channel, records: Sequence[BookmarkRecord]) -> Upserted:
    rows = [Bookmark(channel=channel, **values_of(record)) for record in records]
    return upsert(Bookmark, rows, key=("channel", "bookmark_id"))
