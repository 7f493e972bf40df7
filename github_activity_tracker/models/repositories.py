"""Repositories, their names and numbers, and their releases."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.removable import Removable
from github_activity_tracker.models.accounts import Account


class Repository(Removable):
    """A repository as it was last seen; `owner` and `name` are today's."""

    github_id = models.BigIntegerField(primary_key=True)
    node_id = models.TextField()
    owner = models.TextField()
    name = models.TextField()
    description = models.TextField(default="")
    homepage = models.TextField(default="")
    topics = ArrayField(models.TextField(), default=list)
    # Language -> bytes.
    languages: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    primary_language = models.TextField(default="")
    license = models.TextField(default="")  # SPDX id
    stars = models.IntegerField(default=0)
    forks = models.IntegerField(default=0)
    watchers = models.IntegerField(default=0)
    is_archived = models.BooleanField(default=False)
    is_fork = models.BooleanField(default=False)
    is_private = models.BooleanField(default=False)
    is_empty = models.BooleanField(default=False)
    # owner/name of what it was forked from.
    fork_of = models.TextField(default="")
    default_branch = models.TextField(default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    pushed_at = models.DateTimeField(null=True)
    # Blob that the commit identities' mailmap was read from; "" when the repository has none.
    mailmap_blob = models.TextField(default="")
    # issues, pull_requests, discussions, releases -> how many GitHub itself counts.
    source_counts: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    # Why it cannot be collected now ("not found", "blocked: DMCA", ...); "" when it can.
    unavailable = models.TextField(default="")
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        indexes = [models.Index(fields=["owner", "name"], name="repository_full_name")]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


class RepositoryName(models.Model):
    """A name that a repository was seen with, its transfers included."""

    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="names"
    )
    full_name = models.TextField()
    first_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "full_name"], name="name_of_repository")]

    def __str__(self) -> str:
        return self.full_name


class RepositoryDay(models.Model):
    """A repository's counts on a day (UTC), as last seen that day."""

    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="days"
    )
    day = models.DateField()
    stars = models.IntegerField()
    forks = models.IntegerField()
    watchers = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "day"], name="day_of_repository")]

    def __str__(self) -> str:
        return f"{self.day}: {self.stars} stars"


class Release(Removable):
    node_id = models.TextField(primary_key=True)
    github_id = models.BigIntegerField()
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, db_constraint=False, related_name="releases"
    )
    tag_name = models.TextField()
    name = models.TextField()
    description = models.TextField()
    author = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    is_draft = models.BooleanField()
    is_prerelease = models.BooleanField()
    # content (THUMBS_UP, ...) -> number
    reactions: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    url = models.TextField()
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    stored_at = models.DateTimeField(db_default=Now())

    class Meta(Removable.Meta):
        indexes = [models.Index(fields=["repository", "created_at"], name="release_of_repository")]

    def __str__(self) -> str:
        return self.tag_name
