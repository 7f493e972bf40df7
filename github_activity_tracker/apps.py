from django.apps import AppConfig

from core import registry


class GithubActivityTrackerConfig(AppConfig):
    name = "github_activity_tracker"

    def ready(self) -> None:
        registry.register(
            registry.Tracker(
                app=self.name,
                settings=f"{self.name}.conf.GithubActivitySettings",
                documents=f"{self.name}.documents.GithubDocuments",
                profiles=f"{self.name}.profiles.AccountProfiles",
            )
        )
