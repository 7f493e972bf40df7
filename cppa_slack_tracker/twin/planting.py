"""The workspace before the twin is first asked: channels, everyday talk in threads and out of them."""

from itertools import accumulate
from random import Random

from cppa_slack_tracker.twin import oddities
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.ids import SECOND
from cppa_slack_tracker.twin.posts import EVERYDAY, WEIGHTS, Kind, Post
from cppa_slack_tracker.twin.workspaces import Workspace

DAY = 86400 * SECOND
MINUTE = 60 * SECOND
WHOLE_SPAN = 3000 * DAY
"""How far back the talk goes when there is enough of it."""
WIDEST = DAY
REPLIES = 0.34
"""Share of the messages that are replies."""
_NEW_THREAD, _LATE, _BROADCAST, _IN_BURST = 0.17, 0.03, 0.02, 0.6
CALM = 2 * DAY
"""Between the last message and the world's end, so that what comes later comes after it."""
_LONG_AFTER, _LONG = 2000, 1000
"""When the first channel has so many messages, it has a thread of more replies than a page holds."""
MOST_CHANNELS, CHANNEL_SIZE = 24, 2500
EVERYBODYS, ODD, ARCHIVED, FOREIGN = "general", "boost", "old-announcements", "not-joined"
PRIVATE, HIDDEN = "moderators", "hidden"
_WEIGHTS = list(accumulate(WEIGHTS))


def plant(space: Workspace, size: int) -> None:
    """Channels of all sorts, and about `size` messages in all."""
    everyone = [user["id"] for user in space.people if not user["deleted"]]
    channels = [
        space.open(EVERYBODYS, members=everyone, is_general=True, topic="Welcome &amp; be kind"),
        space.open(ODD, topic="C++ libraries: https://www.boost.org"),
        space.open(ARCHIVED, is_archived=True),
        space.open(PRIVATE, "private_channel"),
    ]
    foreign = [
        space.open(FOREIGN, is_member=False),
        space.open(HIDDEN, "private_channel", is_member=False),
        space.open("", "im", members=[space.people[0]["id"]]),
        space.open("mpdm-one--two--three-1", "mpim", members=everyone[:2]),
    ]
    more = min(MOST_CHANNELS, 1 + size // CHANNEL_SIZE)
    channels += [space.open(f"boost-{name.replace('_', '-')}") for name in space.world.libraries[:more]]
    channels[1].members.append(space.stranger["id"])
    channels[1].is_shared = True
    odd = oddities.plant(space, channels[1], space.until - CALM - DAY)
    oddities.plant_private(space, channels[3], space.until - CALM - DAY)
    everyday = max(len(channels) * 4, size - odd)
    weights = [4, 4, 1, 1, *([6] * more)]
    for channel, weight in zip(channels, weights, strict=True):
        talk(space, channel, max(3, everyday * weight // sum(weights)))
    for channel in foreign:
        talk(space, channel, 3)
    _adorn(space, channels)


def talk(space: Workspace, channel: Channel, count: int) -> None:
    """So many everyday messages, before those that are there already."""
    rng = space.world.rng("slack talk", channel.id)
    last = min([space.until - CALM, *channel.timeline[:1]]) - DAY
    gap = min(WIDEST, WHOLE_SPAN // max(1, count)) / (1 - _IN_BURST)
    times = list(_times(rng, count, gap))
    start = last - times[-1]
    Conversation(space, channel, rng, count).hold([start + time for time in times])


def _times(rng: Random, count: int, gap: float) -> list[int]:
    """Bursts of minutes, and pauses between them."""
    now, times = 0, []
    for _ in range(count):
        minutes = rng.random() < _IN_BURST
        now += 1 + int((rng.random() * 10 * MINUTE) if minutes else (rng.random() * 2 * gap))
        times.append(now)
    return times


class Conversation:
    """Who answers whom: a third of the messages are replies, most of them in a few busy threads."""

    def __init__(self, space: Workspace, channel: Channel, rng: Random, count: int) -> None:
        self.space = space
        self.channel = channel
        self.rng = rng
        self.count = count
        self.recent: list[int] = []
        self.busy: list[int] = []
        self.starters: list[int] = []
        places = {user["id"]: place for place, user in enumerate(space.people)}
        self.authors = [places[user] for user in channel.members if user in places]

    def hold(self, times: list[int]) -> None:
        for place, ts in enumerate(times):
            long = self.channel.is_general and self.count > _LONG_AFTER and 0 <= place - _LONG < 2 * _LONG
            parent = self._parent(long=long)
            kind = self.rng.choices(EVERYDAY, cum_weights=_WEIGHTS)[0]
            if parent is None:
                self.recent = [*self.recent[-9:], ts]
            elif self.rng.random() < _BROADCAST:
                kind = Kind.BROADCAST
            author = self.rng.choice(self.authors)
            self.space.post(self.channel, Post(ts, self.channel.number(), author, kind, parent))

    def _parent(self, *, long: bool) -> int | None:
        """The parent of the next message; None when it is no reply."""
        rng = self.rng
        if long and self.busy and rng.random() < REPLIES * 2:
            return self.busy[0]
        if rng.random() >= REPLIES or not self.recent:
            return None
        if self.starters and rng.random() < _LATE:
            return rng.choice(self.starters)
        if not self.busy or rng.random() < _NEW_THREAD:
            parent = rng.choice(self.recent)
            self.starters.append(parent)
            self.busy = [*self.busy[-5:], parent] if not long else [*self.busy[:1], *self.busy[-5:], parent]
            return parent
        return rng.choice(self.busy)


def _adorn(space: Workspace, channels: list[Channel]) -> None:
    """Edits, pins and bookmarks."""
    for channel in channels:
        rng = space.world.rng("slack adorn", channel.id)
        plain = [ts for ts in channel.timeline if channel.posts[ts].kind is Kind.TEXT][:-1]
        for ts in rng.sample(plain, min(len(plain), 1 + len(plain) // 20)):
            post = channel.posts[ts]
            post.version, post.edited = 1, (space.people[post.author]["id"], ts + MINUTE)
        for ts in rng.sample(plain, min(len(plain), 2)):
            space.pin(channel, ts, ts + 2 * MINUTE, space.people[0])
        space.add_bookmark(channel, channel.created * SECOND)
