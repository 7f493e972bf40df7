"""Collect web feeds."""

from core.collectors import BaseCollectorCommand
from core.tests.feed_tracker.collectors import FeedCollector


class Command(BaseCollectorCommand):
    help = __doc__ or ""
    without = frozenset({"--since", "--until", "--limit"})
    collector = FeedCollector
