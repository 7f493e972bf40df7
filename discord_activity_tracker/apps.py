from django.apps import AppConfig

from core import registry, vendors


class DiscordActivityTrackerConfig(AppConfig):
    name = "discord_activity_tracker"

    def ready(self) -> None:
        client = f"{self.name}.client"
        vendors.register(
            vendors.Vendor(
                "Discord",
                ("discord",),
                errors=f"{client}.refusals.ERRORS",
                client=f"{client}.DiscordClient",
            )
        )
        registry.register(
            registry.Tracker(
                app=self.name,
                collectors=(
                    registry.Declared(
                        "run_discord_activity_tracker",
                        f"{self.name}.collectors.DiscordActivityCollector",
                        twin=f"{self.name}.twin.DiscordTwin",
                        coverage=f"{self.name}.coverage.ChannelCoverage",
                    ),
                    registry.Declared(
                        "backfill_discord_activity_tracker",
                        f"{self.name}.collectors.DiscordBackfillCollector",
                        kind="importer",
                    ),
                ),
                settings=f"{self.name}.conf.DiscordSettings",
                source_check=f"{self.name}.client.check_source",
                documents=f"{self.name}.documents.DiscordDocuments",
                profiles=f"{self.name}.profiles.DiscordProfiles",
            )
        )
