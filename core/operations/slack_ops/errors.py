"""Slack's refusals. https://docs.slack.dev/reference/methods lists the codes of each method."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from core.errors import (
    AuthError,
    CollectorError,
    ErrorTable,
    InvalidInput,
    NetworkError,
    NotFound,
    PermissionDenied,
    RateLimited,
    SourceError,
    SourceTimeout,
    category_of_status,
)
from core.errors import CollectorFailureCategory as Category


class SlackDenied(PermissionDenied):
    """`code` is Slack's word: missing_scope, not_in_channel, ..."""

    def __init__(self, message: str, *, code: str, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class SlackUnknown(NotFound):
    """`code` is Slack's word: channel_not_found, thread_not_found, ..."""

    def __init__(self, message: str, *, code: str, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class CursorRefused(InvalidInput):
    """Slack no longer takes a cursor: begin again from what is stored."""


_CODE = re.compile(r"[a-z][a-z0-9_]*")
# Trouble that passes, told with status 200.
PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
LIMITED = frozenset({"ratelimited", "rate_limited"})

# https://docs.slack.dev/reference/methods: the `error` of a body with `ok: false`.
CODES = {
    **dict.fromkeys(("ratelimited", "rate_limited", "message_limit_exceeded"), Category.RATE_LIMIT),
    **dict.fromkeys(
        (
            "not_authed",
            "invalid_auth",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "bad_token",
            "invalid_refresh_token",
        ),
        Category.AUTH,
    ),
    **dict.fromkeys(
        (
            "missing_scope",
            "no_permission",
            "access_denied",
            "accesslimited",
            "user_not_visible",
            "not_allowed_token_type",
            "not_in_channel",
            "org_login_required",
            "ekm_access_denied",
            "team_access_not_granted",
            "enterprise_is_restricted",
            "restricted_action",
            "method_not_supported_for_channel_type",
            "two_factor_setup_required",
        ),
        Category.PERMISSION,
    ),
    **dict.fromkeys(
        (
            "channel_not_found",
            "user_not_found",
            "users_not_found",
            "thread_not_found",
            "message_not_found",
            "file_not_found",
            "file_deleted",
            "team_not_found",
        ),
        Category.NOT_FOUND,
    ),
    **dict.fromkeys(
        ("internal_error", "fatal_error", "service_unavailable", "team_added_to_org", "unknown_error"),
        Category.SOURCE,
    ),
    "request_timeout": Category.TIMEOUT,
}

_REMEDIES = {
    "not_authed": "set the bot token of the workspace",
    "invalid_auth": "check the bot token: it may belong to another workspace, or be revoked",
    "account_inactive": "the app's user or the workspace is deactivated: install the app again",
    "token_revoked": "install the app again and set its new bot token",
    "token_expired": "install the app again and set its new bot token",
    "not_in_channel": "invite the bot, or run with --join",
    "channel_not_found": "check the id; the bot sees private channels only when it is invited",
    "not_allowed_token_type": "use a bot token, xoxb-...",
    "org_login_required": "the workspace is being moved to an organisation: run again later",
}
_STATUSES: dict[int, type[CollectorError]] = {
    HTTPStatus.UNAUTHORIZED: AuthError,
    HTTPStatus.FORBIDDEN: PermissionDenied,
    HTTPStatus.NOT_FOUND: SourceError,
    HTTPStatus.REQUEST_TIMEOUT: NetworkError,
    HTTPStatus.GATEWAY_TIMEOUT: SourceTimeout,
}
_FAMILIES: dict[Category, type[CollectorError]] = {
    Category.AUTH: AuthError,
    Category.SOURCE: SourceError,
    Category.TIMEOUT: SourceTimeout,
}


def refusal(method: str, status: int, said: Mapping[str, Any], retry_after: float | None) -> CollectorError:
    """Return the error that an answer without `ok: true` means."""
    code = said.get("error")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        # The SDK's own sentence about a body that is not JSON, or nothing.
        code = None
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in LIMITED:
        return RateLimited(
            f"{method}: Slack allows no more calls now", retry_after=retry_after, remedy="run again later"
        )
    if code is None and status != HTTPStatus.OK:
        return _by_status(method, status)
    if code is None:
        return SourceError(
            f"{method}: the answer is not Slack's", remedy="check SLACK_API_BASE_URL, https://slack.com/api"
        )
    return _by_code(method, code, said)


def _by_status(method: str, status: int) -> CollectorError:
    message = f"{method} answered {status}"
    if status in _STATUSES:
        return _STATUSES[status](message, remedy="check the bot token and SLACK_API_BASE_URL")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SourceError(message, remedy="Slack has trouble: run again later")
    return SourceError(message, remedy="check SLACK_API_BASE_URL")


def _by_code(method: str, code: str, said: Mapping[str, Any]) -> CollectorError:
    category = CODES.get(code)
    message, remedy = f"{method}: {code}", _REMEDIES.get(code)
    if code == "missing_scope":
        needed, provided = said.get("needed"), said.get("provided")
        message = f"{method}: the token lacks the scope {needed}; it has {provided}"
        remedy = f"add {needed} to the app's bot token scopes and install it again"
    if category is Category.PERMISSION:
        return SlackDenied(message, code=code, remedy=remedy)
    if category is Category.NOT_FOUND:
        return SlackUnknown(message, code=code, remedy=remedy)
    if code == "invalid_cursor":
        return CursorRefused(message, remedy="run again: it continues from what is stored")
    return (
        _FAMILIES.get(category, InvalidInput)(message, remedy=remedy) if category else InvalidInput(message)
    )


def _judge(error: BaseException) -> Category | None:
    """Return what a SlackApiError means that the SDK has raised: its body's code first, then its status."""
    response = getattr(error, "response", None)
    data = getattr(response, "data", response)
    code = str(cast("Mapping[str, Any]", data).get("error")) if isinstance(data, Mapping) else ""
    if code in CODES:
        return CODES[code]
    return category_of_status(error) or (
        Category.VALIDATION if re.fullmatch(r"\w+", code) else Category.SOURCE
    )


ERRORS = ErrorTable(
    decisive={
        "slack_sdk.BotUserAccessError": Category.PERMISSION,
        "slack_sdk.SlackClientConfigurationError": Category.CONFIGURATION,
        "slack_sdk.SlackClientNotConnectedError": Category.NETWORK,
    },
    otherwise={
        "slack_sdk.SlackRequestError": Category.VALIDATION,
        "slack_sdk.SlackObjectFormationError": Category.VALIDATION,
    },
    judges={"slack_sdk.SlackApiError": _judge},
)
