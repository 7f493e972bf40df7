"""Saving workspaces, people, channels and what hangs in a channel's header."""

from collections.abc import Iterable

from django.db.models import TextField, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from core.changes import Change
from core.store import Upserted, upsert
from cppa_slack_tracker.models import Bookmark, Channel, File, Message, Pin, User, Workspace
from cppa_slack_tracker.protocol_impl import (
    BookmarkRecord,
    ChannelRecord,
    PinRecord,
    UserRecord,
    WorkspaceRecord,
)

_OF_USERS = (
    "home_team_id",
    "name",
    "real_name",
    "display_name",
    "email",
    "is_email_confirmed",
    "title",
    "time_zone",
    "is_bot",
    "is_deactivated",
    "is_guest",
    "is_stranger",
    "profile",
    "links",
    "updated_at",
)
_OF_CHANNELS = (
    "name",
    "kind",
    "is_archived",
    "is_member",
    "is_general",
    "is_shared",
    "topic",
    "purpose",
    "creator",
    "created_at",
    "previous_names",
)


def workspace(team_id: str) -> Workspace | None:
    return Workspace.objects.filter(team_id=team_id).first()


def save_workspace(record: WorkspaceRecord) -> Upserted:
    """Save a workspace. Permalinks begin with its URL, and follow it."""
    known = workspace(record.team_id)
    row = Workspace(team_id=record.team_id, name=record.name, domain=record.domain, url=record.url)
    saved = upsert(Workspace, [row], key=("team_id",))
    if known is not None and known.url != record.url:
        Message.objects.filter(channel__workspace=known, permalink__startswith=known.url).update(
            permalink=Concat(
                Value(record.url), Substr("permalink", len(known.url) + 1), output_field=TextField()
            ),
            changed_in=Change(),
        )
    return saved


def named_by_id(team_id: str) -> Workspace:
    """A new row for a workspace of which nothing is known but its id."""
    url = f"https://app.slack.com/{team_id}/"
    save_workspace(WorkspaceRecord(team_id=team_id, name=team_id, domain="", url=url))
    return Workspace.objects.get(team_id=team_id)


def save_users(row: Workspace, records: Iterable[UserRecord], *, replace: bool = True) -> Upserted:
    """Save users; without `replace` only those that are not known yet, as an export shows them."""
    users = [
        User(
            workspace=row,
            user_id=record.user_id,
            links=list(record.links),
            profile=dict(record.profile),
            is_listed=replace,
            **{name: getattr(record, name) for name in _OF_USERS if name not in ("links", "profile")},
        )
        for record in records
    ]
    return upsert(
        User,
        users,
        key=("workspace", "user_id"),
        update=(*_OF_USERS, "is_listed", "removed_at") if replace else (),
    )


def live_users(row: Workspace) -> set[str]:
    """The workspace's own users that its list should have."""
    live = User.objects.filter(workspace=row, removed_at__isnull=True, is_stranger=False, is_listed=True)
    return set(live.values_list("user_id", flat=True))


def save_channels(row: Workspace, records: Iterable[ChannelRecord], *, replace: bool = True) -> Upserted:
    """Save channels; without `replace` only those that are not known yet, as an export shows them."""
    channels = [
        Channel(
            workspace=row,
            channel_id=record.channel_id,
            previous_names=list(record.previous_names),
            is_listed=replace,
            **{name: getattr(record, name) for name in _OF_CHANNELS if name != "previous_names"},
        )
        for record in records
    ]
    return upsert(
        Channel,
        channels,
        key=("workspace", "channel_id"),
        update=(*_OF_CHANNELS, "is_listed", "removed_at") if replace else (),
    )


def remove_channels(row: Workspace, channel_ids: Iterable[str]) -> int:
    """Mark channels that the list no longer has; their messages stay. Returns how many are new to it."""
    gone = Channel.objects.filter(workspace=row, channel_id__in=list(channel_ids), removed_at__isnull=True)
    now = timezone.now()
    return gone.update(removed_at=now, changed_in=Change())


def set_access(channel: Channel, access: str) -> None:
    """Note why a channel's messages cannot be read; "" when they can."""
    if channel.access != access:
        channel.access = access
        Channel.objects.filter(pk=channel.pk).update(access=access, changed_in=Change())


def save_pins(channel: Channel, records: Iterable[PinRecord]) -> Upserted:
    rows = [
        Pin(
            channel=channel,
            item_id=record.item_id,
            kind=record.kind,
            created_at=record.created_at,
            created_by=record.created_by,
        )
        for record in records
    ]
    return upsert(Pin, rows, key=("channel", "item_id"))


def save_bookmarks(channel: Channel, records: Iterable[BookmarkRecord]) -> Upserted:
    rows = [
        Bookmark(
            channel=channel,
            bookmark_id=record.bookmark_id,
            title=record.title,
            link=record.link,
            kind=record.kind,
            created_at=record.created_at,
            updated_at=record.updated_at,
            updated_by=record.updated_by,
        )
        for record in records
    ]
    return upsert(Bookmark, rows, key=("channel", "bookmark_id"))


def live_pins(channel: Channel) -> set[str]:
    rows = Pin.objects.filter(channel=channel, removed_at__isnull=True)
    return set(rows.values_list("item_id", flat=True))


def live_bookmarks(channel: Channel) -> set[str]:
    rows = Bookmark.objects.filter(channel=channel, removed_at__isnull=True)
    return set(rows.values_list("bookmark_id", flat=True))


def tombstone_pins(channel: Channel, item_ids: Iterable[str]) -> None:
    """Mark pins that are no more."""
    now = timezone.now()
    live = Pin.objects.filter(channel=channel, item_id__in=list(item_ids), removed_at__isnull=True)
    live.update(removed_at=now, changed_in=Change())


def tombstone_bookmarks(channel: Channel, bookmark_ids: Iterable[str]) -> None:
    """Mark bookmarks that are no more."""
    now = timezone.now()
    live = Bookmark.objects.filter(
        channel=channel, bookmark_id__in=list(bookmark_ids), removed_at__isnull=True
    )
    live.update(removed_at=now, changed_in=Change())


def tombstone_users(row: Workspace, user_ids: Iterable[str]) -> None:
    """Mark users as gone."""
    now = timezone.now()
    live = User.objects.filter(workspace=row, user_id__in=list(user_ids), removed_at__isnull=True)
    live.update(removed_at=now, changed_in=Change())


def remove_files(row: Workspace, file_ids: Iterable[str]) -> int:
    """Mark files as deleted; what was known of them stays."""
    now = timezone.now()
    live = File.objects.filter(workspace=row, file_id__in=list(file_ids), removed_at__isnull=True)
    return live.update(removed_at=now, changed_in=Change())
