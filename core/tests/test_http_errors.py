import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import (
    AuthError,
    CollectorError,
    InvalidInput,
    NetworkError,
    NotFound,
    PermissionDenied,
    SourceError,
    classify_failure,
)
from core.http import HttpClient, ServerError
from core.metering import Meter
from core.tests.loopback import Request, answering, client, serving

SECRET = "s3cr3t"  # a name, because tracebacks quote the source line


@pytest.mark.parametrize(
    ("status", "error", "category"),
    [
        (400, InvalidInput, "validation"),
        (401, AuthError, "auth"),
        (403, PermissionDenied, "permission"),
        (404, NotFound, "not_found"),
        (410, NotFound, "not_found"),
        (418, SourceError, "source"),
        (422, InvalidInput, "validation"),
        (501, ServerError, "source"),
        (503, ServerError, "source"),
    ],
)
def test_a_status_becomes_the_error_that_says_what_to_do(
    status: int, error: type[CollectorError], category: str
) -> None:
    with (
        serving(lambda request: request.reply(status, b'{"message": "Not today"}')) as source,
        pytest.raises(error, match="Not today") as raised,
    ):
        client(source.url, attempts=1).get("/page")

    assert classify_failure(raised.value) == category
    assert f"{source.url}/page answered {status}" in str(raised.value)


def test_an_accepted_status_is_an_answer() -> None:
    with serving(lambda request: request.reply(400, b"off")) as source:
        answer = client(source.url).get("/page", accept=(200, 400))

    assert (answer.status, answer.body) == (400, b"off")


def test_a_server_error_tells_its_status() -> None:
    with (
        serving(lambda request: request.reply(500, b"<html>", "text/html")) as source,
        pytest.raises(ServerError) as raised,
    ):
        client(source.url).get("/page")

    assert raised.value.status == 500


def test_a_304_that_nobody_asked_for_is_an_error() -> None:
    with serving(lambda request: request.reply(304, b"")) as source, pytest.raises(SourceError, match="304"):
        client(source.url).get("/page")


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"<html>", "text/html; charset=utf-8", "HTML where JSON was expected"),
        (b"<html>", "application/json", "not JSON"),
        (b"\xff\xfe", "application/json", "not JSON"),
        (b"", "application/json", "not JSON"),
        (b"[" * 400_000, "application/json", "not JSON"),
        (b"[" + b"{}," * 1_000_000 + b"{}]", "application/json", "more than 500,000 values"),
    ],
)
def test_what_is_not_json_is_a_source_error_that_names_the_url(body: bytes, kind: str, message: str) -> None:
    with serving(lambda request: request.reply(body=body, kind=kind)) as source:
        answer = client(source.url).get("/page")
        with pytest.raises(SourceError, match=message) as raised:
            answer.json()

    assert f"{source.url}/page" in str(raised.value)
    assert raised.value.remedy


@pytest.mark.parametrize("ending", [Request.reset, answering(503), answering(404)])
def test_a_secret_in_a_url_is_in_no_message_and_no_traceback(ending: Callable[[Request], None]) -> None:
    with serving(ending) as source, pytest.raises(CollectorError) as raised:
        client(source.url, attempts=2).get("/page", {"access_token": SECRET})

    assert f"access_token={SECRET}" in source.paths[0]
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_secret_in_a_url_that_cannot_be_reached_is_in_no_traceback() -> None:
    with serving(Request.reply) as source:
        pass
    with pytest.raises(NetworkError) as raised:
        client(source.url, attempts=1).get("/page", {"access_token": SECRET})

    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_the_client_logs_no_credential(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(Request.reply) as source:
        client(source.url, headers={"Authorization": f"Bearer {SECRET}"}).get("/page")

    assert source.asked[0][1]["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in caplog.text


def test_netrc_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login u password p\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(Request.reply) as source:
        HttpClient(source.url, meter=Meter()).get("/page")

    assert "Authorization" not in source.asked[0][1]
