"""Messages, and what hangs on them."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.removable import Removable
from discord_activity_tracker.models.channels import Channel


class Message(Removable):
    """A message. Its id tells when it was sent, and orders it within all channels.

    One whose channel is gone is gone, too.
    """

    class Origin(models.TextChoices):
        API = "api"
        EXPORT = "export"  # a file of DiscordChatExporter; the API's word replaces it

    id = models.BigIntegerField(primary_key=True)
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_constraint=False, related_name="messages"
    )
    sent_at = models.DateTimeField()
    # Discord's number: 0 default, 19 reply, 20 chat input command, 23 context menu command; others are
    # written by Discord itself (`is_system`).
    type = models.IntegerField()
    is_system = models.BooleanField(default=False)
    # A user's id, or a webhook's.
    author_id = models.BigIntegerField()
    is_webhook = models.BooleanField(default=False)
    # A webhook's message carries a name of its own; "" with users, whose names are in User.
    author_name = models.TextField(default="")
    # As it was written, and as it reads: with names for mentions, and with all that embeds, forwards,
    # polls, stickers and components say.
    content = models.TextField(default="")
    plain_text = models.TextField(default="")
    mentioned_user_ids = ArrayField(models.BigIntegerField(), default=list)  # ascending
    mentioned_role_ids = ArrayField(models.BigIntegerField(), default=list)  # ascending
    mentions_everyone = models.BooleanField(default=False)
    # What it answers (0), forwards (1) or is about; all NULL without.
    reference_type = models.IntegerField(null=True)
    reference_message_id = models.BigIntegerField(null=True)
    reference_channel_id = models.BigIntegerField(null=True)
    reference_server_id = models.BigIntegerField(null=True)
    # The messages that it forwards, as they were then.
    snapshots: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    # The thread that was started from it.
    thread_id = models.BigIntegerField(null=True)
    edited_at = models.DateTimeField(null=True)
    is_pinned = models.BooleanField(default=False)
    flags = models.IntegerField(default=0)  # Discord's bits: 1 crossposted, 2 is a crosspost, ...
    # Discord's own objects, without what changes by itself (signatures of addresses, who asked).
    embeds: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    stickers: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    components: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    poll: "models.JSONField[dict[str, Any] | None]" = models.JSONField(null=True)
    interaction: "models.JSONField[dict[str, Any] | None]" = models.JSONField(null=True)
    origin = models.TextField(choices=Origin.choices, default=Origin.API)
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        indexes = [
            models.Index(fields=["channel", "id"], name="discord_message_channel"),
            models.Index(fields=["reference_message_id"], name="discord_message_reference"),
            models.Index(fields=["author_id"], name="discord_message_author"),
            models.Index(fields=["changed_in"], name="discord_message_changed"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class Reaction(models.Model):
    """Reactions to a message by one emoji; burst ones ("super reactions") are part of the count."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, db_constraint=False, related_name="reactions"
    )
    # A custom emoji's id, or the emoji itself.
    emoji = models.TextField()
    # Its name, or the emoji itself; "" of a custom one that was deleted.
    name = models.TextField(default="")
    is_animated = models.BooleanField(default=False)
    count = models.IntegerField()
    burst_count = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "emoji"], name="reaction_of_message")]

    def __str__(self) -> str:
        return f"{self.name} x {self.count}"


class Attachment(models.Model):
    """A file sent with a message."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, db_constraint=False, related_name="attachments"
    )
    attachment_id = models.BigIntegerField()
    position = models.IntegerField()
    filename = models.TextField()
    description = models.TextField(default="")
    content_type = models.TextField(default="")
    size = models.BigIntegerField()  # bytes
    url = models.TextField()  # without its signature, which expires
    width = models.IntegerField(null=True)  # of pictures and films
    height = models.IntegerField(null=True)
    duration_seconds = models.FloatField(null=True)  # of voice messages
    # SHA-256 of the content, hex; NULL where it was not fetched.
    sha256 = models.TextField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "attachment_id"], name="file_of_message")]

    def __str__(self) -> str:
        return self.filename
