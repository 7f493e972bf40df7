"""The form of a log line, and that no handler is without the redacting filter."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Logging is configured for a whole process, so each case has one of its own.
PROGRAM = """
import logging, logging.config, sys
from django.utils.log import DEFAULT_LOGGING
from core.logs import logging_config

logging.config.dictConfig(DEFAULT_LOGGING)
logging.config.dictConfig(logging_config(format=sys.argv[1], level=sys.argv[2]))
log = logging.getLogger("core.test")
{body}
"""


def logged(body: str, *, style: str = "text", level: str = "INFO") -> str:
    program = PROGRAM.format(body=body)
    command = [sys.executable, "-c", program, style, level]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def logged_objects(body: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged(body, style="json").splitlines()]


FAILURE = """
try:
    raise ValueError("https://boost:made-up-secret@db.example.org/")
except ValueError:
    log.exception(
        "page %d failed\\nbadly",
        3,
        extra={"collector": "boost", "collector_phase": "collect", "failure_category": "source", "pages": 3},
    )
"""


def test_a_text_line_has_time_level_logger_message_and_the_collector_keys() -> None:
    first, *rest = logged(FAILURE).splitlines()
    time, line = first.split(" ", 1)
    assert time.endswith("Z")
    assert line == (
        "ERROR core.test: page 3 failed\\nbadly"
        " [collector=boost collector_phase=collect failure_category=source]"
    )
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-1] == "ValueError: https://boost:[redacted]@db.example.org/"


def test_a_json_line_is_one_object_with_every_extra_field() -> None:
    (line,) = logged_objects(FAILURE)
    assert line.pop("time").endswith("Z")
    assert line.pop("exception").endswith("ValueError: https://boost:[redacted]@db.example.org/")
    assert line == {
        "level": "ERROR",
        "logger": "core.test",
        "message": "page 3 failed\nbadly",
        "collector": "boost",
        "collector_phase": "collect",
        "failure_category": "source",
        "pages": 3,
    }


def test_a_json_line_takes_what_json_does_not_know() -> None:
    body = (
        "log.info('\\u2028x', extra={'where': __import__('pathlib').Path('/a'), 'token': b'x', 'many': {1}})"
    )
    (line,) = logged_objects(body)
    assert (line["message"], line["where"], line["token"], line["many"]) == (
        "\u2028x",
        "/a",
        "[redacted]",
        [1],
    )


def test_names_from_outside_cannot_steer_the_terminal_or_forge_a_line() -> None:
    shown = logged("log.info('\\x1b[2J\\r%s', 'x\\ny', extra={'collector': '\\x1b]0;\\x07'})")
    assert shown.endswith("INFO core.test: \\x1b[2J\\rx\\ny [collector=\\x1b]0;\\x07]\n")


def test_the_level_decides_what_is_shown() -> None:
    assert logged("log.info('hidden')", level="WARNING") == ""
    assert "shown" in logged("log.debug('shown')", level="DEBUG")


def test_django_and_vendors_log_through_the_same_handler() -> None:
    body = """
logging.getLogger("django.server").warning("token=made-up-secret %s", "a", extra={"server_time": "now"})
logging.getLogger("django.request").error("password=made-up-secret")
logging.getLogger("urllib3.connectionpool").warning("GET /x?key=made-up-secret HTTP/1.1")
"""
    lines = logged_objects(body)
    assert [line["message"] for line in lines] == [
        "token=[redacted] a",
        "password=[redacted]",
        "GET /x?key=[redacted] HTTP/1.1",
    ]


def test_every_handler_has_the_redacting_filter() -> None:
    body = """
from core.redaction import RedactingFilter
loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
handlers = [handler for logger in loggers for handler in logger.handlers]
guarded = [handler for handler in handlers if isinstance(handler.filters[0], RedactingFilter)]
print(len(handlers), len(guarded), file=sys.stderr)
"""
    assert logged(body) == "1 1\n"


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_stack_is_shown_on_request(style: str) -> None:
    assert "Stack (most recent call last)" in logged("log.info('x', stack_info=True)", style=style)


def test_configuring_leaves_existing_loggers_on() -> None:
    assert "still" in logged("logging.getLogger('slack_sdk').warning('still')")
    assert logging.getLogger("core.test").disabled is False
