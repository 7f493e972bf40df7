"""Comments, reviews and events below issues, pull requests and discussions."""

from django.db import models
from django.db.models.functions import Now

from core.removable import Removable
from github_activity_tracker.models.accounts import Account
from github_activity_tracker.models.repositories import Repository


class Authored(Removable):
    """A text that somebody wrote below an issue, pull request or discussion."""

    node_id = models.TextField(primary_key=True)
    github_id = models.BigIntegerField()
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    # Node id of the issue, pull request or discussion that it belongs to.
    subject_id = models.TextField(db_index=True)
    author = models.ForeignKey(Account, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    author_association = models.TextField()
    body = models.TextField()
    # Hidden by a maintainer: `off-topic`, `spam`, ... as GitHub spells it; "" when shown.
    minimized_reason = models.TextField(default="")
    reactions: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    url = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    last_edited_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        abstract = True


class Comment(Authored):
    """A comment on an issue, a pull request or a discussion."""

    # The comment of a discussion that it replies to.
    reply_to_id = models.TextField(null=True)
    is_answer = models.BooleanField(default=False)
    upvotes = models.IntegerField(null=True)  # of a discussion's comment

    def __str__(self) -> str:
        return self.url


class Review(Authored):
    """A review of a pull request. `submitted_at` is NULL while it is pending."""

    state = models.TextField()  # APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING
    submitted_at = models.DateTimeField(null=True)
    commit_sha = models.TextField(null=True)

    def __str__(self) -> str:
        return self.url


class ReviewThread(Removable):
    """Where in a pull request's diff people talk, and whether that is settled."""

    node_id = models.TextField(primary_key=True)
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    subject_id = models.TextField(db_index=True)  # the pull request
    path = models.TextField()
    # Lines in today's diff, NULL where it has moved on, and in the diff that was commented.
    line = models.IntegerField(null=True)
    start_line = models.IntegerField(null=True)
    original_line = models.IntegerField(null=True)
    original_start_line = models.IntegerField(null=True)
    side = models.TextField()  # LEFT or RIGHT
    start_side = models.TextField(default="")
    subject_type = models.TextField()  # LINE or FILE
    is_resolved = models.BooleanField()
    is_outdated = models.BooleanField()
    resolved_by = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    stored_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.path}:{self.line or self.original_line}"


class ReviewComment(Authored):
    """A comment on a pull request's diff, the first of its thread or a reply."""

    thread_id = models.TextField()
    review_id = models.TextField(null=True)
    reply_to_id = models.TextField(null=True)
    path = models.TextField()
    line = models.IntegerField(null=True)
    original_line = models.IntegerField(null=True)
    diff_hunk = models.TextField()
    commit_sha = models.TextField(null=True)
    original_commit_sha = models.TextField(null=True)

    def __str__(self) -> str:
        return self.url


class TimelineEvent(Removable):
    """Something that was done to an issue or pull request, other than writing."""

    node_id = models.TextField(primary_key=True)
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    subject_id = models.TextField(db_index=True)
    # GraphQL's type name: ClosedEvent, LabeledEvent, HeadRefForcePushedEvent, ...
    kind = models.TextField()
    actor = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    # What the kind has besides: label, from and to title, before and after commit, source, ...
    details: "models.JSONField[dict[str, object]]" = models.JSONField(default=dict)
    stored_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d}"
