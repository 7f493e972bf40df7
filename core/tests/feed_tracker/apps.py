from django.apps import AppConfig

from core import registry


class FeedTrackerConfig(AppConfig):
    name = "core.tests.feed_tracker"
    label = "feed_tracker"
    collector = registry.Declared(
        "run_feed_tracker",
        f"{name}.collectors.FeedCollector",
        twin=f"{name}.twin.FeedTwin",
        coverage=f"{name}.coverage.FeedCoverage",
    )
    # A test registers it, so that no other test meets it.
    tracker = registry.Tracker(
        name, (collector,), settings=f"{name}.conf.FeedSettings", documents=f"{name}.documents.EntryDocuments"
    )
