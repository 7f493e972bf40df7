"""Who is on the server: members of the world, bots, webhooks, those who left; and the roles they have."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.twins import Person, World
from discord_activity_tracker.twin.snowflakes import any_snowflake, iso, snowflake

Payload = dict[str, Any]
FOUNDED = timedelta(days=540)
"""How long before the world's end the server was founded."""
ROLES = ("moderator", "WG21 & friends", "library author")
WEBHOOKS = (("GitHub", ("GitHub", "boostorg/beast", "CI @ main")), ("RSS", ("isocpp.org", "r/cpp")))
"""Names of webhooks: the one they are made with, and those they give themselves in messages."""
SYSTEM = 643945264868098049
"""The account that writes Discord's own announcements."""
GONE = 456226577798135808
"""Where messages of deleted accounts go, all of them."""
LEAVES_EVERY = 9
"""Of the people so many left the server before the world's end."""


@dataclass(slots=True)
class Member:
    """A user in the server. left: they wrote here, and went."""

    user: Payload
    joined: datetime
    nick: str | None = None
    roles: list[int] = field(default_factory=list[int])
    left: bool = False
    seen: bool = True
    """Whether the member list ever had them."""
    person: Person | None = None

    @property
    def id(self) -> int:
        return int(self.user["id"])

    def payload(self) -> Payload:
        return {
            "avatar": None,
            "banner": None,
            "communication_disabled_until": None,
            "flags": 0,
            "joined_at": iso(self.joined),
            "nick": self.nick,
            "pending": False,
            "premium_since": None,
            "roles": [str(role) for role in self.roles],
            "user": self.user,
            "mute": False,
            "deaf": False,
        }


def user(number: int, username: str, global_name: str | None = None, **more: Any) -> Payload:
    """A user as every message and member has it."""
    return {
        "id": str(number),
        "username": username,
        "avatar": None,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "banner": None,
        "accent_color": None,
        "global_name": global_name,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        **more,
    }


class People:
    """Everyone who is or was there."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.founded = world.until - FOUNDED
        rng = world.rng("discord roles")
        self.guild = any_snowflake(rng, self.founded)
        self.roles = {
            self.guild: _role(self.guild, "@everyone", 0),
            **{
                number: _role(number, name, place)
                for place, name in enumerate(ROLES, start=1)
                for number in [any_snowflake(rng, self.founded + timedelta(hours=place))]
            },
        }
        self.bot_role = any_snowflake(rng, self.founded + timedelta(hours=9))
        self.roles[self.bot_role] = _role(self.bot_role, "Boost Trackers", len(self.roles), managed=True)
        self.members = [self._member(person) for person in world.people if "discord" in person.handles]
        for place, member in enumerate(self.members):
            member.left = place % LEAVES_EVERY == LEAVES_EVERY - 1
            member.seen = not member.left
        self.bot = self._bot("boost-trackers", "2881", [self.bot_role])
        self.other_bot = self._bot("eval-cpp", "0042", [])
        self.members += [self.bot, self.other_bot]
        self.webhooks = [any_snowflake(rng, self.founded) for _ in WEBHOOKS]
        self.system = user(SYSTEM, "Community Updates", discriminator="0000", bot=True, system=True)
        self.deleted = user(GONE, "Deleted User", discriminator="0000")

    @property
    def humans(self) -> list[Member]:
        return [member for member in self.members if member.person]

    @property
    def present(self) -> list[Member]:
        """Those whom the member list shows, by id."""
        return sorted((each for each in self.members if not each.left), key=lambda each: each.id)

    @property
    def application(self) -> int:
        """A bot made today has its application's id."""
        return self.bot.id

    def webhook(self, place: int, turn: int) -> tuple[int, Payload]:
        """The webhook's id, and who it says it is this time."""
        number = self.webhooks[place % len(self.webhooks)]
        _, names = WEBHOOKS[place % len(WEBHOOKS)]
        return number, user(number, names[turn % len(names)], discriminator="0000", bot=True)

    def joins(self, number: int) -> Member:
        """Somebody of whom nobody knows more comes in."""
        moment = self.world.until + timedelta(hours=number)
        newcomer = Member(user(snowflake(moment), f"newcomer{number}", f"New Comer {number}"), moment)
        self.members.append(newcomer)
        return newcomer

    def _member(self, person: Person) -> Member:
        rng = self.world.rng("discord member", person.number)
        made = self.founded - timedelta(days=rng.randint(10, 2000), seconds=rng.randrange(86400))
        account = user(any_snowflake(rng, made), person.handles["discord"], rng.choice([None, *person.names]))
        joined = self.founded + FOUNDED * rng.random() / 2
        nick = rng.choice([None, None, f"{person.name.split()[0]} [he/they]", rng.choice(person.names)])
        roles = [role for role in self.roles if role not in {self.guild, self.bot_role}]
        return Member(account, joined, nick, rng.sample(roles, rng.choice([0, 0, 1, 2])), person=person)

    def _bot(self, name: str, discriminator: str, roles: list[int]) -> Member:
        rng = self.world.rng("discord bot", name)
        made = self.founded + timedelta(seconds=rng.randrange(86400))
        account = user(any_snowflake(rng, made), name, discriminator=discriminator, bot=True)
        return Member(account, made + timedelta(hours=1), roles=roles)


def _role(number: int, name: str, position: int, *, managed: bool = False) -> Payload:
    return {
        "id": str(number),
        "name": name,
        "permissions": "104324673",
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": managed,
        "mentionable": position == 1,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
