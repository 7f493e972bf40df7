"""Discord's REST API, and the files that its messages carry."""

from discord_activity_tracker.client.checking import INTENTS, check_source
from discord_activity_tracker.client.discord import DiscordClient, archived_at
from discord_activity_tracker.client.files import FileClient
from discord_activity_tracker.client.readings import (
    UNLIMITED,
    Allowance,
    MessageBatch,
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
    "MessageBatch",
    "Payload",
    "Read",
    "Reading",
    "RouteLimited",
    "Stretch",
    "Unreadable",
    "archived_at",
    "check_source",
    "id_of",
]
