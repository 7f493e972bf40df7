"""Discussions; their comments are with the others."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.changes import Change
from core.removable import Removable
from github_activity_tracker.models.accounts import Account
from github_activity_tracker.models.repositories import Repository


class Discussion(Removable):
    node_id = models.TextField(primary_key=True)
    github_id = models.BigIntegerField()
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="discussions"
    )
    number = models.IntegerField()
    title = models.TextField()
    body = models.TextField()
    category = models.TextField()
    author = models.ForeignKey(Account, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    author_association = models.TextField()
    is_closed = models.BooleanField()
    state_reason = models.TextField(default="")
    is_locked = models.BooleanField()
    # The comment that answers it, when one was chosen.
    answer_id = models.TextField(null=True)
    answered_at = models.DateTimeField(null=True)
    labels = ArrayField(models.TextField(), default=list)
    upvotes = models.IntegerField(default=0)
    reactions: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    url = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    last_edited_at = models.DateTimeField(null=True)
    thread_changed_in = models.BigIntegerField(db_default=Change())
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        indexes = [
            models.Index(fields=["repository", "number"], name="discussion_number"),
            models.Index(fields=["thread_changed_in"], name="discussion_thread_changed"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"
