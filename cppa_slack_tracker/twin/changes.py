"""Changes between two runs: new, late, edited, deleted and renamed things, each round a few of each."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from cppa_slack_tracker.twin import people, writing
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.ids import SECOND, slack_id
from cppa_slack_tracker.twin.planting import EVERYBODYS, HIDDEN, ODD, PRIVATE
from cppa_slack_tracker.twin.posts import PLAIN, Kind, Post
from cppa_slack_tracker.twin.workspaces import Workspace

ROUND = timedelta(hours=12)
_SOON = 90 * SECOND
_NEW = 3
_LASTING = frozenset({EVERYBODYS, ODD, PRIVATE, HIDDEN})
RENAMING, ARCHIVING, CLOSING, DEACTIVATING = 1, 2, 0, 1
"""Rounds in which that happens, and every third one after."""
ARRIVALS = 4
"""Messages of each round that come while a client is paging."""
LATE = timedelta(hours=8)
"""From the beginning of a round to its arrivals; all that the round's changes brought is before them."""
DRIFTED = 10**6
"""Numbers above are of messages that drift brings: they do not depend on when."""


class Change:
    """One round. A thing is touched by at most one change, so that it is known how it was seen last."""

    def __init__(self, space: Workspace, number: int) -> None:
        self.space = space
        self.number = number
        self.rng = space.world.rng("slack change", space.id, number)
        self.now = space.until + ROUND * number // timedelta(microseconds=1)
        # What only drift brought may not have been seen by anyone, so nothing becomes of it.
        self.touched = {
            (channel.id, post.ts)
            for channel in space.channels.values()
            for post in channel
            if post.number > DRIFTED
        }
        if number % 3 == CLOSING:
            space.channel(f"new-{number - 2}").is_closed = True
        self.open = [
            channel
            for channel in space.channels.values()
            if channel.is_member
            and not channel.is_closed
            and not channel.is_archived
            and channel.kind in {"public_channel", "private_channel"}
        ]

    def happen(self) -> None:
        for channel in self.open:
            self._delete(channel)
            self._edit(channel)
            self._react(channel)
            self._reply_late(channel)
            self._say(channel)
        self._move_people()
        self._adorn()
        self._delete_file()
        self._change_channels()
        self._change_users()

    def _tick(self) -> int:
        self.now += _SOON + 13
        return self.now

    def _say_one(self, channel: Channel, kind: Kind, thread: int | None = None, **details: object) -> Post:
        authors = [place for place, user in enumerate(self.space.people) if not user["deleted"]]
        author = self.rng.choice(authors)
        post = Post(self._tick(), channel.number(), author, kind, thread, details=details or None)
        self.touched.add((channel.id, post.ts))
        return self.space.post(channel, post)

    def _pick(self, channel: Channel, candidates: list[int]) -> Post | None:
        """One that nothing has touched in this round, its thread included."""
        free = [ts for ts in candidates if (channel.id, ts) not in self.touched]
        if not free:
            return None
        post = channel.posts[self.rng.choice(free)]
        family = post.thread or post.ts
        self.touched |= {(channel.id, ts) for ts in (family, *channel.threads.get(family, ()))}
        return post

    def _loose(self, channel: Channel) -> list[int]:
        """Plain messages that belong to no thread."""
        return [
            ts
            for ts in channel.timeline
            if channel.posts[ts].thread is None
            and ts not in channel.threads
            and ts not in channel.pins
            and channel.posts[ts].kind in PLAIN
        ]

    def _delete(self, channel: Channel) -> None:
        """A loose message, a pinned one, a reply, a parent's only one, a parent, a tombstone's last reply."""
        threads = {ts: replies for ts, replies in channel.threads.items() if replies}
        alive = {
            ts: each
            for ts, each in threads.items()
            if channel.posts[ts].kind in PLAIN and ts not in channel.pins
        }
        several = [reply for replies in alive.values() if len(replies) > 1 for reply in replies]
        only = [replies[0] for replies in alive.values() if len(replies) == 1]
        pinned = [ts for ts in channel.pins if ts not in channel.threads][1:]
        for candidates in (self._loose(channel), pinned, several, only, list(alive)):
            post = self._pick(channel, candidates)
            if post is not None:
                self.space.remove(channel, post.ts)
        last = [
            replies[0]
            for ts, replies in threads.items()
            if len(replies) == 1 and channel.posts[ts].kind is Kind.TOMBSTONE
        ]
        post = self._pick(channel, last)
        if post is not None:
            self.space.remove(channel, post.ts)

    def _edit(self, channel: Channel) -> None:
        """An old message, a recent one by somebody else, a reply, the first one of a thread."""
        loose = self._loose(channel)
        replies = [
            reply for each in channel.threads.values() for reply in each if channel.posts[reply].kind in PLAIN
        ]
        parents = [ts for ts, each in channel.threads.items() if each and channel.posts[ts].kind in PLAIN]
        owner = self.space.people[0]["id"]
        for candidates, editor in (
            (loose[: len(loose) // 2], None), (loose[-5:], owner), (replies, None), (parents, None),
        ):  # fmt: skip
            post = self._pick(channel, candidates)
            if post is not None:
                post.version += 1
                post.edited = (editor or self.space.people[post.author]["id"], self._tick())

    def _react(self, channel: Channel) -> None:
        """A reaction more, one person less, a reaction that is gone."""
        everybody = [user["id"] for user in self.space.people]
        reacted = [ts for ts in channel.posts if self._given(channel, ts)]
        for candidates, change in ((self._loose(channel), 1), (reacted, -1), (reacted, 0)):
            post = self._pick(channel, candidates)
            if post is None:
                continue
            given = {name: list(users) for name, users in self._given(channel, post.ts).items()}
            if change == 1:
                given.setdefault("rocket", []).append(self.rng.choice(everybody))
            elif change == -1:
                next(iter(given.values())).pop()
            else:
                given.pop(next(iter(given)))
            post.reactions = given

    def _given(self, channel: Channel, ts: int) -> dict[str, list[str]]:
        post = channel.posts[ts]
        given = post.reactions if post.reactions is not None else writing.rolled(self.space, channel, post)
        return {name: users for name, users in given.items() if users}

    def _reply_late(self, channel: Channel) -> None:
        """In the oldest threads there are, and below an old message that had none."""
        threads = [ts for ts, replies in sorted(channel.threads.items()) if replies]
        loose = self._loose(channel)
        for candidates in (threads[: max(1, len(threads) // 2)], loose[: len(loose) // 2]):
            parent = self._pick(channel, candidates)
            if parent is not None:
                self._say_one(channel, Kind.CODE, parent.thread or parent.ts)
        recent = self._pick(channel, threads[-3:])
        if recent is not None:
            self._say_one(channel, Kind.BROADCAST, recent.thread or recent.ts)

    def _say(self, channel: Channel) -> None:
        for _ in range(self.rng.randint(1, _NEW)):
            self._say_one(channel, self.rng.choice((Kind.TEXT, Kind.RICH, Kind.FILE, Kind.BOT_MESSAGE)))
        parent = self._say_one(channel, Kind.CODE)
        self._say_one(channel, Kind.TEXT, parent.ts)

    def _move_people(self) -> None:
        """Somebody joins and somebody leaves, with a line that says so; and somebody goes without a word."""
        for channel in self.open[1:]:
            private = channel.kind == "private_channel"
            inside = [user["id"] for user in self.space.people if user["id"] in channel.members]
            outside = [
                user["id"]
                for user in self.space.people
                if user["id"] not in channel.members
                and user["id"] not in channel.members_gone
                and not user["deleted"]
            ]
            if outside:
                user = self.rng.choice(outside)
                channel.members.append(user)
                self._say_one(
                    channel, Kind.GROUP_JOIN if private else Kind.JOIN, user=user, inviter=channel.creator
                )
            if len(inside) > _NEW:
                leaver, silent = self.rng.sample(inside, 2)
                channel.leave(leaver)
                self._say_one(channel, Kind.GROUP_LEAVE if private else Kind.LEAVE, user=leaver)
                channel.leave(silent)
                channel.came_and_went.append((silent, "left"))

    def _adorn(self) -> None:
        """A pin and a bookmark come, and another of each goes."""
        channel = self.space.channel(ODD) if self.number % 2 else self.open[-1]
        post = self._pick(channel, self._loose(channel))
        if channel.pins:
            self.space.unpin(channel, min(channel.pins))
        if post is not None:
            self.space.pin(channel, post.ts, self._tick(), self.space.people[2])
        if channel.bookmarks:
            channel.bookmarks_gone.append(channel.bookmarks.pop(0))
        self.space.add_bookmark(channel, self._tick())
        if len(channel.bookmarks) > 1:
            first = channel.bookmarks[0]
            channel.bookmarks[0] = first | {
                "title": f"{first['title']}!",
                "date_updated": self._tick() // SECOND,
            }

    def _delete_file(self) -> None:
        """A file goes; the message that shared it stays."""
        for channel in self.open:
            shared = [
                ts
                for ts, post in sorted(channel.posts.items())
                if post.kind in {Kind.FILE, Kind.SNIPPET} and self._has_file(channel, post)
            ]
            post = self._pick(channel, shared)
            if post is not None:
                self.space.deleted_files.add(self.space.file_of(channel, post))
                return

    def _has_file(self, channel: Channel, post: Post) -> bool:
        return self.space.file_of(channel, post) not in self.space.deleted_files

    def _change_channels(self) -> None:
        """Renamed, archived, deleted, new ones; two get a topic, a hidden one lets the bot in."""
        others = [channel for channel in self.open if channel.name not in _LASTING]
        others = [channel for channel in others if not channel.name.startswith("new-")] or others
        if self.number % 3 == RENAMING and others:
            channel = others[-1]
            old, channel.name = channel.name, f"{channel.name}-ng"
            channel.previous_names = [old, *channel.previous_names]
            self._say_one(channel, Kind.NAME, old_name=old, name=channel.name)
        if self.number % 3 == ARCHIVING and others:
            channel = others[-1]
            self._say_one(channel, Kind.ARCHIVE, members=channel.members[:3])
            channel.is_archived = True
        general, private = self.space.channel(EVERYBODYS), self.space.channel(PRIVATE)
        for channel, kind in ((general, Kind.TOPIC), (private, Kind.GROUP_TOPIC)):
            channel.topic = f"Release {self.number} &lt;soon&gt;"
            post = self._say_one(channel, kind, topic=channel.topic)
            channel.topic_set = (self.space.people[post.author]["id"], post.ts // SECOND)
        new = self.space.open(f"new-{self.number}", created=self._tick() // SECOND)
        self._say_one(new, Kind.JOIN, user=new.creator)
        self._say(new)
        hidden = self.space.channel(HIDDEN)
        if not hidden.is_member and self.number % 2 == 0:
            hidden.is_member = True
            hidden.members.append(self.space.reader["id"])

    def _change_users(self) -> None:
        """Somebody takes another name, somebody is deactivated, somebody new comes."""
        present = [user for user in self.space.people[3:] if not user["deleted"] and "profile" in user]
        renamed, gone = self.rng.sample(present, 2)
        renamed["profile"] |= {"display_name": f"renamed-{self.number}", "display_name_normalized": ""}
        renamed["updated"] = self.now // SECOND
        if self.number % 3 == DEACTIVATING:
            people.deactivate(gone)
            gone["updated"] = self.now // SECOND
        guest = people.guest(self.space.id, self.number, slack_id("U", self.space.id, "guest", self.number))
        self.space.people.append(guest)


def arrivals(space: Workspace, number: int) -> Iterator[Callable[[], None]]:
    """Yield what comes while a client is paging in a round; the last one is a thread that is whole."""
    return (partial(_arrive, space, number, nth) for nth in range(1, ARRIVALS + 1))


def _arrive(space: Workspace, number: int, nth: int) -> None:
    channel = space.channel((EVERYBODYS, ODD)[nth % 2])
    start = space.until + (ROUND * number + LATE) // timedelta(microseconds=1)
    ts = start + nth * 60 * SECOND + nth
    dice = DRIFTED * (number + 1) + nth
    author = dice % len(space.people)
    parent = space.post(channel, Post(ts, dice, author, Kind.CODE))
    for later in (1, 2) if nth == ARRIVALS else ():
        space.post(channel, Post(ts + later * SECOND, dice + later, author, Kind.TEXT, parent.ts))
