from django.apps import AppConfig

from core import registry


class BoostMailingListTrackerConfig(AppConfig):
    name = "boost_mailing_list_tracker"

    def ready(self) -> None:
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors=(
                    registry.Declared(
                        "run_boost_mailing_list_tracker",
                        f"{self.name}.collectors.BoostMailingListTrackerCollector",
                        twin=f"{self.name}.twin.HyperKittyTwin",
                        coverage=f"{self.name}.coverage.ListCoverage",
                    ),
                ),
                settings=f"{self.name}.conf.MailingListSettings",
                documents=f"{self.name}.documents.ThreadDocuments",
                profiles=f"{self.name}.profiles.AuthorProfiles",
                source_check=f"{self.name}.client.check_source",
            )
        )
