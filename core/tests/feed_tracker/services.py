"""The only place that writes the entries."""

from collections.abc import Sequence
from dataclasses import asdict

from core.store import Upserted, upsert
from core.tests.feed_tracker.models import Entry
from core.tests.feed_tracker.protocol_impl import EntryRecord


def save_entries(feed: str, records: Sequence[EntryRecord]) -> Upserted:
    """Save entries; one that was removed and is shown again is there again."""
    return upsert(Entry, [Entry(feed=feed, **asdict(each)) for each in records], key=("feed", "entry_id"))
