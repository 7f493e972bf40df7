"""Entries that are stored of each feed, which does not say how many it ever had."""

from core.registry import ScopeCoverage
from core.tests.feed_tracker.conf import FeedSettings
from core.tests.feed_tracker.models import Entry


class FeedCoverage:
    def scopes(self) -> list[ScopeCoverage]:
        live = Entry.objects.live()
        return [ScopeCoverage(f, live.filter(feed=f).count(), None) for f in FeedSettings.current().feeds]

    def repair_command(self, scope: str) -> str:  # noqa: ARG002 - all feeds are read at once
        return "manage.py run_feed_tracker --full"
