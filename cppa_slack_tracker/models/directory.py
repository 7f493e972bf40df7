"""A workspace with its people and channels, and what hangs at a channel beside its messages."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.changes import Change
from core.removable import Removable


class Workspace(models.Model):
    team_id = models.TextField(unique=True, db_collation="C")
    name = models.TextField()
    domain = models.TextField()
    url = models.TextField()
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    def __str__(self) -> str:
        return f"{self.name} ({self.team_id})"


class User(Removable):
    """A member of the workspace, a bot, or a stranger met through a shared channel."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="users")
    user_id = models.TextField(db_collation="C")
    # The workspace that the account belongs to; another one for strangers.
    home_team_id = models.TextField()
    name = models.TextField()
    real_name = models.TextField()
    display_name = models.TextField()
    email = models.TextField(null=True)  # NULL without the scope users:read.email
    is_email_confirmed = models.BooleanField(default=False)
    title = models.TextField()
    time_zone = models.TextField()  # of the IANA database; "" when Slack does not say
    is_bot = models.BooleanField()
    is_deactivated = models.BooleanField()
    is_guest = models.BooleanField()
    is_stranger = models.BooleanField()
    # The profile as Slack has it, without pictures.
    profile: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    # URLs found in the profile, in their order.
    links = ArrayField(models.TextField(), default=list)
    updated_at = models.DateTimeField(null=True)
    is_listed = models.BooleanField(default=True)  # False: only an export has shown the user
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "user_id"], name="slack_user")]
        indexes = [
            models.Index(fields=["email"], name="slack_user_email"),
            models.Index(fields=["changed_in"], name="slack_user_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.user_id})"


class Channel(Removable):
    """A conversation. `access` is empty, or Slack's word for why its messages cannot be read."""

    class Kind(models.TextChoices):
        PUBLIC = "public"
        PRIVATE = "private"
        DIRECT = "im"
        GROUP_DIRECT = "mpim"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="channels")
    channel_id = models.TextField(db_collation="C")
    name = models.TextField()  # "" for a direct message
    kind = models.TextField(choices=Kind.choices)
    is_archived = models.BooleanField()
    is_member = models.BooleanField()
    is_general = models.BooleanField()
    is_shared = models.BooleanField()
    topic = models.TextField()
    purpose = models.TextField()
    creator = models.TextField(null=True)
    created_at = models.DateTimeField(null=True)
    previous_names = ArrayField(models.TextField(), default=list)
    access = models.TextField(default="")
    is_listed = models.BooleanField(default=True)  # False: only an export has shown the channel
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "channel_id"], name="slack_channel")]
        indexes = [models.Index(fields=["changed_in"], name="slack_channel_changed")]

    def __str__(self) -> str:
        return f"#{self.name} ({self.channel_id})"


class ChannelMember(Removable):
    """Who is in a channel; `removed_at` is when the list no longer had them."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="members")
    user_id = models.TextField(db_collation="C")
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        constraints = [models.UniqueConstraint(fields=["channel", "user_id"], name="slack_channel_member")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.channel.channel_id}"


class MembershipEvent(models.Model):
    """Somebody came or went.

    A message tells of it (`ts` is the message's), or nothing does and only the lists of two runs differ
    (`ts` counts such differences, list-1, list-2, ..., and `happened_at` is NULL).
    """

    class Kind(models.TextChoices):
        JOINED = "joined"
        LEFT = "left"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="membership_events")
    user_id = models.TextField(db_collation="C")
    ts = models.TextField(db_collation="C")
    kind = models.TextField(choices=Kind.choices)
    # Who invited or removed them, where a message says so.
    by_user_id = models.TextField(null=True)
    happened_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "user_id", "ts"], name="slack_membership_event")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.channel.channel_id}"

    @property
    def item_id(self) -> str:
        """Its name in the archive."""
        return f"{self.user_id} {self.ts}"


class Pin(Removable):
    """Something pinned to a channel: a message (`item_id` is its ts) or a file."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="pins")
    item_id = models.TextField(db_collation="C")
    kind = models.TextField()
    created_at = models.DateTimeField(null=True)
    created_by = models.TextField(null=True)

    class Meta(Removable.Meta):
        constraints = [models.UniqueConstraint(fields=["channel", "item_id"], name="slack_pin")]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"


class Bookmark(Removable):
    """A link in a channel's header."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="bookmarks")
    bookmark_id = models.TextField(db_collation="C")
    title = models.TextField()
    link = models.TextField(null=True)
    kind = models.TextField()
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    updated_by = models.TextField(null=True)

    class Meta(Removable.Meta):
        constraints = [models.UniqueConstraint(fields=["channel", "bookmark_id"], name="slack_bookmark")]

    def __str__(self) -> str:
        return self.title
