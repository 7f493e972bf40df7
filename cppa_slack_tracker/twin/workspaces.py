"""A workspace: its people, channels, files, and the token that reads it."""

from typing import Any

from core.twins import World
from cppa_slack_tracker.twin import files, payloads, people, writing
from cppa_slack_tracker.twin.channels import Channel, Payload
from cppa_slack_tracker.twin.ids import SECOND, micros, slack_id
from cppa_slack_tracker.twin.people import User
from cppa_slack_tracker.twin.posts import FILES, Post

SCOPES = (
    "bookmarks:read", "channels:history", "channels:join", "channels:read", "files:read", "groups:history",
    "groups:read", "im:history", "im:read", "mpim:history", "mpim:read", "pins:read", "reactions:read",
    "team:read", "usergroups:read", "users:read", "users:read.email",
)  # fmt: skip
"""Rights of a workspace's bot; a test takes some away."""
NOWHERE = "http://localhost"


class Workspace:
    """Everything about one team. domain: the part before `.slack.com`."""

    def __init__(self, world: World, domain: str, name: str) -> None:
        self.world = world
        self.domain = domain
        self.name = name
        self.id = slack_id("T", world.seed, domain)
        rng = world.rng("slack token", domain)
        self.token = (
            f"xoxb-{rng.randrange(10**11, 10**12)}-{rng.randrange(10**12, 10**13)}-{rng.getrandbits(96):024x}"
        )
        self.scopes = set(SCOPES)
        self.refusal: str | None = None
        """An error that answers every call, such as account_inactive."""
        self.people: list[User] = people.people_of(world, self.id)
        self.founders = tuple(self.people)
        """Whom messages name: those who come later change nothing that was written."""
        self.bots = people.bots_of(self.id)
        self.stranger = people.stranger_of(world, self.id)
        self.group = {"id": slack_id("S", self.id, "maintainers"), "handle": "maintainers"}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, tuple[Channel, Post]] = {}
        """Every file there ever was, and where it was shared."""
        self.deleted_files: set[str] = set()
        self.until = micros(world.until)

    @property
    def url(self) -> str:
        return f"https://{self.domain}.slack.com/"

    @property
    def app_id(self) -> str:
        return self.bot("boost-trackers")["profile"]["api_app_id"]

    @property
    def reader(self) -> User:
        """The bot whose token it is."""
        return self.bot("boost-trackers")

    def bot(self, name: str) -> User:
        return next(bot for bot in self.bots if bot["name"] == name)

    @property
    def listed_users(self) -> list[User]:
        """As users.list has them."""
        return [*self.bots, *self.people]

    def user(self, user_id: str) -> User | None:
        """As users.info knows them."""
        known = (*self.bots, *self.people, self.stranger)
        return next((user for user in known if user["id"] == user_id), None)

    def channel(self, name: str) -> Channel:
        """By its present name. Raises KeyError for an unknown one."""
        for channel in self.channels.values():
            if channel.name == name:
                return channel
        raise KeyError(name)

    def file_of(self, channel: Channel, post: Post) -> str:
        """The id of the file that a message shows."""
        return files.file_id(self, channel, post)

    def open(self, name: str, kind: str = "public_channel", **options: Any) -> Channel:
        """A new channel of some of the people."""
        rng = self.world.rng("slack channel", self.id, name)
        prefix = {"im": "D", "private_channel": "G"}.get(kind, "C")
        size = min(len(self.people), rng.randint(5, 30))
        members = [self.people[place]["id"] for place in sorted(rng.sample(range(len(self.people)), size))]
        created = self.until // SECOND - 86400 * 3650
        options = {"members": members, "purpose": self.world.talk.sentence(rng), "created": created} | options
        if options.get("is_member", True):
            options["members"] = [*options["members"], self.reader["id"]]
        channel = Channel(
            id=slack_id(prefix, self.id, "channel", name),
            name=name,
            kind=kind,
            creator=self.people[0]["id"],
            **options,
        )
        self.channels[channel.id] = channel
        return channel

    def put_out(self, channel: Channel) -> None:
        """The reader's bot is removed from a channel."""
        channel.is_member, channel.was_member = False, True
        if channel.is_seen:
            channel.leave(self.reader["id"])
            channel.came_and_went.append((self.reader["id"], "left"))

    def post(self, channel: Channel, post: Post) -> Post:
        """A message is there from now on; what it shows can be asked for."""
        if post.kind in FILES:
            self.files[self.file_of(channel, post)] = (channel, post)
        return channel.add(post)

    def payload(self, channel: Channel, post: Post, origin: str = NOWHERE) -> Payload:
        return payloads.payload(self, channel, post, origin)

    def remove(self, channel: Channel, ts: int) -> None:
        """A message is deleted, and so is its pin."""
        channel.remove(ts, self.payload(channel, channel.posts[ts]))
        if ts in channel.pins:
            self.unpin(channel, ts)

    def pin(self, channel: Channel, ts: int, when: int, who: User) -> None:
        channel.pins[ts] = {"created": when // SECOND, "created_by": who["id"]}
        channel.pins_gone.pop(ts, None)

    def unpin(self, channel: Channel, ts: int) -> None:
        channel.pins_gone[ts] = channel.pins.pop(ts)

    def add_bookmark(self, channel: Channel, when: int) -> None:
        number = len(channel.bookmarks) + len(channel.bookmarks_gone) + 1
        who = self.people[0]["id"]
        channel.bookmarks.append(writing.bookmark(self, channel.id, number, when // SECOND, who))
