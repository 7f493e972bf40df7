"""`classify_failure`: from any exception to what to do about it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, TypeVar, cast

from core.errors.families import CollectorError
from core.errors.families import CollectorFailureCategory as Category
from core.errors.git import classify_git_stderr
from core.errors.tables import ERRNOS, GENERAL, REASONS, SQLSTATES, ErrorTable
from core.vendors import error_tables

T = TypeVar("T")

_STATUSES = {
    401: Category.AUTH,
    402: Category.PERMISSION,
    403: Category.PERMISSION,
    404: Category.NOT_FOUND,
    407: Category.AUTH,
    408: Category.TIMEOUT,
    410: Category.NOT_FOUND,
    429: Category.RATE_LIMIT,
    451: Category.PERMISSION,
}
# GitHub's words for its limits (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api);
# older servers say "abuse detection mechanism".
_LIMIT_WORDS = re.compile(
    r"rate limit exceeded|secondary rate limit|abuse detection|retry your request again later"
    r"|wait a few minutes before you try again",
    re.IGNORECASE,
)
_REASON = re.compile(r'"(?:reason|type)"\s*:\s*"(\w+)"')
_RETRIED_STATUS = re.compile(r"too many (\d{3}) error responses")
# libpq gives no SQLSTATE for a connection it did not get, only the server's sentence.
_LIBPQ_SENTENCES = [
    (
        Category.AUTH,
        re.compile(r"authentication failed|no password supplied|pg_hba\.conf|role \".*\" does not exist"),
    ),
    (Category.PERMISSION, re.compile(r"permission denied for database|is not permitted to log in")),
    (
        Category.CONFIGURATION,
        re.compile(
            r"database \".*\" does not exist|definition of service \".*\" not found|service file"
            r"|invalid \w+ value|root certificate file"
        ),
    ),
    (Category.RESOURCE, re.compile(r"too many clients|remaining connection slots|too many connections")),
    (Category.TIMEOUT, re.compile(r"timeout expired|timed out")),
    # psycopg's words for a connection that it did not get; one that broke is the database's failure.
    (Category.NETWORK, re.compile(r"connection (?:failed|is bad):|failed to resolve host")),
]


def classify_failure(exc: BaseException) -> Category:
    """Return the category of `exc`, or of what it wraps; `unknown` when neither is known."""
    return _classify(exc, set()) or Category.UNKNOWN


def _classify(exc: BaseException, seen: set[int]) -> Category | None:
    if id(exc) in seen:
        return None
    seen.add(id(exc))
    own = _by_itself(exc)
    if own:
        return own
    for inner in _wrapped(exc):
        found = _classify(inner, seen)
        if found:
            return found
    return _found(exc, lambda table: table.otherwise)


def _by_itself(exc: BaseException) -> Category | None:
    if isinstance(exc, CollectorError):
        return exc.category
    return (
        _found(exc, lambda table: table.decisive)
        or _by_judge(exc)
        or category_of_status(exc)
        or _by_program(exc)
        or _by_database(exc)
        or _by_errno(exc)
    )


def _names(exc: BaseException) -> list[str]:
    return [f"{cls.__module__.partition('.')[0]}.{cls.__name__}" for cls in type(exc).__mro__]


def _found(exc: BaseException, part: Callable[[ErrorTable], Mapping[str, T]]) -> T | None:
    """Return what the tables have in this part for the nearest class of `exc` that is in any."""
    names = _names(exc)
    tables = [GENERAL, *error_tables(name.partition(".")[0] for name in names)]
    return next((part(table)[name] for name in names for table in tables if name in part(table)), None)


def _by_judge(exc: BaseException) -> Category | None:
    judge = _found(exc, lambda table: table.judges)
    return judge(exc) if judge else None


def category_of_status(exc: BaseException) -> Category | None:
    """Sort by the HTTP status that an exception carries; None without one."""
    status = _status(exc)
    if status is None:
        return None
    if status in (400, 403):
        body = _body(exc)
        reason = next((REASONS[reason] for reason in _REASON.findall(body) if reason in REASONS), None)
        if reason:
            return reason
        if status == 403 and (_LIMIT_WORDS.search(body) or _limit_headers(exc)):  # noqa: PLR2004 - HTTP's number
            return Category.RATE_LIMIT
    if status in _STATUSES:
        return _STATUSES[status]
    return Category.VALIDATION if 400 <= status < 500 else Category.SOURCE  # noqa: PLR2004 - HTTP's numbers


def _status(exc: BaseException) -> int | None:
    """Return the HTTP status that the exception carries, under any of the names that libraries give it."""
    response = getattr(exc, "response", None)
    carriers = [
        (response, "status_code"),
        (response, "status"),
        (exc, "status_code"),
        (exc, "status"),
        (exc, "code"),
    ]
    for carrier, name in carriers:
        status = getattr(carrier, name, None)
        if isinstance(status, int) and 300 <= status < 600:  # noqa: PLR2004 - HTTP's numbers
            return status
    retried = _RETRIED_STATUS.search(str(exc)) if "urllib3.ResponseError" in _names(exc) else None
    return int(retried[1]) if retried else None


def _body(exc: BaseException) -> str:
    """Return the error body as text, as far as the library has read it."""
    parts: list[str] = []
    # `_content` is what requests and httpx have read; their public names would read on from the network.
    read = getattr(getattr(exc, "response", None), "_content", None)
    for part in (
        read,
        *(getattr(exc, name, None) for name in ("data", "content", "body", "text", "message")),
    ):
        if isinstance(part, bytes):
            parts.append(part.decode("utf-8", errors="replace"))
        elif isinstance(part, str):
            parts.append(part)
        elif isinstance(part, Mapping):
            parts.append(json.dumps(dict(cast("Mapping[str, Any]", part)), default=str))
    return "\n".join(parts)


def _limit_headers(exc: BaseException) -> bool:
    response = getattr(exc, "response", None)
    # google-api-python-client's `resp` is the mapping of headers itself.
    for headers in (
        getattr(response, "headers", None),
        getattr(exc, "headers", None),
        getattr(exc, "resp", None),
    ):
        if isinstance(headers, Mapping):
            lower = {
                str(name).lower(): str(value) for name, value in cast("Mapping[str, Any]", headers).items()
            }
            if "retry-after" in lower or lower.get("x-ratelimit-remaining") == "0":
                return True
    return False


def _by_program(exc: BaseException) -> Category | None:
    if "subprocess.CalledProcessError" not in _names(exc):
        return None
    command = getattr(exc, "cmd", None)
    words = command.split() if isinstance(command, str) else [str(word) for word in command or ()]
    if not words or PurePath(words[0]).stem != "git":
        return None
    stderr = getattr(exc, "stderr", None) or b""
    return classify_git_stderr(
        stderr.decode("utf-8", errors="replace") if isinstance(stderr, bytes) else stderr
    )


def _by_database(exc: BaseException) -> Category | None:
    names = _names(exc)
    if "psycopg.Error" not in names:
        return None
    sqlstate = getattr(exc, "sqlstate", None)
    if sqlstate:
        return SQLSTATES.get(sqlstate) or SQLSTATES.get(sqlstate[:2]) or Category.DATABASE
    if "psycopg.OperationalError" not in names:
        return Category.DATABASE
    text = str(exc)
    return next(
        (category for category, pattern in _LIBPQ_SENTENCES if pattern.search(text)), Category.DATABASE
    )


def _by_errno(exc: BaseException) -> Category | None:
    return ERRNOS.get(exc.errno) if isinstance(exc, OSError) and exc.errno else None


def _wrapped(exc: BaseException) -> Iterator[BaseException]:
    """Return what `exc` was made from. Not `__context__`, which only happened before it."""
    # urllib and urllib3 say `reason`, pinecone `cause`, slack_sdk `api_error`, exception groups `exceptions`;
    # requests passes it as an argument.
    named = (getattr(exc, name, None) for name in ("reason", "cause", "api_error"))
    group: tuple[Any, ...] = getattr(exc, "exceptions", ())
    for inner in (*named, *exc.args, exc.__cause__, *group):
        if isinstance(inner, BaseException):
            yield inner
