"""Issues and pull requests, and the Markdown that they are rendered to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.changes import Change
from core.removable import Removable
from github_activity_tracker.models.accounts import Account
from github_activity_tracker.models.repositories import Repository


class Issue(Removable):
    """An issue or a pull request. A number is not a key: it can come back with another id."""

    class Kind(models.TextChoices):
        ISSUE = "issue"
        PULL_REQUEST = "pull_request"

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"
        MERGED = "merged"

    node_id = models.TextField(primary_key=True)
    github_id = models.BigIntegerField()
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="issues"
    )
    kind = models.TextField(choices=Kind.choices)
    number = models.IntegerField()
    title = models.TextField()
    body = models.TextField()
    author = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, related_name="issues"
    )
    author_association = models.TextField()  # MEMBER, CONTRIBUTOR, ...
    state = models.TextField(choices=State.choices)
    state_reason = models.TextField(default="")  # COMPLETED, NOT_PLANNED, DUPLICATE, REOPENED
    is_locked = models.BooleanField()
    lock_reason = models.TextField(default="")
    labels = ArrayField(models.TextField(), default=list)  # in the order that GitHub gives
    assignees = ArrayField(models.BigIntegerField(), default=list)  # account ids
    milestone = models.TextField(default="")
    # content (THUMBS_UP, ...) -> number
    reactions: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    url = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    last_edited_at = models.DateTimeField(null=True)
    # The rest is a pull request's alone.
    is_draft = models.BooleanField(null=True)
    merged_at = models.DateTimeField(null=True)
    merged_by = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    merge_commit = models.TextField(null=True)
    base_ref = models.TextField(null=True)
    base_sha = models.TextField(null=True)
    head_ref = models.TextField(null=True)
    head_sha = models.TextField(null=True)
    head_repository = models.TextField(null=True)  # owner/name; NULL when it was deleted
    additions = models.IntegerField(null=True)
    deletions = models.IntegerField(null=True)
    changed_files = models.IntegerField(null=True)
    # Logins of users, slugs of teams.
    requested_reviewers = ArrayField(models.TextField(), default=list)
    # The change that it or anything below it last had here; documents and the Markdown export follow it.
    thread_changed_in = models.BigIntegerField(db_default=Change())
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        indexes = [
            models.Index(fields=["repository", "number"], name="issue_number"),
            models.Index(fields=["repository", "kind", "updated_at"], name="issue_updated"),
            models.Index(fields=["repository", "kind", "created_at"], name="issue_created"),
            models.Index(fields=["thread_changed_in"], name="issue_thread_changed"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"


class MarkdownExport(models.Model):
    """The file that an issue or pull request was last rendered to, and of which version of it.

    An issue whose `thread_changed_in` is not `version`, or that has no row here, is still to be rendered.
    """

    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="export"
    )
    path = models.TextField()  # below the export's folder
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return self.path
