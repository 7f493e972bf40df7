"""Changes on the server between two runs, and arrivals while somebody is paging."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from discord_activity_tracker.twin import contents
from discord_activity_tracker.twin.messages import REPLY, reference
from discord_activity_tracker.twin.rooms import Kind, Room
from discord_activity_tracker.twin.server import Server
from discord_activity_tracker.twin.snowflakes import any_snowflake, iso, moment_of, snowflake

Payload = dict[str, Any]
ROUND = timedelta(hours=6)
"""How long a round of changes is in the world's time; drift has its first half."""
DRIFT = 4
DELETING_ROUND = 2
"""The round in which a channel is deleted, and a thread."""
RECENT, FEW = 30, 3
"""How many messages from the end are recent; what is in the first third of a channel is old."""


class Change:
    """One round. unseen: since when there are messages that nobody may have seen, as drift brought them."""

    def __init__(self, server: Server, number: int, start: datetime, unseen: datetime) -> None:
        self.server = server
        self.number = number
        self.moment = start
        self.unseen = snowflake(unseen)
        self.rng = server.world.rng("discord change", number)

    def happen(self) -> None:
        """Make all changes. Deletions go first: nobody could know what else happened just before."""
        if self.number == DELETING_ROUND:
            self.server.doomed.deleted = True
            self.server.sleeping.deleted = True
        rooms = self._alive()
        for room in rooms:
            self._remove(room)
        self._come()
        for room in rooms:
            self._edit(room)
            self._react(room)
        self._end_poll()
        self._pin()
        self._move_threads()
        self._rename()
        self._members()

    def _alive(self) -> list[Room]:
        """Some channels and threads in which something happens to old messages."""
        named = [self.server.general, self.server.doomed, self.server.talkative, self.server.team]
        rooms = [room for room in self.server.rooms if room.has_messages and room not in named]
        return [room for room in [*named, *self.rng.sample(rooms, 4)] if not room.is_gone and len(room) > FEW]

    def _say(self, room: Room, **fields: Any) -> int:
        self.moment += timedelta(seconds=self.rng.randint(5, 90))
        number = any_snowflake(self.rng, self.moment)
        if not fields:
            return room.add(number)
        author = self.rng.choice(self.server.people.humans).user
        return room.add(number, {"author": author, **fields})

    def _come(self) -> None:
        """New messages, here and there; an answer to an old one; one in a sleeping thread, which wakes it."""
        rooms = [room for room in self.server.rooms if room.has_messages and not room.is_gone]
        for room in [self.server.general, *self.rng.sample(rooms, 5)]:
            if room.archived and not room.locked:
                room.archived, room.archive_changed = False, self.moment
            if not room.locked and room.readable:
                for _ in range(self.rng.randint(1, 4)):
                    self._say(room)
        general = self.server.general
        old = self.rng.choice(list(general.present())[:20])
        self._say(
            general, type=REPLY, content="Late to this, but yes.", message_reference=reference(general, old)
        )

    def _picked(self, room: Room) -> list[int]:
        """An old message and a recent one."""
        present = list(room.present())
        if len(present) < FEW:
            return []
        old, recent = self.rng.choice(present[: len(present) // FEW]), self.rng.choice(present[-RECENT:])
        return list(dict.fromkeys([old, recent]))

    def _edit(self, room: Room) -> None:
        for number in self._picked(room):
            now = self.server.writer.plain(room, number)
            if now["type"] not in {0, REPLY} or now["flags"] or now.get("poll"):
                continue
            self.moment += timedelta(seconds=20)
            changed = {"content": f"{now['content'][:1500]}\n(edit {self.number}: `std::move` it)"}
            if self.rng.random() < 0.3:  # noqa: PLR2004 - a share of the edits
                changed |= {"attachments": [], "embeds": [contents.embed(self.server.world, self.rng)]}
            self._change(room, number, edited_timestamp=iso(self.moment), **changed)

    def _react(self, room: Room) -> None:
        for number in self._picked(room):
            now = self.server.writer.plain(room, number)
            reactions = list(now.get("reactions", ()))
            if reactions and self.rng.random() < 0.5:  # noqa: PLR2004 - a share of them
                reactions.pop()
            else:
                reactions = [each for each in reactions if each["emoji"]["name"] != "🚀"] + [
                    contents.reaction("🚀", self.number + self.rng.randint(1, 5), self.rng.choice([0, 1]))
                ]
            self._change(room, number, reactions=reactions)

    def _remove(self, room: Room) -> None:
        """An old and a recent one, but for the first one of a post and what somebody still waits for."""
        for number in self._picked(room):
            if number < self.unseen and number != room.id and not self._is_poll(room, number):
                room.removed.add(number)

    def _is_poll(self, room: Room, number: int) -> bool:
        return "poll" in room.written.get(number, {})

    def _change(self, room: Room, number: int, **fields: Any) -> None:
        room.changes[number] = {**room.changes.get(number, {}), **fields}

    def _end_poll(self) -> None:
        """The one that went on ends; Discord says so; the next one begins."""
        room, oddities = self.server.general, self.server.oddities
        oddities.moment = self.moment
        for number in [number for number in room.written if self._is_poll(room, number) and number in room]:
            poll = room.written[number]["poll"]
            if not poll["results"]["is_finalized"]:
                results = {"is_finalized": True, "answer_counts": [
                    each | {"count": each["count"] + self.number} for each in poll["results"]["answer_counts"]
                ]}  # fmt: skip
                room.written[number] = room.written[number] | {"poll": poll | {"results": results}}
                self._say(room, **oddities.poll_result(room, number))
        self._say(room, poll=oddities.poll(f"Meeting {self.number}?", ended=False))

    def _pin(self) -> None:
        """One more pin; the oldest goes."""
        room = self.server.general
        pinned = [number for number in room.pinned if number in room]
        if len(pinned) > 1:
            del room.pinned[min(pinned, key=lambda number: room.pinned[number])]
        number = self.rng.choice([each for each in room.present() if each not in room.pinned])
        notice = self._say(room, type=6, message_reference=reference(room, number))
        room.pinned[number] = moment_of(notice)

    def _move_threads(self) -> None:
        """A new one from an old message, a new post; one falls asleep."""
        general = self.server.general
        free = [number for number in general.present() if number not in self.server.writer.threads]
        free = free[: len(free) // FEW]
        old = self.rng.choice([number for number in free if self._is_talk(general, number)])
        self.moment += timedelta(minutes=1)
        thread = self.server.start_thread(f"About this, {self.number}", general, old, moment=self.moment)
        for _ in range(3):
            self._say(thread)
        post = self.server.post(
            f"New question {self.number}", self.server.forum, self.moment + timedelta(minutes=1)
        )
        self.moment += timedelta(minutes=2)
        self._say(post)
        awake = [room for room in self.server.threads if not room.archived and room.parent is general]
        falls_asleep = self.rng.choice(awake)
        falls_asleep.archived, falls_asleep.archive_changed = True, self.moment

    def _is_talk(self, room: Room, number: int) -> bool:
        return self.server.writer.plain(room, number)["type"] in {0, REPLY}

    def _rename(self) -> None:
        self.server.renamed.name = f"off-topic-{self.number}"
        self.server.renamed.topic = f"Anything, {self.number}"
        self.server.talkative.name = f"std::visit, part {self.number}"

    def _members(self) -> None:
        """A nickname, a name, a role; one comes, one goes."""
        people = self.server.people
        present = [member for member in people.humans if not member.left]
        present[self.number].nick = f"nick {self.number}"
        present[self.number + 1].user["global_name"] = f"Renamed {self.number}"
        present[self.number + 2].roles = [next(role for role in people.roles if role != people.guild)]
        present[self.number + 3].left = True
        newcomer = people.joins(self.number)
        self._say(self.server.general, type=7, author=newcomer.user)


def arrivals(server: Server, number: int, start: datetime) -> Iterator[Callable[[], None]]:
    """Yield what comes while somebody is paging in a round: messages, and a post in the forum."""
    rng = server.world.rng("discord drift", number)
    rooms = [server.general, server.talkative, server.team, server.forum]
    for nth in range(DRIFT):
        message = any_snowflake(rng, start + timedelta(minutes=10 * nth))
        yield partial(_arrive, server, rooms[nth % len(rooms)], message)


def _arrive(server: Server, room: Room, number: int) -> None:
    if room.kind is Kind.FORUM:
        server.post(f"While you read {number}", room, moment_of(number))
    elif not room.is_gone:
        if room.archived:
            room.archived, room.archive_changed = False, moment_of(number)
        room.add(number)
