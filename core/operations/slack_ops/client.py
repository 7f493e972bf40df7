"""Slack's Web API over slack_sdk: its handlers, with the run's waits, counters and errors.

https://docs.slack.dev/reference/methods. Seen: `has_more` without a cursor; pages with fewer objects than
asked for, before the end; `limit` above 999 refused by some methods only.
"""

from __future__ import annotations

import logging
import random as random_module
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, cast
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from core.errors import (
    CollectorFailureCategory,
    InvalidInput,
    NetworkError,
    SourceError,
    SourceTimeout,
    classify_failure,
)
from core.http import USER_AGENT, Credential, Waits
from core.http.calltime import CallTime
from core.json_text import parse_json
from core.open_pages import awaiting_network
from core.operations.slack_ops.errors import refusal
from core.operations.slack_ops.limits import HISTORY, TIER_3, Pacing
from core.operations.slack_ops.paging import CursorPaging, SlackPage, objects_of
from core.operations.slack_ops.retries import (
    Connections,
    Counting,
    Limits,
    Persistence,
    ServerErrors,
    retry_after,
)
from core.operations.slack_ops.sdk import MOST_OF_AN_ANSWER, AnswerTooLongError, SlackSdk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from core.metering import Meter
    from core.operations.slack_ops.conf import SlackSettings

