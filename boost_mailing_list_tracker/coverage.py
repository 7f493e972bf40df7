"""What the lists hold here beside what their archive says."""

from django.db.models import Count, F, Max, Q

from boost_mailing_list_tracker.models import MailingList
from core.registry import ScopeCoverage


class ListCoverage:
    def scopes(self) -> list[ScopeCoverage]:
        live = Q(messages__listed=True, messages__removed_at__isnull=True)
        dated = live & Q(messages__sent_at__isnull=False, messages__sent_at__lte=F("messages__stored_at"))
        rows = MailingList.objects.annotate(
            stored=Count("messages", filter=live), newest=Max("messages__sent_at", filter=dated)
        ).order_by("name")
        return [ScopeCoverage(*row) for row in rows.values_list("name", "stored", "source_count", "newest")]

    def repair_command(self, scope: str) -> str:
        return f"manage.py run_boost_mailing_list_tracker --list {scope} --full"
