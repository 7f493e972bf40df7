"""What Discord's refusals mean: the errors they become."""

import time
from dataclasses import replace

import aiohttp
import discord

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
)
from core.errors import CollectorFailureCategory as Category
from core.http.failures import Failure, status_failure
from core.http.limits import sane_seconds
from core.json_text import parse_json
from core.redaction import redact

TOO_MANY = 429
# https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
UNKNOWN = frozenset({10003, 10004, 10008})
NO_ACCESS = frozenset({50001, 50013})
# https://docs.discord.com/developers/topics/rate-limits#header-format: "global" is of all routes; the
# proxy in front says nothing.
OF_ONE_ROUTE = frozenset({"user", "shared"})
_SHOWN = 200


# discord.py's.
ERRORS = ErrorTable(
    decisive={
        "discord.RateLimited": Category.RATE_LIMIT,
        "discord.LoginFailure": Category.AUTH,
        "discord.PrivilegedIntentsRequired": Category.PERMISSION,
        "discord.InvalidData": Category.SOURCE,
    },
    otherwise={
        "discord.GatewayNotFound": Category.SOURCE,
        "discord.ConnectionClosed": Category.NETWORK,
    },
)


class Gone(NotFound):
    """Discord says that there is no such channel, server or message (any more)."""


class Unreadable(PermissionDenied):
    """Discord says that the bot may not see this."""


class RouteLimited(RateLimited):
    """A limit that lasts, of one route in one channel or server: others can still be asked."""


def failure_of(response: aiohttp.ClientResponse, body: bytes) -> Failure:
    failure = status_failure(response.status, response.headers, body, str(response.url), time.time())
    if response.status != TOO_MANY:
        return failure
    # The body is more exact than the header, which counts whole seconds.
    told = _retry_after(body)
    wait = failure.wait if told is None else told
    family = RouteLimited if response.headers.get("X-RateLimit-Scope") in OF_ONE_ROUTE else RateLimited
    error = family(failure.error.message, retry_after=wait, remedy="run again later")
    return replace(failure, error=error, wait=wait)


def _retry_after(body: bytes) -> float | None:
    try:
        return sane_seconds(parse_json(body)["retry_after"])
    except (InvalidInput, ValueError, TypeError, KeyError):
        return None  # Cloudflare's word, which is not in JSON


def refusal(error: discord.HTTPException, shown: str) -> CollectorError:
    said = redact(error.text)[:_SHOWN]
    message = f"Discord answered {shown} {error.status}" + (f": {said} ({error.code})" if said else "")
    if error.status == 401:  # noqa: PLR2004 - HTTP's number
        return AuthError(message, remedy="check DISCORD_TOKEN: it is a bot's token, without the word Bot")
    if isinstance(error, discord.Forbidden):
        family = Unreadable if error.code in NO_ACCESS else PermissionDenied
        return family(message, remedy="check the bot's roles and the channel's permissions")
    if isinstance(error, discord.NotFound):
        found = Gone if error.code in UNKNOWN else NotFound
        return found(message, remedy="check the id, and that the bot is on that server")
    if error.status == 400:  # noqa: PLR2004 - HTTP's number
        return InvalidInput(message)
    return SourceError(message, remedy="check DISCORD_API_BASE_URL")


def unreachable(error: aiohttp.ClientError | OSError, shown: str) -> NetworkError:
    what = getattr(error, "strerror", None) or type(error).__name__
    return NetworkError(f"Discord cannot be reached for {shown}: {what}")
