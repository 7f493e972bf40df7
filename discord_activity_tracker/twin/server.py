"""The server: its channels and threads, and how messages are spread over them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core.twins import World
from discord_activity_tracker.twin.messages import DEFAULT, THREAD_STARTER, Writer, reference
from discord_activity_tracker.twin.oddities import Oddities
from discord_activity_tracker.twin.people import People
from discord_activity_tracker.twin.rooms import Kind, Room
from discord_activity_tracker.twin.snowflakes import any_snowflake, moment_of, snowflake

Payload = dict[str, Any]
CHANNEL_SIZE, MOST_CHANNELS = 1500, 64
"""Everyday messages that make one more channel, and how many channels there are at most."""
THREAD_EVERY, MOST_THREADS = 500, 400
"""Everyday messages that make one more thread."""
IN_THREADS = 0.1
BURST = 6
"""Messages come in bursts of so many, minutes apart."""
WITHIN = timedelta(minutes=3)
QUIET = timedelta(days=2)
"""Before the world's end everybody is quiet for so long: what drifts in and changes comes after that."""
ODD_FROM = timedelta(days=40)
TAGS = ("solved", "question", "bug report")


class Server:
    """Everything in it, planted for about `size` messages."""

    def __init__(self, world: World, size: int) -> None:
        self.world = world
        self.people = People(world)
        self.writer = Writer(world, self.people)
        self.name = "C++ Alliance & Boost"
        self.id = self.people.guild
        self.rooms: list[Room] = []
        self._made = 0
        self._plant_channels(size)
        self.end = world.until - QUIET
        self.oddities = Oddities(world, self.people, self.writer, world.until - ODD_FROM)
        self.oddities.plant(self.general, self.news)
        self._plant_threads()
        self._plant_everyday(size)

    def room(self, number: int) -> Room | None:
        """With its id, if it is there."""
        found = self.writer.rooms.get(number)
        return None if found is None or found.is_gone else found

    @property
    def channels(self) -> list[Room]:
        return [room for room in self.rooms if not room.is_thread and not room.is_gone]

    @property
    def threads(self) -> list[Room]:
        return [room for room in self.rooms if room.is_thread and not room.is_gone]

    def payload(self) -> Payload:
        """As a guild, without counts."""
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": "a_1234567890abcdef1234567890abcdef",
            "description": "Where C++ libraries are made",
            "home_header": None,
            "splash": None,
            "discovery_splash": None,
            "features": ["COMMUNITY", "NEWS"],
            "banner": None,
            "owner_id": str(self.people.humans[0].id),
            "application_id": None,
            "region": "us-central",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": str(self.general.id),
            "system_channel_flags": 0,
            "widget_enabled": False,
            "widget_channel_id": None,
            "verification_level": 1,
            "roles": list(self.people.roles.values()),
            "default_message_notifications": 1,
            "mfa_level": 0,
            "explicit_content_filter": 2,
            "max_presences": None,
            "max_members": 500000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 2,
            "preferred_locale": "en-US",
            "rules_channel_id": None,
            "safety_alerts_channel_id": None,
            "public_updates_channel_id": None,
            "premium_progress_bar_enabled": False,
            "nsfw": False,
            "nsfw_level": 0,
            "emojis": [],
            "stickers": [],
            "incidents_data": None,
        }

    def add(self, kind: Kind, name: str, parent: Room | None = None, **more: Any) -> Room:
        """One more channel."""
        self._made += 1
        made = self.people.founded + timedelta(minutes=self._made)
        rng = self.world.rng("discord channel", self._made)
        room = Room(any_snowflake(rng, made), kind, name, self.id, parent, position=len(self.rooms), **more)
        self.rooms.append(room)
        self.writer.rooms[room.id] = room
        return room

    def thread(self, kind: Kind, name: str, parent: Room, number: int, **more: Any) -> Room:
        """One more thread. number: of the message that it is started from, or of its own first one."""
        more.setdefault("owner", self.people.humans[len(self.rooms) % len(self.people.humans)].id)
        more.setdefault("archive_changed", moment_of(number))
        room = Room(number, kind, name, self.id, parent, public=kind is not Kind.PRIVATE_THREAD, **more)
        self.rooms.append(room)
        self.writer.rooms[room.id] = room
        if number in parent and parent.has_messages:
            self.writer.threads[number] = room
        if not parent.has_messages:
            parent.add(number)
        return room

    def start_thread(
        self, name: str, parent: Room, number: int, *, moment: datetime | None = None, **more: Any
    ) -> Room:
        """From a message, at once or later; the first one in it points there."""
        moment = moment or moment_of(number) + timedelta(seconds=30)
        kind = Kind.ANNOUNCEMENT_THREAD if parent.kind is Kind.ANNOUNCEMENT else Kind.PUBLIC_THREAD
        room = self.thread(kind, name, parent, number, created=moment, archive_changed=moment, **more)
        room.add(snowflake(moment, number & 0xFFFFF), {
            "type": THREAD_STARTER,
            "author": self.writer.plain(parent, number)["author"],
            "message_reference": reference(parent, number),
        })  # fmt: skip
        return room

    def open_thread(self, name: str, parent: Room, moment: datetime, kind: Kind, **more: Any) -> Room:
        """From nothing; the channel is told, but of a private one."""
        number = any_snowflake(self.world.rng("discord thread", name, parent.id, moment), moment)
        owner = self.people.humans[len(self.rooms) % len(self.people.humans)]
        room = self.thread(kind, name, parent, number, owner=owner.id, **more)
        if kind is not Kind.PRIVATE_THREAD:
            parent.add(number + 1, {
                "type": 18,
                "content": name,
                "author": owner.user,
                "message_reference": {"type": 0, "channel_id": str(room.id), "guild_id": str(self.id)},
            })  # fmt: skip
        else:
            room.add(number + 1, {"type": 1, "author": owner.user, "mentions": [self.people.humans[0].user]})
            room.add(number + 2, {"type": 2, "author": owner.user, "mentions": [self.people.humans[0].user]})
        return room

    def post(self, name: str, forum: Room, moment: datetime, **more: Any) -> Room:
        """In a forum: a thread with a first message of the same id."""
        number = any_snowflake(self.world.rng("discord post", name, forum.id, moment), moment)
        room = self.thread(Kind.PUBLIC_THREAD, name, forum, number, **more)
        room.add(number, {
            "type": DEFAULT,
            "content": f"{name}\n\n{self.world.talk.paragraph(self.world.rng('discord post text', number))}",
            "author": self.people.humans[len(self.rooms) % len(self.people.humans)].user,
        })  # fmt: skip
        return room

    def _plant_channels(self, size: int) -> None:
        information = self.add(Kind.CATEGORY, "Information")
        self.news = self.add(Kind.ANNOUNCEMENT, "announcements", information, topic="Releases")
        self.add(Kind.TEXT, "rules", information, topic="Be kind.\nStay on topic.")
        boost = self.add(Kind.CATEGORY, "Boost")
        self.general = self.add(Kind.TEXT, "general", boost, topic="Everything about `boost::`")
        self.doomed = self.add(Kind.TEXT, "beast", boost)
        self.renamed = self.add(Kind.TEXT, "💬-off topic", boost, nsfw=True)
        more = min(MOST_CHANNELS, size // CHANNEL_SIZE)
        for place in range(more):
            library = self.world.libraries[place % len(self.world.libraries)]
            self.add(
                Kind.TEXT, f"lib-{library}" + ("-dev" if place >= len(self.world.libraries) else ""), boost
            )
        tags = [
            {"id": str(self.people.founded.toordinal() * 1000 + n), "name": tag, "moderated": n == 1,
             "emoji_id": None, "emoji_name": "✅" if n == 1 else None}
            for n, tag in enumerate(TAGS, start=1)
        ]  # fmt: skip
        self.forum = self.add(Kind.FORUM, "help", boost, topic="One question, one post", tags=tags)
        self.media = self.add(Kind.MEDIA, "screenshots", boost)
        self.voice = self.add(Kind.VOICE, "Lounge", information)
        self.stage = self.add(Kind.STAGE, "Talks", information)
        staff = self.add(Kind.CATEGORY, "Staff", public=False)
        self.team = self.add(Kind.TEXT, "general", staff, public=False, topic="Another one of this name")
        self.hidden = self.add(Kind.TEXT, "moderators", staff, public=False, readable=False)
        self.add(Kind.TEXT, "nothing-here-yet", None)

    def _plant_threads(self) -> None:
        """A few of every sort; all begin among the odd messages."""
        start = self.world.until - ODD_FROM + timedelta(days=2)
        hours = iter(range(1, 500, 5))

        def at() -> datetime:
            return start + timedelta(hours=next(hours))

        say = self.oddities.say
        question = say(self.general, content="Why does `std::visit` not take `boost::variant2`?")
        self.talkative = self.start_thread("std::visit <and> variant2", self.general, question)
        self.sleeping = self.open_thread(
            "Old plans", self.general, at(), Kind.PUBLIC_THREAD, archived=True, locked=True
        )
        self.open_thread("Old plans", self.doomed, at(), Kind.PUBLIC_THREAD)
        self.open_thread("hush", self.general, at(), Kind.PRIVATE_THREAD)
        self.open_thread("hush, old", self.general, at(), Kind.PRIVATE_THREAD, archived=True)
        self.start_thread("1.87", self.news, self.news.ids[0], archived=True)
        orphaned = say(self.general, content="What everybody answered in the thread below")
        self.start_thread("Its starter is gone", self.general, orphaned, archived=True)
        self.general.ids.remove(orphaned)  # before anybody looked
        tags = [int(tag["id"]) for tag in self.forum.tags]
        self.post("How do I build Boost with `-fmodules`?", self.forum, at(), applied=tags[1:2])
        self.post("asio::co_spawn crashes", self.forum, at(), applied=tags[:2], archived=True)
        self.post(
            "[bug] operator<< is ambiguous", self.forum, at(), applied=tags[2:], archived=True, locked=True
        )
        picture = self.post("My IDE", self.media, at())
        picture.written[picture.id]["attachments"] = []
        for kind, content in (
            (27, "Boost 2025 in review"),
            (29, ""),
            (31, "Questions"),
            (28, "Boost 2025 in review"),
        ):
            say(self.stage, type=kind, content=content)

    def _plant_everyday(self, size: int) -> None:
        written = sum(len(room) for room in self.rooms if room.has_messages)
        left = max(len(self.rooms) * 2, size - written)
        self._plant_more_threads(left)
        texts = [room for room in self.rooms if room.has_messages and not room.is_thread]
        texts = [room for room in texts if room.name != "nothing-here-yet"]
        threads = [room for room in self.rooms if room.is_thread]
        for rooms, messages in ((threads, int(left * IN_THREADS)), (texts, left - int(left * IN_THREADS))):
            weights = [0.7 + 0.6 * self.world.rng("discord weight", room.id).random() for room in rooms]
            for room, weight in zip(rooms, weights, strict=True):
                self._fill(room, max(1, round(messages * weight / sum(weights))))

    def _plant_more_threads(self, messages: int) -> None:
        texts = [room for room in self.channels if room.kind is Kind.TEXT and room.public]
        for place in range(min(MOST_THREADS, messages // THREAD_EVERY)):
            rng = self.world.rng("discord more threads", place)
            moment = self.people.founded + (self.end - self.people.founded) * rng.uniform(0.1, 0.8)
            name = self.world.talk.subject(rng)
            if place % 2:
                self.post(name, self.forum, moment, archived=place % 4 == 1)
            else:
                self.open_thread(name, rng.choice(texts), moment, Kind.PUBLIC_THREAD, archived=place % 8 > 0)

    def _fill(self, room: Room, count: int) -> None:
        rng = self.world.rng("discord times", room.id)
        start = max(self.people.founded + timedelta(days=1), moment_of(room.id) + timedelta(hours=1))
        for number in _times(rng, count, start, self.end):
            if not room.ids or number not in room:
                room.add(number)


def _times(rng: Random, count: int, start: datetime, end: datetime) -> Iterator[int]:
    """Ids of messages in bursts, from `start` to `end`."""
    gap = (end - start) / (count // BURST + 1)
    step = min(WITHIN, gap / (BURST + 2))
    for place in range(count):
        burst, nth = divmod(place, BURST)
        yield any_snowflake(rng, start + gap * burst + step * (nth + 0.8 * rng.random()))
