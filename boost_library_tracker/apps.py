from django.apps import AppConfig

from core import registry


class BoostLibraryTrackerConfig(AppConfig):
    name = "boost_library_tracker"

    def ready(self) -> None:
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors=(
                    registry.Declared(
                        "run_boost_github_activity_tracker",
                        f"{self.name}.collectors.BoostGithubActivityCollector",
                        twin="github_activity_tracker.twin.BoostorgTwin",
                        coverage=f"{self.name}.coverage.BoostCoverage",
                    ),
                ),
                settings=f"{self.name}.conf.BoostLibrarySettings",
                source_check="core.operations.github_ops.check_source",
                writes_to=("github_activity_tracker",),
            )
        )
