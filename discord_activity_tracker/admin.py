"""Admin pages. Everything can be looked at and nothing changed: Discord is where it comes from."""

from django.contrib import admin

from core.admin import LookedAt
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


@admin.register(Server)
class ServerAdmin(LookedAt):
    list_display = ("name", "id", "member_count")
    search_fields = ("=id", "name")


@admin.register(Role)
class RoleAdmin(LookedAt):
    list_display = ("name", "server", "position", "is_managed", "removed_at")
    list_filter = ("server",)
    list_select_related = ("server",)
    search_fields = ("=id", "name")


@admin.register(User)
class UserAdmin(LookedAt):
    list_display = ("username", "global_name", "id", "is_bot")
    list_filter = ("is_bot",)
    search_fields = ("=id", "username", "global_name")


@admin.register(Member)
class MemberAdmin(LookedAt):
    list_display = ("user", "server", "nickname", "joined_at", "left_at")
    list_filter = ("server",)
    list_select_related = ("user", "server")
    search_fields = ("=user__id", "nickname", "user__username")


@admin.register(Membership)
class MembershipAdmin(LookedAt):
    list_display = ("user", "server", "joined_at", "left_at")
    list_filter = ("server",)
    list_select_related = ("user", "server")
    search_fields = ("=user__id", "user__username")


@admin.register(Channel)
class ChannelAdmin(LookedAt):
    list_display = ("name", "server", "kind", "is_public", "is_archived", "unreadable", "removed_at")
    list_filter = ("server", "kind", "is_public")
    list_select_related = ("server",)
    search_fields = ("=id", "=parent_id", "name")


@admin.register(Message)
class MessageAdmin(LookedAt):
    list_display = ("id", "channel", "sent_at", "author_id", "type", "edited_at", "removed_at")
    list_select_related = ("channel",)
    search_fields = ("=id", "=author_id", "=channel__id")


@admin.register(Reaction)
class ReactionAdmin(LookedAt):
    list_display = ("name", "count", "message_id")
    search_fields = ("=message__id", "=emoji")


@admin.register(Attachment)
class AttachmentAdmin(LookedAt):
    list_display = ("filename", "content_type", "size", "message_id", "sha256")
    search_fields = ("=message__id", "=attachment_id", "filename")


@admin.register(MarkdownExport)
class MarkdownExportAdmin(LookedAt):
    list_display = ("path", "day", "version")
    search_fields = ("=channel__id", "path")
