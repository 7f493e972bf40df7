from django.apps import AppConfig

from core import registry


class BoostMailingListTrackerConfig(AppConfig):
    name = "boost_mailing_list_tracker"

    def ready(self) -> None:
        collector = f"{self.name}.collectors.BoostMailingListTrackerCollector"
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors={"run_boost_mailing_list_tracker": collector},
                settings=f"{self.name}.conf.MailingListSettings",
                documents=f"{self.name}.documents.ThreadDocuments",
                profiles=f"{self.name}.profiles.AuthorProfiles",
                coverage=f"{self.name}.coverage.ListCoverage",
                source_check=f"{self.name}.client.check_source",
                twin=f"{self.name}.twin.HyperKittyTwin",
            )
        )
