"""Mailing lists and their messages. Everything is keyed by (list, Message-ID hash)."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from core.removable import Removable


class MailingList(models.Model):
    """A list, by its posting address. `source_count` is the archive's own number when it was last asked."""

    name = models.TextField(unique=True)
    source_count = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class Message(Removable):
    """A mail as one list's archive has it; a cross-post has a row per list.

    It is removed when a sweep found that the archive no longer has it.

    The listing gives identity, thread and parent; the body comes afterwards, so a row without
    `body_source` is one whose body is still to be fetched.
    """

    class BodySource(models.TextChoices):
        """Source of a body, poorest first; a richer one replaces a poorer one."""

        API = "api"  # no archived_at, attachments without content hash
        EXPORT = "export"  # rebuilt headers: no References
        MBOX = "mbox"  # an original mail

    mailing_list = models.ForeignKey(MailingList, on_delete=models.CASCADE, related_name="messages")
    # Base32 of the SHA-1 of the Message-ID, as HyperKitty computes it; part of its URLs.
    message_id_hash = models.TextField()
    message_id = models.TextField()
    # Hash of the thread's first mail, and of the mail that this one answers when that is archived too.
    thread_id = models.TextField()
    parent_hash = models.TextField(null=True)
    # Whether the archive's listing has it; a mail from an mbox import alone is not.
    listed = models.BooleanField(default=True)
    subject = models.TextField()
    subject_normalized = models.TextField()
    library_tags = ArrayField(models.TextField(), default=list)
    author_name = models.TextField()
    author_address = models.TextField()
    # The archive's date; its own clock's when the mail had no usable Date (then sent_at is NULL).
    date = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    in_reply_to = models.TextField(null=True)
    references = ArrayField(models.TextField(), null=True)
    body = models.TextField(null=True)
    # [kind, start, end] in characters of body; kind is text, quote or signature. Covers it without gaps.
    segments: "models.JSONField[list[tuple[str, int, int]] | None]" = models.JSONField(null=True)
    body_source = models.TextField(choices=BodySource.choices, null=True)
    # What was wrong with the mail and how it was read all the same.
    defects = ArrayField(models.TextField(), default=list)
    permalink = models.TextField()
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        constraints = [
            models.UniqueConstraint(fields=["mailing_list", "message_id_hash"], name="message_of_list"),
        ]
        indexes = [
            models.Index(fields=["mailing_list", "thread_id"], name="message_thread"),
            models.Index(fields=["mailing_list", "parent_hash"], name="message_parent"),
            models.Index(fields=["mailing_list", "message_id"], name="message_message_id"),
            models.Index(fields=["mailing_list", "date"], name="message_date"),
            models.Index(fields=["author_address"], name="message_author"),
            models.Index(fields=["changed_in"], name="message_changed"),
            models.Index(
                fields=["mailing_list", "date"],
                condition=models.Q(body_source__isnull=True, removed_at__isnull=True),
                name="message_body_pending",
            ),
            models.Index(
                fields=["mailing_list"],
                condition=models.Q(listed=True, removed_at__isnull=True),
                name="message_live",
            ),
            GinIndex(fields=["library_tags"], name="message_library_tags"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.message_id_hash})"


class Attachment(models.Model):
    """A file that was sent with a mail; the content is in the archived mail."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    position = models.IntegerField()
    name = models.TextField()
    content_type = models.TextField()
    size = models.BigIntegerField()  # bytes
    sha256 = models.TextField(null=True)  # hex; NULL where only the API answered

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="attachment_of_message")]

    def __str__(self) -> str:
        return self.name
