from django.apps import AppConfig

from core.registry import Tracker


class FeedTrackerConfig(AppConfig):
    name = "core.tests.feed_tracker"
    label = "feed_tracker"
    # A test registers it, so that no other test meets it.
    tracker = Tracker(
        app=name,
        collectors={"run_feed_tracker": f"{name}.collectors.FeedCollector"},
        settings=f"{name}.conf.FeedSettings",
        documents=f"{name}.documents.EntryDocuments",
        coverage=f"{name}.coverage.FeedCoverage",
        twin=f"{name}.twin.FeedTwin",
    )
