from django.apps import AppConfig

from core import registry


class CppaSlackTrackerConfig(AppConfig):
    name = "cppa_slack_tracker"

    def ready(self) -> None:
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors={"run_cppa_slack_tracker": f"{self.name}.collectors.CppaSlackTrackerCollector"},
                settings=f"{self.name}.conf.SlackTrackerSettings",
                documents=f"{self.name}.documents.SlackDocuments",
                profiles=f"{self.name}.profiles.SlackProfiles",
                coverage=f"{self.name}.coverage.SlackCoverage",
                source_check=f"{self.name}.sync.checks.check_source",
                twin=f"{self.name}.twin.SlackTwin",
            )
        )
