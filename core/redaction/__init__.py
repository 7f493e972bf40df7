"""Keeps secrets out of what leaves the process: the secrets that were read, and all that look like one.

`register_secret` knows values, `redact` also knows shapes, and `RedactingFilter` applies both to log
records.
"""

from core.redaction.known import REDACTED, register_secret
from core.redaction.records import RedactingFilter, extra_fields
from core.redaction.texts import is_secret_name, redact, redact_value

__all__ = [
    "REDACTED",
    "RedactingFilter",
    "extra_fields",
    "is_secret_name",
    "redact",
    "redact_value",
    "register_secret",
]
