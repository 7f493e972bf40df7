"""The feed collector: feed by feed, all that it shows."""

from collections.abc import Mapping

from core.collectors import AbstractCollector, Scope, replay, retry
from core.errors import ConfigurationError
from core.http import HttpClient
from core.kinds import Kind
from core.protocols import Result
from core.tests.feed_tracker.client import feed_parts
from core.tests.feed_tracker.conf import FeedSettings
from core.tests.feed_tracker.models import Entry
from core.tests.feed_tracker.parsing import parse_entry
from core.tests.feed_tracker.protocol_impl import EntryRecord, FeedResult
from core.tests.feed_tracker.services import save_entries

ENTRY = Kind(
    "entry", "entries", "entry_id", parse_entry, save_entries, rows=lambda url: Entry.objects.filter(feed=url)
)


class FeedCollector(AbstractCollector):
    """Web feeds in the JSON Feed format."""

    name = "feeds"
    result_class = FeedResult

    def validate_config(self) -> None:
        if not FeedSettings.current().feeds:
            raise ConfigurationError("FEED_URLS names no feed", remedy="set it to addresses, comma separated")

    def collect(self) -> Result:
        for url in FeedSettings.current().feeds:
            self.attempt(url, self._read, Scope(self, url))
        return self.result()

    def _read(self, scope: Scope) -> None:
        url = scope.name
        if self.options.from_archive:
            replay(scope, url, [ENTRY])
            return
        retry(scope, url, [ENTRY])
        http = HttpClient(url, meter=self.meter, stop=self.stop_requested)
        # Another look is due where the last one was not believed.
        again = self.options.full or self.absences.is_doubtful(url, ENTRY.name)
        shown: dict[str, EntryRecord | None] = {}
        for entries, remember in feed_parts(http, url, even_if_unchanged=again):
            with scope.page() as page:
                taken = page.take(ENTRY, url, entries)
                shown |= {**dict.fromkeys(taken.refused), **taken.records}
                if remember is not None:
                    page.absent(ENTRY, url, self._missing(url, shown), present=shown)
                    remember()

    def _missing(self, url: str, shown: Mapping[str, EntryRecord | None]) -> set[str]:
        """Return stored entries that are not shown, though older ones are: a feed has only the newest."""
        oldest = min(filter(None, (each and each.published_at for each in shown.values())), default=None)
        stored = Entry.objects.filter(feed=url).live()
        newer = stored.filter(published_at__gte=oldest) if oldest else stored.none()
        return set(newer.values_list("entry_id", flat=True)) - shown.keys()
