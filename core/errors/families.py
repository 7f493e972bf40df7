"""The categories of failure, their exit codes, and the exceptions that the project raises itself."""

from enum import StrEnum
from typing import ClassVar


class CollectorFailureCategory(StrEnum):
    UNKNOWN = "unknown"
    VALIDATION = "validation"
    """An input, or the content of an item, that cannot be used as it is."""
    CONFIGURATION = "configuration"
    """A setting or credential is missing."""
    AUTH = "auth"
    """The credential is not accepted."""
    PERMISSION = "permission"
    """The credential or the system user is known, but may not do this."""
    RATE_LIMIT = "rate_limit"
    NETWORK = "network"
    """No answer arrived: name resolution, connection, TLS, or a transfer cut short."""
    TIMEOUT = "timeout"
    COMMAND = "command"
    """A management command or a program it started refused or failed."""
    LOCKED = "locked"
    """Another process has it."""
    PARTIAL = "partial"
    """Some items failed, the rest is stored."""
    DATABASE = "database"
    NOT_FOUND = "not_found"
    SOURCE = "source"
    """The source answered what it should not: a 5xx, HTML in place of JSON, another shape."""
    RESOURCE = "resource"
    """This machine has run out: disk, memory, descriptors, database connections."""
    CANCELLED = "cancelled"
    """Somebody asked the run to stop; it can be resumed."""


_EXIT_CODES = {
    CollectorFailureCategory.VALIDATION: 64,
    CollectorFailureCategory.NOT_FOUND: 64,
    CollectorFailureCategory.PARTIAL: 65,
    CollectorFailureCategory.NETWORK: 69,
    CollectorFailureCategory.SOURCE: 69,
    CollectorFailureCategory.UNKNOWN: 70,
    CollectorFailureCategory.COMMAND: 70,
    CollectorFailureCategory.DATABASE: 70,
    CollectorFailureCategory.RESOURCE: 70,
    CollectorFailureCategory.RATE_LIMIT: 75,
    CollectorFailureCategory.TIMEOUT: 75,
    CollectorFailureCategory.LOCKED: 75,
    CollectorFailureCategory.CANCELLED: 75,
    CollectorFailureCategory.AUTH: 77,
    CollectorFailureCategory.PERMISSION: 77,
    CollectorFailureCategory.CONFIGURATION: 78,
}


def exit_code(category: CollectorFailureCategory) -> int:
    """The exit code of a run that failed so, after sysexits(3): one per remedy. 0 and 2 name no failure
    of a run: 0 is success, 2 the argument parser's.
    """
    return _EXIT_CODES[category]


class CollectorError(Exception):
    """Base of what the project raises. `item` is what failed, `remedy` what the operator can do."""

    category: ClassVar[CollectorFailureCategory] = CollectorFailureCategory.UNKNOWN

    def __init__(self, message: str, *, item: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.item = item
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.item}: {self.message}" if self.item else self.message
        return f"{text} ({self.remedy})" if self.remedy else text


class TryAgainLater(CollectorError):  # noqa: N818 - a group, named by what to do
    """A passing failure: nothing needs to change, a later run can succeed."""


class NeedsChange(CollectorError):  # noqa: N818 - a group, named by what to do
    """Somebody has to change a setting, a credential, an argument or the machine first."""


class NeedsInvestigation(CollectorError):  # noqa: N818 - a group, named by what to do
    """Somebody has to find out what happened."""


class RateLimited(TryAgainLater):
    """`retry_after` is in seconds, None when the source does not say."""

    category = CollectorFailureCategory.RATE_LIMIT

    def __init__(
        self,
        message: str,
        *,
        item: str | None = None,
        remedy: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, item=item, remedy=remedy)
        self.retry_after = retry_after


class NetworkError(TryAgainLater):
    category = CollectorFailureCategory.NETWORK


class SourceTimeout(TryAgainLater):
    category = CollectorFailureCategory.TIMEOUT


class AlreadyRunning(TryAgainLater):
    """Another process writes the same stream."""

    category = CollectorFailureCategory.LOCKED


class Superseded(TryAgainLater):
    """Another process has taken over this run, so it may not commit any more."""

    category = CollectorFailureCategory.LOCKED


class StopRequested(TryAgainLater):
    """Ctrl-C or SIGTERM, after the page in hand."""

    category = CollectorFailureCategory.CANCELLED


class TimeUsedUp(StopRequested):
    """The minutes that the run was given are over; it stopped after the page in hand."""

    category = CollectorFailureCategory.TIMEOUT


class ConfigurationError(NeedsChange):
    category = CollectorFailureCategory.CONFIGURATION


class SchemaDiffers(NeedsChange):
    """The database is not of this version of the program: what it refuses is no row's fault."""

    category = CollectorFailureCategory.CONFIGURATION
    REMEDY = (
        "let all runs end, take the newest version of the program, migrate (uv run manage.py migrate), "
        "then run this again; nothing is lost"
    )


class InvalidInput(NeedsChange):
    """An argument, a file or an item's payload that cannot be used; the message names the field."""

    category = CollectorFailureCategory.VALIDATION


class NotFound(NeedsChange):
    category = CollectorFailureCategory.NOT_FOUND


class AuthError(NeedsChange):
    category = CollectorFailureCategory.AUTH


class PermissionDenied(NeedsChange):
    category = CollectorFailureCategory.PERMISSION


class ResourceExhausted(NeedsChange):
    category = CollectorFailureCategory.RESOURCE


class SourceError(NeedsInvestigation):
    """The source answered a 5xx, or something that is not what it documents."""

    category = CollectorFailureCategory.SOURCE


class CommandFailed(NeedsInvestigation):
    """A program that was started (git, pg_dump, ...) failed."""

    category = CollectorFailureCategory.COMMAND


class DatabaseFailed(NeedsInvestigation):
    category = CollectorFailureCategory.DATABASE


class AllRefused(DatabaseFailed):
    """The database refuses all rows of a batch for one reason, so that this is hardly theirs."""


class PartialFailure(NeedsInvestigation):
    """The run is over and stored, but some items are in quarantine."""

    category = CollectorFailureCategory.PARTIAL
