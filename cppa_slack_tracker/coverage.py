"""Stored messages of channels. Slack tells no number of messages, so gaps are told by time."""

from django.db.models import Count, Max, Q

from core.registry import ScopeCoverage
from cppa_slack_tracker.models import Channel


class SlackCoverage:
    def scopes(self) -> list[ScopeCoverage]:
        live = Q(messages__removed_at__isnull=True, messages__isnull=False)
        rows = (
            Channel.objects.live()
            .select_related("workspace")
            .annotate(stored=Count("messages", filter=live), newest=Max("messages__sent_at", filter=live))
            .order_by("workspace__team_id", "channel_id")
        )
        return [
            ScopeCoverage(
                scope=f"{row.workspace.team_id}/{row.channel_id}",
                stored=getattr(row, "stored", 0),
                at_source=None,
                newest=getattr(row, "newest", None),
            )
            for row in rows
        ]

    def repair_command(self, scope: str) -> str:
        team_id, _, channel_id = scope.partition("/")
        return f"manage.py run_cppa_slack_tracker --team-id {team_id} --channel-id {channel_id} --full"
