"""Stored messages of lists beside what their archive says of them."""

from django.db.models import F, Max

from boost_mailing_list_tracker.models import MailingList, Message
from core.registry import ScopeCoverage


class ListCoverage:
    def scopes(self) -> list[ScopeCoverage]:
        return [_coverage_of(row) for row in MailingList.objects.order_by("name")]

    def repair_command(self, scope: str) -> str:
        return f"manage.py run_boost_mailing_list_tracker --list {scope} --full"


def _coverage_of(row: MailingList) -> ScopeCoverage:
    stored = Message.objects.live().filter(mailing_list=row, listed=True)
    # Not what claims to be from the future.
    newest = stored.filter(sent_at__lte=F("stored_at")).aggregate(newest=Max("sent_at"))["newest"]
    return ScopeCoverage(row.name, stored.count(), row.source_count, newest)
