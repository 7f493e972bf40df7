from django.apps import AppConfig

from core import registry


class DiscordActivityTrackerConfig(AppConfig):
    name = "discord_activity_tracker"

    def ready(self) -> None:
        registry.register(
            registry.Tracker(
                app=self.name,
                settings=f"{self.name}.conf.DiscordSettings",
            )
        )
