"""Discord's REST API, and the files that its messages carry."""

from discord_activity_tracker.client.checking import INTENTS, check_source
from discord_activity_tracker.client.discord import DiscordClient
from discord_activity_tracker.client.files import FileClient
from discord_activity_tracker.client.readings import (
    UNLIMITED,
    Allowance,
    MessagePage,
    Payload,
    Read,
    Reading,
    Stretch,
    id_of,
)
from discord_activity_tracker.client.refusals import Gone, RouteLimited, Unreadable

__all__ = [
    "INTENTS",
    "UNLIMITED",
    "Allowance",
    "DiscordClient",
    "FileClient",
    "Gone",
    "MessagePage",
    "Payload",
    "Read",
    "Reading",
    "RouteLimited",
    "Stretch",
    "Unreadable",
    "check_source",
    "id_of",
]
