"""Messages as a bot without the message content intent is told them.

https://docs.discord.com/developers/events/gateway#message-content-intent
"""

from typing import Any

from discord_activity_tracker.twin.people import Member

_EMPTIED = ("attachments", "embeds", "components")


def without_content(told: dict[str, Any], bot: Member) -> dict[str, Any]:
    """A message with what people wrote left out, but for the bot's own and those that mention it."""
    mentioned = any(user["id"] == str(bot.id) for user in told["mentions"])
    if told["author"]["id"] == str(bot.id) or mentioned:
        return told
    told = told | {"content": "", **{name: [] for name in _EMPTIED}}
    told.pop("poll", None)
    if "message_snapshots" in told:
        emptied = {"content": "", **{name: [] for name in _EMPTIED}}
        told["message_snapshots"] = [
            {"message": each["message"] | emptied} for each in told["message_snapshots"]
        ]
    if told.get("referenced_message"):
        told["referenced_message"] = without_content(told["referenced_message"], bot)
    return told
