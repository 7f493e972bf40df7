"""Discord's twin: one server of the seeded world, as the REST API shows it to a bot."""

import string
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Unpack

from core.twins import Fault, Twin, TwinOptions, TwinRequest, TwinResponse, World
from discord_activity_tracker.twin import api, exporter, truth
from discord_activity_tracker.twin.changes import ROUND, Change, arrivals
from discord_activity_tracker.twin.files import Cdn
from discord_activity_tracker.twin.limits import Limits
from discord_activity_tracker.twin.refusals import too_many
from discord_activity_tracker.twin.server import Server

__all__ = ["DiscordTwin"]

SIGNATURE = frozenset({"ex", "is", "hm"})


class DiscordTwin(Twin):
    """size: messages in all channels and threads together; never less than one of each kind.

    message_content, members: whether the bot has these privileged intents.
    """

    name: ClassVar[str] = "discord"
    nonsense = (
        {"id": "nonsense"},
        {"id": None},
        {"timestamp": "yesterday"},
        {"author": None},
        {"type": "nineteen"},
    )

    def __init__(
        self,
        world: World,
        *,
        message_content: bool = True,
        members: bool = True,
        **options: Unpack[TwinOptions],
    ) -> None:
        super().__init__(world, **options)
        self.server = Server(world, self.size)
        self.limits = Limits(self.clock)
        self.token = _token(world.rng("discord token"), self.server.people.bot.id)
        self.cdn = Cdn(self.clock, self.token)
        self.api = api.Api(
            self.server, self.limits, self.cdn, self.token, message_content=message_content, members=members
        )
        self.expect_arrivals()

    def environment(self, base_url: str) -> dict[str, str]:
        return {
            "DISCORD_API_BASE_URL": base_url + api.ROOT,
            "DISCORD_TOKEN": self.token,
            "DISCORD_SERVER_ID": str(self.server.id),
            # The twin's clock may run a thousand times as fast as ours.
            "DISCORD_REQUESTS_PER_SECOND": str(max(1, int(self.limits.everything[0] * self.clock.multiple))),
            # Everything is read again in every run, so that a run brings all of the truth.
            "DISCORD_MEMBER_DAYS": "0",
            "DISCORD_REREAD_DAYS": "0",
            "DISCORD_SWEEP_DAYS": "0",
            "DISCORD_SWEEP_REQUESTS": "1000000",
        }

    def answer(self, request: TwinRequest) -> TwinResponse:
        return self.cdn.respond(request) or self.api.respond(request)

    def operation(self, request: TwinRequest) -> tuple[str, int]:
        """An attachment is the same under its next address."""
        if request.query.keys() >= SIGNATURE:
            return f"{request.method} {request.path}", 1
        return super().operation(request)

    def limited(self, kind: Fault, retry_after: int | None) -> TwinResponse:  # noqa: ARG002 - there is but one
        """A limit that others have used up; or, without a time, a ban by the proxy in front."""
        if retry_after is None:
            headers = {"Content-Type": "text/plain; charset=UTF-8", "Server": "cloudflare"}
            return TwinResponse(429, b"error code: 1015", headers)
        headers = {"Retry-After": str(retry_after), "X-RateLimit-Scope": "shared"}
        return too_many(float(retry_after), everywhere=False, headers=headers)

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        return truth.truth(self.server, members=self.api.members)

    def change(self) -> None:
        start = self.world.until + ROUND * self.rounds
        Change(self.server, self.rounds, start - ROUND / 2, unseen=start - ROUND).happen()

    def arrivals(self) -> Iterator[Callable[[], None]]:
        return arrivals(self.server, self.rounds, self.world.until + ROUND * self.rounds)

    def spoilable(self, request: TwinRequest, data: Any) -> list[dict[str, Any]]:
        return data if request.path.endswith("/messages") else []

    def export_json(self, folder: Path) -> list[Path]:
        """Export each channel and thread as DiscordChatExporter would have done."""
        return exporter.export(self.server, folder)


def _token(rng: Random, bot: int) -> str:
    """Three parts, as Discord's are; the first one is the bot's id."""
    alphabet = string.ascii_letters + string.digits
    first = urlsafe_b64encode(str(bot).encode()).decode().rstrip("=")
    return ".".join([first, *("".join(rng.choices(alphabet, k=length)) for length in (6, 38))])
