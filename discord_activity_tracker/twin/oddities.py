"""One message of every kind that there is in a server, and of every shape that surprised someone.

Types: https://docs.discord.com/developers/resources/message#message-object-message-types. The ones that only
direct messages have (3, 5) are not among them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from core.twins import World
from discord_activity_tracker.twin import contents
from discord_activity_tracker.twin.messages import HAS_SNAPSHOT, Writer, reference
from discord_activity_tracker.twin.people import People
from discord_activity_tracker.twin.rooms import Room
from discord_activity_tracker.twin.snowflakes import any_snowflake, iso, snowflake

Payload = dict[str, Any]
APART = timedelta(minutes=7)
PLAIN_SYSTEM = {
    7: "", 8: "", 9: "", 10: "", 11: "", 14: "", 15: "", 16: "", 17: "", 22: "", 26: "",
    32: "", 36: "2025-12-31T13:00:00.000000+00:00", 37: "", 38: "", 39: "", 55: "",
}  # fmt: skip
"""Types that are nothing but what somebody did, and what stands in their content."""
CROSSPOSTED, IS_CROSSPOST, SUPPRESS_EMBEDS, SOURCE_DELETED = 1, 2, 4, 8
EPHEMERAL_THREAD, SILENT, VOICE, COMPONENTS_V2 = 1 << 8, 1 << 12, 1 << 13, 1 << 15
OTHER_GUILD, OTHER_CHANNEL = 331718482485837825, 331718482485837999


class Oddities:
    """Plants them, some minutes apart from each other."""

    def __init__(self, world: World, people: People, writer: Writer, start: datetime) -> None:
        self.world = world
        self.people = people
        self.writer = writer
        self.rng = world.rng("discord oddities")
        self.moment = start
        self.somebody, self.other = people.humans[0], people.humans[1]

    def say(self, room: Room, **fields: Any) -> int:
        """One more message, a while after the last one."""
        self.moment += APART
        number = any_snowflake(self.rng, self.moment)
        return room.add(number, {"author": self.somebody.user, **fields})

    def plant(self, general: Room, news: Room) -> None:
        """All that need nothing but a text channel; in the announcement channel what is crossposted."""
        first = self.say(
            general, content="Has anybody built `boost::asio::awaitable<T>` with /std:c++latest?"
        )
        for told in self._system(general, first):
            self.say(general, **told)
        for told in self._user(general, first):
            self.say(general, **told)
        self._replies(general)
        self._poll(general)
        self.say(news, content="Boost 1.87 is out! @everyone", mention_everyone=True, flags=CROSSPOSTED)
        self.say(
            news, content="cppcon starts", flags=IS_CROSSPOST, webhook_id=str(self.people.webhooks[0]),
            author=self.people.webhook(0, 1)[1],
            message_reference={
                "type": 0, "channel_id": str(OTHER_CHANNEL), "guild_id": str(OTHER_GUILD),
                "message_id": str(snowflake(self.moment)),
            },
        )  # fmt: skip

    def _system(self, room: Room, first: int) -> Iterator[Payload]:
        for kind, content in PLAIN_SYSTEM.items():
            yield {"type": kind, "content": content, "author": self.other.user}
        yield {"type": 4, "content": "the new name", "author": self.other.user}
        room.pinned[first] = self.moment + APART
        yield {"type": 6, "message_reference": reference(room, first), "author": self.other.user}
        yield {
            "type": 12,
            "content": "isocpp #news",
            "message_reference": {
                "type": 0,
                "channel_id": str(OTHER_CHANNEL),
                "guild_id": str(OTHER_GUILD),
            },
        }
        yield {
            "type": 24, "author": self.other.user,
            "embeds": [{
                "type": "auto_moderation_message", "description": "buy cheap followers",
                "fields": [
                    {"name": "rule_name", "value": "Block Spam Content", "inline": False},
                    {"name": "channel_id", "value": str(room.id), "inline": False},
                ],
            }],
        }  # fmt: skip
        yield {
            "type": 25,
            "role_subscription_data": {
                "role_subscription_listing_id": str(OTHER_CHANNEL),
                "tier_name": "Patron",
                "total_months_subscribed": 3,
                "is_renewal": True,
            },
        }
        yield {
            "author": self.people.system,
            "content": "This server can now be discovered.",
            "flags": CROSSPOSTED,
        }
        yield {"author": self.people.deleted, "content": "my account is gone, my words are not"}

    def _user(self, room: Room, first: int) -> Iterator[Payload]:
        yield self._command()
        yield self._command() | {
            "type": 23,
            "content": "Translated: good morning",
            "message_reference": reference(room, first),
        }
        yield self._forward()
        yield self._forward() | {"flags": HAS_SNAPSHOT | SOURCE_DELETED}
        yield self._voice()
        yield {"content": "", "embeds": [contents.embed(self.world, self.rng)], **self._webhook(0, 2)}
        yield {"content": "a webhook calls itself what it likes", **self._webhook(1, 1)}
        yield {
            "content": "",
            "sticker_items": [{"id": str(OTHER_CHANNEL), "name": "C++ Wave", "format_type": 1}],
        }
        yield {"content": "no preview: <https://www.boost.org>", "flags": SUPPRESS_EMBEDS}
        yield {"content": "@silent psst", "flags": SILENT}
        yield {"content": "spoken", "tts": True}
        yield {"content": "", "attachments": [contents.attachment(self.rng, first)]}
        yield self._buttons()
        yield self._components()
        yield {"content": "||the ending||\n> quoted\n-# small\n# A heading\n```\nan open fence\n<details>"}
        yield {
            "content": f"<@{self.other.id}> asks <@&{self.people.guild}> and <@99999999999999999>",
            "mentions": [self.other.user],
        }
        yield {"content": "e" * 2000}
        yield {"content": "a nul \u2028 and a lone \ufffd, zero\u200bwidth, 👩‍👩‍👧‍👦, עברית, \u202eelbairav"}
        yield {"author": self.people.bot.user, "content": "1 message was stored."}

    def _replies(self, room: Room) -> None:
        """A chain, and an answer to what is gone, and one to what never was here."""
        number = self.say(room, content="Is `optional<T&>` a good idea?", author=self.other.user)
        for words in ("Yes.", "Only if it rebinds.", "P2988 says so."):
            answered = self.people.humans[2].user if words == "Yes." else self.somebody.user
            number = self.say(
                room, type=19, content=words, message_reference=reference(room, number),
                author=answered, mentions=[self.other.user],
            )  # fmt: skip
        gone = self.say(room, content="this one is deleted long before anybody looks")
        self.say(room, type=19, content="to whom?", message_reference=reference(room, gone))
        room.ids.remove(gone)
        del room.written[gone]

    def _poll(self, room: Room) -> None:
        """One that is over, with the message that says so, and one that goes on."""
        over = self.say(room, poll=self.poll("East const or west const?", ended=True))
        self.say(room, **self.poll_result(room, over))
        self.say(room, poll=self.poll("Next review?", ended=False))

    def poll(self, question: str, *, ended: bool, votes: tuple[int, int] = (7, 3)) -> Payload:
        """Two answers."""
        media = ({"text": "east"}, {"text": "west", "emoji": {"id": None, "name": "🧭"}})
        expiry = self.moment + (APART if ended else timedelta(days=3))
        return {
            "question": {"text": question},
            "answers": [{"answer_id": n, "poll_media": each} for n, each in enumerate(media, start=1)],
            "expiry": iso(expiry),
            "allow_multiselect": False,
            "layout_type": 1,
            "results": {
                "answer_counts": [
                    {"id": n, "count": count, "me_voted": False} for n, count in enumerate(votes, start=1)
                ],
                "is_finalized": ended,
            },
        }

    def poll_result(self, room: Room, poll: int) -> Payload:
        """Discord's own message when a poll is over."""
        told = room.written[poll]["poll"]
        winner = max(told["results"]["answer_counts"], key=lambda each: each["count"])
        votes = sum(each["count"] for each in told["results"]["answer_counts"])
        text = next(each for each in told["answers"] if each["answer_id"] == winner["id"])["poll_media"][
            "text"
        ]
        fields = {
            "poll_question_text": told["question"]["text"],
            "victor_answer_votes": str(winner["count"]),
            "total_votes": str(votes),
            "victor_answer_id": str(winner["id"]),
            "victor_answer_text": text,
        }
        return {
            "type": 46,
            "author": room.written[poll]["author"],
            "message_reference": reference(room, poll),
            "embeds": [{
                "type": "poll_result",
                "fields": [{"name": name, "value": value, "inline": False} for name, value in fields.items()],
            }],
        }  # fmt: skip

    def _webhook(self, place: int, turn: int) -> Payload:
        number, author = self.people.webhook(place, turn)
        return {"webhook_id": str(number), "author": author}

    def _command(self) -> Payload:
        told = {
            "id": str(snowflake(self.moment)),
            "type": 2,
            "user": self.somebody.user,
            "authorizing_integration_owners": {"0": str(self.people.guild)},
        }
        return {
            "type": 20,
            "author": self.people.other_bot.user,
            "application_id": str(self.people.other_bot.id),
            "content": "```\n42\n```",
            "interaction": {"id": told["id"], "type": 2, "name": "eval", "user": self.somebody.user},
            "interaction_metadata": told,
        }

    def _forward(self) -> Payload:
        file = contents.attachment(self.rng, snowflake(self.moment))
        return {
            "flags": HAS_SNAPSHOT,
            "message_reference": {
                "type": 1,
                "channel_id": str(OTHER_CHANNEL),
                "message_id": str(snowflake(self.moment)),
                "guild_id": str(OTHER_GUILD),
            },
            "message_snapshots": [{
                "message": {
                    "type": 0,
                    "content": "What was said elsewhere: `std::launder<T>`",
                    "mentions": [],
                    "mention_roles": [],
                    "attachments": [file],
                    "embeds": [contents.embed(self.world, self.rng)],
                    "timestamp": iso(self.moment),
                    "edited_timestamp": None,
                    "flags": 0,
                    "components": [],
                },
            }],
        }  # fmt: skip

    def _voice(self) -> Payload:
        spoken = {
            "id": str(any_snowflake(self.rng, self.moment)),
            "filename": "voice-message.ogg",
            "size": 900,
            "content_type": "audio/ogg",
            "duration_secs": 3.4,
            "waveform": "FQAMExc=",
        }
        return {"flags": VOICE, "attachments": [spoken]}

    def _buttons(self) -> Payload:
        button = {
            "type": 2,
            "id": 2,
            "style": 5,
            "label": "View the build",
            "url": "https://ci.example.org/7",
        }
        return {
            **self._webhook(0, 0),
            "content": "Build failed",
            "components": [{"type": 1, "id": 1, "components": [button]}],
        }

    def _components(self) -> Payload:
        """Content is empty by rule when a message is made of components."""
        texts = [{"type": 10, "id": n, "content": f"Text {n} of the `layout<{n}>`"} for n in (2, 3)]
        return {
            "author": self.people.other_bot.user,
            "flags": COMPONENTS_V2,
            "components": [
                {"type": 17, "id": 1, "accent_color": None, "components": texts, "spoiler": False},
                {"type": 10, "id": 4, "content": "Text outside"},
            ],
        }
