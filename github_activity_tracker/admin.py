"""Admin pages. Everything can be looked at and nothing changed: GitHub is where it comes from."""

from django.contrib import admin

from core.admin import LookedAt
from github_activity_tracker.models import (
    Account,
    Comment,
    Commit,
    CommitIdentity,
    Discussion,
    Issue,
    MarkdownExport,
    Release,
    Repository,
    Review,
    ReviewComment,
    TimelineEvent,
)


@admin.register(Account)
class AccountAdmin(LookedAt):
    list_display = ("login", "name", "kind", "github_id")
    list_filter = ("kind",)
    search_fields = ("login", "name", "=github_id")
    ordering = ("login",)


@admin.register(Repository)
class RepositoryAdmin(LookedAt):
    list_display = ("full_name", "stars", "forks", "pushed_at", "is_archived", "unavailable")
    list_filter = ("owner", "is_archived", "is_fork", "primary_language")
    search_fields = ("owner", "name", "description")
    ordering = ("owner", "name")


@admin.register(Commit)
class CommitAdmin(LookedAt):
    list_display = ("sha", "repository", "author_name", "committed_at", "is_merge", "is_reachable")
    list_filter = ("is_merge", "is_reachable")
    list_select_related = ("repository",)
    search_fields = ("=sha", "=author_email")
    ordering = ("-pk",)


@admin.register(CommitIdentity)
class CommitIdentityAdmin(LookedAt):
    list_display = ("name", "email", "account_id", "looked_up")
    list_filter = ("looked_up",)
    search_fields = ("name", "email")
    ordering = ("email", "name")


@admin.register(Issue)
class IssueAdmin(LookedAt):
    list_display = ("number", "repository", "kind", "title", "state", "updated_at", "removed_at")
    list_filter = ("kind", "state")
    list_select_related = ("repository",)
    search_fields = ("=number", "=node_id", "title")
    ordering = ("-thread_changed_in",)


@admin.register(Discussion)
class DiscussionAdmin(LookedAt):
    list_display = ("number", "repository", "category", "title", "is_closed", "updated_at", "removed_at")
    list_select_related = ("repository",)
    search_fields = ("=number", "=node_id", "title")
    ordering = ("-thread_changed_in",)


@admin.register(Release)
class ReleaseAdmin(LookedAt):
    list_display = ("tag_name", "repository", "name", "published_at", "is_prerelease", "removed_at")
    list_select_related = ("repository",)
    search_fields = ("=tag_name", "name")
    ordering = ("-pk",)


@admin.register(Comment, Review, ReviewComment)
class WrittenAdmin(LookedAt):
    list_display = ("node_id", "subject_id", "author_id", "created_at", "removed_at")
    search_fields = ("=node_id", "=subject_id")
    ordering = ("pk",)


@admin.register(TimelineEvent)
class TimelineEventAdmin(LookedAt):
    list_display = ("kind", "subject_id", "actor_id", "created_at")
    search_fields = ("=node_id", "=subject_id")
    ordering = ("pk",)


@admin.register(MarkdownExport)
class MarkdownExportAdmin(LookedAt):
    list_display = ("path", "version")
    search_fields = ("=issue__node_id", "path")
    ordering = ("pk",)
