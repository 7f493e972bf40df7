"""Admin pages. Everything can be looked at and nothing changed: Slack is where it comes from."""

from django.contrib import admin

from core.admin import LookedAt
from cppa_slack_tracker.models import (
    Bookmark,
    Channel,
    ChannelMember,
    File,
    MembershipEvent,
    Message,
    Pin,
    User,
    Workspace,
)


@admin.register(Workspace)
class WorkspaceAdmin(LookedAt):
    list_display = ("name", "team_id", "domain")
    ordering = ("team_id",)


@admin.register(User)
class UserAdmin(LookedAt):
    list_display = ("name", "real_name", "display_name", "is_bot", "is_deactivated", "removed_at")
    list_filter = ("is_bot", "is_deactivated", "is_guest", "is_stranger")
    search_fields = ("=user_id", "name", "real_name", "display_name", "=email")
    ordering = ("workspace", "user_id")


@admin.register(Channel)
class ChannelAdmin(LookedAt):
    list_display = ("name", "channel_id", "kind", "is_member", "is_archived", "access", "removed_at")
    list_filter = ("kind", "is_archived", "is_member", "access")
    search_fields = ("=channel_id", "name")
    ordering = ("workspace", "channel_id")


@admin.register(Message)
class MessageAdmin(LookedAt):
    list_display = ("ts", "channel", "user_id", "subtype", "sent_at", "reply_count", "removed_at")
    list_select_related = ("channel",)
    search_fields = ("=ts", "=user_id", "=thread_ts")
    ordering = ("-pk",)


@admin.register(File)
class FileAdmin(LookedAt):
    list_display = ("name", "file_id", "mode", "mime_type", "size", "content_problem", "removed_at")
    list_filter = ("mode",)
    search_fields = ("=file_id", "name", "title")
    ordering = ("-pk",)


@admin.register(ChannelMember)
class ChannelMemberAdmin(LookedAt):
    list_display = ("channel", "user_id", "removed_at")
    list_select_related = ("channel",)
    search_fields = ("=user_id",)
    ordering = ("channel", "user_id")


@admin.register(MembershipEvent)
class MembershipEventAdmin(LookedAt):
    list_display = ("channel", "user_id", "kind", "happened_at")
    list_select_related = ("channel",)
    search_fields = ("=user_id",)
    ordering = ("-pk",)


@admin.register(Pin)
class PinAdmin(LookedAt):
    list_display = ("channel", "kind", "item_id", "created_by", "removed_at")
    list_select_related = ("channel",)
    ordering = ("channel", "item_id")


@admin.register(Bookmark)
class BookmarkAdmin(LookedAt):
    list_display = ("title", "channel", "link", "removed_at")
    list_select_related = ("channel",)
    ordering = ("channel", "bookmark_id")
