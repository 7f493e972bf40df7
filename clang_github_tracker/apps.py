from django.apps import AppConfig

from core import registry


class ClangGithubTrackerConfig(AppConfig):
    name = "clang_github_tracker"

    def ready(self) -> None:
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors={
                    "run_clang_github_tracker": f"{self.name}.collectors.ClangGithubTrackerCollector"
                },
                settings=f"{self.name}.conf.ClangGithubSettings",
                coverage=f"{self.name}.coverage.ClangCoverage",
                twin="github_activity_tracker.twin.LlvmTwin",
                writes_to=("github_activity_tracker",),
            )
        )
