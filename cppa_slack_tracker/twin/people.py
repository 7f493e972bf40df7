"""Who is in a workspace: people of the world, guests, bots, deactivated ones, and strangers of other teams.

Shapes: https://docs.slack.dev/reference/objects/user-object
"""

from typing import Any

from core.twins import Person, World
from cppa_slack_tracker.twin.ids import SLACKBOT, slack_id

User = dict[str, Any]
EVERYBODY = ("GITHUB", "HOMEPAGE")
"""Custom profile fields, by what they are for."""
_ZONES = (
    ("Europe/Berlin", "Central European Time", 3600),
    ("America/New_York", "Eastern Standard Time", -18000),
    ("Asia/Tokyo", "Japan Standard Time", 32400),
    ("Asia/Kolkata", "India Standard Time", 19800),
    ("America/Los_Angeles", "Pacific Standard Time", -28800),
)
_TITLES = ("", "Library author", "Release manager", "Committee member", "Student &amp; lurker")
_GUEST, _SINGLE_CHANNEL_GUEST, _DEACTIVATED, _WITHOUT_PROFILE, _SHY = 4, 5, 6, 7, 8
"""Places in the list of people; each tenth has what the place says."""
CREATED = 1_400_000_000


def people_of(world: World, team: str) -> list[User]:
    """Everyone of the world who uses Slack, the first one an owner."""
    present = [person for person in world.people if "slack" in person.handles]
    return [_user(world, team, person, place) for place, person in enumerate(present)]


def _user(world: World, team: str, person: Person, place: int) -> User:
    rng = world.rng("slack user", team, person.number)
    zone, label, offset = rng.choice(_ZONES)
    kind = place % 10
    user: User = {
        "id": slack_id("U", team, "person", person.number),
        "team_id": team,
        "name": person.handles["slack"],
        "deleted": False,
        "color": f"{rng.getrandbits(24):06x}",
        "real_name": person.name,
        "tz": zone,
        "tz_label": label,
        "tz_offset": offset,
        "profile": _profile(team, person, rng.choice(_TITLES), named=kind != _SHY),
        "is_admin": place == 0,
        "is_owner": place == 0,
        "is_primary_owner": place == 0,
        "is_restricted": kind in {_GUEST, _SINGLE_CHANNEL_GUEST},
        "is_ultra_restricted": kind == _SINGLE_CHANNEL_GUEST,
        "is_bot": False,
        "is_app_user": False,
        "is_email_confirmed": True,
        "who_can_share_contact_card": "EVERYONE",
        "updated": CREATED + 86400 * rng.randint(1, 3000),
    }
    if kind == _WITHOUT_PROFILE:
        del user["profile"], user["real_name"]
    if kind == _DEACTIVATED:
        deactivate(user)
    return user


def _profile(team: str, person: Person, title: str, *, named: bool) -> dict[str, Any]:
    given, _, family = person.name.partition(" ")
    display = person.names[-1] if named else ""
    profile: dict[str, Any] = {
        "title": title,
        "phone": "",
        "skype": "",
        "real_name": person.name,
        "real_name_normalized": person.name,
        "display_name": display,
        "display_name_normalized": display,
        "fields": _fields(team, person),
        "status_text": "",
        "status_emoji": "",
        "status_emoji_display_info": [],
        "status_expiration": 0,
        "avatar_hash": f"g{person.number:011x}",
        "email": person.addresses[0],
        "first_name": given,
        "last_name": family,
        "status_text_canonical": "",
        "team": team,
    }
    for size in (24, 32, 48, 72, 192, 512):
        profile[f"image_{size}"] = (
            f"https://secure.gravatar.com/avatar/{profile['avatar_hash']}.jpg?s={size}&d=mm"
        )
    return profile


def _fields(team: str, person: Person) -> dict[str, Any]:
    """Values that people write into the workspace's own fields."""
    links = {
        "GITHUB": f"https://github.com/{person.handles['github']}" if "github" in person.handles else "",
        "HOMEPAGE": f"https://{person.addresses[0].replace('@', '.')}/" if person.number % 3 == 0 else "",
    }
    return {
        slack_id("Xf", team, name): {"value": links[name], "alt": ""} for name in EVERYBODY if links[name]
    }


def deactivate(user: User) -> None:
    """Take from someone who is gone what Slack takes: time zone and rights."""
    user["deleted"] = True
    for name in ("tz", "tz_label", "tz_offset", "color", "is_admin", "is_owner", "is_primary_owner"):
        user.pop(name, None)


def bots_of(team: str) -> list[User]:
    """Slackbot, which says that it is no bot, the reader itself, and an integration."""
    return [
        _bot(team, SLACKBOT, "slackbot", "Slackbot", is_bot=False),
        _bot(team, slack_id("U", team, "reader"), "boost-trackers", "Boost Trackers"),
        _bot(team, slack_id("U", team, "ci"), "drone", "Drone CI"),
    ]


def _bot(team: str, user_id: str, name: str, real_name: str, *, is_bot: bool = True) -> User:
    profile: dict[str, Any] = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": real_name,
        "real_name_normalized": real_name,
        "display_name": "",
        "display_name_normalized": "",
        "fields": None,
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": "sv41d8cd98f0",
        "always_active": True,
        "team": team,
    }
    if is_bot:
        profile |= {"api_app_id": slack_id("A", team, name), "bot_id": slack_id("B", team, name)}
    return {
        "id": user_id,
        "team_id": team,
        "name": name,
        "deleted": False,
        "color": "757575",
        "real_name": real_name,
        "tz": "America/Los_Angeles",
        "tz_label": "Pacific Standard Time",
        "tz_offset": -28800,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": is_bot,
        "is_app_user": False,
        "updated": 0 if user_id == SLACKBOT else CREATED,
    }


def guest(team: str, number: int, user_id: str) -> User:
    """Someone who has just been invited."""
    user = _bot(team, user_id, f"guest{number}", f"Guest {number}", is_bot=False)
    user["profile"] |= {
        "email": f"guest{number}@example.net",
        "title": "see https://example.net/guest",
        "fields": {},
    }
    return user | {"is_restricted": True, "updated": CREATED + number}


def stranger_of(world: World, team: str) -> User:
    """Someone of another team whom Slack Connect brings: not in users.list, but users.info knows them."""
    home = slack_id("T", team, "partner")
    user = _bot(home, slack_id("U", team, "stranger"), "visitor", "Visiting Stranger", is_bot=False)
    user["profile"]["email"] = f"visitor@{world.people[0].addresses[0].partition('@')[2]}"
    return user | {"is_stranger": True}


def short_profile(user: User) -> dict[str, Any]:
    """`user_profile` in messages, which Slack adds for those of other teams, and exports for everyone."""
    profile = user.get("profile", {})
    return {
        "avatar_hash": profile.get("avatar_hash", ""),
        "image_72": profile.get("image_72", ""),
        "first_name": profile.get("first_name", ""),
        "real_name": profile.get("real_name", ""),
        "display_name": profile.get("display_name", ""),
        "team": user["team_id"],
        "name": user["name"],
        "is_restricted": user["is_restricted"],
        "is_ultra_restricted": user["is_ultra_restricted"],
    }
