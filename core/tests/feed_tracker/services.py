"""The only place that writes the entries."""

from collections.abc import Sequence
from dataclasses import asdict

from core.store import Upserted, upsert
from core.tests.feed_tracker.models import Entry
from core.tests.feed_tracker.protocol_impl import EntryRecord


def save_entries(feed: str, records: Sequence[EntryRecord]) -> Upserted:
    """Save entries; one that was removed and is shown again is there again."""
    rows = [Entry(feed=feed, **asdict(record)) for record in records]
    return upsert(Entry, rows, key=("feed", "entry_id"))
