from django.apps import AppConfig

from core import registry


class CppaSlackTrackerConfig(AppConfig):
    name = "cppa_slack_tracker"

    def ready(self) -> None:
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors=(
                    registry.Declared(
                        "run_cppa_slack_tracker",
                        f"{self.name}.collectors.CppaSlackTrackerCollector",
                        twin=f"{self.name}.twin.SlackTwin",
                        coverage=f"{self.name}.coverage.SlackCoverage",
                    ),
                ),
                settings=f"{self.name}.conf.SlackTrackerSettings",
                documents=f"{self.name}.documents.SlackDocuments",
                profiles=f"{self.name}.profiles.SlackProfiles",
                source_check=f"{self.name}.sync.checks.check_source",
            )
        )