# Items of a reply; some methods take one more.
MOST_OBJECTS = 999
CHECK_URL = "check SLACK_API_BASE_URL, https://slack.com/api"
# Errors are raised; the SDK would log each attempt as one.
_SDK_LOGGER = logging.getLogger("core.operations.slack_ops.sdk")
_SDK_LOGGER.setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is (auth.test), with what it may do."""

    team_id: str
    team: str
    url: str
    user_id: str
    is_bot: bool
    scopes: frozenset[str]


class SlackClient:
    """One workspace, asked with its bot token. Every failure is a CollectorError; times are in seconds,
    `call_timeout` is for a call as a whole, its attempts and their answers together.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        team_id: str,
        *,
        meter: Meter,
        page_size: int = 999,
        pace: float = 1.0,
        history_calls_per_minute: int = TIER_3,
        read_timeout: float = 60.0,
        call_timeout: float = 300.0,
        attempts: int = 5,
        max_wait: float = 120.0,
        deadline: float | None = None,
        stop: Callable[[], bool] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        self.team_id = team_id
        self._page_size = page_size
        self._call_timeout = call_timeout
        waits = Waits(
            meter, max_wait=max_wait, deadline=deadline, stop=stop, clock=clock, sleep=sleep, random=random
        )
        credential = Credential.from_token(token)
        self._pacing = Pacing(
            team_id, credential, waits, pace=pace, history_calls_per_minute=history_calls_per_minute
        )
        self._persistence = persistence = Persistence(waits, self._pacing, attempts=attempts)
        # Any: the SDK's types are full of bare dicts.
        self._sdk: Any = SlackSdk(
            token=token,
            base_url=f"{base_url}/",
            timeout=cast("int", read_timeout),  # urllib takes fractions as well
            user_agent_prefix=USER_AGENT,
            logger=_SDK_LOGGER,
            retry_handlers=[
                Counting(meter),
                *(handler(persistence) for handler in (Limits, ServerErrors, Connections)),
            ],
        )

    @classmethod
    def of_team(cls, settings: SlackSettings, team_id: str, **options: Any) -> SlackClient:
        """The client of a workspace, as the settings have it. Raises ConfigurationError without a token."""
        return cls(
            settings.slack_api_base_url,
            settings.token_of(team_id),
            team_id,
            page_size=settings.slack_page_size,
            pace=settings.slack_pace,
            history_calls_per_minute=settings.slack_history_calls_per_minute,
            **options,
        )

    def close(self) -> None:
        """Give back what the shared budgets lent."""
        self._pacing.close()

    def identity(self) -> Identity:
        said, headers = self._asked("auth.test")
        scopes = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
        return Identity(
            team_id=_text(said, "team_id", "auth.test"),
            team=_text(said, "team", "auth.test"),
            url=_text(said, "url", "auth.test"),
            user_id=_text(said, "user_id", "auth.test"),
            is_bot=bool(said.get("bot_id")),
            scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
        )

    def team(self) -> Mapping[str, Any]:
        return self._object("team.info", "team")

    def users(self) -> Iterator[SlackPage]:
        return self._listed("users.list", "members")

    def user(self, user_id: str) -> Mapping[str, Any]:
        """One user, also of another workspace. Raises SlackUnknown when there is none."""
        return self._object("users.info", "user", user=user_id)

    def channels(self, types: Sequence[str]) -> Iterator[SlackPage]:
        """Conversations of these kinds, archived ones included."""
        return self._listed("conversations.list", "channels", types=",".join(types), exclude_archived=False)

    def members(self, channel_id: str) -> Iterator[SlackPage]:
        """Pages whose items are `{"id": user id}`."""
        return self._listed("conversations.members", "members", channel=channel_id)

    def history(
        self,
        channel_id: str,
        *,
        oldest: str | None = None,
        latest: str | None = None,
        inclusive: bool = False,
    ) -> Iterator[SlackPage]:
        """Messages of a channel without replies, newest first, between two ts.

        `latest` should be given: what is posted meanwhile is then no part of it. Raises SlackDenied for a
        channel that the bot is not in.
        """
        return self._listed(
            "conversations.history",
            "messages",
            channel=channel_id,
            oldest=oldest,
            latest=latest,
            inclusive=inclusive,
        )

    def replies(self, channel_id: str, thread_ts: str, *, oldest: str | None = None) -> Iterator[SlackPage]:
        """A thread, oldest first, its parent at the top of every reply; with `oldest` only what is newer.

        Raises SlackUnknown when the thread is gone, SourceError for an answer without the parent: it says
        nothing of the thread.
        """
        method = "conversations.replies"
        for page in self._listed(method, "messages", channel=channel_id, ts=thread_ts, oldest=oldest):
            # What has no ts may be it.
            if all(isinstance(ts := item.get("ts"), str) and ts != thread_ts for item in page.items):
                why = f"{method} does not show the thread's own message"
                raise SourceError(why, item=f"thread {thread_ts}")
            yield page

    def join(self, channel_id: str) -> Mapping[str, Any]:
        return self._object("conversations.join", "channel", channel=channel_id)

    def pins(self, channel_id: str) -> list[Mapping[str, Any]]:
        return self._list("pins.list", "items", channel=channel_id)

    def bookmarks(self, channel_id: str) -> list[Mapping[str, Any]]:
        return self._list("bookmarks.list", "bookmarks", channel_id=channel_id)

    def file(self, file_id: str) -> Mapping[str, Any]:
        """One file's metadata. Raises SlackUnknown when it is deleted."""
        return self._object("files.info", "file", file=file_id)

    def _listed(self, method: str, name: str, **params: Any) -> Iterator[SlackPage]:
        limit = self._page_size if method in HISTORY else MOST_OBJECTS
        paging = CursorPaging(method)
        while True:
            said, _ = self._asked(method, limit=limit, cursor=paging.cursor, **params)
            page = paging.page(said, objects_of(said, name, method))
            yield page
            if not page.more:
                return

    def _list(self, method: str, name: str, **params: Any) -> list[Mapping[str, Any]]:
        said, _ = self._asked(method, **params)
        return objects_of(said, name, method)

    def _object(self, method: str, name: str, **params: Any) -> Mapping[str, Any]:
        said, _ = self._asked(method, **params)
        found: Any = said.get(name)
        if not isinstance(found, dict):
            raise SourceError(f"{method} gave no {name}")
        return cast("Mapping[str, Any]", found)

    def _asked(self, method: str, **params: Any) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return the answer with its headers. The network is never waited for in a page."""
        with awaiting_network():
            self._pacing.wait_for(method)
            self._sdk.call_time = CallTime(self._call_timeout)
            try:
                answer = self._sdk.api_call(method, params=params)
            except SlackApiError as error:
                refused = _refused(method, error)
                self._persistence.note(method, in_trouble=isinstance(refused, SourceError))
                raise refused from None
            except (SlackClientError, OSError, HTTPException, ValueError) as error:
                raise _broken(method, error) from None
        said = _object_of(method, answer.data)
        if said.get("ok") is not True:
            refused = refusal(method, HTTPStatus.OK, said, retry_after(answer.headers))
            self._persistence.note(method, in_trouble=isinstance(refused, SourceError))
            raise refused
        self._persistence.note(method, in_trouble=False)
        return said, answer.headers


def _object_of(method: str, body: bytes) -> Mapping[str, Any]:
    """Return what Slack says. Raises SourceError for what is no object of JSON."""
    try:
        said: Any = parse_json(body)
    except InvalidInput as error:
        why = f"{method}: the answer is not Slack's ({error.message[:100]})"
        raise SourceError(why, remedy=CHECK_URL) from None
    if isinstance(said, dict):
        return cast("Mapping[str, Any]", said)
    raise SourceError(f"{method}: the answer is not an object", remedy=CHECK_URL)


def _refused(method: str, error: SlackApiError) -> Exception:
    response: Any = error.response
    data: Any = getattr(response, "data", response)
    said = cast("dict[str, Any]", data if isinstance(data, dict) else {})
    status, headers = getattr(response, "status_code", 200), getattr(response, "headers", {})
    return refusal(method, status, said, retry_after(headers))


def _broken(method: str, error: Exception) -> Exception:
    """Return the error for no whole answer; the SDK's texts hold the URL, so they are not shown."""
    if isinstance(error, AnswerTooLongError):
        return SourceError(
            f"{method}: the answer has more than {MOST_OF_AN_ANSWER >> 20} MiB",
            remedy="make SLACK_PAGE_SIZE smaller",
        )
    category = classify_failure(error)
    reason: Any = getattr(error, "reason", None) if isinstance(error, URLError) else error
    shown = reason if isinstance(reason, str) else type(reason).__name__
    if category is CollectorFailureCategory.TIMEOUT:
        return SourceTimeout(f"{method}: Slack did not answer in time")
    if isinstance(error, ValueError) or category is CollectorFailureCategory.SOURCE:
        return SourceError(f"{method}: the answer is not JSON ({shown})")
    return NetworkError(f"{method}: Slack cannot be reached ({shown})")


def _text(said: Mapping[str, Any], name: str, method: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise SourceError(f"{method} gave no {name}", remedy="check SLACK_API_BASE_URL")
    return value
