"""Discord's REST API, version 10: what a bot that reads may ask, in the published shapes.

https://docs.discord.com/developers/reference, and https://github.com/discord/discord-api-spec
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from core.twins import ANY, Arguments, Refusal, Routes, TwinRequest, TwinResponse, cut, moment, whole
from discord_activity_tracker.twin.files import Cdn
from discord_activity_tracker.twin.intents import without_content
from discord_activity_tracker.twin.limits import Limits
from discord_activity_tracker.twin.refusals import (
    as_json,
    invalid,
    missing_access,
    refused,
    unknown,
    wrong_channel_type,
)
from discord_activity_tracker.twin.rooms import ONLY_THREADS, Kind, Room
from discord_activity_tracker.twin.server import Server
from discord_activity_tracker.twin.snowflakes import iso, moment_of

ROOT = "/api/v10"
Payload = dict[str, Any]
_MESSAGE_CONTENT, _MEMBERS = 1 << 18, 1 << 14
_MOST_PINS, _MOST_THREADS, _MOST_MESSAGES, _MOST_MEMBERS, _MOST_USERS = 50, 100, 100, 1000, 100


class Call:
    """One call: its arguments, and where its client thinks it is talking to."""

    def __init__(self, request: TwinRequest) -> None:
        self.args = Arguments(request.query, invalid)
        self.origin = request.origin


class Api:
    """Answers for one bot. message_content, members: whether its application has these privileged intents."""

    def __init__(
        self, server: Server, limits: Limits, cdn: Cdn, token: str, *, message_content: bool, members: bool
    ) -> None:
        self.server = server
        self.limits = limits
        self.cdn = cdn
        self.token = token
        self.message_content = message_content
        self.members = members
        self._routes = Routes(
            (ANY, ROOT + path, (limit, handler))
            for paths, limit, handler in self._table()
            for path in paths.split()
        )

    def _table(self) -> list[tuple[str, str, Callable[..., Any]]]:
        """Paths, the name of their limit, and who answers."""
        archived = "/channels/{c:int}/threads/archived"
        return [
            ("/users/@me", "me", self._me),
            ("/users/@me/guilds", "guilds", self._my_guilds),
            ("/applications/@me /oauth2/applications/@me", "application", self._application),
            ("/guilds/{g:int}", "guild", self._guild),
            ("/guilds/{g:int}/channels", "channels", self._channels),
            ("/guilds/{g:int}/roles", "roles", self._roles),
            ("/guilds/{g:int}/members", "members", self._members),
            ("/guilds/{g:int}/members/{m:int}", "member", self._member),
            ("/guilds/{g:int}/threads/active", "active", self._active),
            ("/channels/{c:int}", "channel", self._channel),
            ("/channels/{c:int}/messages", "messages", self._messages),
            ("/channels/{c:int}/messages/pins", "pins", self._pins),
            ("/channels/{c:int}/pins", "pins", self._old_pins),
            ("/channels/{c:int}/messages/{m:int}", "message", self._message),
            ("/channels/{c:int}/messages/{m:int}/reactions/{emoji}", "reactions", self._reactions),
            (f"{archived}/public", "archived", self._archived),
            (f"{archived}/private", "archived", self._archived_private),
            ("/channels/{c:int}/users/@me/threads/archived/private", "archived", self._joined),
        ]

    def respond(self, request: TwinRequest) -> TwinResponse:
        found = self._routes.find(request.method, request.path)
        if found is None:
            return as_json({"message": "404: Not Found", "code": 0}, HTTPStatus.NOT_FOUND)
        (limit, handler), parts = found
        headers: dict[str, str] = {}
        try:
            headers = self.limits.spend(limit, parts.get("c") or parts.get("g") or 0)
            self._admit(request)
            response = as_json(handler(Call(request), **parts))
        except Refusal as refusal:
            response = refusal.response
        response.headers |= headers
        return response

    def _admit(self, request: TwinRequest) -> None:
        if request.headers.get("authorization") != f"Bot {self.token}":
            raise refused(401, 0, "401: Unauthorized")
        if request.method != "GET":
            raise refused(405, 0, "405: Method Not Allowed")

    def _me(self, _: Call) -> Payload:
        own = {"mfa_enabled": True, "locale": "en-US", "premium_type": 0, "email": None, "verified": True}
        return self.server.people.bot.user | own

    def _my_guilds(self, _: Call) -> list[Payload]:
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

    def _application(self, _: Call) -> Payload:
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

    def _guild(self, call: Call, g: int) -> Payload:
        self._check(g)
        told = self.server.payload()
        if call.args.flag("with_counts"):
            present = len(self.server.people.present)
            told |= {"approximate_member_count": present, "approximate_presence_count": present // 2}
        return told

    def _channels(self, _: Call, g: int) -> list[Payload]:
        """All of them, those that the bot may not read too; no threads."""
        self._check(g)
        return [room.payload() for room in self.server.channels]

    def _roles(self, _: Call, g: int) -> list[Payload]:
        self._check(g)
        return list(self.server.people.roles.values())

    def _members(self, call: Call, g: int) -> list[Payload]:
        self._check(g)
        if not self.members:
            raise missing_access()
        limit, after = (
            call.args.read("limit", whole(1, _MOST_MEMBERS), 1),
            call.args.read("after", whole(), 0),
        )
        found = [member for member in self.server.people.present if member.id > after]
        return [member.payload() for member in found[:limit]]

    def _member(self, _: Call, g: int, m: int) -> Payload:
        self._check(g)
        for member in self.server.people.present:
            if member.id == m:
                return member.payload()
        raise unknown("Member")

    def _active(self, _: Call, g: int) -> Payload:
        self._check(g)
        threads = [room for room in self.server.threads if not room.archived and room.is_readable]
        threads.sort(key=lambda room: room.id, reverse=True)
        return {"threads": [room.payload() for room in threads], "members": [], "has_more": False}

    def _channel(self, _: Call, c: int) -> Payload:
        return self._room(c).payload()

    def _messages(self, call: Call, c: int) -> list[Payload]:
        room = self._with_messages(c)
        limit = call.args.read("limit", whole(1, _MOST_MESSAGES), 50)
        after, before, around = (
            call.args.read(name, whole(), None) for name in ("after", "before", "around")
        )
        if around is not None:
            half = limit // 2
            found = room.after(around - 1, limit - half) + room.before(around, half)
        elif after is not None:
            found = room.after(after, limit)
        else:
            found = room.before(before, limit)
        return [self._told(call, room, number) for number in found]

    def _message(self, call: Call, c: int, m: int) -> Payload:
        room = self._with_messages(c)
        if m not in room:
            raise unknown("Message")
        return self._told(call, room, m)

    def _pins(self, call: Call, c: int) -> Payload:
        room = self._with_messages(c)
        limit, before = (
            call.args.read("limit", whole(1, _MOST_PINS), _MOST_PINS),
            call.args.read("before", moment, None),
        )
        pins = [
            (pinned, number) for number, pinned in room.pinned.items()
            if number in room and (before is None or pinned < before)
        ]  # fmt: skip
        shown, following = cut(sorted(pins, reverse=True), limit)
        items = [
            {"pinned_at": iso(pinned), "message": self._told(call, room, number)} for pinned, number in shown
        ]
        return {"items": items, "has_more": following is not None}

    def _old_pins(self, call: Call, c: int) -> list[Payload]:
        return [each["message"] for each in self._pins(call, c)["items"]]

    def _reactions(self, call: Call, c: int, m: int, emoji: str) -> list[Payload]:
        """Who: that it is always the same ones of all members is the twin's own simplicity."""
        told = self._message(call, c, m)
        limit, after = call.args.read("limit", whole(1, _MOST_USERS), 25), call.args.read("after", whole(), 0)
        kind = "burst" if call.args.get("type") == "1" else "normal"
        for reaction in told.get("reactions", ()):
            own = reaction["emoji"]
            if emoji in {own["name"], f"{own['name']}:{own['id']}"}:
                present = self.server.people.present[: reaction["count_details"][kind]]
                return [member.user for member in present if member.id > after][:limit]
        raise unknown("Emoji")

    def _archived(self, call: Call, c: int, *, private: bool = False) -> Payload:
        room = self._room(c)
        if room.is_thread or room.kind in {Kind.CATEGORY, Kind.VOICE, Kind.STAGE}:
            raise wrong_channel_type()
        limit = call.args.read("limit", whole(2, _MOST_THREADS), 50)
        before = call.args.read("before", moment, None)
        threads = [
            each for each in self.server.threads
            if each.parent is room and each.archived and (each.kind is Kind.PRIVATE_THREAD) is private
            and (before is None or _archive_time(each) < before)
        ]  # fmt: skip
        shown, following = cut(sorted(threads, key=_archive_time, reverse=True), limit)
        return {
            "threads": [each.payload() for each in shown],
            "members": [],
            "has_more": following is not None,
        }

    def _archived_private(self, call: Call, c: int) -> Payload:
        return self._archived(call, c, private=True)

    def _joined(self, _: Call, c: int) -> Payload:
        """The bot joins no private thread."""
        self._room(c)
        return {"threads": [], "members": [], "has_more": False}

    def _told(self, call: Call, room: Room, number: int) -> Payload:
        told = self.server.writer.message(room, number)
        if not self.message_content:
            told = without_content(told, self.server.people.bot)
        return self.cdn.signed(told, room.id, call.origin)

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
            raise wrong_channel_type()
        return room


def _archive_time(room: Room) -> datetime:
    return room.archive_changed or moment_of(room.id)
