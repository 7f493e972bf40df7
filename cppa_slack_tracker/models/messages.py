"""Messages, and what hangs on them: reactions and files."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from core.removable import Removable
from cppa_slack_tracker.models.directory import Channel, Workspace


class Message(Removable):
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
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        constraints = [models.UniqueConstraint(fields=["channel", "ts"], name="slack_message")]
        indexes = [
            models.Index(fields=["channel", "thread_ts", "ts"], name="slack_message_thread"),
            models.Index(fields=["user_id"], name="slack_message_user"),
            models.Index(fields=["changed_in"], name="slack_message_changed"),
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


class File(Removable):
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
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
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
