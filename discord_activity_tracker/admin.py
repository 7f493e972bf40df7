"""Admin pages. Everything can be looked at and nothing changed: Discord is where it comes from."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from discord_activity_tracker.models import (
    Attachment,
    Channel,
    MarkdownExport,
    Member,
    Membership,
    Message,
    Reaction,
    Role,
    Server,
    User,
)

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Model]
else:
    AnyModelAdmin = admin.ModelAdmin  # which is not generic when it runs


class LookedAt(AnyModelAdmin):
    """A page without buttons. Lists are ordered by an index, and not counted as a whole."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - nobody may
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - as above
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - as above
        return False


@admin.register(Server)
class ServerAdmin(LookedAt):
    list_display = ("name", "id", "member_count")
    search_fields = ("=id", "name")
    ordering = ("pk",)


@admin.register(Role)
class RoleAdmin(LookedAt):
    list_display = ("name", "server", "position", "is_managed", "removed_at")
    list_filter = ("server",)
    list_select_related = ("server",)
    search_fields = ("=id", "name")
    ordering = ("pk",)


@admin.register(User)
class UserAdmin(LookedAt):
    list_display = ("username", "global_name", "id", "is_bot")
    list_filter = ("is_bot",)
    search_fields = ("=id", "username", "global_name")
    ordering = ("pk",)


@admin.register(Member)
class MemberAdmin(LookedAt):
    list_display = ("user", "server", "nickname", "joined_at", "left_at")
    list_filter = ("server",)
    list_select_related = ("user", "server")
    search_fields = ("=user__id", "nickname", "user__username")
    ordering = ("pk",)


@admin.register(Membership)
class MembershipAdmin(LookedAt):
    list_display = ("user", "server", "joined_at", "left_at")
    list_filter = ("server",)
    list_select_related = ("user", "server")
    search_fields = ("=user__id", "user__username")
    ordering = ("pk",)


@admin.register(Channel)
class ChannelAdmin(LookedAt):
    list_display = ("name", "server", "kind", "is_public", "is_archived", "unreadable", "removed_at")
    list_filter = ("server", "kind", "is_public")
    list_select_related = ("server",)
    search_fields = ("=id", "=parent_id", "name")
    ordering = ("pk",)


@admin.register(Message)
class MessageAdmin(LookedAt):
    list_display = ("id", "channel", "sent_at", "author_id", "type", "edited_at", "removed_at")
    list_select_related = ("channel",)
    search_fields = ("=id", "=author_id", "=channel__id")
    ordering = ("-pk",)


@admin.register(Reaction)
class ReactionAdmin(LookedAt):
    list_display = ("name", "count", "message_id")
    search_fields = ("=message__id", "=emoji")
    ordering = ("pk",)


@admin.register(Attachment)
class AttachmentAdmin(LookedAt):
    list_display = ("filename", "content_type", "size", "message_id", "sha256")
    search_fields = ("=message__id", "=attachment_id", "filename")
    ordering = ("pk",)


@admin.register(MarkdownExport)
class MarkdownExportAdmin(LookedAt):
    list_display = ("path", "day", "version")
    search_fields = ("=channel__id", "path")
    ordering = ("pk",)
