"""Channels, and the threads in them, which are channels, too."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.changes import Change
from discord_activity_tracker.models.servers import Server


class Channel(models.Model):
    """A channel, category or thread. A post of a forum or media channel is a thread."""

    class Kind(models.TextChoices):
        TEXT = "text"
        VOICE = "voice"
        CATEGORY = "category"
        ANNOUNCEMENT = "announcement"
        STAGE = "stage"
        DIRECTORY = "directory"
        FORUM = "forum"
        MEDIA = "media"
        ANNOUNCEMENT_THREAD = "announcement_thread"
        PUBLIC_THREAD = "public_thread"
        PRIVATE_THREAD = "private_thread"
        OTHER = "other"  # one that came after this was written

    THREADS = (Kind.ANNOUNCEMENT_THREAD, Kind.PUBLIC_THREAD, Kind.PRIVATE_THREAD)

    id = models.BigIntegerField(primary_key=True)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, db_constraint=False, related_name="channels")
    # A channel's category, a thread's channel.
    parent_id = models.BigIntegerField(null=True)
    kind = models.TextField(choices=Kind.choices)
    name = models.TextField()
    topic = models.TextField(default="")
    position = models.IntegerField(default=0)
    is_nsfw = models.BooleanField(default=False)
    # Whether the role @everyone may view it; a thread is as public as its channel, a private one never.
    is_public = models.BooleanField(default=False)
    # Of a forum or media channel: [{"id", "name", "emoji", "moderated"}] in its order.
    tags: "models.JSONField[list[dict[str, object]]]" = models.JSONField(default=list)
    # Of a thread.
    applied_tag_ids = ArrayField(models.BigIntegerField(), default=list)
    owner_id = models.BigIntegerField(null=True)
    is_archived = models.BooleanField(default=False)
    is_locked = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True)  # when it was last archived or brought back
    # From its id; a thread's own where Discord tells (from 2022-01-09 on).
    created_at = models.DateTimeField()
    # The last two are Discord's when it was last asked; NULL after a load from the archive.
    last_message_id = models.BigIntegerField(null=True)  # of a forum: its newest post
    message_count = models.IntegerField(null=True)  # of a thread; old threads stop at 50
    # Why its messages cannot be read; "" when they can.
    unreadable = models.TextField(default="")
    removed_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        indexes = [
            models.Index(fields=["server", "kind"], name="discord_channel_kind"),
            models.Index(fields=["parent_id"], name="discord_channel_parent"),
            models.Index(fields=["changed_in"], name="discord_channel_changed"),
        ]

    def __str__(self) -> str:
        return f"#{self.name}"

    @property
    def is_thread(self) -> bool:
        return self.kind in self.THREADS
