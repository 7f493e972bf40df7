"""Errors, named by what to do about them, and the classification of any exception.

Clients raise a `CollectorError` of the right class at the vendor's edge; what slips through is sorted by
`classify_failure`. Both end in a `CollectorFailureCategory`, and that in an exit code.
"""

from core.errors.classification import category_of_status, classify_failure
from core.errors.families import (
    AllRefused,
    AlreadyRunning,
    AuthError,
    CollectorError,
    CollectorFailureCategory,
    CommandFailed,
    ConfigurationError,
    DatabaseFailed,
    InvalidInput,
    NeedsChange,
    NeedsInvestigation,
    NetworkError,
    NotFound,
    PartialFailure,
    PermissionDenied,
    RateLimited,
    ResourceExhausted,
    SchemaDiffers,
    SourceError,
    SourceTimeout,
    StopRequested,
    Superseded,
    TimeUsedUp,
    TryAgainLater,
    exit_code,
)
from core.errors.git import classify_git_stderr
from core.errors.tables import ErrorTable

__all__ = [
    "AllRefused",
    "AlreadyRunning",
    "AuthError",
    "CollectorError",
    "CollectorFailureCategory",
    "CommandFailed",
    "ConfigurationError",
    "DatabaseFailed",
    "ErrorTable",
    "InvalidInput",
    "NeedsChange",
    "NeedsInvestigation",
    "NetworkError",
    "NotFound",
    "PartialFailure",
    "PermissionDenied",
    "RateLimited",
    "ResourceExhausted",
    "SchemaDiffers",
    "SourceError",
    "SourceTimeout",
    "StopRequested",
    "Superseded",
    "TimeUsedUp",
    "TryAgainLater",
    "category_of_status",
    "classify_failure",
    "classify_git_stderr",
    "exit_code",
]
