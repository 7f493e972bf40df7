"""Discord's REST API, version 10: what a bot that reads may ask, in the published shapes.

https://docs.discord.com/developers/reference, and https://github.com/discord/discord-api-spec
"""

import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from core.twins import TwinRequest, TwinResponse
from discord_activity_tracker.twin.files import Cdn
from discord_activity_tracker.twin.intents import without_content
from discord_activity_tracker.twin.limits import Limits
from discord_activity_tracker.twin.parameters import limit_of, snowflake_of, time_of
from discord_activity_tracker.twin.refusals import (
    Refused,
    as_json,
    missing_access,
    too_many,
    unauthorized,
    unknown,
)
from discord_activity_tracker.twin.rooms import ONLY_THREADS, Kind, Room
from discord_activity_tracker.twin.server import Server
from discord_activity_tracker.twin.snowflakes import iso, moment_of

ROOT = "/api/v10"
Payload = dict[str, Any]
_ID = r"(?P<{}>\d+)"
_MESSAGE_CONTENT, _MEMBERS = 1 << 18, 1 << 14
_MOST_PINS, _MOST_THREADS, _MOST_MESSAGES, _MOST_MEMBERS, _MOST_USERS = 50, 100, 100, 1000, 100


class Api:
    """Answers for one bot. intents: the privileged ones that the application has."""

    def __init__(
        self, server: Server, limits: Limits, cdn: Cdn, token: str, *, message_content: bool, members: bool
    ) -> None:
        self.server = server
        self.limits = limits
        self.cdn = cdn
        self.token = token
        self.message_content = message_content
        self.members = members
        self._routes = [
            (
                re.compile(ROOT + pattern.format(c=_ID.format("c"), g=_ID.format("g"), m=_ID.format("m"))),
                name,
                handler,
            )
            for pattern, name, handler in self._table()
        ]

    def _table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Pattern, the name of its limit, who answers."""
        return [
            ("/users/@me", "me", self._me),
            ("/users/@me/guilds", "guilds", self._my_guilds),
            ("/applications/@me", "application", self._application),
            ("/oauth2/applications/@me", "application", self._application),
            ("/guilds/{g}", "guild", self._guild),
            ("/guilds/{g}/channels", "channels", self._channels),
            ("/guilds/{g}/roles", "roles", self._roles),
            ("/guilds/{g}/members", "members", self._members),
            ("/guilds/{g}/members/{m}", "member", self._member),
            ("/guilds/{g}/threads/active", "active", self._active),
            ("/channels/{c}", "channel", self._channel),
            ("/channels/{c}/messages", "messages", self._messages),
            ("/channels/{c}/messages/pins", "pins", self._pins),
            ("/channels/{c}/pins", "pins", self._old_pins),
            ("/channels/{c}/messages/{m}", "message", self._message),
            ("/channels/{c}/messages/{m}/reactions/(?P<emoji>[^/]+)", "reactions", self._reactions),
            ("/channels/{c}/threads/archived/(?P<sort>public|private)", "archived", self._archived),
            ("/channels/{c}/users/@me/threads/archived/private", "archived", self._joined),
        ]

    def respond(self, request: TwinRequest, path: str) -> TwinResponse:
        """path: decoded."""
        for pattern, route, handler in self._routes:
            if match := pattern.fullmatch(path):
                return self._limited(request, route, match, handler)
        return as_json({"message": "404: Not Found", "code": 0}, HTTPStatus.NOT_FOUND)

    def _limited(
        self, request: TwinRequest, route: str, match: re.Match[str], handler: Callable[..., Any]
    ) -> TwinResponse:
        asked = match.groupdict()
        verdict = self.limits.spend(route, int(asked.get("c") or asked.get("g") or 0))
        if verdict.wait is not None:
            return too_many(verdict.wait, everywhere=verdict.scope == "global", headers=verdict.headers)
        try:
            self._admit(request)
            response = as_json(handler(request, **{name: _number(value) for name, value in asked.items()}))
        except Refused as refused:
            response = refused.response
        response.headers |= verdict.headers
        return response

    def _admit(self, request: TwinRequest) -> None:
        if request.headers.get("authorization") != f"Bot {self.token}":
            raise unauthorized()
        if request.method != "GET":
            raise Refused(405, 0, "405: Method Not Allowed")

    def _me(self, _: TwinRequest) -> Payload:
        own = {"mfa_enabled": True, "locale": "en-US", "premium_type": 0, "email": None, "verified": True}
        return self.server.people.bot.user | own

    def _my_guilds(self, _: TwinRequest) -> list[Payload]:
        return [
            {
                "id": str(self.server.id),
                "name": self.server.name,
                "icon": None,
                "banner": None,
                "owner": False,
                "permissions": "66560",
                "features": ["COMMUNITY"],
            }
        ]

    def _application(self, _: TwinRequest) -> Payload:
        bot = self.server.people.bot
        flags = (_MESSAGE_CONTENT if self.message_content else 0) | (_MEMBERS if self.members else 0)
        # The limited flags, for bots in fewer than 100 servers, are the next bits.
        return {
            "id": str(self.server.people.application),
            "name": bot.user["username"],
            "icon": None,
            "description": "",
            "type": None,
            "bot": bot.user,
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": flags << 1,
            "flags_new": str(flags << 1),
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "owner": self.server.people.humans[0].user,
            "approximate_guild_count": 1,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "team": None,
            "eligible_oauth2_scopes": [],
        }

    def _guild(self, request: TwinRequest, g: int) -> Payload:
        self._check(g)
        told = self.server.payload()
        if request.query.get("with_counts", "").lower() in {"true", "1"}:
            present = len(self.server.people.present)
            told |= {"approximate_member_count": present, "approximate_presence_count": present // 2}
        return told

    def _channels(self, _: TwinRequest, g: int) -> list[Payload]:
        """All of them, those that the bot may not read too; no threads."""
        self._check(g)
        return [room.payload() for room in self.server.channels]

    def _roles(self, _: TwinRequest, g: int) -> list[Payload]:
        self._check(g)
        return list(self.server.people.roles.values())

    def _members(self, request: TwinRequest, g: int) -> list[Payload]:
        self._check(g)
        if not self.members:
            raise missing_access()
        limit, after = limit_of(request, 1, _MOST_MEMBERS, 1), snowflake_of(request, "after") or 0
        found = [member for member in self.server.people.present if member.id > after]
        return [member.payload() for member in found[:limit]]

    def _member(self, _: TwinRequest, g: int, m: int) -> Payload:
        self._check(g)
        for member in self.server.people.present:
            if member.id == m:
                return member.payload()
        raise unknown("Member")

    def _active(self, _: TwinRequest, g: int) -> Payload:
        self._check(g)
        threads = [room for room in self.server.threads if not room.archived and room.is_readable]
        threads.sort(key=lambda room: room.id, reverse=True)
        return {"threads": [room.payload() for room in threads], "members": [], "has_more": False}

    def _channel(self, _: TwinRequest, c: int) -> Payload:
        return self._room(c).payload()

    def _messages(self, request: TwinRequest, c: int) -> list[Payload]:
        room = self._with_messages(c)
        limit = limit_of(request, 1, _MOST_MESSAGES, 50)
        after, before, around = (snowflake_of(request, name) for name in ("after", "before", "around"))
        if around is not None:
            half = limit // 2
            found = room.after(around - 1, limit - half) + room.before(around, half)
        elif after is not None:
            found = room.after(after, limit)
        else:
            found = room.before(before, limit)
        return [self._told(request, room, number) for number in found]

    def _message(self, request: TwinRequest, c: int, m: int) -> Payload:
        room = self._with_messages(c)
        if m not in room:
            raise unknown("Message")
        return self._told(request, room, m)

    def _pins(self, request: TwinRequest, c: int) -> Payload:
        room = self._with_messages(c)
        limit, before = limit_of(request, 1, _MOST_PINS, _MOST_PINS), time_of(request, "before")
        pins = [
            (pinned, number) for number, pinned in room.pinned.items()
            if number in room and (before is None or pinned < before)
        ]  # fmt: skip
        pins.sort(reverse=True)
        items = [
            {"pinned_at": iso(pinned), "message": self._told(request, room, number)}
            for pinned, number in pins[:limit]
        ]
        return {"items": items, "has_more": len(pins) > limit}

    def _old_pins(self, request: TwinRequest, c: int) -> list[Payload]:
        return [each["message"] for each in self._pins(request, c)["items"]]

    def _reactions(self, request: TwinRequest, c: int, m: int, emoji: str) -> list[Payload]:
        """Who: that it is always the same ones of all members is the twin's own simplicity."""
        told = self._message(request, c, m)
        limit, after = limit_of(request, 1, _MOST_USERS, 25), snowflake_of(request, "after") or 0
        kind = "burst" if request.query.get("type") == "1" else "normal"
        for reaction in told.get("reactions", ()):
            own = reaction["emoji"]
            if emoji in {own["name"], f"{own['name']}:{own['id']}"}:
                present = self.server.people.present[: reaction["count_details"][kind]]
                return [member.user for member in present if member.id > after][:limit]
        raise unknown("Emoji")

    def _archived(self, request: TwinRequest, c: int, sort: str) -> Payload:
        room = self._room(c)
        if room.is_thread or room.kind in {Kind.CATEGORY, Kind.VOICE, Kind.STAGE}:
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        limit, before = limit_of(request, 2, _MOST_THREADS, 50), time_of(request, "before")
        threads = [
            each for each in self._archived_in(room, private=sort == "private")
            if before is None or _archive_time(each) < before
        ]  # fmt: skip
        threads.sort(key=_archive_time, reverse=True)
        return {
            "threads": [each.payload() for each in threads[:limit]],
            "members": [],
            "has_more": len(threads) > limit,
        }

    def _joined(self, _: TwinRequest, c: int) -> Payload:
        """The bot joins no private thread."""
        self._room(c)
        return {"threads": [], "members": [], "has_more": False}

    def _archived_in(self, room: Room, *, private: bool) -> list[Room]:
        return [
            each
            for each in self.server.threads
            if each.parent is room and each.archived and (each.kind is Kind.PRIVATE_THREAD) is private
        ]

    def _told(self, request: TwinRequest, room: Room, number: int) -> Payload:
        told = self.server.writer.message(room, number)
        if not self.message_content:
            told = without_content(told, self.server.people.bot)
        return self.cdn.signed(told, room.id, request.origin)

    def _check(self, guild: int) -> None:
        if guild != self.server.id:
            raise unknown("Guild")

    def _room(self, number: int) -> Room:
        room = self.server.room(number)
        if room is None:
            raise unknown("Channel")
        if not room.is_readable:
            raise missing_access()
        return room

    def _with_messages(self, number: int) -> Room:
        room = self._room(number)
        if room.kind in ONLY_THREADS or not room.has_messages:
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        return room


def _archive_time(room: Room) -> datetime:
    return room.archive_changed or moment_of(room.id)


def _number(value: str) -> int | str:
    return int(value) if value.isascii() and value.isdigit() else value
