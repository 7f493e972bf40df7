"""The twin: Slack's Web API over one or more workspaces of the seeded world."""

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha1
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Unpack

from core.twins import Fault, Twin, TwinOptions, TwinRequest, TwinResponse, World
from cppa_slack_tracker.twin import api, changes, export, planting, truth
from cppa_slack_tracker.twin.ids import micros
from cppa_slack_tracker.twin.limits import Limits
from cppa_slack_tracker.twin.paging import RefusedError
from cppa_slack_tracker.twin.workspaces import Workspace

_HANGING_ON = {"reply_count", "reactions", "files", "file", "subtype", "root", "pinned_to", "edited"}


class SlackTwin(Twin):
    """size: messages in all channels together.

    restricted: history and replies as apps get them that are sold outside Slack's marketplace.
    hidden_before: what a free plan hides, and says so by `is_limited`.
    """

    name: ClassVar[str] = "slack"
    # Slack says with every 429 how long to wait.
    fault_kinds: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.SECONDARY_LIMIT, Fault.TOO_MANY_BARE}
    pace = 1000.0  # nobody waits a minute for a tier
    nonsense = ({"ts": "yesterday"}, {"ts": ...}, {"ts": 1512085950.000216}, {"ts": {}})
    domains: ClassVar[dict[str, str]] = {"cpp": "Cpplang"}

    def __init__(
        self,
        world: World,
        *,
        restricted: bool = False,
        hidden_before: datetime | None = None,
        **options: Unpack[TwinOptions],
    ) -> None:
        super().__init__(world, **options)
        self.restricted = restricted
        self.hidden_before = micros(hidden_before) if hidden_before else 0
        self.limits = Limits(self.clock)
        self.spaces = [Workspace(world, domain, name) for domain, name in self.domains.items()]
        for space in self.spaces:
            planting.plant(space, self.size // len(self.spaces))
        self._failing: dict[tuple[str, str], str] = {}
        self.expect_arrivals()

    @property
    def space(self) -> Workspace:
        """The first workspace."""
        return self.spaces[0]

    def environment(self, base_url: str) -> dict[str, str]:
        tokens = {f"SLACK_BOT_TOKEN_{space.id}": space.token for space in self.spaces[1:]}
        return {
            "SLACK_API_BASE_URL": f"{base_url}{api.ROOT}",
            "SLACK_TEAM_ID": self.space.id,
            "SLACK_BOT_TOKEN": self.space.token,
            "SLACK_TEAM_IDS": ",".join(space.id for space in self.spaces),
            **tokens,
            # The twin's clock may run a thousand times as fast as ours.
            "SLACK_PACE": str(self.clock.multiple),
            # Everything is swept in every run, so that a run brings all of the truth.
            "SLACK_SWEEP_DAYS": "0",
        }

    def answer(self, request: TwinRequest) -> TwinResponse:
        return api.answer(self, request)

    def operation(self, request: TwinRequest) -> tuple[str, int]:
        """The body says what is asked for, too."""
        body = sha1(request.body, usedforsecurity=False).hexdigest() if request.body else ""
        return f"{request.method} {request.target} {body}", 1

    def limited(self, kind: Fault, retry_after: int | None) -> TwinResponse:  # noqa: ARG002 - Slack has one way
        return api.rate_limited(retry_after)

    def fail(self, method: str, code: str | None, *, channel: str = "") -> None:
        """A method, or only that of one channel, is answered with this error from now on; None ends it."""
        if code is None:
            self._failing.pop((method, channel), None)
        else:
            self._failing[method, channel] = code

    def check(self, method: str, args: dict[str, str]) -> None:
        """Raises RefusedError when `fail` says so."""
        channel = args.get("channel") or args.get("channel_id") or ""
        for key in ((method, ""), (method, channel)):
            if key in self._failing:
                raise RefusedError(self._failing[key])

    def truth(self) -> dict[str, list[dict[str, Any]]]:
        with self.lock:
            return truth.truth(self.spaces, hidden_before=self.hidden_before)

    def change(self) -> None:
        for space in self.spaces:
            changes.Change(space, self.rounds).happen()

    def arrivals(self) -> Iterator[Callable[[], None]]:
        return chain.from_iterable(changes.arrivals(space, self.rounds) for space in self.spaces)

    def spoilable(self, request: TwinRequest, data: Any) -> list[dict[str, Any]]:
        """Messages on which nothing hangs."""
        if not request.path.endswith((".history", ".replies")):
            return []
        return [message for message in data.get("messages", ()) if not _HANGING_ON & message.keys()]

    def export_zip(self, path: Path, *, team: int = 0) -> None:
        """Slack's own export of a workspace, all conversations included, as it is now."""
        with self.lock:
            export.write(self.spaces[team], path)


class SlackTeamsTwin(SlackTwin):
    """Two workspaces, each with a token of its own."""

    name: ClassVar[str] = "slack-teams"
    domains: ClassVar[dict[str, str]] = {"cpp": "Cpplang", "boost": "Boost Committee"}
