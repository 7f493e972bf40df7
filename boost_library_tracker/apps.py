from django.apps import AppConfig

from core import registry


class BoostLibraryTrackerConfig(AppConfig):
    name = "boost_library_tracker"

    def ready(self) -> None:
        collector = f"{self.name}.collectors.BoostGithubActivityCollector"
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors={"run_boost_github_activity_tracker": collector},
                settings=f"{self.name}.conf.BoostLibrarySettings",
                coverage=f"{self.name}.coverage.BoostCoverage",
                source_check="core.operations.github_ops.check_source",
                twin="github_activity_tracker.twin.BoostorgTwin",
                writes_to=("github_activity_tracker",),
            )
        )
