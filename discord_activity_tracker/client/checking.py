"""For `doctor`: the token, the intents, and the servers."""

from core.metering import Meter
from discord_activity_tracker.client.discord import DiscordClient
from discord_activity_tracker.conf import DiscordSettings

# https://docs.discord.com/developers/resources/application#application-object-application-flags
# The second of each is for bots on fewer than 100 servers.
INTENTS = {"message content": 1 << 18 | 1 << 19, "server members": 1 << 14 | 1 << 15}


def check_source() -> str:
    """Asks who the bot is, what it may read, and for each server of the settings."""
    chosen = DiscordSettings.current()
    chosen.require()
    with DiscordClient(
        chosen.discord_api_base_url,
        chosen.token,
        meter=Meter(),
        calls_per_second=chosen.discord_requests_per_second,
        attempts=2,
    ) as client:
        bot = client.login()
        flags = client.application().get("flags")
        servers = [str(client.server(server_id).get("name")) for server_id in chosen.server_ids]
    missing = [name for name, bits in INTENTS.items() if not (isinstance(flags, int) and flags & bits)]
    lacks = f"; without the privileged intents {' and '.join(missing)}" if missing else ""
    return f"bot {bot.get('username')} on {', '.join(servers)}{lacks}"
