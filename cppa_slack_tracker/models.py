"""A Slack workspace: people, channels, messages. Everything is keyed by Slack's own ids.

What Slack no longer has keeps its row, with `removed_at`. Text keys are ordered byte by byte, as Slack's
timestamps are written with as many digits each. An absent text is "", an absent id NULL.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


class Workspace(models.Model):
    team_id = models.TextField(unique=True, db_collation="C")
    name = models.TextField()
    domain = models.TextField()
    url = models.TextField()
    stored_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} ({self.team_id})"


class User(models.Model):
    """A member of the workspace, a bot, or a stranger met through a shared channel."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="users")
    user_id = models.TextField(db_collation="C")
    # The workspace that the account belongs to; another one for strangers.
    home_team_id = models.TextField()
    name = models.TextField()
    real_name = models.TextField()
    display_name = models.TextField()
    email = models.TextField(null=True)  # NULL without the scope users:read.email
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
    # When users.list, read whole, no longer had the user.
    removed_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "user_id"], name="slack_user")]
        indexes = [
            models.Index(fields=["email"], name="slack_user_email"),
            models.Index(fields=["changed_at"], name="slack_user_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.user_id})"


class Channel(models.Model):
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
    removed_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "channel_id"], name="slack_channel")]
        indexes = [models.Index(fields=["changed_at"], name="slack_channel_changed")]

    def __str__(self) -> str:
        return f"#{self.name} ({self.channel_id})"


class ChannelMember(models.Model):
    """Who is in a channel; `removed_at` is when the list no longer had them."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="members")
    user_id = models.TextField(db_collation="C")
    removed_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "user_id", "ts"], name="slack_membership_event")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.channel.channel_id}"


class Message(models.Model):
    """A message, a reply, or a line that Slack itself writes (`subtype`, see parsing.subtypes)."""

    class Source(models.TextChoices):
        API = "api"
        EXPORT = "export"  # a workspace export, where the API has not shown the message

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="messages")
    # Seconds and microseconds, 10 digits and 6: the key within the channel, and its order.
    ts = models.TextField(db_collation="C")
    sent_at = models.DateTimeField()
    # The ts of the thread's parent, its own included; NULL outside threads.
    thread_ts = models.TextField(null=True, db_collation="C")
    # A reply that is shown in the channel as well.
    is_broadcast = models.BooleanField(default=False)
    subtype = models.TextField(default="")
    user_id = models.TextField(null=True, db_collation="C")
    bot_id = models.TextField(null=True)
    app_id = models.TextField(null=True)
    # The name that an app gave itself for this message; NULL for people.
    author_name = models.TextField(null=True)
    # Slack's markup, as it came.
    text = models.TextField()
    # What a reader sees: text, blocks and attachments rendered; people and channels stay ids, <@U1>, <#C1>.
    plain_text = models.TextField()
    blocks: "models.JSONField[list[Any] | None]" = models.JSONField(null=True)
    attachments: "models.JSONField[list[Any] | None]" = models.JSONField(null=True)
    # Of a parent, what Slack says of its thread.
    reply_count = models.IntegerField(default=0)
    latest_reply = models.TextField(default="", db_collation="C")
    is_locked = models.BooleanField(default=False)
    # reply_count and latest_reply when all replies were last read: where they differ, there is news.
    read_reply_count = models.IntegerField(default=0)
    read_latest_reply = models.TextField(default="", db_collation="C")
    edited_at = models.DateTimeField(null=True)
    edited_by = models.TextField(null=True)
    is_pinned = models.BooleanField(default=False)
    permalink = models.TextField()
    source = models.TextField(choices=Source.choices, default=Source.API)
    # When Slack no longer had it; what it said stays.
    removed_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "ts"], name="slack_message")]
        indexes = [
            models.Index(fields=["channel", "thread_ts", "ts"], name="slack_message_thread"),
            models.Index(fields=["user_id"], name="slack_message_user"),
            models.Index(fields=["changed_at"], name="slack_message_changed"),
            models.Index(
                fields=["channel", "ts"],
                condition=~models.Q(reply_count=models.F("read_reply_count"))
                | ~models.Q(latest_reply=models.F("read_latest_reply")),
                name="slack_message_thread_news",
            ),
            models.Index(
                fields=["channel", "ts"],
                condition=models.Q(reply_count__gt=0),
                name="slack_message_parent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.ts}"


class Reaction(models.Model):
    """An emoji under a message. Slack may name fewer people than `count`; taken back by all, the row goes."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    name = models.TextField()
    count = models.IntegerField()
    user_ids = ArrayField(models.TextField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "name"], name="slack_reaction")]
        indexes = [GinIndex(fields=["user_ids"], name="slack_reaction_users")]

    def __str__(self) -> str:
        return f":{self.name}: {self.count}"


class File(models.Model):
    """A file that was shared. `mode` is Slack's: hosted, snippet, external, tombstone (deleted), ..."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="files")
    file_id = models.TextField(db_collation="C")
    name = models.TextField()
    title = models.TextField()
    mode = models.TextField()
    mime_type = models.TextField()
    file_type = models.TextField()
    size = models.BigIntegerField(null=True)  # bytes
    user_id = models.TextField(null=True)
    created_at = models.DateTimeField(null=True)
    url_private = models.TextField(null=True)
    permalink = models.TextField(null=True)
    is_external = models.BooleanField(default=False)
    # The content in the archive's blobs: SHA-256 in hex and bytes; or why there is none.
    content_sha256 = models.TextField(null=True)
    content_size = models.BigIntegerField(null=True)
    content_problem = models.TextField(default="")
    removed_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "file_id"], name="slack_file")]

    def __str__(self) -> str:
        return f"{self.name} ({self.file_id})"


class MessageFile(models.Model):
    """Which files a message shares, in its order."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="files")
    file_id = models.TextField(db_collation="C")
    position = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "file_id"], name="slack_message_file")]
        indexes = [models.Index(fields=["file_id"], name="slack_message_file_id")]

    def __str__(self) -> str:
        return self.file_id


class Pin(models.Model):
    """Something pinned to a channel: a message (`item_id` is its ts) or a file."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="pins")
    item_id = models.TextField(db_collation="C")
    kind = models.TextField()
    created_at = models.DateTimeField(null=True)
    created_by = models.TextField(null=True)
    removed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "item_id"], name="slack_pin")]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"


class Bookmark(models.Model):
    """A link in a channel's header."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="bookmarks")
    bookmark_id = models.TextField(db_collation="C")
    title = models.TextField()
    link = models.TextField(null=True)
    kind = models.TextField()
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    updated_by = models.TextField(null=True)
    removed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "bookmark_id"], name="slack_bookmark")]

    def __str__(self) -> str:
        return self.title
