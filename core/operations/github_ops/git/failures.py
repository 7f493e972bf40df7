"""Makes of git's stderr the error that says what to do next."""

import re

from core.errors import (
    AlreadyRunning,
    AuthError,
    CollectorError,
    CollectorFailureCategory,
    CommandFailed,
    ConfigurationError,
    InvalidInput,
    NetworkError,
    NotFound,
    PermissionDenied,
    RateLimited,
    ResourceExhausted,
    SourceError,
    SourceTimeout,
    classify_git_stderr,
)
from core.redaction import redact

_FAMILIES: dict[CollectorFailureCategory, tuple[type[CollectorError], str | None]] = {
    CollectorFailureCategory.RATE_LIMIT: (RateLimited, "run again later"),
    CollectorFailureCategory.AUTH: (AuthError, "check the token in the settings"),
    CollectorFailureCategory.PERMISSION: (
        PermissionDenied,
        "check what the token and the system user may do",
    ),
    CollectorFailureCategory.NOT_FOUND: (NotFound, None),
    CollectorFailureCategory.SOURCE: (SourceError, None),
    CollectorFailureCategory.TIMEOUT: (SourceTimeout, None),
    CollectorFailureCategory.NETWORK: (NetworkError, None),
    CollectorFailureCategory.LOCKED: (AlreadyRunning, None),
    CollectorFailureCategory.RESOURCE: (ResourceExhausted, "free space or memory"),
    CollectorFailureCategory.CONFIGURATION: (ConfigurationError, None),
    CollectorFailureCategory.VALIDATION: (InvalidInput, None),
}
_MOVED_ON = re.compile(
    r"\((?:fetch first|non-fast-forward|stale info|incorrect old value provided|failed to update ref"
    r"|reference already exists|cannot lock ref)"
)
_REJECTED = re.compile(r"\[remote rejected\]")
_NO_REF = re.compile(r"couldn't find remote ref")
# The server's words end too early, its pack is broken, or something here that it is based on.
_GARBLED = re.compile(
    r"protocol error|bad line length|bad band|expected \S+( \S+)?(,| after|$)|invalid server response"
    r"|(index-pack|unpack-objects) (failed|abnormal exit|died)|invalid index-pack output|bad pack|pack has"
    r"|inflate|is corrupt|bad object|not valid: is this a git repository|malformed"
    r"|did not send all necessary objects"
)
_PROGRESS = re.compile(r"(remote: )?\w+( \w+)?:\s+\d+%|remote: (Enumerating|Counting|Compressing|Total)")
_SHOWN = 500


class MirrorDamaged(CommandFailed):
    """A mirror lacks what it should have. It is marked: the next `fetch` makes it anew."""


class GarbledTransferError(NetworkError):
    """Damaged data: what was transferred makes no sense, or what it was to be added to does not."""


class PushRejected(CommandFailed):
    """The branch has moved since it was fetched."""


class NoSuchRefError(NotFound):
    """The repository is there, the branch is not."""


def failure(stderr: str, item: str) -> CollectorError:
    """Return the error that git's last words mean; `item` is what was asked for."""
    family, remedy = _FAMILIES.get(classify_git_stderr(stderr), (CommandFailed, None))
    return family(f"git: {_last_words(stderr)}", item=item, remedy=remedy)


def transfer_failure(stderr: str, item: str) -> CollectorError:
    """Return the error for the stderr of a git that talked to a server."""
    error = failure(stderr, item)
    if _MOVED_ON.search(stderr):
        return PushRejected(error.message, item=item)
    if _REJECTED.search(stderr):
        return PermissionDenied(error.message, item=item, remedy="check the rules of the branch")
    if _NO_REF.search(stderr):
        return NoSuchRefError(error.message, item=item)
    if not isinstance(error, NetworkError | ResourceExhausted | SourceTimeout) and _GARBLED.search(stderr):
        return GarbledTransferError(error.message, item=item)
    return error


def killed(status: int, item: str) -> CollectorError:
    """Return the error of a git that a signal ended: mostly the system's, for want of memory."""
    return ResourceExhausted(
        f"git was ended by signal {-status}", item=item, remedy="see that memory suffices"
    )


def _last_words(stderr: str) -> str:
    """Return the lines that say why, without progress and hints."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and not _PROGRESS.match(line)]
    serious = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "!"))]
    return redact(" | ".join(serious[-3:] or lines[-3:]))[:_SHOWN] or "failed without a word"
