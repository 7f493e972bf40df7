"""Collect web feeds."""

from core.collectors import BaseCollectorCommand
from core.tests.feed_tracker.collectors import FeedCollector


class Command(BaseCollectorCommand):
    help = __doc__ or ""
    # A feed says in one request whether there is anything to do, and in a few more all that it has.
    without = frozenset({"--dry-run", "--since", "--until", "--limit"})
    collector = FeedCollector
