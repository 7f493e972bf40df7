"""Discord's REST API, and the files that its messages carry."""

from discord_activity_tracker.client.attempts import Gone, Unreadable
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
    "Stretch",
    "Unreadable",
    "check_source",
    "id_of",
]
