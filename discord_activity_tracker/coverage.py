"""Stored messages of channels beside what Discord says of them."""

from django.db.models import Count, Max, Q

from core.registry import ScopeCoverage
from discord_activity_tracker.models import Channel


class ChannelCoverage:
    """Discord counts the messages of threads only, and stops at 50 with those made before July 2022."""

    def scopes(self) -> list[ScopeCoverage]:
        live = Q(messages__removed_at__isnull=True, messages__origin="api")
        rows = (
            Channel.objects.live()
            .annotate(stored=Count("messages", filter=live), newest=Max("messages__sent_at", filter=live))
            .filter(Q(stored__gt=0) | Q(last_message_id__isnull=False))
            .exclude(kind__in=(Channel.Kind.CATEGORY, Channel.Kind.FORUM, Channel.Kind.MEDIA))
            .order_by("server__name", "name", "pk")
        )
        told = rows.values_list("server__name", "name", "pk", "server_id", "stored", "newest")
        return [
            ScopeCoverage(f"{server} #{name} ({pk})", stored, None, newest, f"{server_id}/{pk}")
            for server, name, pk, server_id, stored, newest in told
        ]

    def repair_command(self, scope: str) -> str:
        channel_id = scope.rpartition("(")[2].rstrip(")")
        return f"manage.py run_discord_activity_tracker --channels {channel_id} --full"
