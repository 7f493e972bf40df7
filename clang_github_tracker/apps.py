from django.apps import AppConfig

from core import registry


class ClangGithubTrackerConfig(AppConfig):
    name = "clang_github_tracker"

    def ready(self) -> None:
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors=(
                    registry.Declared(
                        "run_clang_github_tracker",
                        f"{self.name}.collectors.ClangGithubTrackerCollector",
                        twin="github_activity_tracker.twin.LlvmTwin",
                        coverage=f"{self.name}.coverage.ClangCoverage",
                    ),
                ),
                settings=f"{self.name}.conf.ClangGithubSettings",
                writes_to=("github_activity_tracker",),
            )
        )
