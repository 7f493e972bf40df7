"""A channel: its messages in order, its threads, and what people did to it."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cppa_slack_tracker.twin.ids import SECOND
from cppa_slack_tracker.twin.posts import Kind, Post

Payload = dict[str, Any]


@dataclass
class Channel:
    """`kind` is as in `types`: public_channel, private_channel, im, mpim."""

    id: str
    name: str
    kind: str
    created: int
    creator: str
    members: list[str]
    is_member: bool = True
    """Whether the reader's bot is in it."""
    was_member: bool = False
    """Whether it was in it until it was put out."""
    is_closed: bool = False
    """Whether the channel was deleted."""
    is_archived: bool = False
    is_general: bool = False
    is_shared: bool = False
    topic: str = ""
    purpose: str = ""
    topic_set: tuple[str, int] = ("", 0)
    previous_names: list[str] = field(default_factory=list[str])
    posts: dict[int, Post] = field(default_factory=dict[int, Post])
    timeline: list[int] = field(default_factory=list[int])
    """Messages that `conversations.history` shows, oldest first."""
    threads: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    """Parent -> replies that are there, oldest first."""
    gone: dict[int, Payload] = field(default_factory=dict[int, Payload])
    """Deleted messages as they were last seen."""
    pins: dict[int, Payload] = field(default_factory=dict[int, Payload])
    """ts of the message -> pin."""
    pins_gone: dict[int, Payload] = field(default_factory=dict[int, Payload])
    bookmarks: list[Payload] = field(default_factory=list[Payload])
    bookmarks_gone: list[Payload] = field(default_factory=list[Payload])
    members_gone: dict[str, None] = field(default_factory=dict[str, None])
    came_and_went: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(user, joined or left) of those of whom no message tells, in their order."""
    next_number: int = 0

    @property
    def is_private(self) -> bool:
        return self.kind != "public_channel"

    @property
    def is_seen(self) -> bool:
        """Whether the reader's bot knows of it."""
        return not self.is_closed and (self.is_member or not self.is_private)

    @property
    def was_read(self) -> bool:
        """Whether what was said in it is known to those who collect, whatever became of it."""
        return self.is_member or self.was_member

    @property
    def newest(self) -> int:
        """ts of the last thing that was said."""
        last = self.timeline[-1] if self.timeline else self.created * SECOND
        return max([last, *(replies[-1] for replies in self.threads.values() if replies)])

    def add(self, post: Post) -> Post:
        """A message is there from now on."""
        if post.ts in self.posts:
            raise ValueError(f"two messages of {self.id} have the ts {post.ts}")
        self.posts[post.ts] = post
        if post.thread is not None:
            insort(self.threads.setdefault(post.thread, []), post.ts)
        if post.thread is None or post.kind in {Kind.BROADCAST, Kind.REPLY_BROADCAST}:
            insort(self.timeline, post.ts)
        return post

    def leave(self, user: str) -> None:
        """A line that says so is another matter."""
        self.members.remove(user)
        self.members_gone[user] = None

    def number(self) -> int:
        self.next_number += 1
        return self.next_number

    def remove(self, ts: int, seen: Payload) -> None:
        """A message is deleted; `seen` is how it looked. A parent with replies leaves a tombstone."""
        post = self.posts[ts]
        self.gone[ts] = seen
        if self.threads.get(ts):
            post.kind, post.edited, post.reactions = Kind.TOMBSTONE, None, {}
            if post.details:  # a locked thread stays one
                post.details = {key: post.details[key] for key in post.details.keys() & {"is_locked"}}
            return
        del self.posts[ts]
        self.threads.pop(ts, None)
        self._forget(self.timeline, ts)
        if post.thread is not None:
            self._forget(self.threads[post.thread], ts)
            parent = self.posts[post.thread]
            if parent.kind is Kind.TOMBSTONE and not self.threads[post.thread]:
                self._drop_tombstone(parent)

    def _drop_tombstone(self, parent: Post) -> None:
        del self.posts[parent.ts], self.threads[parent.ts]
        self._forget(self.timeline, parent.ts)

    @staticmethod
    def _forget(ordered: list[int], ts: int) -> None:
        place = bisect_left(ordered, ts)
        if place < len(ordered) and ordered[place] == ts:
            del ordered[place]

    def replies(self, ts: int) -> list[Post]:
        return [self.posts[reply] for reply in self.threads.get(ts, ())]

    def between(self, oldest: int, latest: int, *, inclusive: bool) -> tuple[int, int]:
        """Places in the timeline: from the first that is in the interval to behind the last."""
        first = bisect_left(self.timeline, oldest) if inclusive else bisect_right(self.timeline, oldest)
        last = bisect_right(self.timeline, latest) if inclusive else bisect_left(self.timeline, latest)
        return first, max(first, last)

    def __iter__(self) -> Iterator[Post]:
        """Every message that is there, replies included."""
        return iter(self.posts.values())
