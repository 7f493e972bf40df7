"""Logging of the project: structured, to stderr, through the redacting filter."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Literal

from core.redaction import extra_fields
from core.terminal import printable

# What `handle_error` of a collector adds; the text format shows these, JSON shows every extra field.
EXTRA_KEYS = ("collector", "collector_phase", "failure_category")


def logging_config(*, format: Literal["text", "json"] = "text", level: str = "INFO") -> dict[str, Any]:  # noqa: A002 - named as the option
    """Configuration for `logging.config.dictConfig`: one handler, on the root logger."""
    formatters = {"text": {"()": TextFormatter}, "json": {"()": JsonFormatter}}
    # Django's default loggers have handlers of their own, which know no redaction.
    through_root: dict[str, Any] = {"handlers": [], "level": "NOTSET", "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redact": {"()": "core.redaction.RedactingFilter"}},
        "formatters": {"chosen": formatters[format]},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "filters": ["redact"],
                "formatter": "chosen",
            }
        },
        "loggers": {"django": through_root, "django.server": through_root},
        "root": {"handlers": ["stderr"], "level": level},
    }


class TextFormatter(logging.Formatter):
    """`2024-05-01T12:00:00.000Z WARNING core.http: message [collector=... failure_category=...]`, then the
    traceback. Times are UTC.
    """

    def format(self, record: logging.LogRecord) -> str:
        message = printable(record.getMessage())
        line = f"{_timestamp(record)} {record.levelname} {record.name}: {message}"
        fields = extra_fields(record)
        shown = " ".join(printable(f"{key}={fields[key]}") for key in EXTRA_KEYS if key in fields)
        parts = [f"{line} [{shown}]" if shown else line]
        for lines in (_traceback(self, record), record.stack_info or ""):
            parts += map(printable, lines.split("\n") if lines else ())
        return "\n".join(parts)


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time (UTC), level, logger, message, the extra fields, exception, stack."""

    def format(self, record: logging.LogRecord) -> str:
        line = extra_fields(record) | {
            "time": _timestamp(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if traceback := _traceback(self, record):
            line["exception"] = traceback
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, default=str)


def _timestamp(record: logging.LogRecord) -> str:
    time = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
    return f"{time.isoformat(timespec='milliseconds')}Z"


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_text:
        return record.exc_text
    return formatter.formatException(record.exc_info) if record.exc_info else ""
