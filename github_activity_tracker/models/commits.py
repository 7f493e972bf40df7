"""What git says: refs, commits, changed files, and who is named in them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.changes import Change
from github_activity_tracker.models.accounts import Account
from github_activity_tracker.models.repositories import Repository


class GitRef(models.Model):
    """A branch or tag as last fetched. `target` is its commit, also of an annotated tag; NULL where none is.

    What the refs of the last ingestion pointed at is where the next one starts.
    """

    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="refs"
    )
    name = models.TextField()  # refs/heads/..., refs/tags/...
    object_id = models.TextField()  # what the ref itself names: a tag object for an annotated tag
    target = models.TextField(null=True)
    tagged_at = models.DateTimeField(null=True)  # of an annotated tag
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="ref_of_repository")]

    def __str__(self) -> str:
        return self.name


class CommitIdentity(models.Model):
    """A name and e-mail that commits carry, and the account that GitHub knows for them.

    Keyed by both, never by the name alone. `account` is NULL when GitHub knows none, or was not asked
    yet (`looked_up` is false then).
    """

    email = models.TextField()
    name = models.TextField()
    account = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="identities"
    )
    looked_up = models.BooleanField(default=False)
    # A commit that carries it: GitHub is asked for a commit's people, not for an address.
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )
    sha = models.TextField()
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email", "name"], name="identity_by_email_and_name")]
        indexes = [
            models.Index(
                fields=["repository"], condition=models.Q(looked_up=False), name="identity_not_looked_up"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class MailmapEntry(models.Model):
    """What a repository's .mailmap makes of an identity that its commits carry; only where it differs."""

    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="mailmap"
    )
    email = models.TextField()
    name = models.TextField()
    canonical_email = models.TextField()
    canonical_name = models.TextField()
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "email", "name"], name="mailmap_of_repository")
        ]

    def __str__(self) -> str:
        return self.identity

    @property
    def identity(self) -> str:
        """What tells it from the others of its repository."""
        return f"{self.name} <{self.email}>"


class Commit(models.Model):
    """A commit reachable from a branch or tag, or that was once. People are as written in it."""

    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="commits"
    )
    sha = models.TextField()
    parents = ArrayField(models.TextField())
    is_merge = models.BooleanField()
    author_name = models.TextField()
    author_email = models.TextField()
    authored_at = models.DateTimeField(null=True)  # NULL when the commit's date is no date
    committer_name = models.TextField()
    committer_email = models.TextField()
    committed_at = models.DateTimeField(null=True)
    message = models.TextField()
    # [key, value] in the order of the message: Signed-off-by, Co-authored-by, ...
    trailers: "models.JSONField[list[tuple[str, str]]]" = models.JSONField(default=list)
    patch = models.TextField(null=True)  # only where the settings ask for patches
    # How many more files it changed than have rows, where it changed too many; NULL: all have.
    files_left_out = models.IntegerField(null=True)
    # False once a force push or a deleted branch has left it behind.
    is_reachable = models.BooleanField(default=True)
    stored_at = models.DateTimeField(db_default=Now())
    changed_in = models.BigIntegerField(db_default=Change())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "sha"], name="commit_of_repository")]
        indexes = [
            models.Index(fields=["repository", "committed_at"], name="commit_date"),
            models.Index(fields=["author_email", "author_name"], name="commit_author"),
        ]

    def __str__(self) -> str:
        return self.sha


class CommitFile(models.Model):
    """A path that a commit changed against its first parent. Merges have none, as `git log` shows none."""

    class Status(models.TextChoices):
        ADDED = "A"
        COPIED = "C"
        DELETED = "D"
        MODIFIED = "M"
        RENAMED = "R"
        TYPE_CHANGED = "T"

    commit = models.ForeignKey(Commit, on_delete=models.CASCADE, db_constraint=False, related_name="files")
    position = models.IntegerField()  # in git's own order
    status = models.TextField(choices=Status.choices)
    # Bytes that are not UTF-8 stand as \xNN here and as they are in path_bytes.
    path = models.TextField()
    old_path = models.TextField(null=True)  # of a rename or copy
    path_bytes = models.BinaryField(null=True)
    similarity = models.SmallIntegerField(null=True)  # percent, of a rename or copy
    old_mode = models.IntegerField()
    new_mode = models.IntegerField()
    # NULL for a binary file, and where the mirror has no file contents (--partial).
    additions = models.IntegerField(null=True)
    deletions = models.IntegerField(null=True)
    is_binary = models.BooleanField(null=True)  # NULL where the mirror has no file contents

    class Meta:
        constraints = [models.UniqueConstraint(fields=["commit", "position"], name="file_of_commit")]
        indexes = [models.Index(fields=["path"], name="commit_file_path")]

    def __str__(self) -> str:
        return self.path

    @property
    def place(self) -> str:
        """What tells it from all others, in one word."""
        return f"{self.commit_id}:{self.position}"  # type: ignore[attr-defined] - Django adds it
