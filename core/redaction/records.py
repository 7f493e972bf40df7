"""Log records without secrets."""

import logging
from typing import Any

from core.redaction.texts import redact, redact_value


def extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what the caller passed as `extra`, in its order."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS}


# `taskName` came with Python 3.12; a formatter adds `message` and `asctime`.
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLAIN_FORMATTER = logging.Formatter()


class RedactingFilter(logging.Filter):
    """Lets every record pass, without secrets in message, arguments, traceback, stack and extra fields.

    The record is changed in place: what one handler must not show, no other may. The traceback is kept as
    text only, because the exception object would carry the secret on.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(_message(record))
        record.args = None
        if record.exc_info:
            record.exc_text = record.exc_text or _PLAIN_FORMATTER.formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        for name, value in extra_fields(record).items():
            setattr(record, name, redact_value(value, name))
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # logging would print the arguments raw, to say that they do not fit the message.
        return f"{record.msg} {record.args!r}"
