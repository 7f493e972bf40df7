"""Messages as the API tells them, made when they are asked for: the millionth costs what the first does."""

from datetime import timedelta
from typing import Any

from core.twins import World
from discord_activity_tracker.twin import contents
from discord_activity_tracker.twin.people import People
from discord_activity_tracker.twin.rooms import Room
from discord_activity_tracker.twin.snowflakes import iso, moment_of

Payload = dict[str, Any]
HAS_THREAD, HAS_SNAPSHOT = 1 << 5, 1 << 14
DEFAULT, REPLY, THREAD_STARTER = 0, 19, 21
_REPLY, _WEBHOOK, _BOT = 0.25, 0.04, 0.03
_EDITED, _REACTIONS, _FILE, _EMBED = 0.05, 0.12, 0.04, 0.04
_FARTHEST = 8
"""How many messages back a reply goes at most."""
_WITH_REFERENCED = frozenset({REPLY, THREAD_STARTER})


class Writer:
    """Knows what every message says. threads: by the id of the message that they were started from."""

    def __init__(self, world: World, people: People) -> None:
        self.world = world
        self.people = people
        self.rooms: dict[int, Room] = {}
        self.threads: dict[int, Room] = {}

    def message(self, room: Room, number: int) -> Payload:
        """With the message that it answers, and the thread that was started from it."""
        told = self.plain(room, number)
        if told["type"] in _WITH_REFERENCED:
            told["referenced_message"] = self._referenced(told["message_reference"])
        return told

    def plain(self, room: Room, number: int) -> Payload:
        """Without the message that it answers."""
        told: Payload = {
            "type": DEFAULT,
            "content": "",
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "timestamp": iso(moment_of(number)),
            "edited_timestamp": None,
            "flags": 0,
            "components": [],
            "id": str(number),
            "channel_id": str(room.id),
            "pinned": number in room.pinned,
            "mention_everyone": False,
            "tts": False,
        }
        written = room.written.get(number)
        told |= self._everyday(room, number) if written is None else written
        told |= room.changes.get(number, {})
        thread = self.threads.get(number)
        if thread is not None and thread.parent is room and not thread.deleted:
            told["flags"] |= HAS_THREAD
            told["thread"] = thread.payload()
        return told

    def _referenced(self, reference: Payload) -> Payload | None:
        room, number = self.rooms.get(int(reference["channel_id"])), int(reference["message_id"])
        if room is None or room.is_gone or number not in room:
            return None
        return self.plain(room, number)

    def _everyday(self, room: Room, number: int) -> Payload:
        rng = self.world.rng("discord", room.id, number)
        words, mentioned = contents.text(self.world, self.people, rng, room.id)
        told: Payload = {"content": words, "author": rng.choice(self.people.humans).user}
        dice = rng.random()
        if dice < _WEBHOOK:
            webhook, told["author"] = self.people.webhook(rng.randrange(4), rng.randrange(6))
            told["webhook_id"] = str(webhook)
        elif dice < _WEBHOOK + _BOT:
            told["author"] = self.people.other_bot.user
        elif dice < _WEBHOOK + _BOT + _REPLY:
            answered = room.earlier(number, rng.randint(1, _FARTHEST))
            if answered is not None:
                told |= {"type": REPLY, "message_reference": reference(room, answered)}
        told["mentions"] = [each.user for each in mentioned]
        told["mention_roles"] = [
            str(role) for role in self.people.roles if f"<@&{role}>" in words and role != self.people.guild
        ]
        if rng.random() < _EDITED:
            told["edited_timestamp"] = iso(moment_of(number) + timedelta(seconds=rng.randint(20, 9000)))
        if rng.random() < _FILE:
            told["attachments"] = [contents.attachment(rng, number) for _ in range(rng.choice([1, 1, 3]))]
        if rng.random() < _EMBED:
            told["embeds"] = [contents.embed(self.world, rng)]
        if rng.random() < _REACTIONS:
            told["reactions"] = [
                contents.reaction(emoji, rng.randint(1, 9), rng.choice([0, 0, 0, 2]))
                for emoji in rng.sample(contents.EMOJI, rng.randint(1, 3))
            ]
        return told


def reference(room: Room, number: int, kind: int = 0) -> Payload:
    """A reference to a message. kind: 0 for an answer and the like, 1 for a forward."""
    return {
        "type": kind,
        "channel_id": str(room.id),
        "message_id": str(number),
        "guild_id": str(room.guild),
    }
